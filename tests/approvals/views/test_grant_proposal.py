"""``/r/<id>/grant``: approve, and allow the like on terms whose effect was shown."""

import json
import time
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents import brake
from approvals import forms, lifecycle, passkeys, ruleset, webauthn
from approvals.access import tier_of
from approvals.grant_forms import TermsForm, data_of, fingerprint
from approvals.lifecycle.grants import terms_of
from approvals.models import ApprovalRequest, Grant, Passkey, Policy, Vote
from approvals.submission import Submission
from audit.log import COMMAND_LINE, SYSTEM
from tests.approvals.authenticator import Authenticator
from tests.approvals.views.conftest import HTMX
from tests.approvals.views.granting import (
    TIERS,
    filled,
    give,
    seen,
    shown_for,
    words_of,
)
from tests.approvals.voting import cast_vote

pytestmark = pytest.mark.django_db
MAIL = {"to": "ana@example.com", "amount": 40, "draft": True}


@pytest.fixture
def policy(db: None) -> Policy:
    return ruleset.publish(TIERS, actor=COMMAND_LINE, reason="for tests")


@pytest.fixture
def asked(ask) -> ApprovalRequest:
    """Three arguments, in the order of the canonical JSON: amount, draft, to."""
    return ask("one", arguments=MAIL, environment="production")


def stored(approval: ApprovalRequest) -> ApprovalRequest:
    return ApprovalRequest.objects.get(pk=approval.pk)


def nothing_happened(approval: ApprovalRequest) -> bool:
    untouched = stored(approval).state == "pending"
    return untouched and not Vote.objects.exists() and not Grant.objects.exists()


# The page


def test_shows_the_action_the_caps_and_careful_terms(browser, alice, asked) -> None:
    answer = browser(alice).get(f"/r/{asked.id}/grant")
    assert answer.status_code == 200
    words = words_of(answer)
    assert "On this tier at most 50 uses and 168 hours" in words
    assert "or 10 times, whichever comes first, deploy-bot may run one" in words
    assert "in production" in words
    assert 'to is exactly "ana@example.com"' in words
    assert 'name="max_uses" value="10"' in answer.text
    assert 'name="hours" value="24"' in answer.text
    assert nothing_happened(asked)


def test_stays_within_the_caps_of_a_careful_tier(browser, alice, ask) -> None:
    answer = browser(alice).get(f"/r/{ask('sum', arguments={'n': 7}).id}/grant")
    assert 'name="max_uses" value="5"' in answer.text
    assert 'name="hours" value="1.5"' in answer.text
    assert 'name="max_sum" value="1000' in answer.text
    assert "n adds up to at most 1000" in words_of(answer)


def test_offers_each_argument_what_its_type_allows(browser, alice, asked) -> None:
    page = browser(alice).get(f"/r/{asked.id}/grant").text
    assert 'name="at_most-0"' in page
    assert 'name="prefix-2"' in page
    assert 'name="prefix-0"' not in page
    assert 'name="at_most-1"' not in page, "true is no number"
    assert 'name="at_most-2"' not in page


def test_says_that_the_tier_allows_none(browser, alice, ask) -> None:
    approval = ask("never-the-like")
    answer = browser(alice).get(f"/r/{approval.id}/grant")
    assert answer.status_code == 200
    assert "This tier does not allow standing approvals." in answer.text
    assert "verdict" not in answer.text


def test_says_that_it_is_decided_already(browser, alice, bob, asked) -> None:
    give(browser(alice), asked, alice)
    answer = browser(bob).get(f"/r/{asked.id}/grant")
    assert answer.status_code == 200
    assert "This request is already approved." in answer.text


def test_says_that_somebody_has_voted_already(browser, alice, ask) -> None:
    approval, client = ask("two"), browser(alice)
    client.post(f"/r/{approval.id}/grant", seen(approval, alice, message="Weekly"))
    assert "already voted" in client.get(f"/r/{approval.id}/grant").text


