"""A passkey in software: what a browser and its authenticator send, and faults of it.

Written from the specification (WebAuthn 6.1 authenticator data, 5.8.1 client data)
and not with what it tests.
"""

import json
import struct
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor

UP, UV, AT = 0x01, 0x04, 0x40
"""Flags: user present, user verified, attested credential data."""
ORIGIN = "http://localhost:8000"
"""Of passkeys under the settings of the tests."""


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Authenticator:
    """One ES256 key pair with a counter."""

    credential_id: bytes = b"credential-1"
    origin: str = ORIGIN
    rp_id: str = "localhost"
    count: int = 0
    step: int = 1
    """What the counter rises by; 0 for an authenticator without one."""
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    @property
    def cose(self) -> dict[int, Any]:
        """RFC 9053: EC2, ES256, P-256, x, y."""
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        return {1: 2, 3: -7, -1: 1, -2: x, -3: y}

    @property
    def public_key(self) -> bytes:
        return cbor.encode(self.cose)

    def answer(self, challenge: bytes, **faults: Any) -> dict[str, Any]:
        """An assertion; ``faults`` replace what goes into it before it is signed."""
        client_data = self._client_data("webauthn.get", challenge, faults)
        data = self._data(faults.get("flags", UP | UV), faults)
        signature = self._sign(data + sha256(client_data).digest())
        return self._credential(
            {
                "clientDataJSON": b64(client_data),
                "authenticatorData": b64(data),
                "signature": b64(signature),
            }
        )

    def register(self, challenge: bytes, **faults: Any) -> dict[str, Any]:
        """What ``navigator.credentials.create`` gives."""
        client_data = self._client_data("webauthn.create", challenge, faults)
        attested = b"".join(
            [
                bytes(16),
                struct.pack(">H", len(self.credential_id)),
                self.credential_id,
                cbor.encode(faults.get("cose", self.cose)),
            ]
        )
        data = self._data(faults.get("flags", UP | UV | AT), faults) + attested
        members = {"fmt": "none", "attStmt": {}, "authData": data}
        attestation = cbor.encode(members | faults.get("attestation", {}))
        return self._credential(
            {
                "clientDataJSON": b64(client_data),
                "attestationObject": b64(attestation),
                "transports": ["internal", "pigeon"],
            }
        )

    def _sign(self, covered: bytes) -> bytes:
        return self.key.sign(covered, ec.ECDSA(SHA256()))

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        name = b64(self.credential_id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response}

    def _client_data(
        self, type: str, challenge: bytes, faults: dict[str, Any]
    ) -> bytes:
        members = {
            "type": type,
            "challenge": b64(challenge),
            "origin": self.origin,
            "crossOrigin": False,
        }
        return json.dumps(members | faults.get("client", {})).encode()

    def _data(self, flags: int, faults: dict[str, Any]) -> bytes:
        self.count += self.step
        rp_id = faults.get("rp_id", self.rp_id)
        count = faults.get("count", self.count)
        return sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, count)


class Ed25519Authenticator(Authenticator):
    """RFC 9053: OKP, EdDSA, Ed25519, x."""

    signer = ed25519.Ed25519PrivateKey.generate()

    @property
    def cose(self) -> dict[int, Any]:
        return {1: 1, 3: -8, -1: 6, -2: self.signer.public_key().public_bytes_raw()}

    def _sign(self, covered: bytes) -> bytes:
        return self.signer.sign(covered)


class RsaAuthenticator(Authenticator):
    """RFC 8230 and 8812: RSA, RS256, n, e."""

    signer = rsa.generate_private_key(65537, 2048)

    @property
    def cose(self) -> dict[int, Any]:
        n = self.signer.public_key().public_numbers().n
        return {1: 3, 3: -257, -1: n.to_bytes(256, "big"), -2: b"\x01\x00\x01"}

    def _sign(self, covered: bytes) -> bytes:
        return self.signer.sign(covered, padding.PKCS1v15(), SHA256())
