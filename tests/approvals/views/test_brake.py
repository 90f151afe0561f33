"""``/brake``: anybody who sees requests pulls it, two people release it."""

import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.db import OperationalError
from django.test import Client
from pytest_django.fixtures import Settings

from agents import brake
from agents.models import Brake
from approvals import humans
from approvals.brake_context import BrakeNow
from audit.log import SYSTEM
from audit.models import Entry
from tests.approvals.views.conftest import HTMX

pytestmark = pytest.mark.django_db

FORM = {"scope": "everything", "value": "", "agent": "", "mode": "hold", "reason": "x"}
UNKNOWN = "The state of the brake is unknown: nothing can be approved"


@pytest.fixture
def may_release(alice: User, bob: User) -> None:
    right = Permission.objects.get(
        content_type__app_label="agents", codename="release_brake"
    )
    for person in (alice, bob):
        person.user_permissions.add(right)


@pytest.fixture
def engaged(db: None) -> Brake:
    return brake.engage(
        scope="environment", value="production", reason="It smells.", actor=SYSTEM
    )


def release(client: Client, pulled: Brake, reason: str = "All is well"):
    return client.post(f"/brake/{pulled.pk}/release", {"reason": reason})


def state_of(pulled: Brake) -> str:
    pulled.refresh_from_db()
    return "in force" if pulled.released_at is None else "released"


def words_of(answer) -> str:
    """The page without its tags."""
    return " ".join(re.sub(r"<[^>]+>", "", answer.text).split())


def test_shows_that_nothing_is_stopped(browser, alice) -> None:
    answer = browser(alice).get("/brake")
    assert answer.status_code == 200
    assert "Nothing is stopped" in answer.text


def test_engages_what_the_form_says(browser, alice, agent) -> None:
    form = FORM | {"scope": "session", "value": "run-7", "agent": agent.name}
    answer = browser(alice).post(
        "/brake", form | {"mode": "deny", "reason": " It loops. "}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/brake")
    pulled = Brake.objects.get()
    assert (pulled.scope, pulled.value, pulled.agent) == (
        "session",
        "run-7",
        "deploy-bot",
    )
    assert (pulled.mode, pulled.reason) == ("deny", "It loops.")
    assert pulled.engaged_by_name == "alice"


def test_shows_what_is_in_force_with_who_why_and_what_it_stops(
    browser, alice, ask, engaged
) -> None:
    ask("one", environment="production")
    ask("one", environment="staging")
    words = words_of(browser(alice).get("/brake"))
    assert "Environment production is on hold" in words
    assert "It smells." in words
    assert "By Countersign" in words
    assert "Covers 1 of 2 waiting requests." in words


def test_counts_no_more_than_it_looks_at(
    browser, alice, ask, engaged, monkeypatch
) -> None:
    monkeypatch.setattr("approvals.brake_board.LOOKED_AT", 2)
    for _ in range(3):
        ask("one", environment="production")
    assert "Covers 2 of the first 2 waiting requests." in words_of(
        browser(alice).get("/brake")
    )


def test_as_a_fragment_it_is_the_list_alone(browser, alice, engaged) -> None:
    fragment = browser(alice).get("/brake", headers=HTMX).text
    assert "production" in fragment
    assert "<html" not in fragment
    assert "Pull the brake" not in fragment


def test_the_control_on_every_page_holds_everything(browser, alice) -> None:
    client = browser(alice)
    assert 'action="/brake/hold"' in client.get("/history").text
    answer = client.post("/brake/hold", {"reason": ""})
    assert (answer.status_code, answer["Location"]) == (302, "/brake")
    pulled = Brake.objects.get()
    assert (pulled.scope, pulled.mode) == ("everything", "hold")
    assert pulled.reason == "Held from the top bar by alice"


def test_the_control_takes_a_reason(browser, alice) -> None:
    browser(alice).post("/brake/hold", {"reason": "It mails everybody"})
    assert Brake.objects.get().reason == "It mails everybody"


def test_the_control_can_be_used_twice(browser, alice, bob) -> None:
    browser(alice).post("/brake/hold")
    assert browser(bob).post("/brake/hold").status_code == 302
    assert Brake.objects.get().engaged_by_name == "alice"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"scope": "galaxy"}, "Select a valid choice"),
        ({"mode": "pause"}, "Select a valid choice"),
        ({"scope": "tier"}, "Say which tier to stop."),
        ({"value": "x"}, "A brake on everything takes no value."),
        ({"agent": "x"}, "Only a brake on a session names an agent"),
        ({"scope": "agent", "value": "deploy-boot"}, "There is no agent deploy-boot."),
        ({"scope": "session", "value": "x", "agent": "y"}, "There is no agent y."),
        ({"reason": "  "}, "Say why."),
        ({"reason": "x" * 4001}, "at most 4000 characters"),
        ({"reason": "x\0"}, "Null characters are not allowed"),
        ({"value": "x" * 501, "scope": "resource"}, "at most 500 characters"),
    ],
    ids=[
        "scope", "mode", "no-value", "value-for-everything", "agent-for-everything",
        "unknown-agent", "session-of-unknown-agent", "no-reason", "long-reason", "nul",
        "long-value",
    ],
)  # fmt: skip
def test_what_cannot_be_a_brake_comes_back_with_a_sentence(
    browser, alice, wrong, sentence
) -> None:
    answer = browser(alice).post("/brake", FORM | wrong)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not Brake.objects.exists()


