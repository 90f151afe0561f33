"""``/policies/publish`` and ``/policies/proposals/…``: from a draft to a version."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from approvals import drafts, proposals, ruleset
from approvals.models import ApprovalRequest, Policy, PolicyDraft, PolicyProposal
from audit.log import COMMAND_LINE, person
from tests.approvals.conftest import TIERS
from tests.approvals.publishing import BROKEN, LOOSER, STRICTER, allow
from tests.approvals.views.test_policies import HOSTILE, words_of

pytestmark = pytest.mark.django_db

ADDRESS = "/policies/publish"


@pytest.fixture
def writer(alice: User, browser: Callable[[User], Client]) -> Client:
    allow(alice)
    return browser(alice)


@pytest.fixture
def write(alice: User, policy: Policy) -> Callable[[str], PolicyDraft]:
    """Alice's draft, based on policy 1."""

    def begin(source: str) -> PolicyDraft:
        old = drafts.draft_of(alice)
        edition = old.edition if old else None
        return drafts.begin(source, based_on=policy, seen=edition, actor=alice)

    return begin


def form_of(client: Client, **changes: object) -> dict[str, object]:
    """The form on the page, filled in."""
    page = client.get(ADDRESS).text
    found = re.findall(r'name="(edition|seen)" value="([^"]+)"', page)
    return {**dict(found), "reason": "We need it", **changes}


class TestPublish:
    def test_shows_what_may_lower_risk_first(self, writer, write) -> None:
        write(LOOSER + '  - {key: x, when: action.name == "x", tier: two}\n')
        words = words_of(writer.get(ADDRESS))
        assert words.index("May lower risk: 1") < words.index("Lowers no risk: 1")
        assert "Rule quick added approves at once" in words
        assert "Publish as the next version" in words

    def test_puts_the_draft_into_force(self, writer, write, ask, alice) -> None:
        assert ask("quick").tier == "one"
        write(LOOSER)
        done = writer.post(ADDRESS, form_of(writer))
        assert (done.status_code, done["Location"]) == (302, "/policies")
        newest = Policy.objects.get(version=2)
        assert (newest.source, newest.reason) == (LOOSER, "We need it")
        assert newest.published_by == alice
        assert ask("quick").tier == "none"
        assert not PolicyDraft.objects.exists()
        assert "Policy 2 is in force." in writer.get("/policies").text

    def test_asks_why(self, writer, write) -> None:
        write(LOOSER)
        refused = writer.post(ADDRESS, form_of(writer, reason="  "))
        assert refused.status_code == 422
        assert "Say why." in refused.text
        assert Policy.objects.count() == 1

    def test_a_draft_with_problems_cannot_be_published(self, writer, write) -> None:
        draft = write(BROKEN)
        page = writer.get(ADDRESS).text
        assert "It is no policy yet" in page
        assert "did you mean action.name?" in page
        form = {"edition": draft.edition, "seen": 1, "reason": "x"}
        assert writer.post(ADDRESS, form).status_code == 422
        assert Policy.objects.count() == 1

    def test_publishes_only_what_was_shown(self, writer, write, alice) -> None:
        draft = write(LOOSER)
        form = form_of(writer)
        drafts.save(STRICTER, seen=draft.edition, actor=alice)
        refused = writer.post(ADDRESS, form)
        assert refused.status_code == 409
        assert "Your draft was saved since" in refused.text
        assert Policy.objects.count() == 1
        assert writer.post(ADDRESS, form_of(writer)).status_code == 302

    def test_compares_with_what_is_in_force_at_that_moment(self, writer, write) -> None:
        write(LOOSER)
        form = form_of(writer, is_known="yes")
        ruleset.publish(STRICTER, actor=COMMAND_LINE, reason="Meanwhile")
        refused = writer.post(ADDRESS, form)
        assert refused.status_code == 409
        assert "policy 2 is in force by now" in refused.text
        assert "We need it" in refused.text
        assert Policy.objects.count() == 2

    def test_a_stale_base_takes_a_tick(self, writer, write) -> None:
        write(LOOSER)
        ruleset.publish(STRICTER, actor=COMMAND_LINE, reason="Meanwhile")
        page = words_of(writer.get(ADDRESS))
        assert "After policy 1, which your draft is based on" in page
        assert "Meanwhile rule one-too: added" in page
        refused = writer.post(ADDRESS, form_of(writer))
        assert refused.status_code == 409
        assert "Say that you know" in refused.text
        assert Policy.objects.count() == 2
        done = writer.post(ADDRESS, form_of(writer, is_known="yes"))
        assert done.status_code == 302
        assert Policy.objects.get(version=3).source == LOOSER

    def test_the_same_is_not_published_again(self, writer, write) -> None:
        draft = write(TIERS)
        assert "There is nothing to publish" in writer.get(ADDRESS).text
        form = {"edition": draft.edition, "seen": 1, "reason": "x"}
        writer.post(ADDRESS, form)
        assert Policy.objects.count() == 1

    def test_half_a_form_publishes_nothing(self, writer, write) -> None:
        draft = write(LOOSER)
        for form in ({}, {"reason": "x"}, {"reason": "x", "edition": draft.edition}):
            assert writer.post(ADDRESS, form).status_code == 422
        assert Policy.objects.count() == 1

    def test_without_a_draft_there_is_nothing_to_publish(self, writer, policy) -> None:
        for answer in (writer.get(ADDRESS), writer.post(ADDRESS, {"reason": "x"})):
            assert answer["Location"] == "/policies/draft"

    def test_other_methods_change_nothing(self, writer, write) -> None:
        write(LOOSER)
        for method in ("put", "patch", "delete"):
            assert getattr(writer, method)(ADDRESS).status_code == 405

    def test_where_two_are_needed_it_is_proposed(
        self, writer, write, settings: Settings
    ) -> None:
        settings.POLICY_SECOND_PERSON = True
        write(LOOSER)
        assert "Propose your draft" in writer.get(ADDRESS).text
        done = writer.post(ADDRESS, form_of(writer))
        proposal = PolicyProposal.objects.get()
        assert done["Location"] == f"/policies/proposals/{proposal.pk}"
        assert Policy.objects.count() == 1
        assert PolicyDraft.objects.exists()
        again = writer.post(ADDRESS, form_of(writer))
        assert again.status_code == 409
        assert "Your last proposal still waits" in again.text


