"""Whether pages should point to the first steps."""

from django import template

from approvals import first_steps

register = template.Library()


@register.simple_tag
def is_new_here() -> bool:
    """Whether there have been few requests so far; one query."""
    return first_steps.is_new()
