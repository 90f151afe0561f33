"""``/r/<id>/edit``: other arguments, previewed and then saved as a new revision."""

import html
import json
import re
from typing import Any

import pytest
from django.test import Client

from approvals import lifecycle, ruleset
from approvals.models import ApprovalRequest, Revision
from audit.log import COMMAND_LINE
from tests.approvals.conftest import TIERS
from tests.approvals.test_render import Outline
from tests.approvals.views.acts import OfOneRequest, everything

pytestmark = pytest.mark.django_db


def words(text: str) -> str:
    return " ".join(Outline(text).text.split())


def text_in_editor(answer: Any) -> str:
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", answer.text, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def previewed(answer: Any) -> str:
    found = re.search(r'name="previewed" value="([^"]*)"', answer.text)
    assert found is not None
    return found[1]


def save(client: Client, address: str, form: dict[str, Any]) -> Any:
    """Preview, and save what was previewed."""
    digest = previewed(client.post(address, form))
    return client.post(address, form | {"step": "save", "previewed": digest})


class TestEdit(OfOneRequest):
    endpoint = "edit"
    methods = ("options", "put", "delete")

    @pytest.fixture
    def approval(self, ask) -> ApprovalRequest:
        return ask("two", arguments={"sql": "DELETE FROM a", "n": 1})

    @pytest.fixture
    def form(self, approval, alice, sealed) -> dict[str, Any]:
        arguments = {"sql": "DELETE FROM a WHERE id = 1", "n": 1}
        return {
            "step": "preview",
            "view": sealed(approval, alice),
            "arguments": json.dumps(arguments),
        }

    def test_shows_the_arguments_to_be_edited(self, browser, alice, approval) -> None:
        answer = browser(alice).get(self.address(approval))
        assert answer.status_code == 200
        assert json.loads(text_in_editor(answer)) == approval.arguments
        assert "\n  " in text_in_editor(answer)

    def test_writes_hidden_characters_as_escapes(self, browser, alice, ask) -> None:
        arguments = {"sql": "a\u202eb\u00e9\U000e0041\x7f", "\u200b": "\n"}
        approval = ask("two", arguments=arguments)
        text = text_in_editor(browser(alice).get(self.address(approval)))
        assert "a\\u202eb\u00e9\\udb40\\udc41\\u007f" in text
        assert '"\\u200b"' in text
        assert json.loads(text) == arguments

    def test_reading_changes_nothing(self, browser, alice, approval) -> None:
        before = everything()
        browser(alice).get(self.address(approval))
        browser(alice).head(self.address(approval))
        assert everything() == before

    def test_the_preview_shows_what_is_different_and_stores_nothing(
        self, browser, alice, bob, approval, form, cast
    ) -> None:
        cast(approval, bob)
        before = everything()
        answer = browser(alice).post(self.address(approval), form)
        assert answer.status_code == 200
        shown = words(answer.text)
        assert "Revision 2 against revision 1" in shown
        assert "<mark> WHERE id = 1</mark>" in answer.text
        assert "1 other argument is the same." in shown
        assert "Save as revision 2" in shown
        assert "1 vote on revision 1 is dismissed." in shown
        assert text_in_editor(answer) == form["arguments"]
        assert everything() == before

    def test_the_preview_says_what_policy_would_say(
        self, browser, alice, approval, form, monkeypatch
    ) -> None:
        rule = "  - {key: drops, when: \"'sql.drop' in findings.codes\", tier: both}\n"
        ruleset.publish(TIERS + rule, actor=COMMAND_LINE, reason="for this test")
        form["arguments"] = json.dumps({"sql": "DROP TABLE a"})
        shown = words(browser(alice).post(self.address(approval), form).text)
        assert "It was Two and becomes Both." in shown
        assert "rule drops" in shown
        assert "sql.drop" in shown
        assert "1 from dba, 1 from reviewers" in shown

    def test_what_was_previewed_is_saved(
        self, browser, alice, bob, approval, form, cast
    ) -> None:
        cast(approval, bob)
        client, page = browser(alice), f"/r/{approval.pk}"
        answer = save(client, self.address(approval), form | {"message": "Only one"})
        assert (answer.status_code, answer["Location"]) == (302, page)
        edited = ApprovalRequest.objects.get()
        assert (edited.revision, edited.edited_by) == (2, alice)
        assert edited.arguments == json.loads(form["arguments"])
        shown = words(client.get(page).text)
        assert "Saved as revision 2." in shown
        assert "Edited by alice: revision 2 of 2" in shown
        assert "What is different since revision 1" in shown
        assert "approve on revision 1: dismissed by the edit" in shown
        assert "0 of 2 approvals" in shown
        assert "Only one" in shown
        assert "edited</span>" in client.get("/").text

    def test_whoever_voted_before_can_vote_again(
        self, browser, alice, bob, approval, form, cast
    ) -> None:
        cast(approval, bob)
        save(browser(alice), self.address(approval), form)
        text = browser(bob).get(f"/r/{approval.pk}").text
        assert 'data-verb="approve">' in text
        assert "You voted" not in text

    def test_later_edits_show_what_is_different_since_the_first(
        self, browser, alice, approval, form, sealed
    ) -> None:
        client = browser(alice)
        save(client, self.address(approval), form)
        second = ApprovalRequest.objects.get()
        form["view"] = sealed(second, alice)
        form["arguments"] = json.dumps({"sql": "SELECT 1", "n": 1})
        save(client, self.address(approval), form)
        shown = words(client.get(f"/r/{approval.pk}").text)
        assert "Edited by alice: revision 3 of 3" in shown
        assert "What is different since revision 2" in shown
        assert "What is different since the agent asked (revision 1)" in shown

    def test_nothing_is_saved_that_was_not_previewed(
        self, browser, alice, approval, form
    ) -> None:
        client, before = browser(alice), everything()
        digest = previewed(client.post(self.address(approval), form))
        form["arguments"] = json.dumps({"sql": "DROP TABLE a", "n": 1})
        form |= {"step": "save", "previewed": digest}
        answer = client.post(self.address(approval), form)
        assert answer.status_code == 409
        assert "You changed it after the preview." in answer.text
        assert "DROP TABLE" in text_in_editor(answer)
        assert previewed(answer) not in ("", digest)
        assert everything() == before

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ('{"sql": ', "That is not acceptable JSON"),
            ('{"a": 1, "a": 2}', "That is not acceptable JSON"),
            ("[1]", "Arguments are a JSON object"),
            ('{"n": 90071992547409930}', "/n: "),
            ('{"sql": "DELETE FROM a", "n": 1}', "Nothing is different"),
            ("", "This field is required."),
            ('{"a": "' + "x" * 262_200 + '"}', "At most 262,144 bytes"),
        ],
        ids=["broken", "twice", "list", "large-number", "same", "empty", "large"],
    )
    def test_what_cannot_be_saved_comes_back_with_a_sentence(
        self, browser, alice, approval, form, text, sentence
    ) -> None:
        before = everything()
        answer = browser(alice).post(self.address(approval), form | {"arguments": text})
        assert answer.status_code == 422
        assert sentence in answer.text
        assert text_in_editor(answer) == text
        assert everything() == before

    def test_what_policy_forbids_is_refused(
        self, browser, alice, approval, form
    ) -> None:
        rule = "  - {key: drops, when: \"'sql.drop' in findings.codes\", tier: never}\n"
        ruleset.publish(TIERS + rule, actor=COMMAND_LINE, reason="for this test")
        before = everything()
        form["arguments"] = json.dumps({"sql": "DROP TABLE a"})
        answer = browser(alice).post(self.address(approval), form)
        assert answer.status_code == 422
        assert "Policy forbids the action with these arguments." in answer.text
        assert "DROP TABLE a" in text_in_editor(answer)
        assert everything() == before

    def test_what_others_edited_meanwhile_is_shown_and_nothing_typed_is_lost(
        self, browser, alice, bob, approval, form
    ) -> None:
        lifecycle.edit(
            approval.pk,
            actor=bob,
            revision=1,
            digest=approval.digest,
            arguments={"sql": "DELETE FROM b", "n": 1},
        )
        before = everything()
        answer = browser(alice).post(self.address(approval), form)
        assert answer.status_code == 409
        assert "This request changed after you opened it." in answer.text
        assert "Revision 2 against revision 1" in answer.text
        assert "DELETE FROM <mark>b</mark>" in answer.text
        assert text_in_editor(answer) == form["arguments"]
        assert everything() == before

    @pytest.mark.usefixtures("minute_to_read")
    def test_saves_nothing_quicker_than_anybody_reads(
        self, browser, alice, approval, form, sealed
    ) -> None:
        before = everything()
        form["view"] = sealed(approval, alice, 0.1)
        answer = save(browser(alice), self.address(approval), form)
        assert answer.status_code == 409
        assert "quicker than anybody reads" in answer.text
        assert text_in_editor(answer) == form["arguments"]
        assert everything() == before

    def test_saves_nothing_from_another_persons_page(
        self, browser, alice, bob, approval, form, sealed
    ) -> None:
        before = everything()
        form["view"] = sealed(approval, bob)
        answer = save(browser(alice), self.address(approval), form)
        assert answer.status_code == 409
        assert "belongs to another page" in answer.text
        assert everything() == before

    @pytest.mark.parametrize(
        "broken",
        [{"view": "made-up"}, {"step": "publish"}, {"message": "x" * 4001}],
        ids=["view", "step", "message"],
    )
    def test_an_incomplete_form_comes_back(
        self, browser, alice, approval, form, broken
    ) -> None:
        before = everything()
        answer = browser(alice).post(self.address(approval), form | broken)
        assert answer.status_code == 422
        assert text_in_editor(answer) == form["arguments"]
        assert everything() == before

    def test_whoever_may_not_decide_may_not_edit(
        self, browser, owner, reviewers, approval, form, sealed
    ) -> None:
        owner.groups.add(reviewers)
        client, before = browser(owner), everything()
        for answer in (
            client.get(self.address(approval)),
            client.post(
                self.address(approval), form | {"view": sealed(approval, owner)}
            ),
        ):
            assert answer.status_code == 403
            assert "You own this agent" in answer.text
            assert "<textarea" not in answer.text
        assert everything() == before

    def test_not_on_a_tier_that_does_not_allow_it(
        self, browser, alice, approval, form
    ) -> None:
        closed = TIERS.replace("    rank: 30\n", "    rank: 30\n    editing: false\n")
        ruleset.publish(closed, actor=COMMAND_LINE, reason="for this test")
        ApprovalRequest.objects.update(policy=ruleset.current()[0])
        client = browser(alice)
        answer = client.get(self.address(approval))
        assert answer.status_code == 403
        assert "This tier does not allow editing." in answer.text
        page = client.get(f"/r/{approval.pk}").text
        assert "This tier does not allow editing." in page
        assert f'href="{self.address(approval)}"' not in page

    def test_not_after_the_decision(
        self, browser, alice, bob, approval, form, cast
    ) -> None:
        cast(approval, bob, "deny")
        client, before = browser(alice), everything()
        for answer in (
            client.get(self.address(approval)),
            client.post(self.address(approval), form),
        ):
            assert answer.status_code == 409
            assert "This request is already denied." in answer.text
        assert "DELETE FROM a WHERE id = 1" in words(answer.text)
        assert everything() == before
        assert not Revision.objects.exists()
