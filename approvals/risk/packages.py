"""Software that gets installed: by an action of its own, by a list, by a command.

``of_command`` is for the analyser of shell commands.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

from approvals.canonical import pointer_to
from approvals.risk.context import Kind, Role
from approvals.risk.findings import Finding, Match, Severity, shortened
from approvals.risk.packages_commands import of_command
from approvals.risk.packages_ecosystems import Ecosystem
from approvals.risk.packages_manifests import (
    ecosystem_of,
    packages_in,
    runs_at_install,
)
from approvals.risk.packages_requirements import Package, package_of
from approvals.risk.packages_rules import MAX_PACKAGES, best_guess, matches_of
from approvals.risk.tables import names
from approvals.risk.verbs import reads, words_of
from approvals.risk.view import Leaf, View, tokens

__all__ = ["analyse", "of_command"]

_MOST = 30
"""More findings tell nobody more."""
_MANY = MAX_PACKAGES + 1
_ECOSYSTEMS = {
    **dict.fromkeys(("pip", "pypi", "python", "poetry", "pipx", "uv"), Ecosystem.PYPI),
    **dict.fromkeys(("npm", "node", "yarn", "pnpm", "javascript"), Ecosystem.NPM),
    **dict.fromkeys(("gem", "gems", "ruby", "bundler", "rubygems"), Ecosystem.RUBYGEMS),
    **dict.fromkeys(("cargo", "crate", "crates", "rust"), Ecosystem.CRATES),
    **dict.fromkeys(("go", "golang"), Ecosystem.GO),
    **dict.fromkeys(("composer", "packagist", "php"), Ecosystem.PACKAGIST),
    **dict.fromkeys(("nuget", "dotnet"), Ecosystem.NUGET),
    **dict.fromkeys(("maven", "gradle", "java"), Ecosystem.MAVEN),
    **dict.fromkeys(("apt", "brew", "apk", "dnf", "yum", "conda"), Ecosystem.OTHER),
}
_INSTALLING = names("install upgrade require add inject download i get pull")
_OBJECTS = names(
    "package packages dependency dependencies library libraries module modules plugin"
    " extension requirements"
)
_HOLDERS = names(
    "package packages dependency dependencies library libraries lib libs module modules"
    " requirements requirement crate crates gem gems plugin extension"
)
_NAMES = names("name names spec specs")
_LISTS = names(
    "packages dependencies devdependencies requirements libraries modules gems crates"
)
_SOURCES = names("registry index source mirror repository")
_ASIDE = names("description id manager path reason tracking type version weight")


def analyse(view: View) -> Iterator[Finding]:
    """Findings on packages in the arguments, and in files that are written."""
    if _installs(view):
        yield from islice(_named(view), _MOST)
        yield from islice(_sources(view), _MOST)
    yield from islice(_listed(view), _MOST)


def judges(view: View) -> bool:
    """Whether what is installed is named, of a kind whose well-known names are known.

    Then those names say more than the verb does.
    """
    if not _installs(view) or _ecosystem(view) is None:
        return False
    return any(texts for _, texts in _holders(view))


def _installs(view: View) -> bool:
    if _is_mapped(view):
        return True
    said = frozenset(words_of(view.action.name)) | tokens(view.action.name)
    if said & {"install", "npx", "uvx", "pipx"}:
        return True
    is_about = bool(said & _OBJECTS) or bool(said & _ECOSYSTEMS.keys())
    if said & _INSTALLING and is_about and not reads(view.action.name):
        return True
    return not reads(view.action.name) and any(
        tokens(name) & {"dependencies", "requirements", "packages"}
        and isinstance(value, list | tuple | dict)
        for name, value in view.action.arguments.items()
    )


def _is_mapped(view: View) -> bool:
    mapped = view.context.mapped(view.action.name)
    return any(one.kind is Kind.PACKAGES for one in mapped)


def _named(view: View) -> Iterator[Finding]:
    said = _ecosystem(view)
    if said is None and not (_is_mapped(view) or _is_about_packages(view)):
        said = Ecosystem.OTHER
    for pointer, texts in _holders(view):
        words = [word for text in texts[:_MANY] for word in _split(text)][:_MANY]
        found = (_package(said, word) for word in words)
        packages = [one for one in found if one is not None]
        if len(packages) == 1:
            packages = [_with_version(view, packages[0])]
        for match in matches_of(packages):
            yield match.at(pointer)


def _split(text: str) -> list[str]:
    return text[:20_000].replace(",", " ").split()[:_MANY]


def _with_version(view: View, package: Package) -> Package:
    version = view.action.arguments.get("version")
    if package.version or not isinstance(version, str):
        return package
    return replace(package, version=version)


def _is_about_packages(view: View) -> bool:
    words = frozenset(words_of(view.action.name))
    members = frozenset(word for leaf in view.members for word in tokens(leaf.member))
    return bool((words | members) & _HOLDERS)


def _package(said: Ecosystem | None, word: str) -> Package | None:
    if said is not None:
        return package_of(said, word)
    plain = package_of(Ecosystem.NPM, word) if word.startswith("@") else None
    found = plain or package_of(Ecosystem.PYPI, word)
    return replace(found, ecosystem=best_guess(found.name)) if found else None


def _ecosystem(view: View) -> Ecosystem | None:
    """As the action's name says it, or a short value such as ``manager: "npm"``."""
    for word in (*words_of(view.action.name), *sorted(tokens(view.action.name))):
        if word in _ECOSYSTEMS:
            return _ECOSYSTEMS[word]
    for leaf in view.texts:
        if tokens(leaf.member) & names("ecosystem manager language tool registry type"):
            for word in tokens(leaf.text[:40]):
                if word in _ECOSYSTEMS:
                    return _ECOSYSTEMS[word]
    return None


