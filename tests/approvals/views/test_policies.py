"""``/policies``: what is in force, every version, and the way back to an older one."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from approvals import ruleset
from approvals.models import Policy, PolicyProposal
from audit.actions import Action
from audit.log import COMMAND_LINE, person
from audit.models import Entry
from tests.approvals.conftest import TIERS
from tests.approvals.publishing import LOOSER, STRICTER, allow
from tests.approvals.views.conftest import HTMX

pytestmark = pytest.mark.django_db

FULL = """
default_tier: one
internal_domains: [example.com]
actions:
  - {match: "db.*", kind: sql, pointers: {sql: /arguments/q}}
windows:
  - {key: refunds, measure: count, per: [agent], within: 24h}
trip_wires:
  - {key: loop, watches: repeats, at_least: 10, within: 5m, brakes: session}
tiers:
  none: {rank: 10, route: auto}
  one:
    name: <b>One</b>
    rank: 20
    route: review
    requirements: [{group: reviewers, count: 2}]
    decide_within: 4h
    step_up: passkey
    confirmation: type_target
    grants: {max_uses: 7, max_duration: 2d}
    escalation: {after: 50%, groups: [managers]}
  never: {rank: 50, route: block}
rules:
  - key: refunds
    when: window.refunds > 3.0 && action.name != "<i>"
    tier: never
    why: Refunds <b>add</b> up.
    harm: ASI08
"""
HOSTILE = "<script>alert(1)</script>\u202e"


def words_of(answer) -> str:
    """The page without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


@pytest.fixture
def writer(alice: User, browser: Callable[[User], Client]) -> Client:
    """Alice, with the right to publish."""
    allow(alice)
    return browser(alice)


def published(source: str, reason: str = "for tests", **more) -> Policy:
    actor = more.pop("actor", COMMAND_LINE)
    return ruleset.publish(source, actor=actor, reason=reason, **more)


class TestPolicies:
    def test_shows_what_is_in_force(self, browser, policy, alice) -> None:
        published(FULL, "Stop the refunds", actor=person(alice), user=alice)
        page = browser(alice).get("/policies")
        assert page.status_code == 200
        words = words_of(page)
        assert "Policy 2 is in force" in words
        assert "by alice" in words
        assert "Stop the refunds" in words
        assert ruleset.digest_of(FULL) in words
        for tier in (
            "2 from reviewers",
            "4 h to decide",
            "passkey",
            "type the target",
            "up to 7 uses, 2 days",
            "after 50% to managers",
            "rank 20, default",
            "Denied at once",
            "Approved at once",
        ):
            assert tier in words, tier
        assert "ASI08 Cascading failures" in words
        assert "window.refunds" in words
        assert "db.* : sql; sql at /arguments/q" in words
        assert "example.com" in words
        assert "loop : repeats, 10 within 5 min, brakes the session" in words

    def test_other_peoples_text_is_escaped(self, browser, policy, alice) -> None:
        published(FULL, HOSTILE)
        page = browser(alice).get("/policies")
        assert "&lt;b&gt;One&lt;/b&gt;" in page.text
        assert "Refunds &lt;b&gt;add&lt;/b&gt; up." in page.text
        assert "&quot;&lt;i&gt;&quot;" in page.text
        assert "<script>alert" not in page.text
        assert page.text.count("⟦U+202E⟧") == 2, "with the version and in the list"

    def test_lists_versions_with_what_they_changed(
        self, browser, policy, alice, bob
    ) -> None:
        published(STRICTER, "Two for one", actor=person(bob), user=bob)
        published(LOOSER, "Quicker")
        words = words_of(browser(alice).get("/policies"))
        places = [words.index(f"Policy {n} ", words.index("Versions")) for n in (3, 2)]
        assert places == sorted(places)
        assert "by bob Two for one rule one-too: added" in words
        assert "may lower risk rule quick: added (approves at once)" in words
        assert "may lower risk rule one-too: removed" in words
        assert "The first one." in words

    def test_older_versions_are_a_page_further(self, browser, policy, alice) -> None:
        for n in range(21):
            published(f"{TIERS}# {n}\n")
        client = browser(alice)
        first = client.get("/policies").text
        assert "<strong>Policy 3</strong>" in first
        assert "<strong>Policy 2</strong>" not in first
        older = client.get("/policies?below=3").text
        assert "<strong>Policy 2</strong>" in older
        assert "<strong>Policy 3</strong>" not in older
        assert client.get("/policies?below=x").status_code == 200

    def test_a_script_gets_the_versions_alone(self, browser, policy, alice) -> None:
        fragment = browser(alice).get("/policies", headers=HTMX)
        assert "<html" not in fragment.text
        assert "Policy 1" in fragment.text

    def test_who_may_not_write_sees_no_way_to(self, browser, policy, alice) -> None:
        assert "/policies/draft" not in browser(alice).get("/policies").text
        allow(alice)
        assert "/policies/draft" in browser(alice).get("/policies").text

    def test_says_when_nothing_was_published(self, browser, alice) -> None:
        page = browser(alice).get("/policies")
        assert "No policy was published yet" in page.text

    def test_what_cannot_be_read_any_more_is_said(self, browser, policy, alice) -> None:
        Policy.objects.create(version=2, source="no: [", digest="x", reason="x")
        client = browser(alice)
        assert "This program cannot read it" in client.get("/policies").text
        assert "cannot be told" in client.get("/policies/2").text

    def test_is_in_the_navigation(self, browser, policy, alice) -> None:
        assert 'href="/policies" data-go="p"' in browser(alice).get("/history").text


