"""``/bulk`` and ``/bulk/decide``: several requests of one shape with one gesture."""

import html
import re
import time
from dataclasses import replace

import pytest
from django.db import DatabaseError, IntegrityError
from django.test import Client

from approvals import bulk_votes, forms, lifecycle, ruleset
from approvals.bulk_forms import new_lot
from approvals.models import ApprovalRequest, Policy, Vote
from audit.log import COMMAND_LINE, SYSTEM
from audit.models import Entry
from audit.payloads import facts_of
from tests.approvals.conftest import TIERS
from tests.approvals.racing import Racers
from tests.approvals.test_render import HOSTILE, Outline
from tests.approvals.voting import cast_vote

pytestmark = pytest.mark.django_db

BULK = TIERS.replace("reason_required: never", "reason_required: never\n    bulk: 4")
ACTIVE = {"a", "form", "h1", "iframe", "img", "input", "pre", "script", "code"}
BULK = BULK.replace("reason_required: on_deny", "reason_required: on_deny\n    bulk: 2")


@pytest.fixture
def policy(db: None) -> Policy:
    return ruleset.publish(BULK, actor=COMMAND_LINE, reason="for tests")


def address(*approvals: ApprovalRequest) -> str:
    return "/bulk?" + "&".join(f"r={one.pk}.{one.revision}" for one in approvals)


def stored(approval: ApprovalRequest) -> ApprovalRequest:
    return ApprovalRequest.objects.get(pk=approval.pk)


def states(*approvals: ApprovalRequest) -> list[str]:
    return [stored(one).state for one in approvals]


@pytest.fixture
def lot(sealed):
    """What the form of a preview sends, five seconds after it was made."""

    def fill_in(person, *approvals, verdict="approve", **more):
        return {
            "verdict": verdict,
            "lot": new_lot(person, (one.pk for one in approvals)).sealed(),
            "view": [sealed(one, person) for one in approvals],
            **more,
        }

    return fill_in


def told(answer) -> dict[str, str]:
    """What the page of outcomes says of each request."""
    items = re.findall(r'<li data-id="([^"]+)".*?</li>', answer.text, re.DOTALL)
    parts = re.split(r'<li data-id="', answer.text)[1:]
    words = [" ".join(Outline(f"<li {part}").text.split()) for part in parts]
    return dict(zip(items, words, strict=True))


def test_shows_what_differs_whole_and_the_rest_once(browser, alice, ask) -> None:
    long = "x" * 3000 + "END"
    first = ask("one", arguments={"to": "ana", "text": "Same for all"})
    second = ask("one", arguments={"to": long, "text": "Same for all"})
    page = browser(alice).get(address(first, second))
    assert page.status_code == 200
    assert page.text.count("Same for all") == 1
    assert long in page.text
    assert "Decide 2 requests at once" in page.text
    assert page.text.count('name="view"') == 2
    assert not Vote.objects.exists()


def test_shows_what_the_agents_say_and_what_was_found(browser, alice, ask) -> None:
    first = ask("one", summary="Please", justification="Because I say so")
    evidence = [{"kind": "text", "title": "Log", "content": "all is well"}]
    second = ask("one", resource="r-2", evidence=evidence, metadata={"ticket": "T-9"})
    page = browser(alice).get(address(first, second)).text
    for words in ("Please", "Because I say so", "all is well", "T-9", "r-2"):
        assert words in page


@pytest.mark.parametrize("text", [text for text in HOSTILE if "\0" not in text])
def test_shows_hostile_text_as_text(browser, alice, ask, text) -> None:
    calm, hostile = (
        [
            ask("one", arguments={"n": "a", "t": "b"}, summary="s", resource="r"),
            ask("one", arguments={"n": word, "t": "b"}, summary=word, resource=word),
        ]
        for word in ("plain", text)
    )
    client = browser(alice)
    pages = [Outline(client.get(address(*asked)).text) for asked in (calm, hostile)]
    bare = [[tag for tag in page.tags if tag[0] in ACTIVE] for page in pages]
    assert bare[0] == bare[1]


def test_equal_requests_that_are_one_row_come_together(browser, alice, ask) -> None:
    asked = [ask("one") for _ in range(3)]
    joined = ",".join(f"{one.pk}.1" for one in asked[1:])
    page = browser(alice).get(f"{address(asked[0])}&r={joined}").text
    assert page.count('name="view"') == 3
    picks = f'data-picks="{asked[0].pk}.1,{joined}"'
    assert picks in browser(alice).get("/").text


