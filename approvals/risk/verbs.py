"""What the name of an action claims that it does: its verbs and their objects."""

import re
from dataclasses import dataclass
from functools import lru_cache

from approvals.risk.tables import names

READING = names(
    "analyse analyze ask browse calculate can check classify compare compute"
    " count describe detect diff download estimate evaluate examine exists"
    " explain explore extract fetch find get glob grep has head help identify"
    " inspect is list locate lookup ls measure monitor parse ping predict preview"
    " query quote read recommend retrieve scan search select show simulate stat"
    " status suggest summarise summarize tail think track translate validate"
    " verify view"
)
"""Verbs that change nothing, if the name speaks the truth."""
CHANGING = names(
    "accept activate add adjust allow append apply approve archive arm assign"
    " attach authorise authorize ban broadcast buy bypass cancel clear close"
    " configure confirm connect convert copy create deactivate decline delegate"
    " delete demote deny deploy destroy detach disable disarm disburse discard"
    " disconnect dismiss dispatch donate drain drop duplicate edit eject elevate"
    " enable enrol enroll erase eval exec execute expire expose expunge finalize"
    " flash flush forcepush forget format forward generate give grant halt hide"
    " impersonate import ingest insert install invest invite invoke join kick"
    " kill launch leave login logout make merge migrate modify move mute notify"
    " nuke obliterate opt override overwrite pause pay payout persist place"
    " prescribe proceed promote provision prune publish purchase purge push put"
    " quit reassign reboot recover redeem refund register reimburse reinstate"
    " reject relay remember remit remove rename renew reopen repay replace"
    " reschedule reset resize resolve respond restart restore resume return"
    " revert revoke rollback rotate run save scale schedule sell send set share"
    " shred shutdown sign skip spawn start stop submit subscribe suppress suspend"
    " terminate toggle topup transmit trash trigger truncate unban unblock"
    " unfollow unfreeze uninstall unlink unlock unpublish unregister unseal unset"
    " unshare unsubscribe update upgrade upload upsert wipe wire withdraw write"
    " zap"
)
"""Verbs that are hardly ever nouns in the name of an action."""
EITHER = names(
    "access bid block book call change charge cleanup commit control debit"
    " deposit dump email empty escalate exchange exfiltrate export fax filter"
    " follow freeze grab hack label like lock log mail mark message modify note"
    " open order patch post process record release reply report repost request"
    " reserve review settle ship sms sort store swap switch sync tag test tip"
    " trade transfer turn tweet"
)
"""Verbs that are nouns just as often."""
_STRICT = READING - names(
    "ask can check count diff download exists has head help is list query quote scan"
    " stat status tail track view"
)
_PHRASES = {
    ("cash", "out"): "withdraw",
    ("check", "in"): "register",
    ("check", "out"): "purchase",
    ("clean", "up"): "cleanup",
    ("force", "merge"): "forcepush",
    ("force", "push"): "forcepush",
    ("log", "in"): "login",
    ("log", "out"): "logout",
    ("look", "up"): "lookup",
    ("opt", "out"): "unsubscribe",
    ("pay", "out"): "payout",
    ("power", "off"): "shutdown",
    ("roll", "back"): "rollback",
    ("shut", "down"): "shutdown",
    ("shut", "off"): "shutdown",
    ("sign", "up"): "register",
    ("switch", "off"): "disable",
    ("switch", "on"): "enable",
    ("take", "down"): "delete",
    ("tear", "down"): "destroy",
    ("top", "up"): "topup",
    ("turn", "off"): "disable",
    ("turn", "on"): "enable",
    ("wind", "down"): "shutdown",
}
_SYNONYMS = {
    "analysis": "analyze",
    "calculation": "calculate",
    "calculator": "calculate",
    "checker": "check",
    "checkout": "purchase",
    "cleanup": "delete",
    "comparison": "compare",
    "del": "delete",
    "estimation": "estimate",
    "estimator": "estimate",
    "finder": "find",
    "poweroff": "shutdown",
    "prediction": "predict",
    "predictor": "predict",
    "reader": "read",
    "recommendation": "recommend",
    "recommender": "recommend",
    "rm": "delete",
    "rmdir": "delete",
    "teardown": "destroy",
    "validator": "validate",
    "viewer": "view",
}
_JOINS = names("and then or plus")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that a name says: a verb (empty: none known) and the words beside."""

    verb: str
    objects: frozenset[str]

    @property
    def reads(self) -> bool:
        return self.verb in READING


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name in order; ``turn_off`` becomes ``disable`` and so on.

    Of ``mcp__server__tool`` it is the tool.
    """
    said = name[:500]
    if said.lower().startswith("mcp__"):
        said = said.rpartition("__")[2] or said
    words = [word.lower() for word in _WORD.findall(said)]
    found: list[str] = []
    while words:
        word = words.pop(0)
        pair = _PHRASES.get((word, words[0])) if words else None
        if pair is not None:
            words.pop(0)
        verb = pair or word
        found.append(_SYNONYMS.get(verb, verb))
    return tuple(found)


@lru_cache(maxsize=4096)
def claims_of(name: str) -> tuple[Claim, ...]:
    """What a name says, one claim for each part: ``read_and_send`` says two things."""
    parts: list[list[str]] = [[]]
    for word in words_of(name):
        if word in _JOINS:
            parts.append([])
        else:
            parts[-1].append(word)
    return tuple(
        Claim(verb, frozenset(part) - {verb}) for part in parts for verb in _verbs(part)
    )


def reads(name: str) -> bool:
    """Whether a name claims to read and nothing else."""
    claims = claims_of(name)
    return bool(claims) and all(claim.reads for claim in claims)


def verbs_of(name: str) -> frozenset[str]:
    """Every verb that the name claims."""
    return frozenset(claim.verb for claim in claims_of(name) if claim.verb)


def _verbs(words: list[str]) -> list[str]:
    """The verbs of one part, usually one.

    Most names begin with their verb; others say the service or the object first.
    A word that may also be a noun counts beside a reading verb that follows it, so
    that ``share_read_access`` does not pass for reading; ``order_search`` does.
    """
    if not words:
        return []
    first = words[0]
    if first in READING or first in CHANGING:
        return [first]
    sure = next((word for word in words if word in CHANGING or word in _STRICT), "")
    if first in EITHER and words[-1] in _STRICT and sure == words[-1]:
        return [sure]
    if first in EITHER and (not sure or sure in READING):
        return [first, sure] if sure else [first]
    if sure:
        return [sure]
    return [next((word for word in words if word in EITHER or word in READING), "")]
