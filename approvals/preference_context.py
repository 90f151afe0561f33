"""How whoever looks wants the page, for ``base.html``."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from approvals import preferences


def preferred(request: HttpRequest) -> dict[str, object]:
    """The context processor: one query, made when a template first asks."""
    user = getattr(request, "user", AnonymousUser())
    return {"preferred": SimpleLazyObject(lambda: preferences.of(user))}
