"""What names admit by class: each kind of verb with the kinds of things it is done to.

``tool_rules`` knows pairs that are worth a word of their own; this is the rest of the
language, so that a verb nobody thought of there still counts for what it means.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from approvals.risk import tool_nouns as nouns
from approvals.risk import verbs_classes as classes
from approvals.risk.findings import Match, Severity
from approvals.risk.tables import names
from approvals.risk.tool_words import HELPERS, HOUSEHOLD, KEYS, NOT_DOING, OF_KEYS
from approvals.risk.verbs import Claim

_ANY: frozenset[str] = frozenset()
_CHANGING = classes.ALTERING | classes.MAKING | classes.HANDING | classes.WORKING
_LESS = names("add create generate make new place record register request")
"""What begins something new seldom changes what others count on."""
_GIVING = names(
    "cede export forward give hand migrate port relay release sell ship surrender"
    " sync transfer transmit upload"
)
_DATA = names(
    "data dataset identities identity mailbox photos pii profile profiles record"
    " records"
)
_RECORDING = names("activate begin enable record start")
_FOLLOWING = names("follow locate monitor record spy stalk tail trace track watch")
_CUTTING = names("cut disable disconnect kill shed shut shutdown stop")
_LIFTED = names(
    "ban containment embargo hold lockdown restriction restrictions sanction"
)
_RELAXING = names("cancel clear drop end lift relax remove")
_SETTLING = names("close dismiss ignore mark resolve")
_WARNINGS = names(
    "alert alerts detection detections finding threat threats vulnerability"
)
_STARTING = names("execute launch play rerun resume run start trigger")
_JOBS = names(
    "automation autopilot campaign dag deploy deployment fleet flow instance"
    " instances job jobs pipeline playbook runbook server vm vms workflow zap"
)
_REROUTING = names("cancel delay divert ground reroute")
_BLOCKING = names("block freeze quarantine")
_HOME = HOUSEHOLD


@dataclass(frozen=True, slots=True)
class _Rule:
    """Verbs, what they must be applied to (empty: anything), and what spoils it."""

    code: str
    text: str
    verbs: frozenset[str]
    things: frozenset[str] = _ANY
    unless: frozenset[str] = _ANY
    severity: Severity = Severity.MEDIUM

    def fits(self, claim: Claim) -> bool:
        """Whether this claim admits it; everyday things outweigh a bare verb."""
        if claim.verb not in self.verbs or claim.objects & self.unless:
            return False
        return not self.things or bool(claim.objects & self.things)


_EVERYDAY = nouns.EVERYDAY | NOT_DOING | _HOME
_MACHINES = nouns.MACHINES
_STEERED = nouns.PLANT | nouns.HOT | nouns.PUBLIC | nouns.WEAPONS
_RULES = (
    _Rule(
        "tool.admits_harm",
        "Is named for doing harm to somebody",
        classes.HARMING,
        severity=Severity.HIGH,
    ),
    _Rule(
        "tool.weakens_safety",
        "Is named for getting past a guard, or making it weaker",
        classes.EVADING,
        unless=_EVERYDAY,
    ),
    _Rule("tool.touches_lives", "Is named for treating a body", classes.TREATING),
    _Rule(
        "tool.touches_lives",
        "Is named for deciding on somebody's rights",
        classes.JUDGING | {"sign", "vote"},
        unless=nouns.EVERYDAY - {"document", "note", "notes"} | {"url"},
    ),
    _Rule(
        "tool.touches_lives",
        "Is named for taking something away, or for watching somebody",
        classes.SEIZING,
    ),
    _Rule(
        "tool.moves_things",
        "Is named for what only machines and places do",
        classes.MOVING_MACHINES,
        unless=nouns.EVERYDAY,
    ),
    _Rule(
        "tool.grants_access",
        "Is named for letting somebody do more than before",
        classes.CLEARING,
        unless=_EVERYDAY,
    ),
    _Rule(
        "tool.publishes",
        "Is named for telling others what cannot be taken back",
        classes.TELLING_ALL,
    ),
    _Rule(
        "tool.infrastructure",
        "Is named for putting something else into service",
        classes.SERVING,
        unless=nouns.EVERYDAY,
    ),
    _Rule(
        "tool.stops",
        "Is named for stopping something or shutting somebody out",
        classes.ENDING | _BLOCKING,
        unless=_EVERYDAY | {"roaming"},
    ),
    _Rule(
        "tool.deletes",
        "Is named for destroying something",
        classes.DESTROYING,
        unless=nouns.EVERYDAY,
    ),
    _Rule(
        "tool.moves_things",
        "Is named for moving something in the physical world",
        classes.WORKING,
        _MACHINES | {"remote", "remotely"},
        unless=names("browser calendar chat mode tab"),
    ),
    _Rule(
        "tool.moves_things",
        "Is named for moving a robot",
        classes.WORKING | {"set"},
        nouns.LIMBS,
        unless=names("database station url"),
    ),
    _Rule(
        "tool.moves_things",
        "Is named for setting what machines go by",
        classes.ALTERING,
        _STEERED | names("altitude steering velocity waypoint"),
        unless=names("booking reminder reservation timer"),
    ),
    _Rule(
        "tool.stops",
        "Is named for cutting off what people depend on",
        _CUTTING,
        nouns.UTILITIES,
        unless=_HOME,
    ),
    _Rule(
        "tool.moves_things",
        "Is named for sending something another way",
        _REROUTING,
        nouns.FLIGHTS,
        unless=names("booking reservation ticket"),
    ),
    _Rule(
        "tool.grants_access",
        "Is named for changing who may do what",
        _CHANGING,
        nouns.RIGHTS,
        unless=NOT_DOING,
    ),
    _Rule(
        "tool.weakens_safety",
        "Is named for lifting what holds somebody back",
        _RELAXING,
        _LIFTED,
    ),
    _Rule(
        "tool.weakens_safety",
        "Is named for closing a warning",
        _SETTLING,
        _WARNINGS,
        unless=names("read"),
    ),
    _Rule(
        "tool.weakens_safety",
        "Is named for changing what protects",
        _CHANGING - _LESS - {"activate", "arm", "enable"} | {"add"},
        nouns.SECURITY,
        unless=NOT_DOING | {"ticket"},
    ),
    _Rule(
        "tool.infrastructure",
        "Is named for changing how others reach what runs",
        _CHANGING,
        nouns.REACHED | nouns.SERVED,
        unless=_EVERYDAY,
    ),
    _Rule(
        "tool.publishes",
        "Is named for reporting elsewhere what happens here",
        _CHANGING - {"request", "schedule"},
        nouns.REPORTING,
        unless=NOT_DOING,
    ),
    _Rule(
        "tool.sets_terms",
        "Is named for changing what is paid, or how much somebody may spend",
        _CHANGING - _LESS,
        nouns.FINANCE,
        unless=NOT_DOING | {"check", "alert"},
    ),
    _Rule(
        "tool.touches_lives",
        "Is named for something that health, work or rights depend on",
        _CHANGING | {"file", "order"},
        nouns.BODIES | nouns.LAW | nouns.OFFICES,
        unless=NOT_DOING,
    ),
    _Rule(
        "tool.reads_secrets",
        "Is named for handing over what is kept of somebody",
        _GIVING,
        _DATA,
        unless=names("avatar picture photo"),
    ),
    _Rule(
        "tool.touches_lives",
        "Is named for watching somebody",
        _FOLLOWING,
        nouns.WATCHED,
        unless=NOT_DOING | {"sales"},
    ),
    _Rule(
        "tool.executes",
        "Is named for running what does more than its name says",
        _STARTING,
        _JOBS,
        unless=NOT_DOING | names("failed test tests"),
    ),
)
_SHUTTING = names("arm close land lock reserve return secure shut")
"""What makes a place safer, or books a seat."""
_SHUT_OUT = _Rule(
    "tool.stops",
    "Is named for locking or closing what others use",
    names("close lock shut"),
    nouns.SYSTEMS | nouns.PERSONS | nouns.CONTRACTS,
    unless=nouns.EVERYDAY | nouns.GATES,
)
_STORED = _Rule(
    "tool.infrastructure",
    "Is named for changing what data or trust rests on",
    names(
        "attach detach expand extend format import install mount renew replace resize"
        " rotate shrink upload"
    ),
    names("certificate certificates volume volumes"),
)
_SERIOUS = _Rule(
    "tool.acts",
    "Is named for doing something to what others count on",
    (classes.ACTING | classes.ALTERING | classes.WORKING | classes.HANDING)
    - classes.COSMETIC
    - _SHUTTING,
    nouns.SERIOUS,
    unless=nouns.EVERYDAY - {"quiz"} | NOT_DOING | _HOME,
)
_ENABLED = _Rule(
    "tool.acts",
    "Is named for putting into force what others count on",
    names("activate enable"),
    nouns.SERIOUS - nouns.SYSTEMS - nouns.SECURITY - nouns.RIGHTS,
    unless=_EVERYDAY,
)
_FORCEFUL = _Rule(
    "tool.acts",
    "Is named for something that is seldom done to everyday things",
    classes.ACTING - classes.MILD - _SHUTTING
    | names(
        "alter amend backdate cede dispatch mutate ram reassign rebind redirect reroute"
        " reverse shoot spray surrender transfer"
    ),
    unless=_EVERYDAY | HELPERS | names("call chat"),
)
_GRAVE = _Rule(
    "tool.touches_lives",
    "Is named for changing or passing on what is confidential or can kill",
    _CHANGING | classes.ACTING,
    nouns.GRAVELY | nouns.WEAPONS,
    unless=NOT_DOING,
)
_LAST = (_GRAVE, _SHUT_OUT, _STORED, _SERIOUS, _ENABLED, _FORCEFUL)
_PAIRS = (
    ("tool.infrastructure", names("ci env environment pipeline"), names("variable")),
    ("tool.infrastructure", names("function"), names("code")),
    ("tool.infrastructure", names("feature kill"), names("flag flags switch")),
    ("tool.account_takeover", names("client"), names("secret")),
    ("tool.infrastructure", names("port"), names("forward forwarding")),
    ("tool.executes", names("mcp"), names("server servers")),
    ("tool.account_takeover", names("secret secrets"), names("put store write")),
    ("tool.infrastructure", names("network hosted"), names("zone")),
    ("tool.infrastructure", names("record resource"), names("set sets")),
    ("tool.touches_lives", names("job employment"), names("offer")),
    ("tool.touches_lives", names("emergency mayday"), names("declare send activate")),
    ("tool.touches_lives", names("call calls meeting room"), names("recording")),
    ("tool.sets_terms", names("credit spending"), names("limit line")),
    ("tool.grants_access", names("admin"), names("account role user")),
    ("tool.sets_terms", names("loss profit"), names("stop take")),
    ("tool.weakens_safety", names("auto automatic"), names("approve approval confirm")),
    ("tool.touches_lives", names("accept agree execute"), nouns.BINDING),
    ("tool.touches_lives", names("report"), names("authorities authority police")),
    ("tool.touches_lives", names("mark"), names("fraud fraudulent spam")),
    ("tool.grants_access", names("remote"), names("access desktop shell")),
    ("tool.sets_terms", names("gift"), names("card")),
    ("tool.sets_terms", names("paid"), names("mark order invoice bill")),
    ("tool.grants_access", KEYS, OF_KEYS | names("ephemeral signing")),
)
"""Words that say it together, beside a verb that changes something."""

_PAIRED = _CHANGING | names("accept agree declare execute report")


def class_of(claim: Claim) -> Match | None:
    """What a claim admits by the class of its verb and the things beside it."""
    found = next((rule for rule in _RULES if rule.fits(claim)), None)
    if found is not None and (not claim.reads or claim.verb in _FOLLOWING):
        return Match(found.code, found.severity, found.text)
    if claim.reads or not claim.verb or claim.objects & NOT_DOING:
        return None
    paired = next(_paired(claim), None)
    if paired is not None:
        return paired
    last = next((rule for rule in _LAST if rule.fits(claim)), None)
    return Match(last.code, last.severity, last.text) if last else None


def _paired(claim: Claim) -> Iterator[Match]:
    said = claim.objects | {claim.verb}
    for code, one, other in _PAIRS:
        if said & one and said & other and claim.verb in _PAIRED:
            text = "Is named for changing what others count on"
            yield Match(code, Severity.MEDIUM, text)
