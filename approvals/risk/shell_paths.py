"""Paths in commands: which are broad, which are secret, which the system needs."""

import posixpath
import re

from approvals.risk.findings import Severity
from approvals.risk.shell_words import Word

_SYSTEM = re.compile(
    r"^/(etc|usr|selinux|s?bin|lib\w*|boot|dev|proc|sys|var|opt|srv|root|run|mnt|media|snap"
    r"|system|library|applications|private/(etc|var)|volumes)(/|$)",
    re.IGNORECASE,
)
_ROOTS = re.compile(
    r"^(/|/\*|~\w*|~\w*/\*|\*|\.|\.\.|\.\*|\./\*|/(home|users)(/[^/]*)?(/\*)?"
    r"|/(tmp|var/tmp)|[a-z]:[\\/]*\*?|[a-z]:[\\/]+(windows|users).*)$",
    re.IGNORECASE,
)
_TEMPORARY = re.compile(
    r"^(/tmp|/var/tmp|/private/tmp|\$(TMPDIR|TMP|TEMP|RUNNER_TEMP))/+[^/]"
)
_ARTEFACTS = frozenset(
    {
        ".cache",
        ".gradle",
        ".mypy_cache",
        ".next",
        ".nox",
        ".nuxt",
        ".parcel-cache",
        ".pytest_cache",
        ".ruff_cache",
        ".tox",
        ".turbo",
        ".venv",
        "__pycache__",
        "_build",
        "build",
        "coverage",
        "dist",
        "htmlcov",
        "node_modules",
        "obj",
        "out",
        "target",
        "tmp",
        "venv",
    }
)
_CACHES = frozenset(
    {
        ".cache",
        ".mypy_cache",
        ".parcel-cache",
        ".pytest_cache",
        ".ruff_cache",
        "__pycache__",
        "htmlcov",
    }
)
"""Of the artefacts, those that come back by themselves."""
_LEFTOVER = re.compile(
    r"\.(pyc|pyo|o|obj|class|tmp|temp|swp|swo|log|pid|orig|rej|bak|coverage)$"
    r"|(^|/)(coverage|junit|lcov|test-results?)[\w.-]{0,40}\.(xml|json|info|html)$"
    r"|\.tsbuildinfo$|(^|/)(\.DS_Store|Thumbs\.db|nohup\.out|core\.\d+)$|~$",
    re.IGNORECASE,
)
_CREDENTIALS = re.compile(
    r"(^|/)\.ssh/?(\*|$)|(^|/)\.ssh/(?!known_hosts|config$|authorized_keys)[^/]*$"
    r"|(^|[/\w-])id_(rsa|dsa|ecdsa|ed25519)(_sk)?$"
    r"|\.(pem|key|p12|pfx|jks|kdbx|keystore|ovpn|tfstate)$"
    r"|(^|/)\.aws(/(credentials|config|sso/.*|cli/.*))?$|(^|/)\.azure(/|$)"
    r"|(^|/)\.config/(gcloud|gh|hub)\b|(^|/)\.oci(/|$)|(^|/)\.s3cfg$|(^|/)\.boto$"
    r"|(unattend|sysprep)\.xml$|ntds\.dit$"
    r"|system32[/\\]?config[/\\]?(sam|security|system)$"
    r"|(^|/)\.kube(/config)?$|(^|/)\.docker/config\.json|(^|/)\.(netrc|pgpass|my\.cnf)$"
    r"|(^|/)\.(npmrc|pypirc|git-credentials|vault-token|htpasswd|terraformrc)$"
    r"|(^|/)\.gnupg(/|$)|(^|/)\.password-store(/|$)"
    r"|^/etc/(g?shadow-?|sudoers(\.d/.*)?|master\.passwd|krb5\.keytab"
    r"|ssl/private.*|ssh/ssh_host_\w+_key)$"
    r"|^/proc/[^/]+/(environ|mem)$|^/(var/)?run/secrets/"
    r"|(^|/)\.env(\.[\w.-]+)?$|(^|/)\.(bash|zsh|sh|ksh|fish|nano|mysql|psql|python|php|irb|pry|node_repl"
    r"|redis-cli|rediscli|sqlite|mongo|dbshell|lesshst|viminfo|wget-hsts|atftp|scapy"
    r"|mycli|pgcli|R)_?-?(history|hist)$"
    r"|(^|/)(secrets?|credentials?|service[-_]?account[^/]*)\.(ya?ml|json|env|toml|txt)$"
    r"|(^|/)(Login Data|Cookies(\.binarycookies)?|logins\.json"
    r"|key4\.db|login\.keychain(-db)?|Web Data|Local State|places\.sqlite"
    r"|(chat|TCC|knowledgeC|CallHistory|Accounts\d?|sms)\.(db|storedata)"
    r"|(Safari|Chrome|Chromium|Firefox|Default|Profile \d+)/History(\.db)?"
    r"|NoteStore\.sqlite|AddressBook[\w-]*\.abcddb|Photos\.sqlite|wallet\.dat"
    r"|(mongod|redis|my)\.key|vault[-_]pass(word)?(\.txt)?|kubeadm\.conf"
    r"|terraform\.tfvars|\.dockercfg|\.mylogin\.cnf|\.rediscli_auth|\.s3cmd"
    r"|\.databrickscfg|\.snowsql/config|\.cargo/credentials(\.toml)?"
    r"|\.gem/credentials|\.m2/settings\.xml|\.gradle/gradle\.properties"
    r"|\.nuget/NuGet\.Config|\.composer/auth\.json|\.claude/\.credentials\.json"
    r"|rclone\.conf|\.config/doctl/config\.yaml|\.fly/config\.yml|\.flyrc)$"
    r"|^/etc/(kubernetes/(pki/.*\.key|admin\.conf)|rancher/k3s/k3s\.yaml"
    r"|NetworkManager/system-connections/.*|wpa_supplicant/.*\.conf|openvpn/.*\.key"
    r"|wireguard/.*|letsencrypt/(live|archive)/.*|security/opasswd|ppp/chap-secrets"
    r"|docker/daemon\.key|exim4/passwd\.client|postfix/sasl_passwd)$"
    r"|^/var/lib/(kubelet/pki|rancher/k3s/server/(token|node-token))|^/root/\.\w+_history$"
    r"|^/var/run/secrets/|^/run/credentials/",
    re.IGNORECASE,
)
_CERTIFICATE = re.compile(
    r"(^|/)[\w.-]*(cert|chain|^ca|/ca|bundle|public|pub)[\w.-]*\.pem$", re.IGNORECASE
)
_PUBLIC = (".pub", ".example", ".sample", ".template", ".dist", ".defaults")
_STARTUP = re.compile(
    r"(^|/)\.(bash|zsh|k?sh)(rc|_profile|_login|_logout|env)$|(^|/)\.z?profile$"
    r"|(^|/)\.zshenv$|(^|/)\.ssh/|(^|/)\.git/(hooks/|config$)|(^|/)\.gitconfig$"
    r"|(^|/)\.(npmrc|pypirc|netrc|pgpass)$|(^|/)\.(kube|aws|docker|gnupg)/"
    r"|(^|/)Library/Launch(Agents|Daemons)(/|$)|(^|/)\.config/(autostart|systemd)(/|$)"
    r"|(^|/)crontabs?/|(^|/)\.vimrc$|(^|/)\.inputrc$",
    re.IGNORECASE,
)
_ACCOUNTS = re.compile(
    r"^/etc/(passwd|group|g?shadow|sudoers(\.d/.*)?|fstab|hosts|ld\.so\.preload|pam\.d/.*"
    r"|crontab|cron\..*|ssh/.*|profile.*|environment|resolv\.conf)$|^/boot/|^/proc/sys"
)
_BLOCK_DEVICE = re.compile(
    r"^/dev/(sd|hd|vd|xvd|nvme|mmcblk|disk|rdisk|mapper/|md|dm-|loop|mem|kmem|port"
    r"|zvol/|sg|mtd)|^\\\\\.\\"
)
_HARMLESS_DEVICE = re.compile(
    r"^/dev/(null|zero|full|stdin|stdout|stderr|tty\w*|fd/\d+|shm/.+|pts/\d+)$"
)
_SETTINGS = re.compile(r"(^|/)\.env(\.[\w-]+)?$")
"""Projects' own settings, which everybody writes; reading them is another matter."""
_GLOB = re.compile(r"[*?\[]")


