"""Why a request got its tier, as its page shows it: rules, findings, gaps, size."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from approvals.access import tier_of
from approvals.models import ApprovalRequest
from approvals.policy_reference import harm_name
from approvals.risk.catalogue import CATALOGUE, is_gap
from approvals.risk.codes import Harm
from approvals.ruleset import ruleset_for

_RULE = re.compile(r"rule (\S+?)(?: failed: (.*))?\Z", re.DOTALL)
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,6})?\Z")
_CLAIMED = re.compile(
    r"(?:\w*_)?(?:amount|count|customers|emails|files|orders|records|recipients|rows"
    r"|scale|size|total|users)(?:_\w*)?\Z"
)
"""Names of metadata that claim how much an action would do."""
_UNITS = {
    "file": "files",
    "kubernetes": "objects",
    "packages": "packages",
    "recipients": "recipients",
    "shell.delete": "paths",
    "shell.delete_recursive": "paths",
    "sql.insert": "rows",
    "sql.drop": "objects",
    "sql.truncate": "tables",
}
"""What a finding counts, by its code or its family."""


@dataclass(frozen=True, slots=True)
class Matched:
    """A rule of the policy that matched, or failed and so counted at the highest."""

    key: str
    why: str
    harm: str
    raises_to: str
    """Name of the tier that it asks for."""
    decides: bool
    """Whether it asks for the tier that the request has."""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A finding, with the name of the class of harm that it refers to."""

    severity: str
    message: str
    code: str
    meaning: str
    pointer: str
    reference: str
    harm: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A number that the agent gives for its own action."""

    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found, what could not be looked at, and which rules matched."""

    found: Sequence[Found]
    gaps: Sequence[Found]
    rules: Sequence[Matched]
    others: Sequence[str]
    """Reasons that are neither a rule's nor a finding's."""
    unit: str
    """What the impact's scale counts; empty: nobody knows."""
    claims: Sequence[Claimed]

    @property
    def found_together(self) -> Sequence[tuple[Found, Sequence[str]]]:
        """What was found, each once with all of its places."""
        return together(self.found)

    @property
    def gaps_together(self) -> Sequence[tuple[Found, Sequence[str]]]:
        """What could not be looked at, each once with all of its places."""
        return together(self.gaps)


def judgement(approval: ApprovalRequest) -> Judgement:
    """All of it, from what is stored with the request and the policy that judged it."""
    findings = [_found(one) for one in approval.findings]
    rules, others = _reasons(approval)
    return Judgement(
        found=[one for one in findings if not is_gap(one.code)],
        gaps=[one for one in findings if is_gap(one.code)],
        rules=rules,
        others=others,
        unit=_unit(approval),
        claims=[
            Claimed(name, value)
            for name, value in approval.metadata.items()
            if _CLAIMED.match(name.lower()) and _NUMBER.match(str(value))
        ],
    )


def together(findings: Sequence[Found]) -> list[tuple[Found, list[str]]]:
    """Each finding once with the pointers it was found at, in their order."""
    places: dict[Found, list[str]] = {}
    for finding in findings:
        same = places.setdefault(replace(finding, pointer=""), [])
        if finding.pointer:
            same.append(finding.pointer)
    return list(places.items())


def _found(finding: Mapping[str, Any]) -> Found:
    reference, code = finding.get("reference") or "", finding["code"]
    known = CATALOGUE.get(code)
    return Found(
        severity=finding["severity"],
        message=finding["message"],
        code=code,
        meaning=known.meaning if known else "",
        pointer=finding["pointer"],
        reference=reference,
        harm=harm_name(Harm(reference)) if reference in list(Harm) else "",
    )


def _reasons(approval: ApprovalRequest) -> tuple[list[Matched], list[str]]:
    ruleset, tier = ruleset_for(approval.policy_id), tier_of(approval)
    known = {rule.key: rule for rule in ruleset.rules}
    rules, others = [], []
    for reason in approval.reasons:
        match = _RULE.match(reason)
        rule = known.get(match[1]) if match else None
        if match and rule:
            error = match[2] or ""
            asks = ruleset.highest if error else ruleset.tiers[rule.tier]
            harm = f"{rule.harm} {harm_name(rule.harm)}" if rule.harm else ""
            decides = asks.key == tier.key
            rules.append(Matched(rule.key, rule.why, harm, asks.name, decides, error))
        elif not reason.startswith("finding "):
            others.append(reason)
    return sorted(rules, key=lambda one: not one.decides), others


def _unit(approval: ApprovalRequest) -> str:
    """By the findings that say what the impact says, where they count one kind."""
    verb = approval.impact.get("verb")
    if verb == "pay":
        return _currency(approval)
    codes = (finding["code"] for finding in approval.findings)
    same = {
        code for code in codes if code in CATALOGUE and CATALOGUE[code].verb == verb
    }
    units = {
        _UNITS.get(code) or _UNITS.get(code.partition(".")[0], "") for code in same
    }
    # What counts nothing, such as a DELETE without rows, says nothing of the number.
    unit, *others = sorted(units - {""}) or [""]
    if others:
        return ""
    return unit.removesuffix("s") if approval.impact.get("scale") == 1 else unit


def _currency(approval: ApprovalRequest) -> str:
    currency = approval.arguments.get("currency")
    if isinstance(currency, str) and re.fullmatch(r"[A-Za-z]{3}", currency):
        return currency.upper()
    return "in the currency of the action"
