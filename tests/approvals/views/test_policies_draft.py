"""``/policies/draft``: begun, checked while typing, saved, thrown away."""

import html
import re
import statistics
import time
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from approvals import drafts, ruleset
from approvals.models import Policy, PolicyDraft
from audit.log import COMMAND_LINE
from tests.approvals.conftest import TIERS
from tests.approvals.publishing import BROKEN, LOOSER, STRICTER, allow
from tests.approvals.views.conftest import HTMX
from tests.approvals.views.test_policies import words_of

pytestmark = pytest.mark.django_db

HOSTILE = "</textarea><script>alert(1)</script>"
QUICK = 0.1
"""Seconds of CPU that a check may take at the median, whatever else runs here."""


@pytest.fixture
def writer(alice: User, browser: Callable[[User], Client]) -> Client:
    allow(alice)
    return browser(alice)


@pytest.fixture
def draft(writer: Client, policy: Policy, alice: User) -> PolicyDraft:
    return drafts.begin(TIERS, based_on=policy, seen=None, actor=alice)


def stored(person: User) -> PolicyDraft:
    draft = drafts.draft_of(person)
    assert draft
    return draft


def textarea(answer, name: str = "source") -> str:
    """What stands in the field of this name, as the browser reads it."""
    field = rf'<textarea[^>]*name="{name}"[^>]*>\n(.*?)</textarea>'
    found = re.search(field, answer.text, re.DOTALL)
    assert found
    return html.unescape(found[1])


class TestBegin:
    def test_offers_versions_a_file_and_a_text(self, writer, policy) -> None:
        page = writer.get("/policies/draft")
        assert page.status_code == 200
        assert "Policy 1, in force" in page.text
        assert 'type="file"' in page.text

    def test_from_an_older_version(self, writer, policy, alice) -> None:
        ruleset.publish(LOOSER, actor=COMMAND_LINE, reason="x")
        done = writer.post("/policies/draft/begin", {"version": 1})
        assert (done.status_code, done["Location"]) == (302, "/policies/draft")
        draft = stored(alice)
        assert (draft.source, draft.based_on_id) == (TIERS, 1)
        assert textarea(writer.get("/policies/draft")) == TIERS

    def test_from_a_text_or_a_file(self, writer, policy, alice) -> None:
        writer.post("/policies/draft/begin", {"text": "a: 1\r\nb: 2\r\n"})
        assert (stored(alice).source, stored(alice).based_on_id) == ("a: 1\nb: 2\n", 1)
        file = SimpleUploadedFile("policy.yaml", "ä: 1\n".encode())
        form = {"file": file, "edition": stored(alice).edition}
        writer.post("/policies/draft/begin", form)
        assert stored(alice).source == "ä: 1\n"

    @pytest.mark.parametrize(
        ("content", "why"),
        [(b"caf\xe9", "Not UTF-8"), (b"a\0b", "U+0000"), (b"x" * 262_145, "256 KiB")],
        ids=["latin", "nul", "long"],
    )
    def test_refuses_what_is_no_text(self, writer, policy, content, why) -> None:
        file = SimpleUploadedFile("policy.yaml", content)
        refused = writer.post("/policies/draft/begin", {"file": file})
        assert refused.status_code == 422
        assert why in refused.text
        assert not PolicyDraft.objects.exists()

    def test_does_not_lose_the_draft_that_is_there(self, writer, draft, alice) -> None:
        refused = writer.post("/policies/draft/begin", {"version": 1})
        assert refused.status_code == 409
        assert "You have a draft already" in refused.text
        assert stored(alice).edition == draft.edition
        edition = re.search(r'name="edition" value="([^"]+)"', refused.text)
        assert edition
        form = {"version": 1, "edition": edition[1]}
        assert writer.post("/policies/draft/begin", form).status_code == 302
        assert stored(alice).edition != draft.edition

    def test_a_pasted_text_survives_the_question(self, writer, draft, alice) -> None:
        refused = writer.post("/policies/draft/begin", {"text": HOSTILE})
        assert "<script>alert" not in refused.text
        form = {"text": textarea(refused, "text"), "edition": draft.edition}
        writer.post("/policies/draft/begin", form)
        assert stored(alice).source == HOSTILE

    def test_a_missing_version_is_not_found(self, writer, policy) -> None:
        answer = writer.post("/policies/draft/begin", {"version": 7})
        assert answer.status_code == 404