def normal(word: Word) -> str:
    """The path with ``.``, ``..`` and doubled slashes resolved where possible."""
    text = word.text.strip()
    if not text or "$(" in text or "`" in text:
        return text
    text = re.sub(r"^\$\{?HOME\}?(?=/|$)", "~", text)
    path = posixpath.normpath(text)
    return f"/{path.lstrip('/')}" if path.startswith("/") else path


def deletion_severity(word: Word) -> Severity:
    """How bad it is to delete everything below this path.

    Critical, unless the path is one that is made to be thrown away.
    """
    if is_temporary(word):
        return Severity.LOW
    path = normal(word)
    is_relative = not path.startswith(("/", "~", "{", "$", "`", "../"))
    name = posixpath.basename(path)
    if is_relative and name in _CACHES:
        return Severity.LOW
    if is_relative and (name in _ARTEFACTS or name.endswith(".egg-info")):
        return Severity.MEDIUM
    return Severity.CRITICAL


def is_broad(path: str) -> bool:
    """True for roots: the whole disk, a home, the current or a parent folder."""
    return bool(_ROOTS.match(path)) or path.startswith("../")


def is_temporary(word: Word) -> bool:
    """True for something below a folder for temporary files."""
    path = normal(word)
    return bool(_TEMPORARY.match(path)) and "$(" not in path and "`" not in path


