"""``/r/<id>/ask``: what a person wants to know from the agent."""

import pytest

from approvals import lifecycle
from approvals.models import Question
from tests.approvals.test_render import Outline
from tests.approvals.views.acts import OfOneRequest, everything
from tests.approvals.views.conftest import HTMX

pytestmark = pytest.mark.django_db


def words(html: str) -> str:
    return " ".join(Outline(html).text.split())


class TestAsk(OfOneRequest):
    endpoint = "ask"

    @pytest.fixture
    def form(self) -> dict[str, str]:
        return {"text": "Is there a backup?"}

    def test_asks_and_shows_that_the_agent_has_to_answer(
        self, browser, alice, approval, form
    ) -> None:
        client, page = browser(alice), f"/r/{approval.pk}"
        answer = client.post(self.address(approval), form)
        assert (answer.status_code, answer["Location"]) == (302, page)
        question = Question.objects.get()
        assert (question.text, question.asked_by) == ("Is there a backup?", alice)
        shown = words(client.get(page).text)
        assert "The agent was asked." in shown
        assert "alice asked" in shown
        assert "The agent has not answered yet." in shown
        assert "question open" in words(client.get("/").text)

    def test_shows_the_answer_as_a_claim(
        self, browser, alice, approval, agent, form
    ) -> None:
        client = browser(alice)
        client.post(self.address(approval), form)
        lifecycle.reply(
            approval.pk,
            agent=agent,
            question_id=Question.objects.get().pk,
            message="Yes, <b>trust me</b>.",
        )
        text = client.get(f"/r/{approval.pk}").text
        claims = text[text.index('<section class="section claims" id="questions"') :]
        claims = claims[: claims.index("</section>")]
        assert "Yes, &lt;b&gt;trust me&lt;/b&gt;." in claims
        assert "deploy-bot <strong>claims</strong>" in claims
        assert "question open" not in client.get("/").text

    def test_a_script_gets_the_content_alone(
        self, browser, alice, approval, form
    ) -> None:
        answer = browser(alice).post(self.address(approval), form, headers=HTMX)
        assert answer.status_code == 200
        assert answer.text.lstrip().startswith('<article id="request"')
        assert 'data-done="The agent was asked."' in answer.text

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("  ", "Write something first."),
            ("x" * 4001, "at most 4000 characters"),
            ("a\0b", "Null characters are not allowed"),
        ],
        ids=["empty", "long", "nul"],
    )
    def test_what_cannot_be_asked_comes_back(
        self, browser, alice, approval, text, sentence
    ) -> None:
        before = everything()
        answer = browser(alice).post(self.address(approval), {"text": text})
        assert answer.status_code == 422
        assert sentence in answer.text
        assert text.strip().replace("\0", "") in answer.text
        assert everything() == before

    def test_one_question_is_open_at_a_time(
        self, browser, alice, bob, approval, form
    ) -> None:
        browser(bob).post(self.address(approval), form)
        before = everything()
        answer = browser(alice).post(self.address(approval), {"text": "And why?"})
        assert answer.status_code == 403
        assert "A question is open" in answer.text
        assert everything() == before

    def test_nobody_is_asked_after_the_decision(
        self, browser, alice, bob, approval, cast, form
    ) -> None:
        cast(approval, alice, "deny")
        before = everything()
        answer = browser(bob).post(self.address(approval), form)
        assert answer.status_code == 409
        assert "This request is already denied." in answer.text
        assert everything() == before

    def test_whoever_may_not_decide_may_not_ask(
        self, browser, owner, reviewers, approval, form
    ) -> None:
        owner.groups.add(reviewers)
        before = everything()
        answer = browser(owner).post(self.address(approval), form)
        assert answer.status_code == 403
        assert "You own this agent" in answer.text
        assert everything() == before
