"""What the findings of cloud commands and access policies mean."""

from approvals.risk.codes import Code, Harm
from approvals.risk.impact import Reversible, Verb

_MISUSE, _RIGHTS, _ROGUE = Harm.TOOL_MISUSE, Harm.PRIVILEGE_ABUSE, Harm.ROGUE_AGENT

CODES = {
    "cloud.access_policy": Code(
        "A policy allows more than any one task needs.", _RIGHTS, Verb.GRANT
    ),
    "cloud.credentials": Code(
        "Keys, passwords or tokens of the cloud come out.", _RIGHTS, Verb.READ
    ),
    "cloud.escalation": Code(
        "Somebody gets more rights in the cloud.", _RIGHTS, Verb.GRANT
    ),
    "cloud.monitoring_disabled": Code(
        "What records and warns is switched off.", _ROGUE, Verb.STOP
    ),
    "cloud.protection_removed": Code(
        "What guards against loss is switched off.", _MISUSE, Verb.CHANGE
    ),
    "cloud.public_exposure": Code(
        "Everybody on the internet can reach or read it.",
        _RIGHTS,
        Verb.GRANT,
        leaves=True,
    ),
    "cloud.remote_command": Code(
        "A command runs on machines in the cloud.", Harm.CODE_EXECUTION, Verb.RUN
    ),
    "cloud.shared_outside": Code(
        "Another account gets a copy of the data.",
        _ROGUE,
        Verb.SEND,
        Reversible.NO,
        leaves=True,
    ),
    "cloud.uninspectable": Code(
        "The search for access policies failed on it.", Harm.TRUST_EXPLOITATION
    ),
}
