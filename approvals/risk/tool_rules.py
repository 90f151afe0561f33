"""Which names of actions admit what: verbs and what they are applied to."""

from collections.abc import Callable, Iterator

from approvals.risk import tool_words as words
from approvals.risk.findings import Match, Severity
from approvals.risk.tables import names
from approvals.risk.tool_classes import class_of
from approvals.risk.verbs import Claim

_LOW, _MEDIUM, _HIGH = Severity.LOW, Severity.MEDIUM, Severity.HIGH


def rules_for(claim: Claim) -> Iterator[Match]:
    """What one claim admits: the gravest rule that fits, by their order."""
    for rule in _RULES:
        found = rule(claim)
        if found is not None:
            yield found
            return


def _admits_harm(claim: Claim) -> Match | None:
    said = claim.objects | {claim.verb}
    is_harm = bool(said & words.HARM) or any(
        word.startswith(words.HARM_STEMS) for word in said
    )
    is_harm = is_harm or any(
        said & one and said & other for one, other in words.HARMFUL_PAIRS
    )
    if claim.reads or claim.verb in words.FIGHTING or not is_harm:
        return None
    if said & words.AGAINST_HARM:
        return None
    return Match("tool.admits_harm", _HIGH, "Is named for doing harm")


def _touches_lives(claim: Claim) -> Match | None:
    is_about = claim.verb == "prescribe" or bool(claim.objects & words.LIVES)
    is_about = is_about or (
        claim.verb in ("file", "submit") and bool(claim.objects & words.FILED)
    )
    is_about = is_about or (
        claim.verb in ("accept", "sign")
        and bool(claim.objects & {"agreement", "offer"})
    )
    is_about = is_about or (claim.verb == "cast" and "vote" in claim.objects)
    if claim.reads or not claim.verb or not is_about or claim.objects & words.NOT_DOING:
        return None
    text = "Is named for something that health, safety or rights depend on"
    return Match("tool.touches_lives", _MEDIUM, text)


def _weakens(claim: Claim) -> Match | None:
    hit = claim.objects & words.SAFETY
    is_cleared = claim.verb in ("clear", "edit", "modify") and (
        claim.objects & words.TRACES
    )
    is_raised = claim.verb in ("exceed", "extend", "increase", "lift", "raise") and (
        claim.objects & words.EXTENDED
    )
    if is_cleared or is_raised:
        text = "Is named for removing a record or a limit"
        return Match("tool.weakens_safety", _MEDIUM, text)
    if claim.verb in ("bypass", "override"):
        return Match("tool.weakens_safety", _HIGH, "Is named for getting past a guard")
    if claim.verb not in words.WEAKENING or not hit or claim.objects & {"in", "door"}:
        return None
    if hit <= {"log", "logs", "limit", "limits", "check", "checks", "policy"} and (
        claim.verb in ("pause", "rotate", "kill", "hide", "stop")
    ):
        return None
    text = "Is named for switching off a protection, an alarm or a record"
    return Match("tool.weakens_safety", _HIGH, text)


def _takes_over(claim: Claim) -> Match | None:
    if claim.verb in ("rotate", "regenerate", "reset") and claim.objects & words.KEYS:
        text = "Is named for replacing keys that others use"
        return Match("tool.account_takeover", _MEDIUM, text)
    is_factor = claim.verb in ("reset", "delete", "remove", "disable", "enroll")
    is_sign_in = bool(claim.objects & words.SIGN_IN)
    is_sign_in = is_sign_in or (is_factor and "factor" in claim.objects)
    is_address = claim.objects >= {"email"} and bool(
        claim.objects
        & {"account", "address", "user", "login", "recovery", "primary", "my"}
    )
    is_address = is_address and not claim.objects & words.MAIL_TOOLS
    if claim.verb not in words.CHANGING_IT or not (is_sign_in or is_address):
        return None
    if claim.objects & {"manager", "policy"} and claim.verb not in ("delete", "remove"):
        return None
    is_new = claim.verb in ("add", "create")
    severity = _HIGH if is_sign_in and not is_new else _MEDIUM
    text = "Is named for changing how somebody signs in"
    return Match("tool.account_takeover", severity, text)


def _moves_things(claim: Claim) -> Match | None:
    is_set = claim.verb in names(
        "adjust change control force modify override set update write"
    )
    things = claim.objects & words.THINGS
    is_moved = claim.verb in words.MOVING and bool(things)
    is_armed = claim.verb in ("activate", "arm", "enable", "set", "start")
    if is_armed and things == {"alarm"}:
        return None
    is_steered = is_set and bool(claim.objects & (words.PLANT | words.CONTROLS))
    if not is_moved and not is_steered:
        return None
    if claim.verb in ("lock", "close") or claim.objects & {"reminder", "timer"}:
        return None
    opens = claim.verb in ("unlock", "open", "disarm", "fire", "launch", "release")
    text = "Is named for opening or moving something in the physical world"
    return Match("tool.moves_things", _HIGH if opens else _MEDIUM, text)


