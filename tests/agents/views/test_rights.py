"""Who may see and do anything here, for every address."""

import uuid

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from agents.models import Agent
from agents.urls import urlpatterns
from audit.models import Entry

NAMES = [pattern.name for pattern in urlpatterns]
PAGES = ("list", "register", "detail", "deliveries", "delivery")
FOR_ALL = ("list", "register", "deliveries", "delivery", "send_all_again")


def address(name):
    one = uuid.UUID(int=1)
    for args in ([], ["deploy-bot"], [one], ["deploy-bot", one]):
        try:
            return reverse(f"agents:{name}", args=args)
        except NoReverseMatch:
            continue
    raise LookupError(name)


def ask(client, name):
    return (client.get if name in PAGES else client.post)(address(name))


@pytest.mark.parametrize("name", NAMES)
def test_somebody_not_signed_in_is_sent_to_sign_in(agent, name):
    answer = ask(Client(), name)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", NAMES)
def test_a_reviewer_who_is_not_staff_is_refused(agent, alice, browser_of, name):
    before = Entry.objects.count()
    assert ask(browser_of(alice), name).status_code == 403
    assert Entry.objects.count() <= before + 1  # the sign-in itself
    assert Agent.objects.get().is_active


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PAGES])
def test_reading_changes_nothing(agent, staff, name):
    assert staff.get(address(name)).status_code == 405


@pytest.mark.parametrize("name", ["list", "detail", "deliveries"])
def test_pages_take_no_posts(agent, staff, name):
    assert staff.post(address(name)).status_code == 405


@pytest.mark.parametrize("name", [n for n in NAMES if n not in FOR_ALL])
def test_an_agent_that_does_not_exist_is_not_found(db, staff, name):
    assert ask(staff, name).status_code == 404


@pytest.mark.parametrize("name", ["revoke_key", "send_again"])
def test_a_key_or_delivery_that_does_not_exist_is_not_found(agent, staff, name):
    assert ask(staff, name).status_code == 404


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PAGES])
def test_a_post_from_elsewhere_is_refused(agent, admin, name):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    assert client.post(address(name)).status_code == 403


@pytest.mark.parametrize("name", [name for name in PAGES if name != "delivery"])
def test_pages_are_kept_in_no_cache_and_bring_no_inline_code(agent, staff, name):
    answer = ask(staff, name)
    assert "no-store" in answer["Cache-Control"]
    page = answer.content.decode()
    assert "style=" not in page
    assert "onclick" not in page
    assert "<script>" not in page
