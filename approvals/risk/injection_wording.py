"""One thing that an instruction can want, and the ways to put it."""

from dataclasses import dataclass

from approvals.risk.scanning import Scanner


@dataclass(frozen=True, slots=True)
class Wording:
    """One thing that an instruction can want, with the ways to put it."""

    code: str
    what: str
    scanner: Scanner
    ways: tuple[str, ...]


def wording(code: str, what: str, *ways: str) -> Wording:
    return Wording(f"injection.{code}", what, Scanner(*ways, ignore_case=True), ways)
