"""terraform, tofu, terragrunt, pulumi: commands that change what really exists."""

import re
from collections.abc import Iterator

from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.shell_calls import Call
from approvals.risk.tables import names

PROGRAMS = names("terraform tofu terragrunt")
_ROWS = (
    (
        re.compile(r"\b(destroy|apply .*-destroy|run-all destroy)\b"),
        "terraform.destroy",
        Severity.CRITICAL,
        "Destroys what the configuration manages",
    ),
    (
        re.compile(r"\bapply\b.*(-auto-approve|-replace)|\bplan .*-destroy"),
        "terraform.unattended",
        Severity.HIGH,
        "Changes infrastructure without anybody having seen the plan",
    ),
    (
        re.compile(
            r"\bstate (rm|mv|push|replace-provider)\b|\bforce-unlock\b|\btaint\b"
            r"|\bimport\b|\bworkspace delete\b|\binit .*-(migrate-state|reconfigure)"
            r"|-lock[ =]false|\buntaint\b|\brefresh\b"
        ),
        "terraform.state",
        Severity.HIGH,
        "Changes what Terraform knows about the infrastructure",
    ),
    (
        re.compile(r"\bstate pull\b"),
        "shell.credential_access",
        Severity.MEDIUM,
        "Prints the state, which holds passwords in the clear",
    ),
)


def terraform(call: Call) -> Iterator[Match]:
    """Matches for one command, by what it does to infrastructure and state."""
    line = call.line[:4_000]
    if {"-help", "--help", "-h"} & set(call.texts):
        return
    for pattern, code, severity, message in _ROWS:
        if pattern.search(line):
            targets = [t.partition("=")[2] for t in call.texts if "target=" in t]
            target = shortened(", ".join(targets))
            yield Match(code, severity, f"{message}: {shortened(line)}", target)