def test_a_long_value_is_shown_whole_beside_its_field(browser, alice, ask) -> None:
    approval = ask("one", arguments={"body": "x" * 5000})
    answer = browser(alice).get(f"/r/{approval.id}/grant")
    assert "x" * 5000 in answer.text
    assert "+4602 characters" in answer.text


# Giving one


def test_approves_and_allows_the_like(browser, alice, asked, ask) -> None:
    client = browser(alice)
    data = seen(
        asked,
        alice,
        kind__0="at_most",
        at_most__0="100",
        kind__2="one_of",
        one_of__2='ana@example.com\r\n" bob@example.com"\r\n',
        max_uses="3",
        hours="1.5",
        sum_argument="amount",
        max_sum="250.5",
    )
    answer = client.post(f"/r/{asked.id}/grant", data)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert "Approved: one of deploy-bot, and the like" in words_of(client.get("/"))
    assert stored(asked).state == "approved"
    grant = Grant.objects.get()
    assert grant.conditions == [
        {"argument": "amount", "kind": "at_most", "value": 100},
        {"argument": "draft", "kind": "exact", "value": True},
        {
            "argument": "to",
            "kind": "one_of",
            "value": ["ana@example.com", " bob@example.com"],
        },
    ]
    assert (grant.max_uses, grant.lasts) == (3, timedelta(hours=1.5))
    assert (grant.sum_argument, grant.max_sum) == ("amount", Decimal("250.5"))
    assert grant.granted_by == ["alice"]
    like = ask("one", arguments=MAIL | {"amount": 99}, environment="production")
    assert (like.state, like.grant_id) == ("approved", grant.pk)
    unlike = ask("one", arguments=MAIL | {"amount": 101}, environment="production")
    assert unlike.state == "pending"


def test_approves_from_the_page_that_it_made_itself(browser, alice, asked) -> None:
    """Without anything of ours in between but half a second."""
    client = browser(alice)
    data = filled(asked, kind__2="prefix", prefix__2="ana@")
    page = client.post(f"/r/{asked.id}/grant", data)
    assert page.status_code == 200
    assert nothing_happened(asked)
    view = page.text.split('name="view" value="')[1].split('"')[0]
    time.sleep(0.6)
    sent = data | {"view": view, "verdict": "approve"}
    assert client.post(f"/r/{asked.id}/grant", sent).status_code == 302
    assert Grant.objects.get().conditions[2]["kind"] == "prefix"


def test_tells_a_script_where_to_go(browser, alice, asked) -> None:
    data = seen(asked, alice)
    answer = browser(alice).post(f"/r/{asked.id}/grant", data, headers=HTMX)
    assert answer["HX-Redirect"] == "/"


def test_previews_as_a_fragment(browser, alice, asked) -> None:
    client = browser(alice)
    answer = client.post(f"/r/{asked.id}/grant", filled(asked), headers=HTMX)
    assert answer.text.lstrip().startswith('<article id="grant"')
    assert nothing_happened(asked)


def test_takes_the_same_quorum_on_the_same_terms(browser, alice, bob, ask) -> None:
    approval = ask("two")
    mine = seen(approval, alice, max_uses="2", message="Weekly")
    browser(alice).post(f"/r/{approval.id}/grant", mine)
    proposed = Grant.objects.get()
    assert (stored(approval).state, proposed.granted_at) == ("pending", None)
    page = browser(bob).get(f"/r/{approval.id}/grant?proposal={proposed.pk}")
    assert "alice: 2 uses, 24 hours" in words_of(page)
    assert 'name="max_uses" value="2"' in page.text
    assert "approving agrees to them" in page.text
    agreed = seen(approval, bob, max_uses="2", message="Me too")
    assert browser(bob).post(f"/r/{approval.id}/grant", agreed).status_code == 302
    grant = Grant.objects.get()
    assert grant.granted_by == ["alice", "bob"]


