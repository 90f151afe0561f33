"""Requests over HTTP: what they change, where they really go, what they carry out.

Fetching an ordinary ``https`` page stays quiet.
"""

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import unquote

from approvals.risk import hosts
from approvals.risk.context import Kind, Role
from approvals.risk.findings import Finding, Match, Severity, shortened
from approvals.risk.http_url import (
    Url,
    addresses_in,
    ip_of,
    is_internal,
    is_odd_number,
    parse,
)
from approvals.risk.tables import names
from approvals.risk.verbs import verbs_of
from approvals.risk.view import Leaf, View, tokens

_CALLS = names(
    "api browser curl fetch graphql http https httpx navigate request requests rest"
    " scrape url visit web webpage website webhook wget"
)
_METHODS = names("method verb")
_SAFE = names("get head options trace")
_BODIES = names("body data form json payload content")
_SENDING = names("patch post publish put submit upload send")
_READING = names("find get list read search view")
"""Verbs of requests that take no body; a ``fetch`` with one is a POST."""
_URLS = names("endpoint href link links uri url urls website webhook callback host")
_ODD = names(
    "dict file ftp gopher jar javascript jndi ldap ldaps netdoc php phar rmi sftp smb"
    " tftp vbscript view-source expect"
)
_BAD = names(
    "dict gopher jndi ldap ldaps netdoc phar php rmi expect javascript vbscript"
)
_VARIABLE = re.compile(r"\$\{?\w{1,60}\}?|\{\{?[\w. ]{1,60}\}\}?|<[\w -]{1,60}>|%\w+%")
"""In the place of a password: what stands for one."""
_SECRETS = re.compile(
    r"(?:\A|[&;])(?:api[_-]?key|access[_-]?token|auth|password|passwd|pwd|secret|token"
    r"|client[_-]?secret|private[_-]?key)=[^&;]{6,}",
    re.IGNORECASE,
)
_SIGNED = re.compile(
    r"(?:x-amz-|x-goog-|awsaccesskeyid|signature|sig|googleaccessid|policy|key-pair-id"
    r"|code|state|id_token|nonce|redirect_uri|scope|csrf|session|cursor|page_?token"
    r"|continuation)",
    re.IGNORECASE,
)
_PERSONAL = re.compile(
    r"(?:\A|[&;])(?:(?:session_?|auth_?|csrf_?)?cookies?|conversation|chat_?history"
    r"|creds?|credentials?|env|exfil|leak|passwords?|passwd|private_?key|secrets?|ssn"
    r"|stolen|system_?prompt)=[^&;]{3}",
    re.IGNORECASE,
)
_PROGRAMS = re.compile(
    r"\.(?:apk|app|appimage|bat|cmd|deb|dll|dmg|exe|hta|jar|msi|pkg|ps1|rpm|scr|sh|so|vbs"
    r"|xpi)\Z",
    re.IGNORECASE,
)
_LOADING = names("download fetch install save wget")
_ENCODED = re.compile(r"[A-Za-z0-9+/_=-]{48,}\Z")
_HEADERS = re.compile(
    r"authorization|api-?key|x-auth|cookie|token|secret", re.IGNORECASE
)
_MOST = 20
"""More findings of one kind tell nobody more."""
_NEAR = 100
"""Headers stand among the first values; searched once for each address."""
_LONG = 300
_LABEL = 40


def analyse(view: View) -> Iterator[Finding]:
    """Findings on the addresses in an action, and on what a request would change."""
    found = [*_whole(view)]
    if found:
        judged = (one for at, url in found for one in _judged(view, at, url))
        yield from islice(judged, _MOST)
        yield from _changes(view, found)
    yield from islice(_mentioned(view, {leaf for leaf, _ in found}), _MOST)


def _judged(view: View, leaf: Leaf, url: Url) -> Iterator[Finding]:
    yield from _place(view, leaf, url)
    yield from _carried(view, leaf, url)
    yield from _program(view, leaf, url)


