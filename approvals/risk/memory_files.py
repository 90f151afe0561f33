"""The files from which agents take instructions, memories and settings."""

import re
from collections.abc import Iterator

from approvals.risk.scanning import Scanner

_END = r"(?:$|[\s\"'`;|&)\]},:])"
_INSTRUCTIONS = (
    r"(?:claude|agents?|gemini|qwen|crush|warp|codex|copilot|memory|soul|identity"
    r"|persona"
    r"|heartbeat|bootstrap|jules|skill)\.(?:local\.)?mdc?",
    r"\.(?:cursor|windsurf|cline|roo|goose|continue|aider|kilocode|augment)[-_]?rules?",
    r"\.(?:cursor|windsurf|clinerules|roo|continue|kiro|amazonq|augment"
    r"|trae)/(?:rules|steering"
    r"|memor(?:y|ies)|prompts)[\w./*-]*",
    r"\.clinerules(?:/[\w./-]*)?",
    r"\.goosehints|\.aider\.conf\.ya?ml|conventions\.md",
    r"(?:\.github/)?copilot-instructions\.md",
    r"\.github/(?:instructions|prompts|agents|chatmodes)/[\w./-]*",
    r"\.(?:claude|codex|gemini|opencode|openclaw|clawdbot)/(?:agents|commands"
    r"|skills|rules|memory"
    r"|memories|projects|output-styles|prompts|workspace)/[\w./-]*",
    r"system[_-]?prompts?(?:\.(?:md|txt|ya?ml|json|j2|jinja2?|py|prompt|toml))",
    r"(?:agent|assistant|bot|custom)[_-](?:instructions|prompt|memory"
    r"|rules)\.(?:md|txt|ya?ml"
    r"|json)",
    r"(?:core|long_?term|agent|user|shared|persistent)[_-]memor(?:y|ies)\.(?:md"
    r"|txt|json|ya?ml"
    r"|db|sqlite3?)",
    r"memories/[\w-]+\.(?:md|txt|json|xml)",
)
_SETTINGS = (
    r"\.claude/(?:settings(?:\.local)?\.json|hooks/[\w./-]*|\.?mcp\.json)",
    r"\.claude\.json|claude_desktop_config\.json|managed-settings\.json",
    r"\.?mcp(?:[-_]?(?:config|servers|settings))?\.json|cline_mcp_settings\.json",
    r"\.(?:cursor|vscode|windsurf|codeium|gemini|roo|kiro|codex"
    r"|openclaw)/(?:mcp(?:_config)?\.json"
    r"|hooks\.json|settings\.json|config\.(?:toml|json)|cli-config\.json)",
    r"\.continue/config\.(?:json|ya?ml)|opencode\.jsonc?|openclaw\.json",
)
_BEFORE = r"(?:^|[\s\"'`=:(@/\\>,])"
_INSTRUCTION_PATHS = Scanner(
    *(f"{_BEFORE}(?:{one}){_END}" for one in _INSTRUCTIONS), ignore_case=True
)
_SETTING_PATHS = Scanner(
    *(f"{_BEFORE}(?:{one}){_END}" for one in _SETTINGS), ignore_case=True
)
_VENDOR_SETTINGS = re.compile(r"\.vscode/settings\.json\Z", re.IGNORECASE)
_PATH = re.compile(r"[\w.~][^\s\"'`;|&)\]},:=(@>]*")
_FOLDERS = re.compile(r"[\w.~/\\$-]+")
_MOST_FOLDERS = 200
_MOST = 120
_LONGEST_PATH = 4096


def code_of(path: str) -> str:
    """``memory.settings``, ``memory.instructions``, or nothing for other files."""
    if len(path) > _LONGEST_PATH:
        return ""
    clean = re.sub(r"[/\\]+(?:\./)*", "/", path.strip())
    if _SETTING_PATHS.is_in(clean) and not _VENDOR_SETTINGS.search(clean):
        return "memory.settings"
    return "memory.instructions" if _INSTRUCTION_PATHS.is_in(clean) else ""


def mentioned(text: str) -> Iterator[tuple[str, int, int]]:
    """Every such file that a command names: its code and where its name stands."""
    for code, scanner in (
        ("memory.settings", _SETTING_PATHS),
        ("memory.instructions", _INSTRUCTION_PATHS),
    ):
        for start, end in scanner.places(text, _MOST)[0]:
            found = _PATH.search(text, start, end)
            if found:
                yield code, _start_of_path(text, found.start()), found.end()


def _start_of_path(text: str, start: int) -> int:
    # Read backwards: looking for the end of a run from its front takes its square.
    before = _FOLDERS.match(text[max(0, start - _MOST_FOLDERS) : start][::-1])
    return start - before.end() if before else start
