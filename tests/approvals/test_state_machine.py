"""Whatever people, agents, the brake and the clock do, in whatever order: the
lifecycle does what ``reference.py`` says, refusal for refusal.

20,000 steps by default, always the same ones. ``STEPS=200000`` in the environment
runs so many instead, each time others; fewer than 20,000 may not meet every refusal.
A divergence is printed as the steps that lead to it, and as a blob for
``@reproduce_failure``.
"""

import os
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import hypothesis
import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from pytest_django.fixtures import Settings

from agents import brake, registry
from agents.models import Agent, Brake
from approvals import access, lifecycle, ruleset
from approvals.models import ApprovalRequest
from approvals.submission import Submission
from audit.log import COMMAND_LINE
from tests.approvals.moves import AGENTS, MOVES, SUBMIT
from tests.approvals.reference import (
    GROUPS,
    OWNER,
    Reference,
    Refused,
    as_policy,
)

STEPS = int(os.environ.get("STEPS", "0"))
CI_STEPS = 20_000
STEPS_OF_ONE_EXAMPLE = 50
START = datetime(2025, 1, 6, 9, 0, tzinfo=UTC)
"""Every example begins then."""

REFUSALS: tuple[type[Exception], ...] = (
    lifecycle.Refusal,
    ApprovalRequest.DoesNotExist,
    brake.NotEngaged,
)

EVERY_REFUSAL = {
    "AlreadyDecided",
    "AlreadyRedeemed",
    "Braked",
    "DoesNotExist",
    "EditRefused",
    "NotAllowed",
    "NotEngaged",
    "NotRedeemable",
    "StaleRevision",
    "VotedAlready",
}

STORED = """
SELECT r.state, r.decision_source, r.decided_by, r.revision, r.expires_at,
       p.state, p.expires_at,
       (SELECT array_agg(u.username || ' ' || v.verdict)
          FROM approvals_vote v JOIN auth_user u ON u.id = v.voter_id
         WHERE v.approval_id = r.id AND v.revision = r.revision
           AND v.withdrawn_at IS NULL)
  FROM approvals_approvalrequest r
  LEFT JOIN approvals_permit p ON p.approval_id = r.id
 WHERE r.id = ANY(%s) ORDER BY r.id
"""


