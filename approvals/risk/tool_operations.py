"""What arguments say that a tool for many operations should do this time.

``manage_user(action="delete")``, ``call_service(domain="lock", service="unlock")``,
``set_state(state="disarmed")`` and ``update_rule(enabled=false)`` say it there, and
so does a request's method. As with names: what is admitted counts, nothing else.
"""

import re
from collections.abc import Iterator
from itertools import islice

from approvals.risk.context import Kind
from approvals.risk.tables import names
from approvals.risk.texts_named import kinds_of
from approvals.risk.verbs import Claim, claims_of, participle, reads, verbs_of, words_of
from approvals.risk.verbs_words import METHODS
from approvals.risk.view import Leaf, View, tokens

_OPERATIONS = names("action command function intent method op operation service verb")
_BESIDE = names("http kind name request task tool type")
"""``action_type`` is an operation; ``type`` alone is none."""
_ALWAYS = names("method op operation verb")
"""Members that are no filter, whatever a name claims to read."""
_STATES = names("mode power state status")
_OF_STATE = names("current desired device lock new power target to user")
_ABOUT = names(
    "component device domain endpoint entity kind object path resource target type uri"
    " url"
)
"""Members that say what the operation is applied to."""
_ABOUT_MACHINES = names(
    "actuator component device entity env environment equipment kind machine object"
    " setting type unit"
)
"""The few that name a thing and not a place or a person."""
_SWITCHES = names("active armed enabled enforce enforced locked protected")
_STARTING = names("execute invoke launch play rerun run start trigger")
_JOBS = names("job name pipeline playbook recipe runbook task workflow")
_LIVE = names("live prod production")
_GENERIC = names("action call manager service services system tool")
"""What a tool for many operations calls itself."""
_PRESSING = names("check choose click press select submit tap toggle")
_PRESSED = names("button element label link text")
_WORDS = re.compile(r"[A-Za-z]+(?:[ _.-]?[A-Za-z]+){0,4}\Z")
_WHOLE = frozenset(Kind) - {Kind.HTTP, Kind.MESSAGE, Kind.MONEY, Kind.FILE}
"""Where others read what would run, or somebody vouches for it."""
_TELLING = names(
    "add ask audit comment create draft email log message note notify record remind"
    " report schedule search send subscribe tag track write"
)
"""What these verbs are given, they write down."""
_PARTICIPLES = {
    "archived": "archive",
    "banned": "ban",
    "blocked": "block",
    "cancelled": "cancel",
    "canceled": "cancel",
    "closed": "close",
    "deactivated": "deactivate",
    "deleted": "delete",
    "disabled": "disable",
    "disarmed": "disarm",
    "inactive": "deactivate",
    "off": "disable",
    "open": "open",
    "paused": "pause",
    "published": "publish",
    "revoked": "revoke",
    "shutdown": "shutdown",
    "stopped": "stop",
    "suspended": "suspend",
    "terminated": "terminate",
    "unlocked": "unlock",
}
_DONE = names(
    "archived banned blocked cancelled charge deactivate deactivated delete deleted"
    " disable disabled disarm disarmed erase locked prune publish purge refund"
    " revoke revoked suspend suspended terminate terminated unlock unlocked wipe"
)
_PHYSICAL = names(
    "activate close deactivate disable disarm enable lock open start stop toggle unlock"
)
"""What is opened or switched off stands in the arguments as often as in the name."""
_SIZES = names("capacity count instances replicas size")
_SIZED = names("capacity desired instances max min replicas")
_MOST = 60
"""An operation stands among the first arguments."""


def claims_in(view: View) -> tuple[Claim, ...]:
    """What the name says, and after it what the arguments add."""
    said = tuple(_completed(claim, view) for claim in claims_of(view.action.name))
    return (*said, *_operations(view))


