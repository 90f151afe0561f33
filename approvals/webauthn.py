"""Proof that a person is there: WebAuthn Level 3, as far as decisions need it."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import urlsplit

import rfc8785
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
    RegistrationResponse,
    UserVerificationRequirement,
)

T = TypeVar("T")

NAME = "Countersign"
ALGORITHMS = (-7, -8, -257)
"""COSE numbers of what we ask for and take: ES256, EdDSA, RS256."""
TRANSPORTS = frozenset({"usb", "nfc", "ble", "hybrid", "internal", "smart-card"})
TIMEOUT = 120_000
"""Milliseconds a browser waits for the person."""
MAX_JSON = 16_384
"""Characters of a credential; real ones have 500 to 3,000."""
MAX_CREDENTIAL_ID = 1023
"""Bytes (WebAuthn, 5.8.3)."""
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")


class NotProven(ValueError):
    """What was sent proves nothing; the text is a sentence for the person."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Whom a passkey is for: a domain, and the one origin it is used at."""

    id: str
    origin: str


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a passkey answered, decoded but not yet checked."""

    credential_id: bytes
    client_data: bytes
    authenticator_data: bytes
    signature: bytes

    def evidence(self) -> dict[str, str]:
        """Everything the signature covers, in base64url, to be kept as JSON."""
        return {
            "credential_id": encode(self.credential_id),
            "client_data": encode(self.client_data),
            "authenticator_data": encode(self.authenticator_data),
            "signature": encode(self.signature),
        }


@dataclass(frozen=True, slots=True)
class NewCredential:
    """A passkey that was just made."""

    credential_id: bytes
    public_key: bytes
    """COSE_Key, as CBOR."""
    sign_count: int
    transports: list[str]


def relying_party(base_url: str) -> RelyingParty | None:
    """The relying party at ``base_url``; None where no browser offers passkeys.

    They need a domain and HTTPS, or ``localhost``. A server on the loopback
    address is at ``localhost`` too, and so that is where its passkeys are used.
    """
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if _is_loopback(host):
        host = "localhost"
    if not host or _is_address(host):
        return None
    if parts.scheme != "https" and host != "localhost":
        return None
    # Browsers leave the usual port out of an origin.
    usual = parts.port in (None, {"http": 80, "https": 443}[parts.scheme])
    port = "" if usual else f":{parts.port}"
    return RelyingParty(host, f"{parts.scheme}://{host}{port}")


def challenge_for(
    *, nonce: str, request: str, revision: int, digest: str, verdict: str
) -> bytes:
    """What a passkey signs to decide: SHA-256 over the RFC 8785 JSON of all five.

    An answer is good for this verdict, on this revision of this request, from
    this one page, and for nothing else.
    """
    members: dict[str, str | int] = {
        "nonce": nonce,
        "request": request,
        "revision": revision,
        "digest": digest,
        "verdict": verdict,
    }
    return sha256(rfc8785.dumps(members)).digest()


def request_options(
    credentials: Iterable[tuple[str, Sequence[str]]],
    challenge: bytes,
    rp_id: str,
    *,
    timeout: int = TIMEOUT,
) -> dict[str, Any]:
    """JSON for ``navigator.credentials.get``; ``credentials``: ids and transports."""
    return {
        "challenge": encode(challenge),
        "rpId": rp_id,
        "allowCredentials": _descriptors(credentials),
        "userVerification": "required",
        "timeout": timeout,
    }


def creation_options(
    credentials: Iterable[tuple[str, Sequence[str]]],
    challenge: bytes,
    rp_id: str,
    *,
    handle: bytes,
    name: str,
) -> dict[str, Any]:
    """JSON for ``navigator.credentials.create``; ``credentials``: not one of these.

    ``handle`` stands for the person in their authenticator, at most 64 bytes;
    ``name`` is what it shows them.
    """
    return {
        "challenge": encode(challenge),
        "rp": {"id": rp_id, "name": NAME},
        "user": {"id": encode(handle), "name": name, "displayName": name},
        "pubKeyCredParams": [{"type": "public-key", "alg": n} for n in ALGORITHMS],
        "excludeCredentials": _descriptors(credentials),
        "authenticatorSelection": {
            "residentKey": "discouraged",
            "userVerification": "required",
        },
        "attestation": "none",
        "timeout": TIMEOUT,
    }


def read_assertion(sent: Any) -> Assertion:
    """What a browser sent, as JSON text or parsed; raises NotProven if it is none."""
    credential_id, response = _credential(sent)
    return Assertion(
        credential_id=credential_id,
        client_data=_decoded(response, "clientDataJSON"),
        authenticator_data=_decoded(response, "authenticatorData"),
        signature=_decoded(response, "signature"),
    )


def check_assertion(
    sent: Assertion,
    *,
    party: RelyingParty,
    challenge: bytes,
    public_key: bytes,
    sign_count: int,
) -> int:
    """The authenticator's new counter, for an answer in which everything is right.

    Raises NotProven otherwise: another type, origin, frame, challenge or relying
    party; nobody there, or not verified; a wrong signature; a counter that did
    not rise above ``sign_count``, which two copies of one key would show
    (WebAuthn, 7.2). Authenticators without a counter always say 0.
    """
    data = _parsed(lambda: AuthenticatorData(sent.authenticator_data))
    answer = AuthenticationResponse(
        raw_id=sent.credential_id,
        response=AuthenticatorAssertionResponse(
            client_data=_client_data(sent.client_data),
            authenticator_data=data,
            signature=sent.signature,
        ),
    )
    known = _parsed(
        lambda: AttestedCredentialData.create(
            Aaguid.NONE,
            sent.credential_id,
            CoseKey.parse(cbor.decode(public_key)),  # type: ignore[arg-type]
        )
    )
    state = _state(challenge)
    _checked(lambda: _server(party).authenticate_complete(state, [known], answer))
    if (data.counter or sign_count) and data.counter <= sign_count:
        raise NotProven(
            "This passkey's counter did not rise, so there may be a copy of it. "
            "Remove it and add another one."
        )
    return data.counter


def check_registration(
    sent: Any, *, party: RelyingParty, challenge: bytes
) -> NewCredential:
    """The new passkey; raises NotProven when anything is wrong. No attestation."""
    credential_id, response = _credential(sent)
    attestation = _decoded(response, "attestationObject")
    answer = RegistrationResponse(
        raw_id=credential_id,
        response=AuthenticatorAttestationResponse(
            client_data=_client_data(_decoded(response, "clientDataJSON")),
            attestation_object=_attestation(attestation),
        ),
    )
    state = _state(challenge)
    data = _checked(lambda: _server(party).register_complete(state, answer))
    made = data.credential_data
    if made is None or made.credential_id != credential_id:
        raise _unreadable()
    if made.public_key.ALGORITHM not in ALGORITHMS:
        raise NotProven("This kind of passkey is not supported.")
    return NewCredential(
        credential_id=credential_id,
        public_key=cbor.encode(made.public_key),
        sign_count=data.counter,
        transports=_transports(response),
    )


def encode(data: bytes) -> str:
    """base64url without padding (RFC 4648, section 5)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: object) -> bytes:
    """The bytes of canonical base64url without padding; raises NotProven."""
    if not isinstance(text, str) or not _BASE64URL.fullmatch(text):
        raise _unreadable()
    data = _parsed(lambda: urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    if encode(data) != text:
        raise _unreadable()
    return data


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    """Whether the server is at localhost too; 0.0.0.0 is every address it has."""
    return _is_address(host) and (
        ip_address(host).is_loopback or ip_address(host).is_unspecified
    )


def _descriptors(
    credentials: Iterable[tuple[str, Sequence[str]]],
) -> list[dict[str, Any]]:
    return [
        {"type": "public-key", "id": credential_id, "transports": list(transports)}
        for credential_id, transports in credentials
    ]


def _credential(sent: Any) -> tuple[bytes, Mapping[str, Any]]:
    if isinstance(sent, str):
        sent = _json(sent, MAX_JSON)
    if not isinstance(sent, Mapping) or sent.get("type") != "public-key":
        raise _unreadable()
    credential_id, response = decode(sent.get("rawId")), sent.get("response")
    if not isinstance(response, Mapping) or len(credential_id) > MAX_CREDENTIAL_ID:
        raise _unreadable()
    return credential_id, response


def _decoded(response: Mapping[str, Any], name: str) -> bytes:
    text = response.get(name)
    if isinstance(text, str) and len(text) > MAX_JSON:
        raise _unreadable()
    return decode(text)


def _client_data(data: bytes) -> CollectedClientData:
    """fido2 would turn a challenge that is a number into that many zero bytes."""
    members = _json(data, MAX_JSON)
    if not isinstance(members, dict) or not isinstance(members.get("challenge"), str):
        raise _unreadable()
    if members.get("crossOrigin") not in (None, False) or "topOrigin" in members:
        raise NotProven("The passkey was used inside a page of somebody else.")
    return _parsed(lambda: CollectedClientData(data))


def _attestation(data: bytes) -> AttestationObject:
    """The same holds for authenticator data that is a number."""
    members = _parsed(lambda: cbor.decode(data))
    if not isinstance(members, dict) or not isinstance(members.get("authData"), bytes):
        raise _unreadable()
    return _parsed(lambda: AttestationObject(data))


def _json(text: str | bytes, limit: int) -> Any:
    if len(text) > limit:
        raise _unreadable()
    return _parsed(lambda: json.loads(text))


def _transports(response: Mapping[str, Any]) -> list[str]:
    """How the authenticator is reached, for the browser's sake only."""
    named = response.get("transports")
    if not isinstance(named, list):
        return []
    return sorted(TRANSPORTS & {name for name in named if isinstance(name, str)})


def _server(party: RelyingParty) -> Fido2Server:
    # Its own check of the origin takes subdomains and any port.
    return Fido2Server(
        PublicKeyCredentialRpEntity(id=party.id, name=NAME),
        attestation=None,
        verify_origin=lambda origin: origin == party.origin,
    )


def _state(challenge: bytes) -> dict[str, Any]:
    required = UserVerificationRequirement.REQUIRED
    return {"challenge": encode(challenge), "user_verification": required}


def _parsed(read: Callable[[], T]) -> T:
    try:
        return read()
    except Exception as error:
        # Whatever a parser stumbles over in what somebody sent is their fault.
        raise _unreadable() from error


def _checked(check: Callable[[], T]) -> T:
    try:
        return check()
    except ValueError as error:
        raise NotProven(f"The passkey's answer is not good for this: {error}") from None
    except Exception as error:
        raise _unreadable() from error


def _unreadable() -> NotProven:
    return NotProven("The passkey's answer cannot be read. Try again.")