class TestEditor:
    def test_shows_the_draft_and_what_rules_can_read(self, writer, draft) -> None:
        page = writer.get("/policies/draft")
        assert textarea(page) == TIERS
        words = words_of(page)
        assert "No problems: 5 tiers, 4 rules" in words
        assert "It means the same." in words
        assert "findings.severity_rank int" in words
        assert "sql.drop" in words
        assert "ASI02 Tool misuse" in words
        assert "/policies/backtest" in page.text

    def test_says_what_was_published_since(self, writer, draft) -> None:
        assert "is in force by now" not in writer.get("/policies/draft").text
        ruleset.publish(STRICTER, actor=COMMAND_LINE, reason="Two for one")
        words = words_of(writer.get("/policies/draft"))
        assert "Policy 2 is in force by now." in words
        assert "Two for one rule one-too: added" in words
        assert "Rule one-too removed" in words

    def test_hostile_text_stays_text(self, writer, draft, alice) -> None:
        drafts.save(HOSTILE, seen=draft.edition, actor=alice)
        page = writer.get("/policies/draft")
        assert textarea(page) == HOSTILE
        assert "<script>alert" not in page.text

    def test_a_first_empty_line_is_kept(self, writer, draft, alice) -> None:
        drafts.save("\n\nx", seen=draft.edition, actor=alice)
        assert textarea(writer.get("/policies/draft")) == "\n\nx"

    def test_nobody_sees_somebody_elses(self, browser, draft, admin) -> None:
        page = browser(admin).get("/policies/draft")
        assert "Write a draft" in page.text
        assert "needs-both" not in page.text


class TestSave:
    def form(self, draft: PolicyDraft, source: str) -> dict[str, object]:
        return {"source": source, "edition": draft.edition}

    def test_saves(self, writer, draft, alice) -> None:
        done = writer.post("/policies/draft", self.form(draft, LOOSER))
        assert (done.status_code, done["Location"]) == (302, "/policies/draft")
        assert stored(alice).source == LOOSER

    def test_a_script_gets_the_next_edition(self, writer, draft, alice) -> None:
        form = self.form(draft, LOOSER.replace("\n", "\r\n"))
        done = writer.post("/policies/draft", form, headers=HTMX)
        assert done.status_code == 200
        assert "<html" not in done.text
        assert str(stored(alice).edition) in done.text
        assert stored(alice).source == LOOSER

    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
    def test_keeps_both_texts_when_another_tab_was_first(
        self, writer, draft, alice, headers
    ) -> None:
        drafts.save(f"theirs {HOSTILE}", seen=draft.edition, actor=alice)
        form = self.form(draft, "mine")
        refused = writer.post("/policies/draft", form, headers=headers)
        assert refused.status_code == 409
        assert "both texts are kept" in refused.text
        assert f'data-edition="{stored(alice).edition}"' in refused.text
        assert "theirs &lt;/textarea&gt;" in refused.text
        assert "<script>alert" not in refused.text
        assert stored(alice).source == f"theirs {HOSTILE}"
        if not headers:
            assert textarea(refused) == "mine"

    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
    def test_keeps_the_text_of_a_draft_that_is_gone(
        self, writer, draft, alice, headers
    ) -> None:
        drafts.discard(seen=draft.edition, actor=alice)
        form = self.form(draft, "mine")
        refused = writer.post("/policies/draft", form, headers=headers)
        assert refused.status_code == 409
        assert "thrown away or published elsewhere" in refused.text
        if not headers:
            assert textarea(refused, "text") == "mine"
        assert not PolicyDraft.objects.exists()

    def test_refuses_what_is_too_long(self, writer, draft, alice) -> None:
        form = self.form(draft, "x" * 262_145)
        refused = writer.post("/policies/draft", form)
        assert refused.status_code == 422
        assert "256 KiB" in refused.text
        assert stored(alice).source == TIERS

    def test_refuses_half_a_form(self, writer, draft, alice) -> None:
        for form in ({}, {"source": "x", "edition": "x"}, self.form(draft, "a\0b")):
            assert writer.post("/policies/draft", form).status_code == 422
        assert stored(alice).source == TIERS


