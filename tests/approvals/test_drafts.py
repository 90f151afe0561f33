"""A draft is one person's, and no save ever overwrites a newer one."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from approvals import drafts
from approvals.document import MAX_BYTES
from approvals.drafts import Overtaken, TooLong
from approvals.models import Policy, PolicyDraft
from audit.models import Entry
from tests.approvals.racing import Racers


@pytest.fixture
def draft(policy: Policy, alice: User) -> PolicyDraft:
    return drafts.begin("rules: []", based_on=policy, seen=None, actor=alice)


def stored(person: User) -> str:
    draft = drafts.draft_of(person)
    assert draft
    return draft.source


@pytest.mark.django_db
def test_a_draft_is_begun_saved_and_thrown_away(
    draft: PolicyDraft, policy: Policy, alice: User
) -> None:
    assert (draft.source, draft.based_on) == ("rules: []", policy)
    saved = drafts.save("rules: [x", seen=draft.edition, actor=alice)
    assert stored(alice) == "rules: [x"
    assert saved.edition != draft.edition
    assert saved.updated_at > draft.updated_at
    assert saved.based_on == policy
    drafts.discard(seen=saved.edition, actor=alice)
    assert drafts.draft_of(alice) is None


@pytest.mark.django_db
def test_writing_at_a_draft_leaves_no_entry(draft: PolicyDraft, alice: User) -> None:
    before = Entry.objects.count()
    drafts.save("other", seen=draft.edition, actor=alice)
    assert Entry.objects.count() == before


@pytest.mark.django_db
def test_everybody_has_their_own(
    draft: PolicyDraft, policy: Policy, alice: User, bob: User
) -> None:
    drafts.begin("bob's", based_on=policy, seen=None, actor=bob)
    assert (stored(alice), stored(bob)) == ("rules: []", "bob's")


@pytest.mark.django_db
def test_a_stale_tab_overwrites_nothing(draft: PolicyDraft, alice: User) -> None:
    newer = drafts.save("newer", seen=draft.edition, actor=alice)
    with pytest.raises(Overtaken) as caught:
        drafts.save("stale", seen=draft.edition, actor=alice)
    assert caught.value.draft == newer
    assert caught.value.draft.source == "newer"
    assert stored(alice) == "newer"


@pytest.mark.django_db
def test_a_tab_of_a_draft_that_is_gone_overwrites_nothing(
    draft: PolicyDraft, policy: Policy, alice: User
) -> None:
    drafts.discard(seen=draft.edition, actor=alice)
    with pytest.raises(Overtaken) as caught:
        drafts.save("stale", seen=draft.edition, actor=alice)
    assert caught.value.draft is None
    drafts.begin("new", based_on=policy, seen=None, actor=alice)
    with pytest.raises(Overtaken):
        drafts.save("stale", seen=draft.edition, actor=alice)
    assert stored(alice) == "new"


@pytest.mark.django_db
@pytest.mark.parametrize("seen", [None, uuid4()], ids=["none", "another"])
def test_beginning_anew_needs_the_draft_that_it_replaces(
    draft: PolicyDraft, policy: Policy, alice: User, seen: object
) -> None:
    with pytest.raises(Overtaken):
        drafts.begin("new", based_on=policy, seen=seen, actor=alice)  # type: ignore[arg-type]
    assert stored(alice) == "rules: []"
    drafts.begin("new", based_on=policy, seen=draft.edition, actor=alice)
    assert stored(alice) == "new"


@pytest.mark.django_db
def test_a_newer_save_is_not_thrown_away(draft: PolicyDraft, alice: User) -> None:
    drafts.save("newer", seen=draft.edition, actor=alice)
    with pytest.raises(Overtaken):
        drafts.discard(seen=draft.edition, actor=alice)
    assert stored(alice) == "newer"


@pytest.mark.django_db
def test_saving_the_same_again_is_no_new_edition(
    draft: PolicyDraft, alice: User
) -> None:
    again = drafts.save("rules: []", seen=draft.edition, actor=alice)
    assert again.edition == draft.edition


@pytest.mark.django_db
def test_refuses_what_no_policy_can_be(draft: PolicyDraft, alice: User) -> None:
    drafts.save("ä" * (MAX_BYTES // 2), seen=draft.edition, actor=alice)
    current = drafts.draft_of(alice)
    assert current
    with pytest.raises(TooLong, match="256 KiB"):
        drafts.save(current.source + "!", seen=current.edition, actor=alice)


@pytest.mark.django_db(transaction=True)
def test_of_tabs_that_save_at_once_one_wins(draft: PolicyDraft, alice: User) -> None:
    with Racers(6) as racers:
        for _ in range(5):
            current = drafts.draft_of(alice)
            assert current
            said = racers.at_once(
                [
                    lambda n=n, seen=current.edition: drafts.save(
                        f"{seen} by {n}", seen=seen, actor=alice
                    )
                    for n in range(6)
                ]
            )
            saved = [one for one in said if isinstance(one, PolicyDraft)]
            assert len(saved) == 1
            assert sum(isinstance(one, Overtaken) for one in said) == 5
            assert stored(alice) == saved[0].source


@pytest.mark.django_db(transaction=True)
def test_of_tabs_that_begin_at_once_one_wins(policy: Policy, alice: User) -> None:
    def begin(text: str) -> PolicyDraft:
        return drafts.begin(text, based_on=policy, seen=None, actor=alice)

    with Racers(6) as racers:
        said = racers.at_once([lambda n=n: begin(f"{n}") for n in range(6)])
    assert sum(isinstance(one, PolicyDraft) for one in said) == 1
    assert sum(isinstance(one, Overtaken) for one in said) == 5
