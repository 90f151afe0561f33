"""Is this action like that one? Pure: conditions of a grant, one for each argument."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

import rfc8785

from approvals.canonical import pointer_to

MAX_CHOICES = 100


class Kind(StrEnum):
    """How an argument is compared."""

    EXACT = "exact"
    ONE_OF = "one_of"
    PREFIX = "prefix"
    AT_MOST = "at_most"


class InvalidCondition(ValueError):
    """It cannot be compared like that; the text says why."""

    def __init__(self, argument: str, why: str) -> None:
        super().__init__(f"{pointer_to('', argument)}: {why}")


@dataclass(frozen=True, slots=True)
class Condition:
    """One argument and what it may be; raises InvalidCondition when made."""

    argument: str
    kind: Kind
    value: Any

    def __post_init__(self) -> None:
        if self.kind is Kind.ONE_OF:
            self._check_choices()
        elif self.kind is Kind.PREFIX and not (
            isinstance(self.value, str) and self.value
        ):
            raise InvalidCondition(self.argument, "a prefix is a text, and not empty")
        elif self.kind is Kind.AT_MOST and number(self.value) is None:
            raise InvalidCondition(self.argument, "at most how much? Give a number")

    def _check_choices(self) -> None:
        if not isinstance(self.value, list) or not self.value:
            raise InvalidCondition(self.argument, "give at least one value")
        if len(self.value) > MAX_CHOICES:
            raise InvalidCondition(self.argument, f"at most {MAX_CHOICES} values")

    def holds(self, value: Any) -> bool:
        """Whether ``value`` is allowed; what is of another type never is."""
        match self.kind:
            case Kind.EXACT:
                return _same(value, self.value)
            case Kind.ONE_OF:
                return any(_same(value, choice) for choice in self.value)
            case Kind.PREFIX:
                return isinstance(value, str) and value.startswith(self.value)
            case Kind.AT_MOST:
                asked, limit = number(value), number(self.value)
                return asked is not None and limit is not None and 0 <= asked <= limit

    def as_dict(self) -> dict[str, Any]:
        return {"argument": self.argument, "kind": str(self.kind), "value": self.value}


def read(stored: Iterable[Mapping[str, Any]]) -> tuple[Condition, ...]:
    """Conditions from their ``as_dict``; raises InvalidCondition."""
    return tuple(
        Condition(entry["argument"], Kind(entry["kind"]), entry["value"])
        for entry in stored
    )


def are_like(conditions: Sequence[Condition], arguments: Mapping[str, Any]) -> bool:
    """Whether each argument has its condition and meets it, and none is missing.

    An argument that no condition speaks of makes an action another one.
    """
    by_name = {condition.argument: condition for condition in conditions}
    return by_name.keys() == arguments.keys() and all(
        condition.holds(arguments[name]) for name, condition in by_name.items()
    )


def number(value: Any) -> Decimal | None:
    """A JSON number as an exact decimal; None for everything else, bools too."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return Decimal(str(value))


def _same(value: Any, other: Any) -> bool:
    """Equal as the digest sees it: 1 and 1.0 are one number, 1 and true are not."""
    return rfc8785.dumps(value) == rfc8785.dumps(other)
