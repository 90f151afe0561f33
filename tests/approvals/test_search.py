"""What people typed, as a question to the database."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from approvals import decided, lifecycle, queue, search
from approvals.models import ApprovalRequest
from approvals.search import Where, condition
from approvals.search_syntax import KEYS, MEANINGS, Is, Key, SearchError, parse
from approvals.splits import Desk
from tests.approvals.test_splits import approve

pytestmark = pytest.mark.django_db


def found(person, text: str) -> set[ApprovalRequest]:
    return {row.approval for row in queue.pending(person, query=parse(text)).rows}


def history(person, text: str) -> set[ApprovalRequest]:
    page = decided.history(Desk(person), query=parse(text))
    return {row.approval for row in page.rows}


def test_finds_by_facts_and_by_their_opposite(ask, ask_as, alice) -> None:
    one = ask("one", environment="production", resource="billing-db", session="s1")
    two = ask_as("ci-linux", "two", environment="staging", resource="shop_db")
    for text, expected in {
        "tier:one": {one},
        "tier:ONE": {one},
        "-tier:one": {two},
        "agent:ci-linux": {two},
        "agent:ci-*": {two},
        "-agent:ci-*": {one},
        "action:one": {one},
        "action:t*": {two},
        "action:t_o": set(),
        "env:production": {one},
        "-env:production": {two},
        "resource:*-db": {one},
        "resource:shop_*": {two},
        "resource:shop%": set(),
        "session:s1": {one},
        "-session:s1": {two},
        f"digest:{one.digest[7:19]}": {one},
        "is:pending": {one, two},
        "tier:one agent:ci-linux": set(),
    }.items():
        assert found(alice, text) == expected, text


def test_finds_words_wherever_they_stand(ask, alice) -> None:
    sql = ask("one", arguments={"sql": "DROP TABLE customers"}, summary="Clean_up")
    other = ask("two", arguments={"n": 1}, resource="100%")
    for text, expected in {
        "customers": {sql},
        '"drop table"': {sql},
        "table customers": {sql},
        "clean_up": {sql},
        "cleanXup": set(),
        "100%": {other},
        "0%1": set(),
        "deploy": {sql, other},
        "-drop": {other},
        "\\": set(),
    }.items():
        assert found(alice, text) == expected, text


def test_finds_what_people_did_with_it(ask, alice, bob) -> None:
    plain, busy, voted = (ask("two", arguments={"n": n}) for n in range(3))
    lifecycle.claim(busy.pk, actor=bob)
    lifecycle.assign(busy.pk, actor=bob, assignee=alice)
    lifecycle.ask(busy.pk, actor=bob, text="Why?")
    approve(voted, bob)
    edited = lifecycle.edit(
        plain.pk,
        actor=bob,
        revision=1,
        digest=plain.digest,
        arguments={"n": 77},
    )
    for text, expected in {
        "is:claimed": {busy},
        "is:assigned": {busy},
        "is:unassigned": {edited, voted},
        "has:question": {busy},
        "has:votes": {voted},
        "by:bob": {voted},
        "by:me": set(),
        "-by:bob": {edited, busy},
        "is:edited": {edited},
        "is:mine": {busy},
        "has:findings": {edited, busy, voted},
        "has:evidence": set(),
        "has:grant": set(),
        "has:outcome": set(),
        "is:escalated": set(),
    }.items():
        assert found(alice, text) == expected, text


def test_finds_what_was_decided_by_whom_and_when(ask, alice, bob) -> None:
    by_bob, by_policy, old = ask("one"), ask("none"), ask("never")
    approve(by_bob, bob)
    ApprovalRequest.objects.filter(pk=old.pk).update(
        decided_at=timezone.now() - timedelta(days=3)
    )
    for text, expected in {
        "is:approved": {by_bob, by_policy},
        "is:denied": {old},
        "-is:approved": {old},
        "by:bob": {by_bob},
        "by:policy": {by_policy, old},
        "by:policy -is:denied": {by_policy},
        "after:2d": {by_bob, by_policy},
        "before:2d": {old},
        "-before:2d": {by_bob, by_policy},
        "before:2000-01-01": set(),
        "agent:deploy-bot is:denied": {old},
        "action:never": {old},
        "-is:pending": {by_bob, by_policy, old},
    }.items():
        assert history(alice, text) == expected, text


@pytest.mark.parametrize("where", Where)
def test_every_word_of_the_syntax_can_be_asked(ask, alice, where) -> None:
    ask("one"), ask("none")
    desk = Desk(alice)
    examples = {
        Key.AFTER: ["2h"],
        Key.BEFORE: ["2026-01-01"],
        Key.DIGEST: ["abcdef"],
        Key.AGENT: ["deploy-bot", "d*"],
        Key.BY: ["me", "policy", "nobody"],
    }
    elsewhere = {
        Where.QUEUE: {Is.APPROVED, Is.DENIED, Is.EXPIRED, Is.CANCELLED},
        Where.HISTORY: {Is.PENDING, Is.GROUP, Is.SECOND, Is.EXPIRING, Is.CLAIMED},
    }[where]
    for key in KEYS:
        for word in MEANINGS.get(key, examples.get(key, ["x"])):
            for minus in ("", "-"):
                query = parse(f"{minus}{key}:{word}")
                if key is Key.IS and word in elsewhere and not minus:
                    with pytest.raises(SearchError, match="Search the"):
                        condition(query, desk, where)
                    continue
                asked = condition(query, desk, where)
                list(ApprovalRequest.objects.filter(asked))


def test_an_agent_that_is_not_there_is_a_mistake_and_no_empty_list(ask, alice) -> None:
    ask("one")
    with pytest.raises(SearchError, match="no agent “depoly-bot”") as error:
        found(alice, "tier:one agent:depoly-bot")
    assert (error.value.start, error.value.end) == (9, 25)


def test_offers_names_to_type(ask, alice, charlie) -> None:
    ask("one")
    words = search.words(Desk(alice))
    assert words[Key.AGENT] == ["deploy-bot"]
    assert words[Key.TIER] == ["none", "one", "two", "both", "never"]
    assert words[Key.BY][:2] == ["me", "alice"]
    assert "charlie" not in words[Key.BY]


@pytest.mark.parametrize("text", ["by:bob", "has:votes", "-has:question", "by:me"])
def test_no_search_reads_what_belongs_to_other_requests(ask, alice, text) -> None:
    ask("two")
    asked = condition(parse(text), Desk(alice), Where.QUEUE)
    requests = ApprovalRequest.objects.filter(asked, state="pending").values("id")
    sql, values = requests.query.sql_with_params()
    with connection.cursor() as cursor:
        # Whatever is cheapest on tables as small as these: rather not this.
        for kind in ("seqscan", "bitmapscan", "indexonlyscan"):
            cursor.execute(f"SET LOCAL enable_{kind} = off")
        cursor.execute(f"EXPLAIN {sql}", values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "hashed" not in plan
    assert "Hash" not in plan
