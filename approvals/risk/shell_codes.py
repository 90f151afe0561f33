"""What the findings of shell commands mean."""

from approvals.risk.codes import Code, Harm
from approvals.risk.impact import Reversible, Verb

_MISUSE, _CODE = Harm.TOOL_MISUSE, Harm.CODE_EXECUTION
_RIGHTS, _ROGUE = Harm.PRIVILEGE_ABUSE, Harm.ROGUE_AGENT
_NO = Reversible.NO

CODES = {
    "shell.attack_tool": Code(
        "A tool runs that is made to attack, to listen in or to mine.",
        _ROGUE,
        Verb.RUN,
    ),
    "shell.credential_access": Code("Passwords or keys are read.", _RIGHTS, Verb.READ),
    "shell.database": Code("A database's client runs.", _MISUSE, Verb.CHANGE),
    "shell.delete": Code("Files go for good.", _MISUSE, Verb.DELETE, _NO),
    "shell.delete_recursive": Code(
        "Folders go for good, with everything in them.", _MISUSE, Verb.DELETE, _NO
    ),
    "shell.exfiltration": Code(
        "Data of this machine goes out.", _ROGUE, Verb.SEND, _NO, leaves=True
    ),
    "shell.firewall_change": Code(
        "Who can reach what on the network changes.", _RIGHTS, Verb.CHANGE
    ),
    "shell.fork_bomb": Code(
        "It multiplies until the machine stops.", Harm.CASCADING_FAILURE, Verb.STOP
    ),
    "shell.format_disk": Code(
        "A disk or partition is overwritten.", _MISUSE, Verb.DELETE, _NO
    ),
    "shell.git_destructive": Code(
        "Work that is only here, or on the server, is thrown away.",
        _MISUSE,
        Verb.DELETE,
        _NO,
    ),
    "shell.history_tampering": Code(
        "Traces of what was done disappear.", _ROGUE, Verb.DELETE, _NO
    ),
    "shell.infrastructure": Code(
        "Machines or services disappear or are replaced.", _MISUSE, Verb.DELETE, _NO
    ),
    "shell.infrastructure_change": Code(
        "Machines or services change.", _MISUSE, Verb.CHANGE
    ),
    "shell.inline_code": Code(
        "Code of another language runs from the command line.", _CODE, Verb.RUN
    ),
    "shell.kill": Code("Running programs stop.", _MISUSE, Verb.STOP),
    "shell.network": Code(
        "It talks to another machine.", _MISUSE, Verb.SEND, leaves=True
    ),
    "shell.package_change": Code(
        "Software is installed or removed.", Harm.SUPPLY_CHAIN, Verb.INSTALL
    ),
    "shell.permissions": Code(
        "Who may read or change files changes.", _RIGHTS, Verb.GRANT
    ),
    "shell.privilege": Code(
        "It runs with more rights than its own.", _RIGHTS, Verb.RUN
    ),
    "shell.publish": Code(
        "Something is published for others.",
        Harm.SUPPLY_CHAIN,
        Verb.SEND,
        _NO,
        leaves=True,
    ),
    "shell.redirect_over": Code(
        "A file's contents are replaced.", _MISUSE, Verb.DELETE, _NO
    ),
    "shell.remote_access": Code(
        "Somebody elsewhere gets a shell or a way in.", _ROGUE, Verb.GRANT, leaves=True
    ),
    "shell.remote_change": Code(
        "Something on another machine changes.", _MISUSE, Verb.CHANGE
    ),
    "shell.remote_code": Code(
        "Code from the network runs without anybody having read it.",
        Harm.SUPPLY_CHAIN,
        Verb.RUN,
    ),
    "shell.remote_deletion": Code(
        "Something on another machine goes for good.", _MISUSE, Verb.DELETE, _NO
    ),
    "shell.scheduled_job": Code(
        "Something will run later, when nobody looks.", _ROGUE, Verb.CHANGE
    ),
    "shell.service_change": Code("Services stop or change.", _MISUSE, Verb.STOP),
    "shell.system_change": Code("The machine itself changes.", _MISUSE, Verb.CHANGE),
    "shell.uninspectable": Code(
        "What runs is known to the shell only.", Harm.TRUST_EXPLOITATION, Verb.RUN
    ),
    "shell.unknown_program": Code(
        "A program runs that nobody looked into.", _CODE, Verb.RUN
    ),
    "shell.user_change": Code("Accounts of the machine change.", _RIGHTS, Verb.GRANT),
}
