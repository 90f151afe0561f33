"""What should happen to requests, in dictionaries and counts: a reference.

Written from what was promised, and knows nothing of the code that keeps it: no
import of ours. Time is in minutes. A deadline is not a moment here but the time
that is left, which does not run while a hold covers the request. A refusal is an
exception with the refusal's name, raised before anything is changed.
"""

from typing import Any

TIERS: dict[str, dict[str, Any]] = {
    "auto": {"needs": {}},
    "one": {"needs": {"reviewers": 1}, "denials": 1},
    "two": {"needs": {"reviewers": 2}, "denials": 2, "second_person": True},
    "pair": {"needs": {"dba": 1, "reviewers": 1}, "denials": 1},
    "late": {"needs": {"reviewers": 1}, "denials": 1, "further": "managers"},
}
"""An action's name is its tier's. The last one asks further groups at half-time."""
TIME = 60
PERMIT = 30
GROUPS = {
    "alice": {"reviewers"},
    "bob": {"reviewers", "dba"},
    "dora": {"reviewers"},
    "dan": {"dba"},
    "mia": {"managers"},
    "olivia": {"reviewers", "dba"},
    "charlie": set(),
}
OWNER = "olivia"
Request = dict[str, Any]


class Refused(Exception):
    """By its name in ``approvals.lifecycle``."""


class Reference:
    def __init__(self) -> None:
        self.groups = {name: set(groups) for name, groups in GROUPS.items()}
        self.disabled: set[str] = set()
        self.brakes: set[tuple[str, str, str]] = set()  # scope, value, mode
        self.requests: list[Request] = []

    def submit(self, agent: str, action: str, environment: str | None) -> None:
        request: Request = {
            "agent": agent, "action": action, "environment": environment,
            "state": "pending", "source": "", "by": set(), "votes": {},
            "revision": 1, "editor": None, "left": TIME, "half": TIME / 2,
            "permit": None, "permit_left": 0, "question": False,
        }  # fmt: skip
        self.requests.append(request)
        modes = self.modes(request)
        if "deny" in modes:
            decide(request, "denied", "brake")
        elif action == "auto" and not modes:
            decide(request, "approved", "policy", {"policy:1"})

    def vote(self, request: Request, who: str, verdict: str, revision: int) -> None:
        self.must_be_open(request, revision)
        if verdict == "approve" and self.modes(request):
            raise Refused("Braked")
        if not self.may_decide(request, who, verdict):
            raise Refused("NotAllowed")
        if who in request["votes"]:
            raise Refused("VotedAlready")
        votes = {**request["votes"], who: verdict}
        counting = self.counting(request, votes)
        yes = {name for name, verdict in counting.items() if verdict == "approve"}
        no = counting.keys() - yes
        approved = self.is_enough(request, yes)
        denied = len(no) >= TIERS[request["action"]]["denials"]
        request["votes"] = votes
        if denied:
            decide(request, "denied", "reviewer", no)
        elif approved and verdict == "approve":
            decide(request, "approved", "reviewer", yes)

    def withdraw(self, request: Request, who: str) -> None:
        self.must_be_open(request)
        if who not in request["votes"]:
            raise Refused("NotAllowed")
        del request["votes"][who]

    def edit(self, request: Request, who: str, revision: int, same: bool) -> None:
        self.must_be_open(request, revision)
        if not self.may_decide(request, who):
            raise Refused("NotAllowed")
        if same:
            raise Refused("EditRefused")
        request.update(votes={}, editor=who, half=request["left"] / 2)
        request["revision"] += 1

    def ask(self, request: Request, who: str) -> None:
        self.must_be_open(request)
        if not self.may_decide(request, who) or request["question"]:
            raise Refused("NotAllowed")
        request["question"] = True

    def cancel(self, request: Request, agent: str) -> None:
        if agent != request["agent"]:
            raise Refused("DoesNotExist")
        if request["state"] != "pending":
            raise Refused("AlreadyDecided")
        decide(request, "cancelled", "agent")

    def redeem(self, request: Request, agent: str, right_digest: bool) -> None:
        if agent != request["agent"]:
            raise Refused("DoesNotExist")
        if self.modes(request):
            raise Refused("Braked")
        if not right_digest:
            raise Refused("StaleRevision")
        if request["permit"] == "redeemed":
            raise Refused("AlreadyRedeemed")
        if request["permit"] != "issued":
            raise Refused("NotRedeemable")
        request["permit"] = "redeemed"

    def take_back(self, request: Request, who: str) -> None:
        needs = TIERS[request["action"]]["needs"]
        if who in self.disabled or not self.groups[who]:
            raise Refused("NotAllowed")
        if request["permit"] != "issued" or (needs and not self.seats(request, who)):
            raise Refused("NotAllowed")
        request["permit"] = "revoked"

    def engage(self, scope: str, value: str, mode: str) -> None:
        self.brakes.add((scope, value, mode))
        for request in self.requests:
            if "deny" in self.modes(request):
                if request["state"] == "pending":
                    decide(request, "denied", "brake")
                if request["permit"] == "issued":
                    request["permit"] = "revoked"

    def release(self, scope: str, value: str, mode: str) -> None:
        if (scope, value, mode) not in self.brakes:
            raise Refused("NotEngaged")
        self.brakes.remove((scope, value, mode))
        for request in self.requests:
            waits = request["state"] == "pending" and request["left"] > 0
            if waits and request["action"] == "auto" and not self.modes(request):
                decide(request, "approved", "policy", {"policy:1"})

    def advance(self, minutes: int) -> None:
        for request in self.requests:
            request["permit_left"] -= minutes
            if request["permit"] == "issued" and request["permit_left"] <= 0:
                request["permit"] = "lapsed"
            if "hold" not in self.modes(request):
                request["left"] -= minutes
                request["half"] -= minutes

    def sweep(self) -> None:
        for request in self.requests:
            if request["state"] == "pending" and request["left"] <= 0:
                decide(request, "expired", "timeout")

    def modes(self, request: Request) -> set[str]:
        """Of the brakes that stop it."""
        return {
            mode
            for scope, value, mode in self.brakes
            if scope == "everything"
            or (scope == "action" and request["action"].startswith(value[:-1]))
            or (scope in ("agent", "environment") and request[scope] == value)
        }

    def must_be_open(self, request: Request, revision: int | None = None) -> None:
        if request["state"] != "pending" or request["left"] <= 0:
            raise Refused("AlreadyDecided")
        if revision not in (None, request["revision"]):
            raise Refused("StaleRevision")

    def seats(self, request: Request, who: str) -> set[str]:
        tier = TIERS[request["action"]]
        if request["half"] <= 0 and tier.get("further") in self.groups[who]:
            return set(tier["needs"])
        return self.groups[who] & set(tier["needs"])

    def may_decide(self, request: Request, who: str, verdict: str = "deny") -> bool:
        if who == OWNER or who in self.disabled or not self.seats(request, who):
            return False
        own_edit = request["editor"] == who and verdict == "approve"
        return not (own_edit and TIERS[request["action"]].get("second_person"))

    def counting(self, request: Request, votes: dict[str, str]) -> dict[str, str]:
        """The votes of those who could vote so now."""
        return {
            who: verdict
            for who, verdict in votes.items()
            if self.may_decide(request, who, verdict)
        }

    def is_enough(self, request: Request, people: set[str]) -> bool:
        """Enough in each group, and enough together for all places (Hall 1935)."""
        needs = TIERS[request["action"]]["needs"]
        able = [self.seats(request, who) for who in people]
        each = all(sum(g in seats for seats in able) >= n for g, n in needs.items())
        return each and len(able) >= sum(needs.values())


