"""What single arguments say besides the name: rights, guards, terms, machines.

``update_user(is_admin=true)`` gives a right, ``update_settings(require_2fa=false)``
takes a guard away, ``patch_account(overdraft_limit=50000)`` changes what somebody may
spend, and ``set_temperature(device="oven")`` heats an oven.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from approvals.risk import tool_nouns as nouns
from approvals.risk.findings import Finding, Match, Severity, shortened
from approvals.risk.tables import names
from approvals.risk.tool_words import NOT_DOING
from approvals.risk.verbs import Claim, claims_of
from approvals.risk.view import Leaf, View, tokens

_MOST = 60
"""What matters stands among the first arguments."""
_CHECKS = names(
    "check checks confirm confirmation hooks protection recycle review reviews safety"
    " test tests trash validation verification verify"
)
_SKIPPING = names("bypass disable ignore no override skip")
_GUARDS = names(
    "2fa factor antivirus approval approvals audit authentication authorization backup"
    " backups captcha csp csrf edr encrypt encrypted encryption enforce enforced"
    " firewall guardrails https integrity lockout logging masked mfa moderation otp"
    " protect protected protection quarantine retention rls sandbox sandboxed"
    " sandboxing signature ssl sso tls totp validation verification verify versioning"
    " waf"
)
_OFF = names("0 disabled false inactive never no none off")
_ON = names("1 enabled on true yes")
_OPENING = names("allow allowed enable permit")
_OPENED = names(
    "anonymous any anyone bypass dangerous delete deletion deletions everyone"
    " external force guest guests insecure plaintext privileged public push root"
    " unauthenticated unsafe unsigned untrusted"
)
_UNSAFE = names("bypass dangerously insecure nosandbox privileged unsafe")
_POWERFUL = names(
    "admin administrator owner root staff sudo superadmin superuser sysadmin wheel"
)
_ACCOUNTS = names("account info profile user")
_EDITING = names("change edit modify patch replace set update")
_RESETTING = _EDITING | names("adjust alter configure increase manage put raise upsert")
_SIGN_IN = names("email new password phone recovery")
_MEDICINE = names(
    "dosage dose drug insulin medication medications medicine prescription"
)
_RIGHTS = names("access group permission permissions privilege role roles scope")
_NOTING = names("ask draft log message note notify remind reply report think track")
_TERMS = nouns.FINANCE | {"bail"}
_SIZING = names("change decrease increase lower raise reduce")
_LIMITS = names("credit overdraft spend spending withdrawal")
_KEYS = names("feature field flag key name option parameter property setting")
_VALUES = names("enabled state to value")
_TYPING = names("enter fill input type")
_FIELDS = names("element field id ids label name selector")
_ASKED = names("cvv otp passcode passphrase password pin ssn")
"""What a form asks that nobody but its owner should type."""
_HEAT = names("celsius fahrenheit kelvin temperature")
_HOT = {"celsius": 60.0, "temperature": 60.0, "fahrenheit": 140.0, "kelvin": 333.0}
"""No room and no bath is that hot."""


@dataclass(frozen=True, slots=True)
class _Said:
    """One argument: the words of its name, its value in small letters, where it is."""

    words: frozenset[str]
    value: str
    leaf: Leaf


def members_of(view: View) -> Iterator[Finding]:
    """One finding of each kind, for the first argument that says it."""
    claims = [claim for claim in claims_of(view.action.name) if claim.verb]
    said = list(_said(view))
    for look in (_rights, _typed, _unguarded, _sign_in, _terms, _medicine, _heat):
        found = next(look(claims, said, view), None)
        if found is not None:
            yield found


def guards_of(view: View) -> Iterator[Finding]:
    """Guards that go, where others read what would run."""
    yield from islice(_unguarded([], list(_said(view)), view), 1)


def _said(view: View) -> Iterator[_Said]:
    """The arguments; ``{"key": "tls_verify", "value": false}`` is one of them."""
    leaves = [
        leaf
        for leaf in islice(view.leaves, _MOST)
        if leaf.pointer.startswith("/arguments/") and len(leaf.text) <= 60
    ]
    for leaf in leaves:
        yield _Said(tokens(leaf.member), _plain(leaf), leaf)
    keys = [leaf for leaf in leaves if leaf.text and tokens(leaf.member) <= _KEYS]
    values = [leaf for leaf in leaves if tokens(leaf.member) <= _VALUES]
    for key in keys[:1]:
        for value in values[:1]:
            yield _Said(tokens(key.text), _plain(value), value)


def _plain(leaf: Leaf) -> str:
    return str(leaf.value).strip().lower()[:60]


def _rights(claims: list[Claim], said: list[_Said], _view: View) -> Iterator[Finding]:
    """A role that is powerful, or a switch that makes somebody so."""
    for one in said:
        is_role = bool(one.words & _RIGHTS) and bool(
            tokens(one.leaf.text) & _POWERFUL - {"staff"}
        )
        is_switch = one.words & _POWERFUL and one.value in _ON - {"1"}
        if is_role or (
            is_switch and one.words <= _POWERFUL | names("is make as super")
        ):
            text = f"Gives somebody the rights of {shortened(one.leaf.text, 40)}"
            if is_switch:
                text = f"Gives somebody rights: {shortened(one.leaf.member, 40)}"
            match = Match("tool.grants_access", Severity.HIGH, text)
            yield match.at(one.leaf.pointer)


def _unguarded(
    claims: list[Claim], said: list[_Said], _view: View
) -> Iterator[Finding]:
    """A check that does not happen, a guard that goes, a door left open."""
    for one in said:
        if _skips(one) or _drops(one) or _opens(one):
            text = f"Switches a check off: {shortened(one.leaf.member, 40)}"
            match = Match("tool.weakens_safety", Severity.MEDIUM, text)
            yield match.at(one.leaf.pointer)


def _skips(one: _Said) -> bool:
    """``skip_verification: true``, ``verify: false``."""
    if not isinstance(one.leaf.value, bool):
        return False
    checks = one.words & _CHECKS
    skips = bool(one.words & _SKIPPING)
    return bool(checks) and skips is one.leaf.value and (skips or one.words == checks)


def _drops(one: _Said) -> bool:
    """``require_2fa: false``, ``encryption: "none"``."""
    return (
        bool(one.words & _GUARDS)
        and one.value in _OFF
        and one.words.isdisjoint(_SKIPPING)
    )


def _opens(one: _Said) -> bool:
    """``allow_force_push: true``, ``privileged: true``."""
    if one.value not in _ON or (one.leaf.value == 1 and one.leaf.value is not True):
        return False
    is_allowed = one.words & _OPENING and one.words & _OPENED
    return bool(is_allowed or one.words & _UNSAFE)


def _sign_in(claims: list[Claim], said: list[_Said], view: View) -> Iterator[Finding]:
    is_account = any(
        claim.verb in _EDITING and claim.objects & _ACCOUNTS for claim in claims
    )
    for one in said if is_account else ():
        is_new = one.words <= _SIGN_IN and one.leaf.text != view.action.subject
        if is_new and one.words - {"new"}:
            text = "Changes what somebody signs in or is reached with"
            match = Match("tool.account_takeover", Severity.MEDIUM, text)
            yield match.at(one.leaf.pointer)


def _terms(claims: list[Claim], said: list[_Said], _view: View) -> Iterator[Finding]:
    """Wages and limits among what an editing call changes."""
    if not any(claim.verb in _RESETTING for claim in claims):
        return
    is_sized = any(claim.verb in _SIZING for claim in claims)
    for one in said:
        is_limit = "limit" in one.words and bool(one.words & _LIMITS)
        is_sum = is_sized and bool(one.words & {"amount", "price"})
        if is_limit or is_sum or one.words & _TERMS:
            text = f"Changes what is paid: {shortened(one.leaf.member, 40)}"
            match = Match("tool.sets_terms", Severity.MEDIUM, text)
            yield match.at(one.leaf.pointer)


def _medicine(claims: list[Claim], said: list[_Said], _view: View) -> Iterator[Finding]:
    is_noted = any(
        claim.verb in _NOTING or claim.objects & NOT_DOING for claim in claims
    )
    for one in said if claims and not is_noted else ():
        if one.words & _MEDICINE:
            text = "Is about a medicine or its dose"
            match = Match("tool.touches_lives", Severity.MEDIUM, text)
            yield match.at(one.leaf.pointer)


def _typed(claims: list[Claim], said: list[_Said], view: View) -> Iterator[Finding]:
    """``browser_type(element="Password", text=…)``: it signs in as somebody."""
    if not tokens(view.action.name) & _TYPING:
        return
    for one in said:
        if one.words & _FIELDS and tokens(one.leaf.text) & _ASKED:
            text = f"Types into {shortened(one.leaf.text, 40)}"
            match = Match("tool.account_takeover", Severity.MEDIUM, text)
            yield match.at(one.leaf.pointer)


def _heat(claims: list[Claim], said: list[_Said], _view: View) -> Iterator[Finding]:
    """A temperature that burns."""
    if not any(claim.verb in _RESETTING for claim in claims):
        return
    for one in said:
        unit = min(one.words & _HEAT, default="")
        value = one.leaf.value
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if unit and is_number and float(value) > _HOT[unit]:
            text = f"Sets a heat that burns: {shortened(str(value), 20)}"
            match = Match("tool.moves_things", Severity.MEDIUM, text)
            yield match.at(one.leaf.pointer)
