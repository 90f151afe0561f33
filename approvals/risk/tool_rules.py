"""Which names of actions admit what: verbs and what they are applied to."""

from collections.abc import Callable, Iterator

from approvals.risk.findings import Match, Severity
from approvals.risk.tables import names
from approvals.risk.verbs import Claim

_LOW, _MEDIUM, _HIGH = Severity.LOW, Severity.MEDIUM, Severity.HIGH

_DELETING = names(
    "delete destroy drop eliminate empty erase expunge flush forget nuke"
    " obliterate overwrite prune purge remove reset shred trash truncate"
    " uninstall unlink unpublish wipe zap"
)
_SMALL = names(
    "basket bookmark bookmarks cart comment draft drafts emoji favorite favorites"
    " favourite favourites filter filters flag highlight label labels like likes"
    " pin reaction reactions reminder reminders selection star tab tag tags todo"
    " typing watch wishlist"
)
"""What goes and comes every day."""
_GRAVE = names(
    "account accounts archive backup backups bucket buckets cluster database"
    " databases db device disk drive environment factory filesystem history index"
    " instance namespace org organisation organization partition production"
    " project record records repo repos repositories repository schema server"
    " servers snapshot snapshots storage table tables tenant tenants user users"
    " vault volume volumes workspace"
)
"""What many things depend on."""
_RUNNING = names(
    "account accounts app application applications card cluster container"
    " containers database deployment device employee environment function host"
    " instance instances job jobs machine member membership network node pipeline"
    " pod process processes server servers service services session sessions site"
    " subscription subscriptions system task tenant user users vm vms website"
    " worker workers workflow"
)
_STOPPING = names(
    "ban block deactivate disable disconnect drain eject freeze halt kick kill"
    " lock pause quit reboot restart shutdown stop suspend terminate"
)
_ALWAYS_STOPS = names(
    "ban deactivate disable drain halt kill reboot shutdown terminate"
)
_SAFETY = names(
    "2fa alarm alarms alert alerting alerts antivirus approval approvals audit"
    " auditing backup backups camera cameras check checks defender detector edr"
    " encryption failsafe firewall fraud guard guardrail guardrails interlock"
    " limit limits log logging logs mfa moderation monitor monitoring policy"
    " protection protections quarantine safeguard safeguards safety scanner"
    " scanning security sensor siem smoke tamper telemetry tls totp tracing"
    " validation verification waf watchdog"
)
_WEAKENING = names(
    "bypass deactivate delete disable disarm erase hide ignore kill lower mute"
    " override pause purge remove rotate silence skip stop suppress suspend"
    " truncate unset whitelist wipe"
)
_GRANTING = names(
    "allow allowlist approve authorise authorize delegate elevate escalate grant"
    " impersonate invite promote share unban unblock unlock unseal whitelist"
)
_ADDING = names("add assign attach create enable generate give issue make set update")
_PEOPLE = names(
    "admin administrator admins collaborator collaborators contributor"
    " contributors delegate employee guest guests maintainer member members owner"
    " owners signatory user users"
)
_POLICED = names("access acl bucket group iam key org resource role security user")
_ACCESS = names(
    "access acl iam ownership permission permissions privilege privileges right"
    " rights role roles sudo superuser"
)
_KEYS = names(
    "apikey certificate credential credentials key keypair keys passkey secret"
    " secrets token tokens"
)
_OF_KEYS = names("access api auth bearer deploy gpg oauth personal private service ssh")
_SIGN_IN = names(
    "2fa authenticator credentials login mfa otp passcode passkey passphrase"
    " password passwords pin recovery sso totp"
)
_CHANGING_IT = names(
    "add bypass change create delete disable edit modify remove replace reset"
    " rotate set update upload"
)
_RUNNABLE = names(
    "binary bytecode cell code command commands executable function javascript js"
    " lambda macro notebook payload powershell program python r ruby script"
    " scripts snippet subprocess wasm workflow"
)
_PUBLISHING = names(
    "announce broadcast deploy forcepush launch merge publish release repost ship tweet"
)
_POSTING = names("create make post put schedule share submit update upload write")
_OUTLETS = names(
    "ad advertisement blog campaign facebook forum hackernews instagram linkedin"
    " mastodon newsletter pastebin podcast press public reddit social story"
    " thread tiktok tweet twitter video webpage website wordpress youtube"
)
_THINGS = names(
    "alarm ambulance boiler brake breaker camera car circuit cooker door doors"
    " drawbridge drone elevator emergency engine furnace garage gate gates"
    " gripper heater lock locks missile motor oven police pump reactor robot safe"
    " stove switchgear throttle traffic trunk turbine valve vault vehicle weapon"
    " window windows"
)
_MOVING = names(
    "activate arm call close control disarm dispatch drive eject fire fly grab"
    " grip launch lock move open release set start steer stop unlock"
)
_SECRETS = names(
    "credential credentials keychain mnemonic passphrase passphrases password"
    " passwords secret secrets ssn"
)
_OF_SECRETS = names("check compare generate has hash is predict score validate verify")
_DUMPED = names(
    "accounts contacts customers database db emails patients records table tables users"
)
_CANCELLED = names(
    "account accounts contract insurance lease membership memberships mortgage"
    " plan policy service services subscription subscriptions"
)
_HARM = names(
    "attack backdoor blackmail botnet corrupt corruption counterfeit ddos disrupt"
    " disruption dox doxx exfiltrate exfiltration exploit falsification falsify"
    " forge forgery fraud hack hacking hijack hijacking keylogger leak leakage"
    " malware manipulation misdirect misinformation overload phish phishing"
    " ransomware rootkit sabotage scam smuggle spoof spoofing spyware steal"
    " stealing tamper tampering theft unauthorized"
)
_FIGHTING = names(
    "alert ban block flag mitigate prevent quarantine remove report resolve"
    " respond stop"
)
_LIVES = names(
    "911 ambulance anesthesia ballot contract deed diagnosis dosage dose drug"
    " emergency evacuation grades insulin lawsuit medication medications medicine"
    " pacemaker police prescription prescriptions surgery transfusion treatment"
    " ventilator vote will"
)
_NOT_DOING = names("note notes draft reminder question search summary template")
MASS = names("all batch bulk every everyone everything mass multiple")


