"""What the name and the shape of an action admit, where nothing else understood it.

A name is a claim of the agent's: what it admits raises the risk, what it denies
(``harmless_lookup``) changes nothing. Where SQL or a command was read, the name adds
nothing to that.
"""

from collections.abc import Iterator
from functools import lru_cache

from approvals.risk.context import Kind
from approvals.risk.findings import Finding, Match, Severity, shortened
from approvals.risk.tables import names
from approvals.risk.texts_named import kinds_of
from approvals.risk.tool_operations import claims_in
from approvals.risk.tool_rules import rules_for
from approvals.risk.tool_words import NOT_DOING
from approvals.risk.verbs import Claim, claims_of, reads
from approvals.risk.view import Leaf, View, tokens

SEVERAL = 20
"""So many elements in one list of things to change are a mass operation."""
_READ_BY_OTHERS = frozenset(
    {Kind.SQL, Kind.SHELL, Kind.CODE, Kind.TERRAFORM, Kind.KUBERNETES, Kind.READ}
    | {Kind.MONGO, Kind.REDIS}
)
_EVERYTHING = names("% * ** *.* .* / /* ALL all any everything")
_SCOPES = names(
    "cascade condition criteria delete file files filter filters folder folders"
    " force glob id ids match name names path paths pattern query recurse"
    " recursive scope selector target targets where"
)
_SWITCHES = names(
    "all cascade delete everything force hard permanent permanently purge recurse"
    " recursive wipe"
)
_GUARDS = names(
    "check checks confirm confirmation hooks protection recycle review reviews"
    " safety test tests trash validation verification verify"
)
_THINGS = names("accounts emails files id ids items keys names paths records users")


_ACCOUNTS = names("account info profile user")
_EDITING = names("change edit modify patch replace set update")
_SIGN_IN = names("email new password phone recovery")
_MEDICINE = names(
    "dosage dose drug insulin medication medications medicine prescription"
)
_RIGHTS = names("access group permission permissions privilege role roles scope")
_POWERFUL = names(
    "admin administrator owner root sudo superadmin superuser sysadmin wheel"
)
_NOTING = names("ask draft log message note notify remind reply report think track")


def analyse(view: View) -> Iterator[Finding]:
    """Findings on what the name admits, and on how broad the arguments are."""
    name = view.action.name
    if set(kinds_of(view.action, view.context)) & _READ_BY_OTHERS:
        return
    admitted = _admitted(claims_in(view))
    broad = _broad(view) if _is_grave(admitted) else None
    for match in admitted:
        severity = _raised(match, broad is not None)
        target = _target(view) if match.severity is not Severity.LOW else ""
        yield Match(match.code, severity, match.message, target, match.scale).at(
            "/arguments"
        )
    if broad is not None:
        yield broad
    if not reads(name):
        yield from _by_members(view)
        yield from _guards_off(view)
        yield from _several(view)


@lru_cache(maxsize=4096)
def _admitted(claims: tuple[Claim, ...]) -> tuple[Match, ...]:
    found = [match for claim in claims for match in rules_for(claim)]
    return tuple(dict.fromkeys(found))


def _is_grave(admitted: tuple[Match, ...]) -> bool:
    return any(match.code in ("tool.deletes", "tool.stops") for match in admitted)


def _raised(match: Match, is_broad: bool) -> Severity:
    if is_broad and match.code in ("tool.deletes", "tool.stops"):
        return Severity.HIGH
    return match.severity


def _broad(view: View) -> Finding | None:
    """Deletes without saying what, or says: everything."""
    for leaf in view.leaves:
        words = tokens(leaf.member)
        is_switch = leaf.value is True and bool(words & _SWITCHES)
        is_all = leaf.text.strip() in _EVERYTHING and bool(words & _SCOPES)
        if is_switch or is_all:
            text = "Deletes or stops everything that fits, not one named thing"
            return Match("tool.broad", Severity.HIGH, text).at(leaf.pointer)
    for name, value in view.action.arguments.items():
        is_scope = bool(tokens(str(name)) & _SCOPES)
        if is_scope and (value in ("", None) or value == {} or value == []):
            text = "Deletes or stops without a condition"
            return Match("tool.broad", Severity.HIGH, text).at("/arguments")
    return None


def _guards_off(view: View) -> Iterator[Finding]:
    """``skip_verification: true``, ``verify: false``: a check that does not happen."""
    for leaf in view.leaves:
        if not isinstance(leaf.value, bool):
            continue
        words = tokens(leaf.member)
        guards = words & _GUARDS
        skips = bool(words & {"skip", "bypass", "no", "ignore", "disable", "override"})
        if guards and skips is leaf.value and (skips or words == guards):
            text = f"Switches a check off: {shortened(leaf.member, 40)}"
            match = Match("tool.weakens_safety", Severity.MEDIUM, text)
            yield match.at(leaf.pointer)
            return


def _by_members(view: View) -> Iterator[Finding]:
    """What the members say besides the name: rights, a new sign-in, a medicine."""
    claims = [claim for claim in claims_of(view.action.name) if claim.verb]
    is_account = any(
        claim.verb in _EDITING and claim.objects & _ACCOUNTS for claim in claims
    )
    is_noted = any(
        claim.verb in _NOTING or claim.objects & NOT_DOING for claim in claims
    )
    for leaf in view.leaves:
        words = tokens(leaf.member)
        if words & _RIGHTS and len(leaf.text) <= 60 and tokens(leaf.text) & _POWERFUL:
            text = f"Gives somebody the rights of {shortened(leaf.text, 40)}"
            match = Match("tool.grants_access", Severity.HIGH, text)
            yield match.at(leaf.pointer)
            return
        is_new = is_account and words <= _SIGN_IN and leaf.text != view.action.subject
        if is_new and words - {"new"}:
            text = "Changes what somebody signs in or is reached with"
            match = Match("tool.account_takeover", Severity.MEDIUM, text)
            yield match.at(leaf.pointer)
            return
        if claims and not is_noted and words & _MEDICINE:
            text = "Is about a medicine or its dose"
            match = Match("tool.touches_lives", Severity.MEDIUM, text)
            yield match.at(leaf.pointer)
            return


def _several(view: View) -> Iterator[Finding]:
    """A long list of ids, files or records that all change."""
    for name, value in view.action.arguments.items():
        is_list = isinstance(value, list | tuple) and len(value) >= SEVERAL
        if is_list and tokens(str(name)) & _THINGS:
            text = f"Names {len(value)} things to change at once"
            match = Match("tool.broad", Severity.MEDIUM, text, "", float(len(value)))
            yield match.at("/arguments")
            return


def _target(view: View) -> str:
    """The resource, else the first short text: what the tool would be applied to."""
    if view.action.resource:
        return shortened(view.action.resource)
    return next((shortened(leaf.text) for leaf in view.texts if _is_named(leaf)), "")


def _is_named(leaf: Leaf) -> bool:
    return len(leaf.text) <= 120 and "\n" not in leaf.text
