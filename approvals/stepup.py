"""How long ago somebody really signed in, for what asks for more than a session."""

import time
from collections.abc import Mapping
from typing import Any

RECENT = 15 * 60
"""Seconds for which a sign-in is fresh."""
PROOFS = ("password", "socialaccount", "mfa")
"""What counts as proof, in the words of allauth's records."""


def signed_in_at(session: Mapping[str, Any], now: float | None = None) -> float | None:
    """When this session's person last proved who they are (Unix time, seconds).

    Read from what allauth records at each sign-in and confirmation. Not its
    ``did_recently_reauthenticate``: to that, somebody without a password is always
    fresh. Records of somebody else, of a half sign-in, without a time or later
    than ``now`` do not count; None when nothing is left.
    """
    person = session.get("_auth_user_id")
    if not person or person != session.get("account_authentication_methods_user"):
        return None
    records = session.get("account_authentication_methods")
    if not isinstance(records, list):
        return None
    until = time.time() if now is None else now
    return max((at for record in records if (at := _at(record, until))), default=None)


def is_recent(session: Mapping[str, Any], now: float) -> bool:
    """Whether somebody proved who they are within RECENT seconds before ``now``."""
    return is_fresh(signed_in_at(session, now), now)


def is_fresh(signed_in_at: float | None, now: float) -> bool:
    """Whether that was within RECENT seconds before ``now``."""
    return signed_in_at is not None and 0 <= now - signed_in_at <= RECENT


def _at(record: object, until: float) -> float | None:
    if not isinstance(record, Mapping) or record.get("method") not in PROOFS:
        return None
    at = record.get("at")
    if isinstance(at, bool) or not isinstance(at, int | float):
        return None
    return float(at) if 0 < at <= until else None
