"""``/policies/try``: what policies say of a request that nobody made."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from approvals import drafts, ruleset
from approvals.models import ApprovalRequest, Policy
from audit.log import COMMAND_LINE
from audit.models import Entry
from tests.approvals.conftest import TIERS
from tests.approvals.publishing import BROKEN, LOOSER, allow
from tests.approvals.views.conftest import HTMX
from tests.approvals.views.test_policies import words_of

pytestmark = pytest.mark.django_db

ADDRESS = "/policies/try"
NOBODY = "0190b7a0-0000-7000-8000-000000000000"
WINDOWS = (
    "windows:\n"
    "  - key: refunds\n    measure: sum\n    of: /arguments/amount\n"
    "    per: [agent]\n    within: 24h\n"
    + TIERS
    + "  - {key: much, when: window.refunds > 500.0, tier: never, why: It adds up.}\n"
)


@pytest.fixture
def client_(alice: User, browser: Callable[[User], Client]) -> Client:
    return browser(alice)


def sent(action: str = "quick", **more: Any) -> dict[str, Any]:
    request = {"action": action, "arguments": {"n": 1}}
    return {"text": json.dumps(request), "agent": "", **more}


def everything() -> list[int]:
    models = (ApprovalRequest, Policy, Entry)
    return [model.objects.count() for model in models]


def run(client: Client, **form: Any) -> str:
    answer = client.post(ADDRESS, sent(**form), headers=HTMX)
    assert answer.status_code == 200, answer.text
    assert "<html" not in answer.text
    return words_of(answer)


def test_says_tier_route_who_decides_and_every_rule(client_, policy) -> None:
    words = run(client_, action="two", version=1)
    assert "In force: policy 1 Two review 2 from reviewers would decide." in words
    assert "rule needs-two" in words
    for rule, said in (
        ("needs-two Two", "true"),
        ("harmless None", "false"),
        ("needs-both Both", "false"),
        ("forbidden Never", "false"),
    ):
        assert f"{rule} {said}" in words, rule
    assert "Impact: unknown" in words
    assert "action.uninspectable at /arguments" in words


def test_shows_another_version_beside_what_is_in_force(client_, policy) -> None:
    ruleset.publish(LOOSER, actor=COMMAND_LINE, reason="x")
    words = run(client_, version=1)
    assert "Policy 1 One review 1 from reviewers would decide." in words
    assert "In force: policy 2 None auto Approved at once" in words
    assert "The two differ." in words
    assert "quick None no such rule true" in words


def test_shows_why_a_rule_failed(client_, policy) -> None:
    source = TIERS.replace(
        'action.name == "two"',
        "has(action.arguments.n) && action.arguments.n > 'x'",
    )
    ruleset.publish(source, actor=COMMAND_LINE, reason="x")
    words = run(client_, version=2)
    assert "Never block Denied at once" in words
    assert re.search(r"needs-two Two error No matching overloads", words)
    assert "counts as matched at the highest tier" in words


def test_nothing_can_be_asked_of_what_no_rule_can_see(client_, policy) -> None:
    text = json.dumps({"action": "one", "arguments": {"n": "a\0b"}})
    answer = client_.post(ADDRESS, {"text": text, "version": 1}, headers=HTMX)
    words = words_of(answer)
    assert "Never block" in words
    assert words.count("U+0000 in it; counts as matched") == 4


class TestWindows:
    @pytest.fixture(autouse=True)
    def _published(self, policy: Policy) -> None:
        ruleset.publish(WINDOWS, actor=COMMAND_LINE, reason="x")

    def test_hold_nothing_where_nobody_says(self, client_) -> None:
        words = run(client_, version=2)
        assert "window.refunds" in words
        assert "much It adds up. Never false" in words
        assert "In force: policy 2 One review" in words

    def test_can_be_assumed(self, client_) -> None:
        answer = client_.post(
            ADDRESS, sent(version=2, **{"window.refunds": "501"}), headers=HTMX
        )
        assert "much It adds up. Never true" in words_of(answer)
        assert "In force: policy 2 Never block" in words_of(answer)
        assert 'name="window.refunds" value="501" form="bench-form"' in answer.text

    def test_nothing_typed_means_unknown(self, client_) -> None:
        words = run(client_, version=2, **{"window.refunds": " "})
        assert re.search(r"much It adds up. Never error", words)

    @pytest.mark.parametrize("value", ["x", "nan", "inf", "1e99", "<b>"])
    def test_must_be_numbers(self, client_, value) -> None:
        form = sent(version=2, **{"window.refunds": value})
        refused = client_.post(ADDRESS, form, headers=HTMX)
        assert refused.status_code == 422
        assert "window.refunds must be a number" in refused.text
        assert "<b>" not in refused.text

    def test_of_a_request_from_history_are_those_it_had(self, client_, ask) -> None:
        approval = ask("one")
        held = {"refunds": 700.0}
        ApprovalRequest.objects.filter(pk=approval.pk).update(window_values=held)
        words = run(client_, version=2, request=approval.pk)
        assert "much It adds up. Never true" in words
        words = run(client_, version=2, request=approval.pk, **{"window.refunds": "1"})
        assert "much It adds up. Never false" in words


class TestDraft:
    @pytest.fixture
    def writer(self, alice: User, policy: Policy, browser) -> Client:
        allow(alice)
        drafts.begin(LOOSER, based_on=policy, seen=None, actor=alice)
        return browser(alice)

    def test_what_is_saved_is_tried(self, writer) -> None:
        words = run(writer)
        assert "The draft None auto" in words
        assert "In force: policy 1 One review" in words

    def test_what_is_typed_wins_over_what_is_saved(self, writer) -> None:
        words = run(writer, source=TIERS.replace('"two"', '"quick"'))
        assert "The draft Two review" in words
        assert "quick None" not in words

    def test_one_with_problems_leaves_what_is_in_force(self, writer) -> None:
        words = run(writer, source=BROKEN)
        assert "The draft is no policy yet (4 problems)" in words
        assert "In force: policy 1 One review" in words

    def test_takes_the_right_to_write_policies(self, client_, policy) -> None:
        assert client_.post(ADDRESS, sent(source=LOOSER)).status_code == 404
        assert client_.post(ADDRESS, sent(version=1)).status_code == 200

    def test_different_maps_of_actions_find_different_things(self, writer) -> None:
        own = 'actions: [{match: "quick", kind: sql, pointers: {sql: /arguments/q}}]\n'
        text = json.dumps({"action": "quick", "arguments": {"q": "DROP TABLE x"}})
        form = {"text": text, "source": own + TIERS}
        words = words_of(writer.post(ADDRESS, form, headers=HTMX))
        assert "They make the analysis see different things" in words
        assert "What we found (The draft)" in words


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Not acceptable JSON"),
        ("{", "Not acceptable JSON"),
        ('{"action":"a","action":"b","arguments":{}}', "twice"),
        ('{"action":"a","arguments":{"n":1e400}}', "/arguments/n"),
        ("[]", "The request"),
        ('{"action":"a"}', "/arguments: Field required"),
        ('{"action":"<b>","arguments":{}}', "/action: "),
        ('{"action":"a","arguments":{},"tier":"low"}', "/tier: "),
        ('{"action":"a","arguments":{},"environment":7}', "/environment: "),
    ],
    ids=[
        "empty", "half", "twice", "number", "list", "missing", "name", "more", "type",
    ],
)  # fmt: skip
def test_a_request_is_read_as_strictly_as_an_agents(client_, policy, text, why) -> None:
    form = {"text": text, "version": 1}
    refused = client_.post(ADDRESS, form, headers=HTMX)
    assert refused.status_code == 422
    assert why in refused.text
    assert "<b>" not in refused.text
    page = client_.post(ADDRESS, form)
    assert page.status_code == 422
    assert "<html" in page.text


def test_refuses_what_no_agent_could_send(client_, policy) -> None:
    text = json.dumps({"action": "a", "arguments": {"x": "x" * 262_144}})
    refused = client_.post(ADDRESS, {"text": text, "version": 1}, headers=HTMX)
    assert refused.status_code == 422


def test_hostile_text_stays_text(client_, policy) -> None:
    request = {
        "action": "sql.execute",
        "arguments": {"sql": "DROP TABLE x", "<script>alert(1)</script>": "\u202e"},
    }
    form = {"text": json.dumps(request), "agent": "<script>alert(1)", "version": 1}
    for headers in ({}, HTMX):
        answer = client_.post(ADDRESS, form, headers=headers)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text


def test_stores_nothing(client_, policy, ask) -> None:
    approval = ask("one")
    before = everything()
    run(client_, version=1)
    run(client_, version=1, request=approval.pk)
    client_.get(f"{ADDRESS}?request={approval.pk}")
    assert everything() == before


def test_the_time_can_be_chosen(client_, policy) -> None:
    source = TIERS + "  - {key: night, when: now.getHours() < 6, tier: never}\n"
    ruleset.publish(source, actor=COMMAND_LINE, reason="x")
    assert "night Never true" in run(client_, version=2, at="2026-11-21 03:00:00")
    assert "night Never false" in run(client_, version=2, at="2026-11-21 12:00:00")
    form = sent(version=2, at="yesterday")
    assert client_.post(ADDRESS, form, headers=HTMX).status_code == 422


class TestPicking:
    def test_lists_the_last_requests(self, client_, ask) -> None:
        for n in range(21):
            ask(f"tool.{n}")
        page = client_.get(ADDRESS).text
        assert len(re.findall("data-pick", page)) == 20
        assert "tool.20" in page
        assert ">tool.0<" not in page

    def test_finds_by_action_or_id(self, client_, ask) -> None:
        wanted, other = ask("mail.send"), ask("sql.execute")
        for q in ("mail", "MAIL.S", str(wanted.pk)):
            address = f"{ADDRESS}/requests?q={q}"
            fragment = client_.get(address, headers=HTMX).text
            assert str(wanted.pk) in fragment
            assert str(other.pk) not in fragment
            assert "<html" not in fragment
            assert "<html" in client_.get(address).text
        nothing = client_.get(f"{ADDRESS}/requests?q={NOBODY}", headers=HTMX)
        assert "No request fits." in nothing.text

    def test_fills_the_bench_with_what_the_agent_sent(self, client_, ask) -> None:
        approval = ask("two", arguments={"to": "\u202eana"}, environment="production")
        for headers in ({}, HTMX):
            page = client_.get(
                f"{ADDRESS}?version=1&request={approval.pk}", headers=headers
            ).text
            assert "&quot;action&quot;: &quot;two&quot;" in page
            assert "&quot;environment&quot;: &quot;production&quot;" in page
            assert "\\u202eana" in page
            assert 'value="deploy-bot"' in page
            assert f'name="request" value="{approval.pk}"' in page
            assert ("<html" in page) == (not headers)

    @pytest.mark.parametrize("query", ["request=7", f"request={NOBODY}", "version=x"])
    def test_what_is_not_there_is_not_found(self, client_, policy, query) -> None:
        assert client_.get(f"{ADDRESS}?{query}").status_code == 404

    def test_a_missing_version_is_not_found(self, client_, policy) -> None:
        assert client_.post(ADDRESS, sent(version=9)).status_code == 404


def test_other_methods_are_refused(client_, policy) -> None:
    for method in ("put", "patch", "delete"):
        assert getattr(client_, method)(ADDRESS).status_code == 405
    assert client_.post(f"{ADDRESS}/requests").status_code == 405


def test_works_where_no_policy_is_published(client_) -> None:
    assert client_.get(ADDRESS).status_code == 200
