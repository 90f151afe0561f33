"""Who gets something: outsiders, crowds, everybody, strangers in disguise.

Without ``internal_domains`` nobody knows who is an outsider. Then an address is
*outside* only where that is certain: at a provider where anybody has one, at a
catcher of requests, or when one message goes to several organisations. Any other
is ``recipients.unknown``, a note.
"""

import re
from collections.abc import Iterator

from approvals.risk import hosts
from approvals.risk.findings import Finding, Match, Severity, shortened
from approvals.risk.recipients_addresses import Address, addresses_in
from approvals.risk.recipients_ids import others_in
from approvals.risk.recipients_message import Message, message_of, sends
from approvals.risk.recipients_people import strangers_in
from approvals.risk.recipients_public import opened_up
from approvals.risk.recipients_wording import baits_in
from approvals.risk.tables import names
from approvals.risk.verbs import reads, words_of
from approvals.risk.view import Leaf, View, tokens

Recipient = tuple[Leaf, Address]

_DOMAINS = 5
"""Of so many outside domains each is named; that is enough to stop it."""
MANY, CROWD = 10, 100
"""From so many recipients on it is mass mail: medium, high."""
_HEADER = re.compile(
    r"(?:[\r\n]|%0[ad])[ \t]{0,20}(?:bcc|cc|to|from|subject|reply-to|content-type"
    r"|mime-version|return-path|x-[\w-]{1,30})[ \t]{0,5}(?::|%3a)",
    re.IGNORECASE,
)
_HEADERS = names(
    "bcc cc email from mail name recipient recipients reply sender subject to"
)
_EVERYBODY = re.compile(
    r"(?:@|#)?(?:all|all[-_ ]?(?:staff|users|customers|hands|employees|company"
    r"|contacts|members|subscribers)|everyone|everybody|channel|here|subscribers"
    r"|(?:entire|whole)[-_ ](?:company|list|organi[sz]ation))(?:@.{1,200})?\Z",
    re.IGNORECASE,
)
_OUTSIDERS = names(
    "anonymous attorney broker competitor competitors fbi government insurer interpol"
    " journalist journalists landlord lawyer media newspaper police press prosecutor"
    " public regulator reporter rival stranger"
)
"""Somebody who is not one of ours, whatever the address."""
_RULES = names("auto automatic automatically filter filters forwarding rule rules")
_FORWARD = names("forward forwarding redirect")
_HOOKS = names("callback hook hooks webhook webhooks")
_HOST = re.compile(r"\s{0,20}[a-z][a-z0-9+.-]{1,20}://([^/?#\s]{1,300})", re.IGNORECASE)


def analyse(view: View) -> Iterator[Finding]:
    """Findings on who gets what."""
    message = message_of(view)
    if message is not None:
        recipients = list(message.recipients)
        yield from _outside(view, recipients) if recipients else _somebody(message)
        yield from _lookalikes(view, recipients)
        yield from _many(message, recipients)
        yield from _hidden(view, message)
        yield from strangers_in(view, message, recipients)
        yield from baits_in(message)
    yield from others_in(view)
    yield from _injected(view)
    if not reads(view.action.name):
        yield from _forwarded(view)
        yield from _webhooks(view)
        yield from opened_up(view)


def _outside(view: View, recipients: list[Recipient]) -> Iterator[Finding]:
    """One finding for each domain, of the first few."""
    count = float(len({address.whole for _, address in recipients}))
    others = {hosts.registrable(one.domain) for _, one in recipients}
    seen: set[str] = set()
    for leaf, address in recipients:
        if address.domain in seen or view.context.is_internal(address.domain):
            continue
        seen.add(address.domain)
        if len(seen) > _DOMAINS:
            return
        knows_ours = bool(view.context.internal_domains)
        severity, text = _how_far(address.domain, knows_ours, len(others))
        is_note = severity is Severity.LOW
        code = "recipients.unknown" if is_note else "recipients.outside"
        match = Match(code, severity, text, shortened(address.whole), count)
        yield match.at(leaf.pointer, _span(leaf, address))


def _somebody(message: Message) -> Iterator[Finding]:
    """Recipients by name, number or account: whose they are, nobody can tell."""
    for leaf in message.to[:MANY]:
        if len(leaf.text) <= 60 and tokens(leaf.text) & _OUTSIDERS:
            text = f"Goes to somebody outside: {shortened(leaf.text, 40)}"
            match = Match("recipients.outside", Severity.MEDIUM, text, leaf.text)
            yield match.at(leaf.pointer)
            return
    text = "Goes to a recipient whom we cannot place"
    leaf = message.to[0]
    count = float(_listed(message.to) or 1)
    target = shortened(str(leaf.value))
    yield Match("recipients.unknown", Severity.LOW, text, target, count).at(
        leaf.pointer
    )