def test_other_terms_than_the_first_persons_give_nothing(
    browser, alice, bob, ask
) -> None:
    approval = ask("two")
    mine = seen(approval, alice, max_uses="2", message="Weekly")
    browser(alice).post(f"/r/{approval.id}/grant", mine)
    client = browser(bob)
    client.post(f"/r/{approval.id}/grant", seen(approval, bob, message="More"))
    assert stored(approval).state == "approved"
    assert not Grant.objects.filter(granted_at__isnull=False).exists()
    assert "not agreed to by enough people" in client.get("/").text


def test_terms_read_from_a_grant_are_the_same_terms(asked, alice, browser) -> None:
    grant = give(
        browser(alice),
        asked,
        alice,
        kind__0="at_most",
        at_most__0="100.25",
        kind__2="one_of",
        one_of__2='ana@example.com\n" x"\n"a\\nb"\n"\\"quoted\\""',
        hours="0.37",
        sum_argument="amount",
        max_sum="1000000000",
    )
    caps = tier_of(asked).grants
    assert caps is not None
    form = TermsForm(asked, caps, data_of(grant, asked))
    assert form.is_valid(), form.errors
    assert fingerprint(form.terms()) == fingerprint(terms_of(grant))


# The preview


def ask_much(ask, alice) -> None:
    """Four that match ``amount at most 100``, two of them denied, and others."""
    for amount in (1, 2, 3, 4, 101, -1):
        ask("one", arguments=MAIL | {"amount": amount}, environment="production")
    for number, approval in enumerate(ApprovalRequest.objects.order_by("id")[:2]):
        cast_vote(approval, alice, "deny", message=f"No {number}", reason_code="")
    ask("one", arguments=MAIL | {"amount": 5}, environment="staging")
    ask("one", arguments=MAIL | {"amount": 5}, resource="x", environment="production")
    ask("one", arguments=MAIL | {"amount": 5}, subject="x", environment="production")
    ask("one", arguments=MAIL | {"more": 1}, environment="production")
    ask("sum", arguments=MAIL | {"amount": 5}, environment="production")


def test_counts_what_would_have_matched_and_what_became_of_it(
    browser, alice, ask
) -> None:
    ask_much(ask, alice)
    asked = ask("one", arguments=MAIL, environment="production")
    changes = {"kind__0": "at_most", "at_most__0": "100"}
    limited = {"sum_argument": "amount", "max_sum": "50"}
    data = filled(asked, **changes, **limited)
    words = words_of(browser(alice).post(f"/r/{asked.id}/grant", data))
    assert "4 other requests would have matched, of 10 looked at." in words
    assert "2 pending, 2 denied." in words
    assert "amount added up to 10." in words
    assert "denied what this would have allowed" in words


def test_marks_the_denied_ones_and_links_them(browser, alice, ask) -> None:
    ask_much(ask, alice)
    asked = ask("one", arguments=MAIL, environment="production")
    data = filled(asked, kind__0="at_most", at_most__0="100")
    page = browser(alice).post(f"/r/{asked.id}/grant", data).text
    denied = ApprovalRequest.objects.filter(state="denied")
    for approval in denied:
        assert page.count(f'href="/r/{approval.pk}"') == 2
    assert page.count('<span class="state denied">Denied</span>') == 2


def test_finds_what_the_grant_would_really_approve(browser, alice, ask) -> None:
    """The preview and the use of a grant judge the same requests alike."""
    ask_much(ask, alice)
    ask("one", arguments=MAIL | {"amount": 7.0}, environment="production")
    ask("one", arguments=MAIL | {"amount": "7"}, environment="production")
    ask("one", arguments=MAIL | {"amount": 1e-13}, environment="production")
    ask("one", arguments=MAIL | {"amount": 99}, environment="production")
    earlier = list(ApprovalRequest.objects.order_by("id"))
    asked = ask("one", arguments=MAIL, environment="production")
    changes = {
        "kind__0": "at_most",
        "at_most__0": "100",
        "sum_argument": "amount",
        "max_sum": "60",
    }
    page = browser(alice).post(f"/r/{asked.id}/grant", filled(asked, **changes)).text
    give(browser(alice), asked, alice, **changes)
    for approval in earlier:
        again = lifecycle.submit(
            Submission(
                action=approval.action,
                arguments=approval.arguments,
                environment=approval.environment,
                resource=approval.resource,
                subject=approval.subject,
            ),
            agent=approval.agent,
            key=approval.key,
        ).approval
        is_like = again.grant_id is not None
        assert (f'href="/r/{approval.pk}"' in page) is is_like, approval.arguments


