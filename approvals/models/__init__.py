"""What is asked and what people said. Every constraint lives here."""

from approvals.models.backtests import Backtest
from approvals.models.bookkeeping import Heartbeat, IdempotentCall, Look
from approvals.models.grants import Grant
from approvals.models.people import LinkedAccount, Passkey, Preferences
from approvals.models.permits import Outcome, Permit
from approvals.models.policies import Policy, PolicyDraft, PolicyProposal
from approvals.models.requests import ApprovalRequest, NextChange, Question, Revision
from approvals.models.saved_views import SavedView
from approvals.models.snoozes import Snooze
from approvals.models.votes import Vote
from approvals.models.windows import WindowBucket, WindowValue

__all__ = [
    "ApprovalRequest",
    "Backtest",
    "Grant",
    "Heartbeat",
    "IdempotentCall",
    "LinkedAccount",
    "Look",
    "NextChange",
    "Outcome",
    "Passkey",
    "Permit",
    "Policy",
    "PolicyDraft",
    "PolicyProposal",
    "Preferences",
    "Question",
    "Revision",
    "SavedView",
    "Snooze",
    "Vote",
    "WindowBucket",
    "WindowValue",
]
