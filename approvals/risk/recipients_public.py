"""What is opened to everybody: public posts, links for anyone, public buckets."""

import re
from collections.abc import Iterator

from approvals.risk.findings import Finding, Match, Severity, shortened
from approvals.risk.tables import names
from approvals.risk.verbs import words_of
from approvals.risk.view import Leaf, View, tokens

_SWITCHES = re.compile(
    r"(?:is_?|make_?)?(?:public(?:ly)?(?:_?(?:access|accessible|read|visible|link))?"
    r"|world_?readable|anonymous_?access|allow_?anonymous|anyone(?:_?can_?\w{1,20})?"
    r"|listed|published)\Z",
    re.IGNORECASE,
)
_PRIVATE = re.compile(r"(?:is_?)?private\Z", re.IGNORECASE)
_VISIBILITY = names(
    "access acl audience general grantee link member members permission"
    " permissions principal privacy role scope share sharing status type"
    " visibility who"
)
_EVERYBODY = re.compile(
    r"(?:anyone|any_?one_?with_?(?:the_?)?link|anyone_?can_?(?:view|edit|comment)"
    r"|all_?users|all_?authenticated_?users|public_?read(?:_?write)?|public_?edit"
    r"|world|world_?readable|everyone_?with_?(?:the_?)?link|internet|unrestricted"
    r"|link_?sharing|with_?link)\Z",
    re.IGNORECASE,
)
_PUBLIC = names("everybody everyone open public publicly")

_OPENING = names("allow enable expose make open set share")


def opened_up(view: View) -> Iterator[Finding]:
    """Findings for values and names that let everybody in."""
    for leaf in view.leaves:
        severity = _severity(leaf)
        if severity is not None:
            yield _found(leaf, severity)
            return
    said = words_of(view.action.name)
    if "public" in said and set(said) & _OPENING:
        text = "Is named for making something public"
        target = _target(view)
        match = Match("recipients.public", Severity.HIGH, text, target)
        yield match.at("/arguments")


def _found(leaf: Leaf, severity: Severity) -> Finding:
    text = "Lets everybody see it, inside of the organisation or not"
    return Match("recipients.public", severity, text).at(leaf.pointer)


def _severity(leaf: Leaf) -> Severity | None:
    if leaf.value is True and _SWITCHES.match(leaf.member[:60]):
        is_listing = leaf.member.lower() in ("listed", "published", "is_published")
        return Severity.MEDIUM if is_listing else Severity.HIGH
    if leaf.value is False and _PRIVATE.match(leaf.member[:60]):
        return Severity.MEDIUM
    if not leaf.text or len(leaf.text) > 60 or not tokens(leaf.member) & _VISIBILITY:
        return None
    said = re.sub(r"[\s-]", "_", leaf.text.strip())
    if _EVERYBODY.match(said):
        return Severity.HIGH
    is_audience = bool(
        tokens(leaf.member) & {"visibility", "audience", "acl", "privacy", "access"}
    )
    return Severity.MEDIUM if is_audience and said.lower() in _PUBLIC else None


def _target(view: View) -> str:
    first = next((leaf.text for leaf in view.texts), "")
    return shortened(view.action.resource or first)