def test_what_was_typed_is_not_lost(browser, alice) -> None:
    typed = {"scope": "tier", "reason": "Because of <that>"}
    answer = browser(alice).post("/brake", FORM | typed)
    assert "Because of &lt;that&gt;" in answer.text


def test_a_reason_too_long_for_the_control_comes_back(browser, alice) -> None:
    answer = browser(alice).post("/brake/hold", {"reason": "x" * 4001})
    assert answer.status_code == 422
    assert "at most 4000 characters" in answer.text
    assert not Brake.objects.exists()


def test_two_people_release_it(browser, alice, bob, may_release, engaged) -> None:
    client = browser(alice)
    assert "2 people have to agree" in words_of(client.get("/brake"))
    release(client, engaged, "Fixed in 1.2")
    assert state_of(engaged) == "in force"
    page = client.get("/brake")
    assert "One more person has to agree." in page.text
    assert "alice agreed to release it" in words_of(page)
    assert "Fixed in 1.2" in page.text
    answer = release(browser(bob), engaged)
    assert (answer.status_code, answer["Location"]) == (302, "/brake")
    assert state_of(engaged) == "released"
    over = words_of(client.get("/brake"))
    assert "Nothing is stopped" in over
    assert "Environment production was on hold" in over


def test_one_person_releases_it_where_one_is_enough(
    browser, alice, may_release, engaged, settings: Settings
) -> None:
    settings.BRAKE_RELEASE_PEOPLE = 1
    release(browser(alice), engaged)
    assert state_of(engaged) == "released"


def test_the_same_person_cannot_agree_twice(
    browser, alice, may_release, engaged
) -> None:
    client = browser(alice)
    release(client, engaged)
    answer = release(client, engaged)
    assert answer.status_code == 409
    assert "You have agreed" in answer.text
    assert "<fieldset disabled>" in answer.text
    assert state_of(engaged) == "in force"


def test_two_accounts_of_one_human_are_one_human(
    browser, alice, bob, admin, may_release, engaged
) -> None:
    humans.link(bob, alice, actor=admin)
    release(browser(alice), engaged)
    client = browser(bob)
    assert "You have agreed; somebody else has to as well." in client.get("/brake").text
    assert release(client, engaged).status_code == 409
    assert state_of(engaged) == "in force"
    release(browser(admin), engaged)
    assert state_of(engaged) == "released"


def test_without_the_right_nobody_releases(browser, alice, engaged) -> None:
    client = browser(alice)
    page = client.get("/brake").text
    assert "<fieldset disabled>" in page
    assert "Releasing takes a right you do not have" in page
    answer = release(client, engaged)
    assert answer.status_code == 403
    assert "Releasing takes a right you do not have" in answer.text
    assert not engaged.releases.exists()


@pytest.mark.parametrize(
    "reason", ["", "  ", "x" * 4001], ids=["none", "blank", "long"]
)
def test_a_release_needs_a_reason(browser, alice, may_release, engaged, reason) -> None:
    answer = release(browser(alice), engaged, reason)
    assert answer.status_code == 422
    assert not engaged.releases.exists()


def test_what_is_released_cannot_be_released_again(
    browser, alice, bob, may_release, engaged, settings: Settings
) -> None:
    settings.BRAKE_RELEASE_PEOPLE = 1
    release(browser(alice), engaged)
    answer = release(browser(bob), engaged)
    assert answer.status_code == 409
    assert "not engaged any more" in answer.text


