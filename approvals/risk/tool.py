"""What the name and the shape of an action admit, where nothing else understood it.

A name is a claim of the agent's: what it admits raises the risk, what it denies
(``harmless_lookup``) changes nothing. Where SQL or a command was read, the name adds
nothing to that.
"""

from collections.abc import Iterator
from functools import lru_cache

from approvals.risk import packages
from approvals.risk.context import Kind
from approvals.risk.findings import Finding, Match, Severity, shortened
from approvals.risk.tables import names
from approvals.risk.texts_leaves import is_command_member
from approvals.risk.texts_named import kinds_of, named_kind, named_program
from approvals.risk.tool_members import guards_of, members_of
from approvals.risk.tool_operations import claims_in
from approvals.risk.tool_rules import rules_for
from approvals.risk.verbs import Claim, claims_of, reads
from approvals.risk.verbs_classes import ALTERING
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
_OBJECTS = names(
    "accounts condition customers employees id ids records selector target targets"
    " users where"
)
_SWITCHES = names(
    "all cascade delete everything force hard permanent permanently purge recurse"
    " recursive wipe"
)
_THINGS = names("accounts emails files id ids items keys names paths records users")


def analyse(view: View) -> Iterator[Finding]:
    """Findings on what the name admits, and on how broad the arguments are."""
    name = view.action.name
    if _is_read_by_others(view):
        yield from guards_of(view)
        return
    admitted = _admitted(claims_in(view))
    is_altering = any(claim.verb in ALTERING for claim in claims_of(name))
    broad = _broad(view) if _is_grave(admitted) else None
    if broad is None and is_altering:
        broad = _altered_all(view)
    said_better = {"tool.publishes"} if _is_draft(view) else set()
    if packages.judges(view):
        said_better |= {"tool.acts", "tool.executes"}
    for match in admitted:
        if match.code in said_better:
            continue
        severity = _raised(match, broad is not None)
        target = _target(view) if match.severity is not Severity.LOW else ""
        yield Match(match.code, severity, match.message, target, match.scale).at(
            "/arguments"
        )
    if broad is not None:
        yield broad
    if not reads(name):
        yield from members_of(view)
        yield from _several(view)


def _is_read_by_others(view: View) -> bool:
    """Whether an analyser of its own reads what would run; ``run`` says nothing."""
    if not set(kinds_of(view.action, view.context)) & _READ_BY_OTHERS:
        return False
    name = view.action.name
    is_known = bool(view.context.mapped(name)) or named_kind(name) is not None
    return is_known or bool(named_program(name)) or _has_command(view)


def _has_command(view: View) -> bool:
    return any(is_command_member(leaf.member) for leaf in view.leaves)


def _is_draft(view: View) -> bool:
    """Whether what is posted stays a draft: that is what the service is told."""
    return any(
        leaf.text.lower() == "draft" and tokens(leaf.member) & {"state", "status"}
        for leaf in view.texts
    )


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


def _altered_all(view: View) -> Finding | None:
    """Changes everything there is, and says so."""
    for leaf in view.leaves:
        is_all = leaf.text.strip() in _EVERYTHING - {"/", "/*"}
        if is_all and tokens(leaf.member) & _OBJECTS:
            text = "Changes everything that fits, not one named thing"
            return Match("tool.broad", Severity.MEDIUM, text).at(leaf.pointer)
    for name, value in view.action.arguments.items():
        if tokens(str(name)) & {"where", "condition"} and value in ("", {}, []):
            text = "Changes whatever there is, without a condition"
            return Match("tool.broad", Severity.MEDIUM, text).at("/arguments")
    return None


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
