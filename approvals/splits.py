"""What waits, from where one person sits: theirs, what they may decide, how many.

Reads only. What the splits mean is said once, here: tabs, counts, ``is:`` and rows
that stay true in place all ask a ``Desk``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
    prefetch_related_objects,
)
from django.utils import timezone

from agents.models import Agent
from approvals import ruleset, snoozes
from approvals.access import (
    Standing,
    group_names,
    is_reviewer,
    needs_second,
    visible_to,
)
from approvals.folding import ORDER
from approvals.models import ApprovalRequest, Vote
from approvals.policy import Tier
from approvals.search_syntax import Is
from approvals.states import State

COUNT_LIMIT = 10_000
"""Beyond this the number of waiting requests is shown as "more than"."""
EXPIRING = timedelta(minutes=15)
"""How long before its deadline a request is among those that expire."""
SECOND_LIMIT = 100
"""Votes of others that are looked at for what needs a second one."""

NOTHING = Q(pk__in=[])

# The way from a vote to what decides whether it counts; nothing heavy.
_VOTE = (
    *("verdict", "revision", "digest", "withdrawn_at", "voter__is_active"),
    *("approval__state", "approval__policy", "approval__tier", "approval__revision"),
    *("approval__digest", "approval__escalates_at", "approval__edited_by"),
    *("approval__key__created_by", "approval__agent__owner"),
    *("approval__agent__secret_made_by", "approval__agent__previous_secret_made_by"),
)


# request_deadline gives them in this order, and no more than are counted. Only the
# few groups are joined with who is behind them.
_CELLS = """
SELECT hidden.*, cell.*, agent.owner_id, key.created_by_id, agent.secret_made_by_id,
    agent.previous_secret_made_by_id
