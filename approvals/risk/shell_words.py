"""Shell words: what one argument of a command comes to after quotes and expansions."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tree_sitter import Node

_ANSI_C = re.compile(
    r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|(.))",
    re.DOTALL,
)
_ANSI_C_LETTERS = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "e": "\x1b",
    "E": "\x1b",
}
_ESCAPED_IN_WORD = re.compile(r"\\(\n|.)", re.DOTALL)
_ESCAPED_IN_STRING = re.compile(r'\\([\n"\\$`])')
_TEMPORARY_FILE = "/tmp/tmp.mktemp"  # noqa: S108
"""Stands for what ``mktemp`` makes: something new below the temporary folder."""
_PRINTERS = frozenset({"echo", "printf"})


@dataclass(frozen=True, slots=True)
class Word:
    """One argument. ``known`` is False when a part depends on the running shell.

    Unknown parts stand in ``text`` as they were written (``$HOME``), and ``raw``
    then holds the source of the whole word.
    """

    text: str
    known: bool = True
    raw: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    text: str
    known: bool = True
    splits: bool = False


@dataclass(frozen=True, slots=True)
class Expander:
    """Resolves the words of one script; ``variables`` maps names to known values."""

    source: bytes
    variables: Mapping[str, str]

    def text_of(self, node: Node) -> str:
        """The source text of a node."""
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def words(self, node: Node) -> list[Word]:
        """The words that a node comes to: none, one, or several after splitting."""
        parts = list(self._parts(node))
        raw = "" if all(part.known for part in parts) else self.text_of(node)
        groups: list[list[_Part]] = [[]]
        for part in parts:
            pieces = _split(part)
            groups[-1].append(pieces[0])
            groups.extend([piece] for piece in pieces[1:])
        return [_joined(group, raw) for group in groups if _is_kept(group)]

    def word(self, node: Node) -> Word:
        """The value of a node where the shell does no splitting."""
        parts = list(self._parts(node))
        raw = "" if all(part.known for part in parts) else self.text_of(node)
        return _joined(parts, raw)

    def _parts(self, node: Node) -> Iterator[_Part]:
        match node.type:
            case "concatenation" | "command_name":
                yield from self._children(node, quoted=False)
            case "string" | "translated_string":
                yield _Part("")
                yield from self._children(node, quoted=True)
            case "raw_string":
                yield _Part(self.text_of(node)[1:-1])
            case "ansi_c_string":
                yield _Part(_ANSI_C.sub(_ansi_c_character, self.text_of(node)[2:-1]))
            case "simple_expansion" | "expansion":
                yield self._expansion(node)
            case "command_substitution":
                yield self._substitution(node)
            case "process_substitution" | "arithmetic_expansion":
                yield _Part(self.text_of(node), known=False)
            case _:
                yield _Part(_ESCAPED_IN_WORD.sub(_escaped, self.text_of(node)))

    def _children(self, node: Node, *, quoted: bool) -> Iterator[_Part]:
        position = node.start_byte + (1 if node.type == "string" else 0)
        for child in node.children:
            # The grammar leaves white space of strings between the nodes.
            gap = self.source[position : child.start_byte].decode("utf-8", "replace")
            position = child.end_byte
            if quoted and gap:
                yield _Part(gap)
            if not quoted:
                yield from self._parts(child)
            elif child.type == "string_content":
                yield _Part(_ESCAPED_IN_STRING.sub(_escaped, self.text_of(child)))
            elif child.type in _SUBSTITUTIONS:
                yield from self._in_quotes(child)
            elif child.type == "string":
                yield from self._parts(child)

    def _in_quotes(self, child: Node) -> Iterator[_Part]:
        raw = self.text_of(child)
        yield _Part(raw[: len(raw) - len(raw.lstrip())])
        for part in self._parts(child):
            yield _Part(part.text, part.known)

    def _expansion(self, node: Node) -> _Part:
        raw = self.text_of(node).strip()
        name = next((c for c in node.children if c.type == "variable_name"), None)
        if name is None:
            return _Part(raw, known=False)
        key = self.text_of(name)
        others = [c for c in node.children if c.type not in {"$", "${", "}"}]
        if len(others) == 1:
            return self._variable(key)
        operator = self.text_of(others[1])
        if operator in {":-", "-", ":=", "="} and others[0] == name:
            default = self.source[others[1].end_byte : node.end_byte - 1]
            return _Part(default.decode("utf-8", "replace").strip("'\""), known=False)
        return _Part(f"${key}", known=False)

    def _variable(self, key: str) -> _Part:
        if key in self.variables:
            return _Part(self.variables[key], splits=True)
        if key == "IFS":
            return _Part(" ", splits=True)
        return _Part(f"${key}", known=False)

    def _substitution(self, node: Node) -> _Part:
        """The output of ``$(echo text)``; of anything else, only its source."""
        inner = [child for child in node.named_children if child.type != "comment"]
        if len(inner) == 1 and inner[0].type == "command":
            words = [word for child in inner[0].children for word in self._flat(child)]
            known = bool(words) and all(word.known for word in words)
            texts = [word.text for word in words]
            if known and texts[0] in _PRINTERS:
                return _Part(printed(texts), splits=True)
            if known and texts[0] == "mktemp" and _is_fresh(texts[1:]):
                return _Part(_TEMPORARY_FILE)
        return _Part(self.text_of(node).strip(), known=False)

    def _flat(self, node: Node) -> list[Word]:
        if any(child.type in _SUBSTITUTIONS for child in node.children):
            return [Word("", known=False)]
        return self.words(node)


_SUBSTITUTIONS = frozenset(
    {"simple_expansion", "expansion", "command_substitution", "arithmetic_expansion"}
)


def _is_fresh(arguments: list[str]) -> bool:
    """True where mktemp is not told another folder."""
    return not any(
        "/" in text or text.startswith(("-p", "--tmpdir")) or ".." in text
        for text in arguments
    )


def printed(argv: list[str]) -> str:
    """What ``echo`` or ``printf`` with these arguments writes, trailing newline off."""
    arguments = argv[1:]
    while arguments and re.fullmatch(r"-[neE]+", arguments[0]):
        arguments = arguments[1:]
    text = " ".join(arguments)
    if argv[0] == "printf" and arguments:
        text = _printf(arguments[0], arguments[1:])
    return _ANSI_C.sub(_ansi_c_character, text) if "\\" in text else text


def _printf(template: str, values: list[str]) -> str:
    remaining = iter(values)
    filled = re.sub(
        r"%[-+ 0-9.]*[sbqdiuxc]", lambda _: next(remaining, ""), template.rstrip("\n")
    )
    return " ".join([filled, *remaining])


def _split(part: _Part) -> list[_Part]:
    if not part.splits:
        return [part]
    return [_Part(piece) for piece in re.split(r"[ \t\n]+", part.text)]


def _joined(parts: list[_Part], raw: str) -> Word:
    known = all(part.known for part in parts)
    text = "".join(part.text for part in parts)
    return Word(text, known, "" if known else raw)


def _is_kept(group: list[_Part]) -> bool:
    """False for what splitting left empty; quoted empty strings stay words."""
    return len(group) > 1 or bool(group and group[0].text)


def _escaped(match: re.Match[str]) -> str:
    return "" if match[1] == "\n" else match[1]


def _ansi_c_character(match: re.Match[str]) -> str:
    hexadecimal = match[1] or match[2] or match[3]
    if hexadecimal or match[4]:
        code = int(hexadecimal, 16) if hexadecimal else int(match[4], 8)
        return chr(code) if code < 0x110000 else ""
    return _ANSI_C_LETTERS.get(match[5], match[5])
