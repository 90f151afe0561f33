"""One command as rules see it: its name, options and operands."""

import re
from dataclasses import dataclass, field

from approvals.risk.shell_parse import Command
from approvals.risk.shell_words import Word

_NAME_PREFIX = re.compile(r"^.*[/\\]")
DRY_RUNS = frozenset(
    {
        "--dry-run",
        "--dryrun",
        "--dry-run=client",
        "--dry-run=server",
        "--dry-run=true",
        "--what-if",
        "--whatif",
        "-whatif",
        "--help",
    }
)


@dataclass(frozen=True, slots=True)
class Call:
    """A command whose wrappers (sudo, env, …) have been taken off.

    ``words`` starts with the name as written; ``wrappers`` are the names taken
    off. Text that only the running shell knows stands as written, e.g. ``$HOME``.
    """

    words: tuple[Word, ...]
    command: Command
    wrappers: frozenset[str] = frozenset()
    name: str = field(init=False)
    texts: tuple[str, ...] = field(init=False)
    operands: tuple[Word, ...] = field(init=False)
    options: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        operands, options = _sorted(self.words[1:])
        object.__setattr__(self, "name", program(self.words[0].text))
        object.__setattr__(self, "texts", tuple(w.text for w in self.words[1:]))
        object.__setattr__(self, "operands", operands)
        object.__setattr__(self, "options", options)

    def has(self, *options: str) -> bool:
        """True when one of the options is given: "r", "--force", "-delete"."""
        return not self.options.isdisjoint(options)

    @property
    def is_dry_run(self) -> bool:
        """True when the command only says what it would do.

        "--version" alone asks; before a value it chooses what is installed.
        """
        is_asking = self.texts[-1:] == ("--version",)
        return is_asking or not DRY_RUNS.isdisjoint(map(str.lower, self.texts))

    def value_of(self, *options: str) -> Word | None:
        """The value of the first of these options: the next word, or after "="."""
        for index, word in enumerate(self.words[1:], 1):
            if word.text in options:
                return self.words[index + 1] if index + 1 < len(self.words) else None
            name, equals, value = word.text.partition("=")
            if equals and name in options:
                return Word(value, word.known, word.raw)
        return None

    @property
    def line(self) -> str:
        """The call in one line, for messages."""
        return " ".join([self.name, *self.texts])


def program(name: str) -> str:
    """The bare, lower-case name of a program: "/bin/RM" and "rm.exe" are "rm"."""
    return _NAME_PREFIX.sub("", name).lower().removesuffix(".exe")


def _sorted(arguments: tuple[Word, ...]) -> tuple[tuple[Word, ...], frozenset[str]]:
    operands: list[Word] = []
    options: set[str] = set()
    for index, word in enumerate(arguments):
        if word.text == "--":
            operands.extend(arguments[index + 1 :])
            break
        if len(word.text) > 1 and word.text.startswith("-"):
            options |= _names(word.text)
        else:
            operands.append(word)
    return tuple(operands), frozenset(options)


def _names(option: str) -> set[str]:
    """ "--a=b" is "--a"; "-rf" is itself and the letters "r" and "f"."""
    name = option.partition("=")[0]
    return {name} if name.startswith("--") else {name, *name[1:20]}
