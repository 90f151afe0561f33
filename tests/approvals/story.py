"""One scenario of tests/data/decisions.yaml, acted out on the real database."""

import re
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.utils import timezone

from agents import brake, registry
from agents.models import Brake
from approvals import humans, lifecycle, ruleset
from approvals.conditions import Condition, Kind
from approvals.lifecycle.grants import Terms
from approvals.models import (
    ApprovalRequest,
    Grant,
    LinkedAccount,
    Outcome,
    Permit,
    Policy,
    Question,
    Revision,
    Vote,
)
from approvals.submission import Submission
from audit.log import COMMAND_LINE
from audit.models import Entry
from tests.approvals.decision_table import TABLE, document, seconds, words

KEPT = (
    ApprovalRequest, Vote, Permit, Grant, Question, Revision,
    Brake, Outcome, LinkedAccount, Policy,
)  # fmt: skip
"""What a refusal must leave as it was, row for row."""

ELSEWHERE: dict[str, type[Exception]] = {
    "DoesNotExist": ApprovalRequest.DoesNotExist,
    "Grant.DoesNotExist": Grant.DoesNotExist,
    "NotEngaged": brake.NotEngaged,
}
"""Refusals that are not named in ``approvals.lifecycle``."""


class Story:
    """One scenario: its people, agents, requests and brakes, and every verb."""

    def __init__(self, scenario: dict[str, Any], clock: time_machine.Traveller):
        self.clock = clock
        self.trip_wires = scenario.get("trip_wires", [])
        self.people = self._people(scenario.get("people", {}))
        self._publish(None, "first")
        self.agents = {
            "agent": self._agent("deploy-bot"),
            "other agent": self._agent("other-bot"),
        }
        self.requests: dict[str, ApprovalRequest] = {}
        self.engaged: dict[str, Brake] = {}

    def _people(self, groups_of: dict[str, list[str]]) -> dict[str, User]:
        people = {}
        for name, groups in {**TABLE["people"], **groups_of}.items():
            user = User.objects.create(username=name, is_staff=groups == "staff")
            people[name] = user
            for group in groups if isinstance(groups, list) else ():
                user.groups.add(Group.objects.get_or_create(name=group)[0])
        return people

    def _agent(self, name: str) -> Any:
        made = registry.register_agent(
            name,
            actor=COMMAND_LINE,
            owner=self.people["olivia"],
            created_by=self.people["kim"],
        )
        return made.agent

    def _publish(self, user: User | None, policy: str) -> None:
        source = document(TABLE["policies"][policy], self.trip_wires)
        ruleset.publish(source, actor=COMMAND_LINE, user=user, reason="for tests")

    def take(self, step: dict[str, Any]) -> None:
        """One step: done, or refused as it says with nothing changed."""
        (who, verb), *more = step.items()
        options = dict(more)
        refused = options.pop("refused", None)
        checks = ("becomes", "brakes", "permit")
        after = {key: options.pop(key) for key in checks if key in options}
        act = getattr(self, verb.replace(" ", "_"))
        if refused is None:
            act(who, **options)
        else:
            self._refuses(refused, who, verb, lambda: act(who, **options))
        self._check_after(step.get("request"), after)

    def _refuses(self, name: str, who: str, verb: str, act: Any) -> None:
        before, entries = rows(), Entry.objects.count()
        kind = ELSEWHERE.get(name) or getattr(lifecycle, name)
        with pytest.raises(kind) as caught:
            act()
        assert type(caught.value) is kind
        assert rows() == before
        # A refused redemption leaves its entry, and nothing else does.
        leaves = verb == "redeems" and kind is not ApprovalRequest.DoesNotExist
        assert Entry.objects.count() - entries == int(leaves)
        if leaves:
            last = Entry.objects.order_by("id").last()
            assert last is not None
            assert last.action == "permit:redemption_refused"

    def _check_after(self, name: str | None, after: dict[str, Any]) -> None:
        if "becomes" in after:
            assert self.request(name).state == after["becomes"]
        if "permit" in after:
            assert self.request(name).permit.state == after["permit"]
        if "brakes" in after:
            assert len(brake.in_force()) == after["brakes"]

    def request(self, name: str | None = None) -> ApprovalRequest:
        """As it is stored; the last one when it has no name."""
        known = self.requests[name] if name else list(self.requests.values())[-1]
        return ApprovalRequest.objects.get(pk=known.pk)

    def _seen(self, name: str | None, seen: str) -> dict[str, Any]:
        """Revision and digest as the page shows them; ``wrong``: one that never was."""
        shown = self.request(name)
        if seen == "first":
            shown = self.requests[name or list(self.requests)[-1]]
        digest = "sha256:" + "0" * 64 if seen == "wrong" else shown.digest
        return {"revision": shown.revision, "digest": digest}

    def _digest(self, name: str | None, which: str) -> str:
        if which.startswith("of "):
            return self.request(which.removeprefix("of ")).digest
        digest: str = self._seen(name, which)["digest"]
        return digest

    # What agents do.

    def submits(self, who: str, **members: Any) -> None:
        name = members.pop("as", "request")
        agent = self.agents[who]
        submission = Submission(**{"arguments": {"n": 1}, **members})
        answer = lifecycle.submit(submission, agent=agent, key=agent.keys.get())
        self.requests[name] = answer.approval

    def cancels(self, who: str, request: str | None = None, reason: str = "") -> None:
        lifecycle.cancel(
            self.request(request).pk, agent=self.agents[who], reason=words(reason)
        )

    def erases(self, who: str, request: str | None = None) -> None:
        lifecycle.erase(
            self.request(request).pk, actor=COMMAND_LINE, ground=lifecycle.Ground.PERSON
        )

    def holds(self, who: str, request: str | None = None) -> None:
        lifecycle.place_hold(
            self.request(request).pk, actor=COMMAND_LINE, reference="Case 7"
        )

    def redeems(
        self, who: str, request: str | None = None, digest: str = "now"
    ) -> None:
        lifecycle.redeem(
            self.request(request).pk,
            agent=self.agents[who],
            digest=self._digest(request, digest),
        )

    def reports(
        self, who: str, status: str, request: str | None = None, digest: str = "now"
    ) -> None:
        lifecycle.report_outcome(
            self.request(request).pk,
            agent=self.agents[who],
            status=status,
            digest=self._digest(request, digest),
        )

    def replies(
        self,
        who: str,
        request: str | None = None,
        question: str = "last",
        message: str = "because",
    ) -> None:
        asked = self.request(request).questions.last()
        known = asked.pk if asked and question == "last" else uuid4()
        lifecycle.reply(
            self.request(request).pk,
            agent=self.agents[who],
            question_id=known,
            message=words(message),
        )

    # What people do.

    def approves(self, who: str, **options: Any) -> None:
        self._vote(who, "approve", **options)

    def denies(self, who: str, **options: Any) -> None:
        self._vote(who, "deny", **options)

    def _vote(
        self,
        who: str,
        verdict: str,
        request: str | None = None,
        seen: str = "now",
        message: str = "",
        typed: str = "",
        viewed: bool = False,
        signed_in: str | None = None,
        grant: Any = None,
    ) -> None:
        ago = signed_in and time.time() - seconds(signed_in).total_seconds()
        lifecycle.vote(
            self.request(request).pk,
            actor=self.people[who],
            verdict=verdict,
            message=words(message),
            presence=lifecycle.Presence(signed_in_at=ago, typed=typed, viewed=viewed),
            grant=self._grant(request, grant),
            **self._seen(request, seen),
        )

    def _grant(self, request: str | None, grant: Any) -> Any:
        if grant == "unknown":
            return uuid4()
        if grant == "proposed":
            return Grant.objects.get().pk
        return None if grant is None else terms(self.request(request), **grant)

    def withdraws(self, who: str, request: str | None = None) -> None:
        lifecycle.withdraw(self.request(request).pk, actor=self.people[who])

    def edits(
        self,
        who: str,
        arguments: dict[str, Any],
        request: str | None = None,
        seen: str = "now",
    ) -> None:
        lifecycle.edit(
            self.request(request).pk,
            actor=self.people[who],
            arguments=arguments,
            **self._seen(request, seen),
        )

    def asks(self, who: str, request: str | None = None, text: str = "Why?") -> None:
        lifecycle.ask(self.request(request).pk, actor=self.people[who], text=text)

    def claims(self, who: str) -> None:
        lifecycle.claim(self.request().pk, actor=self.people[who])

    def lets_go(self, who: str) -> None:
        lifecycle.claim(self.request().pk, actor=self.people[who], release=True)

    def takes_back(self, who: str) -> None:
        lifecycle.take_back(self.request().pk, actor=self.people[who])

    def revokes(self, who: str) -> None:
        lifecycle.revoke_grant(Grant.objects.get().pk, actor=self.people[who])

    # What changes around them.

    def publishes(self, who: str, policy: str) -> None:
        self._publish(self.people[who], policy)

    def links(self, _: str, who: str, to: str) -> None:
        humans.link(self.people[who], self.people[to], actor=self.people["sam"])

    def disables(self, _: str, who: str) -> None:
        User.objects.filter(username=who).update(is_active=False)

    def enables(self, _: str, who: str) -> None:
        User.objects.filter(username=who).update(is_active=True)

    def adds(self, by: str, who: str, to: str) -> None:
        group, _ = Group.objects.get_or_create(name=to)
        User.objects.get(username=who).groups.add(group)

    def removes(self, _: str, who: str, **more: str) -> None:
        group = Group.objects.get(name=more["from"])
        User.objects.get(username=who).groups.remove(group)

    def advances(self, _: str, by: str) -> None:
        self.clock.shift(seconds(by))

    def sweeps(self, _: str) -> None:
        for sweep in lifecycle.SWEEPS:
            sweep()

    def brakes(self, _: str, scope: str = "everything", **options: Any) -> None:
        name = options.pop("as", "brake")
        self.engaged[name] = lifecycle.engage_brake(
            scope=scope, reason="for tests", actor=COMMAND_LINE, **options
        )

    def releases(self, who: str, brake: str | None = None) -> None:
        """The one that is named; else the newest there ever was."""
        known = self.engaged[brake] if brake else Brake.objects.order_by("id").last()
        assert known
        lifecycle.release_brake(known.pk, human=who, actor=COMMAND_LINE, reason="over")

    # How it ends.

    def check(self, then: dict[str, Any]) -> None:
        expected = {"request": then} if "state" in then else dict(then)
        if grant := expected.pop("grant", None):
            assert {"uses": 0, "spent": 0, **grant} == grant_facts()
        for name, facts in expected.items():
            wanted = {"source": "", "by": [], "votes": {}, "permit": None, **facts}
            last = name == "request" and name not in self.requests
            found = self.facts(self.request(None if last else name))
            assert {key: found[key] for key in wanted} == wanted, name

    def facts(self, approval: ApprovalRequest) -> dict[str, Any]:
        votes = approval.votes.filter(revision=approval.revision, withdrawn_at=None)
        permit = Permit.objects.filter(approval=approval).first()
        asked = approval.questions.last()
        return {
            "state": approval.state,
            "source": approval.decision_source,
            "by": [re.sub("^grant:.+", "grant", name) for name in approval.decided_by],
            "votes": {vote.voter.username: vote.verdict for vote in votes},
            "permit": permit and permit.state_at(timezone.now()),
            "overdue": bool(permit and permit.overdue_at),
            "tier": approval.tier,
            "revision": approval.revision,
            "message": shown(approval.decision_message),
            "question": asked and ("answered" if asked.replied_at else "open"),
            "expires": shown_time(approval.expires_at - approval.created_at),
            "brakes": len(brake.in_force()),
            "outcome": outcome_facts(approval),
        }