class TestVersion:
    def test_shows_the_document_and_what_it_changed(
        self, browser, policy, alice
    ) -> None:
        published(LOOSER, "Quicker")
        page = browser(alice).get("/policies/2")
        words = words_of(page)
        assert "Policy 2, in force" in words
        assert "May lower risk: 1" in words
        assert "Rule quick added approves at once" in words
        assert "Added:" in words
        assert "key: quick" in words
        assert "Roll back" not in words
        assert "Policy 1" in words_of(browser(alice).get("/policies/1"))

    def test_hostile_documents_are_only_text(self, browser, policy, alice) -> None:
        published(TIERS + "# <script>alert(1)</script>\n")
        page = browser(alice).get("/policies/2")
        assert "<script>alert" not in page.text

    def test_a_missing_one_is_not_found(self, browser, policy, alice) -> None:
        for version in (0, 2, 2**40):
            address = f"/policies/{version}"
            assert browser(alice).get(address).status_code == 404, version


class TestRollBack:
    @pytest.fixture
    def back(self, policy: Policy, alice: User) -> dict[str, object]:
        """The form of a page that shows policy 2 in force."""
        published(STRICTER, "Stricter")
        return {"reason": "It was better", "seen": 2}

    def test_publishes_the_old_document_anew(self, writer, back) -> None:
        page = words_of(writer.get("/policies/1"))
        assert "Roll back to policy 1" in page
        assert "may lower risk" in page.lower()
        done = writer.post("/policies/1/roll-back", back)
        assert (done.status_code, done["Location"]) == (302, "/policies")
        newest = Policy.objects.get(version=3)
        assert (newest.source, newest.reason) == (TIERS, "It was better")
        assert newest.published_by
        assert newest.published_by.username == "alice"
        entry = (
            Entry.objects.filter(action=Action.POLICY_PUBLISHED).order_by("pk").last()
        )
        assert entry
        assert (entry.actor_name, entry.data["same_as"]) == ("alice", 1)
        assert "Policy 3 is in force" in writer.get("/policies").text

    def test_asks_why(self, writer, back) -> None:
        refused = writer.post("/policies/1/roll-back", {**back, "reason": " "})
        assert refused.status_code == 422
        assert "Say why." in refused.text
        assert Policy.objects.count() == 2

    def test_refuses_what_was_overtaken(self, writer, back) -> None:
        published(LOOSER, "Meanwhile")
        refused = writer.post("/policies/1/roll-back", back)
        assert refused.status_code == 409
        assert "policy 3 is in force by now" in refused.text
        assert "It was better" in refused.text
        assert Policy.objects.count() == 3

    def test_to_what_is_in_force_changes_nothing(self, writer, back) -> None:
        writer.post("/policies/2/roll-back", back)
        assert "kept it" in writer.get("/policies").text
        assert Policy.objects.count() == 2

    def test_is_a_proposal_where_two_are_needed(
        self, writer, back, settings: Settings
    ) -> None:
        settings.POLICY_SECOND_PERSON = True
        assert "Propose to roll back" in writer.get("/policies/1").text
        writer.post("/policies/1/roll-back", back)
        assert Policy.objects.count() == 2
        assert PolicyProposal.objects.get().source == TIERS

    def test_a_missing_one_is_not_found(self, writer, back) -> None:
        assert writer.post("/policies/7/roll-back", back).status_code == 404

    def test_takes_the_right(self, browser, back, alice, client) -> None:
        address = "/policies/1/roll-back"
        assert browser(alice).post(address, back).status_code == 403
        assert client.post(address, back)["Location"].startswith("/accounts/login/")
        assert Policy.objects.count() == 2
        allow(alice)
        assert browser(alice).post(address, back).status_code == 302


PAGES = ["/policies", "/policies/1", "/policies/try"]
WRITING = ["/policies/draft", "/policies/publish"]
POSTS = [
    "/policies/1/roll-back",
    "/policies/draft/begin",
    "/policies/draft/check",
    "/policies/draft/discard",
    "/policies/proposals/0190b7a0-0000-7000-8000-000000000000/confirm",
    "/policies/proposals/0190b7a0-0000-7000-8000-000000000000/refuse",
]


@pytest.mark.parametrize("address", [*PAGES, *WRITING])
def test_strangers_sign_in_first(client, policy, address) -> None:
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("address", [*PAGES, *WRITING])
def test_people_without_a_group_see_nothing(browser, policy, charlie, address) -> None:
    answer = browser(charlie).get(address)
    assert answer.status_code == 403
    assert "You are not in a group yet" in answer.text


@pytest.mark.parametrize("address", PAGES)
def test_reading_is_for_everybody_who_sees_requests(
    browser, policy, alice, address
) -> None:
    assert browser(alice).get(address).status_code == 200


@pytest.mark.parametrize("address", [*WRITING, *POSTS])
def test_writing_takes_the_right(browser, policy, alice, address) -> None:
    method = "post" if address in POSTS else "get"
    before = Entry.objects.count()
    assert getattr(browser(alice), method)(address).status_code == 403
    allow(alice)
    assert getattr(browser(alice), method)(address).status_code != 403
    assert Entry.objects.filter(action__startswith="policy").count() == 1
    assert Entry.objects.count() <= before + 2


@pytest.mark.parametrize("address", POSTS)
def test_only_a_post_writes(browser, policy, admin, address) -> None:
    for method in ("get", "head", "put", "delete"):
        assert getattr(browser(admin), method)(address).status_code == 405


@pytest.mark.parametrize("address", PAGES[:2])
def test_pages_only_show(browser, policy, admin, address) -> None:
    assert browser(admin).post(address).status_code == 405