def test_looks_at_this_agents_requests_of_30_days_only(browser, alice, ask) -> None:
    old = ask("one", arguments=MAIL)
    before = old.created_at - timedelta(days=30, minutes=1)
    ApprovalRequest.objects.filter(pk=old.pk).update(created_at=before)
    asked = ask("one", arguments=MAIL)
    words = words_of(browser(alice).get(f"/r/{asked.id}/grant"))
    assert "0 other requests would have matched, of 0 looked at." in words


def test_says_when_there_were_more_than_it_looked_at(
    browser, alice, ask, monkeypatch
) -> None:
    monkeypatch.setattr("approvals.grant_preview.LOOKED_AT", 3)
    for _ in range(4):
        ask("one", arguments=MAIL)
    asked = ask("one", arguments=MAIL)
    words = words_of(browser(alice).get(f"/r/{asked.id}/grant"))
    assert "3 other requests would have matched, of 3 looked at. There were" in words


def test_ends_with_large_requests_too(browser, alice, ask, monkeypatch) -> None:
    monkeypatch.setattr("approvals.grant_preview.READ", 500)
    for _ in range(3):
        ask("one", arguments={"n": "x" * 300})
    asked = ask("one", arguments={"n": "x" * 300})
    words = words_of(browser(alice).get(f"/r/{asked.id}/grant"))
    assert "of 2 looked at. There were more" in words


def test_counts_nothing_riskier_than_this_request(browser, alice, ask) -> None:
    """The policy of that day put one of them into a higher tier."""
    riskier = ask("one", arguments=MAIL)
    ApprovalRequest.objects.filter(pk=riskier.pk).update(tier="two", tier_rank=30)
    alike = ask("one", arguments=MAIL)
    asked = ask("one", arguments=MAIL)
    answer = browser(alice).get(f"/r/{asked.id}/grant")
    assert "1 other request would have matched, of 2" in words_of(answer)
    assert f'href="/r/{alike.pk}"' in answer.text
    assert f'href="/r/{riskier.pk}"' not in answer.text


