"""Strict JSON in, one digest out."""

import base64
import hashlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.canonical import (
    MAX_DEPTH,
    MAX_INTEGER,
    Action,
    InvalidJSON,
    MalformedJSON,
    digest,
    parse,
)

VECTORS = Path(
    os.environ.get("SHARED_DIR", Path(__file__).parents[3] / "shared"),
    "vectors/json_parsing.jsonl",
)

# RFC 8259 by example: what every reader has to take, and what none may.
VALID = [
    b"[]", b"{}", b'""', b"0", b"-0", b"1.5e-3", b" [ 1 , 2 ] ", b'"\\u0000"', b"null",
    b'{"a":{"b":[true,false,null]}}', b'"\\ud83d\\ude00"', '"\u2028é😀"'.encode(),
    b"1E22", b"[1e-2]", b'{"":0}', b'"\\/\\b\\f\\n\\r\\t"', b"\r\n\t[]", b"1e308",
]  # fmt: skip
INVALID = [
    b"", b"[", b"{", b"[1,]", b'{"a":1,}', b"{a:1}", b"'a'", b"01", b"+1", b".5", b"1.",
    b"NaN", b"Infinity", b"-Infinity", b"[1] x", b"nul", b"True", b'"\n"', b'"\\x41"',
    b"\xff\xfe[\x00]\x00", b"\xef\xbb\xbf[]", b'"\xff"', b"// c\n1", b"0x10", b"[1 2]",
    b'"\\ud800"', b'"\\udc00x"', b'{"\\ud800":1}', b"\xed\xa0\x80", b'{"a":1,"a":2}',
    b'[{"b":{"c":1,"c":1}}]', b"[" * 300, b"\x0c[]", b'{"a" 1}', b"1e", b"--1",
]  # fmt: skip


@pytest.mark.parametrize("body", VALID)
def test_takes_valid_json(body: bytes) -> None:
    assert parse(body) == json.loads(body)


@pytest.mark.parametrize("body", INVALID)
def test_refuses_what_is_not_json(body: bytes) -> None:
    with pytest.raises((MalformedJSON, InvalidJSON)):
        parse(body)


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def test_takes_the_deepest_nesting_and_refuses_one_level_more() -> None:
    parse(nested(MAX_DEPTH))
    with pytest.raises(InvalidJSON, match="deeper than 32") as refused:
        parse(nested(MAX_DEPTH + 1))
    assert refused.value.pointer == "/0" * MAX_DEPTH


def test_refuses_nesting_that_would_overflow_the_stack() -> None:
    with pytest.raises(InvalidJSON, match="deeper"):
        parse(nested(120_000))


@pytest.mark.parametrize("number", [MAX_INTEGER, -MAX_INTEGER])
def test_takes_the_largest_integers(number: int) -> None:
    assert parse(b'{"n":%d}' % number) == {"n": number}


@pytest.mark.parametrize("number", [b"9007199254740993.0", b"1e17", b"-1e20"])
def test_refuses_floats_that_would_be_written_as_such_integers(number: bytes) -> None:
    with pytest.raises(InvalidJSON, match="integer"):
        parse(number)


@pytest.mark.parametrize(
    "digits", ["9007199254740992", "-9007199254740992", "9" * 5000]
)
def test_refuses_integers_that_doubles_cannot_hold(digits: str) -> None:
    with pytest.raises(InvalidJSON) as refused:
        parse(b'{"a":{"n":[0,%s]}}' % digits.encode())
    assert refused.value.pointer == "/a/n/1"


def test_refuses_numbers_beyond_a_double() -> None:
    with pytest.raises(InvalidJSON, match="too large"):
        parse(b"[1e400]")


def test_names_the_member_that_stands_twice() -> None:
    with pytest.raises(MalformedJSON, match="member 'sql' stands twice"):
        parse(b'{"sql": "SELECT 1", "sql": "DROP TABLE users"}')


def test_escapes_member_names_in_pointers() -> None:
    with pytest.raises(InvalidJSON) as refused:
        parse(b'{"a/b": {"c~d": 1e999}}')
    assert refused.value.pointer == "/a~1b/c~0d"


def test_agrees_with_the_public_parsing_vectors() -> None:
    if not VECTORS.exists():
        pytest.skip("the public JSON vectors are not on this machine")
    wrong = []
    for line in VECTORS.read_text().splitlines():
        case = json.loads(line)
        try:
            parse(base64.b64decode(case["base64"]))
            got = "accept"
        except (MalformedJSON, InvalidJSON):
            got = "reject"
        # Valid JSON that our stricter rules refuse: the same member name twice.
        stricter = case["name"].startswith("y_object_duplicated_key")
        expected = "reject" if stricter else case["expect"]
        if expected not in ("either", got):
            wrong.append((case["name"], got))
    assert wrong == []


ACTION = Action(
    name="sql.execute",
    agent="deploy-bot",
    arguments={"sql": "DROP TABLE \u20ac", "n": 1.0, "a": [True, None]},
    environment="production",
)


def test_digest_covers_the_six_members_in_canonical_order() -> None:
    canonical = (
        '{"action":"sql.execute","agent":"deploy-bot",'
        '"arguments":{"a":[true,null],"n":1,"sql":"DROP TABLE \u20ac"},'
        '"environment":"production","resource":null,"subject":null}'
    )
    assert ACTION.canonical() == canonical
    hexadecimal = hashlib.sha256(canonical.encode()).hexdigest()
    assert digest(ACTION.canonical()) == f"sha256:{hexadecimal}"


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.floats(-(2.0**53) + 1, 2.0**53 - 1)
    | st.floats(min_value=1e21, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON_VALUES, max_size=4))
def test_digest_survives_being_written_and_read_again(
    arguments: dict[str, object],
) -> None:
    once = Action(name="a", agent="b", arguments=arguments).canonical()
    again = Action(name="a", agent="b", arguments=parse(once.encode())["arguments"])
    assert again.canonical() == once


@given(st.binary(max_size=200))
def test_never_fails_in_another_way(body: bytes) -> None:
    try:
        parse(body)
    except (MalformedJSON, InvalidJSON):
        assert body is not None
