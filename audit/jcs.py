"""RFC 8785 canonical JSON, in C wherever the standard library writes the same. Pure."""

import json
from typing import Any

import rfc8785

_LARGEST = 2**53 - 1
"""Beyond it RFC 8785 has no integers; what it raises then is ``rfc8785``'s to say."""
_write = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, separators=(",", ":"), sort_keys=True
).encode


def dumps(value: Any) -> bytes:
    """The canonical bytes of a JSON value.

    Raises ``rfc8785.CanonicalizationError`` for what is none. The two agree but for
    floats, integers that are too large, the order of names that are not ASCII, and
    halves of surrogate pairs: these ``rfc8785`` itself writes or refuses.
    """
    if _is_plain(value):
        try:
            return _write(value).encode()
        except UnicodeEncodeError:
            pass
    return rfc8785.dumps(value)


def _is_plain(value: Any) -> bool:
    if value is None or isinstance(value, str | bool):
        return True
    if type(value) is int:
        return -_LARGEST <= value <= _LARGEST
    if type(value) is dict:
        return all(
            type(name) is str and name.isascii() and _is_plain(member)
            for name, member in value.items()
        )
    return type(value) in (list, tuple) and all(map(_is_plain, value))