def terms(
    approval: ApprovalRequest,
    conditions: dict[str, dict[str, Any]] | None = None,
    uses: int = 3,
    lasts: str = "1h",
    sum: dict[str, Any] | None = None,
) -> Terms:
    """By default exactly the arguments at hand."""
    if conditions is None:
        conditions = {name: {"exact": v} for name, v in approval.arguments.items()}
    ((argument, most),) = (sum or {"": None}).items()
    return Terms(
        conditions=[
            Condition(name, Kind(kind), value)
            for name, one in conditions.items()
            for kind, value in one.items()
        ],
        max_uses=uses,
        lasts=seconds(lasts),
        sum_argument=argument,
        max_sum=None if most is None else Decimal(str(most)),
    )


def rows() -> list[list[dict[str, Any]]]:
    return [list(model.objects.order_by("pk").values()) for model in KEPT]


def grant_facts() -> dict[str, Any]:
    grant = Grant.objects.get()
    state = "given" if grant.granted_at else "proposed"
    if grant.revoked_at:
        state = "revoked" if grant.granted_at else "declined"
    return {"is": state, "uses": grant.uses, "spent": grant.spent}


def outcome_facts(approval: ApprovalRequest) -> dict[str, Any] | None:
    outcome = Outcome.objects.filter(approval=approval).first()
    if outcome is None:
        return None
    flags = ("other_digest", "unredeemed")
    raised = {flag: True for flag in flags if getattr(outcome, flag)}
    return {"status": outcome.status, **raised}


def shown(text: str) -> str:
    return f"{len(text)} characters" if len(text) > 100 else text


def shown_time(duration: timedelta) -> str:
    minutes, rest = divmod(int(duration.total_seconds()), 60)
    parts = ((minutes // 60, "h"), (minutes % 60, "m"), (rest, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count)
