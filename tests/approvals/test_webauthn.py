"""What a passkey's answer proves, and everything that proves nothing."""

import json
from hashlib import sha256
from typing import Any

import pytest

from approvals import webauthn
from approvals.webauthn import NotProven, RelyingParty
from tests.approvals.authenticator import (
    ORIGIN,
    UP,
    UV,
    Authenticator,
    Ed25519Authenticator,
    RsaAuthenticator,
    b64,
)

PARTY = RelyingParty("localhost", ORIGIN)
DECISION: dict[str, Any] = {
    "nonce": "n-1",
    "request": "0199",
    "revision": 1,
    "digest": "sha256:" + "0" * 64,
    "verdict": "approve",
}
CHALLENGE = webauthn.challenge_for(**DECISION)


def check(sent: Any, authenticator: Authenticator, **changed: Any) -> int:
    asked = {"party": PARTY, "challenge": CHALLENGE, "sign_count": 0} | changed
    public_key = changed.get("public_key", authenticator.public_key)
    return webauthn.check_assertion(
        webauthn.read_assertion(sent), **{**asked, "public_key": public_key}
    )


def test_the_challenge_is_the_digest_of_canonical_json() -> None:
    text = (
        '{"digest":"sha256:' + "0" * 64 + '","nonce":"n-1","request":"0199",'
        '"revision":1,"verdict":"approve"}'
    )
    assert sha256(text.encode()).digest() == CHALLENGE


@pytest.mark.parametrize("as_text", [True, False], ids=["text", "parsed"])
def test_accepts_an_answer_in_which_everything_is_right(as_text: bool) -> None:
    passkey = Authenticator()
    sent = passkey.answer(CHALLENGE)
    assert check(json.dumps(sent) if as_text else sent, passkey) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": "n-2"},
        {"request": "0200"},
        {"revision": 2},
        {"digest": "sha256:" + "1" * 64},
        {"verdict": "deny"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_answer_is_good_for_no_other_decision(change: dict[str, Any]) -> None:
    passkey = Authenticator()
    sent = passkey.answer(CHALLENGE)
    other = webauthn.challenge_for(**(DECISION | change))
    with pytest.raises(NotProven, match="challenge"):
        check(sent, passkey, challenge=other)
    assert check(sent, passkey) == 1


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "other type": ({"client": {"type": "webauthn.create"}}, "Incorrect type"),
    "other origin": ({"client": {"origin": "https://evil.example"}}, "origin"),
    "other port": ({"client": {"origin": "http://localhost:8001"}}, "origin"),
    "subdomain": ({"client": {"origin": "http://a.localhost:8000"}}, "origin"),
    "https": ({"client": {"origin": "https://localhost:8000"}}, "origin"),
    "no origin": ({"client": {"origin": None}}, "origin"),
    "in a frame": ({"client": {"crossOrigin": True}}, "somebody else"),
    "odd frame": ({"client": {"crossOrigin": "no"}}, "somebody else"),
    "top origin": ({"client": {"topOrigin": "https://evil.example"}}, "somebody else"),
    "other rp id": ({"rp_id": "evil.example"}, "RP ID"),
    "not present": ({"flags": UV}, "User Present"),
    "not verified": ({"flags": UP}, "[Vv]erification required"),
    "neither": ({"flags": 0}, "User Present"),
    "data after the end": ({"flags": UP | UV | 0x80}, "cannot be read"),
    "challenge is a number": ({"client": {"challenge": 10**15}}, "cannot be read"),
    "challenge is missing": ({"client": {"challenge": None}}, "cannot be read"),
    "challenge is not base64": ({"client": {"challenge": "é"}}, "cannot be read"),
}


@pytest.mark.parametrize("fault", list(FAULTS))
def test_refuses_a_signed_answer_with_one_thing_wrong(fault: str) -> None:
    changes, why = FAULTS[fault]
    passkey = Authenticator()
    with pytest.raises(NotProven, match=why):
        check(passkey.answer(CHALLENGE, **changes), passkey)
    assert check(passkey.answer(CHALLENGE), passkey) == 2


def test_refuses_what_another_key_signed() -> None:
    passkey, other = Authenticator(), Authenticator()
    with pytest.raises(NotProven, match="signature"):
        check(other.answer(CHALLENGE), passkey)


