"""What is to be said about the packages that are installed together."""

import re
from collections.abc import Iterator, Sequence

from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.packages_ecosystems import Ecosystem
from approvals.risk.packages_known import (
    is_known,
    is_listed,
    resemblance,
)
from approvals.risk.packages_requirements import Package

MAX_PACKAGES = 300
"""So many names of one action are looked up; nobody installs more by name."""
_OUTBIDDING = re.compile(r"[=v^~\s]{0,4}(?:9{2,5}|[1-9]\d{3,5}\.0|9\.9\.9)(?:\D|\Z)")
_NAMED = 5
"""So many findings of one kind are listed, each with its name."""


def matches_of(
    packages: Sequence[Package], is_listing: bool = False
) -> Iterator[Match]:
    """What holds of the packages; ``is_listing``: they are written to a manifest.

    There everything has its version or a lock file, and new names are usual.
    """
    if not packages:
        return
    count = float(len(packages))
    text = "Installs a package" if count == 1 else f"Installs {count:.0f} packages"
    first = shortened(packages[0].name or packages[0].url)
    if not is_listing:
        yield Match("packages.installs", Severity.LOW, text, first, count)
    if len(packages) > MAX_PACKAGES:
        text = f"Names more packages than are looked up: {count:.0f}"
        yield Match("packages.unchecked", Severity.HIGH, text, first, count)
    looked_up = packages[:MAX_PACKAGES]
    yield from _lookalikes(looked_up)
    yield from _from_urls(looked_up)
    if not is_listing:
        yield from _notes(looked_up)


def _lookalikes(packages: Sequence[Package]) -> Iterator[Match]:
    left = _NAMED
    for package in packages:
        found = resemblance(package.ecosystem, package.name) if package.name else None
        if found is None:
            continue
        severity = Severity.HIGH if found.is_famous else Severity.MEDIUM
        if not found.is_close:
            severity = Severity.LOW
        name = shortened(package.name)
        text = f"“{name}” is not {found.known}, but {found.how}"
        yield Match("packages.lookalike", severity, text, name, 1.0)
        left -= 1
        if left == 0:
            return


def _from_urls(packages: Sequence[Package]) -> Iterator[Match]:
    for package in [one for one in packages if one.url][:_NAMED]:
        target = shortened(package.url)
        said = package.url.lower()
        is_open = any(scheme in said for scheme in ("http://", "git://", "ftp://"))
        severity = Severity.HIGH if is_open else Severity.MEDIUM
        text = f"Installs from an address, not from the registry: {target}"
        yield Match("packages.from_url", severity, text, target, 1.0)


def _notes(packages: Sequence[Package]) -> Iterator[Match]:
    listed = [one for one in packages if one.name and is_listed(one.ecosystem)]
    unknown = [one for one in listed if not is_known(one.ecosystem, one.name)]
    if unknown:
        yield _unknown(unknown)
    loose = [one for one in listed if not one.is_pinned and not one.url]
    if loose:
        name = shortened(loose[0].name)
        text = f"No version is named for “{name}”"
        yield Match("packages.unpinned", Severity.LOW, text, name, float(len(loose)))


def _unknown(unknown: Sequence[Package]) -> Match:
    """Whoever takes the name of a private package gives it a version above any other.

    After A. Birsan, "Dependency Confusion" (2021).
    """
    count = float(len(unknown))
    highest = [one for one in unknown if _OUTBIDDING.match(one.version)]
    name = shortened((highest or unknown)[0].name)
    text = f"“{name}” is not among the well-known packages"
    if not highest:
        return Match("packages.unknown", Severity.LOW, text, name, count)
    text = f"{text}, and its version outbids any private package's"
    return Match("packages.unknown", Severity.MEDIUM, text, name, count)


def best_guess(name: str) -> Ecosystem:
    """The ecosystem of a name that nobody said one for.

    One that knows it, else one where it passes for a known name, else none.
    """
    likely = (Ecosystem.PYPI, Ecosystem.NPM, Ecosystem.RUBYGEMS, Ecosystem.CRATES)
    for ecosystem in likely:
        if is_known(ecosystem, name):
            return ecosystem
    for ecosystem in likely[:2]:
        found = resemblance(ecosystem, name)
        if found is not None and found.is_close:
            return ecosystem
    return Ecosystem.OTHER
