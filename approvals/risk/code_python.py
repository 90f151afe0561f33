"""Python: what a program calls, by its syntax tree and never by running it.

Names are followed through imports, assignments and ``getattr``; what is put together
while the program runs cannot be, and is a finding of its own.
"""

import ast
import base64
import binascii
import re
from dataclasses import dataclass, field

from approvals.risk.code_names import (
    DECODERS,
    FUNCTIONS,
    METHODS,
    MODULES,
    PREFIXES,
    SHELL_CALLS,
    SQL_METHODS,
    Rule,
)
from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.shell_paths import is_credential, is_system, overwrite_severity
from approvals.risk.shell_words import Word

MAX_CHARACTERS = 20_000
"""Longest program that is looked into."""
_MAX_NODES = 20_000
_MAX_OPENINGS = 90
"""Deeper nesting than people write; the parser's own limit is 200."""
_MAX_CHAIN = 200
_MAX_EVALS = 3
_LONG_CHAIN = re.compile(r"(?:[-+~.]|not\s|\w[ \t]*[-+*/|&^%.]){200}")
_WRITING = re.compile(r"[wax+]")


class NotPython(Exception):
    """The text is no Python, or more of it than can be read safely."""


@dataclass(slots=True)
class Reading:
    """What was found in one program, and the texts of other languages in it."""

    matches: list[Match] = field(default_factory=list)
    shell: list[str] = field(default_factory=list)
    sql: list[str] = field(default_factory=list)


def read(text: str) -> Reading:
    """What a program does; raises NotPython where nobody can tell."""
    reading = Reading()
    _Reader(reading, 0).read(text)
    return reading


def parsed(text: str) -> ast.Module:
    """The syntax tree of a program; raises NotPython within a bounded time."""
    if len(text) > MAX_CHARACTERS or "\0" in text or _LONG_CHAIN.search(text):
        raise NotPython
    if _depth(text) > _MAX_OPENINGS:
        raise NotPython
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NotPython from error


def _depth(text: str) -> int:
    """How deep brackets and indentation could nest at most."""
    depth = deepest = 0
    for character in text:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth = max(0, depth - 1)
    return deepest


