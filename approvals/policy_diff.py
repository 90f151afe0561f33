"""What changes from one policy to the next, and whether it could lower risk. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from functools import partial
from typing import Any, TypeVar

from approvals.policy import (
    DAY,
    HOUR,
    Confirmation,
    GrantCaps,
    ReasonRequired,
    Route,
    Rule,
    Ruleset,
    StepUp,
    Tier,
    TripWire,
)
from approvals.risk.context import Mapped
from approvals.windows import Window

Part = TypeVar("Part", Tier, Rule, TripWire, Window, Mapped)
Keyed = TypeVar("Keyed", Rule, TripWire, Window)

_WORDS = frozenset({"why", "harm", "name"})
"""Members that people read, and nothing else does."""
_SPANS = frozenset(
    {"decide_within", "permit_lifetime", "outcome_within", "max_duration", "within"}
)
"""Members that count seconds."""
_SHARE = "after"
"""The member that counts percent."""


@dataclass(frozen=True, slots=True)
class Detail:
    """One member of a part, before and after."""

    member: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """One tier, rule or other part that differs; ``verb`` says how.

    ``lowers`` is true unless it is certain that no action gets a lower tier and no
    tier asks for less.
    """

    noun: str
    key: str
    verb: str
    details: tuple[Detail, ...] = ()
    lowers: bool = True
    opens: bool = False
    """Whether it approves something at once."""

    def __str__(self) -> str:
        note = " (approves at once)" if self.opens else ""
        members = ", ".join(detail.member for detail in self.details)
        what = f"{self.verb} {members}" if members else self.verb
        return f"{self.noun} {self.key}: {what}{note}"


def changes(old: Ruleset, new: Ruleset) -> list[Change]:
    """Everything that means something else in ``new`` than in ``old``."""
    return [
        *_default(old, new),
        *_parts("tier", old.tiers, new.tiers, _asks_less, _tier_opens),
        *_parts(
            "rule", _by_key(old.rules), _by_key(new.rules), _rule_lowers(old, new),
            lambda rule: new.tiers[rule.tier].route == Route.AUTO,
        ),
        *_parts("window", _by_key(old.windows), _by_key(new.windows), _only_adds),
        *_parts(
            "trip wire", _by_key(old.trip_wires), _by_key(new.trip_wires), _only_adds
        ),
        *_parts("action", _mapped(old), _mapped(new), lambda old, new: True),
        *_domains(old, new),
    ]  # fmt: skip


def may_lower(old: Ruleset, new: Ruleset) -> list[Change]:
    """The changes after which some action could need less than before."""
    return [change for change in changes(old, new) if change.lowers]


def _default(old: Ruleset, new: Ruleset) -> Iterator[Change]:
    if old.default_tier != new.default_tier:
        before, after = old.tiers[old.default_tier], new.tiers[new.default_tier]
        detail = Detail("default_tier", before.key, after.key)
        name = f"{before.key} -> {after.key}"
        lowers = after.rank <= before.rank
        yield Change("default tier", name, "changed", (detail,), lowers)


def _domains(old: Ruleset, new: Ruleset) -> Iterator[Change]:
    before, after = old.context.internal_domains, new.context.internal_domains
    for domain in sorted({*before} - {*after}):
        # What looks like it could have been taken for it no longer is.
        yield Change("internal domain", domain, "removed")
    for domain in sorted({*after} - {*before}):
        yield Change("internal domain", domain, "added")


def _parts(
    noun: str,
    old: Mapping[str, Part],
    new: Mapping[str, Part],
    lowers: Callable[[Part | None, Part | None], bool],
    opens: Callable[[Part], bool] = lambda part: False,
) -> Iterator[Change]:
    for key in sorted(old.keys() - new.keys()):
        yield Change(noun, key, "removed", lowers=lowers(old[key], None))
    for key, part in new.items():
        before = old.get(key)
        if before is None:
            is_lower = lowers(None, part)
            yield Change(noun, key, "added", lowers=is_lower, opens=opens(part))
        elif details := tuple(_details(before, part)):
            is_lower = not _is_words(details) and lowers(before, part)
            yield Change(noun, key, "changed", details, is_lower, opens(part))


def _details(old: Part, new: Part) -> Iterator[Detail]:
    for member in fields(new):
        before, after = getattr(old, member.name), getattr(new, member.name)
        if member.compare and before != after:
            said = partial(_said, member.name)
            yield Detail(member.name, said(before), said(after))


def _said(member: str, value: Any) -> str:
    """``12h`` and not 43200, ``50%`` and not 50, as the document writes it."""
    if member in _SPANS and value:
        return _span(value)
    return f"{value}%" if member == _SHARE else written(value)


def _span(seconds: float) -> str:
    """Seconds in the largest unit that leaves none over."""
    sizes = (("d", DAY), ("h", HOUR), ("m", 60))
    name, size = next((one for one in sizes if seconds % one[1] == 0), ("s", 1))
    return f"{seconds / size:g}{name}"


def _is_words(details: Sequence[Detail]) -> bool:
    return all(detail.member in _WORDS for detail in details)


def _by_key(parts: Iterable[Keyed]) -> dict[str, Keyed]:
    return {part.key: part for part in parts}


def _mapped(ruleset: Ruleset) -> dict[str, Mapped]:
    """By what they match; entries for the same patterns are told apart by kind."""
    return {
        f"{' '.join(entry.patterns)} ({entry.kind})": entry
        for entry in ruleset.context.actions
    }


def _only_adds(old: Any, new: Any) -> bool:
    return old is not None


def _rule_lowers(
    old: Ruleset, new: Ruleset
) -> Callable[[Rule | None, Rule | None], bool]:
    """A rule takes actions from the default tier, or lifts them above others'."""
    floor = old.tiers[old.default_tier].rank
    new_floor = new.tiers[new.default_tier].rank

    def lowers(before: Rule | None, after: Rule | None) -> bool:
        if after is None:
            return before is None or old.tiers[before.tier].rank > new_floor
        rank = new.tiers[after.tier].rank
        if before is None:
            return rank < floor
        is_lifted = rank >= max(old.tiers[before.tier].rank, floor)
        return before.when != after.when or not is_lifted

    return lowers