def _changes(view: View, found: list[tuple[Leaf, Url]]) -> Iterator[Finding]:
    """One finding for the first address of each host that is changed."""
    method = _method(view) if _is_call(view) else ""
    if not method or method in _SAFE:
        return
    hosts_seen: set[str] = set()
    for leaf, url in found:
        is_new = bool(url.host) and url.host not in hosts_seen
        if is_new and url.scheme in ("http", "https", "") and len(hosts_seen) < _MOST:
            hosts_seen.add(url.host)
            yield from _changed(view, leaf, url, method)


def _whole(view: View) -> Iterator[tuple[Leaf, Url]]:
    """The values that are addresses as a whole."""
    mapped = set(view.having(Role.URL))
    for leaf in view.texts:
        text = leaf.text
        if len(text) > 8000 or not leaf.pointer.startswith("/arguments/"):
            continue
        is_url = leaf in mapped or bool(tokens(leaf.member) & _URLS)
        if "://" not in text[:60] and not is_url and not text.startswith(_PREFIXES):
            continue
        url = parse(text)
        if url is not None:
            yield leaf, url


_PREFIXES = ("javascript:", "data:", "file:", "view-source:", "jar:")


def _is_call(view: View) -> bool:
    mapped = view.context.mapped(view.action.name)
    if any(entry.kind is Kind.HTTP for entry in mapped):
        return True
    members = {word for leaf in view.members for word in tokens(leaf.member)}
    is_named = bool(tokens(view.action.name) & _CALLS)
    return is_named or bool(members & _METHODS)


def _place(view: View, leaf: Leaf, url: Url) -> Iterator[Finding]:
    """Where an address leads."""
    target = shortened(url.host or url.scheme)
    if url.scheme in _ODD:
        severity = Severity.HIGH if url.scheme in _BAD else Severity.MEDIUM
        text = f"Is no web page but a “{shortened(url.scheme, 20)}” address"
        if url.scheme == "file":
            severity = Severity.HIGH
        yield Match("http.odd_scheme", severity, text, target).at(leaf.pointer)
    if not url.host or view.context.is_internal(url.host):
        return
    why = is_internal(url.host)
    if why:
        text = f"Reaches {why}"
        match = Match("http.internal_address", Severity.HIGH, text, target)
        yield match.at(leaf.pointer)
    yield from _disguised(leaf, url, bool(why))
    if hosts.is_catcher(url.host):
        text = f"{target} keeps or passes on what it gets, for whoever asks"
        yield Match("http.catcher", Severity.HIGH, text, target).at(leaf.pointer)


def _disguised(leaf: Leaf, url: Url, is_inside: bool) -> Iterator[Finding]:
    target = shortened(url.host)
    user = unquote(url.userinfo).partition(":")[0]
    is_host = "." in user or user == "localhost"
    if url.is_twisted or is_host or is_odd_number(url.host):
        text = f"Is written so that it seems to lead elsewhere than to {target}"
        match = Match("http.disguised_host", Severity.HIGH, text, target)
        yield match.at(leaf.pointer)
    elif ip_of(url.host) is not None and not is_inside:
        text = f"The host is the bare number {target}"
        match = Match("http.ip_literal", Severity.MEDIUM, text, target)
        yield match.at(leaf.pointer)


def _carried(view: View, leaf: Leaf, url: Url) -> Iterator[Finding]:
    """What the address, and the headers beside it, take along."""
    is_named = bool(_VARIABLE.fullmatch(url.userinfo.rpartition(":")[2]))
    is_secret = ":" in url.userinfo or len(url.userinfo) >= 16
    if is_secret and not is_named:
        text = "Has a user name and password in it"
        match = Match("http.credentials_in_url", Severity.MEDIUM, text, url.host[:80])
        yield match.at(leaf.pointer)
    is_ours = view.context.is_internal(url.host)
    is_plain = url.scheme == "http" and not is_internal(url.host)
    if is_plain and (_SECRETS.search(url.query[:4000]) or _has_secret_beside(view)):
        text = f"Sends credentials without encryption to {shortened(url.host)}"
        match = Match("http.plain_credentials", Severity.HIGH, text, url.host[:80])
        yield match.at(leaf.pointer)
    if not is_ours and url.host and _PERSONAL.search(url.query[:4000]):
        text = f"Carries passwords, sessions or personal data to {shortened(url.host)}"
        target = shortened(url.host)
        yield Match("http.data_in_url", Severity.MEDIUM, text, target).at(leaf.pointer)
    elif not is_ours and url.host and _is_loaded(url):
        text = f"Carries long or encoded data to {shortened(url.host)} in the address"
        target = shortened(url.host)
        yield Match("http.data_in_url", Severity.MEDIUM, text, target).at(leaf.pointer)


