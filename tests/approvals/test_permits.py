"""Permits, read by somebody who only has our public key."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from joserfc.jwk import OKPKey, RSAKey

from approvals import permits

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
PEM = OKPKey.generate_key("Ed25519").as_pem(private=True).decode()
KEY = permits.load_key(PEM)
CLAIMS = permits.Claims(
    issuer="https://countersign.example",
    agent="deploy-bot",
    request_id="0199d1a0-0000-7000-8000-000000000000",
    digest="sha256:" + "0" * 64,
    action="sql.execute",
    tier="critical",
    policy_version=3,
    approvers=("alice", "bob"),
    issued_at=NOW,
    expires_at=NOW + timedelta(minutes=10),
)


def test_another_library_verifies_it_with_our_public_key() -> None:
    token = permits.sign(CLAIMS, KEY)
    (public,) = permits.jwks(KEY)["keys"]
    claims = jwt.decode(
        token,
        jwt.PyJWK(public).key,
        algorithms=["EdDSA"],
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    assert claims == {
        "iss": "https://countersign.example",
        "sub": "deploy-bot",
        "jti": "0199d1a0-0000-7000-8000-000000000000",
        "dig": "sha256:" + "0" * 64,
        "act": "sql.execute",
        "tier": "critical",
        "pol": 3,
        "apr": ["alice", "bob"],
        "iat": 1769860800,
        "nbf": 1769860800,
        "exp": 1769861400,
    }
    header = jwt.get_unverified_header(token)
    assert header == {
        "alg": "EdDSA",
        "kid": public["kid"],
        "typ": "countersign-permit+jwt",
    }


def test_publishes_no_private_half() -> None:
    assert "d" not in permits.jwks(KEY)["keys"][0]


def test_verifies_until_it_expires() -> None:
    token = permits.sign(CLAIMS, KEY)
    last = CLAIMS.expires_at - timedelta(seconds=1)
    assert permits.verify(token, KEY, now=last)["dig"] == CLAIMS.digest
    with pytest.raises(permits.InvalidPermit, match="no longer"):
        permits.verify(token, KEY, now=CLAIMS.expires_at)
    with pytest.raises(permits.InvalidPermit, match="not yet"):
        permits.verify(token, KEY, now=NOW - timedelta(seconds=1))


@pytest.mark.parametrize("place", [10, 100, -10])
def test_refuses_a_token_that_was_touched(place: int) -> None:
    token = permits.sign(CLAIMS, KEY)
    touched = list(token)
    touched[place] = "A" if touched[place] != "A" else "B"
    with pytest.raises(permits.InvalidPermit):
        permits.verify("".join(touched), KEY, now=NOW)


def test_refuses_a_permit_signed_by_another_key() -> None:
    other = permits.load_key(
        OKPKey.generate_key("Ed25519").as_pem(private=True).decode()
    )
    with pytest.raises(permits.InvalidPermit):
        permits.verify(permits.sign(CLAIMS, other), KEY, now=NOW)


def test_refuses_what_we_signed_for_another_purpose() -> None:
    token = jwt.encode(
        {"nbf": 0, "exp": 9e9}, PEM, algorithm="EdDSA", headers={"typ": "JWT"}
    )
    with pytest.raises(permits.InvalidPermit, match="not as a permit"):
        permits.verify(token, KEY, now=NOW)


@pytest.mark.parametrize("token", ["", "a.b.c", "é", "..", "eyJhbGciOiJub25lIn0.e30."])
def test_refuses_what_is_no_token(token: str) -> None:
    with pytest.raises(permits.InvalidPermit):
        permits.verify(token, KEY, now=NOW)


def test_refuses_keys_of_another_kind() -> None:
    pem = OKPKey.generate_key("X25519").as_pem(private=True).decode()
    with pytest.raises(ValueError, match="Ed25519"):
        permits.load_key(pem)
    with pytest.raises(ValueError, match=r".+"):
        permits.load_key(RSAKey.generate_key(2048).as_pem(private=True).decode())
