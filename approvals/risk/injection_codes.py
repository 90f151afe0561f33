"""What findings of instructions inside data mean."""

from approvals.risk.codes import Code, Harm

_HIJACK, _TRUST = Harm.GOAL_HIJACK, Harm.TRUST_EXPLOITATION

CODES = {
    "injection.override": Code(
        "Text tells an agent to drop the instructions that it has.", _HIJACK
    ),
    "injection.role": Code("Text tells an agent to be somebody else.", _HIJACK),
    "injection.addressed": Code(
        "Text speaks to an agent or a model, not to a person.", _HIJACK
    ),
    "injection.markers": Code(
        "Text imitates the marks between the turns of a conversation with a model.",
        _HIJACK,
    ),
    "injection.secrecy": Code("Text asks to keep something from the user.", _HIJACK),
    "injection.approval": Code(
        "Text tells whoever reviews it to approve, or that somebody already has.",
        _TRUST,
    ),
    "injection.exfiltration": Code(
        "Text tells an agent to send secrets or the conversation somewhere.", _HIJACK
    ),
    "injection.prompt_theft": Code(
        "Text asks an agent for its hidden instructions.", _HIJACK
    ),
    "injection.tool_call": Code("Text imitates an agent calling a tool.", _HIJACK),
    "injection.concealed": Code(
        "Instructions stand where people do not see them.", _HIJACK
    ),
    "injection.uninspectable": Code(
        "More that could be an instruction than can be looked at.", _TRUST
    ),
}