class _Reader:
    """Walks one program; ``evals`` is how many programs it stands in."""

    def __init__(self, reading: Reading, evals: int) -> None:
        self.reading = reading
        self.evals = evals
        self.names: dict[str, str] = {}
        self.seen: set[tuple[str, str]] = set()

    def read(self, text: str) -> None:
        tree = parsed(text)
        nodes = list(ast.walk(tree))
        if len(nodes) > _MAX_NODES:
            raise NotPython
        for node in nodes:
            self._learn(node)
        for node in nodes:
            self._look(node)

    def _add(self, rule: Rule, what: str, target: str = "") -> None:
        code, severity, does = rule
        if (code, what) not in self.seen:
            self.seen.add((code, what))
            message = f"Runs code that {does}: {shortened(what)}"
            self.reading.matches.append(Match(code, severity, message, target))

    def _learn(self, node: ast.AST) -> None:
        """Which local name stands for which function or module."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                head = alias.name.partition(".")[0]
                name = alias.asname or head
                self.names[name] = alias.name if alias.asname else head
                self._module(head)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            self._module(module.partition(".")[0])
            for alias in node.names:
                self.names[alias.asname or alias.name] = f"{module}.{alias.name}"
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, dotted = node.targets[0], self._dotted(node.value)
            is_known = dotted in FUNCTIONS or dotted.partition(".")[0] in MODULES
            if isinstance(target, ast.Name) and dotted and is_known:
                self.names[target.id] = dotted

    def _module(self, name: str) -> None:
        if name and name not in MODULES:
            rule = ("code.unknown_module", Severity.LOW, "uses a module of its own")
            self._add(rule, name, name)

    def _look(self, node: ast.AST) -> None:
        if isinstance(node, ast.Call):
            self._call(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            self._string(node.value)
        elif isinstance(node, ast.Attribute | ast.Name):
            self._reference(node)

    def _call(self, node: ast.Call) -> None:
        name = self._dotted(node.func)
        if any(self._dotted(argument) == "os.environ" for argument in node.args):
            whole = ("code.environment", Severity.MEDIUM, "hands all settings on")
            self._add(whole, "os.environ in a call")
        rule = FUNCTIONS.get(name) or _by_prefix(name)
        if rule is not None:
            self._function(name, rule, node)
        elif isinstance(node.func, ast.Attribute):
            self._method(node.func, name, node)
        if name in {"open", "io.open", "codecs.open"} or name.endswith(".open"):
            self._opened(node)

    def _function(self, name: str, rule: Rule, node: ast.Call) -> None:
        if name in SHELL_CALLS:
            self._command(name, rule, node)
        elif rule[0] == "code.dynamic":
            self._dynamic(name, rule, node)
        elif name == "torch.load" and _keyword(node, "weights_only") is True:
            return
        else:
            target = _text(node.args[0]) if node.args else ""
            self._add(rule, name, shortened(target))

    def _command(self, name: str, rule: Rule, node: ast.Call) -> None:
        """Programs that it runs: looked at as shell where they are written out."""
        argument = node.args[0] if node.args else None
        words = _words(argument)
        if words is None:
            severity = Severity.HIGH
            self._add((rule[0], severity, "runs programs that it names later"), name)
            return
        self.reading.shell.append(words)
        self._add((rule[0], Severity.LOW, rule[2]), words)

    def _dynamic(self, name: str, rule: Rule, node: ast.Call) -> None:
        text = self._constant(node.args[0]) if node.args else None
        is_import = name in {"__import__", "importlib.import_module"}
        if is_import and text is not None:
            self._module(text.partition(".")[0])
        elif name in {"eval", "exec"} and text is not None and self.evals < _MAX_EVALS:
            if not isinstance(node.args[0], ast.Constant):
                self._add(rule, name)
            inner = _Reader(self.reading, self.evals + 1)
            try:
                inner.read(text)
            except NotPython:
                self._add(rule, name)
        else:
            self._add(rule, name)

    def _method(self, function: ast.Attribute, dotted: str, node: ast.Call) -> None:
        method = function.attr
        rule = METHODS.get(method)
        is_local = dotted.partition(".")[0] in {"re", "math", "np", "pd", "string"}
        if rule is not None and not is_local:
            self._add(rule, f".{method}()", _target_of(function))
        if method in {"write_text", "write_bytes"}:
            self._written(_target_of(function))
        if method in SQL_METHODS and node.args:
            text = self._constant(node.args[0])
            if text is not None and " " in text.strip():
                self.reading.sql.append(text)

    def _opened(self, node: ast.Call) -> None:
        path = _text(node.args[0]) if node.args else ""
        mode = node.args[1] if len(node.args) > 1 else None
        given = _text(mode) if mode is not None else _keyword(node, "mode")
        if not _WRITING.search(str(given or "")):
            return
        self._written(path)

    def _written(self, path: str) -> None:
        severity = overwrite_severity(Word(path)) if path else None
        rule = ("code.writes_file", severity or Severity.LOW, "writes files")
        self._add(rule, path or "a file", shortened(path))

    def _string(self, text: str) -> None:
        """Paths of credentials, wherever they stand."""
        if len(text) > 200 or "\n" in text or not text:
            return
        word = Word(text.strip())
        if " " not in text and ("/" in text or "." in text) and is_credential(word):
            rule = ("code.credentials", Severity.HIGH, "names files with credentials")
            self._add(rule, text, shortened(text))
        elif is_system(word) and text.startswith(("/etc/passwd", "/etc/shadow")):
            rule = ("code.credentials", Severity.MEDIUM, "names the system's accounts")
            self._add(rule, text, shortened(text))
        if "169.254.169.254" in text or "metadata.google.internal" in text:
            rule = ("code.credentials", Severity.HIGH, "asks the cloud for its keys")
            self._add(rule, text)

    def _reference(self, node: ast.Attribute | ast.Name) -> None:
        name = self._dotted(node)
        if name in {"os.environ", "os.environb"} and isinstance(node.ctx, ast.Load):
            rule = ("code.environment", Severity.LOW, "reads the environment")
            self._add(rule, name)
        elif name in {"__builtins__", "builtins.__dict__"}:
            rule = ("code.dynamic", Severity.HIGH, "reaches for hidden functions")
            self._add(rule, name)
        elif isinstance(node, ast.Attribute) and node.attr in _ESCAPES:
            rule = ("code.dynamic", Severity.HIGH, "reaches for hidden functions")
            self._add(rule, node.attr)

    def _dotted(self, node: ast.expr) -> str:
        """The full name of a function or module, as far as the text tells."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute) and len(parts) < _MAX_CHAIN:
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            head = self.names.get(node.id, node.id)
        elif isinstance(node, ast.Call):
            head = self._made(node)
        else:
            return ""
        return ".".join([head, *reversed(parts)]) if head else ""

    def _made(self, node: ast.Call) -> str:
        """``__import__("os")`` and ``getattr(os, "remove")`` are names too."""
        if not isinstance(node.func, ast.Name | ast.Attribute):
            return ""
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        if name in {"__import__", "import_module"} and node.args:
            return self._constant(node.args[0]) or ""
        if name == "getattr" and len(node.args) > 1:
            inner, attribute = node.args[0], self._constant(node.args[1])
            head = (
                self.names.get(inner.id, inner.id)
                if isinstance(inner, ast.Name)
                else (self._made(inner) if isinstance(inner, ast.Call) else "")
            )
            is_module = head.partition(".")[0] in MODULES
            if attribute is None:
                return "eval" if is_module else ""
            return f"{head}.{attribute}" if head else ""
        return ""

    def _constant(self, node: ast.expr, depth: int = 0) -> str | None:
        """The text of a literal, of literals joined, or of one decoded."""
        if isinstance(node, ast.Constant):
            value = node.value
            if isinstance(value, bytes):
                return value.decode("utf-8", "replace")
            return value if isinstance(value, str) else None
        if depth > 20:
            return None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left = self._constant(node.left, depth + 1)
            right = self._constant(node.right, depth + 1)
            return left + right if left is not None and right is not None else None
        if isinstance(node, ast.Call):
            return self._decoded(node, depth)
        return None

    def _decoded(self, node: ast.Call, depth: int) -> str | None:
        name = self._dotted(node.func)
        is_text = isinstance(node.func, ast.Attribute) and node.func.attr == "decode"
        if isinstance(node.func, ast.Attribute) and is_text and name not in DECODERS:
            return self._constant(node.func.value, depth + 1)
        text = self._constant(node.args[0], depth + 1) if node.args else None
        if text is None or name not in DECODERS:
            return None
        try:
            raw = bytes.fromhex(text) if "hex" in name else base64.b64decode(text)
        except (binascii.Error, ValueError):
            return None
        return raw.decode("utf-8", "replace")