def rules_for(claim: Claim) -> Iterator[Match]:
    """What one claim admits: the gravest rule that fits, by their order."""
    for rule in _RULES:
        found = rule(claim)
        if found is not None:
            yield found
            return


def _admits_harm(claim: Claim) -> Match | None:
    said = claim.objects | {claim.verb}
    if claim.reads or claim.verb in _FIGHTING or not said & _HARM:
        return None
    if said & names("detection detector prevention protection response training test"):
        return None
    return Match("tool.admits_harm", _HIGH, "Is named for doing harm")


def _touches_lives(claim: Claim) -> Match | None:
    is_about = claim.verb == "prescribe" or bool(claim.objects & _LIVES)
    if claim.reads or not claim.verb or not is_about or claim.objects & _NOT_DOING:
        return None
    text = "Is named for something that health, safety or rights depend on"
    return Match("tool.touches_lives", _MEDIUM, text)


def _weakens(claim: Claim) -> Match | None:
    hit = claim.objects & _SAFETY
    if claim.verb in ("bypass", "override"):
        return Match("tool.weakens_safety", _HIGH, "Is named for getting past a guard")
    if claim.verb not in _WEAKENING or not hit or claim.objects & {"in", "door"}:
        return None
    if hit <= {"log", "logs", "limit", "limits", "check", "checks", "policy"} and (
        claim.verb in ("pause", "rotate", "kill", "hide", "stop")
    ):
        return None
    text = "Is named for switching off a protection, an alarm or a record"
    return Match("tool.weakens_safety", _HIGH, text)


def _takes_over(claim: Claim) -> Match | None:
    is_sign_in = bool(claim.objects & _SIGN_IN)
    is_address = claim.objects >= {"email"} and bool(
        claim.objects & {"account", "user", "login", "recovery", "primary", "my"}
    )
    if claim.verb not in _CHANGING_IT or not (is_sign_in or is_address):
        return None
    if claim.objects & {"manager", "policy"} and claim.verb not in ("delete", "remove"):
        return None
    is_new = claim.verb in ("add", "create")
    severity = _HIGH if is_sign_in and not is_new else _MEDIUM
    text = "Is named for changing how somebody signs in"
    return Match("tool.account_takeover", severity, text)