def test_looks_along_the_index_of_agent_and_action(browser, alice, asked) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO approvals_approvalrequest
            SELECT (jsonb_populate_record(request, jsonb_build_object(
                'id', gen_random_uuid(), 'change', nextval('approvals_change'),
                'action', 'other.' || n % 5))).*
            FROM approvals_approvalrequest request, generate_series(1, 5000) n
            """
        )
        cursor.execute("ANALYZE approvals_approvalrequest")
    client = browser(alice)
    with CaptureQueriesContext(connection) as queries:
        client.get(f"/r/{asked.id}/grant")
    (query,) = [query["sql"] for query in queries if "LIMIT 1002" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + query[query.index("SELECT") :].replace("%", "%%"))
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "using request_by_action on" in plan, plan
    assert "Sort" not in plan, plan


# Refusals


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"max_uses": ""}, "This field is required"),
        ({"max_uses": "0"}, "greater than or equal to 1"),
        ({"max_uses": "x"}, "whole number"),
        ({"max_uses": "51"}, "From 1 to 50 uses"),
        ({"hours": ""}, "This field is required"),
        ({"hours": "0"}, "greater than or equal to 0.01"),
        ({"hours": "169"}, "7 days, 0:00:00 at most"),
        ({"hours": "NaN"}, "Enter a number"),
        ({"hours": "1e99999"}, "Ensure"),
        ({"kind__0": "prefix"}, "not one of the available choices"),
        ({"kind__0": "at_most", "at_most__0": ""}, "Give a number"),
        ({"kind__0": "at_most", "at_most__0": "x"}, "This is not JSON"),
        ({"kind__0": "at_most", "at_most__0": '"9"'}, "Give a number"),
        ({"kind__0": "at_most", "at_most__0": "NaN"}, "This is not JSON"),
        ({"kind__0": "at_most", "at_most__0": "1" * 400}, "too large"),
        ({"kind__0": "at_most", "at_most__0": "39"}, "do not even cover"),
        ({"kind__0": "one_of", "one_of__0": ""}, "At least one value"),
        ({"kind__0": "one_of", "one_of__0": "40\nfoo"}, "This is not JSON"),
        ({"kind__0": "one_of", "one_of__0": "1\n2"}, "do not even cover"),
        ({"kind__0": "one_of", "one_of__0": "40\n" * 101}, "At most 100 values"),
        ({"kind__2": "prefix", "prefix__2": ""}, "not empty"),
        ({"kind__2": "prefix", "prefix__2": "bob"}, "do not even cover"),
        ({"kind__2": "prefix", "prefix__2": "a\0"}, "Null characters"),
        (
            {"kind__2": "one_of", "one_of__2": 'ana@example.com\n"\\u0000"'},
            "cannot be stored",
        ),
        ({"kind__2": "one_of", "one_of__2": '"\\ud800"'}, "This is not JSON"),
        ({"sum_argument": "to", "max_sum": "5"}, "not one of the available"),
        ({"sum_argument": "amount", "max_sum": ""}, "How large may the sum"),
        ({"sum_argument": "", "max_sum": "5"}, "Say of which argument"),
        ({"sum_argument": "amount", "max_sum": "0"}, "The sum is above 0"),
        ({"sum_argument": "amount", "max_sum": "0.0000000000001"}, "decimal places"),
        ({"sum_argument": "amount", "max_sum": "1" * 29}, "digits"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_refuses_terms_that_cannot_be(browser, alice, asked, changes, sentence) -> None:
    client, address = browser(alice), f"/r/{asked.id}/grant"
    data = filled(asked, **changes, message="typed by hand")
    for more in ({}, {"verdict": "approve", "view": seen(asked, alice)["view"]}):
        answer = client.post(address, data | more)
        assert answer.status_code == 422
        assert sentence.lower() in words_of(answer).lower()
        assert 'name="verdict"' not in answer.text
        assert nothing_happened(asked)


def test_keeps_what_was_typed(browser, alice, asked) -> None:
    data = filled(
        asked, max_uses="99", kind__0="at_most", at_most__0="77", hours="3.25"
    )
    page = browser(alice).post(f"/r/{asked.id}/grant", data).text
    for typed in ('value="99"', 'value="77"', 'value="3.25"'):
        assert typed in page


@pytest.mark.parametrize(
    "changes",
    [
        {"max_uses": "11"},
        {"hours": "23"},
        {"kind__0": "at_most", "at_most__0": "1000"},
        {"kind__2": "prefix", "prefix__2": "a"},
        {"sum_argument": "amount", "max_sum": "500"},
    ],
    ids=lambda changes: " ".join(changes),
)
def test_refuses_other_terms_than_those_previewed(
    browser, alice, asked, changes
) -> None:
    data = filled(asked, **changes, message="kept")
    data |= {"verdict": "approve", "view": seen(asked, alice)["view"]}
    answer = browser(alice).post(f"/r/{asked.id}/grant", data)
    assert answer.status_code == 409
    assert "You had previewed other terms than these" in answer.text
    assert "kept</textarea>" in answer.text
    assert nothing_happened(asked)


def test_refuses_a_page_that_previewed_nothing(browser, alice, asked) -> None:
    plain = replace(forms.shown_now(asked, alice), at=time.time() - 5).sealed()
    data = filled(asked) | {"verdict": "approve", "view": plain}
    answer = browser(alice).post(f"/r/{asked.id}/grant", data)
    assert answer.status_code == 409
    assert "previewed other terms" in answer.text
    assert nothing_happened(asked)


@pytest.mark.usefixtures("minute_to_read")
def test_refuses_what_was_quicker_or_slower_than_people(browser, alice, asked) -> None:
    client, address = browser(alice), f"/r/{asked.id}/grant"
    quick = client.post(address, seen(asked, alice, age=0.1))
    slow = client.post(address, seen(asked, alice, age=13 * 3600))
    assert (quick.status_code, slow.status_code) == (409, 409)
    assert "quicker than anybody reads" in quick.text
    assert "more than 12 hours" in slow.text
    assert nothing_happened(asked)


def test_refuses_the_preview_of_another_person_or_request(
    browser, alice, bob, ask, asked
) -> None:
    other = ask("one", arguments=MAIL, environment="production")
    for view in (seen(asked, bob)["view"], seen(other, alice)["view"], "", "made-up"):
        data = seen(asked, alice) | {"view": view}
        answer = browser(alice).post(f"/r/{asked.id}/grant", data)
        assert answer.status_code in (409, 422)
        assert nothing_happened(asked)


@pytest.mark.parametrize("verdict", ["deny", "maybe", ""])
def test_only_approves(browser, alice, asked, verdict) -> None:
    data = seen(asked, alice) | {"verdict": verdict}
    answer = browser(alice).post(f"/r/{asked.id}/grant", data)
    assert answer.status_code == 422
    assert nothing_happened(asked)


def test_refuses_what_was_edited_meanwhile(browser, alice, asked) -> None:
    data = seen(asked, alice, max_uses="7", kind__0="at_most", at_most__0="60")
    ApprovalRequest.objects.filter(pk=asked.pk).update(revision=2)
    for sent in (data, {k: v for k, v in data.items() if k != "verdict"}):
        answer = browser(alice).post(f"/r/{asked.id}/grant", sent)
        assert answer.status_code == 409
        assert "changed after you opened it" in answer.text
        assert 'name="max_uses" value="7"' in answer.text
        assert 'value="60"' not in answer.text, "it may be another argument now"
        assert nothing_happened(asked)


def test_refuses_what_is_decided_already(browser, alice, bob, asked) -> None:
    late = seen(asked, bob, message="I was about to say yes")
    give(browser(alice), asked, alice)
    answer = browser(bob).post(f"/r/{asked.id}/grant", late)
    assert answer.status_code == 409
    assert "This request is already approved." in answer.text
    assert "I was about to say yes" in answer.text
    assert Vote.objects.count() == 1


def test_refuses_a_tier_without_grants(browser, alice, ask) -> None:
    approval = ask("never-the-like")
    sent = {"revision": 1, "digest": approval.digest, "verdict": "approve"}
    answer = browser(alice).post(f"/r/{approval.id}/grant", sent)
    assert answer.status_code == 403
    assert "does not allow standing approvals" in answer.text
    assert nothing_happened(approval)


def test_refuses_whoever_may_not_decide(browser, owner, reviewers, asked) -> None:
    owner.groups.add(reviewers)
    answer = browser(owner).post(f"/r/{asked.id}/grant", seen(asked, owner))
    assert answer.status_code == 403
    assert "You own this agent" in answer.text
    assert nothing_happened(asked)


def test_refuses_under_the_brake(browser, alice, asked) -> None:
    data = seen(asked, alice)
    brake.engage(scope="everything", reason="Stop", actor=SYSTEM)
    answer = browser(alice).post(f"/r/{asked.id}/grant", data)
    assert answer.status_code in (403, 423)
    assert "The brake is on" in answer.text
    assert nothing_happened(asked)


def test_asks_for_the_reason_where_the_tier_does(browser, alice, ask) -> None:
    approval = ask("two")
    answer = browser(alice).post(f"/r/{approval.id}/grant", seen(approval, alice))
    assert answer.status_code == 422
    assert "This tier asks for a reason" in answer.text
    assert nothing_happened(approval)


@pytest.mark.parametrize("message", ["a" * 4001, "a\0b"], ids=["long", "null"])
def test_refuses_a_message_that_cannot_be_kept(browser, alice, asked, message) -> None:
    data = seen(asked, alice, message=message)
    answer = browser(alice).post(f"/r/{asked.id}/grant", data)
    assert answer.status_code == 422
    assert nothing_happened(asked)


@pytest.mark.parametrize(
    "arguments",
    [{"a": "x\0y"}, {"a\0b": "x"}, {"a": [{"b": "\0"}]}],
    ids=["value", "name", "deep"],
)
def test_refuses_what_the_database_cannot_keep(browser, alice, ask, arguments) -> None:
    # A rule that cannot read it would put it into the highest tier, and that is
    # this one.
    alone = TIERS.split("  sum:")[0] + "rules: []"
    ruleset.publish(alone, actor=COMMAND_LINE, reason="no rules")
    approval = ask("one", arguments=arguments)
    answer = browser(alice).get(f"/r/{approval.id}/grant")
    assert "cannot be stored" in answer.text
    answer = browser(alice).post(f"/r/{approval.id}/grant", seen(approval, alice))
    assert answer.status_code == 422
    assert nothing_happened(approval)


def test_an_action_with_a_thousand_arguments_can_be_allowed_exactly(
    browser, alice, ask
) -> None:
    approval = ask("one", arguments={f"a{n:04}": n for n in range(1000)})
    grant = give(browser(alice), approval, alice)
    assert len(grant.conditions) == 1000
    assert {entry["kind"] for entry in grant.conditions} == {"exact"}


def test_an_action_without_arguments_can_be_allowed(browser, alice, ask) -> None:
    assert give(browser(alice), ask("one", arguments={}), alice).conditions == []


# Step-up


def test_the_target_has_to_be_typed(browser, bob, ask) -> None:
    approval = ask("typed", resource="customers-db")
    client, address = browser(bob), f"/r/{approval.id}/grant"
    assert 'name="typed"' in client.get(address).text
    for typed in ("", "customers"):
        answer = client.post(address, seen(approval, bob, typed=typed))
        assert answer.status_code == 422
        assert "type exactly: customers-db" in answer.text
    assert nothing_happened(approval)
    answer = client.post(address, seen(approval, bob, typed="customers-db"))
    assert answer.status_code == 302


def test_all_of_it_has_to_be_looked_at(browser, alice, ask) -> None:
    approval, client = ask("viewed"), browser(alice)
    address = f"/r/{approval.id}/grant"
    assert 'name="viewed"' in client.get(address).text
    answer = client.post(address, seen(approval, alice))
    assert answer.status_code == 422
    assert "look at all of what would run first" in answer.text
    assert nothing_happened(approval)
    answer = client.post(address, seen(approval, alice, viewed="yes"))
    assert answer.status_code == 302


def test_an_old_sign_in_is_not_enough_where_the_tier_says_so(
    browser, alice, ask
) -> None:
    approval = ask("signed-in")
    address = f"/r/{approval.id}/grant"
    page = browser(alice).get(address)
    assert f"/accounts/reauthenticate/?next={address}" in page.text
    answer = browser(alice).post(address, seen(approval, alice))
    assert answer.status_code == 422
    assert "sign in again" in answer.text
    assert nothing_happened(approval)


@pytest.fixture
def device(alice: User) -> Authenticator:
    """Alice's passkey."""
    device = Authenticator()
    Passkey.objects.create(
        user=alice,
        name="laptop",
        credential_id=webauthn.encode(device.credential_id),
        public_key=device.public_key,
        sign_count=0,
        transports=[],
    )
    return device


