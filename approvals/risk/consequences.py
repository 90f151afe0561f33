"""What an action would do to the world, from everything that was found in it."""

from collections.abc import Sequence

from approvals.canonical import Action
from approvals.risk.catalogue import CATALOGUE
from approvals.risk.codes import Code
from approvals.risk.findings import Finding
from approvals.risk.impact import UNKNOWN, Impact, Reversible, Verb

_VERBS = list(Verb)
_REVERSIBLE = list(Reversible)


def impact_of(
    action: Action, findings: Sequence[Finding], inspected: Sequence[str]
) -> Impact:
    """The gravest that the findings say, fact by fact.

    Nothing found in what was understood: it only reads. Nothing found in anything
    else: nobody knows.
    """
    telling = [(one, code) for one in findings if (code := _telling(one)) is not None]
    target, environment = action.resource or "", action.environment or ""
    if not telling:
        if findings or not inspected:
            return Impact(
                UNKNOWN.verb, target, environment, UNKNOWN.reversible, None, False
            )
        return Impact(Verb.READ, target, environment, Reversible.YES, None, False)
    verb = max((code.verb or Verb.UNKNOWN for _, code in telling), key=_VERBS.index)
    doing = [one for one, code in telling if code.verb is verb]
    return Impact(
        verb=verb,
        target=next((one.target for one in doing if one.target), target),
        environment=environment,
        reversible=max((code.reversible for _, code in telling), key=_REVERSIBLE.index),
        scale=max((one.scale for one in doing if one.scale is not None), default=None),
        leaves=any(code.leaves for _, code in telling),
    )


def says_what_happens(finding: Finding) -> bool:
    """Whether a finding tells what the action would do, not only how."""
    return _telling(finding) is not None


def _telling(finding: Finding) -> Code | None:
    """The meaning of a finding that says what happens; most say only how."""
    code = CATALOGUE.get(finding.code)
    return code if code is not None and code.verb is not None else None
