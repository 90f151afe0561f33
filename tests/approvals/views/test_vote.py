"""``/r/<id>/vote``: one person's verdict on exactly what they saw."""

import html
import json
import re
import time
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.test import Client

from agents import brake
from approvals import forms, lifecycle, preferences, ruleset
from approvals.conditions import Condition, Kind
from approvals.lifecycle.grants import Terms
from approvals.models import ApprovalRequest, Grant, Passkey, Vote
from approvals.webauthn import challenge_for
from audit.log import COMMAND_LINE
from audit.models import Entry
from audit.payloads import facts_of
from tests.approvals.authenticator import Authenticator, b64
from tests.approvals.test_render import Outline
from tests.approvals.views.acts import everything
from tests.approvals.views.conftest import HTMX
from tests.approvals.voting import cast_vote
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def stored(approval: ApprovalRequest) -> ApprovalRequest:
    return ApprovalRequest.objects.get(pk=approval.pk)


def disabled_verbs(page: str) -> list[str]:
    return re.findall(r'data-verb="(\w+)" disabled', page)


def test_approves_and_goes_to_the_next_row(browser, alice, ask, ballot) -> None:
    approval, following = ask("one"), ask("one")
    answer = browser(alice).post(f"/r/{approval.id}/vote", ballot(approval, alice))
    assert answer.status_code == 302
    assert answer["Location"] == f"/#row-{following.id}"
    assert stored(approval).state == "approved"
    assert stored(approval).decided_by == ["alice"]


def test_goes_on_in_the_search_that_led_to_it(browser, alice, ask, ballot) -> None:
    ask("two")
    approval, _other, following = ask("one"), ask("both"), ask("one")
    client = browser(alice)
    found = client.get("/?q=action:one").text
    assert f'href="/r/{approval.pk}?q=action%3Aone"' in found
    page = client.get(f"/r/{approval.pk}?q=action%3Aone").text
    assert f'href="/r/{following.pk}?q=action%3Aone" data-key="]"' in page
    assert 'class="back" href="/?q=action%3Aone"' in page
    [address] = re.findall(r'action="(/r/[^"]+/vote[^"]*)"', page)
    assert address == f"/r/{approval.pk}/vote?q=action%3Aone"
    answer = client.post(address, ballot(approval, alice))
    assert answer["Location"] == f"/?q=action%3Aone#row-{following.pk}"


@pytest.mark.parametrize("search", ["nonsense:", "a" * 600, "\0", '"><script>', "  "])
def test_a_search_that_cannot_be_read_is_in_nobodys_way(
    browser, alice, ask, ballot, search
) -> None:
    approval, following = ask("one"), ask("one")
    client, suffix = browser(alice), f"?{urlencode({'q': search})}"
    page = client.get(f"/r/{approval.pk}{suffix}")
    assert page.status_code == 200
    assert "<script>" not in page.text.partition("<main")[2]
    answer = client.post(f"/r/{approval.pk}/vote{suffix}", ballot(approval, alice))
    assert answer["Location"].endswith(f"#row-{following.pk}")
    assert stored(approval).state == "approved"


def test_who_prefers_to_stay_stays_without_a_script(
    browser, alice, ask, ballot
) -> None:
    preferences.save(actor=alice, after_decision="stay")
    approval = ask("one")
    ask("one")
    address = f"/r/{approval.pk}/vote?q=tier:one"
    answer = browser(alice).post(address, ballot(approval, alice), follow=True)
    assert answer.redirect_chain == [(f"/r/{approval.pk}?q=tier%3Aone", 302)]
    assert "Approved: one of deploy-bot" in answer.text


def test_the_log_keeps_what_the_voter_was_shown(browser, alice, ask, ballot) -> None:
    approval = ask("one", justification="claimed")
    form = ballot(approval, alice)
    browser(alice).post(f"/r/{approval.id}/vote", form)
    voted = facts_of(Entry.objects.get(action="request:voted"))
    assert voted["shown"] == lifecycle.digest_of_facts(approval)
    assert (voted["revision"], voted["digest"]) == (1, approval.digest)
    assert voted["seen_for"] >= forms.INERT
    asked = facts_of(Entry.objects.get(action="request:submitted"))
    assert voted["findings"] == asked["findings"]
    other = ask("one", justification="claimed otherwise")
    assert voted["shown"] != lifecycle.digest_of_facts(other)


