"""The one door to CEL, the language of rules. Pure.

What is closed off here, because an expression meets values that an attacker chose:
whatever is not plainly true or false counts as an error; a name that does not exist
is found when compiling; an expression can compare values but build none, so its
memory is bounded by its input; what it could cost is worked out before it runs, so
that no expression and no value make it slow; and text is never cut at U+0000, which
the library's conversion does.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cached_property
from math import isfinite
from typing import Any

import cel_expr_python.cel as cel

from approvals.cel_cost import Cost, Sizes, read

MAX_SOURCE = 2_000
"""Characters of one expression."""
MAX_DEPTH = 40
"""How deep values may nest; far deeper ones overflow the library's stack."""
MAX_VALUES = 10_000
"""Values that one evaluation may see, counting members and elements."""
MAX_CHARACTERS = 1_000_000
"""Characters of all texts together that one evaluation may see."""

MAX_COST = 50e6
"""What one evaluation of one rule may cost (``cel_cost``): some 200 ms."""
MAX_COST_OF_ALL = 100e6
"""What all rules together may cost for one request."""

# Without +, the macros that collect (map, filter, exists_one) cannot compile either.
_CONFIG = """
stdlib:
  exclude_functions: [{name: "_+_"}, {name: bytes}]
"""
_BUILDERS = frozenset({"map", "filter", "exists_one"})
_LITERAL_PATTERN = "matches needs its pattern as a literal: x.matches('…')"
_NO_BUILDING = "a rule compares values and builds none"

_TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*)
    |(?P<text>[bB]?[rR][bB]?(?:'''(?s:.*?)'''|\"{3}(?s:.*?)\"{3}|'[^'\n]*'|"[^"\n]*")
      |[bB]?(?:'''(?s:\\.|[^\\])*?'''|\"{3}(?s:\\.|[^\\])*?\"{3}
        |'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"))
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign>.)""",
    re.VERBOSE,
)
_UNREADABLE = re.compile("[\0\ud800-\udfff]")
_ERROR = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_STATUS = re.compile(r"^[A-Z_]+: | \[[A-Z_]+\]$")
_UNKNOWN = re.compile(r"undeclared reference to '(.+)'")


class Kind(StrEnum):
    """The types that a variable can have."""

    TEXT = "string"
    INTEGER = "int"
    NUMBER = "double"
    TRUTH = "bool"
    TEXTS = "list(string)"
    MEMBERS = "map(string, dyn)"
    TIME = "timestamp"


_TYPES = {
    Kind.TEXT: cel.Type.STRING,
    Kind.INTEGER: cel.Type.INT,
    Kind.NUMBER: cel.Type.DOUBLE,
    Kind.TRUTH: cel.Type.BOOL,
    Kind.TEXTS: cel.Type.List(cel.Type.STRING),
    Kind.MEMBERS: cel.Type.Map(cel.Type.STRING, cel.Type.DYN),
    Kind.TIME: cel.Type.TIMESTAMP,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why an expression does not compile; line and column count from 1."""

    line: int
    column: int
    message: str
    hint: str | None = None


class CompileError(ValueError):
    """The expression can never run; ``faults`` lists every reason."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults


class EvaluationError(Exception):
    """The expression has no answer for these values, or cannot be given them."""


class Bindings:
    """Values for all variables, converted once for any number of programs.

    All of them together have a budget, too.
    """

    __slots__ = ("_left", "activation", "sizes")

    def __init__(self, activation: cel.Activation, sizes: Sizes) -> None:
        self.activation = activation
        self.sizes = sizes
        self._left = MAX_COST_OF_ALL

    def spend(self, cost: float) -> None:
        """Take what a program can cost off the budget; it must not run without."""
        if cost > MAX_COST:
            raise EvaluationError("would take too long for values of this size")
        if cost > self._left:
            raise EvaluationError("the rules before it took all time there is")
        self._left -= cost


class Program:
    """A compiled expression that answers yes or no."""

    def __init__(self, expression: cel.Expression) -> None:
        self._expression = expression

    @cached_property
    def _cost(self) -> Cost:
        return Cost(read(self._expression.serialize()))

    def matches(self, bindings: Bindings) -> bool:
        """Raises EvaluationError for every other answer than true or false.

        So it does, without running, for what could take too long.
        """
        bindings.spend(self._cost.most(bindings.sizes))
        try:
            value = self._expression.eval(bindings.activation)
            kind, plain = value.type(), value.plain_value()
        except Exception as error:
            raise EvaluationError(_STATUS.sub("", str(error))) from error
        if kind != cel.Type.BOOL:
            # An error comes back as a value too, and its text is truthy.
            raise EvaluationError(_STATUS.sub("", str(plain)))
        return plain is True


class Language:
    """CEL over a fixed set of variables."""

    def __init__(self, variables: Mapping[str, Kind]) -> None:
        self.variables = dict(variables)
        self._env = cel.NewEnv(
            config=cel.NewEnvConfigFromYaml(_CONFIG),
            variables={name: _TYPES[kind] for name, kind in variables.items()},
        )

    def compile(self, source: str) -> Program:
        """Raises CompileError for anything that cannot answer yes or no."""
        if len(source) > MAX_SOURCE:
            message = f"at most {MAX_SOURCE} characters, not {len(source)}"
            raise CompileError(Fault(1, 1, message))
        if cut := _UNREADABLE.search(source):
            # The library would compile what stands before U+0000.
            message = f"U+{ord(cut[0]):04X} is not allowed in a rule"
            raise CompileError(Fault(*_line_and_column(source, cut.start()), message))
        if faults := tuple(self._refusals(source)):
            raise CompileError(*faults)
        try:
            expression = self._env.compile(source)
        except Exception as error:
            raise CompileError(*self._explain(source, str(error))) from None
        if expression.return_type() != cel.Type.BOOL:
            kind = expression.return_type().name()
            hint = "compare it with something, for example == true"
            raise CompileError(Fault(1, 1, f"answers {kind}, not true or false", hint))
        return Program(expression)

    def bind(
        self, values: Mapping[str, Any], *, missing: Collection[str] = ()
    ) -> Bindings:
        """The values of all variables, times with their zone.

        A program that reads one of the ``missing`` ones fails. Raises
        EvaluationError for values that rules would see differently from what they
        are: too many, too deep, or with U+0000 in a text.
        """
        if values.keys() | set(missing) != self.variables.keys():
            raise EvaluationError("not exactly the declared variables have values")
        sizes = _check(dict(values))
        return Bindings(self._env.Activation(values), sizes)

    def _refusals(self, source: str) -> Iterator[Fault]:
        """What compiles, but would be slow, large or always fail."""
        tokens = [found for found in _TOKEN.finditer(source) if not found["skip"]]
        words = ["", *(found[0] for found in tokens), "", "", ""]
        for index, found in enumerate(tokens):
            before, word, opening, pattern, closing = words[index : index + 5]
            if not found["name"] or opening != "(":
                continue
            place = _line_and_column(source, found.start())
            if word in _BUILDERS and before == ".":
                hint = f"{_NO_BUILDING}: use exists or all"
                yield Fault(*place, f"{word} is not available", hint)
            elif word == "matches" and not (before == "." and closing == ")"):
                yield Fault(*place, _LITERAL_PATTERN)
            elif word == "matches" and (message := self._pattern_fault(pattern)):
                yield Fault(*place, message)

    def _pattern_fault(self, pattern: str) -> str | None:
        """A pattern out of the request could cost minutes; a wrong one fails late."""
        if pattern[-1] not in {"'", '"'}:
            return _LITERAL_PATTERN
        try:
            check = self._env.compile(f'"".matches({pattern})').eval()
        except RuntimeError:
            return None  # Compiling the whole expression says more.
        if check.type() == cel.Type.BOOL:
            return None
        return _STATUS.sub("", str(check.plain_value()))

    def _explain(self, source: str, report: str) -> Iterator[Fault]:
        found = _ERROR.findall(report)
        for line, column, text in found:
            yield self._fault(source, max(int(line), 1), max(int(column), 1), text)
        if not found:
            yield self._fault(source, 1, 1, report)

    def _fault(self, source: str, line: int, column: int, message: str) -> Fault:
        message = _STATUS.sub("", message.replace(" (in container '')", "").strip())
        if unknown := _UNKNOWN.search(message):
            if source.split("\n")[line - 1][column - 1 : column] == ".":
                # The place of a dotted name is given as that of its last dot.
                column = max(column - unknown[1].rfind("."), 1)
            return self._unknown_name(line, column, unknown[1])
        if "recursion" in message:
            return Fault(line, column, "nested too deeply", "split it into two rules")
        if "'(double, int)'" in message or "'(int, double)'" in message:
            hint = "numbers with a point are compared with such: 500.0, not 500"
            return Fault(line, column, message, hint)
        # The list of all tokens that could follow helps nobody.
        return Fault(line, column, message.partition(" expecting {")[0])

    def _unknown_name(self, line: int, column: int, name: str) -> Fault:
        if name == "_+_":
            hint = f"{_NO_BUILDING}: write a > 10 - b for a + b > 10"
            return Fault(line, column, "+ is not available", hint)
        close = get_close_matches(name, self.variables, n=1)
        suggestion = f"did you mean {close[0]}?" if close else None
        return Fault(line, column, f"unknown name {name}", suggestion)


def _check(values: Mapping[str, Any]) -> Sizes:
    count = characters = 0
    level: list[Any] = [values]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for value in level:
            characters += _check_one(value)
            if isinstance(value, dict):
                below += value.keys()
                below += value.values()
            elif isinstance(value, list):
                below += value
        count += len(below)
        if count > MAX_VALUES:
            raise EvaluationError(f"more than {MAX_VALUES} values")
        if characters > MAX_CHARACTERS:
            raise EvaluationError(f"more than {MAX_CHARACTERS} characters")
        if not below:
            return Sizes(values, characters, count)
        level = below
    raise EvaluationError(f"nested deeper than {MAX_DEPTH} levels")


def _check_one(value: object) -> int:
    """How many characters it has."""
    if isinstance(value, str):
        if "\0" in value:
            raise EvaluationError("a text with U+0000 in it")
        return len(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise EvaluationError("an integer of more than 64 bits")
    if isinstance(value, float) and not isfinite(value):
        raise EvaluationError("a number that is not finite")
    return 0


def _line_and_column(source: str, index: int) -> tuple[int, int]:
    return source.count("\n", 0, index) + 1, index - source.rfind("\n", 0, index)
