"""What people, agents, the brake and the clock may do to requests, by chance."""

import random
from typing import Any

import time_machine

from agents import brake
from approvals import humans, lifecycle
from approvals.models import ApprovalRequest, Grant
from audit.log import COMMAND_LINE
from tests.approvals.story import Story

TIERS = (
    "auto", "one", "one", "two", "two", "panel", "pair", "late", "late", "second",
    "together", "grantable", "grantable", "capped", "blocked", "guarded", "growing",
)  # fmt: skip
"""Actions, which are judged by their names."""
PEOPLE = ("alice", "alice2", "bob", "dora", "dan", "sue", "mia", "olivia", "carol")
POLICIES = ("first", "guarded is one", "guarded is strict", "no grants any more")
REFUSALS = (
    lifecycle.Refusal,
    humans.LinkRefused,
    brake.NotEngaged,
    brake.AgreedAlready,
    brake.InvalidBrake,
    ApprovalRequest.DoesNotExist,
    Grant.DoesNotExist,
    Grant.MultipleObjectsReturned,
)


class History:
    """One log's life: the same one for the same seed."""

    def __init__(self, seed: int, clock: time_machine.Traveller) -> None:
        self.random = random.Random(seed)
        self.story = Story({"it": "history"}, clock)
        self.done: list[str] = []

    def play(self, steps: int) -> None:
        self._submit()
        moves = [name for name, often in MOVES.items() for _ in range(often)]
        for _ in range(steps):
            name = self.random.choice(moves)
            try:
                getattr(self, f"_{name}")()
            except REFUSALS:
                continue
            self.done.append(name)

    def _any(self, state: str = "pending") -> str:
        """The name of a request, mostly of one in this state."""
        known = list(self.story.requests)
        there = [name for name in known if self.story.request(name).state == state]
        likely = there if there and self.random.random() < 0.9 else known
        return self.random.choice(likely)

    def _who(self) -> str:
        return self.random.choice(PEOPLE)

    def _agent(self, name: str) -> str:
        """Mostly the one that asked."""
        asked = self.story.request(name).agent_id
        agents = self.story.agents
        if self.random.random() < 0.9:
            return next(who for who, agent in agents.items() if agent.pk == asked)
        return self.random.choice(list(agents))

    def _submit(self) -> None:
        action = self.random.choice(TIERS)
        arguments: dict[str, Any] = {"n": self.random.randrange(3)}
        if action in ("growing", "grantable", "capped"):
            arguments["amount"] = self.random.choice((1, 20, 60))
        self.story.submits(
            self.random.choice(("agent", "agent", "other agent")),
            action=action,
            arguments=arguments,
            environment=self.random.choice((None, "production")),
            justification=self.random.choice((None, "please ✓ 🔑")),
            **{"as": f"r{len(self.story.requests)}"},
        )

    def _approve(self) -> None:
        name = self._any()
        grant = None
        if self.story.request(name).action == "grantable":
            grant = self.random.choice((None, {"uses": 2}, "proposed"))
        elif self.story.request(name).action == "capped":
            grant = {"sum": {"amount": 100}}
        if grant == "proposed" and Grant.objects.count() != 1:
            grant = None
        options = {"request": name, "grant": grant, "message": "fine by me"}
        self.story.approves(self._who(), **options)

    def _approve_by_all(self) -> None:
        name = self._any()
        for who in self.random.sample(PEOPLE, 6):
            try:
                self.story.approves(who, request=name)
            except REFUSALS:
                continue

    def _deny(self) -> None:
        self.story.denies(self._who(), request=self._any(), message="no")

    def _withdraw(self) -> None:
        name = self._any()
        votes = self.story.request(name).votes.filter(withdrawn_at=None)
        voters = [vote.voter.username for vote in votes]
        self.story.withdraws(self.random.choice(voters or PEOPLE), request=name)

    def _edit(self) -> None:
        arguments = {"n": self.random.randrange(100), "amount": 30}
        self.story.edits(self._who(), arguments=arguments, request=self._any())

    def _ask(self) -> None:
        self.story.asks(self._who(), request=self._any())

    def _reply(self) -> None:
        name = self._any()
        self.story.replies(self._agent(name), request=name)

    def _claim(self) -> None:
        self.story.claims(self._who())

    def _cancel(self) -> None:
        name = self._any()
        self.story.cancels(self._agent(name), request=name, reason="not needed")

    def _redeem(self) -> None:
        name = self._any("approved")
        digest = self.random.choice(("now", "now", "now", "first", "wrong"))
        self.story.redeems(self._agent(name), request=name, digest=digest)

    def _report(self) -> None:
        name = self._any("approved")
        self.story.reports(
            self._agent(name),
            status=self.random.choice(("succeeded", "failed")),
            request=name,
            digest=self.random.choice(("now", "now", "now", "first", "wrong")),
        )

    def _take_back(self) -> None:
        name = self._any("approved")
        person = self.story.people[self._who()]
        lifecycle.take_back(self.story.request(name).pk, actor=person, reason="no!")

    def _revoke_grant(self) -> None:
        given = Grant.objects.exclude(granted_at=None).order_by("id")
        if grants := list(given):
            actor = self.story.people[self._who()]
            lifecycle.revoke_grant(self.random.choice(grants).pk, actor=actor)

    def _publish(self) -> None:
        self.story.publishes("carol", self.random.choice(POLICIES))

    def _link(self) -> None:
        self.story.links("sam", *self.random.sample(PEOPLE, 2))

    def _unlink(self) -> None:
        humans.unlink(
            self.story.people[self._who()], actor=self.story.people["charlie"]
        )

    def _regroup(self) -> None:
        move = self.random.choice((self.story.adds, self.story.removes))
        group = self.random.choice(("reviewers", "dba"))
        name = "to" if move == self.story.adds else "from"
        move("sam", who=self._who(), **{name: group})

    def _disable(self) -> None:
        move = self.random.choice((self.story.disables, self.story.enables))
        move("sam", who=self._who())

    def _brake(self) -> None:
        scope, value = self.random.choice(
            (("everything", ""), ("environment", "production"), ("action", "o*"))
        )
        mode = self.random.choice(("hold", "hold", "deny"))
        self.story.brakes("anybody", scope=scope, value=value, mode=mode)

    def _release(self) -> None:
        for who in ("user:1", "user:2") if self.story.engaged else ():
            self.story.releases(who)

    def _erase(self) -> None:
        states = ("denied", "cancelled", "expired", "approved")
        lifecycle.erase(
            self.story.request(self._any(self.random.choice(states))).pk,
            actor=COMMAND_LINE,
            ground=lifecycle.Ground.PERSON,
            reference="DSR-12",
        )

    def _hold(self) -> None:
        act = self.random.choice((lifecycle.place_hold, lifecycle.lift_hold))
        name = self._any(self.random.choice(("pending", "denied")))
        act(self.story.request(name).pk, actor=COMMAND_LINE, reference="Case 7")

    def _view(self) -> None:
        lifecycle.note_view(
            self.story.request(self._any()),
            actor=self.story.people[self._who()],
            revision=1,
            seconds=12,
        )

    def _advance(self) -> None:
        by = self.random.choice(("1m", "5m", "20m", "1h", "3h"))
        self.story.advances("clock", by=by)

    def _sweep(self) -> None:
        self.story.sweeps("clock")


MOVES = {
    "submit": 6, "approve": 8, "approve_by_all": 4, "deny": 3, "withdraw": 2,
    "edit": 3, "ask": 3, "reply": 3, "claim": 1, "cancel": 1, "redeem": 4,
    "report": 3, "take_back": 1, "revoke_grant": 1, "publish": 1, "link": 3,
    "erase": 2, "hold": 1, "view": 2, "unlink": 3, "regroup": 1, "disable": 1,
    "brake": 2, "release": 3, "advance": 3, "sweep": 3,
}  # fmt: skip
"""What can happen, and how often."""
EVERYTHING = frozenset(MOVES)
