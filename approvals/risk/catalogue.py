"""Every code that a finding can have, and what it means."""

from collections.abc import Mapping
from types import MappingProxyType

from approvals.risk import (
    cloud_codes,
    code_codes,
    file_codes,
    http_codes,
    injection_codes,
    kubernetes_codes,
    memory_codes,
    money_codes,
    mongo,
    packages_codes,
    personal_data_codes,
    recipients_codes,
    redis,
    secrets_codes,
    shell_codes,
    sql_codes,
    terraform_codes,
    tool_codes,
    unicode_codes,
)
from approvals.risk.codes import Code, Harm

_ACTION = {
    "action.uninspectable": Code(
        "No analyser knows what this action would do, or the analysis failed on it.",
        Harm.TOOL_MISUSE,
    ),
    "action.more_findings": Code(
        "More was found than anybody could read.", Harm.TRUST_EXPLOITATION
    ),
}

_KNOWN: dict[str, Code] = {
    **_ACTION,
    **cloud_codes.CODES,
    **code_codes.CODES,
    **file_codes.CODES,
    **http_codes.CODES,
    **injection_codes.CODES,
    **kubernetes_codes.CODES,
    **memory_codes.CODES,
    **money_codes.CODES,
    **mongo.CODES,
    **packages_codes.CODES,
    **personal_data_codes.CODES,
    **recipients_codes.CODES,
    **redis.CODES,
    **secrets_codes.CODES,
    **shell_codes.CODES,
    **sql_codes.CODES,
    **terraform_codes.CODES,
    **tool_codes.CODES,
    **unicode_codes.CODES,
}
_FAILED = {
    f"{kind}.uninspectable": Code(
        "The analysis failed on it, so that nobody knows.", Harm.TRUST_EXPLOITATION
    )
    for kind in {code.partition(".")[0] for code in _KNOWN}
}
CATALOGUE: Mapping[str, Code] = MappingProxyType({**_FAILED, **_KNOWN})

OPAQUE = frozenset({"shell.unknown_program", "code.unknown_module"})
"""Codes that say at any severity that something was not understood."""
_BEYOND = frozenset({"action.more_findings", "sql.opaque"})
"""Codes that say that there is more than anybody looked at."""


def is_gap(code: str) -> bool:
    """Whether a finding says what could not be inspected, not what was found."""
    return code in OPAQUE or code in _BEYOND or code.endswith(".uninspectable")