def test_goes_to_the_queue_when_nothing_else_waits(browser, alice, ask, ballot) -> None:
    approval = ask("one")
    answer = browser(alice).post(f"/r/{approval.id}/vote", ballot(approval, alice))
    assert answer["Location"] == "/"


def test_tells_a_script_where_to_go(browser, alice, ask, ballot) -> None:
    approval, client = ask("one"), browser(alice)
    answer = client.post(
        f"/r/{approval.id}/vote", ballot(approval, alice), headers=HTMX
    )
    assert answer["HX-Redirect"] == "/"
    assert "Approved: one of deploy-bot." in client.get("/").text


def test_a_script_stays_where_it_asks_to(browser, alice, ask, ballot) -> None:
    approval, client = ask("one"), browser(alice)
    headers = {**HTMX, "After-Decision": "stay"}
    answer = client.post(
        f"/r/{approval.id}/vote", ballot(approval, alice), headers=headers
    )
    assert answer.status_code == 200
    assert "HX-Redirect" not in answer
    assert 'data-state="approved"' in answer.text
    assert 'data-done="Approved: one of deploy-bot."' in answer.text
    assert "Approved: one" not in client.get("/").text


def test_denies_with_a_message_for_the_agent(browser, alice, ask, ballot) -> None:
    approval = ask("one")
    form = ballot(
        approval, alice, "deny", message="Use the copy", reason_code="wrong-target"
    )
    browser(alice).post(f"/r/{approval.id}/vote", form)
    decided = stored(approval)
    assert decided.state == "denied"
    assert decided.decision_message == "Use the copy"
    assert decided.decision_reason_code == "wrong-target"


def test_says_when_more_people_are_needed(browser, alice, ask, ballot) -> None:
    approval, client = ask("two"), browser(alice)
    client.post(f"/r/{approval.id}/vote", ballot(approval, alice))
    assert stored(approval).state == "pending"
    assert "1 of 2 approvals so far" in client.get("/").text


def test_refuses_what_is_already_decided_and_says_what_changed(
    browser, alice, bob, ask, ballot
) -> None:
    approval = ask("one")
    late = ballot(approval, bob, "deny", message="I was about to say no")
    browser(alice).post(f"/r/{approval.id}/vote", ballot(approval, alice))
    answer = browser(bob).post(f"/r/{approval.id}/vote", late)
    assert answer.status_code == 409
    assert "This request is already approved." in answer.text
    assert "It was pending and is now approved." in answer.text
    assert Vote.objects.count() == 1


@pytest.mark.parametrize(
    "changed",
    [{"revision": 2}, {"digest": "sha256:" + "0" * 64}],
    ids=["revision", "digest"],
)
def test_refuses_another_revision_or_digest(
    browser, alice, ask, ballot, changed
) -> None:
    approval = ask("one")
    form = ballot(approval, alice, "deny", message="typed by hand") | changed
    answer = browser(alice).post(f"/r/{approval.id}/vote", form, headers=HTMX)
    assert answer.status_code == 409
    assert answer.text.lstrip().startswith("<article")
    assert "changed after you opened it" in answer.text
    assert "typed by hand</textarea>" in answer.text
    assert stored(approval).state == "pending"
    assert not Vote.objects.exists()


def test_shows_old_and_new_revision(browser, alice, ask, ballot) -> None:
    approval = ask("one")
    shown = replace(
        forms.shown_now(approval, alice), revision=9, at=time.time() - 5
    ).sealed()
    form = ballot(approval, alice, revision=9, view=shown)
    answer = browser(alice).post(f"/r/{approval.id}/vote", form)
    assert answer.status_code == 409
    assert "You saw revision 9" in answer.text
    assert "now it is revision 1" in answer.text