class TestProposal:
    @pytest.fixture
    def proposal(
        self, policy: Policy, alice: User, settings: Settings
    ) -> PolicyProposal:
        settings.POLICY_SECOND_PERSON = True
        allow(alice)
        return proposals.propose(
            LOOSER, actor=person(alice), user=alice, reason=f"Quicker {HOSTILE}"
        )

    @pytest.fixture
    def second(self, bob: User, browser: Callable[[User], Client]) -> Client:
        allow(bob)
        return browser(bob)

    def address(self, proposal: PolicyProposal, verb: str = "") -> str:
        return f"/policies/proposals/{proposal.pk}{verb and '/' + verb}"

    def test_everybody_sees_that_it_waits(self, browser, proposal, bob) -> None:
        page = browser(bob).get("/policies")
        assert "alice proposes a policy that may lower risk" in page.text
        assert self.address(proposal) in page.text
        assert "<script>alert" not in page.text
        one = browser(bob).get(self.address(proposal))
        assert "Rule quick added approves at once" in words_of(one)
        assert "<script>alert" not in one.text
        assert "a right you do not have" in one.text
        assert "<form" not in one.text.partition("</header>")[2].partition("</main>")[0]

    def test_a_second_person_confirms_it(self, second, proposal, bob) -> None:
        done = second.post(self.address(proposal, "confirm"), {"reason": "Read it"})
        assert (done.status_code, done["Location"]) == (302, "/policies")
        newest = Policy.objects.get(version=2)
        assert (newest.source, newest.confirmed_by) == (LOOSER, bob)
        words = words_of(second.get("/policies"))
        assert "by alice" in words
        assert "confirmed by bob" in words
        assert "by bob: Read it" in words
        assert "Confirmed" in words_of(second.get(self.address(proposal)))

    def test_or_refuses_it(self, second, proposal) -> None:
        done = second.post(self.address(proposal, "refuse"), {"reason": "No"})
        assert done.status_code == 302
        assert Policy.objects.count() == 1
        assert "proposes a policy" not in second.get("/policies").text
        again = second.post(self.address(proposal, "confirm"), {"reason": "Yes"})
        assert again.status_code == 409
        assert "refused already" in again.text

    def test_its_author_can_only_take_it_back(
        self, browser, proposal, alice, second
    ) -> None:
        client = browser(alice)
        page = client.get(self.address(proposal)).text
        assert re.search(r"<button[^>]*disabled>Confirm", page)
        assert "Take it back" in page
        refused = client.post(self.address(proposal, "confirm"), {"reason": "x"})
        assert refused.status_code == 403
        assert "somebody else has to confirm it" in refused.text
        assert Policy.objects.count() == 1
        client.post(self.address(proposal, "refuse"), {"reason": "x"})
        proposal.refresh_from_db()
        assert proposal.outcome == "refused"

    def test_what_was_overtaken_cannot_be_confirmed(
        self, second, proposal, alice
    ) -> None:
        ruleset.publish(STRICTER, actor=COMMAND_LINE, reason="Meanwhile")
        assert "has to be proposed anew" in second.get(self.address(proposal)).text
        refused = second.post(self.address(proposal, "confirm"), {"reason": "x"})
        assert refused.status_code == 409
        assert "policy 2 is in force by now" in refused.text
        assert Policy.objects.count() == 2

    def test_asks_why(self, second, proposal) -> None:
        for verb in ("confirm", "refuse"):
            refused = second.post(self.address(proposal, verb), {"reason": " "})
            assert refused.status_code == 422
            assert "Say why." in refused.text
        proposal.refresh_from_db()
        assert proposal.outcome == ""

    def test_a_missing_one_is_not_found(self, second, policy) -> None:
        address = f"/policies/proposals/{uuid4()}"
        assert second.get(address).status_code == 404
        for verb in ("confirm", "refuse"):
            assert second.post(f"{address}/{verb}", {"reason": "x"}).status_code == 404

    def test_strangers_sign_in_first(self, client, proposal) -> None:
        assert "/accounts/login/" in client.get(self.address(proposal))["Location"]


def test_waiting_requests_keep_the_policy_that_judged_them(
    writer, write, ask: Callable[..., ApprovalRequest]
) -> None:
    approval = ask("quick")
    write(LOOSER)
    writer.post(ADDRESS, form_of(writer))
    approval.refresh_from_db()
    assert (approval.policy_id, approval.tier, approval.is_pending) == (1, "one", True)
