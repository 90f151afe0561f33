"""Packages that a file lists which is written: requirements, manifests."""

import json
import posixpath
import re
from collections.abc import Iterator
from typing import Any

from approvals.risk.packages_ecosystems import Ecosystem
from approvals.risk.packages_requirements import Package, package_of, packages_of
from approvals.risk.tables import names

MAX_LINES = 3000
_E = Ecosystem
_FILES: tuple[tuple[re.Pattern[str], Ecosystem], ...] = tuple(
    (re.compile(pattern + r"\Z", re.IGNORECASE), ecosystem)
    for pattern, ecosystem in (
        (r"[\w.-]{0,60}(?:requirements|constraints)[\w.-]{0,60}\.(?:txt|in)", _E.PYPI),
        (r"pipfile|pyproject\.toml|setup\.cfg", _E.PYPI),
        (r"package\.json", _E.NPM),
        (r"gemfile|[\w.-]{1,60}\.gemspec", _E.RUBYGEMS),
        (r"cargo\.toml", _E.CRATES),
        (r"go\.mod", _E.GO),
        (r"composer\.json", _E.PACKAGIST),
    )
)
_SECTIONS = names(
    "dependencies devDependencies optionalDependencies peerDependencies require"
    " require-dev bundledDependencies"
)
_HOOKS = names("install postinstall preinstall prepare preprepare")
_JSON_LINE = re.compile(r'\s{0,40}"(@?[\w./-]{1,214})"\s{0,5}:\s{0,5}"([^"]{1,200})"')
_HOOK_LINE = re.compile(r'"(?:pre|post)?install"\s{0,5}:\s{0,5}"')
_TOML_LINE = re.compile(
    r"\s{0,40}[\"']?([A-Za-z0-9][\w.-]{0,200})[\"']?\s{0,5}=\s{0,5}(.{0,300})"
)
_GEM_LINE = re.compile(
    r"\s{0,40}(?:gem|[a-z.]{0,20}add_(?:runtime_|development_)?dependency)[\s(]{1,5}"
    r"[\"']([\w.-]{1,200})[\"'](.{0,300})"
)
_GO_LINE = re.compile(
    r"\s{0,20}(?:require\s{1,5})?([\w.-]{1,100}\.[a-z]{2,10}/\S{1,200})\s{1,5}v"
)
_TOML_TABLE = re.compile(r"\s{0,10}\[{1,2}([\w.'\"-]{1,200})\]{1,2}")
_QUOTED = re.compile(
    r"\s{0,40}[\"']([A-Za-z0-9][^\"']{0,200})[\"']\s{0,5},?\s{0,5}(?:\]|\Z)"
)
_GIT = re.compile(r"(?:git|url|github)\s{0,5}[=:]\s{0,5}[\"']([^\"']{1,300})")


def ecosystem_of(path: str) -> Ecosystem | None:
    """Whose manifest a file is, by its name; None for any other file."""
    name = posixpath.basename(path.replace("\\", "/")[-200:])
    return next((eco for pattern, eco in _FILES if pattern.match(name)), None)


def packages_in(ecosystem: Ecosystem, path: str, text: str) -> list[Package]:
    """The packages that the text lists, in order; also of a part of such a file."""
    if ecosystem in (_E.NPM, _E.PACKAGIST):
        return _of_json(ecosystem, text)
    lines = text.splitlines()[:MAX_LINES]
    if ecosystem is _E.RUBYGEMS:
        return [_with_git(_E.RUBYGEMS, at) for at in _matches(_GEM_LINE, lines)]
    if ecosystem is _E.GO:
        return [Package(_E.GO, at[1], "v") for at in _matches(_GO_LINE, lines)]
    if ecosystem is _E.PYPI and path.lower().endswith((".txt", ".in")):
        found = (package_of(_E.PYPI, line.partition(" #")[0]) for line in lines)
        return [one for one in found if one is not None]
    return list(_of_toml(ecosystem, lines))


def runs_at_install(ecosystem: Ecosystem, text: str) -> bool:
    """Whether a ``package.json`` has a command that runs when it is installed."""
    return ecosystem is _E.NPM and bool(_HOOK_LINE.search(text))


def _matches(pattern: re.Pattern[str], lines: list[str]) -> Iterator[re.Match[str]]:
    return (at for at in map(pattern.match, lines) if at)


def _with_git(ecosystem: Ecosystem, at: re.Match[str]) -> Package:
    url = _GIT.search(at[2])
    return Package(ecosystem, at[1], at[2].strip(" ,\"'"), url[1] if url else "")


def _of_json(ecosystem: Ecosystem, text: str) -> list[Package]:
    document = _document(text)
    if document is None:
        lines = text.splitlines()[:MAX_LINES]
        pairs = {
            at[1]: at[2] for at in _matches(_JSON_LINE, lines) if _is_version(at[2])
        }
        return list(packages_of(ecosystem, pairs))
    sections = [document.get(name) for name in _SECTIONS]
    return [
        one
        for section in sections
        if isinstance(section, dict)
        for one in packages_of(ecosystem, section)
        if one.name not in ("php", "node") and not one.name.startswith("ext-")
    ]


def _document(text: str) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _is_version(said: str) -> bool:
    return bool(re.match(r"[\^~<>=v]{0,2}\s?\d|\*|latest|git|http|github:|npm:", said))


def _of_toml(ecosystem: Ecosystem, lines: list[str]) -> Iterator[Package]:
    """Lines of dependency tables, and of lists (``dependencies = ["a>=1"]``)."""
    is_table = is_list = False
    for line in lines:
        table = _TOML_TABLE.match(line) if line.lstrip().startswith("[") else None
        if table is not None:
            last = table[1].lower()
            is_table = "dependencies" in last or last in ("packages", "dev-packages")
            is_list = False
        elif is_table and (at := _TOML_LINE.match(line)):
            if at[1].lower() != "python":
                yield _with_git(ecosystem, at)
        elif ecosystem is _E.PYPI:
            is_list = _is_in_list(line, is_list)
            quoted = _QUOTED.match(line) if is_list else None
            package = package_of(ecosystem, quoted[1]) if quoted else None
            if package is not None:
                yield package


def _is_in_list(line: str, was: bool) -> bool:
    said = line.strip()
    if said.startswith(("dependencies", "requires")) and "[" in said:
        return True
    return was and not said.startswith("]")
