"""What findings of changes to an agent's memory mean."""

from approvals.risk.codes import Code, Harm
from approvals.risk.impact import Reversible, Verb

_POISON, _CHANGE, _YES = Harm.MEMORY_POISONING, Verb.CHANGE, Reversible.YES

CODES = {
    "memory.instructions": Code(
        "A file that tells agents what to do changes.", _POISON, _CHANGE, _YES
    ),
    "memory.settings": Code(
        "What an agent may do, or which tools it has, changes.", _POISON, _CHANGE, _YES
    ),
    "memory.write": Code(
        "An agent remembers something for later conversations.", _POISON, _CHANGE, _YES
    ),
    "memory.behaviour": Code(
        "What agents will do from now on changes, beyond this action.",
        _POISON,
        _CHANGE,
        _YES,
    ),
}
