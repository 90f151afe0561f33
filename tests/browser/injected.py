"""Which field that an agent fills stands on which page, and what goes into each."""

from dataclasses import dataclass
from typing import Any

from tests.browser.test_injections import PAYLOADS
from tests.injections import shown_in_json

GROUPS = (("html", "svg", "ansi"), ("markdown", "htmx"), ("bidi", "hidden"))
"""The families whose payloads share a request; the environment has room for no more."""
ACTION = ("environment", "resource", "subject")
ARGUMENTS = ("argument name", "argument", "member name", "member")
"""What stands in the arguments; the last two deep inside."""
CLAIMS = ("summary", "justification", "session", "title", "evidence", "label", "note")
LATER = ("reply", "outcome", "reason", "stop", "answer")
"""What an agent says after it has asked; the last one to a callback."""
TIGHT = ("environment", "title", "resource", "argument name", "subject", "session")
FIELDS = tuple(dict.fromkeys((*TIGHT, *ACTION, *ARGUMENTS, *CLAIMS, *LATER)))
"""The first ones have the least room, or are shown in the least."""
JSON = "as JSON"
ROW = (*ACTION, "argument name " + JSON)
BLOCKS = ("argument name", "argument", "member name " + JSON, "member " + JSON)
WHOLE = (*ACTION, *BLOCKS, *CLAIMS)
IN_JSON = tuple(f"{name} {JSON}" for name in (*ACTION, *ARGUMENTS, *CLAIMS))
NOT_SENT = (f"title {JSON}", f"evidence {JSON}")
"""The API does not send evidence back."""

SHOWN: dict[str, tuple[str, ...]] = {
    "queue": (*ROW, "summary", "session"),
    "offline": ROW,
    "palette": ("resource",),
    "pane": WHOLE,
    "request": WHOLE,
    "edit": BLOCKS,
    "grant": (*ACTION, *BLOCKS),
    "grants": (*ACTION, "argument name"),
    "bulk, the same": (*ACTION, *BLOCKS, "summary"),
    "bulk, different": ("resource", "subject", "argument", "summary"),
    "bulk, left out": ("resource", "argument name " + JSON),
    "bulk, done": ("resource", "subject", "argument " + JSON),
    "hidden": ROW,
    "history": ROW,
    "session": ("environment",),
    "similar": ("environment",),
    "afterwards": (*WHOLE, "reply", "reason"),
    "outcome": ("outcome",),
    "reconciliation": ("outcome",),
    "story": (*IN_JSON, "environment", "reply", "reason"),
    "entry": (*IN_JSON, "environment"),
    "audit": tuple(f"{name} {JSON}" for name in ("environment", "reply", "reason")),
    "export": tuple(f"{name} {JSON}" for name in ("environment", "reply", "reason")),
    "delivery": tuple(name for name in IN_JSON if name not in NOT_SENT),
    "callback": ("answer",),
    "brake": ("stop",),
    "audit of the brake": (f"stop {JSON}",),
}
"""Which fields stand where. A page of one family's requests is looked at for each
family, a list once for all of them."""


@dataclass(frozen=True)
class Told:
    """For each field one payload of each family of a group."""

    families: tuple[str, ...]
    payloads: dict[str, list[dict[str, Any]]]

    def __getitem__(self, field: str) -> str:
        return " ".join(payload["text"] for payload in self.payloads[field])

    def shown(self, field: str) -> str:
        """As a page has to show it, or with JSON after its name inside of JSON."""
        name = field.removesuffix(f" {JSON}")
        if name == field:
            return " ".join(payload["shown"] for payload in self.payloads[name])
        return " ".join(map(shown_in_json, self.payloads[name]))

    def members(self) -> dict[str, Any]:
        """A submission with something in every field it has."""
        return {
            "arguments": self.arguments(),
            **{name: self[name] for name in (*ACTION, *CLAIMS[:3])},
            "evidence": [
                {"kind": "text", "title": self["title"], "content": self["evidence"]}
            ],
            "metadata": {self["label"]: self["note"]},
        }

    def arguments(self) -> dict[str, Any]:
        deep = [{self["member name"]: [self["member"]]}]
        return {self["argument name"]: self["argument"], "~": deep}


def of_families(families: tuple[str, ...]) -> Told:
    payloads: dict[str, list[dict[str, Any]]] = {name: [] for name in FIELDS}
    for family in families:
        own = [payload for payload in PAYLOADS if payload["family"] == family]
        own.sort(key=lambda payload: len(payload["text"]))
        # The shortest family has one less than there are fields; the first and the
        # last of these never stand on one page.
        step = max(1, len(own) // len(FIELDS))
        for n, name in enumerate(FIELDS):
            payloads[name].append(own[n * step % len(own)])
    return Told(families, payloads)


TOLD = [of_families(families) for families in GROUPS]
