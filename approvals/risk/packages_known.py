"""Well-known packages of each ecosystem, and names that can be taken for theirs."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from approvals.risk.packages_ecosystems import (
    AFFIXES,
    BAITS,
    EXTENDED,
    HOUSEHOLD,
    OWNED,
    Ecosystem,
)
from approvals.risk.packages_typing import meant, with_letters_left_out
from approvals.risk.similarity import (
    is_one_slip_away,
    is_two_slips_away,
    skeleton,
)
from approvals.risk.tables import lines_of

_IMITATED = 6000
"""So many of the best-known names of a list are worth imitating."""
_FAMOUS = 1500
"""A name close to one of these is hardly ever an accident."""
_TOP = 300
_SHORTEST = 4
"""Shorter names are close to each other by chance."""
_BRIEF = 5
_LONG_ENOUGH, _LONGEST = 8, 16
"""Names of this length are hardly ever two slips from another one by chance."""
_WORTH_TWO_SLIPS = 800
_MOST_PARTS = 6
_COMMON = 3
"""A word is common that so many well-known names have."""
_LIMITS = {4: _TOP, 5: _FAMOUS, 6: 2 * _FAMOUS}
"""By its length, how well-known a name must be for one slip to be no accident."""
_SEPARATORS = re.compile(r"[-_.\s]{1,200}")
_PARTS = re.compile(r"[-_./:@\s]{1,200}")


@dataclass(frozen=True, slots=True)
class Resemblance:
    """``known`` is the name that is imitated, ``how`` says by what in words."""

    known: str
    how: str
    is_close: bool
    is_famous: bool


@dataclass(frozen=True, slots=True)
class _Names:
    """``rank`` by written name; the others lead from a form to the best-known name.

    ``owners`` are those of a repository's name, where names are paths.

    ``used`` are the words of all names, ``words`` the common ones among them.

    ``scopes`` are worth imitating; ``owned`` are all that somebody well-known has.
    """

    rank: dict[str, int] = field(default_factory=dict)
    folded: dict[str, str] = field(default_factory=dict)
    joined: dict[str, str] = field(default_factory=dict)
    sorted: dict[str, str] = field(default_factory=dict)
    starts: dict[str, list[str]] = field(default_factory=dict)
    ends: dict[str, list[str]] = field(default_factory=dict)
    owners: dict[str, list[str]] = field(default_factory=dict)
    scopes: frozenset[str] = frozenset()
    owned: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    shorter: dict[str, str] = field(default_factory=dict)


def is_listed(ecosystem: Ecosystem) -> bool:
    return ecosystem is not Ecosystem.OTHER


def is_known(ecosystem: Ecosystem, name: str) -> bool:
    """Whether the name stands in the list, however the registry lets it be written."""
    if ecosystem is Ecosystem.OTHER:
        return False
    known = _names(ecosystem)
    written = _written(ecosystem, name)
    return written in known.rank or _scope(written) in known.owned


@lru_cache(maxsize=4096)
def resemblance(ecosystem: Ecosystem, name: str) -> Resemblance | None:
    """The well-known name that ``name`` can be taken for; None for a known name.

    ``is_close`` is False where it can well be chance.
    """
    if ecosystem is Ecosystem.OTHER or len(name) > 214 or is_known(ecosystem, name):
        return None
    known = _names(ecosystem)
    written = _written(ecosystem, name)
    for found, how, is_close in _candidates(known, written):
        rank = known.rank.get(found, 0 if found.startswith("@") else _IMITATED)
        is_famous = rank < _FAMOUS and "added" not in how and "well-known" not in how
        return Resemblance(found, how, is_close, is_famous)
    return None


def _candidates(known: _Names, written: str) -> Iterator[tuple[str, str, bool]]:
    """Ways to pass for another name, the surest first."""
    alike = known.folded.get(skeleton(written))
    if alike:
        yield alike, "looks the same", True
    joined = known.joined.get(_joined(written))
    if joined:
        yield joined, "is the same but for its separators", True
    swapped = known.sorted.get(_sorted(written))
    if swapped:
        yield swapped, "has the same words", True
    slipped, is_close = _slip(known, written)
    if slipped:
        yield slipped, "differs in one character", is_close
    twice = _two_slips(known, written)
    if twice:
        yield twice, "differs in two characters", True
    yield from _scoped(known, written)
    yield from _owned_by_another(known, written)
    yield from _affixed(known, written)
    yield from _paired(known, written)
    yield from _mistyped(known, written)


def _mistyped(known: _Names, written: str) -> Iterator[tuple[str, str, bool]]:
    """Several words of which one is a slip of one that is common in names."""
    parts = [part for part in _PARTS.split(written.rpartition("/")[2]) if part]
    if not 2 <= len(parts) <= _MOST_PARTS:
        return
    for part in parts:
        word = "" if part in known.used else meant(part, known.words, known.shorter)
        if word:
            yield word, f"has well-known words, of which “{word}” is misspelled", True
            return


def _slip(known: _Names, written: str) -> tuple[str, bool]:
    """The name one slip away, and whether that can hardly be chance.

    A slip leaves the first or the last characters alone: so many as fit twice into
    the shorter of both names, beside a swapped pair.
    """
    if len(written) < _SHORTEST:
        return "", False
    edge = _edge(len(written) - 1)
    near = known.starts.get(written[:edge], []), known.ends.get(written[-edge:], [])
    close = (
        name
        for names_there in near
        for name in names_there
        if abs(len(name) - len(written)) <= 1 and is_one_slip_away(name, written)
    )
    found = min(
        _of_other_owners(close, written), key=lambda name: known.rank[name], default=""
    )
    rank = known.rank.get(found, _IMITATED)
    if _is_next_version(written, found) and rank >= _TOP:
        return found, False
    return found, rank < _LIMITS.get(len(found), _IMITATED)


def _of_other_owners(close: Iterable[str], written: str) -> Iterator[str]:
    """Without short names of the same owner, who may call them alike."""
    for name in close:
        owner, slash, last = name.rpartition("/")
        is_own = written.startswith(f"{owner}{slash}") and len(last) <= _SHORTEST
        if not (slash and is_own):
            yield name


def _is_next_version(written: str, found: str) -> bool:
    """``pkginfo2``: somebody goes on with what another one began."""
    return written[:-1] == found and written[-1].isdigit() and found[-1:].isalpha()


def _two_slips(known: _Names, written: str) -> str:
    if not _LONG_ENOUGH - 1 <= len(written) <= _LONGEST + 2:
        return ""
    near = known.starts.get(written[:3], []), known.ends.get(written[-3:], [])
    return next(
        (
            name
            for names_there in near
            for name in names_there
            if abs(len(name) - len(written)) <= 2
            and _LONG_ENOUGH <= len(name) <= _LONGEST
            and name[0] == written[0]
            and known.rank[name] < _WORTH_TWO_SLIPS
            and is_two_slips_away(written, name)
        ),
        "",
    )


def _owned_by_another(known: _Names, written: str) -> Iterator[tuple[str, str, bool]]:
    """A repository of a well-known name whose owner is called nearly like its own."""
    front, _, last = written.rpartition("/")
    for owner in known.owners.get(last, ()):
        is_longer = len(owner) > 3 and front.startswith((f"{owner}-", f"{owner}_"))
        if is_longer or is_one_slip_away(front, owner):
            yield f"{owner}/{last}", "has an owner that can be taken for another", True
            return


def _paired(known: _Names, written: str) -> Iterator[tuple[str, str, bool]]:
    """Two well-known names in one, where neither is made to be extended."""
    parts = written.split("-")
    if len(parts) != 2 or parts[0] in EXTENDED or min(map(len, parts)) < _SHORTEST:
        return
    if all(known.rank.get(part, _IMITATED) < _TOP for part in parts):
        yield parts[0], "is two well-known names in one", True


def _edge(length: int) -> int:
    return min(3, max(1, (length - 1) // 2))


def _scoped(known: _Names, written: str) -> Iterator[tuple[str, str, bool]]:
    scope = _scope(written)
    if not scope:
        return
    plain = _joined(scope)
    for other in known.scopes:
        flat = _joined(other)
        is_near = len(flat) > _BRIEF and is_one_slip_away(plain, flat)
        is_near = is_near or plain == flat
        is_longer = (
            len(flat) > 6 and plain.startswith(flat) and len(plain) < len(flat) + 4
        )
        if is_near or is_longer:
            yield f"@{other}", "has a scope that can be taken for another", True
            return
    base = written.rpartition("/")[2]
    if known.rank.get(base, _IMITATED) < _FAMOUS and len(base) >= _SHORTEST:
        yield base, "is a well-known name in another scope", False


def _affixed(known: _Names, written: str) -> Iterator[tuple[str, str, bool]]:
    """A well-known name and a word that says nothing, or that should bring trust."""
    for bare, affix in _without_affix(written):
        is_short = len(bare) <= _SHORTEST
        if _is_imitated(known, bare) and not (is_short and known.rank[bare] >= _TOP):
            yield bare, f"is a well-known name with “{affix}” added", True
            return
    parts = [part for part in _PARTS.split(written) if part]
    if len(parts) < 2:
        return
    rest = [part for part in map(_plain, parts) if part not in AFFIXES]
    bare = known.joined.get("".join(rest), "-".join(rest))
    if rest and "-".join(rest) != "-".join(parts) and _is_imitated(known, bare):
        is_close = len(bare) >= _SHORTEST or known.rank[bare] < _TOP
        yield bare, "is a well-known name with its language added", is_close
        return
    bare = "-".join(_base(part) for part in rest if not _is_bait(part))
    bare = known.joined.get(bare.replace("-", ""), bare)
    is_bait = bool(bare) and known.rank.get(bare, _IMITATED) < _FAMOUS
    if is_bait and len(bare) >= _SHORTEST and bare != written:
        yield bare, "is a well-known name with a word added", True


def _without_affix(written: str) -> Iterator[tuple[str, str]]:
    for affix in ("python", "py", "node", "js"):
        for bare in (written.removeprefix(affix), written.removesuffix(affix)):
            if bare != written and len(bare) >= _SHORTEST:
                yield bare, affix


def _is_bait(part: str) -> bool:
    return part in BAITS or bool(re.fullmatch(r"v?\d{1,4}", part))


def _base(part: str) -> str:
    """``requests2`` as ``requests``."""
    bare = part.rstrip("0123456789")
    return bare if len(bare) > _SHORTEST else part


def _plain(part: str) -> str:
    """``expressjs`` as ``express``."""
    bare = part.removesuffix("js")
    return bare if len(bare) >= _SHORTEST - 1 else part


def _is_imitated(known: _Names, name: str) -> bool:
    return known.rank.get(name, _IMITATED) < _IMITATED


@lru_cache
def _names(ecosystem: Ecosystem) -> _Names:
    """The list of one ecosystem, indexed once per process, when first needed."""
    found = _Names()
    owned = set(OWNED) if ecosystem is Ecosystem.NPM else set[str]()
    scopes: set[str] = set()
    household = sorted(HOUSEHOLD.get(ecosystem, ()))
    listed = [*household, *lines_of(f"packages_{ecosystem}.txt")]
    for rank, line in enumerate(listed):
        written = _written(ecosystem, line)
        if written in found.rank:
            continue
        found.rank[written] = rank
        owned.add(_scope(written))
        if rank >= _IMITATED:
            continue
        if rank < _FAMOUS and _scope(written):
            scopes.add(_scope(written))
        if ecosystem in (Ecosystem.GO, Ecosystem.PACKAGIST):
            owner, _, last = written.rpartition("/")
            found.owners.setdefault(last, []).append(owner)
        if len(written) >= _SHORTEST:
            found.folded.setdefault(skeleton(written), written)
            for edge in (1, 2, 3):
                found.starts.setdefault(written[:edge], []).append(written)
                found.ends.setdefault(written[-edge:], []).append(written)
        if len(_joined(written)) > _SHORTEST:
            found.joined.setdefault(_joined(written), written)
            found.sorted.setdefault(_sorted(written), written)
    counts = Counter(part for name in found.rank for part in set(_PARTS.split(name)))
    tops = {name for name, rank in found.rank.items() if rank < _FAMOUS}
    words = frozenset(
        word
        for word, count in counts.items()
        if (count >= _COMMON or word in tops) and word.isalpha()
    )
    return _Names(
        found.rank,
        found.folded,
        found.joined,
        found.sorted,
        found.starts,
        found.ends,
        found.owners,
        frozenset(scopes),
        frozenset(owned - {""}),
        frozenset(counts),
        words,
        with_letters_left_out(words),
    )


def _written(ecosystem: Ecosystem, name: str) -> str:
    """One form for all that the registry takes for the same name."""
    small = name.strip().lower()
    if ecosystem is Ecosystem.PYPI:
        return _SEPARATORS.sub("-", small)
    if ecosystem is Ecosystem.CRATES:
        return small.replace("_", "-")
    if ecosystem is Ecosystem.GO:
        return _module(small)
    return small


def _module(path: str) -> str:
    """A Go module without its major version, and without packages in it."""
    parts = path.split("/")
    if parts[0] in ("github.com", "gitlab.com", "bitbucket.org"):
        parts = parts[:3]
    elif parts[0] in ("golang.org", "google.golang.org", "gorm.io", "k8s.io"):
        parts = parts[:3] if parts[0] == "golang.org" else parts[:2]
    is_major = len(parts) > 1 and re.fullmatch(r"v\d{1,3}", parts[-1]) is not None
    return "/".join(parts[:-1] if is_major else parts)


def _scope(written: str) -> str:
    """``types`` of ``@types/node``, else nothing."""
    is_scoped = written.startswith("@") and "/" in written
    return written[1:].partition("/")[0] if is_scoped else ""


def _joined(written: str) -> str:
    return _PARTS.sub("", written)


def _sorted(written: str) -> str:
    parts = [part for part in _PARTS.split(written) if part]
    return " ".join(sorted(parts)) if len(parts) > 1 else written