def options_on(page: str) -> dict[str, object]:
    quoted = page.split('data-passkey="')[1].split('"')[0]
    options: dict[str, object] = json.loads(quoted.replace("&quot;", '"'))
    return options


def test_the_passkey_signs_exactly_these_terms(
    browser, alice, ask, device: Authenticator
) -> None:
    approval, client = ask("passkey"), browser(alice)
    address = f"/r/{approval.id}/grant"
    data = filled(approval, max_uses="2")
    page = client.post(address, data).text
    view = page.split('name="view" value="')[1].split('"')[0]
    challenge = webauthn.decode(options_on(page)["challenge"])
    answer = json.dumps(device.answer(challenge))
    time.sleep(0.6)
    other = filled(approval, max_uses="3")
    for terms, status in ((other, 409), (data, 302)):
        sent = terms | {"view": view, "assertion": answer, "verdict": "approve"}
        assert client.post(address, sent).status_code == status
    grant, vote = Grant.objects.get(), Vote.objects.get()
    assert grant.max_uses == 2
    assert vote.nonce.endswith(fingerprint(terms_of(grant)))


def test_refuses_without_a_passkey(browser, alice, ask) -> None:
    approval = ask("passkey")
    address = f"/r/{approval.id}/grant"
    assert "You have no passkey yet" in browser(alice).get(address).text
    answer = browser(alice).post(address, seen(approval, alice))
    assert answer.status_code == 422
    assert "asks for your passkey" in answer.text
    assert nothing_happened(approval)


