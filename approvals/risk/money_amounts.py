"""Amounts of money: what a value says, and whether it says that clearly."""

import re
from dataclasses import dataclass

from approvals.risk.context import Role
from approvals.risk.tables import names
from approvals.risk.view import Leaf, View, tokens

_AMOUNTS = names(
    "amount amounts cost costs donation fare fee fees price sum total value"
)
_BESIDE = names(
    "authorized bid cents charge crypto deposit dollars donation due eth eur euro"
    " euros final gbp grand gross gwei in invoice jpy max maximum min minor money"
    " net order pay payment payout pence purchase refund requested sat satoshi"
    " satoshis sats send subtotal tip to transaction transfer unit units usd usdc"
    " usdt wei withdrawal yen"
)
"""Words that leave an amount an amount; ``total_baggages`` is none."""
_ALONE = names("bonus dollars euros payment refund reward salary tip usd")
"""Members that are amounts where they hold a number."""
_BARE = names("sum value")
"""Amounts in a payment only; elsewhere they are any number."""
_PAYMENTS = names(
    "eth ether money pay payment refund send trade transaction transfer wire withdraw"
)
_PARTS = {
    "cents": 100.0,
    "pence": 100.0,
    "minor": 100.0,
    "sat": 1e8,
    "sats": 1e8,
    "satoshi": 1e8,
    "satoshis": 1e8,
    "gwei": 1e9,
    "wei": 1e18,
}
_SIGN = (
    r"(?:[$€£¥₹₽₩₺₴₦₿]|(?:US|A|C|HK|NZ|S|R)\$|[A-Za-z]{3,4}|dollars?|euros?|bucks"
    r"|pounds?)"
)
_CLEAR = re.compile(
    rf"\s{{0,5}}{_SIGN}?\s{{0,3}}"
    r"(\d{1,15}|\d{1,3}(?:,\d{3}){1,4}(?=\.\d{1,2}(?!\d)|\D|\Z)|\d{1,3}(?:_\d{3}){1,4})"
    rf"(\.\d{{1,18}})?\s{{0,3}}{_SIGN}?\s{{0,5}}\Z",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Amount:
    """``value`` is in whole units of the currency; None: nobody can be sure."""

    leaf: Leaf
    value: float | None


def amounts_of(view: View) -> list[Amount]:
    """Every amount of money that the members' names, or policy, tell of."""
    mapped = set(_mapped(view))
    is_payment = bool(tokens(view.action.name) & _PAYMENTS)
    return [
        Amount(leaf, _value(leaf))
        for leaf in view.leaves
        if leaf in mapped
        or (_is_amount(leaf) and (is_payment or leaf.member.lower() not in _BARE))
    ]


def total_of(amounts: list[Amount]) -> float | None:
    """What all payments of one member come to, for the member where that is most."""
    sums: dict[str, float] = {}
    for amount in amounts:
        if amount.value is not None:
            member = amount.leaf.member
            sums[member] = sums.get(member, 0.0) + amount.value
    return max(sums.values(), default=None)


def _mapped(view: View) -> tuple[Leaf, ...]:
    mapped = view.context.mapped(view.action.name)
    is_mapped = any(Role.AMOUNT in entry.pointers for entry in mapped)
    return view.having(Role.AMOUNT) if is_mapped else ()


def _is_amount(leaf: Leaf) -> bool:
    if isinstance(leaf.value, bool):
        return False
    words = tokens(leaf.member)
    if words & _AMOUNTS:
        return words <= _AMOUNTS | _BESIDE
    is_alone = bool(words & _ALONE) and words <= _ALONE | _BESIDE
    return is_alone and (not leaf.text or _CLEAR.match(leaf.text) is not None)


def _value(leaf: Leaf) -> float | None:
    """In whole units: a member that speaks of cents holds hundredths."""
    read = _number(leaf.value)
    if read is None or read < 0 or read != read:
        return None
    parts = [_PARTS[word] for word in tokens(leaf.member) if word in _PARTS]
    return read / parts[0] if parts else read


def _number(value: str | int | float | bool) -> float | None:
    if not isinstance(value, str):
        return float(value)
    clear = _CLEAR.match(value[:80]) if len(value) <= 80 else None
    if clear is None:
        return None
    digits = clear[1].replace(",", "").replace("_", "")
    return float(digits + (clear[2] or ""))
