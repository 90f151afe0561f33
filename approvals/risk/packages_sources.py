"""Commands that change where packages come from, or take them from a file.

After the manuals of npm, pip, gem, helm, composer, conda, NuGet, Go, APT and RPM.
"""

import re
from collections.abc import Iterator, Sequence

from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.tables import names

_SETTING: dict[str, frozenset[str]] = {
    "bundle": names("config"),
    "cargo": names("login"),
    "choco": names("source sources"),
    "composer": names("config"),
    "conda": names("config"),
    "dotnet": names("nuget"),
    "gem": names("sources source"),
    "go": names("env"),
    "helm": names("repo"),
    "mamba": names("config"),
    "npm": names("config set c"),
    "nuget": names("sources source"),
    "pip": names("config"),
    "pnpm": names("config set"),
    "poetry": names("source config"),
    "yarn": names("config"),
}
_CHANGES = names("set add --add -a --set --prepend --append update -w edit")
_UNCHECKED = re.compile(
    r"strict-ssl[ =]false|GO(?:INSECURE|NOSUMDB|NOSUMCHECK)=|-insecure"
    r"|GOSUMDB=off|trusted-host|disable-tls true|secure-http false|ssl_verify false",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:https?|ftp|git|ssh)://\S+", re.IGNORECASE)
_PUBLIC = re.compile(
    r"https://(?:[\w-]{1,60}\.){0,3}(?:(?:pypi|npmjs|rubygems|nuget|packagist|pytorch"
    r"|anaconda|conda-forge|golang|bitnami|jetstack|gradle|maven)\.(?:org|io|com)"
    r"|npmmirror\.com|yarnpkg\.com|crates\.io|kubernetes\.io|helm\.sh|github\.io"
    r"|gopkg\.in|charts\.[\w-]{1,40}\.(?:com|io|sh|dev))(?:[/:?#]|\Z)",
    re.IGNORECASE,
)
_FILE_OPTIONS: dict[str, re.Pattern[str]] = {
    "dpkg": re.compile(r"-i\Z|--install\Z"),
    "pacman": re.compile(r"-U\w*\Z|--upgrade\Z"),
    "rpm": re.compile(r"-[a-z]*[iUF][a-z]*\Z|--(?:install|upgrade|freshen)\Z"),
    "installer": re.compile(r"-pkg\Z"),
    "msiexec": re.compile(r"/i\Z|/package\Z", re.IGNORECASE),
}
_JAVA = names("mvn mvnw gradle gradlew sbt coursier cs jbang ivy")
_JAVA_OPTIONS = (
    "-DremoteRepositories",
    "-DrepoUrl",
    "-Dmaven.repo.remote",
    "-PrepositoryUrl",
    "-DpluginRepositories",
    "--repository",
    "--repos",
    "-Drepository",
    "--init-script",
    "-I",
)
_SYSTEM = names("apk apt apt-get aptitude dnf yum zypper")
_PACKAGE_FILE = re.compile(r"\.(?:deb|rpm|apk|pkg\.tar\.\w{2,4}|msi|pkg|snap)\Z", re.I)


def of_source(program: str, words: Sequence[str]) -> Iterator[Match]:
    """What a command says about where packages come from."""
    yield from _configured(program, words)
    yield from _from_files(program, words)
    if program in _JAVA:
        yield from _repositories(words)
    if program == "deno" and words[:1] and words[0] in ("run", "install"):
        for url in (word for word in words if _URL.match(word)):
            text = f"Runs code from an address: {shortened(url)}"
            yield Match("packages.from_url", Severity.MEDIUM, text, shortened(url))


def _repositories(words: Sequence[str]) -> Iterator[Match]:
    """``mvn dependency:get -DremoteRepositories=ADDRESS``."""
    for word in words[:200]:
        url = _URL.search(word) if word.startswith(_JAVA_OPTIONS) else None
        if url is not None and not _PUBLIC.match(url[0]):
            target = shortened(url[0])
            text = f"Takes packages from another registry: {target}"
            yield Match("packages.other_registry", Severity.HIGH, text, target)


def _configured(program: str, words: Sequence[str]) -> Iterator[Match]:
    spoken = [word for word in words if not word.startswith("-")][:1]
    if not spoken or spoken[0] not in _SETTING.get(program, ()):
        return
    line = " ".join(words)[:2000]
    is_change = bool(_CHANGES & set(words)) or program == "composer"
    if is_change and _UNCHECKED.search(line):
        text = f"Switches off a check for all later packages: {shortened(line)}"
        yield Match("packages.unchecked", Severity.HIGH, text)
    for url in _URL.findall(line) if is_change else ():
        if not _PUBLIC.match(url):
            target = shortened(url)
            is_open = url.lower().startswith("http://")
            severity = Severity.HIGH if is_open else Severity.MEDIUM
            text = f"Takes all later packages from another registry: {target}"
            yield Match("packages.other_registry", severity, text, target)


def _from_files(program: str, words: Sequence[str]) -> Iterator[Match]:
    """A system's package runs its scripts as root, and a file's nobody checked."""
    options = _FILE_OPTIONS.get(program)
    takes_files = options is not None and any(map(options.match, words[:4]))
    if not takes_files and program not in _SYSTEM:
        return
    for word in words[:50]:
        if _PACKAGE_FILE.search(word) or (takes_files and _URL.match(word)):
            target = shortened(word)
            text = f"Installs a package of the system from a file: {target}"
            yield Match("packages.from_url", Severity.MEDIUM, text, target)
            return
