"""What the findings of Terraform's plans, configurations and commands mean."""

from approvals.risk.codes import Code, Harm
from approvals.risk.impact import Reversible, Verb

_MISUSE, _RIGHTS = Harm.TOOL_MISUSE, Harm.PRIVILEGE_ABUSE

CODES = {
    "terraform.access_policy": Code(
        "A policy allows more than any one task needs.", _RIGHTS, Verb.GRANT
    ),
    "terraform.change": Code("Infrastructure changes.", _MISUSE, Verb.CHANGE),
    "terraform.destroy": Code(
        "Infrastructure is destroyed.", _MISUSE, Verb.DELETE, Reversible.NO
    ),
    "terraform.protection_removed": Code(
        "What guards infrastructure against loss is switched off.",
        _MISUSE,
        Verb.CHANGE,
    ),
    "terraform.public_exposure": Code(
        "Everybody on the internet can reach or read it.",
        _RIGHTS,
        Verb.GRANT,
        leaves=True,
    ),
    "terraform.replace": Code(
        "Infrastructure is destroyed and made anew.",
        _MISUSE,
        Verb.DELETE,
        Reversible.NO,
    ),
    "terraform.runs_programs": Code(
        "Programs run while infrastructure is built.", Harm.CODE_EXECUTION, Verb.RUN
    ),
    "terraform.state": Code(
        "What Terraform knows no longer fits what exists.", _MISUSE, Verb.CHANGE
    ),
    "terraform.unattended": Code(
        "Nobody saw the plan before it was carried out.", _MISUSE, Verb.CHANGE
    ),
    "terraform.uninspectable": Code(
        "The plan or configuration cannot be read.", Harm.TRUST_EXPLOITATION, Verb.RUN
    ),
}
