"""From an action to its assessment: which analyser looks at what; none may fail."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from time import thread_time

from approvals.canonical import Action
from approvals.risk import (
    cloud,
    code,
    file,
    http,
    injection,
    kubernetes,
    kubernetes_objects,
    memory,
    money,
    mongo,
    packages,
    personal_data,
    recipients,
    redis,
    secrets,
    shell,
    sql,
    terraform,
    tool,
    unicode,
)
from approvals.risk.catalogue import CATALOGUE, OPAQUE
from approvals.risk.consequences import impact_of, says_what_happens
from approvals.risk.context import NOTHING_KNOWN, Context, Kind
from approvals.risk.findings import Assessment, Finding, Match, Severity
from approvals.risk.patience import Clock, Patience, not_read
from approvals.risk.shell import MAX_CHARACTERS_OF, Budgets
from approvals.risk.sql_parse import TooMuchSQL
from approvals.risk.texts import Text, Trust, is_all_of, texts_in
from approvals.risk.texts_named import kinds_of
from approvals.risk.view import View

MAX_FINDINGS = 200
"""More than this nobody reads; the rest is counted in one last finding."""

_WHOLE: dict[str, Callable[[View], Iterable[Finding]]] = {
    "cloud": cloud.analyse,
    "file": file.analyse,
    "http": http.analyse,
    "injection": injection.analyse,
    "kubernetes": kubernetes_objects.analyse,
    "memory": memory.analyse,
    "money": money.analyse,
    "mongo": mongo.analyse_view,
    "packages": packages.analyse,
    "personal_data": personal_data.analyse,
    "recipients": recipients.analyse,
    "secrets": secrets.analyse,
    "terraform": terraform.analyse_view,
    "tool": tool.analyse,
    "unicode": unicode.analyse,
}
"""Analysers that look at a whole action, by the kind that their codes begin with."""


def assess(
    action: Action, context: Context = NOTHING_KNOWN, clock: Clock = thread_time
) -> Assessment:
    """All findings of ``action``, the most severe first, and its impact.

    Never raises: an analyser that fails, or text beyond its limits, is a critical
    finding of its own, ``<kind>.uninspectable``; so is what there was no time for.
    """
    patience = Patience(clock)
    found: list[Finding] = []
    inspected: tuple[str, ...] = ()
    try:
        view = View.of(action, context)
        patience.consider(view)
        texts = list(texts_in(action, context))
        found.extend(_of_texts(texts, patience))
        found.extend(_of_whole(view, patience))
        found.extend(_too_many(view))
        inspected = _inspected(view, texts, found)
    except Exception as error:  # Whatever goes wrong here must hold the action.
        found.append(_crash("action.uninspectable", "/arguments", error))
    return _completed(action, found, inspected)


def _completed(
    action: Action, found: list[Finding], inspected: tuple[str, ...]
) -> Assessment:
    code = "action.uninspectable"
    is_told = any(one.code == code or says_what_happens(one) for one in found)
    if not inspected and not is_told:
        message = "No analyser knows what this action would do"
        found.append(Finding(code, Severity.LOW, "/arguments", message))
    classed = (_storable(replace(one, reference=_reference(one.code))) for one in found)
    assessment = _capped(Assessment.of(classed, inspected))
    impact = impact_of(action, assessment.findings, inspected)
    return replace(assessment, impact=impact)


def _storable(found: Finding) -> Finding:
    """PostgreSQL keeps no U+0000 in JSON: where a finding repeats one, it is marked."""
    if "\0" not in f"{found.pointer}{found.message}{found.target}":
        return found
    pointer, message, target = (
        text.replace("\0", "⟦U+0000⟧")
        for text in (found.pointer, found.message, found.target)
    )
    span = found.span if pointer == found.pointer else None
    return replace(found, pointer=pointer, message=message, target=target, span=span)


def _reference(code: str) -> str:
    known = CATALOGUE.get(code)
    return known.harm.value if known else ""


def _inspected(view: View, texts: list[Text], found: list[Finding]) -> tuple[str, ...]:
    """The kinds that the whole action is, where it is nothing else besides.

    What an analyser could not understand in it is a finding of its own, and the
    action is not understood.
    """
    is_opaque = any(
        one.code in OPAQUE or one.code.endswith(".uninspectable") for one in found
    )
    return tuple(
        kind.value
        for kind in kinds_of(view.action, view.context)
        if (kind is Kind.READ or not is_opaque) and is_all_of(view, texts, kind)
    )


def _too_many(view: View) -> Iterator[Finding]:
    """What nobody looked at must hold the action."""
    if view.is_cut:
        message = "Contains more values than anybody reads"
        code = "action.uninspectable"
        yield Finding(code, Severity.CRITICAL, "/arguments", message)


def _of_texts(texts: Iterable[Text], patience: Patience) -> Iterator[Finding]:
    budgets = Budgets()
    for text in texts:
        if patience.is_over:
            return  # What comes after says so.
        budgets.texts -= 1
        if budgets.texts < 0:
            yield _too_much(text)
            return
        yield from _guarded(text, budgets)


def _of_whole(view: View, patience: Patience) -> Iterator[Finding]:
    for kind, analyse in _WHOLE.items():
        if patience.is_over:
            yield not_read()
            return
        try:
            found = list(analyse(view))
        except Exception as error:  # Fail closed, and let the others look.
            found = [_crash(f"{kind}.uninspectable", "/arguments", error)]
        yield from found


def _guarded(text: Text, budgets: Budgets) -> list[Finding]:
    code = f"{text.kind}.uninspectable"
    try:
        return list(_findings(text, budgets))
    except (TooMuchSQL, RecursionError):  # sqlglot follows nesting by recursion.
        return [_too_much(text)]
    except Exception as error:  # Fail closed: hostile text can crash a parser.
        return [_crash(code, text.pointer, error)]


def _too_much(text: Text) -> Finding:
    message = f"Contains more {text.kind} than can be inspected"
    code = f"{text.kind}.uninspectable"
    return Finding(code, Severity.CRITICAL, text.pointer, message)


def _crash(code: str, pointer: str, error: Exception) -> Finding:
    message = f"Could not be analysed ({type(error).__name__})"
    return Finding(code, Severity.CRITICAL, pointer, message)


def _findings(text: Text, budgets: Budgets) -> Iterator[Finding]:
    if not text.text.strip():
        message = f"Is called like {text.kind} but contains none"
        code = f"{text.kind}.uninspectable"
        yield Match(code, Severity.HIGH, message).at(text.pointer)
        return
    if text.kind in MAX_CHARACTERS_OF and not budgets.fits(text.kind, text.text):
        yield _too_much(text)
        return
    looks_right = _LOOKS_RIGHT.get(text.kind)
    if text.trust is Trust.LOOKS and looks_right and not looks_right(text, budgets):
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
    Kind.CODE: lambda text, budgets: code.analyse(
        text.text, text.pointer, budgets, text.language
    ),
    Kind.KUBERNETES: lambda text, _: kubernetes.analyse(text.text, text.pointer),
    Kind.MONGO: lambda text, _: mongo.analyse(text.text, text.pointer),
    Kind.REDIS: lambda text, _: redis.analyse(text.text, text.pointer),
    Kind.TERRAFORM: lambda text, _: terraform.analyse(text.text, text.pointer),
}
_LOOKS_RIGHT: dict[Kind, Callable[[Text, Budgets], bool]] = {
    Kind.SQL: _is_sql,
}
"""What must be so of a text that nothing calls so; the others' texts were asked."""


def _counts_for_looks(found: Finding) -> bool:
    """Of text that may be prose, only what is bad beyond doubt."""
    if found.code.startswith("sql."):
        return True
    return found.severity.rank >= Severity.HIGH.rank and "uninspect" not in found.code


def _moved(found: Finding, offset: int | None) -> Finding:
    span = found.span
    if span is not None:
        span = None if offset is None else (span[0] + offset, span[1] + offset)
    return replace(found, span=span)


def _capped(assessment: Assessment) -> Assessment:
    hidden = len(assessment.findings) - MAX_FINDINGS
    if hidden <= 0:
        return assessment
    message = f"{hidden} further findings are not listed"
    last = Finding("action.more_findings", Severity.LOW, "/arguments", message)
    findings = (*assessment.findings[:MAX_FINDINGS], last)
    return replace(assessment, findings=findings)
