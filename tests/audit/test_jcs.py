"""Our canonical JSON is that of the reference library, byte by byte."""

from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from audit import jcs

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=20,
)


def result(write: Any, value: Any) -> bytes | str:
    try:
        written: bytes = write(value)
    except rfc8785.CanonicalizationError:
        return "refused"
    return written


@given(VALUES)
@example({"b": 1, "a": {"\x1f\x7f\u2028": '\\"/\b\f\n\r\t'}})
@example({"\U00010000": 1, "\uffff": 2})
@example([2**53 - 1, -(2**53) + 1])
@example([2**53])
@example([1.0, 1e21, -0.0, 5e-324])
@example("\ud800")
def test_writes_and_refuses_what_the_reference_does(value: Any) -> None:
    assert result(jcs.dumps, value) == result(rfc8785.dumps, value)


@pytest.mark.parametrize("value", [object(), {1: 2}, {"a": {1}}, b"x"])
def test_what_is_no_json_is_refused(value: Any) -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        jcs.dumps(value)