def test_refuses_the_passkeys_answer_to_another_preview(
    browser, alice, ask, device: Authenticator
) -> None:
    approval = ask("passkey")
    data = filled(approval)
    first, second = (shown_for(approval, alice, data) for _ in range(2))
    challenge = webauthn.challenge_for(
        nonce=first.nonce,
        request=str(approval.pk),
        revision=1,
        digest=approval.digest,
        verdict="approve",
    )
    sent = data | {
        "verdict": "approve",
        "view": replace(second, at=time.time() - 5).sealed(),
        "assertion": json.dumps(device.answer(challenge)),
    }
    answer = browser(alice).post(f"/r/{approval.id}/grant", sent)
    assert answer.status_code == 422
    assert nothing_happened(approval)
    assert passkeys.of(alice).get().sign_count == 0


# Whoever, and however


def test_sends_strangers_to_the_sign_in(client, alice, asked) -> None:
    address = f"/r/{asked.id}/grant"
    for answer in (client.get(address), client.post(address, seen(asked, alice))):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")
    assert nothing_happened(asked)


def test_refuses_people_without_a_group(browser, charlie, asked) -> None:
    address = f"/r/{asked.id}/grant"
    assert browser(charlie).get(address).status_code == 403
    answer = browser(charlie).post(address, seen(asked, charlie))
    assert answer.status_code == 403
    assert nothing_happened(asked)


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_change_nothing(browser, alice, asked, method) -> None:
    answer = getattr(browser(alice), method)(f"/r/{asked.id}/grant")
    assert answer.status_code == 405
    assert nothing_happened(asked)


def test_refuses_a_form_from_another_site(alice, asked) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post(f"/r/{asked.id}/grant", seen(asked, alice))
    assert answer.status_code == 403
    assert nothing_happened(asked)


def test_is_missing_for_an_unknown_id(browser, alice, asked) -> None:
    address = f"/r/{UUID(int=7)}/grant"
    assert browser(alice).get(address).status_code == 404
    assert browser(alice).post(address, seen(asked, alice)).status_code == 404


def test_ignores_a_proposal_that_is_none(browser, alice, asked) -> None:
    for wanted in ("x", str(UUID(int=7))):
        answer = browser(alice).get(f"/r/{asked.id}/grant?proposal={wanted}")
        assert 'name="max_uses" value="10"' in answer.text