def test_nothing_is_known_of_an_unknown_brake(browser, alice, may_release) -> None:
    assert release(browser(alice), Brake(pk=uuid4())).status_code == 409


PLACES = ["/brake", "/brake/banner", "/brake/hold", f"/brake/{uuid4()}/release"]


@pytest.mark.parametrize("place", PLACES[:2])
@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_reading_takes_no_other_method(browser, alice, place, method) -> None:
    assert getattr(browser(alice), method)(place).status_code == 405


@pytest.mark.parametrize("place", PLACES[2:], ids=["hold", "release"])
def test_acting_takes_a_post(browser, alice, place) -> None:
    assert browser(alice).get(place).status_code == 405
    assert not Brake.objects.exists()


@pytest.mark.parametrize("place", PLACES, ids=["page", "banner", "hold", "release"])
def test_a_stranger_signs_in_first(client, place, db) -> None:
    method = client.post if place in PLACES[2:] else client.get
    answer = method(place)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
    assert client.post("/brake", FORM)["Location"].startswith("/accounts/login/")
    assert not Brake.objects.exists()


@pytest.mark.parametrize("place", PLACES, ids=["page", "banner", "hold", "release"])
def test_who_sees_no_requests_sees_no_brake(browser, charlie, engaged, place) -> None:
    client = browser(charlie)
    method = client.post if place in PLACES[2:] else client.get
    answer = method(place)
    assert answer.status_code == 403
    assert "It smells." not in answer.text
    assert client.post("/brake", FORM).status_code == 403
    assert Brake.objects.count() == 1


def test_the_banner_is_for_who_sees_requests(alice, charlie) -> None:
    assert BrakeNow(alice).is_shown
    assert not BrakeNow(charlie).is_shown
    assert not BrakeNow(AnonymousUser()).is_shown


def test_a_form_of_another_site_pulls_nothing(alice) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post("/brake/hold").status_code == 403
    assert not Brake.objects.exists()


@pytest.mark.parametrize("place", ["/", "/history", "/audit/", "/brake"])
def test_every_page_says_that_the_brake_is_on(browser, alice, engaged, place) -> None:
    words = words_of(browser(alice).get(place))
    assert "Environment production is on hold since" in words
    assert "by Countersign: It smells." in words


def test_the_banner_names_the_gravest_and_counts_the_others(
    browser, alice, engaged
) -> None:
    brake.engage(scope="everything", reason="All of it", actor=SYSTEM)
    brake.engage(scope="tier", value="high", mode="deny", reason="Worse", actor=SYSTEM)
    words = words_of(browser(alice).get("/brake/banner"))
    assert words.startswith("Tier high is denied since")
    assert words.endswith("Worse and 2 more")


def test_the_banner_shows_what_hides_in_a_name(browser, alice) -> None:
    brake.engage(scope="session", value="run\u202e7", reason="<b>x</b>", actor=SYSTEM)
    banner = browser(alice).get("/brake/banner").text
    assert "⟦U+202E⟧" in banner
    assert "\u202e" not in banner
    assert "<b>" not in banner


def test_without_a_brake_there_is_no_banner(browser, alice) -> None:
    client = browser(alice)
    assert "is on hold" not in client.get("/").text
    assert client.get("/brake/banner").text.strip() == '<div data-brakes=""></div>'


def test_an_unreadable_brake_counts_as_engaged(browser, alice, monkeypatch) -> None:
    def fail() -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(brake, "in_force", fail)
    answer = browser(alice).get("/history")
    assert answer.status_code == 200
    # Once on the page, once more for the script that puts it there.
    assert answer.text.count(UNKNOWN) == 2
    assert UNKNOWN in browser(alice).get("/brake/banner").text


def test_the_banner_costs_one_query(browser, alice, engaged, monkeypatch) -> None:
    asked = []
    read = brake.in_force
    monkeypatch.setattr(brake, "in_force", lambda: asked.append(1) or read())
    browser(alice).get("/history")
    assert asked == [1]


def test_who_pulled_it_is_in_the_audit_log(browser, alice) -> None:
    browser(alice).post("/brake/hold")
    entry = Entry.objects.get(action="brake:engaged")
    assert (entry.actor_type, entry.actor_name) == ("user", "alice")
