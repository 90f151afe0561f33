"""How templates show other people's text, icons, tiers and times."""

from collections.abc import Hashable, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from agents import brake
from agents.models import Brake
from approvals import render
from approvals.models import ApprovalRequest
from audit.models import rfc3339

register = template.Library()

_DEEDS = {
    "read": ("reads or changes little", "reads or changes little"),
    "run": ("runs", "runs something"),
    "change": ("changes", "changes something"),
    "install": ("installs", "installs software"),
    "send": ("sends to", "sends something out"),
    "grant": ("changes who may do what with", "changes who may do what"),
    "pay": ("moves money to", "moves money"),
    "stop": ("stops", "stops something"),
    "delete": ("deletes", "deletes something"),
}
"""What an action does to a target, and what it does where that is not known."""


@register.filter
def visible(value: object) -> SafeString:
    """Other people's text on one line: escaped, hidden characters as marks."""
    return _safe(render.line_html(_text(value)))


@register.filter
def identifier(value: object) -> SafeString:
    """The same, with everything outside plain ASCII set apart."""
    return _safe(render.identifier_html(_text(value)))


@register.filter
def prose(value: object) -> SafeString:
    """The same over several lines, for an element with ``white-space: pre-wrap``."""
    return _safe(render.prose_html(_text(value)))


@register.filter
def source(value: object) -> SafeString:
    """Several lines of what would run, without colours."""
    return _safe(render.source_html(_text(value)))


@register.filter
def visible_text(value: object) -> str:
    """For attributes and titles: plain text with marks; the template escapes it."""
    return render.visible_text(_text(value))


@register.filter
def warnings(value: object) -> tuple[str, ...]:
    """Sentences about hidden and look-alike characters in an identifier."""
    return render.warnings_for(_text(value), is_code=True)


@register.filter
def as_json(value: object) -> SafeString:
    """A value as indented, highlighted JSON."""
    return _safe(render.code_html(render.json_text(value), "json"))


@register.filter
def does(impact: dict[str, Any], target: str | None) -> str:
    """What an impact's verb says, as a sentence, or its beginning before a target."""
    nobody = ("nobody knows", "nobody knows")
    with_target, alone = _DEEDS.get(impact.get("verb", ""), nobody)
    words = with_target if target else alone
    return words[:1].upper() + words[1:]


@register.filter
def deed(impact: dict[str, Any]) -> str:
    """The same in the middle of a sentence; empty where nobody knows."""
    with_target, alone = _DEEDS.get(impact.get("verb", ""), ("", ""))
    return with_target if impact.get("target") else alone


@register.filter
def without_placeholder(field: BoundField) -> SafeString:
    """A form's field without the label again inside it."""
    return field.as_widget(attrs={"placeholder": False})


@register.filter
def is_held(approval: ApprovalRequest, brakes: Iterable[Brake] | None) -> bool:
    """Whether its clock stands still under the brakes in force; None: nobody knows."""
    covering = brake.covering(approval.target, brakes or ())
    return brake.mode_of(covering) is Brake.Mode.HOLD


@register.filter
def utc(moment: datetime) -> str:
    """RFC 3339 in UTC, for ``<time datetime>``."""
    return rfc3339(moment)


@register.simple_tag
def icon(name: str) -> SafeString:
    """One icon of the sprite, hidden from screen readers: words stand beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false">'
        '<use href="{}#{}"></use></svg>',
        static("icons/sprite.svg"),
        name,
    )


@register.simple_tag
def moment(at: datetime, style: str = "both") -> SafeString:
    """A time, in UTC until the browser puts it into the reader's zone.

    ``style``: ``both`` (absolute and relative), ``absolute``, ``relative``,
    ``utc`` (left as it is).
    """
    shown = at.strftime("%Y-%m-%d %H:%M:%S UTC")
    return format_html(
        '<time datetime="{}" data-time="{}" title="{}">{}</time>',
        rfc3339(at),
        style,
        shown,
        shown,
    )


@register.simple_tag
@lru_cache(maxsize=256)
def tier(mark: Hashable) -> SafeString:
    """Bars and word; never colour alone. There are few, and fifty to a page."""
    context = {"tier": mark, "steps": (1, 2, 3, 4)}
    return render_to_string("approvals/_tier.html", context)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _safe(html: str) -> SafeString:
    # Only what render made: it escapes every character that is not its own.
    return mark_safe(html)  # noqa: S308
