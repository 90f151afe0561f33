"""``python -m tests.fuzz actions|policies [options]``: atheris looks for faults.

An exception, a finding that points nowhere, or one input that takes longer than a
second ends it and is written to a file.
"""

import sys
from collections.abc import Callable

import atheris

with atheris.instrument_imports(include=["approvals"]):
    from approvals.canonical import Action, InvalidJSON, MalformedJSON, parse
    from approvals.policy_document import PolicyError
    from approvals.policy_document import parse as parse_policy
    from tests.fuzz.material import FRAGMENTS, MEMBERS, NAMES, POLICY_LINES, holds

OPTIONS = ("-runs=100000", "-max_len=4096", "-timeout=1", "-rss_limit_mb=1024")
JSON_IN_ONE_OF = 4
"""One input of so many is read as the JSON of arguments, as agents send it."""


def an_action(data: bytes) -> None:
    """The bytes choose names and pieces, or are the arguments as JSON."""
    provider = atheris.FuzzedDataProvider(data)
    name = NAMES[provider.ConsumeIntInRange(0, len(NAMES) - 1)]
    if provider.ConsumeIntInRange(1, JSON_IN_ONE_OF) == 1:
        arguments = _json(provider.ConsumeBytes(4096))
    else:
        arguments = {
            _one_of(provider, MEMBERS): _text(provider)
            for _ in range(provider.ConsumeIntInRange(1, 4))
        }
    if isinstance(arguments, dict):
        holds(Action(name=name, agent="fuzzer", arguments=arguments))


def a_policy(data: bytes) -> None:
    """The bytes choose lines, or are a document themselves."""
    provider = atheris.FuzzedDataProvider(data)
    lines = [
        _one_of(provider, POLICY_LINES) if provider.ConsumeBool() else _plain(provider)
        for _ in range(provider.ConsumeIntInRange(1, 20))
    ]
    try:
        parse_policy("\n".join(lines))
    except PolicyError as error:
        if not error.problems:
            raise


TARGETS: dict[str, Callable[[bytes], None]] = {
    "actions": an_action,
    "policies": a_policy,
}


def _json(body: bytes) -> object:
    try:
        return parse(body)
    except (InvalidJSON, MalformedJSON):
        return None


def _text(provider: atheris.FuzzedDataProvider) -> str:
    return "".join(
        _one_of(provider, FRAGMENTS) if provider.ConsumeBool() else _plain(provider)
        for _ in range(provider.ConsumeIntInRange(1, 12))
    )


def _plain(provider: atheris.FuzzedDataProvider) -> str:
    text: str = provider.ConsumeUnicodeNoSurrogates(60)
    return text


def _one_of(provider: atheris.FuzzedDataProvider, choices: tuple[str, ...]) -> str:
    return choices[provider.ConsumeIntInRange(0, len(choices) - 1)]


if __name__ == "__main__":
    target = TARGETS[sys.argv.pop(1)]
    atheris.Setup([sys.argv[0], *OPTIONS, *sys.argv[1:]], target)
    atheris.Fuzz()
