"""Searches that somebody keeps as tabs."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from approvals import saved_views
from approvals.models import SavedView
from approvals.saved_views import MOST, ViewRefused

pytestmark = pytest.mark.django_db(transaction=True)
QUEUE, HISTORY = SavedView.Where.QUEUE, SavedView.Where.HISTORY


def save(person, name: str = "Risky", query: str = "tier:critical", where=QUEUE):
    return saved_views.save(name=name, query=query, where=where, actor=person)


def test_keeps_a_search_under_a_name(alice) -> None:
    save(alice, name="  Risky   ones ", query=" tier:critical   is:mine ")
    view = SavedView.objects.get(user=alice)
    assert (view.name, view.query) == ("Risky ones", "tier:critical is:mine")


def test_the_same_name_means_another_search(alice) -> None:
    save(alice)
    save(alice, query="is:mine")
    save(alice, where=HISTORY)
    kept = SavedView.objects.values_list("where", "query")
    assert set(kept) == {("queue", "is:mine"), ("history", "tier:critical")}


@pytest.mark.parametrize(
    ("name", "query", "words"),
    [
        ("", "is:mine", "A name has"),
        ("x" * 41, "is:mine", "A name has"),
        ("x\0", "is:mine", "A name has"),
        ("x", "", "this is the whole list"),
        ("x", "foo:bar", "cannot be read"),
        ("x", "y" * 600, "cannot be read"),
    ],
)
def test_refuses_what_would_be_no_tab(alice, name, query, words) -> None:
    with pytest.raises(ViewRefused, match=words):
        save(alice, name, query)
    assert not SavedView.objects.exists()


def test_there_are_not_too_many_whatever_races(alice, bob) -> None:
    for n in range(MOST - 1):
        save(alice, f"view {n}")
    save(bob)
    barrier, refused = Barrier(4), []

    def race(n: int) -> None:
        barrier.wait()
        try:
            save(alice, f"late {n}")
        except ViewRefused as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [Thread(target=race, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert SavedView.objects.filter(user=alice).count() == MOST
    assert len(refused) == 3
    save(alice, "view 0", "is:mine")


def test_only_its_owner_removes_it(alice, bob) -> None:
    view = save(alice)
    assert saved_views.remove(view.pk, actor=bob) is None
    assert saved_views.remove(view.pk, actor=alice).name == "Risky"
    assert not SavedView.objects.exists()
