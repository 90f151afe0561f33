"""Accounts of one human: linked flat, whatever comes first, and none lost by it."""

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.db.models import ProtectedError
from pytest_django import DjangoAssertNumQueries

from approvals import humans
from approvals.humans import Humans, LinkRefused
from approvals.models import LinkedAccount
from audit.actions import Action
from audit.models import Entry
from tests.agents.race import at_once

transactional = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dora(db: None) -> User:
    return User.objects.create_user("dora")


def links() -> dict[str, str]:
    found = LinkedAccount.objects.values_list("account__username", "human__username")
    return dict(found)


def test_an_account_is_its_own_human_until_it_is_linked() -> None:
    nobody, linked = Humans({}), Humans({2: 1, 3: 1})
    assert nobody.of(2) == 2
    assert [linked.of(n) for n in (1, 2, 3, 4)] == [1, 1, 1, 4]


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (1, 1, True),
        (1, 2, True),
        (2, 3, True),
        (1, 4, False),
        (None, 1, False),
        (1, None, False),
        (None, None, False),
    ],
)
def test_knows_who_is_the_same(a: int | None, b: int | None, same: bool) -> None:
    assert Humans({2: 1, 3: 1}).same(a, b) is same


@transactional
def test_links_two_accounts_with_an_entry(
    alice: User,
    bob: User,
    admin: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    humans.link(bob, alice, actor=admin)
    with django_assert_num_queries(1):
        now = humans.current()
    assert now.of(bob.pk) == alice.pk
    assert now.same(alice.pk, bob.pk)
    entry = Entry.objects.get(action=Action.USER_LINKED)
    assert (entry.actor_name, entry.subject_id) == ("admin", str(bob.pk))
    assert entry.data == {
        "name": "bob",
        "human": str(alice.pk),
        "human_name": "alice",
        "moved_along": [],
    }


@transactional
def test_a_link_to_a_linked_account_leads_to_the_first(
    alice: User, bob: User, charlie: User, admin: User
) -> None:
    humans.link(bob, alice, actor=admin)
    humans.link(charlie, bob, actor=admin)
    assert links() == {"bob": "alice", "charlie": "alice"}


@transactional
def test_accounts_linked_to_one_move_along_with_it(
    alice: User, bob: User, charlie: User, admin: User
) -> None:
    humans.link(charlie, bob, actor=admin)
    humans.link(bob, alice, actor=admin)
    assert links() == {"bob": "alice", "charlie": "alice"}
    moved = Entry.objects.filter(action=Action.USER_LINKED).latest("id")
    assert moved.data["moved_along"] == [str(charlie.pk)]


@transactional
def test_linking_a_linked_account_joins_both_humans(
    alice: User, bob: User, charlie: User, dora: User, admin: User
) -> None:
    humans.link(charlie, bob, actor=admin)
    humans.link(dora, bob, actor=admin)
    humans.link(charlie, alice, actor=admin)
    assert links() == {"bob": "alice", "charlie": "alice", "dora": "alice"}


@transactional
def test_refuses_to_link_an_account_to_itself(alice: User, admin: User) -> None:
    with pytest.raises(LinkRefused, match="itself"):
        humans.link(alice, alice, actor=admin)


@transactional
def test_refuses_to_link_what_is_linked_already(
    alice: User, bob: User, charlie: User, admin: User
) -> None:
    humans.link(bob, alice, actor=admin)
    humans.link(charlie, alice, actor=admin)
    for account, human in ((bob, alice), (alice, bob), (bob, charlie)):
        with pytest.raises(LinkRefused, match="linked already"):
            humans.link(account, human, actor=admin)
    assert links() == {"bob": "alice", "charlie": "alice"}
    assert Entry.objects.filter(action=Action.USER_LINKED).count() == 2


@transactional
def test_unlinks_with_an_entry(
    alice: User, bob: User, charlie: User, admin: User
) -> None:
    humans.link(bob, alice, actor=admin)
    humans.link(charlie, alice, actor=admin)
    humans.unlink(bob, actor=admin)
    assert links() == {"charlie": "alice"}
    entry = Entry.objects.get(action=Action.USER_UNLINKED)
    assert entry.data == {"name": "bob", "human": str(alice.pk)}


@transactional
def test_refuses_to_unlink_what_is_not_linked(
    alice: User, bob: User, admin: User
) -> None:
    humans.link(bob, alice, actor=admin)
    with pytest.raises(LinkRefused, match="alice is not linked"):
        humans.unlink(alice, actor=admin)


@transactional
def test_nobody_unlinks_their_own_accounts(alice: User, bob: User, admin: User) -> None:
    humans.link(bob, alice, actor=admin)
    for actor in (alice, bob):
        with pytest.raises(LinkRefused, match="Somebody else"):
            humans.unlink(bob, actor=actor)
    assert links() == {"bob": "alice"}


@transactional
def test_links_at_once_never_make_a_chain(
    alice: User, bob: User, charlie: User, dora: User, admin: User
) -> None:
    wanted = [(charlie, bob), (bob, alice), (dora, charlie), (alice, dora)]

    def link_one() -> None:
        account, human = wanted.pop()
        humans.link(account, human, actor=admin)

    got = at_once(4, link_one, LinkRefused)
    # Three links join four accounts; the fourth finds them joined.
    assert sum(isinstance(answer, LinkRefused) for answer in got) == 1
    now = humans.current()
    assert len(now.first_account) == 3
    assert len(set(now.first_account.values())) == 1
    assert not now.first_account.keys() & set(now.first_account.values())


@transactional
def test_of_two_opposite_links_at_once_one_is_made(
    alice: User, bob: User, admin: User
) -> None:
    wanted = [(alice, bob), (bob, alice)]

    def link_one() -> None:
        account, human = wanted.pop()
        humans.link(account, human, actor=admin)

    got = at_once(2, link_one, LinkRefused)
    assert sorted(str(answer) for answer in got)[0] == "None"
    assert len(links()) == 1


@pytest.mark.django_db
def test_the_database_refuses_a_link_to_oneself(alice: User) -> None:
    with pytest.raises(IntegrityError, match="account_is_linked_to_another"):
        LinkedAccount.objects.create(account=alice, human=alice)


@transactional
def test_the_first_account_stays_while_others_lead_to_it(
    alice: User, bob: User, admin: User
) -> None:
    humans.link(bob, alice, actor=admin)
    with pytest.raises(ProtectedError):
        alice.delete()
