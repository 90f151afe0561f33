"""Writes to what an agent will read and believe next time. Reading stays quiet."""

import re
from collections.abc import Iterator

from approvals.risk.context import Kind, Role
from approvals.risk.corpus import Quota
from approvals.risk.findings import Finding, Match, Severity, shortened
from approvals.risk.memory_codes import CODES
from approvals.risk.memory_commands import writes_to
from approvals.risk.memory_files import code_of, mentioned
from approvals.risk.scanning import Scanner
from approvals.risk.tables import names
from approvals.risk.verbs import reads, words_of
from approvals.risk.view import Leaf, View, tokens

__all__ = ["CODES", "analyse"]

_MEMORY_WORDS = names(
    "memory memories remember memorize memorise mem0 zep letta memgpt mnemonic"
)
_GRAPH_TOOLS = re.compile(
    r"(?:^|[_.\W])(?:add_observations|create_entities|create_relations|delete_entities"
    r"|delete_observations|delete_relations|add_episode|upsert_fact|save_fact)$"
)
_INSTRUCTING = names(
    "guideline guidelines instruction instructions persona personality prompt prompts"
)
_OF_AGENTS = names(
    "agent ai assistant base behavior behaviour bot custom global model system"
)
_NOT_OF_AGENTS = names(
    "address booking care checkout cooking courier delivery dosage gift handling order"
    " package payment pickup preparation service setup shipment shipping special"
)
_CHANGING = names(
    "add append change edit modify overwrite override replace reset set update write"
)
_READING = names(
    "allocate check count describe dump fetch find free gb get gpu heap leak limit list"
    " load lookup mb monitor open query quota read recall resize retrieve search show"
    " stats status swap usage view"
)
_WRITING = names(
    "add append apply commit copy cp create delete edit insert modify move multi mv"
    " notebook overwrite patch push put remove rename replace save set store str update"
    " upload write"
)
_VIEWING = names("view read get list cat show open search stat")
_CONTENTS = names(
    "content contents text body data patch diff string str new_string new_str file_text"
    " code value observations contents memory fact facts entities message"
)
_DIFF_FILE = re.compile(
    r"^(?:\+\+\+ (?:b/)?|\*\*\* (?:Add|Update|Delete) File: "
    r"|rename to )(?P<path>[^\n]{1,300})",
    re.MULTILINE,
)
_BEHAVIOUR = Scanner(
    r"\balways\b|\bnever\b|\bfrom now on\b|\bwhenever\b|\bin (?:all )?future\b"
    r"|\bevery time\b"
    r"|\bdo not (?:ask|confirm|tell|mention|require|request|warn)\b|\byou must\b"
    r"|\bmust not\b"
    r"|\bwithout (?:asking|confirm|approv|review|prompt|permission)"
    r"|\bauto-?approve|\bskip (?:the"
    r" )?(?:approv|confirm|review|permission|check)|\bignore\b|\bbypass|\bpre-?approved"
    r"|\bdangerously|\bimmer\b|\btoujours\b|\bsiempre\b|\bsempre\b|всегда|никогда"
    r"|总是|永远|必须|常に"
    r"|\"?hooks\"?\s*:|bypassPermissions|\"?allow\"?\s*:\s*\[|\"?command\"?\s*:\s*\"",
    ignore_case=True,
)
_UNITS = re.compile(r"\A\s*[\d.]+\s*(?:[kmgt]i?b?|%)?\s*\Z", re.IGNORECASE)

_Found = tuple[str, Leaf, tuple[int, int] | None]
"""A code, the text that it is about, and which characters of it."""


def analyse(view: View) -> Iterator[Finding]:
    """Findings for instruction files, settings and memories that would change."""
    quota = Quota()
    found = [*_files(view), *_diffs(view), *_commands(view), *_memories(view)]
    contents = _contents(view)
    changes_behaviour = bool(found) and any(
        _BEHAVIOUR.is_in(leaf.text) for leaf in contents
    )
    severity = Severity.HIGH if changes_behaviour else Severity.MEDIUM
    for code, leaf, span in found:
        if quota.allows(code, severity):
            match = Match(
                code, severity, _message(code, leaf, span), _target(leaf, span)
            )
            yield match.at(leaf.pointer, span)
    if changes_behaviour:
        telling = next(leaf for leaf in contents if _BEHAVIOUR.is_in(leaf.text))
        start, end = _BEHAVIOUR.places(telling.text, 1)[0][0]
        message = "Tells agents how to behave from now on"
        match = Match("memory.behaviour", severity, message)
        yield match.at(telling.pointer, (start, end))


