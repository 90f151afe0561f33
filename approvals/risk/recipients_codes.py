"""What findings about recipients mean."""

from approvals.risk.codes import Code, Harm
from approvals.risk.impact import Reversible, Verb

_TRUST, _ROGUE = Harm.TRUST_EXPLOITATION, Harm.ROGUE_AGENT
_NO = Reversible.NO

CODES = {
    "recipients.bait": Code(
        "It asks for a password or for money, threatens, or gives a code away.",
        _TRUST,
        Verb.SEND,
        _NO,
    ),
    "recipients.forwarding": Code(
        "Messages that come later will go there too, by themselves.",
        _ROGUE,
        Verb.SEND,
        leaves=True,
    ),
    "recipients.header_injection": Code(
        "A value brings lines of its own into a message's header.",
        Harm.CODE_EXECUTION,
        Verb.SEND,
        _NO,
    ),
    "recipients.hidden": Code(
        "Somebody gets it without the others seeing that.", _ROGUE, Verb.SEND, _NO
    ),
    "recipients.lookalike": Code(
        "The address can be taken for one of ours, or of a well-known company.",
        _TRUST,
        Verb.SEND,
        _NO,
        leaves=True,
    ),
    "recipients.mass": Code(
        "Many people get it at once.", Harm.CASCADING_FAILURE, Verb.SEND, _NO
    ),
    "recipients.not_the_subject": Code(
        "It goes to somebody else than the person it is about.", _TRUST, Verb.SEND, _NO
    ),
    "recipients.other_people": Code(
        "It tells the recipient about other people.", _TRUST, Verb.SEND, _NO
    ),
    "recipients.outside": Code(
        "It leaves the organisation.", _ROGUE, Verb.SEND, _NO, leaves=True
    ),
    "recipients.public": Code(
        "Anybody can see it.", Harm.PRIVILEGE_ABUSE, Verb.SEND, _NO, leaves=True
    ),
    "recipients.unknown": Code(
        "Nobody said which domains are ours, so it may leave the organisation.",
        _TRUST,
        Verb.SEND,
        _NO,
    ),
    "recipients.webhook": Code(
        "A machine elsewhere will be told what happens here.",
        _ROGUE,
        Verb.SEND,
        leaves=True,
    ),
}
