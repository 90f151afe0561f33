"""Sign and verify permits. Pure: key, clock and claims come in as values."""

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OKPKey

PERMIT_TYPE = "countersign-permit+jwt"
ALGORITHM = "EdDSA"
"""RFC 8037's name, which verifiers know; RFC 9864's ``Ed25519`` is too new for many."""
warnings.filterwarnings("ignore", "EdDSA is deprecated", SecurityWarning)


class InvalidPermit(ValueError):
    """Not a permit, not signed by this key, or not good at this time."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a permit says (API.md, Permit); times are aware datetimes."""

    issuer: str
    agent: str
    request_id: str
    digest: str
    action: str
    tier: str
    policy_version: int
    approvers: Sequence[str]
    issued_at: datetime
    expires_at: datetime

    def as_dict(self) -> dict[str, Any]:
        issued = int(self.issued_at.timestamp())
        return {
            "iss": self.issuer,
            "sub": self.agent,
            "jti": self.request_id,
            "dig": self.digest,
            "act": self.action,
            "tier": self.tier,
            "pol": self.policy_version,
            "apr": list(self.approvers),
            "iat": issued,
            "nbf": issued,
            "exp": int(self.expires_at.timestamp()),
        }


@lru_cache(maxsize=8)
def load_key(pem: str) -> OKPKey:
    """The Ed25519 key in ``pem``; ``kid`` is its RFC 7638 thumbprint.

    Raises ValueError for anything that is not an Ed25519 key.
    """
    try:
        key = OKPKey.import_key(pem)
    except JoseError as error:
        raise ValueError(f"permits are signed with an Ed25519 key: {error}") from None
    if key.curve_name != "Ed25519":
        raise ValueError(f"permits are signed with Ed25519, not {key.curve_name}")
    key.ensure_kid()
    return key


def sign(claims: Claims, key: OKPKey) -> str:
    """The permit as a compact JWS (RFC 7515)."""
    header = {"alg": ALGORITHM, "kid": key.kid, "typ": PERMIT_TYPE}
    payload = json.dumps(claims.as_dict(), separators=(",", ":"))
    return jws.serialize_compact(header, payload, key, algorithms=[ALGORITHM])


def verify(token: str, key: OKPKey, *, now: datetime) -> dict[str, Any]:
    """The claims of ``token``; raises InvalidPermit unless it is good at ``now``."""
    try:
        signed = jws.deserialize_compact(token, key, algorithms=[ALGORITHM])
        claims: dict[str, Any] = json.loads(signed.payload)
    except (JoseError, ValueError) as error:
        raise InvalidPermit(f"not a permit of ours: {error}") from None
    if signed.headers().get("typ") != PERMIT_TYPE:
        raise InvalidPermit("signed by us, but not as a permit")
    if not claims["nbf"] <= now.timestamp() < claims["exp"]:
        raise InvalidPermit("not yet, or no longer, valid")
    return claims


def jwks(key: OKPKey) -> dict[str, Any]:
    """The public half as a JSON Web Key Set (RFC 7517)."""
    public = key.as_dict(private=False)
    return {"keys": [{**public, "kid": key.kid, "alg": ALGORITHM, "use": "sig"}]}
