"""Commands that install packages, in any ecosystem's own words."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.packages_ecosystems import Ecosystem
from approvals.risk.packages_known import is_known
from approvals.risk.packages_requirements import Package, package_of
from approvals.risk.packages_rules import matches_of
from approvals.risk.packages_sources import of_source
from approvals.risk.tables import names

_E = Ecosystem
_ADD = names("add")
_INSTALL = names("install")
_PROGRAMS: dict[str, tuple[Ecosystem, frozenset[str]]] = {
    "apk": (_E.OTHER, _ADD),
    "apt": (_E.OTHER, _INSTALL),
    "apt-get": (_E.OTHER, _INSTALL),
    "aptitude": (_E.OTHER, _INSTALL),
    "brew": (_E.OTHER, names("install reinstall tap")),
    "bun": (_E.NPM, names("add install i a x")),
    "bundle": (_E.RUBYGEMS, _ADD),
    "cargo": (_E.CRATES, names("add install binstall")),
    "choco": (_E.OTHER, _INSTALL),
    "composer": (_E.PACKAGIST, names("require global")),
    "conda": (_E.OTHER, names("install create")),
    "deno": (_E.NPM, names("add install")),
    "dnf": (_E.OTHER, _INSTALL),
    "docker": (_E.OTHER, names("pull")),
    "dotnet": (_E.NUGET, names("add tool")),
    "gem": (_E.RUBYGEMS, names("install i")),
    "go": (_E.GO, names("get install")),
    "mamba": (_E.OTHER, names("install create")),
    "micromamba": (_E.OTHER, names("install create")),
    "npm": (_E.NPM, names("install i in ins isntall add exec x")),
    "nuget": (_E.NUGET, _INSTALL),
    "pdm": (_E.PYPI, _ADD),
    "pip": (_E.PYPI, names("install download wheel")),
    "pipenv": (_E.PYPI, _INSTALL),
    "pipx": (_E.PYPI, names("install run inject")),
    "pnpm": (_E.NPM, names("add install i dlx")),
    "podman": (_E.OTHER, names("pull")),
    "poetry": (_E.PYPI, _ADD),
    "rye": (_E.PYPI, names("add install")),
    "snap": (_E.OTHER, _INSTALL),
    "uv": (_E.PYPI, names("add tool pip")),
    "winget": (_E.OTHER, _INSTALL),
    "yarn": (_E.NPM, names("add dlx global")),
    "yum": (_E.OTHER, _INSTALL),
    "zypper": (_E.OTHER, names("install in")),
}
_RUNNERS = {"npx": _E.NPM, "bunx": _E.NPM, "pnpx": _E.NPM, "uvx": _E.PYPI}
_RUNNING = {("npm", "exec"), ("npm", "x"), ("pnpm", "dlx"), ("yarn", "dlx")} | {
    ("bun", "x"),
    ("pipx", "run"),
}
_SECOND = names("add exec global install package pip run tool")
_VALUED = names(
    "-C -c -f -i -m -p -r -s -t -v -w --abi --branch --cache-dir --constraint --cwd"
    " --dir --directory --extra-index-url --features --filter --find-links --group"
    " --implementation --index --index-url --log --name --only-binary --no-binary"
    " --platform --prefix --proxy --python --python-version --registry --report"
    " --requirement --retries --rev --root --source --tag --target --timeout"
    " --trusted-host --upgrade-strategy --version --workspace --channel"
)
_PACKAGE_OPTIONS = names("-e --editable --git --package --with --spec --path -p")
_REGISTRY = names(
    "-i --index-url --extra-index-url --index --default-index --registry -s --source"
    " --find-links -f --repository --repository-url --channel"
)
_PUBLIC = re.compile(
    r"https://(?:[\w-]{1,60}\.)?(?:(?:pypi|npmjs|rubygems|nuget|packagist"
    r"|download\.pytorch)\.org|(?:npmjs|yarnpkg)\.com|crates\.io)(?:[/:?#]|\Z)",
    re.IGNORECASE,
)
_CONDAS = names("conda mamba micromamba")
_FORGES = names(
    "github.com gitlab.com bitbucket.org codeberg.org git.sr.ht gopkg.in golang.org"
    " google.golang.org cloud.google.com k8s.io sigs.k8s.io go.uber.org gorm.io"
    " go.etcd.io go.opentelemetry.io go.mongodb.org mvdan.cc honnef.co rsc.io"
    " entgo.io gonum.org modernc.org gioui.org fyne.io helm.sh oras.land"
    " cuelang.org goa.design gocloud.dev go.starlark.net gotest.tools filippo.io"
    " pault.ag nhooyr.io storj.io zombiezen.com dario.cat cel.dev cdr.dev"
    " buf.build connectrpc.com knative.dev istio.io dagger.io tailscale.com"
    " go.temporal.io go.dev pgregory.net code.gitea.io lukechampine.com"
    " gvisor.dev periph.io tinygo.org 4d63.com go-simpler.org 9fans.net ariga.io"
    " goftp.io inet.af braces.dev launchpad.net gitee.com v.io xorm.io"
    " software.sslmate.com sourcegraph.com chromium.googlesource.com"
    " go.googlesource.com"
)
"""Hosts of Go modules that many depend on."""
_TAP_DEPTH = 2
_TAPS = (
    "homebrew/",
    "hashicorp/",
    "aws/",
    "mongodb/",
    "heroku/",
    "stripe/",
    "supabase/",
    "goreleaser/",
    "oven-sh/",
    "planetscale/",
    "azure/",
    "microsoft/",
    "github/",
    "fluxcd/",
    "argoproj/",
    "pulumi/",
    "vmware-tanzu/",
    "cloudflare/",
    "getsentry/",
    "dotenvx/",
    "shivammathur/",
    "leoafarias/",
    "denoland/",
    "withgraphite/",
    "charmbracelet/",
    "dopplerhq/",
    "infisical/",
    "ory/",
    "snyk/",
    "temporalio/",
    "tursodatabase/",
    "railwayapp/",
    "redis-stack/",
    "confluentinc/",
    "kreuzwerker/",
    "minio/",
    "datawire/",
    "derailed/",
    "go-task/",
    "golangci/",
    "sass/",
    "weaveworks/",
    "cockroachdb/",
    "clickhouse/",
    "bufbuild/",
)
"""Owners of taps that are well known."""
_UNCHECKED = names(
    "--trusted-host --allow-unauthenticated --no-gpg-check --nogpgcheck --force-yes"
    " --insecure --disable-signature-check --allow-untrusted --no-gpg-checks"
)
_PYTHON = re.compile(r"(?:python|pypy|py)[\d.]{0,8}(?:\.exe)?\Z", re.IGNORECASE)
_PIP = re.compile(r"pip[\d.]{0,8}\Z")


@dataclass(frozen=True, slots=True)
class _Call:
    program: str
    ecosystem: Ecosystem
    words: tuple[str, ...]
    runs: bool = False


def of_command(words: Sequence[str]) -> Iterator[Match]:
    """What one command installs; nothing for a command that installs nothing.

    ``words`` are the program and its arguments, after quotes and wrappers (``sudo``).
    Without names (``npm install``, ``pip install -r x``) it installs what is listed
    in a file: no finding here but those on its options.
    """
    program, rest = _program(list(words[:2000]))
    yield from of_source(program, rest)
    call = _call(program, rest)
    if call is None:
        return
    yield from _options(call)
    packages, is_unchecked = _packages(call)
    if is_unchecked:
        text = "Switches off the check of who sent the packages"
        yield Match("packages.unchecked", Severity.HIGH, text)
    yield from _foreign(call, packages)
    yield from matches_of(packages)


def _program(words: list[str]) -> tuple[str, list[str]]:
    """Whose words these are, as ``python -m pip`` and ``pip3`` are those of pip."""
    if not words:
        return "", []
    program = posixpath.basename(words[0].replace("\\", "/")).lower()
    program = program.removesuffix(".exe").removesuffix(".cmd")
    rest = words[1:]
    if _PYTHON.match(program) and "-m" in rest[:6] and rest[-1] != "-m":
        at = rest.index("-m")
        program, rest = rest[at + 1], rest[at + 2 :]
    return "pip" if _PIP.match(program) else program, rest


def _call(program: str, rest: list[str]) -> _Call | None:
    if program in _RUNNERS:
        return _Call(program, _RUNNERS[program], tuple(rest), runs=True)
    if program == "pacman":
        is_install = any(word.startswith("-S") for word in rest[:3])
        return _Call(program, _E.OTHER, tuple(rest)) if is_install else None
    return _subcommand(program, rest)


def _subcommand(program: str, rest: list[str]) -> _Call | None:
    if program not in _PROGRAMS:
        return None
    ecosystem, wanted = _PROGRAMS[program]
    at = next((at for at, word in enumerate(rest) if not word.startswith("-")), None)
    if at is None or rest[at] not in wanted:
        return None
    said, left = rest[at], rest[:at] + rest[at + 1 :]
    if program == "uv" and said == "pip":
        return _subcommand("pip", left)
    if said in ("tool", "global") or (program == "dotnet" and said == "add"):
        left = _without_second(left)
    return _Call(program, ecosystem, tuple(left), (program, said) in _RUNNING)


def _without_second(left: list[str]) -> list[str]:
    """``dotnet add app.csproj package Name``, ``uv tool install name``."""
    seconds = [at for at, word in enumerate(left) if word in _SECOND]
    return left[seconds[0] + 1 :] if seconds else []


def _options(call: _Call) -> Iterator[Match]:
    for option, value in _pairs(call.words):
        is_url = "://" in value
        is_channel = option == "-c" and call.program in _CONDAS
        if not (option in _REGISTRY or is_channel) or not is_url or _is_public(value):
            continue
        is_open = value.lower().startswith("http://")
        severity = Severity.HIGH if is_open else Severity.MEDIUM
        target = shortened(value)
        text = f"Takes packages from another registry: {target}"
        yield Match("packages.other_registry", severity, text, target)


def _is_public(url: str) -> bool:
    return bool(_PUBLIC.match(url))


def _foreign(call: _Call, packages: Sequence[Package]) -> Iterator[Match]:
    """Modules of Go and taps of Homebrew are fetched from wherever they say."""
    for package in packages[:20]:
        name = package.name.lower()
        is_tap = call.program == "brew" and name.count("/") >= _TAP_DEPTH
        is_far = call.ecosystem is _E.GO and "." in name.partition("/")[0]
        if is_tap and name.startswith(_TAPS):
            continue
        if is_far and (name.partition("/")[0] in _FORGES or is_known(_E.GO, name)):
            continue
        if is_tap or is_far:
            target = shortened(package.name)
            text = f"Comes from a place that anybody can have: {target}"
            yield Match("packages.other_registry", Severity.MEDIUM, text, target)


def _pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    for at, word in enumerate(words):
        option, sign, value = word.partition("=")
        if word.startswith("-"):
            following = words[at + 1] if at + 1 < len(words) else ""
            yield option, value if sign else following


def _packages(call: _Call) -> tuple[list[Package], bool]:
    found: list[Package] = []
    is_unchecked = False
    words = iter(call.words)
    version = dict(_pairs(call.words)).get("--version", "")
    for word in words:
        option, sign, value = word.partition("=")
        is_unchecked = is_unchecked or option in _UNCHECKED
        if option in _PACKAGE_OPTIONS and not (option == "-p" and not call.runs):
            said = value if sign else next(words, "")
        elif word.startswith("-"):
            if option in _VALUED and not sign:
                next(words, None)
            continue
        else:
            said = word
        package = package_of(call.ecosystem, said)
        if package is not None:
            found.append(_with_version(package, version))
        if call.runs:
            break
    return found, is_unchecked


def _with_version(package: Package, version: str) -> Package:
    if package.version or not version:
        return package
    return Package(package.ecosystem, package.name, version, package.url)
