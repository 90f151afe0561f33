"""Many rounds in which eight threads want something else of one request."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from agents import brake
from agents.models import Agent
from approvals import lifecycle
from approvals.lifecycle import rows
from approvals.models import ApprovalRequest, Permit, Vote
from approvals.states import PermitState, State
from audit.log import COMMAND_LINE
from audit.models import Entry
from tests.approvals.racing import Racers, Work
from tests.rounds import rounds

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
Ask = Callable[..., ApprovalRequest]

ROUNDS = rounds(2000)
TRIED_AGAIN_EVERY = 20
"""After every so many rounds each writer tries once more to change the decision."""
LATEST = 0.012
"""Seconds after the start of a round at which somebody may still begin."""

REFUSED = (lifecycle.Refusal, brake.BrakeError)
"""What may come of a race; every other error is a violation."""


@dataclass
class Cast:
    """Everybody who wants something of the request."""

    agent: Agent
    alice: User
    bob: User
    dora: User
    erin: User


@pytest.fixture
def cast(agent: Agent, alice: User, bob: User, reviewers: Group) -> Cast:
    dora, erin = (User.objects.create_user(name) for name in ("dora", "erin"))
    for user in (dora, erin):
        user.groups.add(reviewers)
    return Cast(agent, alice, bob, dora, erin)


@pytest.fixture
def racers(transactional_db: None) -> Iterator[Racers]:
    with Racers(8) as threads:
        yield threads


def later(seconds: float, work: Work) -> Work:
    def begin() -> Any:
        time.sleep(seconds)
        return work()

    return begin


def vote(approval: ApprovalRequest, voter: User, verdict: str) -> ApprovalRequest:
    """As on a page opened before the race, and once more on what an edit made of it."""
    cast = partial(lifecycle.vote, approval.id, actor=voter, verdict=verdict)
    try:
        return cast(revision=approval.revision, digest=approval.digest)
    except lifecycle.StaleRevision as stale:
        now = stale.approval
        return cast(revision=now.revision, digest=now.digest)


def edit(approval: ApprovalRequest, editor: User) -> ApprovalRequest:
    return lifecycle.edit(
        approval.id,
        actor=editor,
        revision=approval.revision,
        digest=approval.digest,
        arguments={"n": 2},
    )


def brake_and_release(agent: Agent, mode: str) -> None:
    pulled = lifecycle.engage_brake(
        scope="agent", value=agent.name, mode=mode, reason="race", actor=COMMAND_LINE
    )
    for human in ("user:1", "user:2"):
        lifecycle.release_brake(
            pulled.pk, human=human, actor=COMMAND_LINE, reason="over"
        )


def redeem(approval: ApprovalRequest, agent: Agent) -> lifecycle.Answer:
    """Again and again for a moment, as an agent that cannot wait."""
    for _ in range(4):
        try:
            digest = ApprovalRequest.objects.get(pk=approval.pk).digest
            return lifecycle.redeem(approval.id, agent=agent, digest=digest)
        except (lifecycle.NotRedeemable, lifecycle.Braked, lifecycle.StaleRevision):
            time.sleep(0.004)
    return lifecycle.redeem(approval.id, agent=agent, digest=approval.digest)


def works_on(
    approval: ApprovalRequest, cast: Cast, chance: random.Random
) -> list[Work]:
    """One for each thread; who comes at all, and when, is drawn."""

    def maybe(share: float, work: Work) -> Work:
        if chance.random() >= share:
            return lambda: None
        return later(chance.uniform(0, LATEST), work)

    mode = chance.choice(["hold", "deny"])
    after = partial(redeem, approval, cast.agent)
    if chance.random() < 0.4:
        after = chance.choice(
            [
                partial(lifecycle.take_back, approval.id, actor=cast.bob),
                partial(lifecycle.withdraw, approval.id, actor=cast.alice),
            ]
        )
    return [
        maybe(0.9, partial(vote, approval, cast.alice, "approve")),
        maybe(0.9, partial(vote, approval, cast.bob, "approve")),
        maybe(0.5, partial(vote, approval, cast.dora, "deny")),
        maybe(0.4, partial(edit, approval, cast.erin)),
        maybe(0.2, partial(lifecycle.cancel, approval.id, agent=cast.agent)),
        maybe(0.8, lifecycle.expire_due),
        maybe(0.25, partial(brake_and_release, cast.agent, mode)),
        maybe(0.8, after),
    ]


def start(ask: Ask, chance: random.Random) -> ApprovalRequest:
    approval = ask(chance.choice(["one", "two", "two"]))
    if chance.random() < 0.35:
        soon = timezone.now() + timedelta(seconds=chance.uniform(0.001, LATEST))
        ApprovalRequest.objects.filter(pk=approval.pk).update(expires_at=soon)
    return approval


def finish(approval: ApprovalRequest, agent: Agent) -> None:
    """What nobody decided, because too few came or a brake held."""
    lifecycle.expire_due()
    if ApprovalRequest.objects.get(pk=approval.pk).is_pending:
        lifecycle.cancel(approval.id, agent=agent)


def violations(approval: ApprovalRequest, results: list[Any]) -> list[str]:
    """What is wrong with how a round ended; nothing, or the lifecycle has a fault."""
    approval.refresh_from_db()
    entries = Counter(
        Entry.objects.filter(
            subject_type="request", subject_id=str(approval.id)
        ).values_list("action", flat=True)
    )
    permit = Permit.objects.filter(approval=approval).first()
    wrong = [
        f"unexpected {error!r}"
        for error in results
        if isinstance(error, Exception) and not isinstance(error, REFUSED)
    ]
    if not State(approval.state).is_terminal:
        wrong.append(f"still {approval.state}")
    if entries["request:decided"] != 1:
        wrong.append(f"decided {entries['request:decided']} times")
    if (permit is not None) != (approval.state == State.APPROVED):
        wrong.append(f"{approval.state}, permit {permit and permit.state}")
    redeemed = permit is not None and permit.state == PermitState.REDEEMED
    if entries["permit:redeemed"] != redeemed:
        wrong.append(f"redeemed {entries['permit:redeemed']} times")
    if approval.decision_source == "reviewer":
        wrong += wrong_votes(approval)
    return wrong


def wrong_votes(approval: ApprovalRequest) -> list[str]:
    """A decision of people rests on enough votes for this revision, and no other."""
    counting = Vote.objects.filter(
        approval=approval,
        revision=approval.revision,
        digest=approval.digest,
        withdrawn_at=None,
    ).values_list("verdict", "voter__username")
    verdict = "approve" if approval.state == State.APPROVED else "deny"
    agreeing = {name for given, name in counting if given == verdict}
    needed = 2 if (approval.tier, verdict) == ("two", "approve") else 1
    if len(agreeing) < needed or set(approval.decided_by) - agreeing:
        return [f"{approval.decided_by} decided, of {sorted(agreeing)}"]
    return []


DECISION = (
    "state",
    "decided_at",
    "decision_source",
    "decision_message",
    "decided_by",
    "revision",
    "digest",
    "canonical",
    "tier",
    "expires_at",
)
"""Columns that never change again once there is a decision."""


def decision_of(approval_id: UUID) -> dict[str, Any]:
    found: dict[str, Any] = ApprovalRequest.objects.values(*DECISION).get(
        pk=approval_id
    )
    return found


def try_every_writer_again(approval: ApprovalRequest, cast: Cast) -> None:
    """Each is refused, or finds nothing to do, and nothing is different after it."""
    before = decision_of(approval.id)
    refused: list[tuple[type[Exception], Work]] = [
        (lifecycle.AlreadyDecided, partial(vote, approval, cast.alice, "approve")),
        (lifecycle.AlreadyDecided, partial(vote, approval, cast.erin, "deny")),
        (lifecycle.AlreadyDecided, partial(edit, approval, cast.erin)),
        (
            lifecycle.AlreadyDecided,
            partial(lifecycle.cancel, approval.id, agent=cast.agent),
        ),
        (
            lifecycle.AlreadyDecided,
            partial(lifecycle.withdraw, approval.id, actor=cast.alice),
        ),
    ]
    for refusal, work in refused:
        with pytest.raises(refusal):
            work()
    for sweep in lifecycle.SWEEPS:
        sweep()
    brake_and_release(cast.agent, "deny")
    with pytest.raises((lifecycle.NotRedeemable, lifecycle.AlreadyRedeemed)):
        lifecycle.redeem(approval.id, agent=cast.agent, digest=approval.digest)
    with pytest.raises(lifecycle.NotAllowed):
        lifecycle.take_back(approval.id, actor=cast.bob)
    assert decision_of(approval.id) == before


def test_rounds_of_eight_threads_each_end_in_one_decision(
    ask: Ask, cast: Cast, racers: Racers
) -> None:
    """Approve, approve, deny, edit, cancel, expire, brake, redeem: all on one request.

    That these checks can fail is shown by
    ``test_without_the_row_lock_two_decisions_get_through``.
    """
    chance = random.Random(2000)
    outcomes: Counter[tuple[str, str, str]] = Counter()
    decisions: dict[UUID, dict[str, Any]] = {}
    for number in range(ROUNDS):
        approval = start(ask, chance)
        results = racers.at_once(works_on(approval, cast, chance))
        finish(approval, cast.agent)
        wrong = violations(approval, results)
        assert not wrong, f"round {number}: {wrong}"
        permit = Permit.objects.filter(approval=approval).first()
        outcomes[
            approval.state, approval.decision_source, permit.state if permit else ""
        ] += 1
        if number % TRIED_AGAIN_EVERY == 0:
            try_every_writer_again(approval, cast)
        decisions[approval.id] = decision_of(approval.id)

    print(dict(outcomes))
    assert len(outcomes) > 3
    assert {state for state, *_ in outcomes} == {
        "approved",
        "denied",
        "expired",
        "cancelled",
    }
    # Nothing that came later has touched what was decided before.
    for found in ApprovalRequest.objects.values("id", *DECISION):
        assert decisions.pop(found.pop("id")) == found
    assert not decisions


def violations_in_20_rounds(ask: Ask, cast: Cast, racers: Racers) -> list[str]:
    """Of the first round that has any."""
    chance = random.Random(20)
    for _ in range(20):
        approval = start(ask, chance)
        results = racers.at_once(works_on(approval, cast, chance))
        finish(approval, cast.agent)
        if wrong := violations(approval, results):
            return wrong
    return []


def test_without_the_row_lock_two_decisions_get_through(
    ask: Ask, cast: Cast, racers: Racers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same rounds and the same checks, with the writers' lock taken away.

    Constraints of the database guard as well: of two approvals the second breaks
    the permit's primary key, and the error counts as a violation here, for no
    race may end in one. Between an approval and a denial no constraint can judge;
    there it is two entries, or a permit for what is denied.
    """

    def unlocked(approval_id: UUID, **filters: Any) -> ApprovalRequest:
        related = ApprovalRequest.objects.select_related("agent", "key")
        found = related.get(pk=approval_id, **filters)
        time.sleep(0.02)
        return found

    monkeypatch.setattr(rows, "locked", unlocked)
    assert violations_in_20_rounds(ask, cast, racers)


def test_with_the_row_lock_the_same_delay_lets_nothing_through(
    ask: Ask, cast: Cast, racers: Racers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the lock that holds, and not that everybody is quick."""
    locked = rows.locked

    def slowly(approval_id: UUID, **filters: Any) -> ApprovalRequest:
        found = locked(approval_id, **filters)
        time.sleep(0.02)
        return found

    monkeypatch.setattr(rows, "locked", slowly)
    assert not violations_in_20_rounds(ask, cast, racers)