def _program(view: View, leaf: Leaf, url: Url) -> Iterator[Finding]:
    """A program that is downloaded: whoever wrote it has the machine next."""
    is_ours = not url.host or view.context.is_internal(url.host)
    if is_ours or not tokens(view.action.name) & _LOADING:
        return
    if _PROGRAMS.search(url.path):
        text = f"Downloads a program from {shortened(url.host)}"
        match = Match("http.program", Severity.MEDIUM, text, shortened(url.host))
        yield match.at(leaf.pointer)


def _has_secret_beside(view: View) -> bool:
    return any(_HEADERS.search(leaf.member[:80]) for leaf in view.leaves[:_NEAR])


def _is_loaded(url: Url) -> bool:
    """Long or encoded values in the query, or labels of the host that are data."""
    if any(len(label) >= _LABEL for label in url.host.split(".")):
        return True
    for pair in url.query.split("&", 200)[:200]:
        name, _, value = pair.partition("=")
        if _SIGNED.match(name):
            continue
        plain = unquote(value)
        if len(plain) >= _LONG or _is_encoded(plain):
            return True
    last = url.path.rpartition("/")[2]
    return len(last) >= 120 and _is_encoded(last)


def _is_encoded(value: str) -> bool:
    """Base64 and hexadecimal of some length; words with hyphens are not."""
    if not _ENCODED.match(value):
        return False
    words = re.split(r"[-_/+]", value)
    return max(map(len, words)) >= 30


def _changed(view: View, leaf: Leaf, url: Url, method: str) -> Iterator[Finding]:
    target = shortened(url.host)
    if method == "delete":
        text = f"Asks {target} to delete something"
        yield Match("http.deletes", Severity.MEDIUM, text, target).at(leaf.pointer)
    elif not view.context.is_internal(url.host):
        text = f"Sends data to {target}, or changes something there"
        yield Match("http.changes", Severity.MEDIUM, text, target).at(leaf.pointer)


def _method(view: View) -> str:
    """As an argument says it, else the name, else: with a body it is a POST."""
    for leaf in view.texts:
        if tokens(leaf.member) & _METHODS and len(leaf.text) <= 10:
            return leaf.text.strip().lower()
    verbs = verbs_of(view.action.name)
    if "delete" in verbs:
        return "delete"
    if verbs & _SENDING:
        return "post"
    has_body = any(
        tokens(leaf.member) & _BODIES and _is_top(leaf) for leaf in view.members
    )
    return "post" if has_body and not verbs & _READING else "get"


def _is_top(leaf: Leaf) -> bool:
    return leaf.pointer.count("/") == 2


def _mentioned(view: View, whole: set[Leaf]) -> Iterator[Finding]:
    """Catchers and inner addresses within longer texts."""
    for leaf in view.texts:
        if leaf in whole:
            continue
        for start, end in addresses_in(leaf.text):
            url = parse(leaf.text[start:end].rstrip(".,;:!?)]}*"))
            if url is None or not url.host or view.context.is_internal(url.host):
                continue
            target = shortened(url.host)
            span = (start, end)
            if hosts.is_catcher(url.host):
                text = f"Names {target}, which keeps what it gets for whoever asks"
                match = Match("http.catcher", Severity.MEDIUM, text, target)
                yield match.at(leaf.pointer, span)
                break
            if "metadata" in is_internal(url.host):
                text = f"Names {target}, which hands out the cloud's credentials"
                match = Match("http.internal_address", Severity.MEDIUM, text, target)
                yield match.at(leaf.pointer, span)
                break
