"""What findings about requests over HTTP mean."""

from approvals.risk.codes import Code, Harm
from approvals.risk.impact import Reversible, Verb

_MISUSE, _ROGUE = Harm.TOOL_MISUSE, Harm.ROGUE_AGENT
_RIGHTS, _TRUST = Harm.PRIVILEGE_ABUSE, Harm.TRUST_EXPLOITATION
_NO = Reversible.NO

CODES = {
    "http.catcher": Code(
        "The host keeps what it is sent for whoever asks, or leads into a tunnel.",
        _ROGUE,
        Verb.SEND,
        _NO,
        leaves=True,
    ),
    "http.changes": Code(
        "It changes something at a host elsewhere.", _MISUSE, Verb.SEND, leaves=True
    ),
    "http.credentials_in_url": Code(
        "A password or token stands in the address, where logs keep it.",
        _RIGHTS,
        Verb.SEND,
    ),
    "http.data_in_url": Code(
        "The address itself carries data out.", _ROGUE, Verb.SEND, _NO, leaves=True
    ),
    "http.deletes": Code(
        "It asks a host to delete something.", _MISUSE, Verb.DELETE, leaves=True
    ),
    "http.disguised_host": Code(
        "The address leads to another host than it seems to.", _TRUST, Verb.SEND
    ),
    "http.internal_address": Code(
        "It reaches this machine or its network from inside, where guards are low.",
        _RIGHTS,
        Verb.READ,
    ),
    "http.ip_literal": Code(
        "The host is a bare number: nobody can tell whose it is.", _TRUST, Verb.SEND
    ),
    "http.odd_scheme": Code(
        "The address is no web page: it reads files, runs code or talks to services.",
        _MISUSE,
        Verb.READ,
    ),
    "http.plain_credentials": Code(
        "Passwords or tokens go over the network for anybody to read.",
        _RIGHTS,
        Verb.SEND,
        leaves=True,
    ),
    "http.program": Code(
        "A program is downloaded that nobody looked into.",
        Harm.SUPPLY_CHAIN,
        Verb.RUN,
    ),
}