def test_counts_one_vote_of_one_person(browser, alice, ask, ballot) -> None:
    approval, client = ask("two"), browser(alice)
    client.post(f"/r/{approval.id}/vote", ballot(approval, alice))
    answer = client.post(f"/r/{approval.id}/vote", ballot(approval, alice))
    assert answer.status_code == 409
    assert "already voted" in answer.text


@pytest.mark.usefixtures("minute_to_read")
def test_refuses_a_vote_quicker_than_anybody_reads(browser, alice, ask, ballot) -> None:
    approval = ask("one")
    form = ballot(approval, alice, age=0.1)
    answer = browser(alice).post(f"/r/{approval.id}/vote", form)
    assert answer.status_code == 409
    assert "quicker than anybody reads" in answer.text
    assert stored(approval).state == "pending"


def test_refuses_a_page_that_was_open_for_too_long(browser, alice, ask, ballot) -> None:
    approval = ask("one")
    form = ballot(approval, alice, age=13 * 3600)
    answer = browser(alice).post(f"/r/{approval.id}/vote", form)
    assert answer.status_code == 409
    assert "more than 12 hours" in answer.text


def test_refuses_the_form_of_another_person_or_request(
    browser, alice, bob, ask, ballot
) -> None:
    approval, other = ask("one"), ask("one")
    for form in (
        ballot(approval, bob),
        ballot(approval, alice) | {"view": ballot(other, alice)["view"]},
    ):
        answer = browser(alice).post(f"/r/{approval.id}/vote", form)
        assert answer.status_code == 409
        assert "belongs to another page" in answer.text
    assert stored(approval).state == "pending"


@pytest.mark.parametrize(
    "broken",
    [
        {"view": ""},
        {"view": "made-up"},
        {"verdict": "maybe"},
        {"revision": "x"},
        {"digest": "x"},
        {"message": "a" * 4001},
        {"message": "a\0b"},
        {"reason_code": "because"},
    ],
    ids=str,
)
def test_refuses_an_incomplete_form(browser, alice, ask, ballot, broken) -> None:
    approval = ask("one")
    answer = browser(alice).post(
        f"/r/{approval.id}/vote", ballot(approval, alice, "deny") | broken
    )
    assert answer.status_code == 422
    assert stored(approval).state == "pending"


def test_asks_for_the_reason_where_the_tier_does(browser, alice, ask, ballot) -> None:
    approval = ask("two")
    answer = browser(alice).post(
        f"/r/{approval.id}/vote", ballot(approval, alice, "deny")
    )
    assert answer.status_code == 422
    assert "This tier asks for a reason" in answer.text
    assert 'data-asks-reason="yes"' in answer.text
    assert not Vote.objects.exists()


def test_refuses_whoever_may_not_decide(browser, owner, reviewers, ask, ballot) -> None:
    owner.groups.add(reviewers)
    approval = ask("one")
    answer = browser(owner).post(f"/r/{approval.id}/vote", ballot(approval, owner))
    assert answer.status_code == 403
    assert "You own this agent" in answer.text
    assert stored(approval).state == "pending"


def test_refuses_people_without_a_group(browser, charlie, ask, ballot) -> None:
    approval = ask("one")
    answer = browser(charlie).post(f"/r/{approval.id}/vote", ballot(approval, charlie))
    assert answer.status_code == 403
    assert stored(approval).state == "pending"


def test_sends_strangers_to_the_sign_in(client, alice, ask, ballot) -> None:
    approval = ask("one")
    answer = client.post(f"/r/{approval.id}/vote", ballot(approval, alice))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
    assert stored(approval).state == "pending"


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete"])
def test_other_methods_change_nothing(browser, alice, ask, ballot, method) -> None:
    approval = ask("one")
    address = f"/r/{approval.id}/vote?verdict=approve"
    assert getattr(browser(alice), method)(address).status_code == 405
    assert stored(approval).state == "pending"


def test_refuses_a_form_from_another_site(alice, ask, ballot) -> None:
    approval = ask("one")
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post(f"/r/{approval.id}/vote", ballot(approval, alice))
    assert answer.status_code == 403
    assert "This form is no longer valid" in answer.text
    assert stored(approval).state == "pending"