_ESCAPES = frozenset({"__subclasses__", "__globals__", "__code__", "__mro__"})


def _by_prefix(name: str) -> Rule | None:
    return next((rule for head, rule in PREFIXES if name.startswith(head)), None)


def _text(node: ast.expr) -> str:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return str(node.value) if is_text else ""  # type: ignore[attr-defined]


def _keyword(node: ast.Call, name: str) -> object:
    for keyword in node.keywords:
        if keyword.arg == name and isinstance(keyword.value, ast.Constant):
            return keyword.value.value
    return None


def _target_of(function: ast.Attribute) -> str:
    inner = function.value
    if isinstance(inner, ast.Call) and inner.args:
        return shortened(_text(inner.args[0]))
    return ""


def _words(node: ast.expr | None) -> str | None:
    """A command that is written out, as one line; None where it is made later."""
    if isinstance(node, ast.List | ast.Tuple):
        return " ".join(map(_argument, node.elts)) if node.elts else None
    if isinstance(node, ast.JoinedStr):
        parts = [_text(part) or "$UNKNOWN" for part in node.values]
        is_named = bool(parts) and parts[0] != "$UNKNOWN"
        return "".join(parts) if is_named else None
    return _text(node) or None if node is not None else None


def _argument(node: ast.expr) -> str:
    """One element of a list of words, quoted; what is not written out is unknown."""
    if isinstance(node, ast.Attribute) and node.attr == "executable":
        return "python3"
    text = _text(node)
    if not text:
        return '"$UNKNOWN"'
    escaped = text.replace("'", "'\\''")
    return f"'{escaped}'"
