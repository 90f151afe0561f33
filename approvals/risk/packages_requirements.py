"""One package as people write it for an installer: name, version, where from."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from approvals.risk.packages_ecosystems import Ecosystem

_URL = re.compile(
    r"(?:git\+|hg\+|svn\+|bzr\+)?(?:https?|ssh|git|ftp|file)://|git@[\w.-]{1,200}:"
    r"|(?:github|gitlab|bitbucket|gist|http|https):\S",
    re.IGNORECASE,
)
_PYTHON = re.compile(
    r"\s{0,20}([^\W_](?:[\w.-]{0,200}\w)?)\s{0,20}(?:\[[^\]]{0,300}\])?\s{0,20}"
    r"(@|(?:[<>=!~]=?=?|===).{0,200})?",
    re.DOTALL,
)
_NPM = re.compile(
    r"(?:[\w.@/-]{1,214}@npm:)?(@[^@/\s]{1,100}/[^@/\s]{1,200}|[^@/\s]{1,214})(?:@(.{1,200}))?\Z"
)
_HOSTED = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}(?:#.{1,200})?\Z")
_LOCAL = re.compile(r"\.{0,2}/|~|\.{1,2}\Z|\.\[|[a-z]:\\|file:|link:|workspace:", re.I)
_LOOSE = re.compile(r"\s*(?:latest|next|\*|x|>.{0,100}|stable|main|master|HEAD)?\s*\Z")
_ARCHIVE = (".whl", ".tar.gz", ".tgz", ".zip", ".gem", ".nupkg", ".crate", ".jar")


@dataclass(frozen=True, slots=True)
class Package:
    """``url`` is empty for what comes from a registry; ``version`` as it is written."""

    ecosystem: Ecosystem
    name: str
    version: str = ""
    url: str = ""

    @property
    def is_pinned(self) -> bool:
        """Whether the version is narrowed down at all."""
        return not _LOOSE.match(self.version)


def package_of(ecosystem: Ecosystem, text: str) -> Package | None:
    """What ``text`` names; None for files and folders of one's own, and for no name."""
    said = text.strip().strip("\"'")[:400]
    if not said or said.startswith(("-", "#", "$")) or _LOCAL.match(said):
        return None
    if "://" in said or _URL.match(said):
        name = _name_before(said)
        url = said.partition("@")[2].strip() if name else said
        return Package(ecosystem, name, url=url)
    if said.lower().endswith(_ARCHIVE):
        return None
    return _PARSERS.get(ecosystem, _plain)(ecosystem, said)


def packages_of(ecosystem: Ecosystem, versions: Mapping[str, Any]) -> Iterator[Package]:
    """The packages of ``{"name": "version"}``."""
    for name, version in islice(versions.items(), 400):
        said = version if isinstance(version, str) else ""
        if _URL.match(said) or (
            ecosystem is Ecosystem.NPM and _HOSTED.match(said) and said[:1].isalpha()
        ):
            yield Package(ecosystem, str(name)[:214], url=said[:400])
        elif not _LOCAL.match(said):
            alias = said.removeprefix("npm:") if said.startswith("npm:") else ""
            found = package_of(ecosystem, alias) if alias else None
            yield found or Package(ecosystem, str(name)[:214], said)


def _name_before(said: str) -> str:
    """``name`` of ``name @ https://…``."""
    name, sign, rest = said.partition("@")
    return name.strip() if sign and rest.strip().startswith(("http", "git")) else ""


def _python(ecosystem: Ecosystem, said: str) -> Package | None:
    found = _PYTHON.match(said)
    if found is None:
        return None
    return Package(ecosystem, found[1], (found[2] or "").partition(";")[0])


def _npm(ecosystem: Ecosystem, said: str) -> Package | None:
    found = _NPM.match(said)
    if found is not None:
        version = found[2] or ""
        is_url = bool(_URL.match(version))
        return Package(ecosystem, found[1], version, version if is_url else "")
    return Package(ecosystem, "", url=said) if _HOSTED.match(said) else None


def _plain(ecosystem: Ecosystem, said: str) -> Package | None:
    """``name@version``, ``name:version`` or ``name=version``."""
    sign = ":" if ecosystem in (Ecosystem.PACKAGIST, Ecosystem.RUBYGEMS) else "@"
    if ecosystem is Ecosystem.OTHER:
        sign = "="
    name, _, version = said.partition(sign)
    return Package(ecosystem, name.strip(), version) if name.strip() else None


def _maven(ecosystem: Ecosystem, said: str) -> Package | None:
    parts = said.split(":")
    if len(parts) < 2:
        return Package(ecosystem, said)
    return Package(ecosystem, ":".join(parts[:2]), parts[-1] if len(parts) > 2 else "")


_PARSERS = {
    Ecosystem.PYPI: _python,
    Ecosystem.NPM: _npm,
    Ecosystem.MAVEN: _maven,
}
