"""Every change of a request, of its permit and of its grants: the only writers.

Each writer does the same in the same order, in one transaction: lock the row,
check, change, record, enqueue, tell.
"""

from approvals.lifecycle.brakes import (
    enforce_brakes,
    engage_brake,
    release_brake,
    settle_held,
)
from approvals.lifecycle.counters import forget_windows
from approvals.lifecycle.deadlines import escalate_due, expire_due
from approvals.lifecycle.desk import assign, claim, note_view
from approvals.lifecycle.edits import edit, read_arguments, revise
from approvals.lifecycle.erasure import (
    Ground,
    erase,
    erase_due,
    lift_hold,
    place_hold,
)
from approvals.lifecycle.facts import digest_of_facts
from approvals.lifecycle.grants import revoke_grant
from approvals.lifecycle.permits import (
    lapse_due,
    mark_overdue,
    redeem,
    report_outcome,
    take_back,
)
from approvals.lifecycle.questions import ask, reply
from approvals.lifecycle.refusals import (
    AlreadyDecided,
    AlreadyRedeemed,
    Braked,
    EditRefused,
    GrantRefused,
    NoOpenQuestion,
    NotAllowed,
    NotConfirmed,
    NotErasable,
    NotRedeemable,
    NotViewed,
    OtherOutcome,
    ReasonMissing,
    Refusal,
    StaleRevision,
    StepUpNeeded,
    TextRefused,
    VotedAlready,
)
from approvals.lifecycle.requests import cancel, submit
from approvals.lifecycle.rows import MAX_MESSAGE, Answer
from approvals.lifecycle.votes import NOBODY, Lot, Presence, vote, withdraw

SWEEPS = (
    enforce_brakes,
    expire_due,
    escalate_due,
    settle_held,
    lapse_due,
    mark_overdue,
    forget_windows,
    erase_due,
)
"""What time alone brings about; the sweeper calls each, again and again."""

__all__ = [
    "MAX_MESSAGE",
    "NOBODY",
    "SWEEPS",
    "AlreadyDecided",
    "AlreadyRedeemed",
    "Answer",
    "Braked",
    "EditRefused",
    "GrantRefused",
    "Ground",
    "Lot",
    "NoOpenQuestion",
    "NotAllowed",
    "NotConfirmed",
    "NotErasable",
    "NotRedeemable",
    "NotViewed",
    "OtherOutcome",
    "Presence",
    "ReasonMissing",
    "Refusal",
    "StaleRevision",
    "StepUpNeeded",
    "TextRefused",
    "VotedAlready",
    "ask",
    "assign",
    "cancel",
    "claim",
    "digest_of_facts",
    "edit",
    "enforce_brakes",
    "engage_brake",
    "erase",
    "erase_due",
    "escalate_due",
    "expire_due",
    "forget_windows",
    "lapse_due",
    "lift_hold",
    "mark_overdue",
    "note_view",
    "place_hold",
    "read_arguments",
    "redeem",
    "release_brake",
    "reply",
    "report_outcome",
    "revise",
    "revoke_grant",
    "settle_held",
    "submit",
    "take_back",
    "vote",
    "withdraw",
]
