"""Money that moves: payments, refunds, transfers, purchases, and who gets paid later.

A name that only reads (``get_price``, ``quote_transfer``) moves no money, whatever
prices it looks at. Amounts count in whole units, whatever the currency: rules that
know it, and sums over time, are a policy's.
"""

from collections.abc import Iterator

from approvals.risk.context import Kind
from approvals.risk.corpus import Corpus
from approvals.risk.findings import Finding, Match, Severity, shortened
from approvals.risk.money_amounts import Amount, amounts_of, total_of
from approvals.risk.money_crypto import wallets_in
from approvals.risk.tables import names
from approvals.risk.tool_operations import claims_in
from approvals.risk.verbs import Claim, claims_of, reads
from approvals.risk.view import Leaf, View, tokens

LARGE = 10_000.0
"""Above this an amount is high in any currency."""
_PAYING = names(
    "buy disburse donate invest liquidate pay payout purchase refund reimburse remit"
    " repay topup wire withdraw"
)
_PAYING_SUMS = names(
    "bid borrow bridge burn call charge debit deposit divert exchange fund give grant"
    " issue lend mint move order redeem remit sell send settle stake submit swap tip"
    " trade transfer unstake waive writeoff"
)
"""Verbs that move money where there is an amount."""
_HANDLING = _PAYING_SUMS | names(
    "accept add adjust insert approve authorise authorize confirm create edit execute"
    " make modify place post process release request run schedule sign start"
    " update write"
)
_ASKING = names("create make request send")
"""Asks somebody else for money; nothing leaves."""
_MONEY = names(
    "bet bids bitcoin bonus btc cash charge charges cheque cheques coin coins"
    " commission crypto debit donation ether ethereum funds invoice loan money"
    " mortgage payment payments payout payouts payroll refund refunds reimbursement"
    " rent salary tokens topup topups trade trades transaction transactions transfer"
    " transfers wages wire withdrawal"
)
_EDITING = names("add adjust edit modify update")
_SUMS = _MONEY - names("charge charges invoice payment payments refund refunds rent")
_ORDERED = names("bet bid order orders purchase trade")
_NOT_MONEY = names(
    "access agent agents attention battery call chat control device domain feedback"
    " file files human message method methods ownership phone property respects style"
)
_DRAFTED = names("draft drafts preview template")
_HOLDINGS = names("asset bond bonds crypto option share shares stock stocks token")
_UNBOUGHT = names("attention branch commit file respects")
_BINDING = names("hire rent subscribe")
"""Spending that goes on."""
_SPENDING = names("book hire order renew rent reserve schedule subscribe upgrade")
_CHARGED = names("hire renew rent request reserve subscribe upgrade")
"""Paid at once where the means of payment stands beside it."""
_PAYEES = names(
    "beneficiary creditor iban merchant payee receiver recipient to vendor wallet"
)
_BANKING = names("bank beneficiary iban payee payees payout payroll routing swift wire")
_DETAILS = names(
    "account accounts address bank beneficiary destination details direct iban info"
    " information method number payee payees preferences recipient routing settings"
)
_REPLACING = names(
    "add change configure edit link modify register replace set switch update"
)


def analyse(view: View) -> Iterator[Finding]:
    """Findings on money that moves, and on where it will go."""
    if reads(view.action.name):
        return
    amounts = amounts_of(view)
    severity = _moves(view, amounts)
    if severity is not None:
        yield from _moved(view, amounts, severity)
    yield from _payee_changed(view, amounts)
    yield from _wallets(view)


def _moves(view: View, amounts: list[Amount]) -> Severity | None:
    """Medium where money moves; low where something is booked that has a price."""
    if any(one.kind is Kind.MONEY for one in view.context.mapped(view.action.name)):
        return Severity.MEDIUM
    claims = claims_in(view)
    if any(_is_payment(claim, bool(amounts)) for claim in claims):
        return Severity.MEDIUM
    if amounts and any(_is_payee(leaf) for leaf in view.texts):
        return Severity.MEDIUM
    if amounts and any(claim.verb in _HANDLING for claim in claims):
        members = {word for leaf in view.members for word in tokens(leaf.member)}
        if members & {"capture", "charge", "payment"}:
            return Severity.MEDIUM
    if amounts and any(claim.verb in _CHARGED for claim in claims):
        members = {word for leaf in view.members for word in tokens(leaf.member)}
        if members & {"card", "payment", "paypal"}:
            return Severity.MEDIUM
    if amounts and any(claim.verb in _BINDING for claim in claims):
        return Severity.MEDIUM
    if amounts and any(claim.verb in _SPENDING for claim in claims):
        return Severity.LOW
    return None