def decide(request: Request, state: str, source: str, by: Any = ()) -> None:
    request.update(state=state, source=source, by=set(by))
    if state == "approved":
        request.update(permit="issued", permit_left=PERMIT)


def as_policy() -> str:
    """TIERS in the words of a policy."""
    tiers, rules = [], []
    for rank, (key, tier) in enumerate(TIERS.items()):
        rules.append(f"  - {{key: {key}, when: action.name == '{key}', tier: {key}}}")
        lines = [f"rank: {rank}", f"permit_lifetime: {PERMIT}m"]
        if not tier["needs"]:
            lines.append("route: auto")
        else:
            needs = ", ".join(
                f"{{group: {g}, count: {n}}}" for g, n in tier["needs"].items()
            )
            lines += [
                "route: review",
                f"decide_within: {TIME}m",
                "reason_required: never",
                f"requirements: [{needs}]",
                f"deny_threshold: {tier['denials']}",
            ]
        if tier.get("second_person"):
            lines.append("second_person_after_edit: true")
        if "further" in tier:
            further = f"{{after: 50%, groups: [{tier['further']}]}}"
            lines.append(f"escalation: {further}")
        tiers.append(f"  {key}: {{{', '.join(lines)}}}")
    return "\n".join(["default_tier: one", "tiers:", *tiers, "rules:", *rules])
