"""Every verb of the audit log, as ``subject:verb``."""

from enum import StrEnum


class Action(StrEnum):
    """What an entry can say happened; the value is stored and never renamed."""

    AGENT_REGISTERED = "agent:registered"
    AGENT_CALLBACK_SET = "agent:callback_set"
    AGENT_CALLBACK_DISABLED = "agent:callback_disabled"
    AGENT_PAUSED = "agent:paused"
    AGENT_RESUMED = "agent:resumed"
    AGENT_SECRET_ROTATED = "agent:secret_rotated"  # noqa: S105
    AGENT_PREVIOUS_SECRET_DROPPED = "agent:previous_secret_dropped"  # noqa: S105
    KEY_ISSUED = "key:issued"
    KEY_REVOKED = "key:revoked"
    DELIVERY_DELIVERED = "delivery:delivered"
    DELIVERY_DIED = "delivery:died"
    DELIVERY_REPLAYED = "delivery:replayed"
    POLICY_PUBLISHED = "policy:published"
    REQUEST_SUBMITTED = "request:submitted"
    REQUEST_VOTED = "request:voted"
    REQUEST_DECIDED = "request:decided"
    USER_CREATED = "user:created"
    USER_SIGNED_IN = "user:signed_in"
    USER_SIGN_IN_FAILED = "user:sign_in_failed"
    USER_SIGNED_OUT = "user:signed_out"
