"""What the lifecycle refuses, as sentences for whoever asked. Nothing is half done."""

from collections.abc import Sequence

from agents.models import Brake
from approvals.models import ApprovalRequest


class Refusal(Exception):
    """Not done, and nothing changed; the text says why."""


class AlreadyDecided(Refusal):
    """The request has left ``pending``, or its deadline has passed."""

    def __init__(self, approval: ApprovalRequest) -> None:
        how = (
            "past its deadline" if approval.is_pending else f"already {approval.state}"
        )
        super().__init__(f"This request is {how}.")
        self.approval = approval


class StaleRevision(Refusal):
    """It was about another revision or digest than the current one."""

    def __init__(
        self,
        approval: ApprovalRequest,
        words: str = "This request changed after you opened it.",
    ) -> None:
        super().__init__(words)
        self.approval = approval


class NotAllowed(Refusal):
    """This person may not do that."""


class VotedAlready(Refusal):
    """One human votes once on one revision."""

    def __init__(self, words: str = "You have already voted on this request.") -> None:
        super().__init__(words)


class ReasonMissing(Refusal):
    """The tier asks for a reason with this verdict."""

    def __init__(self) -> None:
        super().__init__("This tier asks for a reason: say why.")


class NotErasable(Refusal):
    """It still waits, is still good for something, or is under a legal hold."""


class StepUpNeeded(Refusal):
    """The tier wants proof that the person is there now."""


class NotConfirmed(Refusal):
    """The tier wants the target typed, and something else was."""

    def __init__(self, target: str) -> None:
        super().__init__(f"To approve this, type exactly: {target}")


class NotViewed(Refusal):
    """The tier wants all of what would run looked at, and it was not."""

    def __init__(self) -> None:
        super().__init__("To approve this, look at all of what would run first.")


class TextRefused(Refusal):
    """A text is missing, too long, or holds what cannot be stored."""


class EditRefused(Refusal):
    """The arguments cannot be changed to that."""


class GrantRefused(Refusal):
    """No standing approval on these terms."""


class NoOpenQuestion(Refusal):
    """Nobody waits for this answer."""

    def __init__(self) -> None:
        super().__init__("This question is not open on this request.")


class Braked(Refusal):
    """A brake is in force: nothing is approved and nothing is redeemed."""

    def __init__(self, brakes: Sequence[Brake]) -> None:
        what = ", ".join(str(brake) for brake in brakes)
        super().__init__(
            f"The brake is on ({what}): nothing is approved or redeemed until it is"
            " released."
        )
        self.brakes = brakes


class NotRedeemable(Refusal):
    """There is no permit, or it has lapsed or was revoked."""


class AlreadyRedeemed(Refusal):
    """A permit is good for one redemption."""

    def __init__(self) -> None:
        super().__init__("This permit was redeemed before; ask again to do it again.")


class OtherOutcome(Refusal):
    """Another outcome was reported before; the first one stands."""

    def __init__(self) -> None:
        super().__init__("Another outcome was reported for this request before.")
