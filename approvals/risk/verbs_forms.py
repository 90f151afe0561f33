"""The nouns that verbs become: ``AccountDeletion``, ``account_remover`` say it too."""

from collections.abc import Iterable, Iterator

_VOWELS = "aeiou"
_SPELLINGS = (
    ("duce", "duction"),
    ("ish", "ition"),
    ("scribe", "scription"),
    ("pel", "pulsion"),
    ("mit", "mission"),
    ("vert", "version"),
    ("cede", "cession"),
    ("voke", "vocation"),
    ("pend", "pension"),
    ("solve", "solution"),
    ("stroy", "struction"),
    ("port", "portation"),
    ("close", "closure"),
    ("ify", "ification"),
    ("ve", "val"),
    ("ate", "ation"),
    ("ise", "isation"),
    ("ize", "ization"),
    ("te", "tion"),
    ("se", "sure"),
    ("t", "tion"),
    ("t", "tation"),
    ("t", "tment"),
    ("e", "al"),
    ("se", "sal"),
    ("", "ment"),
    ("", "ion"),
    ("", "ation"),
    ("y", "ial"),
    ("d", "sion"),
)
"""How a verb ends, and how the noun does that says it is done."""


def nouns_of(verb: str) -> Iterator[str]:
    """What is done, and who does it; some that nobody says are harmless here."""
    for ending, noun in _SPELLINGS:
        if verb.endswith(ending):
            yield f"{verb[: len(verb) - len(ending)]}{noun}"
    stem = verb[:-1] if verb.endswith("e") else verb
    yield from (f"{stem}er", f"{stem}or")
    if _is_doubled(verb):
        yield f"{verb}{verb[-1]}er"


def _is_doubled(verb: str) -> bool:
    """``wipe`` makes a wiper, ``kidnap`` a kidnapper."""
    return (
        len(verb) > 2
        and verb[-1] not in f"{_VOWELS}wxy"
        and verb[-2] in _VOWELS
        and verb[-3] not in _VOWELS
    )


def table_of(verbs: Iterable[str], not_these: frozenset[str]) -> dict[str, str]:
    """Nouns and the verbs that they come from, without words that mean other things."""
    return {
        noun: verb
        for verb in sorted(verbs)
        for noun in nouns_of(verb)
        if noun not in not_these
    }
