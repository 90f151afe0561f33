"""What findings about the name and shape of an action mean.

A name is a claim: it can make an action worse, never better. So what a low finding
says of it counts for nothing else (no verb).
"""

from approvals.risk.codes import Code, Harm
from approvals.risk.impact import Reversible, Verb

_MISUSE, _RIGHTS = Harm.TOOL_MISUSE, Harm.PRIVILEGE_ABUSE
_NO = Reversible.NO

CODES = {
    "tool.acts": Code(
        "By its name it does something to what others count on.", _MISUSE, Verb.CHANGE
    ),
    "tool.account_takeover": Code(
        "What protects an account changes: its password, second factor or address.",
        _RIGHTS,
        Verb.GRANT,
    ),
    "tool.admits_harm": Code(
        "Its own name says that it harms somebody.", Harm.ROGUE_AGENT, Verb.CHANGE
    ),
    "tool.broad": Code(
        "It names everything instead of something.", Harm.CASCADING_FAILURE
    ),
    "tool.changes": Code("By its name it changes something.", _MISUSE),
    "tool.deletes": Code("By its name it deletes.", _MISUSE, Verb.DELETE, _NO),
    "tool.executes": Code(
        "By its name it runs code that nobody looked into.",
        Harm.CODE_EXECUTION,
        Verb.RUN,
    ),
    "tool.grants_access": Code(
        "By its name somebody may do more than before.", _RIGHTS, Verb.GRANT
    ),
    "tool.infrastructure": Code(
        "By its name it changes how others reach what runs.", _MISUSE, Verb.CHANGE
    ),
    "tool.moves_things": Code(
        "By its name something in the physical world opens, moves or starts.",
        _MISUSE,
        Verb.CHANGE,
    ),
    "tool.publishes": Code(
        "By its name others will see or run it.", _MISUSE, Verb.SEND, leaves=True
    ),
    "tool.reads_secrets": Code(
        "By its name it hands out passwords, keys or whole data sets.",
        _RIGHTS,
        Verb.READ,
    ),
    "tool.sets_terms": Code(
        "By its name prices, wages, fees or limits change.", _MISUSE, Verb.CHANGE
    ),
    "tool.stops": Code("By its name something stops working.", _MISUSE, Verb.STOP),
    "tool.touches_lives": Code(
        "By its name it is about health, emergencies or somebody's rights.",
        _MISUSE,
        Verb.CHANGE,
    ),
    "tool.weakens_safety": Code(
        "By its name a protection, an alarm or a record of what happens goes.",
        Harm.ROGUE_AGENT,
        Verb.STOP,
    ),
}
