"""Policies as people see them: tiers, rules, versions, what changed. Reads only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import QuerySet

from approvals import humans
from approvals.access import Permission, may_publish
from approvals.document import Problem
from approvals.models import Policy, PolicyDraft, PolicyProposal
from approvals.policy import Rule, Ruleset, Tier, TripWire
from approvals.policy_diff import Change, changes
from approvals.policy_document import PolicyError, parse
from approvals.policy_reference import harm_name
from approvals.queue import TierMark, mark_of
from approvals.request_page import Edited, compared, length_of
from approvals.ruleset import NoPolicy, ruleset_for
from approvals.windows import Window

PAGE = 20
"""Versions of one page of the history."""


@dataclass(frozen=True, slots=True)
class ShownRule:
    """A rule, with the name of the harm that it is for (empty: none is named)."""

    rule: Rule
    harm: str


@dataclass(frozen=True, slots=True)
class ShownTier:
    """A tier with its times in words, and the rules that lead to it."""

    tier: Tier
    mark: TierMark
    is_default: bool
    decide_within: str
    permit_lifetime: str
    outcome_within: str
    grants_within: str
    rules: Sequence[ShownRule]


@dataclass(frozen=True, slots=True)
class Timed:
    """A window or a trip wire, with its time in words (empty: it has none)."""

    part: Window | TripWire
    within: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A policy, the riskiest tier first; without a ruleset only its problems."""

    ruleset: Ruleset | None
    tiers: Sequence[ShownTier] = ()
    windows: Sequence[Timed] = ()
    trip_wires: Sequence[Timed] = ()
    problems: Sequence[Problem] = ()


@dataclass(frozen=True, slots=True)
class Differences:
    """What changes from one policy to another; ``is_known``: both could be read."""

    lowering: Sequence[Change] = ()
    others: Sequence[Change] = ()
    is_known: bool = True

    @property
    def total(self) -> int:
        return len(self.lowering) + len(self.others)


@dataclass(frozen=True, slots=True)
class Step:
    """One version, and what it changed; None: it is the first."""

    policy: Policy
    differences: Differences | None


@dataclass(frozen=True, slots=True)
class History:
    """Versions, newest first; ``next``: the page after begins below this one."""

    steps: Sequence[Step]
    next: int | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A proposal, and what this person may do with it."""

    proposal: PolicyProposal
    differences: Differences
    is_current: bool
    """Whether what it was based on is in force still."""
    is_own: bool
    may_confirm: Permission
    may_refuse: Permission


def newest() -> Policy | None:
    """What is in force; None before anything is."""
    return versions().first()


def versions() -> QuerySet[Policy]:
    """All of them with their people, newest first."""
    people = Policy.objects.select_related("published_by", "confirmed_by")
    return people.order_by("-version")


def show(source: str) -> Shown:
    """A document that may be a policy."""
    try:
        return shown(parse(source))
    except PolicyError as error:
        return Shown(None, problems=error.problems)


def shown(ruleset: Ruleset) -> Shown:
    """A policy as tables."""
    tiers = sorted(ruleset.tiers.values(), key=lambda tier: -tier.rank)
    return Shown(
        ruleset,
        [_shown_tier(tier, ruleset) for tier in tiers],
        [Timed(window, in_words(window.within)) for window in ruleset.windows],
        [
            Timed(wire, in_words(wire.within) if wire.within else "")
            for wire in ruleset.trip_wires
        ],
    )


def differences(old: Ruleset | None, new: Ruleset | None) -> Differences:
    """What changes, apart what may lower risk. What cannot be read may do anything."""
    if old is None or new is None:
        return Differences(is_known=False)
    found = changes(old, new)
    return Differences(
        [change for change in found if change.lowers],
        [change for change in found if not change.lowers],
    )


def line_diff(old: Policy, source: str) -> Edited:
    """The document line by line, in the shape that the page of a request shows."""
    before, after = {"policy.yaml": old.source}, {"policy.yaml": source}
    return compared(before, after, since=old.version)


def readable(version: int) -> Ruleset | None:
    """A version's rules; None where this program cannot read it (any more)."""
    try:
        return ruleset_for(version)
    except (NoPolicy, PolicyError):
        return None


def history(below: int | None = None) -> History:
    """The newest versions, or those below one."""
    found = versions().filter(version__lt=below) if below else versions()
    page = list(found[: PAGE + 1])
    steps = [_step(policy) for policy in page[:PAGE]]
    return History(steps, page[PAGE - 1].version if len(page) > PAGE else None)


def since(version: int) -> list[Step]:
    """What was published after a version, oldest first; at most PAGE of them."""
    found = versions().filter(version__gt=version).order_by("version")
    return [_step(policy) for policy in found[:PAGE]]


def is_behind(draft: PolicyDraft, in_force: Policy) -> bool:
    """Whether something was published since the draft was begun."""
    return draft.based_on_id != in_force.version


def needs_second(found: Differences) -> bool:
    """Whether publishing this takes a second person."""
    lowers = bool(found.lowering) or not found.is_known
    return bool(settings.POLICY_SECOND_PERSON and lowers)


def waiting(user: User) -> list[Waiting]:
    """Open proposals, oldest first."""
    proposals = PolicyProposal.objects.select_related("proposed_by", "based_on")
    in_force, now = newest(), humans.current()
    return [
        _waiting(proposal, in_force, user, now)
        for proposal in proposals.filter(outcome="").order_by("id")
    ]


def waiting_one(proposal: PolicyProposal, user: User) -> Waiting:
    """One of them."""
    return _waiting(proposal, newest(), user, humans.current())


def _waiting(
    proposal: PolicyProposal, in_force: Policy | None, user: User, now: humans.Humans
) -> Waiting:
    found = differences(readable(proposal.based_on_id), show(proposal.source).ruleset)
    is_own = now.same(proposal.proposed_by_id, user.pk)
    is_current = in_force is not None and in_force.version == proposal.based_on_id
    right = may_publish(user)
    confirm = right
    if is_own:
        confirm = Permission(False, "You proposed it; somebody else has to confirm it.")
    elif not is_current:
        words = "Something else was published since; it has to be proposed anew."
        confirm = Permission(False, words)
    return Waiting(proposal, found, is_current, is_own, confirm, right)


def _step(policy: Policy) -> Step:
    if policy.version == 1:
        return Step(policy, None)
    before, after = readable(policy.version - 1), readable(policy.version)
    return Step(policy, differences(before, after))


def _shown_tier(tier: Tier, ruleset: Ruleset) -> ShownTier:
    return ShownTier(
        tier=tier,
        mark=mark_of(tier, ruleset.tiers.values()),
        is_default=tier.key == ruleset.default_tier,
        decide_within=in_words(tier.decide_within),
        permit_lifetime=in_words(tier.permit_lifetime),
        outcome_within=in_words(tier.outcome_within),
        grants_within=in_words(tier.grants.max_duration) if tier.grants else "",
        rules=_shown_rules(rule for rule in ruleset.rules if rule.tier == tier.key),
    )


def _shown_rules(rules: Iterable[Rule]) -> list[ShownRule]:
    return [
        ShownRule(rule, harm_name(rule.harm) if rule.harm else "") for rule in rules
    ]


def in_words(seconds: int) -> str:
    """``4 h``, ``15 min``, ``7 days``."""
    return length_of(timedelta(seconds=seconds))