def test_is_missing_for_an_unknown_id(browser, alice, ask, ballot) -> None:
    form = ballot(ask("one"), alice)
    assert browser(alice).post(f"/r/{UUID(int=7)}/vote", form).status_code == 404


def test_keeps_messages_as_long_as_lifecycle_does() -> None:
    assert forms.MAX_MESSAGE == lifecycle.MAX_MESSAGE


STRICT = """
default_tier: one
tiers:
  none: {rank: 10, route: auto}
  one:
    rank: 20
    route: review
    requirements: [{group: reviewers, count: 2}]
    reason_required: on_deny
    grants: {max_uses: 50, max_duration: 7d, max_sum: 1000}
  typed:
    rank: 30
    route: review
    requirements: [{group: reviewers, count: 1}]
    confirmation: type_target
  fresh:
    rank: 40
    route: review
    requirements: [{group: reviewers, count: 1}]
    step_up: recent_login
  keyed:
    rank: 50
    route: review
    requirements: [{group: reviewers, count: 1}]
    step_up: passkey
  viewed:
    rank: 60
    route: review
    requirements: [{group: reviewers, count: 1}]
    reason_required: never
    must_view: true
    grants: {max_uses: 2, max_duration: 1h}
rules:
  - {key: viewed, when: action.name == "viewed", tier: viewed}
  - {key: typed, when: action.name == "typed", tier: typed}
  - {key: fresh, when: action.name == "fresh", tier: fresh}
  - {key: keyed, when: action.name == "keyed", tier: keyed}
"""


@pytest.fixture
def strict(policy) -> None:
    ruleset.publish(STRICT, actor=COMMAND_LINE, reason="for these tests")


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize("wrong", ["", "DB/orders", "db/orders "])
def test_nothing_but_the_target_itself_approves(
    browser, alice, ask, ballot, wrong
) -> None:
    approval = ask("typed", resource="db/orders")
    client, before = browser(alice), everything()
    page = client.get(f"/r/{approval.pk}").text
    assert 'Type <span class="mono">db/orders</span> to approve' in page
    answer = client.post(
        f"/r/{approval.pk}/vote", ballot(approval, alice, typed=wrong), headers=HTMX
    )
    assert answer.status_code == 422
    assert "To approve this, type exactly: db/orders" in answer.text
    assert f'name="typed" value="{wrong}"' in answer.text
    assert "data-asks-reason" not in answer.text
    assert everything() == before


@pytest.mark.usefixtures("strict")
def test_what_was_not_all_looked_at_is_not_approved_but_can_be_denied(
    browser, alice, ask, ballot
) -> None:
    approval, client = ask("viewed"), browser(alice)
    before = everything()
    assert "data-must-view" in client.get(f"/r/{approval.pk}").text
    address = f"/r/{approval.pk}/vote"
    answer = client.post(address, ballot(approval, alice), headers=HTMX)
    assert answer.status_code == 422
    assert "look at all of what would run first" in answer.text
    assert everything() == before
    denial = ballot(approval, alice, verdict="deny")
    assert client.post(address, denial).status_code == 302
    other = ask("viewed")
    approving = ballot(other, alice, viewed="yes")
    assert client.post(f"/r/{other.pk}/vote", approving).status_code == 302
    assert ApprovalRequest.objects.get(pk=other.pk).state == "approved"


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize(
    ("members", "target"),
    [({"resource": "db/orders"}, "db/orders"), ({}, "typed")],
    ids=["resource", "action"],
)
def test_the_target_typed_approves(
    browser, alice, ask, ballot, members, target
) -> None:
    approval = ask("typed", **members)
    form = ballot(approval, alice, typed=target)
    assert browser(alice).post(f"/r/{approval.pk}/vote", form).status_code == 302
    assert stored(approval).state == "approved"


@pytest.mark.usefixtures("strict")
def test_a_denial_needs_no_target(browser, alice, ask, ballot) -> None:
    approval = ask("typed", resource="db/orders")
    form = ballot(approval, alice, "deny", message="No", typed="")
    browser(alice).post(f"/r/{approval.pk}/vote", form)
    assert stored(approval).state == "denied"