def test_leaves_out_what_cannot_be_decided_with_the_others_and_says_why(
    browser, alice, bob, ask, cast
) -> None:
    good, other = ask("one"), ask("one")
    over, typed, alone = ask("one"), ask("one", arguments={"n": "x"}), ask("both")
    gone, twice = ask("two"), ask("two")
    cast(over, bob)
    cast(twice, alice)
    moved = address(good, other, over, typed, alone, gone, twice)
    page = html.unescape(browser(alice).get(moved).text)
    left = page.partition("Left out")[2]
    assert page.count('name="view"') == 2
    for words in (
        "This request is already approved.",
        "It is of another shape: 'n' is text.",
        "Its tier is decided one by one.",
        "It is of another shape: another action.",
        "You have already voted on it.",
    ):
        assert words in left


def test_leaves_out_what_changed_after_it_was_selected(
    browser, alice, bob, ask
) -> None:
    approval, still = ask("one"), ask("one")
    before = address(approval, still)
    lifecycle.edit(
        approval.pk,
        actor=bob,
        arguments={"n": 2},
        revision=1,
        digest=approval.digest,
    )
    page = browser(alice).get(before).text
    assert "It changed after you selected it: it is revision 2 now." in page
    assert page.count('name="view"') == 1


def test_leaves_out_what_is_over_the_cap_of_the_tier(browser, alice, ask) -> None:
    page = browser(alice).get(address(*(ask("one") for _ in range(6)))).text
    assert page.count('name="view"') == 4
    assert page.count("At most 4 are decided at once.") == 2


def test_leaves_out_what_is_not_theirs_to_decide(
    browser, owner, reviewers, ask
) -> None:
    owner.groups.add(reviewers)
    page = browser(owner).get(address(ask("one"))).text
    assert "You own this agent" in page
    assert 'name="view"' not in page


@pytest.mark.parametrize(
    "query",
    ["", "?r=", "?r=x", "?r=0198c0de-0000-7000-8000-000000000000.1", "?r=1.1.1"],
)
def test_selecting_nothing_that_is_there_decides_nothing(
    browser, alice, policy, query
) -> None:
    page = browser(alice).get(f"/bulk{query}")
    assert page.status_code == 200
    assert 'name="view"' not in page.text


def test_votes_on_each_and_says_what_became_of_it(browser, alice, ask, lot) -> None:
    first, second = ask("one"), ask("one", arguments={"n": 2})
    answer = browser(alice).post("/bulk/decide", lot(alice, first, second))
    assert answer.status_code == 200
    assert states(first, second) == ["approved", "approved"]
    assert "counts for 2 of 2" in answer.text
    assert all("Approved" in words for words in told(answer).values())


def test_counts_where_more_people_are_needed(browser, alice, ask, lot) -> None:
    first, second = ask("two"), ask("two")
    answer = browser(alice).post("/bulk/decide", lot(alice, first, second))
    assert states(first, second) == ["pending", "pending"]
    assert all("1 of 2 approvals" in words for words in told(answer).values())


def test_denies_with_the_reason_for_each(browser, alice, ask, lot) -> None:
    first, second = ask("two"), ask("two")
    form = lot(alice, first, second, verdict="deny", message="Use the copy")
    browser(alice).post("/bulk/decide", form)
    assert states(first, second) == ["denied", "denied"]
    assert stored(second).decision_message == "Use the copy"


def test_asks_for_the_reason_where_the_tier_does(browser, alice, ask, lot) -> None:
    approval, free = ask("two"), ask("one")
    assert "(or a message)" in browser(alice).get(address(approval)).text
    assert "(optional)" in browser(alice).get(address(free)).text
    form = lot(alice, approval, verdict="deny")
    answer = browser(alice).post("/bulk/decide", form)
    assert "This tier asks for a reason" in answer.text
    assert states(approval) == ["pending"]


def test_one_that_fails_stops_no_other(
    browser, alice, bob, ask, lot, cast, monkeypatch
) -> None:
    first, taken, broken, last = (ask("one") for _ in range(4))
    form = lot(alice, first, taken, broken, last)
    cast(taken, bob, "deny")
    real = lifecycle.vote

    def fail_once(approval_id, **rest):
        if approval_id == broken.pk:
            raise DatabaseError("the disk is full")
        return real(approval_id, **rest)

    monkeypatch.setattr(bulk_votes.lifecycle, "vote", fail_once)
    words = told(browser(alice).post("/bulk/decide", form))
    assert states(first, taken, broken, last) == [
        "approved",
        "denied",
        "pending",
        "approved",
    ]
    assert "already denied" in words[str(taken.pk)]
    assert "The server failed." in words[str(broken.pk)]