FROM (
    SELECT count(*), min(until) FROM approvals_snooze JOIN approvals_approvalrequest
        AS request ON request.id = approval_id AND state = 'pending'
    WHERE user_id = %(user)s AND until > %(now)s
) AS hidden
LEFT JOIN (
    SELECT policy_id, tier, agent_id, key_id, is_escalated, count(*),
        count(*) FILTER (WHERE is_mine), count(*) FILTER (WHERE is_expiring)
    FROM (
        SELECT policy_id, tier, agent_id, key_id, expires_at <= %(soon)s AS is_expiring,
            coalesce(escalates_at <= %(now)s, false) AS is_escalated,
            assigned_to_id = %(user)s
            OR (claimed_by_id = %(user)s AND claimed_until > %(now)s) AS is_mine
        FROM approvals_approvalrequest AS request
        WHERE state = 'pending' AND NOT EXISTS (
            SELECT FROM approvals_snooze WHERE user_id = %(user)s
            AND approval_id = request.id AND until > %(now)s
        )
        ORDER BY expires_at LIMIT %(limit)s
    ) AS waiting
    GROUP BY policy_id, tier, agent_id, key_id, is_escalated
) AS cell ON true
LEFT JOIN agents_agent AS agent ON agent.id = cell.agent_id
LEFT JOIN agents_agentkey AS key ON key.id = cell.key_id
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many requests wait; no more than COUNT_LIMIT are counted."""

    number: int
    is_capped: bool


@dataclass(frozen=True, slots=True)
class Hidden:
    """What waits and they have put aside: how many, and when the first comes back."""

    number: int = 0
    next: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """One tier of one policy as somebody sees it who can fill a place of it."""

    tier: Tier
    is_escalation: bool
    """Whether only once it is escalated."""


@dataclass(frozen=True, slots=True)
class _Cell:
    """Requests that one agent made with one key and that one tier judged."""

    policy: int
    tier: str
    agent: int
    key: UUID | None
    is_escalated: bool
    number: int
    mine: int
    expiring: int
    owner: int | None
    maker: int | None
    """Who made the key."""
    secret_maker: int | None
    previous_secret_maker: int | None

    @property
    def makers(self) -> set[int | None]:
        """As ``access.conflict_of_interest`` knows them."""
        if self.key:
            return {self.maker}
        return {self.secret_maker, self.previous_secret_maker}


class Desk:
    """Who looks at what waits, and when; what it asks, it asks once."""

    def __init__(self, user: User, now: datetime | None = None) -> None:
        self.user = user
        self.now = now or timezone.now()
        self._has_more = False
        """Whether more votes are there than were looked at."""
        self._voters: dict[int, User] = {}
        """Those whose groups were read already."""

    @cached_property
    def standing(self) -> Standing:
        return Standing.of(self.now)

    @cached_property
    def accounts(self) -> list[int]:
        """All accounts of this human."""
        first = self.standing.humans.of(self.user.pk)
        linked = self.standing.humans.first_account.items()
        return [first, *(account for account, human in linked if human == first)]

    @cached_property
    def agents(self) -> dict[str, int]:
        """All of them, by name: a dozen searches may ask for one each."""
        return dict(Agent.objects.values_list("name", "pk"))

    @cached_property
    def tiers(self) -> Mapping[str, Tier]:
        """Those of the policy in force; none where nothing was published."""
        try:
            return ruleset.current()[1].tiers
        except ruleset.NoPolicy:
            return {}

    @property
    def waiting(self) -> QuerySet[ApprovalRequest]:
        """What waits, this person may see and has not put aside."""
        waiting = self._visible.filter(state=State.PENDING)
        return snoozes.without_hidden(waiting, self.user, self.now)

    @property
    def _visible(self) -> QuerySet[ApprovalRequest]:
        return visible_to(self.user)

    @property
    def mine(self) -> Q:
        """Assigned to them, or claimed by them just now."""
        claimed = Q(claimed_by=self.user, claimed_until__gt=self.now)
        return Q(assigned_to=self.user) | claimed

    @property
    def expiring(self) -> Q:
        return Q(expires_at__lte=self.now + EXPIRING)

    @property
    def escalated(self) -> Q:
        return Q(escalates_at__lte=self.now)

    @cached_property
    def decidable(self) -> Q:
        """What they may decide on (``access.actions_for``; a row does not ask more)."""
        found = NOTHING
        for (version, key), seat in self._seats.items():
            which = Q(policy_id=version, tier=key)
            if seat.is_escalation:
                which &= self.escalated
            if seat.tier.separation_of_duties:
                which &= ~self._in_conflict
            found |= which
        return found & Q(state=State.PENDING)

    @cached_property
    def second_ids(self) -> list[UUID]:
        """What has an approval that counts and takes one of theirs, too.

        Only tiers with several places can be like that, and only the first
        SECOND_LIMIT votes on them are looked at, in the order of the queue, of
        requests that they have not voted on themselves.
        """
        several = [pair for pair, seat in self._seats.items() if _places(seat.tier) > 1]
        if not several:
            return []
        tiers = NOTHING
        for version, key in several:
            rank = self._seats[version, key].tier.rank
            # By rank as well, for request_queue: it leads to these alone.
            tiers |= Q(
                approval__policy=version, approval__tier=key, approval__tier_rank=rank
            )
        valid = Vote.objects.filter(
            withdrawn_at=None,
            revision=F("approval__revision"),
            digest=F("approval__digest"),
        )
        own = valid.filter(approval=OuterRef("approval"), voter__in=self.accounts)
        votes = (
            valid.filter(tiers, ~Exists(own), approval__state=State.PENDING)
            .exclude(approval__in=snoozes.hidden(self._visible, self.user, self.now))
            .select_related("approval__agent", "approval__key", "voter")
            .only(*_VOTE)
            .order_by(*(_of_approval(name) for name in ORDER), "id")
        )
        by_request: dict[UUID, list[Vote]] = {}
        looked = list(votes[:SECOND_LIMIT])
        self._has_more = len(looked) == SECOND_LIMIT
        self.meet(looked)
        prefetch_related_objects(list(self._voters.values()), "groups")
        for vote in looked:
            by_request.setdefault(vote.approval_id, []).append(vote)
        return [
            found
            for found, cast in by_request.items()
            if needs_second(cast[0].approval, cast, self.user, self.standing)
        ]

    def meet(self, votes: Iterable[Vote]) -> None:
        """From now on each of their voters is one object, and knows its groups once."""
        for vote in votes:
            vote.voter = self._voters.setdefault(vote.voter_id, vote.voter)

    @cached_property
    def counts(self) -> Mapping[Is | None, Waiting]:
        """How many wait in each split (None: in all); one bounded query and a look
        at the votes on what takes several people.
        """
        cells = self._cells
        total = sum(cell.number for cell in cells)
        numbers: dict[Is | None, int] = {
            None: total,
            Is.MINE: sum(cell.mine for cell in cells),
            Is.EXPIRING: sum(cell.expiring for cell in cells),
            Is.GROUP: sum(cell.number for cell in cells if self._may_decide(cell)),
        }
        is_capped = total > COUNT_LIMIT
        found = {
            split: Waiting(min(number, COUNT_LIMIT), is_capped and number > 0)
            for split, number in numbers.items()
        }
        return {**found, Is.SECOND: Waiting(len(self.second_ids), self._has_more)}

    def count(self, conditions: Mapping[str, Q]) -> dict[str, Waiting]:
        """How many of the same requests fulfil each condition; one bounded query."""
        if not conditions or not is_reviewer(self.user):
            return {}
        names = {f"c{number}": name for number, name in enumerate(conditions)}
        flags = {short: _flag(conditions[name]) for short, name in names.items()}
        inner = self.waiting.order_by("expires_at").annotate(**flags)
        sql, values = inner.values(*flags)[: COUNT_LIMIT + 1].query.sql_with_params()
        counts = ", ".join(f"count(*) FILTER (WHERE {short})" for short in names)
        with connection.cursor() as cursor:
            # The names are c0, c1 …; what people typed is among the values.
            statement = f"SELECT count(*), {counts} FROM ({sql}) AS waiting"  # noqa: S608
            cursor.execute(statement, values)
            numbers = cursor.fetchone()
        is_capped = numbers[0] > COUNT_LIMIT
        return {
            name: Waiting(min(number, COUNT_LIMIT), is_capped and number > 0)
            for name, number in zip(names.values(), numbers[1:], strict=True)
        }

    @property
    def hidden(self) -> Hidden:
        return self._asked[0]

    @property
    def _cells(self) -> list[_Cell]:
        """All that waits, by what decides who may decide."""
        return self._asked[1]

    @cached_property
    def _asked(self) -> tuple[Hidden, list[_Cell]]:
        """What is hidden and what waits; one bounded query."""
        if not is_reviewer(self.user):
            return Hidden(), []
        values: dict[str, Any] = {
            "soon": self.now + EXPIRING,
            "now": self.now,
            "user": self.user.pk,
            "limit": COUNT_LIMIT + 1,
        }
        with connection.cursor() as cursor:
            cursor.execute(_CELLS, values)
            rows = cursor.fetchall()
        # One row at least: what is hidden, beside nothing that waits.
        cells = [_Cell(*row[2:]) for row in rows if row[2] is not None]
        return Hidden(*rows[0][:2]), cells

    @cached_property
    def _in_conflict(self) -> Q:
        """What agents and keys of theirs asked for, among what waits."""
        mine = set(self.accounts)
        agents = {cell.agent for cell in self._cells if cell.owner in mine}
        made = [cell for cell in self._cells if cell.makers & mine]
        keys = {cell.key for cell in made if cell.key}
        secrets = {cell.agent for cell in made if not cell.key}
        by_secret = Q(key=None, agent__in=secrets)
        return Q(agent__in=agents) | Q(key__in=keys) | by_secret

    @cached_property
    def _seats(self) -> dict[tuple[int, str], Seat]:
        """Tiers of which something waits and this person can fill a place."""
        mine = group_names(self.user)
        found: dict[tuple[int, str], Seat] = {}
        for version, key in {(cell.policy, cell.tier) for cell in self._cells}:
            tier = ruleset.ruleset_for(version).tiers[key]
            further = tier.escalation.groups if tier.escalation else ()
            if mine & {need.group for need in tier.requirements}:
                found[version, key] = Seat(tier, is_escalation=False)
            elif mine & set(further):
                found[version, key] = Seat(tier, is_escalation=True)
        return found

    def _may_decide(self, cell: _Cell) -> bool:
        seat = self._seats.get((cell.policy, cell.tier))
        if seat is None or (seat.is_escalation and not cell.is_escalated):
            return False
        behind = cell.makers | {cell.owner}
        return not seat.tier.separation_of_duties or behind.isdisjoint(self.accounts)


def _flag(condition: Q) -> Case:
    """A condition as a column that is never null."""
    return Case(
        When(condition, then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )


def _places(tier: Tier) -> int:
    return sum(need.count for need in tier.requirements)


def _of_approval(name: str) -> str:
    sign = "-" if name.startswith("-") else ""
    return f"{sign}approval__{name.removeprefix('-')}"
