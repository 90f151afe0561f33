"""The states of a request and of its permit, and which may follow which. Pure."""

from enum import StrEnum


class State(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def is_terminal(self) -> bool:
        return not TRANSITIONS[self]


class Source(StrEnum):
    """Who or what a decision came from."""

    REVIEWER = "reviewer"
    POLICY = "policy"
    GRANT = "grant"
    BRAKE = "brake"
    TIMEOUT = "timeout"
    AGENT = "agent"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.PENDING: frozenset(
        {State.APPROVED, State.DENIED, State.EXPIRED, State.CANCELLED}
    ),
    State.APPROVED: frozenset(),
    State.DENIED: frozenset(),
    State.EXPIRED: frozenset(),
    State.CANCELLED: frozenset(),
}


class PermitState(StrEnum):
    ISSUED = "issued"
    REDEEMED = "redeemed"
    REVOKED = "revoked"
    LAPSED = "lapsed"


class IllegalTransition(Exception):
    """It is not in a state that the new one may follow."""

    def __init__(
        self, old: State | PermitState, new: State | PermitState, what: str = "request"
    ) -> None:
        super().__init__(f"a {what} that is {old} cannot become {new}")
        self.old = old
        self.new = new


def check(old: State, new: State) -> None:
    """Raise IllegalTransition unless ``new`` may follow ``old``."""
    if new not in TRANSITIONS[old]:
        raise IllegalTransition(old, new)


def check_permit(old: PermitState, new: PermitState) -> None:
    """Raise IllegalTransition unless ``new`` may follow: it leaves ``issued`` once."""
    if old is not PermitState.ISSUED or new is PermitState.ISSUED:
        raise IllegalTransition(old, new, "permit")
