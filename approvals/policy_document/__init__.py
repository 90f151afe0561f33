"""A policy as people write it: YAML in, a ruleset or all its problems out. Pure."""

from types import MappingProxyType

from yaml.nodes import Node

from approvals.document import Problem, Reader, Unreadable
from approvals.policy import Route, Ruleset, Tier
from approvals.policy_document.actions import read_actions, read_domains
from approvals.policy_document.rules import read_rules
from approvals.policy_document.tiers import read_tiers
from approvals.policy_document.trip_wires import read_trip_wires
from approvals.policy_document.windows import read_windows
from approvals.risk.context import Context

__all__ = ["MEMBERS", "REQUIRED", "PolicyError", "parse"]

REQUIRED = ("default_tier", "tiers", "rules")
MEMBERS = (*REQUIRED, "actions", "internal_domains", "trip_wires", "windows")
"""What stands at the top of a policy."""


class PolicyError(Exception):
    """The document is not a policy; ``problems`` lists everything that is wrong."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


def parse(source: str) -> Ruleset:
    """The policy in a YAML document; raises PolicyError with all its problems."""
    try:
        reader = Reader(source)
    except Unreadable as error:
        raise PolicyError(*error.problems) from None
    ruleset = _read_policy(reader)
    if reader.problems or ruleset is None:
        raise PolicyError(
            *sorted(reader.problems, key=lambda found: (found.line, found.column))
        )
    return ruleset


def _read_policy(reader: Reader) -> Ruleset | None:
    members = reader.members(reader.root, "a policy", MEMBERS, REQUIRED)
    wires, windows = members.get("trip_wires"), members.get("windows")
    known = read_windows(reader, windows) if windows else ()
    trip_wires = read_trip_wires(reader, wires) if wires else ()
    context = _read_context(reader, members)
    if not members.keys() >= set(REQUIRED):
        return None
    tiers = read_tiers(reader, members["tiers"])
    default = reader.one_of(members["default_tier"], "default_tier", tiers)
    _check_default(reader, members["default_tier"], tiers.get(default))
    keys = tuple(window.key for window in known)
    rules = read_rules(reader, members["rules"], tiers, keys)
    tiers_by_key = MappingProxyType(tiers)
    return Ruleset(tiers_by_key, rules, default, trip_wires, known, context)


def _read_context(reader: Reader, members: dict[str, Node]) -> Context:
    actions = members.get("actions")
    domains = members.get("internal_domains")
    return Context(
        actions=read_actions(reader, actions) if actions else (),
        internal_domains=read_domains(reader, domains) if domains else (),
    )


def _check_default(reader: Reader, node: Node, tier: Tier | None) -> None:
    if tier is not None and tier.route == Route.AUTO:
        message = f"the default tier {tier.key!r} approves at once"
        hint = "what no rule knows must be seen by people or blocked"
        reader.report(node, message, hint)