def _moves_things(claim: Claim) -> Match | None:
    if claim.verb not in _MOVING or not claim.objects & _THINGS:
        return None
    if claim.verb == "lock" or claim.verb == "close":
        return None
    opens = claim.verb in ("unlock", "open", "disarm", "fire", "launch", "release")
    text = "Is named for opening or moving something in the physical world"
    return Match("tool.moves_things", _HIGH if opens else _MEDIUM, text)


def _grants(claim: Claim) -> Match | None:
    verb, objects = claim.verb, claim.objects
    is_pair = verb in _ADDING and (
        bool(objects & _ACCESS)
        or (bool(objects & _PEOPLE) and verb in ("add", "assign", "make"))
        or (bool(objects & _KEYS) and bool(objects & (_OF_KEYS | {"apikey"})))
        or ("credentials" in objects)
    )
    is_handed_over = verb == "transfer" and bool(objects & {"owner", "ownership"})
    is_opened = verb == "open" and bool(objects & {"port", "ports"})
    is_pair = is_pair or is_handed_over or is_opened
    if objects & {"policy", "policies"} and verb in ("attach", "put", "update", "set"):
        is_pair = is_pair or bool(objects & _POLICED)
    is_granting = verb in _GRANTING and not objects & {"suggestion", "cookies"}
    if not (is_pair or is_granting):
        return None
    grave = objects & {"admin", "administrator", "root", "owner", "sudo", "superuser"}
    is_grave = bool(grave) or verb in ("impersonate", "elevate", "escalate")
    text = "Is named for letting somebody do more than before"
    return Match("tool.grants_access", _HIGH if is_grave else _MEDIUM, text)


def _deletes(claim: Claim) -> Match | None:
    objects = claim.objects
    is_clearing = claim.verb in ("clear", "format") and bool(objects & _GRAVE)
    if claim.verb not in _DELETING and not is_clearing:
        return None
    is_small = bool(objects & _SMALL) or (
        claim.verb == "remove" and bool(objects & {"item", "items", "line"})
    )
    if is_small and not objects & (_GRAVE | MASS):
        return Match("tool.changes", _LOW, "Is named for removing something small")
    if claim.verb in ("reset", "forget") and not objects & (_GRAVE | MASS):
        return Match("tool.changes", _LOW, "Is named for setting something back")
    is_grave = bool(objects & (_GRAVE | MASS)) and "from" not in objects
    severity = _HIGH if is_grave else _MEDIUM
    return Match("tool.deletes", severity, "Is named for deleting")


def _stops(claim: Claim) -> Match | None:
    verb, objects = claim.verb, claim.objects
    is_grave = bool(objects & (MASS | {"production", "cluster", "instance", "server"}))
    if verb in _STOPPING and (verb in _ALWAYS_STOPS or objects & _RUNNING):
        text = "Is named for stopping something or locking somebody out"
        return Match("tool.stops", _HIGH if is_grave else _MEDIUM, text)
    is_all = bool(objects & (_CANCELLED | MASS)) or _is_plural(claim)
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
        claim.objects & _RUNNABLE
    )
    is_bare = claim.verb in ("exec", "execute", "eval") and not claim.objects
    if not (is_code or is_bare or claim.verb == "eval"):
        return None
    return Match("tool.executes", _MEDIUM, "Is named for running code")


def _publishes(claim: Claim) -> Match | None:
    is_post = claim.verb in _POSTING and bool(claim.objects & _OUTLETS)
    if claim.verb not in _PUBLISHING and not is_post:
        is_push = claim.verb == "push" and bool(
            claim.objects & {"files", "image", "package", "main", "master", "commit"}
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


def _reads_secrets(claim: Claim) -> Match | None:
    verb, objects = claim.verb, claim.objects
    is_key = bool(objects & _KEYS) and bool(objects & {"api", "private", "ssh"})
    is_reading = claim.reads or verb in ("export", "dump", "copy", "exfiltrate")
    if is_reading and verb not in _OF_SECRETS and (objects & _SECRETS or is_key):
        text = "Is named for handing out passwords or keys"
        return Match("tool.reads_secrets", _MEDIUM, text)
    if verb in ("dump", "exfiltrate") or (verb == "export" and objects & _DUMPED):
        text = "Is named for taking whole data sets out"
        return Match("tool.reads_secrets", _MEDIUM, text)
    return None


def _mass(claim: Claim) -> Match | None:
    if claim.reads or not claim.verb or not claim.objects & MASS:
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
    _executes,
    _publishes,
    _reads_secrets,
    _touches_lives,
    _mass,
    _changes,
)