def _how_far(domain: str, knows_ours: bool, others: int) -> tuple[Severity, str]:
    """How surely the domain is not ours, in a sentence."""
    name = shortened(domain)
    if hosts.is_disposable(domain) or hosts.is_catcher(domain):
        text = f"Goes to {name}, where anybody can have an address and drop it again"
        return Severity.HIGH, text
    if knows_ours:
        return Severity.MEDIUM, f"Goes outside of the organisation, to {name}"
    if hosts.is_free_mail(domain):
        return Severity.MEDIUM, f"Goes to {name}, where anybody can have an address"
    if others > 1:
        text = f"Goes to {others} different organisations at once"
        return Severity.MEDIUM, text
    return Severity.LOW, f"Goes to {name}; nobody said which domains are ours"


def _lookalikes(view: View, recipients: list[Recipient]) -> Iterator[Finding]:
    subject = [one.domain for one in addresses_in(view.action.subject or "")]
    ours = {*view.context.internal_domains, *subject}
    for leaf, address in dict.fromkeys(recipients):
        known = hosts.imitated_by(address.domain, sorted(ours))
        if known:
            text = f"The domain {shortened(address.domain)} can be taken for {known}"
            target = shortened(address.whole)
            match = Match("recipients.lookalike", Severity.HIGH, text, target, 1.0)
            yield match.at(leaf.pointer, _span(leaf, address))
            return


def _many(message: Message, recipients: list[Recipient]) -> Iterator[Finding]:
    written = {address.whole for _, address in recipients}
    count = max(len(written), _listed(message.to))
    if count >= MANY:
        severity = Severity.HIGH if count >= CROWD else Severity.MEDIUM
        text = f"Goes to {count} recipients at once"
        match = Match("recipients.mass", severity, text, "", float(count))
        yield match.at(message.to[0].pointer)
    for leaf in message.to[:MANY]:
        if _EVERYBODY.match(leaf.text.strip()[:250]):
            text = "Goes to a whole group, however many that are"
            match = Match(
                "recipients.mass", Severity.MEDIUM, text, shortened(leaf.text)
            )
            yield match.at(leaf.pointer)


def _listed(to: tuple[Leaf, ...]) -> int:
    """How many recipients that are no addresses, in the longest list of them."""
    counts: dict[str, int] = {}
    for leaf in to:
        parent, _, last = leaf.pointer.rpartition("/")
        if last.isdigit():
            counts[parent] = counts.get(parent, 0) + 1
    return max(counts.values(), default=0)


def _hidden(view: View, message: Message) -> Iterator[Finding]:
    for leaf in message.hidden[:3]:
        addresses = list(addresses_in(leaf.text))
        if all(view.context.is_internal(one.domain) for one in addresses):
            continue
        text = "Somebody gets a copy that the others do not see (bcc)"
        target = shortened(addresses[0].whole)
        scale = float(len(addresses))
        match = Match("recipients.hidden", Severity.MEDIUM, text, target, scale)
        yield match.at(leaf.pointer)


def _injected(view: View) -> Iterator[Finding]:
    for leaf in view.texts:
        if "\n" not in leaf.text and "\r" not in leaf.text and "%0" not in leaf.text:
            continue
        words = tokens(leaf.member)
        if not words & _HEADERS or leaf.pointer == "/subject":
            continue
        found = _HEADER.search(leaf.text)
        if found:
            text = "A line break in an address or subject adds a header of its own"
            match = Match("recipients.header_injection", Severity.HIGH, text)
            yield match.at(leaf.pointer, found.span())


def _forwarded(view: View) -> Iterator[Finding]:
    said = frozenset(words_of(view.action.name))
    is_rule = bool(said & _RULES) and bool(said & (_FORWARD | {"mail", "email"}))
    for leaf in view.texts:
        words = tokens(leaf.member)
        is_forward = bool(words & _FORWARD) and not sends(view.action)
        if not (is_forward or (is_rule and "@" in leaf.text)):
            continue
        for address in addresses_in(leaf.text):
            if view.context.is_internal(address.domain):
                continue
            text = "What comes in later goes on to this address by itself"
            target = shortened(address.whole)
            match = Match("recipients.forwarding", Severity.HIGH, text, target)
            yield match.at(leaf.pointer, _span(leaf, address))
            return


def _webhooks(view: View) -> Iterator[Finding]:
    is_hook = bool(frozenset(words_of(view.action.name)) & _HOOKS)
    for leaf in view.texts:
        words = tokens(leaf.member)
        if not (words & _HOOKS or (is_hook and words & {"url", "uri", "endpoint"})):
            continue
        found = _HOST.match(leaf.text)
        host = found[1].rpartition("@")[2].partition(":")[0] if found else ""
        if not host or view.context.is_internal(host):
            continue
        is_bad = hosts.is_catcher(host)
        severity = Severity.HIGH if is_bad else Severity.MEDIUM
        text = f"Will report to {shortened(host)} what happens here"
        match = Match("recipients.webhook", severity, text, shortened(host))
        yield match.at(leaf.pointer)


def _span(leaf: Leaf, address: Address) -> tuple[int, int] | None:
    start = leaf.text.find(address.written)
    return (start, start + len(address.written)) if start >= 0 else None