@pytest.mark.usefixtures("strict")
def test_a_recent_sign_in_is_asked_for_with_a_way_there(
    browser, alice, ask, ballot
) -> None:
    approval, client = ask("fresh"), browser(alice)
    link = f'href="/accounts/reauthenticate/?next=/r/{approval.pk}"'
    page = client.get(f"/r/{approval.pk}").text
    assert link in page
    assert disabled_verbs(page) == ["approve", "deny"]
    before = everything()
    answer = client.post(f"/r/{approval.pk}/vote", ballot(approval, alice))
    assert answer.status_code == 422
    assert "asks you to sign in again before you decide" in answer.text
    assert link in answer.text
    assert everything() == before
    client.post("/accounts/logout/")
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    text = client.get(f"/r/{approval.pk}").text
    assert link not in text
    assert "Yours counts until" in text
    client.post(f"/r/{approval.pk}/vote", ballot(approval, alice))
    assert stored(approval).state == "approved"


@pytest.mark.usefixtures("strict")
def test_without_a_passkey_the_page_says_where_to_add_one(
    browser, alice, ask, ballot
) -> None:
    approval, client = ask("keyed"), browser(alice)
    text = client.get(f"/r/{approval.pk}").text
    assert "You have no passkey yet." in text
    assert '<a href="/me">Your settings</a>' in text
    assert "data-passkey-approve" not in text
    assert disabled_verbs(text) == ["approve", "deny"]
    before = everything()
    for verdict in ("approve", "deny"):
        form = ballot(approval, alice, verdict, message="So.")
        answer = client.post(f"/r/{approval.pk}/vote", form)
        assert answer.status_code == 422
        assert "asks for your passkey with every verdict" in answer.text
        assert '<a href="/me">Your settings</a>' in answer.text
    assert everything() == before


def attribute(page: str, name: str) -> str:
    found = re.search(rf'{name}="([^"]+)"', page)
    assert found is not None
    return html.unescape(found[1])


@pytest.mark.usefixtures("strict")
def test_the_page_says_exactly_what_a_passkey_signs(browser, alice, ask) -> None:
    approval = ask("keyed")
    device = Authenticator()
    Passkey.objects.create(
        user=alice,
        name="laptop",
        credential_id=b64(device.credential_id),
        public_key=device.public_key,
        sign_count=0,
        transports=[],
    )
    page = browser(alice).get(f"/r/{approval.pk}").text
    shown = " ".join(Outline(page).text.split())
    assert (
        "Your passkey signs your verdict, approve or deny, on this request at" in shown
    )
    assert f"revision 1 with the digest {approval.digest}" in shown
    options = {
        verdict: json.loads(attribute(page, f"data-passkey-{verdict}"))
        for verdict in ("approve", "deny")
    }
    assert options["approve"]["challenge"] != options["deny"]["challenge"]
    view = re.search(r'name="view" value="([^"]+)"', page)
    assert view is not None
    nonce = forms.SealedView().clean(view[1]).nonce
    for verdict, asked in options.items():
        challenge = challenge_for(
            nonce=nonce,
            request=str(approval.pk),
            revision=1,
            digest=approval.digest,
            verdict=verdict,
        )
        assert asked["challenge"] == b64(challenge)


@pytest.mark.parametrize("text", ["{", "[" * 16_000], ids=["broken", "deep"])
def test_refuses_what_is_no_passkeys_answer(browser, alice, ask, ballot, text) -> None:
    approval = ask("one")
    before = everything()
    form = ballot(approval, alice, assertion=text)
    assert browser(alice).post(f"/r/{approval.pk}/vote", form).status_code == 422
    assert everything() == before


@pytest.fixture
def proposed(strict, ask, bob) -> ApprovalRequest:
    """A request on which Bob voted, and proposed to allow more of the like."""
    approval = ask("one", arguments={"to": "a@example.com", "n": 3})
    terms = Terms(
        conditions=[
            Condition("to", Kind.EXACT, "a@example.com"),
            Condition("n", Kind.AT_MOST, 5),
        ],
        max_uses=20,
        lasts=timedelta(days=2),
        sum_argument="n",
        max_sum=Decimal(100),
    )
    return cast_vote(approval, bob, grant=terms)


