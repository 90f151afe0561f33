"""What is in an action: our own analysis, without any word of the agent's."""

from collections.abc import Callable, Iterator

from approvals.canonical import Action
from approvals.risk import shell, sql
from approvals.risk.findings import Assessment, Finding, Match, Severity
from approvals.risk.shell import Budgets
from approvals.risk.sql_parse import TooMuchSQL
from approvals.risk.texts import Kind, Text, Trust, is_all_of, kind_named, texts_in

__all__ = ["Assessment", "Finding", "Severity", "assess"]

MAX_FINDINGS = 200
"""More than this nobody reads; the rest is counted in one last finding."""


def assess(action: Action) -> Assessment:
    """All findings of ``action``, the most severe first.

    Never raises: an analyser that fails, or text beyond its limits, is a critical
    finding of its own, ``<kind>.uninspectable``.
    """
    budgets = Budgets()
    found: list[Finding] = []
    inspected: tuple[str, ...] = ()
    try:
        texts = list(texts_in(action))
        for text in texts:
            found.extend(_guarded(text, budgets))
        inspected = _inspected(action, texts)
    except Exception as error:  # Whatever goes wrong here must hold the action.
        found.append(_crash("action.uninspectable", "/arguments", error))
    return _capped(Assessment.of(found, inspected))


def _inspected(action: Action, texts: list[Text]) -> tuple[str, ...]:
    """The kind that the whole action is, where it is nothing else besides.

    What an analyser could not understand in it is a finding of its own.
    """
    kind = kind_named(action)
    if kind is None or not is_all_of(action, texts, kind):
        return ()
    return (kind.value,)


def _guarded(text: Text, budgets: Budgets) -> list[Finding]:
    code = f"{text.kind}.uninspectable"
    try:
        return list(_findings(text, budgets))
    except TooMuchSQL:
        message = f"Contains more {text.kind} than can be inspected"
        return [Finding(code, Severity.CRITICAL, text.pointer, message)]
    except Exception as error:  # Fail closed: hostile text can crash a parser.
        return [_crash(code, text.pointer, error)]


def _crash(code: str, pointer: str, error: Exception) -> Finding:
    message = f"Could not be analysed ({type(error).__name__})"
    return Finding(code, Severity.CRITICAL, pointer, message)


def _findings(text: Text, budgets: Budgets) -> Iterator[Finding]:
    if not text.text.strip():
        message = f"Is called like {text.kind} but contains none"
        code = f"{text.kind}.uninspectable"
        yield Match(code, Severity.HIGH, message).at(text.pointer)
        return
    if text.trust is Trust.LOOKS and not _LOOKS_RIGHT[text.kind](text, budgets):
        return
    for found in _ANALYSERS[text.kind](text, budgets):
        if text.trust is Trust.NAMED or _counts_for_looks(found):
            yield _moved(found, text.offset)


def _analyse_sql(text: Text, budgets: Budgets) -> list[Finding]:
    return sql.analyse(text.text, text.pointer, budgets.sql)


def _analyse_shell(text: Text, budgets: Budgets) -> list[Finding]:
    return shell.analyse(text.text, text.pointer, budgets)


def _is_sql(text: Text, budgets: Budgets) -> bool:
    return sql.parses(text.text, budgets.sql)


_ANALYSERS: dict[Kind, Callable[[Text, Budgets], list[Finding]]] = {
    Kind.SQL: _analyse_sql,
    Kind.SHELL: _analyse_shell,
}
_LOOKS_RIGHT: dict[Kind, Callable[[Text, Budgets], bool]] = {
    Kind.SQL: _is_sql,
    Kind.SHELL: lambda text, budgets: True,
}


def _counts_for_looks(found: Finding) -> bool:
    """Of text that may be prose, only what is bad beyond doubt."""
    if found.code.startswith("sql."):
        return True
    return found.severity.rank >= Severity.HIGH.rank and "uninspect" not in found.code


def _moved(found: Finding, offset: int | None) -> Finding:
    span = found.span
    if span is not None:
        span = None if offset is None else (span[0] + offset, span[1] + offset)
    return Finding(found.code, found.severity, found.pointer, found.message, span)


def _capped(assessment: Assessment) -> Assessment:
    hidden = len(assessment.findings) - MAX_FINDINGS
    if hidden <= 0:
        return assessment
    message = f"{hidden} further findings are not listed"
    last = Finding("action.more_findings", Severity.LOW, "/arguments", message)
    findings = (*assessment.findings[:MAX_FINDINGS], last)
    return Assessment(findings, assessment.inspected)
