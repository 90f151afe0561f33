"""What a page shows once."""

import re
from html import unescape

from django.http import HttpResponse


def shown(answer: HttpResponse, what: str) -> str:
    """The key or secret on a page; raises AssertionError where it is not there."""
    found = re.search(rf'data-once="{what}">([^<]+)<', answer.content.decode())
    assert found, f"no {what} shown"
    return unescape(found[1])