def is_pattern(word: Word) -> bool:
    """True where the shell may find more than one path."""
    return bool(_GLOB.search(word.text))


def is_leftover(word: Word) -> bool:
    """True for files of this folder that programs leave behind: logs, objects."""
    path = normal(word)
    is_relative = not path.startswith(("/", "~", "{", "$", "`", "../"))
    return is_relative and bool(_LEFTOVER.search(path))


def is_cache(word: Word) -> bool:
    """True for names of folders that come back by themselves."""
    return normal(word) in _CACHES


def is_system(word: Word) -> bool:
    """True for paths that belong to the operating system."""
    path = normal(word)
    is_device = bool(_HARMLESS_DEVICE.match(path))
    return bool(_SYSTEM.match(path)) and not is_device and not is_temporary(word)


def is_credential(word: Word) -> bool:
    """True for files that hold keys, passwords or tokens."""
    bare = word.text.removeprefix("file://").lstrip("@")
    path = normal(Word(bare, word.known, word.raw))
    if _CERTIFICATE.search(path):
        return False
    return bool(_CREDENTIALS.search(path)) and not path.endswith(_PUBLIC)


def is_block_device(word: Word) -> bool:
    """True for disks and memory, below any file system."""
    return bool(_BLOCK_DEVICE.match(normal(word)))


def overwrite_severity(word: Word) -> Severity | None:
    """How bad it is to write to this path; None when it is an ordinary file."""
    path = normal(word)
    if _HARMLESS_DEVICE.match(path):
        return None
    if is_block_device(word) or _ACCOUNTS.match(path):
        return Severity.CRITICAL
    is_log = path.startswith(
        ("/var/log/", "/opt/", "/srv/", "/mnt/", "/media/", "/run/")
    )
    if is_system(word):
        return Severity.MEDIUM if is_log else Severity.HIGH
    if _STARTUP.search(path) or (is_credential(word) and not _SETTINGS.search(path)):
        return Severity.HIGH
    return None
