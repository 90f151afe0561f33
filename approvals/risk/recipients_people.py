"""People in a message who are neither its recipients nor what it is about.

One customer's address in another customer's mail is the leak that nobody notices
until it is out. Who a person is shows in addresses and in numbers of customers.
"""

import re
from collections.abc import Iterator

from approvals.risk import hosts
from approvals.risk.findings import Finding, Match, Severity, shortened
from approvals.risk.recipients_addresses import Address, addresses_in
from approvals.risk.recipients_message import Message
from approvals.risk.tables import names
from approvals.risk.view import Leaf, View

_DESKS = names(
    "abuse accounts admin billing bounce bounces care compliance contact customer"
    " customercare customerservice customersupport daemon do-not-reply donotreply"
    " dpo enquiries feedback finance hello help helpdesk hi hr info inquiries it"
    " jobs legal mail mailer-daemon marketing media newsletter no-reply no_reply"
    " noreply notifications office orders people postmaster press privacy returns"
    " sales security service services shop store subscribe support team"
    " unsubscribe webmaster"
)
"""Addresses of a desk, not of a person."""
_NUMBERED = re.compile(
    r"\b(customer|client|user|account|patient|member|employee|policyholder|guest)s?"
    r"(?:[ _-]?(?:id|no|nr|number|record|ref))?[\"'.]{0,2}[ \t]{0,3}[:=#/_-]?[ \t]{0,3}"
    r"[#\"']?([a-z]{0,4}[-_]?\d{2,12})\b",
    re.IGNORECASE,
)
_SEVERAL = 3
"""Records of so many different people are a list of people."""


def strangers_in(
    view: View, message: Message, recipients: list[tuple[Leaf, Address]]
) -> Iterator[Finding]:
    """Findings for people in the payload, and for a recipient it is not about."""
    yield from _misdirected(view, recipients)
    if not recipients:
        return
    allowed = {person(one) for _, one in recipients} | {
        person(one)
        for text in (view.action.subject or "", *(x.text for x in message.sender))
        for one in addresses_in(text)
    }
    domains = {hosts.registrable(one.domain) for _, one in recipients}
    yield from _mentioned(view, message, allowed, domains)
    yield from _numbered(view, message)


def person(address: Address) -> str:
    """One name for all addresses that certainly are the same person's."""
    local = address.local.partition("+")[0]
    if address.domain in ("gmail.com", "googlemail.com"):
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{address.domain}"


def _misdirected(
    view: View, recipients: list[tuple[Leaf, Address]]
) -> Iterator[Finding]:
    """About one person, sent to another. Our own people may be told about anybody."""
    subjects = {person(one) for one in addresses_in(view.action.subject or "")}
    if not subjects:
        return
    for leaf, address in recipients:
        is_ours = view.context.is_internal(address.domain)
        if is_ours or person(address) in subjects:
            continue
        text = "Goes to somebody else than the person it is about"
        target = shortened(address.whole)
        match = Match("recipients.not_the_subject", Severity.HIGH, text, target, 1.0)
        yield match.at(leaf.pointer)
        return


def _mentioned(
    view: View, message: Message, allowed: set[str], domains: set[str]
) -> Iterator[Finding]:
    found: dict[str, tuple[Leaf, Address]] = {}
    for leaf in message.content:
        for address in addresses_in(leaf.text) if "@" in leaf.text else ():
            if not _is_known(view, address, allowed):
                found.setdefault(person(address), (leaf, address))
    if not found:
        return
    colleagues = {
        who
        for who, (_, one) in found.items()
        if hosts.registrable(one.domain) in domains and not hosts.is_nobodys(one.domain)
    }
    strangers = [at for who, at in found.items() if who not in colleagues]
    is_list = len(found) >= _SEVERAL
    leaf, address = strangers[0] if strangers else next(iter(found.values()))
    severity = Severity.HIGH if strangers or is_list else Severity.LOW
    yield _other(leaf, address, severity, len(found))


def _is_known(view: View, address: Address, allowed: set[str]) -> bool:
    """Recipients, the sender, the subject, our own people, and desks."""
    is_desk = address.local.partition("+")[0] in _DESKS
    is_ours = view.context.is_internal(address.domain)
    return person(address) in allowed or is_desk or is_ours


def _other(leaf: Leaf, address: Address, severity: Severity, count: int) -> Finding:
    text = (
        f"Contains the e-mail address of {count} people who do not get it"
        if count > 1
        else "Contains the e-mail address of somebody who does not get it"
    )
    target = shortened(address.whole)
    start = leaf.text.find(address.written)
    span = (start, start + len(address.written)) if start >= 0 else None
    match = Match("recipients.other_people", severity, text, target, float(count))
    return match.at(leaf.pointer, span)


def _numbered(view: View, message: Message) -> Iterator[Finding]:
    """Customers by number: another one than the subject, or several."""
    about = _NUMBERED.search((view.action.subject or "")[:200])
    people: dict[tuple[str, str], tuple[Leaf, re.Match[str]]] = {}
    for leaf in message.content:
        for at in _NUMBERED.finditer(_searchable(leaf)):
            people.setdefault((at[1].lower(), at[2].lower()), (leaf, at))
            if len(people) > 1000:
                break
    if about is not None:
        key = (about[1].lower(), about[2].lower())
        others = {who for who in people if who[0] == key[0] and who != key}
    else:
        others = set(people) if len(people) >= _SEVERAL else set()
    if others:
        leaf, at = people[min(others)]
        span = at.span() if len(leaf.text) == len(at.string) else None
        text = f"Contains data of {len(others)} customers whom it is not about"
        target = shortened(" ".join(min(others)))
        scale = float(len(others))
        match = Match("recipients.other_people", Severity.HIGH, text, target, scale)
        yield match.at(leaf.pointer, span)


def _searchable(leaf: Leaf) -> str:
    """The text; a number in a member of its own is read with that member's name."""
    short = str(leaf.value)
    return f"{leaf.member}: {short}" if len(short) <= 20 else short