def _holders(view: View) -> Iterator[tuple[str, list[str]]]:
    """Values that name packages, with their pointers, in the whole of the arguments."""
    leaves: dict[str, list[str]] = {}
    mapped = set(view.having(Role.PACKAGES)) if _is_mapped(view) else set()
    for leaf in view.texts:
        words = tokens(leaf.member)
        is_name = leaf in mapped or bool(words & _HOLDERS) or words <= _NAMES
        if leaf.pointer.startswith("/arguments/") and is_name and not words & _ASIDE:
            leaves.setdefault(_list_of(leaf.pointer), []).append(leaf.text)
    yield from leaves.items()
    for name, value in view.action.arguments.items():
        if isinstance(value, Mapping) and tokens(name) & _LISTS:
            yield (
                pointer_to("/arguments", name),
                [
                    f"{key}@{version}"
                    if isinstance(version, str) and version
                    else str(key)
                    for key, version in value.items()
                ],
            )


def _list_of(pointer: str) -> str:
    parent, _, last = pointer.rpartition("/")
    return parent if last.isdigit() else pointer


def _sources(view: View) -> Iterator[Finding]:
    for leaf in view.texts:
        if tokens(leaf.member) & _SOURCES and "://" in leaf.text:
            words = ["pip", "install", "--index-url", leaf.text]
            for match in of_command(words):
                yield match.at(leaf.pointer)


def _listed(view: View) -> Iterator[Finding]:
    """Manifests that are written: the file's name stands beside its content."""
    found = [
        (leaf, ecosystem)
        for leaf in view.texts
        if len(leaf.text) < 400 and (ecosystem := ecosystem_of(leaf.text)) is not None
    ]
    if not found or reads(view.action.name):
        return
    path, ecosystem = found[0]
    for leaf in view.texts:
        if leaf is path or ("\n" not in leaf.text and not _is_line(leaf)):
            continue
        for match in matches_of(packages_in(ecosystem, path.text, leaf.text), True):
            yield match.at(leaf.pointer)
        if runs_at_install(ecosystem, leaf.text):
            text = f"Installing runs a command: {shortened(path.text)}"
            match = Match("packages.install_script", Severity.MEDIUM, text)
            yield match.at(leaf.pointer)


def _is_line(leaf: Leaf) -> bool:
    return bool(tokens(leaf.member) & names("content text string str line new body"))
