"""What is sealed can be erased, and addresses of sign-ins go in time."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from audit import erasure
from audit.actions import Action
from audit.log import SYSTEM, Sealed, record
from audit.models import Entry, Payload, SubjectKey
from audit.payloads import ERASED, facts_of
from audit.sealing import Payload as Sealing
from audit.sealing import holds

SUBJECT = ("agent", "7")


def write(subject: tuple[str, str] = SUBJECT, **data: object) -> Entry:
    return record(Action.AGENT_PAUSED, actor=SYSTEM, subject=subject, data=data)


@pytest.mark.django_db
def test_an_entry_commits_to_what_was_written_and_does_not_hold_it() -> None:
    entry = write(why=Sealed("because"), n=7)
    assert b"because" not in bytes(entry.canonical)
    assert facts_of(entry) == {"why": "because", "n": 7}
    key = bytes(SubjectKey.objects.get().secret)
    kept = Payload.objects.get()
    assert (kept.members, kept.contents) == (["why"], ['"because"'])
    commitment = entry.data["why"]["sealed"]
    assert holds(Sealing("why", commitment, '"because"'), key)
    assert not holds(Sealing("why", commitment, '"other"'), key)


@pytest.mark.django_db
def test_equal_values_of_one_subject_are_seen_to_be_equal_and_of_two_never() -> None:
    first, second = write(why=Sealed("x")), write(reason=Sealed("x"))
    other = write(("agent", "8"), why=Sealed("x"))
    assert first.data["why"] == second.data["reason"]
    assert first.data["why"] != other.data["why"]


@pytest.mark.django_db
def test_nothing_written_is_nothing_to_seal() -> None:
    entry = write(why=Sealed(""), other=Sealed(None))
    assert entry.data == {"why": "", "other": None}
    assert not SubjectKey.objects.exists()


@pytest.mark.django_db
def test_what_is_erased_is_gone_for_its_subject_alone() -> None:
    entry, other = write(why=Sealed("x")), write(("agent", "8"), why=Sealed("x"))
    assert erasure.erase(SUBJECT) == 1
    assert facts_of(entry)["why"] is ERASED
    assert facts_of(other)["why"] == "x"
    assert list(SubjectKey.objects.values_list("subject_id", flat=True)) == ["8"]


@pytest.mark.django_db(transaction=True)
def test_erases_only_in_the_transaction_that_records_it() -> None:
    with pytest.raises(RuntimeError, match="same transaction"):
        erasure.erase(SUBJECT)


@pytest.mark.django_db(transaction=True)
def test_addresses_of_sign_ins_go_when_they_were_kept_long_enough(
    client: Client, alice: User, settings: Settings
) -> None:
    client.post("/accounts/login/", {"login": "typed", "password": "wrong"})
    client.force_login(alice)
    failed = Entry.objects.get(action=Action.USER_SIGN_IN_FAILED)
    assert facts_of(failed) == {"name": "typed", "address": "127.0.0.1"}
    settings.RETENTION_SIGN_INS = 183
    with time_machine.travel(timezone.now() + timedelta(days=182)):
        assert erasure.erase_sign_ins_due() == 0
    with time_machine.travel(timezone.now() + timedelta(days=184)):
        assert erasure.erase_sign_ins_due() >= 1
        assert erasure.erase_sign_ins_due() == 0
    assert facts_of(failed)["name"] is ERASED
    erased = Entry.objects.get(subject_id=failed.subject_id, action="sign_in:erased")
    assert erased.data == {"ground": "retention", "payloads": 2}


@pytest.mark.django_db
def test_without_a_period_nothing_goes_by_itself(settings: Settings) -> None:
    settings.RETENTION_SIGN_INS = None
    with transaction.atomic():
        write(("sign_in", "0" * 36), why=Sealed("x"))
    assert erasure.erase_sign_ins_due() == 0
