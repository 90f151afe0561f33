"""What findings of characters mean; they say how a text could deceive."""

from approvals.risk.codes import Code, Harm

_TRUST = Harm.TRUST_EXPLOITATION

CODES = {
    "unicode.bidi": Code(
        "Text is shown in another order than it is read by the machine.", _TRUST
    ),
    "unicode.hidden": Code("There are characters that nobody can see.", _TRUST),
    "unicode.hidden_text": Code(
        "Text is written in characters that nobody can see.", Harm.GOAL_HIJACK
    ),
    "unicode.control": Code(
        "Control characters can change what a screen shows.", _TRUST
    ),
    "unicode.undefined": Code(
        "Characters that are none, or mean something to one program only.", _TRUST
    ),
    "unicode.lookalike": Code(
        "Letters of another script or style stand for those they look like.", _TRUST
    ),
    "unicode.stacked_marks": Code(
        "So many marks on a letter that the text cannot be read.", _TRUST
    ),
    "unicode.uninspectable": Code(
        "More unusual characters than can be looked at.", _TRUST
    ),
}