def test_the_log_says_that_it_was_cast_with_which_others(
    browser, alice, ask, lot
) -> None:
    first, second, single = ask("one"), ask("one"), ask("one")
    browser(alice).post("/bulk/decide", lot(alice, first, second))
    cast_vote(single, alice)
    entries = Entry.objects.filter(action="request:voted").order_by("id")
    facts = [facts_of(entry) for entry in entries]
    assert facts[0]["bulk"]["id"] == facts[1]["bulk"]["id"]
    assert facts[0]["bulk"]["size"] == 2
    assert facts[0]["bulk"]["with"] == [str(second.pk)]
    assert facts[1]["bulk"]["with"] == [str(first.pk)]
    assert facts[0]["shown"] == lifecycle.digest_of_facts(first)
    assert "bulk" not in facts[2]
    page = browser(alice).get(f"/r/{first.pk}").text
    assert "at once with 1 other" in page


def test_the_same_form_again_only_reports(browser, alice, ask, lot) -> None:
    first, second = ask("two"), ask("two")
    form, client = lot(alice, first, second), browser(alice)
    answers = [told(client.post("/bulk/decide", form)) for _ in range(2)]
    assert answers[0] == answers[1]
    assert Vote.objects.count() == 2
    assert Entry.objects.filter(action="request:voted").count() == 2


def test_a_vote_that_was_withdrawn_is_not_cast_again(browser, alice, ask, lot) -> None:
    approval = ask("two")
    form, client = lot(alice, approval), browser(alice)
    client.post("/bulk/decide", form)
    lifecycle.withdraw(approval.pk, actor=alice)
    answer = client.post("/bulk/decide", form)
    assert "You have withdrawn this vote." in answer.text
    assert Vote.objects.filter(withdrawn_at=None).count() == 0
    (vote,) = Vote.objects.all()
    vote.pk = None
    with pytest.raises(IntegrityError, match="one_vote_per_lot_and_request"):
        vote.save(force_insert=True)


def test_what_was_cut_off_half_way_goes_on(
    browser, alice, ask, lot, monkeypatch
) -> None:
    first, second = ask("one"), ask("one")
    form, client, real = lot(alice, first, second), browser(alice), lifecycle.vote

    def killed(approval_id, **rest):
        if approval_id == second.pk:
            raise KeyboardInterrupt
        return real(approval_id, **rest)

    with monkeypatch.context() as patch:
        patch.setattr(bulk_votes.lifecycle, "vote", killed)
        with pytest.raises(KeyboardInterrupt):
            client.post("/bulk/decide", form)
    assert states(first, second) == ["approved", "pending"]
    answer = client.post("/bulk/decide", form)
    assert "counts for 2 of 2" in answer.text
    assert states(first, second) == ["approved", "approved"]
    assert Vote.objects.count() == 2


def test_refuses_more_than_the_cap_however_they_came_together(
    browser, alice, ask, lot
) -> None:
    asked = [ask("two") for _ in range(3)]
    answer = browser(alice).post("/bulk/decide", lot(alice, *asked))
    assert not Vote.objects.exists()
    assert "at most 2 are decided at once" in answer.text.lower()


def test_refuses_another_shape_that_was_slipped_in(browser, alice, ask, lot) -> None:
    first, second, other = ask("one"), ask("one"), ask("one", arguments={"n": "x"})
    words = told(browser(alice).post("/bulk/decide", lot(alice, first, second, other)))
    assert states(first, second, other) == ["approved", "approved", "pending"]
    assert "another shape" in words[str(other.pk)]


def test_refuses_what_its_tier_decides_one_by_one(browser, alice, ask, lot) -> None:
    approval = ask("both")
    answer = browser(alice).post("/bulk/decide", lot(alice, approval, message="So."))
    assert "one by one" in answer.text
    assert not Vote.objects.exists()


def test_decides_only_what_is_still_ticked(browser, alice, ask, lot) -> None:
    first, second = ask("one"), ask("one")
    form = lot(alice, first, second)
    form["view"] = form["view"][:1]
    browser(alice).post("/bulk/decide", form)
    assert states(first, second) == ["approved", "pending"]
    form["view"] = []
    assert browser(alice).post("/bulk/decide", form).status_code == 422


def test_refuses_an_item_that_changed_since_the_preview(
    browser, alice, bob, ask, lot
) -> None:
    changed, same = ask("one"), ask("one")
    form = lot(alice, changed, same)
    lifecycle.edit(
        changed.pk, actor=bob, arguments={"n": 2}, revision=1, digest=changed.digest
    )
    words = told(browser(alice).post("/bulk/decide", form))
    assert states(changed, same) == ["pending", "approved"]
    assert "revision 2 now" in words[str(changed.pk)]


