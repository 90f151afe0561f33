"""``/me/preferences`` and ``/me/theme``: how one wants the pages."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.test import Client

from approvals import preferences
from approvals.models import Policy, Preferences
from audit.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)
Browser = Callable[[User], Client]

ALL = {
    "theme": "dark",
    "density": "compact",
    "single_keys": "off",
    "after_decision": "stay",
    "time_zone": "Europe/Berlin",
}


def test_without_any_the_defaults_are_shown(browser: Browser, alice: User) -> None:
    page = browser(alice).get("/me").text
    assert 'data-theme-kept="system" data-density="comfortable">' in page
    assert 'data-after-decision="next"' in page
    assert "data-single-keys" not in page
    assert "data-time-zone" not in page


def test_saving_changes_every_page_of_this_person_alone(
    browser: Browser, alice: User, bob: User, policy: Policy
) -> None:
    alices, bobs = browser(alice), browser(bob)
    before = Entry.objects.count()
    answer = alices.post("/me/preferences", ALL)
    assert answer.status_code == 302
    assert answer["Location"] == "/me#preferences"
    page = alices.get("/").text
    for attribute in (
        'data-theme="dark"',
        'data-density="compact"',
        'data-single-keys="off"',
        'data-after-decision="stay"',
        'data-time-zone="Europe/Berlin"',
    ):
        assert attribute in page
    assert 'data-density="comfortable"' in bobs.get("/").text
    assert Entry.objects.count() == before


def test_the_form_shows_what_is_kept(browser: Browser, alice: User) -> None:
    client = browser(alice)
    client.post("/me/preferences", ALL)
    page = client.get("/me").text
    for value in ("dark", "compact", "off", "stay", "Europe/Berlin"):
        assert f'<option value="{value}" selected>' in page


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theme", "pink"),
        ("density", ""),
        ("single_keys", "perhaps"),
        ("after_decision", "approve"),
        ("time_zone", '"><script>'),
        ("time_zone", "../../etc/passwd"),
    ],
)
def test_what_is_not_among_the_choices_saves_nothing(
    browser: Browser, alice: User, name: str, value: str
) -> None:
    answer = browser(alice).post("/me/preferences", ALL | {name: value})
    assert answer.status_code == 422
    assert "Nothing was saved" in answer.text
    assert not Preferences.objects.exists()


def test_the_theme_alone_leaves_the_rest(browser: Browser, alice: User) -> None:
    client = browser(alice)
    client.post("/me/preferences", ALL)
    assert client.post("/me/theme", {"theme": "light"}).status_code == 204
    kept = preferences.of(alice)
    assert (kept.theme, kept.density) == ("light", "compact")
    assert client.post("/me/theme", {"theme": "pink"}).status_code == 422
    assert preferences.of(alice).theme == "light"


@pytest.mark.parametrize("address", ["/me/preferences", "/me/theme"])
def test_reading_is_not_saving(browser: Browser, alice: User, address: str) -> None:
    assert browser(alice).get(address).status_code == 405
    answer = Client().post(address, ALL)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
    assert not Preferences.objects.exists()


def test_somebody_in_no_group_has_preferences_too(
    browser: Browser, charlie: User
) -> None:
    assert browser(charlie).post("/me/preferences", ALL).status_code == 302


@pytest.mark.parametrize(
    ("name", "constraint"),
    [
        ("theme", "preferred_theme_is_known"),
        ("density", "preferred_density_is_known"),
        ("after_decision", "preferred_place_after_a_decision_is_known"),
    ],
)
def test_the_database_knows_the_choices(
    alice: User, name: str, constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        Preferences.objects.create(user=alice, **{name: "x"})


def test_zones_are_cities_and_utc() -> None:
    assert {"UTC", "Europe/Berlin", "America/New_York"} <= set(preferences.zones())
    assert not [name for name in preferences.zones() if name.startswith("Etc/")]
