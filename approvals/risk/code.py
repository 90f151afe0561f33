"""Code in an action: what it would do, with the commands and the SQL inside it."""

from approvals.risk import shell, sql
from approvals.risk.code_languages import read
from approvals.risk.findings import Finding
from approvals.risk.shell import Budgets

_MAX_TEXTS = 20
"""Commands and statements of one program that are looked into."""


def analyse(
    text: str, pointer: str, budgets: Budgets, language: str = ""
) -> list[Finding]:
    """Findings for ``text`` in ``language``, or in whichever it can be read as."""
    reading = read(text, language.lower())
    found = [match.at(pointer) for match in reading.matches]
    for command in reading.shell[:_MAX_TEXTS]:
        found += [_moved(one) for one in shell.analyse(command, pointer, budgets)]
    for statement in reading.sql[:_MAX_TEXTS]:
        if sql.parses(statement, budgets.sql):
            found += map(_moved, sql.analyse(statement, pointer, budgets.sql))
    return found


def _moved(finding: Finding) -> Finding:
    """Where it stands in the program is not known, only in its own text."""
    return Finding(
        finding.code,
        finding.severity,
        finding.pointer,
        finding.message,
        None,
        finding.target,
        finding.scale,
    )
