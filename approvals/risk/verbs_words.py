"""Verbs in the names of actions: those that read, that change, that are nouns too."""

from approvals.risk.tables import names
from approvals.risk.verbs_classes import (
    ACTING,
    ALTERING,
    HANDING,
    KNOWN,
    MAKING,
    WORKING,
)
from approvals.risk.verbs_forms import table_of

READING = names(
    "analyse analyze ask browse calculate can check classify compare compute count"
    " describe detect diff download estimate evaluate examine exists explain explore"
    " extract fetch find get glob grep has head help identify inspect is list locate"
    " lookup ls measure monitor parse ping predict preview query quote read recommend"
    " retrieve scan search select show simulate stat status suggest summarise"
    " summarize tail think track translate validate verify view"
)
"""Verbs that change nothing, if the name speaks the truth."""
_SURE = names(
    "abort accept activate add adjust administer allow allowlist annihilate append"
    " apply approve archive arm assign assume attach authorise authorize ban blacklist"
    " borrow broadcast buy bypass cancel cast clear clone close compromise configure"
    " confirm connect convert copy crack create deactivate decline decommission"
    " decrease decrypt delegate delete delist demote deny denylist deploy deprovision"
    " deregister destroy detach detonate disable disarm disburse discard disconnect"
    " disengage dismantle dismiss dispatch dispense dispose divert donate drain drop"
    " duplicate edit eject elevate enable encrypt engage enrol enroll erase evacuate"
    " eval evict exec execute expel expire expose expunge extend fabricate falsify"
    " finalize flash flush forcepush forget format forward generate give grant halt"
    " harvest hide ignite impersonate import increase infuse ingest inject insert"
    " install interrupt invalidate invest invite invoke join kick kill launch leave"
    " lend liquidate login logout make merge migrate modify move mute notify nuke"
    " obliterate offboard onboard opt overclock override overwrite pause pay payout"
    " persist place plant prescribe proceed promote provision prune publish purchase"
    " purge push put quit raise reassign reboot recover redeem redirect refund"
    " register reimburse reinstate reject relay remember remit remove rename renew"
    " renounce reopen repay replace replicate reroute reschedule reset resize resolve"
    " respond restart restore resume retire return reveal revert revoke rollback"
    " rotate run save scale schedule scrub selfdestruct sell send set share shred"
    " shutdown sideload sign silence skip spawn start stop submit subscribe sunset"
    " suppress suspend takeoff terminate titrate toggle topup transmit trash trigger"
    " truncate unassign unban unblock unenroll unfollow unfreeze unfriend uninstall"
    " unlink unlock unmask unmute unprotect unpublish unregister unseal unset unshare"
    " unstake unsubscribe update upgrade upload upsert void waive whitelist wipe wire"
    " withdraw write writeoff zap"
)
CHANGING = (_SURE | KNOWN) - READING
"""Verbs that are hardly ever nouns in the name of an action."""
_NOUNS_TOO = names(
    "access bid block book bridge burn call change charge cleanup commit control"
    " debit deposit dm dump email empty escalate exchange exfiltrate export fax file"
    " filter fire follow freeze fund grab hack issue label like link load lock log"
    " lower mail manage mark message mint mirror modify note open order pair patch"
    " post process quarantine record release reply report repost request reserve"
    " review settle ship sms sort stake store swap switch sync tag test tip trade"
    " transfer trust turn tweet vote"
)
EITHER = (
    (_NOUNS_TOO | ACTING | ALTERING | HANDING | MAKING | WORKING) - CHANGING - READING
)
"""Verbs that are nouns just as often."""
STRICT = READING - names(
    "ask can check count diff download exists has head help is list query quote scan"
    " stat status tail track view"
)
PHRASES = {
    ("cash", "out"): "withdraw",
    ("check", "in"): "register",
    ("check", "out"): "purchase",
    ("dry", "run"): "simulate",
    ("clean", "up"): "cleanup",
    ("force", "merge"): "forcepush",
    ("force", "push"): "forcepush",
    ("flush", "all"): "flush",
    ("go", "live"): "publish",
    ("go", "to"): "goto",
    ("kick", "off"): "start",
    ("lay", "off"): "fire",
    ("log", "in"): "login",
    ("take", "off"): "takeoff",
    ("log", "out"): "logout",
    ("look", "up"): "lookup",
    ("opt", "out"): "unsubscribe",
    ("pay", "out"): "payout",
    ("power", "off"): "shutdown",
    ("reset", "hard"): "erase",
    ("roll", "back"): "rollback",
    ("set", "up"): "create",
    ("shut", "down"): "shutdown",
    ("shut", "off"): "shutdown",
    ("sign", "in"): "login",
    ("sign", "out"): "logout",
    ("sign", "up"): "register",
    ("switch", "off"): "disable",
    ("switch", "on"): "enable",
    ("take", "down"): "delete",
    ("tear", "down"): "destroy",
    ("top", "up"): "topup",
    ("turn", "off"): "disable",
    ("turn", "on"): "enable",
    ("wind", "down"): "shutdown",
    ("back", "up"): "backup",
    ("opt", "in"): "subscribe",
    ("power", "down"): "shutdown",
    ("power", "on"): "enable",
    ("wire", "transfer"): "wire",
    ("write", "off"): "writeoff",
}
SYNONYMS = {
    "acct": "account",
    "borrar": "delete",
    "buscar": "search",
    "cfg": "configuration",
    "compartir": "share",
    "comprar": "buy",
    "consultar": "query",
    "creds": "credentials",
    "crear": "create",
    "decom": "decommission",
    "dereg": "deregister",
    "desactivar": "deactivate",
    "eliminar": "delete",
    "enviar": "send",
    "envoyer": "send",
    "excluir": "delete",
    "kaufen": "buy",
    "listar": "list",
    "loeschen": "delete",
    "obtener": "get",
    "pagar": "pay",
    "passwd": "password",
    "perms": "permissions",
    "publicar": "publish",
    "senden": "send",
    "supprimer": "delete",
    "transferer": "transfer",
    "transferir": "transfer",
    "unarchive": "reopen",
    "xfer": "transfer",
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
    "flushall": "flush",
    "flushdb": "flush",
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
JOINS = names("and or plus then")

_IRREGULAR = {
    "activation": "activate",
    "cancelation": "cancel",
    "cancellation": "cancel",
    "cleaner": "delete",
    "closure": "close",
    "deactivation": "deactivate",
    "deactivator": "deactivate",
    "deleter": "delete",
    "deletion": "delete",
    "deployer": "deploy",
    "deployment": "deploy",
    "destroyer": "destroy",
    "destruction": "destroy",
    "disablement": "disable",
    "disabler": "disable",
    "disbursement": "disburse",
    "disposal": "dispose",
    "diversion": "divert",
    "diverter": "divert",
    "eraser": "erase",
    "erasure": "erase",
    "escalation": "elevate",
    "eviction": "evict",
    "execution": "execute",
    "executor": "execute",
    "fabrication": "fabricate",
    "falsification": "falsify",
    "forwarder": "forward",
    "harvester": "harvest",
    "installation": "install",
    "installer": "install",
    "publication": "publish",
    "publisher": "publish",
    "purger": "purge",
    "reimbursement": "reimburse",
    "remittance": "remit",
    "removal": "remove",
    "remover": "remove",
    "revocation": "revoke",
    "sender": "send",
    "suspension": "suspend",
    "termination": "terminate",
    "terminator": "terminate",
    "unlocker": "unlock",
    "validation": "validate",
    "verification": "verify",
    "wiper": "wipe",
    "withdrawal": "withdraw",
}
_OTHERWISE = names("better bettor payer payment payor robber spender")
NOMINAL = table_of(KNOWN, _OTHERWISE | CHANGING | EITHER | READING) | _IRREGULAR
"""Nouns that say at the end of a name what ``AccountClosure`` would do."""
LIGHT = names(
    "begin confirm do execute force initiate make perform process queue request run"
    " schedule start submit trigger"
)
"""Beside a noun for what is done they say nothing: ``schedule_deletion``."""
TAILS = names(
    "action agent api bot endpoint function handler job module service system task"
    " tool tools utility worker"
)
"""What may stand behind such a noun."""
CONTAINERS = names(
    "api client connector controller manager plugin server service services system"
    " tool toolkit tools"
)
"""In front of a verb they end the name of whom it belongs to."""
METHODS = {
    "delete": "delete",
    "get": "get",
    "head": "get",
    "options": "get",
    "patch": "update",
    "post": "create",
    "put": "update",
}
"""Methods of HTTP, as verbs."""
NOUNS = names(
    "booking change claim order payment purchase refund request return ship transfer"
)
"""Verbs that are nouns before one of these: ``refund_status`` refunds nothing."""
ASKED = names(
    "check count detail details eligibility estimate history info list lookup policy"
    " quote report search status summary"
)