def test_a_proposed_grant_is_shown_with_its_terms(browser, alice, proposed) -> None:
    text = browser(alice).get(f"/r/{proposed.pk}").text
    shown = " ".join(Outline(text).text.split())
    assert "Approve, and the standing approval bob proposed, too" in shown
    assert "Up to 20 requests of deploy-bot like this one, for 2 days" in shown
    assert "with n adding up to at most 100" in shown
    assert 'to exactly "a@example.com"' in shown
    assert "n at most 5" in shown


def test_whoever_agrees_to_a_grant_sees_what_it_would_have_covered(
    browser, alice, proposed, ask, agent
) -> None:
    for number in (2, 4, 6):
        ask("one", arguments={"to": "a@example.com", "n": number})
    shown = browser(alice).get(f"/r/{proposed.pk}").text
    shown = " ".join(Outline(shown).text.split())
    assert "In the last 30 days it would have covered 2" in shown
    assert "2 other requests would have matched, of 3 looked at. 2 pending." in shown


def test_the_grant_is_agreed_to_with_the_vote(browser, alice, proposed, ballot) -> None:
    grant = Grant.objects.get()
    form = ballot(proposed, alice, grant=str(grant.pk))
    browser(alice).post(f"/r/{proposed.pk}/vote", form)
    grant.refresh_from_db()
    assert stored(proposed).state == "approved"
    assert grant.granted_by == ["bob", "alice"]
    page = browser(alice).get(f"/r/{proposed.pk}").text
    told = " ".join(Outline(page).text.split())
    assert "alice voted to approve and agreed to the standing approval" in told


@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_a_vote_can_be_on_the_request_alone(
    browser, alice, proposed, ballot, verdict
) -> None:
    chosen = {} if verdict == "approve" else {"grant": str(Grant.objects.get().pk)}
    form = ballot(proposed, alice, verdict, message="So.", **chosen)
    browser(alice).post(f"/r/{proposed.pk}/vote", form)
    assert stored(proposed).state in ("approved", "denied")
    assert Grant.objects.get().granted_at is None


def test_a_grant_nobody_proposed_here_is_refused(
    browser, alice, strict, ask, ballot
) -> None:
    approval = ask("one")
    before = everything()
    form = ballot(approval, alice, grant=str(UUID(int=7)))
    answer = browser(alice).post(f"/r/{approval.pk}/vote", form)
    assert answer.status_code == 422
    assert "is not proposed on this request" in answer.text
    assert everything() == before


def test_a_vote_on_an_earlier_revision_shows_what_is_different(
    browser, alice, bob, ask, ballot
) -> None:
    """Since what this person saw, however often it was edited meanwhile."""
    approval = ask("two", arguments={"sql": "DELETE FROM a"})
    late = ballot(approval, alice)
    for table in "bc":
        now = stored(approval)
        lifecycle.edit(
            now.pk,
            actor=bob,
            revision=now.revision,
            digest=now.digest,
            arguments={"sql": f"DELETE FROM {table}"},
        )
    before = everything()
    answer = browser(alice).post(f"/r/{approval.pk}/vote", late, headers=HTMX)
    assert answer.status_code == 409
    assert "This request changed after you opened it." in answer.text
    assert '<a href="#changed">See what is different in the action</a>' in answer.text
    assert "What is different since revision 1, which you had opened" in answer.text
    assert "DELETE FROM <mark>a</mark>" in answer.text
    assert "DELETE FROM <mark>c</mark>" in answer.text
    assert "<mark>b</mark>" not in answer.text
    assert everything() == before


def test_nothing_is_approved_under_a_brake(browser, alice, ask, ballot) -> None:
    approval = ask("one", environment="production")
    brake.engage(
        scope="environment", value="production", reason="x", actor=COMMAND_LINE
    )
    before = everything()
    client = browser(alice)
    answer = client.post(f"/r/{approval.pk}/vote", ballot(approval, alice))
    assert answer.status_code in (403, 423)
    assert "The brake is on" in answer.text
    assert everything() == before
    client.post(f"/r/{approval.pk}/vote", ballot(approval, alice, "deny", message="No"))
    assert stored(approval).state == "denied"