@pytest.mark.parametrize("member", ["clientDataJSON", "authenticatorData"])
def test_refuses_what_was_changed_after_signing(member: str) -> None:
    passkey = Authenticator()
    sent, later = passkey.answer(CHALLENGE), passkey.answer(CHALLENGE)
    changed = passkey.answer(CHALLENGE, client={"extra": 1})["response"][member]
    sent["response"][member] = changed
    with pytest.raises(NotProven, match="signature"):
        check(sent, passkey)
    assert check(later, passkey) == 2


@pytest.mark.parametrize(
    ("before", "now"), [(5, 5), (5, 4), (5, 0), (1, 1)], ids=lambda n: str(n)
)
def test_refuses_a_counter_that_does_not_rise(before: int, now: int) -> None:
    passkey = Authenticator()
    with pytest.raises(NotProven, match="copy"):
        check(passkey.answer(CHALLENGE, count=now), passkey, sign_count=before)


@pytest.mark.parametrize(
    ("before", "now"), [(0, 0), (0, 1), (5, 6), (5, 2**32 - 1)], ids=lambda n: str(n)
)
def test_accepts_a_counter_that_rises_or_is_not_there(before: int, now: int) -> None:
    passkey = Authenticator()
    sent = passkey.answer(CHALLENGE, count=now)
    assert check(sent, passkey, sign_count=before) == now


WHOLE = Authenticator().answer(CHALLENGE)
BROKEN: dict[str, Any] = {
    "nothing": None,
    "empty text": "",
    "not JSON": "{",
    "deep JSON": "[" * 16_000,
    "long text": '"' + "x" * 20_000 + '"',
    "half a character": '{"type": "\\ud800"}',
    "lone surrogate": "\ud800",
    "a number": 5,
    "a huge number": "9" * 10_000,
    "a list": [WHOLE],
    "bytes": b"{}",
    "empty": {},
    "other type": WHOLE | {"type": "password"},
    "no id": {k: v for k, v in WHOLE.items() if k != "rawId"},
    "id is a number": WHOLE | {"rawId": 10**15},
    "id is empty": WHOLE | {"rawId": ""},
    "id with NUL": WHOLE | {"rawId": "a\0b"},
    "id with padding": WHOLE | {"rawId": "YQ=="},
    "id is not canonical": WHOLE | {"rawId": "YR"},
    "id ends on a newline": WHOLE | {"rawId": "YQ\n"},
    "id is too long": WHOLE | {"rawId": "YQQQ" * 400},
    "no response": WHOLE | {"response": None},
    "response is text": WHOLE | {"response": "x"},
    **{
        f"{member} {kind}": WHOLE | {"response": WHOLE["response"] | {member: value}}
        for member in ("clientDataJSON", "authenticatorData", "signature")
        for kind, value in (
            ("is null", None),
            ("is a number", 10**15),
            ("is a list", ["YQ"]),
            ("is empty", ""),
            ("is not base64", "é"),
            ("is standard base64", "+/8"),
            ("is too long", "YQQQ" * 5_000),
        )
    },
    **{
        f"{member} is cut off": WHOLE
        | {"response": WHOLE["response"] | {member: WHOLE["response"][member][:32]}}
        for member in ("clientDataJSON", "authenticatorData")
    },
    **{
        f"client data {text}": WHOLE
        | {"response": WHOLE["response"] | {"clientDataJSON": b64(text.encode())}}
        for text in ("[]", "1", "{}", '"x"', "[" * 5000, '{"challenge": "YQ"}')
    },
}


@pytest.mark.parametrize("kind", list(BROKEN), ids=lambda kind: kind[:40])
def test_whatever_cannot_be_read_is_refused(kind: str) -> None:
    passkey = Authenticator()
    with pytest.raises(NotProven, match="cannot be read"):
        check(BROKEN[kind], passkey)


def test_a_stored_key_that_is_none_proves_nothing() -> None:
    passkey = Authenticator()
    for key in (b"", b"\xa0", b"\xa1\x03\x26", passkey.public_key[:-1]):
        with pytest.raises(NotProven):
            check(passkey.answer(CHALLENGE), passkey, public_key=key)


def test_the_evidence_is_what_the_signature_covers() -> None:
    sent = Authenticator().answer(CHALLENGE)
    assert webauthn.read_assertion(sent).evidence() == {
        "credential_id": sent["rawId"],
        "client_data": sent["response"]["clientDataJSON"],
        "authenticator_data": sent["response"]["authenticatorData"],
        "signature": sent["response"]["signature"],
    }


