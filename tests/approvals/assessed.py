"""Actions assessed in one line, and what holds of every assessment."""

import time
from typing import Any

from hypothesis import strategies as st

from approvals.canonical import Action
from approvals.risk import NOTHING_KNOWN, Context, Finding, Severity, assess
from approvals.risk.catalogue import CATALOGUE

RANKS = {one.value: one.rank for one in Severity}


def found_in(
    name: str,
    arguments: dict[str, Any],
    kind: str,
    subject: str | None = None,
    context: Context = NOTHING_KNOWN,
) -> dict[str, Finding]:
    """The gravest finding of each code of one kind."""
    findings = assess(Action(name, "bot", arguments, subject=subject), context).findings
    found: dict[str, Finding] = {}
    for one in findings:
        if one.code.startswith(f"{kind}."):
            found.setdefault(one.code, one)
    return found


def severities_in(
    name: str, arguments: dict[str, Any], kind: str, **known: Any
) -> dict[str, str]:
    """Code to severity, without what is only a note."""
    found = found_in(name, arguments, kind, **known)
    return {
        code: one.severity.value
        for code, one in found.items()
        if one.severity is not Severity.LOW
    }


def value_at(action: Action, pointer: str) -> Any:
    """What an RFC 6901 pointer into an action leads to."""
    value: Any = {
        "arguments": action.arguments,
        "subject": action.subject,
        "resource": action.resource,
    }
    for part in pointer.split("/")[1:]:
        member = part.replace("~1", "/").replace("~0", "~")
        # The database keeps no U+0000, so findings name it.
        member = member.replace("⟦U+0000⟧", "\0")
        value = value[int(member)] if isinstance(value, list) else value[member]
    return value


def assert_sound(action: Action, kind: str) -> None:
    """Nothing failed; every code is known; pointers and spans lead into the action."""
    began = time.process_time()
    findings = assess(action).findings
    assert time.process_time() - began < 2
    for found in findings:
        assert found.code != f"{kind}.uninspectable"
        if not found.code.startswith(f"{kind}."):
            continue
        assert found.code in CATALOGUE
        value = value_at(action, found.pointer)
        if found.span is not None:
            start, end = found.span
            assert 0 <= start < end <= len(value)


def actions(names: list[str], words: list[str]) -> st.SearchStrategy[Action]:
    """Actions with these names, or others, whose texts are made of such words."""
    texts = st.lists(st.sampled_from(words) | st.text(max_size=12), max_size=12).map(
        "".join
    )
    values = st.recursive(
        texts | st.booleans() | st.none() | st.floats(allow_nan=False) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(words) | texts, inner, max_size=4)
        ),
        max_leaves=8,
    )
    return st.builds(
        Action,
        st.sampled_from(names) | texts,
        st.just("bot"),
        st.dictionaries(st.sampled_from(words) | texts, values, max_size=6),
        subject=st.none() | texts,
        resource=st.none() | texts,
    )