def _message(code: str, leaf: Leaf, span: tuple[int, int] | None) -> str:
    if code == "memory.instructions" and span is None and leaf.pointer != "/resource":
        return "Changes what an agent goes by"
    what = {
        "memory.instructions": "Changes a file with instructions for agents",
        "memory.settings": "Changes an agent's settings or tools",
        "memory.write": "Stores something in an agent's memory",
    }[code]
    target = _target(leaf, span)
    return f"{what}: {target!a}" if target and code != "memory.write" else what


def _target(leaf: Leaf, span: tuple[int, int] | None) -> str:
    if span is None:
        return ""
    return shortened(leaf.text[span[0] : span[1]].strip(" \t\n\"'`=:(@>,;|&)]}"), 80)


def _files(view: View) -> Iterator[_Found]:
    if not _is_writing(view):
        return
    for leaf in view.having(Role.PATH):
        code = code_of(leaf.text)
        if code:
            yield code, leaf, (0, len(leaf.text))
    if view.action.resource and (code := code_of(view.action.resource)):
        yield code, Leaf("resource", "/resource", view.action.resource), None


def _is_writing(view: View) -> bool:
    """Whether the action changes the files that it names.

    One that brings content does, whatever it is called; a tool for several
    operations says in an argument which one it is.
    """
    said = view.action.arguments.get("command") or view.action.arguments.get(
        "operation"
    )
    if isinstance(said, str) and said.lower() in _VIEWING:
        return False
    brings = any(tokens(leaf.member) & _CONTENTS for leaf in view.texts)
    words = set(words_of(view.action.name))
    if words & _WRITING or _is_mapped(view):
        return True
    return brings and not reads(view.action.name)


def _is_mapped(view: View) -> bool:
    """Whether policy says that the whole action is about memory."""
    mapped = view.context.mapped(view.action.name)
    return any(one.kind is Kind.MEMORY for one in mapped)


def _diffs(view: View) -> Iterator[_Found]:
    """Patches name the files that they change."""
    for leaf in view.texts:
        if "+++ " not in leaf.text and "*** " not in leaf.text:
            continue
        for found in _DIFF_FILE.finditer(leaf.text):
            code = code_of(found["path"])
            if code:
                yield code, leaf, found.span("path")


def _commands(view: View) -> Iterator[_Found]:
    for leaf in view.having(Role.COMMAND, Role.CODE):
        for code, start, end in mentioned(leaf.text):
            if writes_to(leaf.text, start, end):
                yield code, leaf, (start, end)


def _memories(view: View) -> Iterator[_Found]:
    """Calls of memory tools, and what policy says is a memory."""
    mapped = {
        pointer
        for one in view.context.mapped(view.action.name)
        for pointer in one.pointers.get(Role.MEMORY, ())
    }
    if _is_instructing(view.action.name):
        longest = max(view.texts, key=lambda leaf: len(leaf.text), default=None)
        leaf = longest or Leaf("", "/arguments", "")
        yield "memory.instructions", leaf, None
        return
    stored = [leaf for leaf in view.having(Role.MEMORY) if _is_memory(leaf, mapped)]
    if _is_mapped(view) or _is_memory_tool(view.action.name):
        texts = sorted(view.texts, key=lambda leaf: -len(leaf.text))
        stored = stored or texts[:1] or [Leaf("", "/arguments", "")]
    for leaf in stored:
        yield "memory.write", leaf, (0, len(leaf.text)) if leaf.text else None


def _is_memory(leaf: Leaf, mapped: set[str]) -> bool:
    """Text that would be remembered; ``memory: 512Mi`` is another thing."""
    if leaf.pointer in mapped:
        return True
    return leaf.text.count(" ") >= 2 and not _UNITS.match(leaf.text)


def _is_instructing(name: str) -> bool:
    """``update_system_prompt``, ``set_instructions``: what an agent goes by."""
    every = set(words_of(name)) | set(tokens(name))
    if not every & _CHANGING or not every & _INSTRUCTING or every & _NOT_OF_AGENTS:
        return False
    is_bare = every <= _CHANGING | _INSTRUCTING and not every & {"prompt", "prompts"}
    return is_bare or bool(every & _OF_AGENTS)


def _is_memory_tool(name: str) -> bool:
    words = words_of(name)
    if _GRAPH_TOOLS.search(name.lower()):
        return True
    every = set(words) | set(tokens(name))
    is_named = bool(every & _MEMORY_WORDS)
    return is_named and not every & _READING


def _contents(view: View) -> list[Leaf]:
    return [leaf for leaf in view.texts if len(leaf.text) > 3]
