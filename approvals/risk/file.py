"""Files that tools read, write, move and delete: which are nobody's to touch.

Ordinary files of a project stay quiet, wherever the project is.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from urllib.parse import unquote

from approvals.risk import shell_paths
from approvals.risk.context import Kind, Role
from approvals.risk.findings import Finding, Match, Severity, shortened
from approvals.risk.shell_words import Word
from approvals.risk.tables import names
from approvals.risk.verbs import claims_of, reads, verbs_of
from approvals.risk.view import Leaf, View, tokens

_LONGEST = 1000
_MOST = 30
"""More findings tell nobody more."""
_PATHS = names(
    "destination dest dir directory directories dst file filename filenames"
    " filepath files folder folders folderpath path paths pathname source src"
    " target uri"
)
_ATTACHED = names("attach attachment attachments")
_FILES = names(
    "append chmod chown copy cp dir directory edit edits file files filesystem folder"
    " fs link ls mkdir move mv notebook path read rename rm rmdir save symlink tree"
    " unlink view write"
)
_LOOKS = re.compile(
    r"\s{0,5}(?:[~.]{0,2}[/\\]|[A-Za-z]:[\\/]|\\\\|file://|~|\.[\w-]{2,40}\Z)"
)
_CLIMBS = re.compile(r"(?:\A|[/\\])\.\.(?=[/\\]|\Z)")
_ENCODED = re.compile(
    r"(?:%2e|%252e|\.)(?:%2e|%252e|\.)(?:%2f|%5c|%252f|%255c)|%2e%2e[/\\]|%c0%a[ef]"
    r"|%c0%2f|\.\.%c1|\x00|%00|\.{4}//",
    re.IGNORECASE,
)
_CLIMBED = 3
"""So many ``../`` are still the project next door."""
_SITES = re.compile(r"/srv/[^/.]{1,100}/[^/]")
"""Below ``/srv`` stand what the machine serves, and projects; no part of itself."""
_WINDOWS = re.compile(
    r"(?:[a-z]:)?[\\/](?:windows|winnt|program files(?: \(x86\))?|programdata|boot"
    r"|system volume information|\$recycle\.bin)(?:[\\/]|\Z)",
    re.IGNORECASE,
)
_WINDOWS_SECRETS = re.compile(
    r"[\\/](?:system32[\\/]config[\\/](?:sam|system|security)|ntds\.dit|unattend\.xml"
    r"|appdata[\\/](?:local|roaming)[\\/].{1,200}(?:login data|cookies|logins\.json"
    r"|key4\.db|wallet\.dat|local state)|microsoft[\\/](?:credentials|protect|vault))",
    re.IGNORECASE,
)
_SECRETS = re.compile(
    r"(?:\A|[/\\])(?:\.env(?:\.[\w-]{1,30})?|\.npmrc|\.pypirc|\.netrc|\.pgpass"
    r"|\.git-credentials|\.htpasswd|kubeconfig|wallet\.dat|\.vault[-_]?pass\w{0,10}"
    r"|id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?|[\w-]{0,40}\.(?:kdbx|keystore|p12|pfx|jks)"
    r"|\.docker[/\\]config\.json|\.ssh[/\\](?!config\Z|known_hosts)[^/\\]{1,100}"
    r"|\.aws[/\\](?:credentials|config)|\.kube[/\\]config|\.gnupg[/\\].{1,100}"
    r"|terraform\.tfstate)\Z",
    re.IGNORECASE,
)
_PIPELINES = re.compile(
    r"(?:\A|[/\\])(?:\.github[/\\](?:workflows|actions)[/\\].{1,200}|\.gitlab-ci\.ya?ml"
    r"|\.circleci[/\\]config\.ya?ml|jenkinsfile|azure-pipelines\.ya?ml|\.travis\.ya?ml"
    r"|bitbucket-pipelines\.ya?ml|\.drone\.ya?ml|\.buildkite[/\\].{1,200}|codeowners"
    r"|\.woodpecker(?:[/\\].{1,200}|\.ya?ml)|appveyor\.ya?ml|cloudbuild\.ya?ml)\Z",
    re.IGNORECASE,
)
_STARTUP = re.compile(
    r"(?:\A|[/\\])(?:\.git[/\\](?:hooks[/\\].{1,200}|config)|\.husky[/\\].{1,200}"
    r"|\.vscode[/\\](?:tasks|settings|launch)\.json|sitecustomize\.py|usercustomize\.py"
    r"|\.envrc|\.pre-commit-config\.ya?ml|\.(?:bash|zsh)(?:rc|_profile|env|_login)"
    r"|\.profile|\.zprofile|authorized_keys|config\.fish|crontab|autoexec\.bat"
    r"|(?:microsoft\.)?\w{0,20}profile\.ps1"
    r"|start menu[/\\]programs[/\\]startup[/\\].{1,200}"
    r"|[\w.-]{1,100}\.pth)\Z",
    re.IGNORECASE,
)
_PUBLIC = (".example", ".sample", ".template", ".dist", ".pub", ".md")
_MODES = re.compile(
    r"(?:(?:0o|0)?(?:[0-7]?[0-7]{2}[2367]|[2-7][0-7]{3})|[augo]{0,4}\+s\b.{0,10})\Z"
)
_OPEN_TO_ALL = re.compile(
    r"(?:[ao]{1,4}|)\+r?w.{0,3}|(?:everyone|world).{0,20}\Z", re.I
)
_FOLDERS = names("dir directory directories folder folders rmdir tree workspace")
_DELETING = names("delete remove rm rmdir erase wipe purge unlink trash destroy")


def analyse(view: View) -> Iterator[Finding]:
    """Findings on the paths of an action, by what it does with them."""
    is_file_tool = _is_file_tool(view)
    is_reading = reads(view.action.name) or _is_listing(view.action.name)
    found = (
        match.at(leaf.pointer)
        for leaf in _paths(view, is_file_tool)
        for match in _matches(leaf.text.strip().removeprefix("file://"), is_reading)
    )
    yield from islice(found, _MOST)
    if is_file_tool and not is_reading:
        yield from _permissions(view)
        yield from _links(view)
        yield from _folders(view)


def _is_listing(name: str) -> bool:
    """``directory_tree``: no verb, and nothing that a writing tool is called."""
    return not verbs_of(name) and tokens(name) <= names("directory file folder tree ls")


def _is_file_tool(view: View) -> bool:
    mapped = view.context.mapped(view.action.name)
    is_mapped = any(entry.kind is Kind.FILE for entry in mapped)
    return is_mapped or bool(tokens(view.action.name) & _FILES)


def _paths(view: View, is_file_tool: bool) -> Iterator[Leaf]:
    """Values named as paths; what looks like one counts in tools for files."""
    mapped = set(view.having(Role.PATH))
    for leaf in view.texts:
        text = leaf.text
        if len(text) > _LONGEST or "\n" in text:
            continue
        if not leaf.pointer.startswith("/arguments/"):
            continue
        words = tokens(leaf.member)
        is_named = leaf in mapped or bool(words & (_PATHS | _ATTACHED))
        if "://" in text and not text.startswith("file://"):
            continue
        if is_named or (is_file_tool and _LOOKS.match(text)):
            yield leaf


@lru_cache(maxsize=2048)
def _matches(path: str, is_reading: bool) -> tuple[Match, ...]:
    return tuple(_judged(path, is_reading))


def _judged(path: str, is_reading: bool) -> Iterator[Match]:
    yield from _traversal(path)
    plain = unquote(path) if "%" in path else path
    name = shortened(path)
    if _is_secret(plain):
        doing = "Reads" if is_reading else "Touches"
        text = f"{doing} a file that holds passwords or keys: {name}"
        yield Match("file.credentials", Severity.HIGH, text, name)
        return
    system = _system(plain, is_reading)
    if system is not None:
        text = f"Belongs to the machine itself: {name}"
        yield Match("file.system", system, text, name)
    if is_reading:
        return
    if _STARTUP.search(plain):
        text = f"Will run by itself later: {name}"
        yield Match("file.startup", Severity.HIGH, text, name)
    if _PIPELINES.search(plain):
        text = f"Changes what is built and released automatically: {name}"
        yield Match("file.pipeline", Severity.MEDIUM, text, name)


def _traversal(path: str) -> Iterator[Match]:
    climbed = len(_CLIMBS.findall(path))
    if climbed > _CLIMBED or _ENCODED.search(path):
        text = f"Climbs out of its folder: {shortened(path)}"
        yield Match("file.traversal", Severity.HIGH, text, shortened(path))


def _is_secret(path: str) -> bool:
    if path.lower().endswith(_PUBLIC):
        return False
    is_known = _SECRETS.search(path) or _WINDOWS_SECRETS.search(path)
    return bool(is_known) or shell_paths.is_credential(Word(path))


def _system(path: str, is_reading: bool) -> Severity | None:
    """Paths of the system: to write there is bad, to read the accounts also."""
    # So many steps up, and it is at the root, wherever it began.
    is_climbing = len(_CLIMBS.findall(path)) >= _CLIMBED
    bare = f"/{path.replace('../', '').lstrip('/')}" if is_climbing else path
    if is_reading:
        is_telling = bare.startswith(("/proc/", "/etc/passwd", "/etc/hosts", "/sys/"))
        return Severity.MEDIUM if is_telling else None
    if _WINDOWS.match(path):
        return Severity.HIGH
    if path.startswith("\\\\"):
        return Severity.MEDIUM
    if _SITES.match(bare):
        return None
    is_absolute = bare.startswith(("/", "~"))
    return shell_paths.overwrite_severity(Word(bare)) if is_absolute else None


def _permissions(view: View) -> Iterator[Finding]:
    """``chmod``-like arguments that let everybody write, or run as the owner."""
    for leaf in view.leaves:
        words = tokens(leaf.member)
        if not words & {"mode", "permission", "permissions", "perms", "chmod"}:
            continue
        said = str(leaf.value).strip()[:40]
        if _MODES.match(said) or _OPEN_TO_ALL.match(said):
            text = f"Lets everybody change it, or run it as its owner: {said}"
            match = Match("file.permissions", Severity.HIGH, text, shortened(said))
            yield match.at(leaf.pointer)
            return


def _links(view: View) -> Iterator[Finding]:
    if not tokens(view.action.name) & {"symlink", "link", "hardlink", "junction"}:
        return
    for leaf in view.texts:
        path = leaf.text.strip()[:_LONGEST]
        if path.startswith(("/", "~", "..")) or _WINDOWS.match(path):
            text = f"Links to a place outside of the folder: {shortened(path)}"
            match = Match("file.link", Severity.MEDIUM, text, shortened(path))
            yield match.at(leaf.pointer)
            return


def _folders(view: View) -> Iterator[Finding]:
    """Whole folders that go."""
    if not verbs_of(view.action.name) & _DELETING and not tokens(view.action.name) & {
        "rmdir",
        "rmtree",
    }:
        return
    objects = {word for claim in claims_of(view.action.name) for word in claim.objects}
    is_folder = bool((objects | tokens(view.action.name)) & _FOLDERS)
    for leaf in view.texts:
        path = leaf.text.strip()[:_LONGEST]
        is_path = bool(tokens(leaf.member) & _PATHS)
        if is_path and (is_folder or shell_paths.is_broad(path) or path.endswith("/")):
            is_broad = shell_paths.is_broad(path)
            severity = Severity.CRITICAL if is_broad else Severity.MEDIUM
            text = f"Deletes a whole folder: {shortened(path)}"
            target = shortened(path)
            match = Match("file.deletes_directory", severity, text, target)
            yield match.at(leaf.pointer)
            return