class TestCheck:
    def check(self, writer: Client, source: str) -> str:
        answer = writer.post("/policies/draft/check", {"source": source})
        assert answer.status_code == 200
        assert "<html" not in answer.text
        return answer.text

    def test_lists_problems_with_their_place_and_what_helps(
        self, writer, policy
    ) -> None:
        fragment = self.check(writer, BROKEN)
        assert "4 problems" in fragment
        assert 'data-line="23"' in fragment
        assert 'data-jump="23:27">23:27</a>' in fragment
        assert "unknown name action.nam" in fragment
        assert "did you mean action.name?" in fragment

    def test_says_what_would_change(self, writer, policy) -> None:
        fragment = self.check(writer, LOOSER)
        assert "No problems: 5 tiers, 5 rules" in fragment
        assert "May lower risk: 1" in fragment
        assert "approves at once" in fragment
        assert "Lowers no risk: 1" in self.check(writer, STRICTER)

    def test_offers_the_drafts_own_windows(self, writer, policy) -> None:
        own = (
            "windows:\n  - {key: refunds, measure: count, per: [agent], within: 24h}\n"
        )
        assert "window.refunds" not in self.check(writer, TIERS)
        assert "window.refunds" in self.check(writer, own + TIERS)

    @pytest.mark.parametrize(
        "source",
        ["", "\0"[:0] + "x: [", HOSTILE, "a: &x 1", "x" * 300_000, "\u202e", "- " * 99],
        ids=["empty", "open", "markup", "anchor", "long", "bidi", "deep"],
    )
    def test_whatever_is_typed_has_an_answer(self, writer, policy, source) -> None:
        fragment = self.check(writer, source)
        assert "problem" in fragment
        assert "<script>alert" not in fragment

    def test_stores_nothing(self, writer, draft, alice) -> None:
        self.check(writer, LOOSER)
        assert stored(alice).edition == draft.edition
        assert Policy.objects.count() == 1

    def test_refuses_what_is_no_text(self, writer, policy) -> None:
        answer = writer.post("/policies/draft/check", {"source": "a\0b"})
        assert answer.status_code == 422

    def test_is_quick_enough_for_typing(self, writer, policy) -> None:
        shipped = ruleset.SHIPPED.read_text(encoding="utf-8")
        ruleset.publish(shipped, actor=COMMAND_LINE, reason="x")
        took = []
        for n in range(15):
            began = time.thread_time()
            self.check(writer, f"{shipped}\n# {n}")
            took.append(time.thread_time() - began)
        assert statistics.median(took) < QUICK


class TestDiscard:
    def test_throws_it_away(self, writer, draft) -> None:
        form = {"edition": draft.edition}
        done = writer.post("/policies/draft/discard", form)
        assert (done.status_code, done["Location"]) == (302, "/policies")
        assert not PolicyDraft.objects.exists()

    def test_keeps_what_was_saved_since(self, writer, draft, alice) -> None:
        drafts.save(LOOSER, seen=draft.edition, actor=alice)
        form = {"edition": draft.edition}
        refused = writer.post("/policies/draft/discard", form)
        assert refused.status_code == 409
        assert "it was kept" in refused.text
        assert stored(alice).source == LOOSER

    def test_where_there_is_none_nothing_happens(self, writer, policy) -> None:
        for form in ({}, {"edition": uuid4()}):
            answer = writer.post("/policies/draft/discard", form)
            assert answer["Location"] == "/policies/draft"
