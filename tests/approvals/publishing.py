"""Policies beside the one of ``conftest.TIERS``, and the right to publish them."""

from django.contrib.auth.models import Permission, User

from tests.approvals.conftest import TIERS

STRICTER = TIERS + '  - {key: one-too, when: action.name == "one", tier: two}\n'
"""Lowers nothing: another action needs two people."""
LOOSER = TIERS + '  - {key: quick, when: action.name == "quick", tier: none}\n'
"""May lower risk: another action is approved at once."""
BROKEN = TIERS.replace("action.name", "action.nam")
"""No policy: a name in every rule is unknown; the first stands in line 23."""


def allow(*people: User) -> None:
    """Give them the right to write and publish policies."""
    right = Permission.objects.get(
        content_type__app_label="approvals", codename="publish_policy"
    )
    for person in people:
        person.user_permissions.add(right)


def anew(person: User) -> User:
    """The same account without what Django keeps of its rights."""
    return User.objects.get(pk=person.pk)