def _is_payment(claim: Claim, has_amount: bool) -> bool:
    verb, objects = claim.verb, claim.objects
    if verb in ("buy", "purchase"):
        return not objects & _UNBOUGHT
    if verb in _PAYING:
        return has_amount or not objects & _NOT_MONEY
    if objects & _DRAFTED:
        return False
    if verb in ("sell", "trade") and objects & _HOLDINGS:
        return True
    if verb in ("open", "close") and "position" in objects:
        return True
    if verb in ("place", "submit", "make", "create") and objects & _ORDERED:
        return verb == "place" or has_amount
    is_detail = verb in _EDITING and not has_amount and not objects & _SUMS
    if verb in _ASKING and ("request" in objects or verb == "request"):
        return False
    if verb in _HANDLING and objects & _MONEY and not is_detail:
        return not objects & _NOT_MONEY
    return has_amount and verb in _PAYING_SUMS and not objects & _NOT_MONEY


def _moved(view: View, amounts: list[Amount], severity: Severity) -> Iterator[Finding]:
    total = total_of(amounts)
    target = _payee(view)
    at = amounts[0].leaf.pointer if amounts else "/arguments"
    text = "Moves money" if severity is Severity.MEDIUM else "Books something paid for"
    yield Match("money.moves", severity, text, target, total).at(at)
    if total is not None and total > LARGE:
        text = f"Moves more than {LARGE:,.0f}"
        yield Match("money.large", Severity.HIGH, text, target, total).at(at)
    for amount in amounts:
        if amount.value is None:
            text = "The amount is negative or written so that it can be misread"
            match = Match("money.unclear_amount", Severity.HIGH, text, target)
            yield match.at(amount.leaf.pointer)
            return


def _payee(view: View) -> str:
    """Who is paid, as the arguments say it."""
    for leaf in view.texts:
        if _is_payee(leaf):
            return shortened(leaf.text)
    return shortened(view.action.resource or view.action.subject or "")


def _is_payee(leaf: Leaf) -> bool:
    """Whether a value names who gets money; ``to: "EUR"`` does not."""
    words = tokens(leaf.member)
    is_code = len(leaf.text) <= 4 or bool(words & {"currency", "unit", "units", "date"})
    return bool(words & _PAYEES) and not is_code


def _payee_changed(view: View, amounts: list[Amount]) -> Iterator[Finding]:
    claims = [one for one in claims_of(view.action.name) if one.verb in _REPLACING]
    is_named = any(one.objects & _BANKING and one.objects & _DETAILS for one in claims)
    is_named = is_named or any(one.objects >= {"direct", "deposit"} for one in claims)
    is_payment = any(one.objects & _MONEY for one in claims)
    leaf = _account(view, is_payment) if claims else None
    if not is_named and (leaf is None or (amounts and not is_payment)):
        return
    text = "Changes the account that later payments go to"
    target = shortened(leaf.text) if leaf else _payee(view)
    match = Match("money.payee_changed", Severity.HIGH, text, target)
    yield match.at(leaf.pointer if leaf else "/arguments")


def _account(view: View, is_payment: bool) -> Leaf | None:
    """A member that certainly names a bank account; in a payment, any payee."""
    for leaf in view.texts:
        words = tokens(leaf.member)
        is_bank = bool(words & {"iban", "bic", "swift", "payee", "routing"})
        is_bank = is_bank or words >= {"account", "number"} or "payout" in words
        is_bank = is_bank or words >= {"bank", "account"} or words >= {"sort", "code"}
        if is_bank or (is_payment and words & _PAYEES):
            return leaf
    return None


def _wallets(view: View) -> Iterator[Finding]:
    corpus = Corpus.of(view.texts)
    for start, end in wallets_in(corpus.text):
        target = corpus.text[start:end]
        text = "Names a crypto-currency wallet"
        match = Match("money.crypto_address", Severity.MEDIUM, text, target)
        yield corpus.finding(match, start, end)
        return
