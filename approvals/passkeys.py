"""The passkeys of people who decide: the only reader and writer of them."""

import secrets
import time
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac
from psycopg.errors import UniqueViolation

from approvals import webauthn
from approvals.models import Passkey
from audit.actions import Action
from audit.log import Actor, Sealed, record

LIMIT = 10
"""Passkeys of one account."""
MAX_NAME = 64
REGISTRATION_TIME = 600
"""Seconds from the first step of adding a passkey to the last."""


class PasskeyRefused(Exception):
    """What was sent is not good enough; the text is a sentence for the person."""


def relying_party() -> webauthn.RelyingParty:
    """Whom passkeys are for here; raises PasskeyRefused where there can be none."""
    party = webauthn.relying_party(settings.BASE_URL)
    if party is None:
        raise PasskeyRefused(
            "Passkeys need Countersign to have an https:// address with a domain name."
        )
    return party


def of(user: User) -> QuerySet[Passkey]:
    """The passkeys of one account, the oldest first."""
    return Passkey.objects.filter(user=user)


def request_options(user: User, *, challenge: bytes) -> dict[str, Any]:
    """JSON for ``navigator.credentials.get`` with any passkey of ``user``.

    Raises PasskeyRefused when there is none, or can be none.
    """
    known = _descriptors(user)
    if not known:
        raise PasskeyRefused("You have no passkey yet. Add one in your settings.")
    return webauthn.request_options(known, challenge, relying_party().id)


def verify(user: User, assertion: Any, *, challenge: bytes) -> dict[str, str]:
    """Evidence that ``user`` was there and agreed to ``challenge``, to be kept.

    ``assertion`` is what the browser sent, as JSON text or parsed. Part of the
    caller's transaction, in which the passkey stays locked, so that of two
    answers with one counter the second is refused. Raises PasskeyRefused for
    anything that is wrong with what was sent.
    """
    party = relying_party()
    try:
        sent = webauthn.read_assertion(assertion)
        passkey = _locked(user, sent.credential_id)
        passkey.sign_count = webauthn.check_assertion(
            sent,
            party=party,
            challenge=challenge,
            public_key=bytes(passkey.public_key),
            sign_count=passkey.sign_count,
        )
    except webauthn.NotProven as error:
        raise PasskeyRefused(str(error)) from error
    passkey.last_used_at = Now()
    passkey.save(update_fields=["sign_count", "last_used_at"])
    return sent.evidence()


def begin_registration(user: User) -> tuple[dict[str, Any], dict[str, Any]]:
    """JSON for ``navigator.credentials.create``, and what the session has to keep.

    Raises PasskeyRefused for an account that has LIMIT of them.
    """
    party, known = relying_party(), _descriptors(user)
    _check_limit(len(known))
    challenge = secrets.token_bytes(32)
    options = webauthn.creation_options(
        known, challenge, party.id, handle=_handle(user), name=user.get_username()
    )
    encoded = webauthn.encode(challenge)
    return options, {"challenge": encoded, "user": user.pk, "at": time.time()}


@transaction.atomic(durable=True)
def add(user: User, name: str, credential: Any, state: Any, *, actor: Actor) -> Passkey:
    """The new passkey of ``user`` that answers what ``begin_registration`` asked.

    ``state`` is what the session kept, and is to be used once. Raises PasskeyRefused.
    """
    party, name = relying_party(), _checked_name(name)
    challenge = _challenge_of(state, user)
    try:
        made = webauthn.check_registration(credential, party=party, challenge=challenge)
    except webauthn.NotProven as error:
        raise PasskeyRefused(str(error)) from error
    # Two at once would each count what was there before both.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    _check_limit(of(user).count())
    passkey = _stored(user, name, made)
    # With the key, so that votes can be checked after it was removed.
    key = webauthn.encode(made.public_key)
    _record(Action.PASSKEY_ADDED, passkey, actor, public_key=key)
    return passkey


@transaction.atomic(durable=True)
def remove(passkey: Passkey, *, actor: Actor) -> None:
    """End a passkey; one that is gone already is no error."""
    found = Passkey.objects.select_for_update().select_related("user")
    stored = found.filter(pk=passkey.pk).first()
    if stored is None:
        return
    _record(Action.PASSKEY_REMOVED, stored, actor)
    stored.delete()


def _locked(user: User, credential_id: bytes) -> Passkey:
    found = of(user).select_for_update(no_key=True)
    passkey = found.filter(credential_id=webauthn.encode(credential_id)).first()
    if passkey is None:
        raise PasskeyRefused("This passkey is not one of yours.")
    return passkey


def _descriptors(user: User) -> list[tuple[str, list[str]]]:
    return list(of(user).values_list("credential_id", "transports"))


def _handle(user: User) -> bytes:
    """Stands for the account in authenticators, the same each time.

    Not the bare id: an authenticator keeps one passkey per relying party and
    handle, and at ``localhost`` other programs count their users from 1 as well.
    """
    salt = "approvals.passkeys.handle"
    return salted_hmac(salt, str(user.pk), algorithm="sha256").digest()


def _check_limit(number: int) -> None:
    if number >= LIMIT:
        raise PasskeyRefused(f"You have {LIMIT} passkeys. Remove one of them first.")


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise PasskeyRefused(
            f"Give the passkey a name: 1 to {MAX_NAME} visible characters."
        )
    return name


def _challenge_of(state: Any, user: User) -> bytes:
    """From the session, which only this server writes."""
    if not isinstance(state, dict) or state.get("user") != user.pk:
        raise PasskeyRefused("Adding a passkey has to begin on this page. Try again.")
    if not 0 <= time.time() - state["at"] <= REGISTRATION_TIME:
        raise PasskeyRefused("That took more than ten minutes. Try again.")
    return webauthn.decode(state["challenge"])


def _stored(user: User, name: str, made: webauthn.NewCredential) -> Passkey:
    try:
        with transaction.atomic():
            return Passkey.objects.create(
                user=user,
                name=name,
                credential_id=webauthn.encode(made.credential_id),
                public_key=made.public_key,
                sign_count=made.sign_count,
                transports=made.transports,
            )
    except IntegrityError as violation:
        cause = cast(Exception, violation.__cause__)
        if (
            isinstance(cause, UniqueViolation)
            and cause.diag.constraint_name == "passkey_belongs_to_one_account"
        ):
            message = "This passkey belongs to an account already."
            raise PasskeyRefused(message) from None
        raise


def _record(action: Action, passkey: Passkey, actor: Actor, **data: str) -> None:
    record(
        action,
        actor=actor,
        subject=("user", str(passkey.user_id)),
        data={
            "user": passkey.user.get_username(),
            "name": Sealed(passkey.name),
            "credential_id": passkey.credential_id,
            **data,
        },
    )
