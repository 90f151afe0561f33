"""What findings about files mean."""

from approvals.risk.codes import Code, Harm
from approvals.risk.impact import Reversible, Verb

_MISUSE, _RIGHTS = Harm.TOOL_MISUSE, Harm.PRIVILEGE_ABUSE
_NO = Reversible.NO

CODES = {
    "file.credentials": Code(
        "Passwords, keys or tokens are read or replaced.", _RIGHTS, Verb.READ
    ),
    "file.deletes_directory": Code(
        "A folder goes, with everything in it.", _MISUSE, Verb.DELETE, _NO
    ),
    "file.link": Code(
        "A link makes one path lead to another, past checks of the first.", _RIGHTS
    ),
    "file.permissions": Code(
        "Who may read or run a file changes.", _RIGHTS, Verb.GRANT
    ),
    "file.pipeline": Code(
        "What machines build, test or release by themselves changes.",
        Harm.SUPPLY_CHAIN,
        Verb.CHANGE,
    ),
    "file.startup": Code(
        "It will run by itself later, with somebody else's rights.",
        Harm.CODE_EXECUTION,
        Verb.CHANGE,
    ),
    "file.system": Code(
        "A file of the machine itself, not of a project.", _MISUSE, Verb.CHANGE
    ),
    "file.traversal": Code(
        "The path climbs out of where it seems to be.", _MISUSE, Verb.READ
    ),
}