def _completed(claim: Claim, view: View) -> Claim:
    """``turn_off(name="kitchen light")`` switches off a light."""
    if claim.reads or not claim.verb:
        return claim
    is_physical = claim.verb in _PHYSICAL
    members = _ABOUT | {"name"} if is_physical else _ABOUT_MACHINES
    members = members | _JOBS if claim.verb in _STARTING else members
    found = set(claim.objects)
    for leaf in islice(view.leaves, _MOST):
        if leaf.text.lower() in _LIVE and _is_near(leaf):
            found.add("production")
        is_about = bool(tokens(leaf.member) & members)
        if is_about and _is_near(leaf) and len(leaf.text) <= 80:
            found.update(words_of(leaf.text))
    return Claim.of(claim.verb, found) if len(found) > len(claim.objects) else claim


def _operations(view: View) -> Iterator[Claim]:
    name = view.action.name
    if not _WHOLE.isdisjoint(kinds_of(view.action, view.context)):
        return
    is_reading = reads(name)
    leaves = [leaf for leaf in islice(view.leaves, _MOST) if _is_near(leaf)]
    yield from _pressed(name, leaves)
    is_told = not is_reading and bool(verbs_of(name) & _TELLING)
    if is_told and "command" not in words_of(name):
        return
    for leaf in leaves:
        words = tokens(leaf.member)
        if is_reading and not words & _ALWAYS:
            continue
        for verb, more in _said(leaf, words):
            yield Claim.of(verb, more | _about(name, leaves, leaf))


def _pressed(name: str, leaves: list[Leaf]) -> Iterator[Claim]:
    """``browser_click(element="Confirm purchase")`` does what the button says."""
    if not set(words_of(name)) & _PRESSING:
        return
    for leaf in leaves:
        if tokens(leaf.member) & _PRESSED and len(leaf.text) <= 60:
            yield from claims_of(leaf.text)


def _is_near(leaf: Leaf) -> bool:
    return leaf.pointer.startswith("/arguments/") and leaf.pointer.count("/") <= 5


def _said(leaf: Leaf, words: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Verbs that one argument names, each with the words beside it."""
    if isinstance(leaf.value, str):
        yield from _in_words(leaf.value, words)
    elif isinstance(leaf.value, bool):
        yield from _in_switch(leaf.value, words)
    elif leaf.value == 0 and words & _SIZES and words <= _SIZES | _SIZED:
        yield "stop", frozenset({"instance"})


def _in_words(text: str, words: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    is_state = bool(words & _STATES) and words <= _STATES | _OF_STATE
    is_operation = bool(words & _OPERATIONS) and words <= _OPERATIONS | _BESIDE
    said = text.strip() if (is_state or is_operation) and len(text) <= 80 else ""
    if not _WORDS.match(said):
        return
    if is_state:
        verb = _PARTICIPLES.get(said.lower()) or participle(said.lower())
        if verb:
            yield verb, frozenset()
    else:
        method = METHODS.get(said.lower()) if words & {"method", "verb"} else None
        if method:
            yield method, frozenset()
            return
        for claim in claims_of(said):
            is_first = claim.verb == next(iter(words_of(said)), "")
            if claim.verb and (is_first or not words & {"command"}):
                yield claim.verb, claim.objects


def _in_switch(
    value: bool, words: frozenset[str]
) -> Iterator[tuple[str, frozenset[str]]]:
    """``enabled: false`` stops what the name is about; ``deleted: true`` says so."""
    if value:
        for word in words & _DONE:
            yield _PARTICIPLES.get(word, word), words - {word}
        return
    switch = words & _SWITCHES
    if not switch:
        return
    if switch & {"locked"}:
        yield "unlock", words
    elif switch & {"armed", "protected", "enforce", "enforced"}:
        yield "disable", words | {"protection"}
    elif words <= {"active", "enabled", "is"}:
        yield "disable", frozenset()


def _about(name: str, leaves: list[Leaf], operation: Leaf) -> frozenset[str]:
    """What it is applied to: the words of the name, and of arguments that say it."""
    found = set(words_of(name)) - _GENERIC
    for leaf in leaves:
        is_about = bool(tokens(leaf.member) & _ABOUT)
        if leaf is not operation and is_about and len(leaf.text) <= 80:
            found.update(words_of(leaf.text))
    return frozenset(found)
