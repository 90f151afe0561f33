"""A policy is published once, whatever races, and read with one small query."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from approvals import ruleset
from approvals.models import Policy
from approvals.policy_document import PolicyError
from approvals.ruleset import (
    SHIPPED,
    NoPolicy,
    ReasonMissing,
    current,
    publish,
    ruleset_for,
)
from audit import log
from audit.actions import Action
from audit.log import COMMAND_LINE, person
from audit.models import Entry
from audit.payloads import facts_of

SOURCE = """
default_tier: never
tiers:
  never: {{rank: {rank}, route: block}}
rules: []
"""


def source(rank: int = 1) -> str:
    return SOURCE.format(rank=rank)


def published(rank: int = 1, reason: str = "a test") -> Policy:
    return publish(source(rank), actor=COMMAND_LINE, reason=reason)


@pytest.mark.django_db
def test_publishing_makes_the_next_version_and_its_entry(alice: User) -> None:
    first = published(1)
    second = publish(source(2), actor=person(alice), user=alice, reason=" stricter ")
    assert (first.version, second.version) == (1, 2)
    second.refresh_from_db()
    assert second.source == source(2)
    assert second.digest == ruleset.digest_of(source(2))
    assert (second.published_by, second.reason) == (alice, "stricter")
    entry = Entry.objects.filter(action=Action.POLICY_PUBLISHED).order_by("pk").last()
    assert entry
    assert (entry.actor_name, entry.subject_type, entry.subject_id) == (
        "alice",
        "policy",
        "2",
    )
    assert facts_of(entry) == {
        "version": 2,
        "digest": second.digest,
        "reason": "stricter",
        "tiers": ["never"],
        "rules": [],
        "trip_wires": [],
    }


@pytest.mark.django_db
def test_publishing_what_is_in_force_changes_nothing() -> None:
    first = published()
    assert published(reason="again") == first
    assert Policy.objects.count() == 1
    assert Entry.objects.filter(action=Action.POLICY_PUBLISHED).count() == 1


@pytest.mark.django_db
def test_going_back_to_an_older_policy_is_a_new_version() -> None:
    published(1)
    published(2)
    assert published(1).version == 3


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["", "  \n"])
def test_refuses_to_publish_without_a_reason(reason: str) -> None:
    with pytest.raises(ReasonMissing):
        published(reason=reason)
    assert not Policy.objects.exists()


@pytest.mark.django_db
def test_refuses_to_publish_what_is_no_policy() -> None:
    with pytest.raises(PolicyError):
        publish("rules: []", actor=COMMAND_LINE, reason="a test")
    assert not Policy.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_policy_without_its_entry_is_not_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*args: object, **kwargs: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(log, "_store", fails)
    with pytest.raises(OSError, match="full"):
        published()
    assert not Policy.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_publishers_at_once_get_one_version_each() -> None:
    start = threading.Barrier(8)

    def race(rank: int) -> int:
        start.wait()
        try:
            version: int = published(rank).version
            return version
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        versions = list(threads.map(race, range(8)))
    assert sorted(versions) == list(range(1, 9))
    assert Entry.objects.filter(action=Action.POLICY_PUBLISHED).count() == 8


@pytest.mark.django_db(transaction=True)
def test_publishers_of_the_same_policy_at_once_publish_it_once() -> None:
    start = threading.Barrier(8)

    def race(number: int) -> int:
        start.wait()
        try:
            version: int = published().version
            return version
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(race, range(8))) == {1}
    assert Policy.objects.count() == 1


@pytest.mark.django_db
def test_the_newest_policy_is_in_force() -> None:
    published(1)
    assert current()[1].highest.rank == 1
    published(2)
    version, rules = current()
    assert (version, rules.highest.rank) == (2, 2)


@pytest.mark.django_db
def test_reading_what_is_in_force_takes_one_query_and_no_parsing(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    published()
    _, first = current()
    with django_assert_num_queries(1) as queries:
        assert current()[1] is first
    assert "source" not in queries.captured_queries[0]["sql"]


@pytest.mark.django_db
def test_older_requests_keep_their_policy(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    published(1)
    published(2)
    old = ruleset_for(1)
    assert old.highest.rank == 1
    with django_assert_num_queries(0):
        assert ruleset_for(1) is old


@pytest.mark.django_db
def test_a_version_that_was_rolled_back_is_forgotten() -> None:
    ruleset_for.cache_clear()
    digest = ruleset.digest_of(source(5))
    with transaction.atomic():
        Policy.objects.create(version=1, source=source(5), digest=digest, reason="x")
        assert ruleset_for(1).highest.rank == 5
        transaction.set_rollback(True)
    published(6)
    assert ruleset_for(1).highest.rank == 6


@pytest.mark.django_db
@pytest.mark.parametrize("read", [current, lambda: ruleset_for(4711)])
def test_says_when_there_is_no_policy(read: Callable[[], object]) -> None:
    with pytest.raises(NoPolicy, match=r"no policy was|never published"):
        read()


@pytest.mark.django_db
def test_a_stored_policy_that_is_not_what_was_published_is_not_used() -> None:
    Policy.objects.create(
        version=1, source=source(3), digest=ruleset.digest_of(source(4)), reason="x"
    )
    with pytest.raises(NoPolicy, match="not what was published"):
        current()


@pytest.mark.django_db
def test_two_policies_cannot_have_one_version() -> None:
    published()
    with pytest.raises(IntegrityError), transaction.atomic():
        Policy.objects.create(version=1, source=source(2), digest="x", reason="x")


@pytest.mark.django_db
def test_the_shipped_policy_can_be_published() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    publish(text, actor=COMMAND_LINE, reason="first start")
    assert current()[1].default_tier == "medium"