@pytest.mark.parametrize(
    "kind",
    [Authenticator, Ed25519Authenticator, RsaAuthenticator],
    ids=["ES256", "EdDSA", "RS256"],
)
def test_registers_a_passkey_that_then_verifies(kind: type[Authenticator]) -> None:
    passkey = kind()
    sent = passkey.register(CHALLENGE)
    made = webauthn.check_registration(sent, party=PARTY, challenge=CHALLENGE)
    assert made.credential_id == passkey.credential_id
    assert made.transports == ["internal"]
    assert made.sign_count == 1
    known = {"public_key": made.public_key, "sign_count": 1}
    assert check(passkey.answer(CHALLENGE), passkey, **known) == 2
    forged = Authenticator(count=2).answer(CHALLENGE)
    with pytest.raises(NotProven, match="signature"):
        check(forged, passkey, **known)


RS1 = -65535
REGISTRATION_FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "other type": ({"client": {"type": "webauthn.get"}}, "Incorrect type"),
    "other origin": ({"client": {"origin": "https://evil.example"}}, "origin"),
    "in a frame": ({"client": {"crossOrigin": True}}, "somebody else"),
    "other challenge": ({"client": {"challenge": b64(bytes(32))}}, "challenge"),
    "other rp id": ({"rp_id": "evil.example"}, "RP ID"),
    "not present": ({"flags": UV | 0x40}, "User Present"),
    "not verified": ({"flags": UP | 0x40}, "[Vv]erification required"),
    "no key": ({"flags": UP | UV}, "cannot be read"),
    "weak algorithm": ({"cose": {1: 3, 3: RS1, -1: b"n", -2: b"e"}}, "not supported"),
    "unknown algorithm": ({"cose": {1: 2, 3: 4711}}, "not supported"),
    "key without algorithm": ({"cose": {1: 2}}, "cannot be read"),
    "data is a number": ({"attestation": {"authData": 10**15}}, "cannot be read"),
    "data is text": ({"attestation": {"authData": "x"}}, "cannot be read"),
    "data is cut off": ({"attestation": {"authData": bytes(20)}}, "cannot be read"),
}


@pytest.mark.parametrize("fault", list(REGISTRATION_FAULTS))
def test_refuses_a_registration_with_one_thing_wrong(fault: str) -> None:
    changes, why = REGISTRATION_FAULTS[fault]
    sent = Authenticator().register(CHALLENGE, **changes)
    with pytest.raises(NotProven, match=why):
        webauthn.check_registration(sent, party=PARTY, challenge=CHALLENGE)


def test_refuses_a_registration_under_the_id_of_another_credential() -> None:
    sent = Authenticator().register(CHALLENGE)
    sent["id"] = sent["rawId"] = b64(b"credential-2")
    with pytest.raises(NotProven, match="cannot be read"):
        webauthn.check_registration(sent, party=PARTY, challenge=CHALLENGE)


def test_asks_browsers_to_verify_the_person() -> None:
    options = webauthn.request_options([("YQ", ["usb"])], bytes(32), "localhost")
    assert options["userVerification"] == "required"
    assert options["rpId"] == "localhost"
    assert options["challenge"] == "A" * 43
    assert options["allowCredentials"] == [
        {"type": "public-key", "id": "YQ", "transports": ["usb"]}
    ]


def test_asks_for_a_new_passkey_without_attestation_and_not_a_known_one() -> None:
    options = webauthn.creation_options(
        [("YQ", [])], bytes(32), "localhost", handle=b"h", name="alice"
    )
    assert options["attestation"] == "none"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert [known["id"] for known in options["excludeCredentials"]] == ["YQ"]
    assert options["user"] == {"id": "aA", "name": "alice", "displayName": "alice"}


@pytest.mark.parametrize(
    ("base_url", "party"),
    [
        ("http://127.0.0.1:8000", PARTY),
        ("http://localhost:8000", PARTY),
        ("http://[::1]:8000", PARTY),
        ("http://0.0.0.0:8000", PARTY),
        ("http://127.0.0.1", RelyingParty("localhost", "http://localhost")),
        (
            "https://sign.example.com",
            RelyingParty("sign.example.com", "https://sign.example.com"),
        ),
        (
            "https://sign.example.com:443/below",
            RelyingParty("sign.example.com", "https://sign.example.com"),
        ),
        (
            "https://sign.example.com:8443",
            RelyingParty("sign.example.com", "https://sign.example.com:8443"),
        ),
        ("http://sign.example.com", None),
        ("http://192.0.2.7:8000", None),
        ("https://192.0.2.7", None),
        ("https://[2001:db8::1]", None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_knows_where_passkeys_can_be_used(
    base_url: str, party: RelyingParty | None
) -> None:
    assert webauthn.relying_party(base_url) == party
