"""What the findings of code mean."""

from approvals.risk.codes import Code, Harm
from approvals.risk.impact import Reversible, Verb

_MISUSE, _CODE = Harm.TOOL_MISUSE, Harm.CODE_EXECUTION
_RIGHTS, _ROGUE = Harm.PRIVILEGE_ABUSE, Harm.ROGUE_AGENT

CODES = {
    "code.change": Code("It changes something outside of itself.", _CODE, Verb.CHANGE),
    "code.credentials": Code("It reads passwords or keys.", _RIGHTS, Verb.READ),
    "code.delete": Code(
        "It deletes files or data.", _MISUSE, Verb.DELETE, Reversible.NO
    ),
    "code.deserialisation": Code(
        "It loads data that can contain a program.", _CODE, Verb.RUN
    ),
    "code.dynamic": Code(
        "It makes code while it runs, which nobody can read before.", _CODE, Verb.RUN
    ),
    "code.environment": Code(
        "It reads the settings of the process, which often hold keys.",
        _RIGHTS,
        Verb.READ,
    ),
    "code.exfiltration": Code(
        "It sends keys or settings to another machine.",
        _ROGUE,
        Verb.SEND,
        Reversible.NO,
        leaves=True,
    ),
    "code.network": Code(
        "It talks to another machine.", _MISUSE, Verb.SEND, leaves=True
    ),
    "code.privilege": Code("It changes rights.", _RIGHTS, Verb.GRANT),
    "code.runs_program": Code("It runs other programs.", _CODE, Verb.RUN),
    "code.stop": Code("It stops or multiplies processes.", _MISUSE, Verb.STOP),
    "code.uninspectable": Code("The code cannot be read.", _CODE, Verb.RUN),
    "code.unknown_module": Code(
        "It uses a module that nobody looked into.", Harm.SUPPLY_CHAIN, Verb.RUN
    ),
    "code.writes_file": Code("It writes files.", _CODE, Verb.CHANGE),
}
