"""What findings about money mean."""

from approvals.risk.codes import Code, Harm
from approvals.risk.impact import Reversible, Verb

_MISUSE, _ROGUE = Harm.TOOL_MISUSE, Harm.ROGUE_AGENT
_NO = Reversible.NO

CODES = {
    "money.crypto_address": Code(
        "It names a wallet of a currency that nobody can call back.",
        _ROGUE,
        Verb.PAY,
        _NO,
        leaves=True,
    ),
    "money.large": Code("It moves an amount that hurts.", _MISUSE, Verb.PAY, _NO),
    "money.moves": Code("It pays, charges or transfers money.", _MISUSE, Verb.PAY, _NO),
    "money.payee_changed": Code(
        "Later payments will go to another account.", _ROGUE, Verb.PAY
    ),
    "money.unclear_amount": Code(
        "The amount can be read in more than one way, or in none.",
        Harm.TRUST_EXPLOITATION,
        Verb.PAY,
        _NO,
    ),
}
