"""Manifests of Kubernetes that stand in the arguments as objects."""

from collections.abc import Iterator, Mapping
from typing import Any

from approvals.canonical import pointer_to
from approvals.risk.findings import Finding
from approvals.risk.kubernetes import of_object
from approvals.risk.view import View


def analyse(view: View) -> Iterator[Finding]:
    """Findings for every object with ``apiVersion`` and ``kind``."""
    stack: list[tuple[str, Any]] = [("/arguments", view.action.arguments)]
    while stack:
        pointer, value = stack.pop()
        if isinstance(value, Mapping):
            if "apiVersion" in value and "kind" in value:
                yield from (match.at(pointer) for match in of_object(value))
            else:
                stack += [(pointer_to(pointer, str(n)), v) for n, v in value.items()]
        elif isinstance(value, list | tuple):
            stack += [(pointer_to(pointer, n), v) for n, v in enumerate(value)]
