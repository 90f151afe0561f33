"""Languages without a parser here: what the names in their code tell."""

import re
from collections.abc import Iterator

from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.tables import names

MAX_CHARACTERS = 10_000
"""Longer code is not looked into, and says so."""
_MAX_STRINGS = 20
_L, _M = Severity.LOW, Severity.MEDIUM
_H, _C = Severity.HIGH, Severity.CRITICAL
_ROWS: tuple[tuple[re.Pattern[str], str, Severity, str], ...] = tuple(
    (re.compile(pattern, flags), code, severity, does)
    for pattern, flags, code, severity, does in (
        (
            r"rmtree|rm_rf?\b|rmdir|removedirs|os\.(remove|unlink|truncate)|\.unlink\b"
            r"|\bunlink\b|rmSync|rmdirSync|unlinkSync"
            r"|fs(\.promises)?\.(rm|unlink|rmdir|truncate)|FileUtils\.(rm|remove)"
            r"|File\.delete|Dir\.(rmdir|delete)|Deno\.remove|file_put_contents"
            r"|remove_tree|Remove-Item|dropDatabase|\bDROP\s{1,9}(TABLE|DATABASE)"
            r"|deleteMany\(\s{0,9}(\{\s{0,9}\})?\s{0,9}\)|os\.RemoveAll|RemoveDirectory",
            re.IGNORECASE,
            "code.delete",
            _C,
            "deletes or replaces files or data",
        ),
        (
            r"\bfork\b|os\.(kill|killpg|abort)|process\.kill|Stop-(Process|Computer|Service)",
            re.IGNORECASE,
            "code.stop",
            _H,
            "ends other processes",
        ),
        (
            r"os\.(chmod|chown|rename|replace)|shutil\.move|chmodSync|renameSync"
            r"|Set-(Acl|ExecutionPolicy|MpPreference|ItemProperty)|New-LocalUser",
            re.IGNORECASE,
            "code.change",
            _H,
            "moves files or changes rights",
        ),
        (
            r"\bos\.(system|popen|exec\w*|spawn\w*)|subprocess|child_process|execSync"
            r"|spawnSync|\bspawn\b|\bsystem\b|\bpopen|\bexec\b(?!utable)|%x|Open3|IO\.popen"
            r"|\bqx\b|shell_exec|passthru|proc_open|pcntl_exec|do shell script|`"
            r"|Kernel\.|io\.popen|os\.execute|Start-Process|Deno\.(run|Command)"
            r"|Bun\.(spawn|\$)|ProcessBuilder|Runtime\.getRuntime|\bexec\.Command",
            re.IGNORECASE,
            "code.runs_program",
            _H,
            "runs other programs",
        ),
        (
            r"\beval\b|Invoke-Expression|\biex\b|__import__|getattr\s?\(|importlib"
            r"|\bcompile\s?\(|ctypes|\bpty\b|FromBase64|b64decode|\batob\("
            r"|Buffer\.from\([^)]{0,200}base64|\bpickle|marshal|new Function\b"
            r"|vm\.run|instance_eval|class_eval|Marshal\.load|unserialize\("
            r"|Function\(|require\((?!\s?['\"])|import\((?!\s?['\"])|EncodedCommand",
            re.IGNORECASE,
            "code.dynamic",
            _H,
            "makes or loads code while it runs",
        ),
        (
            r"socket|urllib|requests\.|http\.client|https?\.(get|request|post)|\bfetch\("
            r"|axios|net\.(connect|createServer)|Net::HTTP|IO::Socket|LWP|curl_"
            r"|fsockopen|smtplib|ftplib|DownloadString|DownloadFile|WebClient"
            r"|Invoke-(WebRequest|RestMethod)|XMLHttpRequest|TCPSocket|dgram|http\.Post",
            re.IGNORECASE,
            "code.network",
            _H,
            "uses the network",
        ),
        (
            r"\.ssh/|id_rsa|\.aws/credentials|/etc/(shadow|passwd)|\.kube/config"
            r"|169\.254\.169\.254|metadata\.google|Get-Credential|['\"/]\.env['\"]"
            r"|hidden answer|\.npmrc|\.netrc",
            re.IGNORECASE,
            "code.credentials",
            _H,
            "names files with credentials",
        ),
        (
            r"process\.env\b(?!\.\w|\[)|getenv\(\)|\bENV\.(to_h|each|inspect)|%ENV\b"
            r"|\bprintenv\b|Get-ChildItem Env:|dir env:",
            re.IGNORECASE,
            "code.environment",
            _M,
            "reads all settings of the process",
        ),
    )
)
_STRING = re.compile(
    r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|`([^`]*)`|%x[({]([^)}]*)"
)
_CALL = re.compile(r"([A-Za-z_][\w.]*[!?]?)\s?\(")
_HARMLESS_CALLS = names(
    "Array.from Boolean Date Date.now JSON.parse JSON.stringify Map Math.abs Math.ceil"
    " Math.floor Math.max Math.min Math.random Math.round Math.sqrt Number"
    " Object.entries Object.fromEntries Object.keys Object.values Set String"
    " console.log"
    " console.table count echo format if for function implode in join json_decode"
    " json_encode len length map p parseFloat parseInt phpinfo phpversion print printf"
    " process.exit puts range rand require say sqrt sprintf str strlen substr sum"
    " switch"
    " time uc lc while"
    " Dir.glob File.basename File.exist? File.foreach File.join File.read"
    " File.readlines JSON.pretty_generate array_keys array_values file_get_contents"
    " implode print_r var_dump"
    " sessionInfo library requireNamespace packageVersion installed.packages summary"
    " head tail str mean median sd read.csv read.table readRDS data.frame paste"
    " paste0 c"
    " cat nrow ncol names levels table seq rep lm predict colnames rownames is.na"
    " test_dir test_file test_package rcmdcheck lint_package lint document style_pkg"
    " style_file check status snapshot render build_vignettes load_all R.Version"
    " Sys.time Sys.Date Sys.info round apply sapply lapply"
)
_HARMLESS_METHODS = names(
    "charAt concat each entries every filter find flat flatMap forEach getTime includes"
    " indexOf join keys length log map match padEnd padStart pop push reduce repeat"
    " replace reverse select shift size slice some sort split sum test toFixed"
    " toISOString toLowerCase toString toUpperCase trim unshift values upcase downcase"
    " to_s to_i inspect next collect"
    " existsSync lstatSync readFileSync readdirSync statSync readFile readdir then"
)
_HARMLESS_MODULES = re.compile(
    r"\brequire\(\s?['\"](?:node:)?(?:assert|buffer|crypto|events|os|path|querystring|fs"
    r"|fs/promises|string_decoder|url|util|zlib|lodash|\.{1,2}/[\w./-]{1,80}\.json)['\"]\s?\)"
)
_OWN_MODULE = re.compile(
    r"\brequire\(\s?['\"]\.{1,2}/[\w./-]{1,80}['\"]\s?\)"
    r"|\bimport\b[^;'\"]{0,200}['\"]\.{1,2}/[\w./-]{1,80}['\"]"
)
_ANY_MODULE = re.compile(r"\b(?:require|import|use|include|load)\b")
_STATEMENT_WORDS = re.compile(
    r"\b(open|file|input|print\s?<|fs(?!\s?[=}]|\.(promises\.)?(read|exists|l?stat)))\b"
)
_COMPUTED_CALL = re.compile(r"\]\s?\(")
"""``fs[name]()``: what is called is made while it runs."""


def matches_of(code: str) -> Iterator[Match]:
    """What the code seems to do; one more match where that is not all."""
    if len(code) > MAX_CHARACTERS:
        message = "Runs code that is too long to inspect"
        yield Match("code.uninspectable", _H, message)
        return
    known = _HARMLESS_MODULES.sub("0", code)
    bare = _STRING.sub("''", known)
    found = [_found(row, known if row[1] in _IN_STRINGS else bare) for row in _ROWS]
    yield from (match for match in found if match is not None)
    if not any(found) and not _is_harmless(bare):
        message = f"Runs code that was not understood: {shortened(code)}"
        is_own = bool(_OWN_MODULE.search(code)) and not _ANY_MODULE.search(
            _OWN_MODULE.sub("", known)
        )
        # Like a script of the project, which may run as well.
        yield Match("code.uninspectable", _L if is_own else _M, message)


_IN_STRINGS = frozenset({"code.credentials", "code.runs_program"})


def _found(row: tuple[re.Pattern[str], str, Severity, str], text: str) -> Match | None:
    pattern, code, severity, does = row
    found = pattern.search(text)
    if found is None:
        return None
    return Match(code, severity, f"Runs code that {does}: {shortened(found[0])}")


def _is_harmless(bare: str) -> bool:
    calls = set(_CALL.findall(bare))
    unknown = {
        name
        for name in calls
        if name not in _HARMLESS_CALLS
        and name.rpartition(".")[2] not in _HARMLESS_METHODS
    }
    words = _ANY_MODULE.search(bare) or _STATEMENT_WORDS.search(bare)
    return not unknown and not words and not _COMPUTED_CALL.search(bare)


def strings_in(code: str) -> list[str]:
    """String literals of code that runs programs: they may be shell commands."""
    if len(code) > MAX_CHARACTERS:
        return []
    return [
        next(group for group in match.groups() if group is not None)
        for match in list(_STRING.finditer(code))[:_MAX_STRINGS]
    ]
