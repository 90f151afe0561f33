"""An action as a message: who gets it, who sends it, and what is in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from approvals.canonical import Action
from approvals.risk.context import Kind, Role
from approvals.risk.recipients_addresses import Address, addresses_in
from approvals.risk.tables import names
from approvals.risk.verbs import reads, verbs_of, words_of
from approvals.risk.view import Leaf, View, tokens

_TO = names(
    "addressee attendee attendees bcc cc guests invitee invitees mailto"
    " participant participants receiver receivers recipient recipients recips"
    " sendto to"
)
_TO_WHOM = names(
    "account address addresses contact customer email emails friend guest mail"
    " mails member members person phone user users with"
)
"""Members that hold recipients in an action which sends something."""
_FROM = names("author from reply replyto sender signature")
_SENDING = names(
    "broadcast dm email fax forward invite mail message notify reply send share sms"
    " submit tweet"
)
_SENT = names("dm email mail message messages sms telegram whatsapp")
_PAYLOAD = names(
    "attachment attachments body content contents data html message payload rows text"
)
_CONTENT = _PAYLOAD | names("caption description note notes subject summary title")
PEOPLE = names("client contact customer employee member patient person recipient user")
_NAMED_BY = names("handle id name number phone username")
_READ_TOO = names("after before date from since time until")


@dataclass(frozen=True, slots=True)
class Message:
    """``to`` and ``hidden`` (bcc) are leaves; ``content`` is all other text."""

    to: tuple[Leaf, ...]
    hidden: tuple[Leaf, ...]
    content: tuple[Leaf, ...]
    sender: tuple[Leaf, ...]

    @property
    def recipients(self) -> Iterator[tuple[Leaf, Address]]:
        for leaf in self.to:
            for address in addresses_in(leaf.text):
                yield leaf, address


def message_of(view: View) -> Message | None:
    """The message that the action sends, None where it does not look like one.

    A name that claims to read does not hide a value that goes *to* somebody, with a
    body beside it.
    """
    is_sending = sends(view.action) or _is_message_by_policy(view)
    parts: dict[str, list[Leaf]] = {"to": [], "from": [], "content": []}
    mapped = set(view.having(Role.RECIPIENTS)) if _maps_recipients(view) else set()
    for leaf in view.leaves:
        if leaf.pointer.startswith("/arguments/"):
            part = "to" if leaf in mapped else _part(leaf.pointer, is_sending)
            parts[part].append(leaf)
    to, content = tuple(parts["to"]), tuple(parts["content"])
    is_draft = not is_sending and bool(tokens(view.action.name) & {"draft", "drafts"})
    if not to or is_draft or not (is_sending or _is_sent(view, to, content)):
        return None
    hidden = tuple(leaf for leaf in to if "bcc" in leaf.member.lower())
    return Message(to, hidden, content, tuple(parts["from"]))


def people_in(view: View) -> tuple[Leaf, ...]:
    """Who gets what the action sends, where that is a number, phone or handle."""
    if not sends(view.action):
        return ()
    return tuple(
        leaf
        for leaf in view.leaves
        if leaf.pointer.count("/") == 2
        and leaf.pointer.startswith("/arguments/")
        and not isinstance(leaf.value, bool | float)
        and _names_person(leaf.member)
    )


@lru_cache(maxsize=4096)
def _names_person(member: str) -> bool:
    words = tokens(member)
    is_person = words & (_TO | PEOPLE | {"handle", "phone", "username"})
    return bool(is_person) and words <= _TO | PEOPLE | _NAMED_BY


def _is_sent(view: View, to: tuple[Leaf, ...], content: tuple[Leaf, ...]) -> bool:
    """Something with an addressee, such as an invitation; for a reading name it needs
    a body besides.
    """
    is_reading = reads(view.action.name)
    if any("@" in leaf.text for leaf in to):
        return not is_reading or _has_body(content)
    return not is_reading and _has_body(content)


def sends(action: Action) -> bool:
    """Whether the name claims that somebody gets something."""
    if reads(action.name):
        return False
    verbs, words = verbs_of(action.name), frozenset(words_of(action.name))
    if words & {"draft", "drafts"} and not verbs & {"send"}:
        return False
    is_post = bool(verbs & {"create", "post", "schedule"}) and bool(words & _SENT)
    return bool(verbs & _SENDING) or is_post


def _is_message_by_policy(view: View) -> bool:
    mapped = view.context.mapped(view.action.name)
    return any(entry.kind is Kind.MESSAGE for entry in mapped)


def _maps_recipients(view: View) -> bool:
    mapped = view.context.mapped(view.action.name)
    return any(Role.RECIPIENTS in entry.pointers for entry in mapped)


def _has_body(content: tuple[Leaf, ...]) -> bool:
    return any(
        tokens(part) & _PAYLOAD
        for leaf in content
        for part in leaf.pointer.split("/")[2:]
    )


@lru_cache(maxsize=8192)
def _part(pointer: str, is_sending: bool) -> str:
    """``to``, ``from`` or ``content``: by the outermost member that tells.

    An address inside of a body is no recipient.
    """
    for member in pointer.split("/")[2:]:
        words = tokens(member)
        if words & _FROM and not words & _TO:
            return "from"
        if words & _TO and not words & _READ_TOO:
            return "to"
        if words & _CONTENT and not words <= _SENT:
            return "content"
        if is_sending and words & _TO_WHOM and not words & {"id", "type", "name"}:
            return "to"
    return "content"