def _tier_opens(tier: Tier) -> bool:
    return tier.route == Route.AUTO


def _asks_less(before: Tier | None, after: Tier | None) -> bool:
    """Whether ``after`` could be easier to pass than ``before`` in any way.

    Tiers are weighed against each other by rank: one that comes, goes or moves can
    stand where a stricter one stood.
    """
    return (
        before is None
        or after is None
        or after.rank != before.rank
        or _weaker(Route, before.route, after.route)
        or not _covers(before, after)
        or after.deny_threshold > before.deny_threshold
        or after.decide_within > before.decide_within
        or after.permit_lifetime > before.permit_lifetime
        or after.outcome_within > before.outcome_within
        or _weaker(ReasonRequired, before.reason_required, after.reason_required)
        or (before.separation_of_duties and not after.separation_of_duties)
        or (after.escalation is not None and after.escalation != before.escalation)
        or _weaker(StepUp, before.step_up, after.step_up)
        or _weaker(Confirmation, before.confirmation, after.confirmation)
        or (before.must_view and not after.must_view)
        or (after.editing and not before.editing)
        or (before.second_person_after_edit and not after.second_person_after_edit)
        or not _grants_no_more(before.grants, after.grants)
        or after.bulk > before.bulk
    )


def _weaker(kind: type[Enum], before: Enum, after: Enum) -> bool:
    """Members of these stand from the weakest to the strictest."""
    order = list(kind)
    return order.index(after) < order.index(before)


def _covers(before: Tier, after: Tier) -> bool:
    """Whether everybody that was needed is needed still."""
    counts = {need.group: need.count for need in after.requirements}
    return all(counts.get(need.group, 0) >= need.count for need in before.requirements)


def _grants_no_more(before: GrantCaps | None, after: GrantCaps | None) -> bool:
    if after is None or before == after:
        return True
    if before is None:
        return False
    is_sum_kept = before.max_sum is None or (
        after.max_sum is not None and after.max_sum <= before.max_sum
    )
    return (
        after.max_uses <= before.max_uses
        and after.max_duration <= before.max_duration
        and is_sum_kept
    )


def written(value: Any) -> str:
    """A member's value in words and numbers."""
    match value:
        case None | () | "":
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case Enum():
            return str(value.value)
        case tuple() | list():
            return ", ".join(written(item) for item in value)
        case Mapping():
            return "; ".join(f"{written(k)}: {written(v)}" for k, v in value.items())
        case _ if hasattr(value, "__dataclass_fields__"):
            parts = [(part.name, getattr(value, part.name)) for part in fields(value)]
            said = (_said(name, part) for name, part in parts if part is not None)
            return " ".join(said)
    return str(value)