@pytest.mark.usefixtures("minute_to_read")
def test_refuses_verdicts_quicker_than_anybody_reads(browser, alice, ask, lot) -> None:
    approval = ask("one")
    answer = browser(alice).post("/bulk/decide", lot(alice, approval))
    assert "quicker than anybody reads" in answer.text
    assert states(approval) == ["pending"]


def test_refuses_a_preview_that_was_open_for_too_long(browser, alice, ask, lot) -> None:
    approval = ask("one")
    old = replace(forms.shown_now(approval, alice), at=time.time() - 13 * 3600)
    form = lot(alice, approval) | {"view": [old.sealed()]}
    assert "more than 12 hours" in browser(alice).post("/bulk/decide", form).text
    assert states(approval) == ["pending"]


def test_refuses_another_persons_form_and_items_it_did_not_offer(
    browser, alice, bob, ask, lot
) -> None:
    approval, other = ask("one"), ask("one")
    for form in (
        lot(bob, approval),
        lot(alice, approval) | {"view": lot(alice, other)["view"]},
    ):
        answer = browser(alice).post("/bulk/decide", form)
        assert answer.status_code == 409
        assert "belongs to another page" in answer.text
    form = lot(alice, approval) | {"view": lot(bob, approval)["view"]}
    assert "belongs to another page" in browser(alice).post("/bulk/decide", form).text
    assert not Vote.objects.exists()


@pytest.mark.parametrize(
    "broken",
    [{"view": ["x"]}, {"lot": "x"}, {"verdict": "maybe"}, {"message": "a" * 4001}],
    ids=str,
)
def test_refuses_an_incomplete_form(browser, alice, ask, lot, broken) -> None:
    approval = ask("one")
    form = lot(alice, approval, verdict="deny") | broken
    assert browser(alice).post("/bulk/decide", form).status_code == 422
    assert states(approval) == ["pending"]


def test_the_brake_stops_approvals_and_lets_denials_through(
    browser, alice, ask, lot
) -> None:
    first, second = ask("one"), ask("one")
    lifecycle.engage_brake(scope="everything", reason="It runs away", actor=SYSTEM)
    page = browser(alice).get(address(first, second)).text
    assert "Can only be denied" in page
    assert "The deadline stands still" in page
    assert "Denied automatically" not in page
    answer = browser(alice).post("/bulk/decide", lot(alice, first, second))
    assert "The brake is on" in answer.text
    assert states(first, second) == ["pending", "pending"]
    form = lot(alice, first, second, verdict="deny")
    browser(alice).post("/bulk/decide", form)
    assert states(first, second) == ["denied", "denied"]


def test_asks_whoever_has_not_signed_in_lately_where_the_tier_does(
    browser, alice, ask
) -> None:
    fresh = BULK.replace("bulk: 4", "bulk: 4\n    step_up: recent_login")
    approval = ask("one")
    ruleset.publish(fresh, actor=COMMAND_LINE, reason="for tests")
    approval = ask("one")
    page = browser(alice).get(address(approval)).text
    assert "sign in again" in page
    assert "Confirm it is you" in page


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "options"])
def test_only_posts_decide(browser, alice, ask, lot, method) -> None:
    approval = ask("one")
    assert getattr(browser(alice), method)("/bulk/decide").status_code == 405
    assert browser(alice).post("/bulk").status_code == 405
    assert states(approval) == ["pending"]


def test_strangers_and_people_without_a_group_get_neither(
    browser, client, charlie, alice, ask, lot
) -> None:
    approval = ask("one")
    for send in (
        lambda client: client.get(address(approval)),
        lambda client: client.post("/bulk/decide", lot(alice, approval)),
    ):
        assert send(client).status_code == 302
        assert send(browser(charlie)).status_code == 403
    assert states(approval) == ["pending"]


def test_refuses_a_form_from_another_site(alice, ask, lot) -> None:
    approval = ask("one")
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post("/bulk/decide", lot(alice, approval)).status_code == 403
    assert states(approval) == ["pending"]


@pytest.mark.django_db(transaction=True)
def test_sent_twice_at_once_each_is_decided_once(alice, ask, lot) -> None:
    asked = [ask("two") for _ in range(2)]
    form = lot(alice, *asked)
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(alice)

    def send(client: Client):
        return lambda: told(client.post("/bulk/decide", form))

    with Racers(2) as racers:
        answers = racers.at_once([send(client) for client in clients])
    assert answers[0] == answers[1]
    assert all("1 of 2 approvals" in words for words in answers[0].values())
    assert Vote.objects.count() == 2
    assert Entry.objects.filter(action="request:voted").count() == 2