def _grants(claim: Claim) -> Match | None:
    verb, objects = claim.verb, claim.objects
    is_pair = verb in words.ADDING and (
        bool(objects & words.ACCESS)
        or (bool(objects & words.PEOPLE) and verb in ("add", "assign", "make"))
        or (bool(objects & words.KEYS) and bool(objects & (words.OF_KEYS | {"apikey"})))
        or ("credentials" in objects)
    )
    is_given = verb in ("renounce", "transfer")
    is_handed_over = is_given and bool(objects & words.GIVEN_AWAY)
    is_handed_over = is_handed_over or (
        verb == "issue" and bool(objects & words.KEYS) and "refund" not in objects
    )
    is_handed_over = is_handed_over or (
        verb in words.CHANGING_RIGHTS and bool(objects & words.ACCESS)
    )
    is_handed_over = is_handed_over or (
        verb in ("connect", "link") and bool(objects & words.LINKED)
    )
    is_handed_over = is_handed_over or (verb == "assume" and "role" in objects)
    is_opened = verb == "open" and bool(objects & {"port", "ports"})
    is_pair = is_pair or is_handed_over or is_opened
    if objects & {"policy", "policies"} and verb in words.SETTING:
        is_pair = is_pair or bool(objects & words.POLICED)
    is_granting = verb in words.GRANTING and not objects & {"suggestion", "cookies"}
    is_granting = is_granting and not (verb == "delegate" and "task" in objects)
    is_granting = is_granting and not (verb == "invite" and objects & words.GATHERINGS)
    is_granting = is_granting and not (verb == "escalate" and objects & words.ASKED_FOR)
    if not (is_pair or is_granting):
        return None
    grave = objects & {"admin", "administrator", "root", "owner", "sudo", "superuser"}
    is_grave = bool(grave) or verb in ("impersonate", "elevate", "escalate")
    text = "Is named for letting somebody do more than before"
    return Match("tool.grants_access", _HIGH if is_grave else _MEDIUM, text)


def _deletes(claim: Claim) -> Match | None:
    objects = claim.objects
    is_clearing = claim.verb in ("clear", "format") and bool(objects & words.GRAVE)
    if claim.verb not in words.DELETING and not is_clearing:
        return None
    is_small = bool(objects & words.SMALL) or (
        claim.verb == "remove" and bool(objects & {"item", "items", "line"})
    )
    if is_small and not objects & (words.GRAVE | words.MASS):
        return Match("tool.changes", _LOW, "Is named for removing something small")
    if claim.verb in ("reset", "forget") and not objects & (words.GRAVE | words.MASS):
        return None
    is_grave = bool(objects & (words.GRAVE | words.MASS)) and "from" not in objects
    severity = _HIGH if is_grave else _MEDIUM
    return Match("tool.deletes", severity, "Is named for deleting")


def _stops(claim: Claim) -> Match | None:
    verb, objects = claim.verb, claim.objects
    if verb == "disable" and objects & words.HOUSEHOLD and not objects & words.GRAVE:
        return None
    is_shut = verb == "close" and bool(objects & words.CLOSED_FOR_GOOD)
    if is_shut or (verb == "archive" and objects & words.ARCHIVED):
        text = "Is named for closing what others may still use"
        return Match("tool.stops", _MEDIUM, text)
    is_grave = bool(
        objects & (words.MASS | {"production", "cluster", "instance", "server"})
    )
    if verb in words.STOPPING and (
        verb in words.ALWAYS_STOPS or objects & words.RUNNING
    ):
        text = "Is named for stopping something or locking somebody out"
        return Match("tool.stops", _HIGH if is_grave else _MEDIUM, text)
    is_all = bool(objects & (words.CANCELLED | words.MASS)) or _is_plural(claim)
    if verb == "cancel" and is_all:
        text = "Is named for cancelling a contract, or several things at once"
        return Match("tool.stops", _MEDIUM, text)
    if verb == "revoke":
        return Match("tool.stops", _MEDIUM, "Is named for taking a right away")
    return None


def _is_plural(claim: Claim) -> bool:
    return bool(
        claim.objects & names("appointments bookings events orders reservations trips")
    )


