"""What rules can read and what findings mean, as tables for pages and docs. Pure.

``python -m approvals.policy_reference`` prints ``docs/reference.md``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from approvals.policy import VARIABLES
from approvals.risk.catalogue import CATALOGUE
from approvals.risk.codes import Code, Harm
from approvals.risk.impact import Reversible, Verb

_VERBS = ", ".join(f"`{verb}`" for verb in Verb)
_REVERSIBLE = ", ".join(f"`{member}`" for member in Reversible)
_MEANINGS = {
    "action.name": "what would run, such as `sql.execute`: the agent's word",
    "action.arguments": "exactly what would be executed; members may be missing",
    "action.environment": 'where, as the agent says; `""` when absent',
    "action.resource": 'what it acts on, as the agent says; `""` when absent',
    "action.subject": 'on whose behalf, as the agent says; `""` when absent',
    "agent.name": "who asks",
    "findings.codes": "what was found, each code once",
    "findings.count": "how many findings there are",
    "findings.inspected": (
        "the kinds of analysis that understood the whole action; empty when nobody"
        " looked"
    ),
    "findings.severity": "the worst: `none`, `low`, `medium`, `high`, `critical`",
    "findings.severity_rank": "the same as 0 to 4, for comparing",
    "impact.leaves": "whether anything leaves the organisation",
    "impact.reversible": f"whether it can be undone: {_REVERSIBLE}",
    "impact.scale": (
        "how many rows or people, or how much money; unknown counts as endless, so"
        " `impact.scale > 500.0` is true then"
    ),
    "impact.target": 'what it would hit, such as a table or a person; `""`: unknown',
    "impact.verb": f"what it does: {_VERBS}",
    "now": 'the time; `now.getHours("Europe/Berlin")`',
}
_HARMS = {
    Harm.GOAL_HIJACK: "Agent goal hijack",
    Harm.TOOL_MISUSE: "Tool misuse and exploitation",
    Harm.PRIVILEGE_ABUSE: "Identity and privilege abuse",
    Harm.SUPPLY_CHAIN: "Agentic supply chain",
    Harm.CODE_EXECUTION: "Unexpected code execution",
    Harm.MEMORY_POISONING: "Memory and context poisoning",
    Harm.INTER_AGENT: "Insecure communication between agents",
    Harm.CASCADING_FAILURE: "Cascading failures",
    Harm.TRUST_EXPLOITATION: "Exploitation of people's trust",
    Harm.ROGUE_AGENT: "Rogue agents",
}


@dataclass(frozen=True, slots=True)
class Variable:
    """One name that rules can read."""

    name: str
    type: str
    meaning: str


def variables(windows: Iterable[str] = ()) -> list[Variable]:
    """All of them, with those of a policy's own windows by key."""
    known = [Variable(n, kind.value, _MEANINGS[n]) for n, kind in VARIABLES.items()]
    counters = [
        Variable(f"window.{key}", "double", "this window, the request included")
        for key in windows
    ]
    return sorted(known + counters, key=lambda variable: variable.name)


def findings() -> list[tuple[str, Code]]:
    """Every code and what it means, by name."""
    return sorted(CATALOGUE.items())


def harm_name(harm: Harm) -> str:
    """Its title in the OWASP Top 10 for Agentic Applications 2026."""
    return _HARMS[harm]


def document() -> Iterator[str]:
    """The lines of ``docs/reference.md``."""
    yield from (
        "# Reference",
        "",
        "Made by `python -m approvals.policy_reference`.",
        "",
        "## What rules can read",
        "",
        "| variable | type | |",
        "|---|---|---|",
    )
    counter = Variable("window.<key>", "double", "a window of the policy, see Policy")
    for one in [*variables(), counter]:
        yield f"| `{one.name}` | {one.type} | {one.meaning} |"
    yield from ("", "## Findings", "")
    yield "References are to the OWASP Top 10 for Agentic Applications 2026:"
    yield "; ".join(f"{harm} {name}" for harm, name in _HARMS.items()) + "."
    yield from ("", "| code | reference | what it means |", "|---|---|---|")
    for name, code in findings():
        yield f"| `{name}` | {code.harm} | {code.meaning} |"


if __name__ == "__main__":
    print(*document(), sep="\n")