class World(RuleBasedStateMachine):
    """Does everything twice, to the database and to the reference, and compares."""

    steps: ClassVar[int] = 0
    refusals: ClassVar[dict[str, int]] = {}
    clock: ClassVar[time_machine.Traveller]
    people: ClassVar[dict[str, User]]
    agents: ClassVar[dict[str, Agent]]

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()

    @initialize(first=SUBMIT[0])
    def begin(self, first: tuple[str, dict[str, Any]]) -> None:
        self.clock.move_to(START)
        self.now = START
        self.reference = Reference()
        self.requests: list[ApprovalRequest] = []
        self.seen: dict[tuple[int, int], str] = {}
        self.engaged: dict[tuple[str, str, str], Brake] = {}
        self.act(move=first)

    def teardown(self) -> None:
        """Nothing is left for the next example, not even as dead rows to skip."""
        transaction.savepoint_rollback(self.savepoint)
        connection.run_on_commit.clear()

    def _both(self, theirs: Any, ours: Any) -> bool:
        """Let both do it; whether it was done. They agree on why not."""
        World.steps += 1
        expected = found = None
        try:
            theirs()
        except Refused as refused:
            expected = str(refused)
        try:
            ours()
        except REFUSALS as refusal:
            found = type(refusal).__name__
        assert found == expected
        if found:
            World.refusals[found] = World.refusals.get(found, 0) + 1
        return found is None

    def _pick(
        self, which: int, state: str = "pending"
    ) -> tuple[int, ApprovalRequest, dict[str, Any]]:
        """One in that state, now and then another one; low numbers are new."""
        models = self.reference.requests
        known = range(len(models) - 1, -1, -1)
        likely = [index for index in known if models[index]["state"] == state]
        chosen = likely if likely and which < 7 else known
        index = chosen[which % len(chosen)]
        return index, self.requests[index], models[index]

    def _shown(self, index: int, is_fresh: bool) -> dict[str, Any]:
        """Revision and digest of the newest revision, or of the first one."""
        newest = self.reference.requests[index]["revision"]
        revision = newest if is_fresh else 1
        return {"revision": revision, "digest": self.seen[index, revision]}

    @rule(move=MOVES)
    def act(self, move: tuple[str, dict[str, Any]]) -> None:
        name, options = move
        getattr(self, name)(**options)

    def submit(self, agent: str, action: str, environment: str | None) -> None:
        waiting = [r for r in self.reference.requests if r["state"] == "pending"]
        if len(waiting) > 3:
            return  # too many would share too few steps among them
        submission = Submission(action, {"n": 1}, environment=environment)

        def ours() -> None:
            answer = lifecycle.submit(submission, agent=self.agents[agent])
            self.requests.append(answer.approval)

        self._both(lambda: self.reference.submit(agent, action, environment), ours)
        self.seen[len(self.requests) - 1, 1] = self.requests[-1].digest

    def vote(self, which: int, who: str, verdict: str, is_fresh: bool) -> None:
        index, approval, model = self._pick(which)
        shown = self._shown(index, is_fresh)
        self._both(
            lambda: self.reference.vote(model, who, verdict, shown["revision"]),
            lambda: lifecycle.vote(
                approval.pk, actor=self.people[who], verdict=verdict, **shown
            ),
        )

    def vote_as_reviewer(self, which: int, who: str, verdict: str) -> None:
        self.vote(which=which, who=who, verdict=verdict, is_fresh=True)

    def withdraw(self, which: int, who: str) -> None:
        _, approval, model = self._pick(which)
        who = next(iter(model["votes"]), who)
        self._both(
            lambda: self.reference.withdraw(model, who),
            lambda: lifecycle.withdraw(approval.pk, actor=self.people[who]),
        )

    def edit(self, which: int, who: str, is_fresh: bool, is_other: bool) -> None:
        index, approval, model = self._pick(which)
        shown = self._shown(index, is_fresh)
        number = model["revision"] + is_other

        def ours() -> None:
            edited = lifecycle.edit(
                approval.pk, actor=self.people[who], arguments={"n": number}, **shown
            )
            self.seen[index, edited.revision] = edited.digest

        self._both(
            lambda: self.reference.edit(model, who, shown["revision"], not is_other),
            ours,
        )

    def ask(self, which: int, who: str) -> None:
        _, approval, model = self._pick(which)
        self._both(
            lambda: self.reference.ask(model, who),
            lambda: lifecycle.ask(approval.pk, actor=self.people[who], text="Why?"),
        )

    def cancel(self, which: int, agent: str) -> None:
        _, approval, model = self._pick(which)
        self._both(
            lambda: self.reference.cancel(model, agent),
            lambda: lifecycle.cancel(approval.pk, agent=self.agents[agent]),
        )

    def redeem(self, which: int, is_theirs: bool, is_right: bool) -> None:
        index, approval, model = self._pick(which, "approved")
        agent = model["agent"]
        if not is_theirs:
            agent = next(name for name in AGENTS if name != agent)
        shown = self._shown(index, is_right)
        right = shown["revision"] == model["revision"]
        self._both(
            lambda: self.reference.redeem(model, agent, right),
            lambda: lifecycle.redeem(
                approval.pk, agent=self.agents[agent], digest=shown["digest"]
            ),
        )

    def redeem_something_else(self, which: int) -> None:
        """What was never approved by anybody, beside a permit that is good."""
        _, approval, model = self._pick(which, "approved")
        self._both(
            lambda: self.reference.redeem(model, model["agent"], False),
            lambda: lifecycle.redeem(
                approval.pk,
                agent=self.agents[model["agent"]],
                digest="sha256:" + "0" * 64,
            ),
        )

    def take_back(self, which: int, who: str) -> None:
        _, approval, model = self._pick(which, "approved")
        self._both(
            lambda: self.reference.take_back(model, who),
            lambda: lifecycle.take_back(approval.pk, actor=self.people[who]),
        )

    def engage(self, scope: tuple[str, str], is_hold: bool) -> None:
        kind, value, mode = (*scope, "hold" if is_hold else "deny")

        def ours() -> None:
            self.engaged[kind, value, mode] = lifecycle.engage_brake(
                scope=kind, value=value, mode=mode, reason="test", actor=COMMAND_LINE
            )

        self._both(lambda: self.reference.engage(kind, value, mode), ours)

    def release(self, which: int) -> None:
        """Of those that were ever engaged: some are released already."""
        if not self.engaged:
            return
        known = sorted(self.reference.brakes) or sorted(self.engaged)
        chosen = known[which % len(known)]
        self._both(
            lambda: self.reference.release(*chosen),
            lambda: lifecycle.release_brake(
                self.engaged[chosen].pk, human="1", actor=COMMAND_LINE, reason="over"
            ),
        )

    def advance(self, minutes: int, sweeps: bool) -> None:
        """The sweeper comes late, or not before the next thing happens."""

        def theirs() -> None:
            self.reference.advance(minutes)
            if sweeps:
                self.reference.sweep()

        def ours() -> None:
            self.now += timedelta(minutes=minutes)
            self.clock.move_to(self.now)
            for sweep in lifecycle.SWEEPS if sweeps else ():
                sweep()

        self._both(theirs, ours)

    def regroup(self, who: str, group: str) -> None:
        """Into the group, or out of it."""
        members = Group.objects.get(name=group).user_set

        def ours() -> None:
            if members.filter(username=who).exists():
                members.remove(self.people[who])
            else:
                members.add(self.people[who])

        self._both(
            lambda: self.reference.groups[who].symmetric_difference_update({group}),
            ours,
        )

    def disable_or_enable(self) -> None:
        def ours() -> None:
            dora = User.objects.get(username="dora")
            dora.is_active = not dora.is_active
            dora.save()

        self._both(lambda: self.reference.disabled.__ixor__({"dora"}), ours)

    def count_votes(self, which: int) -> None:
        """Whose votes count now, as the pages and agents see them."""
        _, approval, model = self._pick(which)
        if model["state"] != "pending" or self.reference.modes(model):
            return  # while a hold lasts, escalation is not known yet
        World.steps += 1
        approval = ApprovalRequest.objects.select_related("agent").get(pk=approval.pk)
        votes = approval.votes.prefetch_related("voter__groups")
        standing = access.Standing.of(self.now, thorough=True)
        found = access.standing_votes(approval, votes, standing)
        counting = {vote.voter.username: vote.verdict for vote, _ in found}
        assert counting == self.reference.counting(model, model["votes"])

    @invariant()
    def both_are_in_the_same_state(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(STORED, [[approval.pk for approval in self.requests]])
            stored = cursor.fetchall()
        for row, model in zip(stored, self.reference.requests, strict=True):
            self._compare(row, model)

    def _compare(self, row: tuple[Any, ...], model: dict[str, Any]) -> None:
        state, source, by, revision, expires, permit, permit_expires, votes = row
        assert (state, source) == (model["state"], model["source"])
        assert set(by) == model["by"]
        assert revision == model["revision"]
        cast = {f"{who} {verdict}" for who, verdict in model["votes"].items()}
        assert set(votes or ()) == cast
        if permit == "issued" and permit_expires <= self.now:
            permit = "lapsed"
        assert permit == model["permit"]
        # While a hold lasts, what it gives back is not known yet.
        if state == "pending" and not self.reference.modes(model):
            assert expires == self.now + timedelta(minutes=model["left"])


def people() -> dict[str, User]:
    known = {}
    for name, groups in GROUPS.items():
        known[name] = User.objects.create(username=name)
        for group in groups:
            known[name].groups.add(Group.objects.get_or_create(name=group)[0])
    return known


@pytest.mark.long
@pytest.mark.timeout(0 if STEPS else 900)
def test_the_lifecycle_does_what_the_reference_says(
    db: None, settings: Settings
) -> None:
    settings.BRAKE_RELEASE_PEOPLE = 1
    ruleset.publish(as_policy(), actor=COMMAND_LINE, reason="for tests")
    World.people = people()
    World.agents = {
        name: registry.register_agent(
            name, actor=COMMAND_LINE, owner=World.people[OWNER]
        ).agent
        for name in AGENTS
    }
    World.steps, World.refusals = 0, {}
    wanted = STEPS or CI_STEPS
    with time_machine.travel(START, tick=False) as World.clock:
        run_state_machine_as_test(World, settings=how_long(wanted))
    assert World.steps >= wanted
    # A machine in which nothing is ever refused would prove little.
    assert World.refusals.keys() >= EVERY_REFUSAL


def how_long(steps: int) -> hypothesis.settings:
    """Some more examples than that: now and then one ends before its last step."""
    return hypothesis.settings(
        max_examples=steps * 9 // 8 // STEPS_OF_ONE_EXAMPLE,
        stateful_step_count=STEPS_OF_ONE_EXAMPLE,
        derandomize=not STEPS,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
    )