def _executes(claim: Claim) -> Match | None:
    is_code = claim.verb in ("run", "execute", "exec", "invoke", "inject") and bool(
        claim.objects & words.RUNNABLE
    )
    is_bare = claim.verb in ("exec", "execute", "eval") and not claim.objects
    is_added = claim.verb in ("add", "enable", "load") and bool(
        claim.objects & {"addon", "extension", "plugin"}
    )
    if is_added or (
        claim.verb in ("install", "sideload") and claim.objects & words.INSTALLED
    ):
        return Match("tool.executes", _MEDIUM, "Is named for installing software")
    is_page = claim.verb in ("evaluate", "eval") and bool(
        claim.objects & {"browser", "javascript", "js", "page", "script"}
    )
    if not (is_code or is_bare or is_page or claim.verb == "eval"):
        return None
    return Match("tool.executes", _MEDIUM, "Is named for running code")


def _publishes(claim: Claim) -> Match | None:
    is_post = claim.verb in words.POSTING and bool(claim.objects & words.OUTLETS)
    is_post = is_post or (
        claim.verb == "send" and bool(claim.objects & words.SENT_TO_ALL)
    )
    if claim.verb not in words.PUBLISHING and not is_post:
        is_push = claim.verb == "push" and bool(
            claim.objects
            & names(
                "branch commit file files git image main master origin package remote"
                " repo repository tag"
            )
        )
        if not is_push:
            return None
    if claim.verb == "merge" and not claim.objects & names(
        "branch branches main master mr pr pull request production release"
    ):
        return None
    is_grave = claim.verb == "forcepush" or "production" in claim.objects
    text = "Is named for publishing or putting into service"
    return Match("tool.publishes", _HIGH if is_grave else _MEDIUM, text)


def _rewires(claim: Claim) -> Match | None:
    is_set = claim.verb in words.SETTING | {"add", "redirect", "reroute"}
    if not is_set or not claim.objects & words.NETWORK:
        return None
    text = "Is named for changing how others reach what runs"
    return Match("tool.infrastructure", _MEDIUM, text)


def _merges(claim: Claim) -> Match | None:
    if claim.verb != "merge" or not claim.objects & words.MERGED:
        return None
    return Match("tool.deletes", _MEDIUM, "Is named for making one of two for good")


def _reverts(claim: Claim) -> Match | None:
    is_older = claim.verb in ("restore", "revert", "rollback")
    if not is_older or not claim.objects & words.OLDER:
        return None
    text = "Is named for putting an older state over what is there"
    return Match("tool.deletes", _MEDIUM, text)


def _takes_out(claim: Claim) -> Match | None:
    is_copied = claim.verb in words.COPYING
    if not is_copied or not claim.objects & words.ELSEWHERE:
        return None
    text = "Is named for bringing something out of the organisation"
    return Match("tool.publishes", _MEDIUM, text)


def _reads_secrets(claim: Claim) -> Match | None:
    verb, objects = claim.verb, claim.objects
    if objects & words.ABOUT_SECRETS:
        return None
    is_key = bool(objects & words.KEYS) and bool(
        objects & {"access", "api", "bearer", "private", "refresh", "ssh"}
    )
    is_reading = claim.reads or verb in words.HANDING_OUT
    if (
        is_reading
        and verb not in words.OF_SECRETS
        and (objects & words.SECRETS or is_key)
    ):
        text = "Is named for handing out passwords or keys"
        return Match("tool.reads_secrets", _MEDIUM, text)
    is_environment = bool(objects & {"env", "environment"}) and bool(
        objects & {"var", "vars", "variable", "variables"}
    )
    if is_reading and is_environment:
        text = "Is named for handing out what programs keep their keys in"
        return Match("tool.reads_secrets", _MEDIUM, text)
    is_carried = verb in ("copy", "sync", "upload") and objects & words.PEOPLES_DATA
    if (
        is_carried
        or verb in ("dump", "exfiltrate")
        or (verb == "export" and objects & words.DUMPED)
        or (verb == "download" and objects & words.DUMPED and objects & words.MASS)
    ):
        text = "Is named for taking whole data sets out"
        return Match("tool.reads_secrets", _MEDIUM, text)
    return None


def _mass(claim: Claim) -> Match | None:
    if claim.reads or not claim.verb or not claim.objects & words.MASS:
        return None
    return Match("tool.broad", _MEDIUM, "Is named for changing many things at once")


def _changes(claim: Claim) -> Match | None:
    if claim.reads or not claim.verb:
        return None
    return Match("tool.changes", _LOW, "By its name it changes something")


_RULES: tuple[Callable[[Claim], Match | None], ...] = (
    _admits_harm,
    _weakens,
    _takes_over,
    _moves_things,
    _grants,
    _deletes,
    _stops,
    _rewires,
    _merges,
    _reverts,
    _executes,
    _publishes,
    _takes_out,
    _reads_secrets,
    _touches_lives,
    class_of,
    _mass,
    _changes,
)
