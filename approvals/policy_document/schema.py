"""The JSON Schema of a policy, for editors; ``parse`` is stricter and says more. Pure.

JSON Schema 2020-12 cannot say that ranks rise with routes, that a rule compiles or
that a tier exists: ``policy validate`` checks all of it.
"""

from enum import StrEnum
from typing import Any

from approvals import cel
from approvals.policy import (
    Confirmation,
    ReasonRequired,
    Route,
    StepUp,
    Watch,
)
from approvals.policy_document.actions import MAX_ACTIONS, MAX_DOMAINS, MAX_POINTERS
from approvals.policy_document.rules import MAX_RULES, MAX_WHY
from approvals.policy_document.tiers import MAX_BULK, MAX_TIERS
from approvals.policy_document.trip_wires import MAX_TRIP_WIRES
from approvals.risk.codes import Harm
from approvals.risk.context import Kind, Role
from approvals.windows import MAX_WINDOWS, Measure

Schema = dict[str, Any]

_KEY = {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$"}
_DURATION = {"type": ["string", "integer"], "pattern": "^[0-9]{1,9}[smhd]?$"}
_BOOLEAN = {"type": "boolean"}
_TEXTS = ("resource", "subject")


def schema() -> Schema:
    """The whole schema, as JSON-able values."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Countersign policy",
        **_object(
            {
                "default_tier": _KEY,
                "tiers": {
                    "type": "object",
                    "propertyNames": _KEY,
                    "additionalProperties": _tier(),
                    "minProperties": 1,
                    "maxProperties": MAX_TIERS,
                },
                "rules": _list(_rule(), MAX_RULES),
                "windows": _list(_window(), MAX_WINDOWS),
                "actions": _list(_action(), MAX_ACTIONS),
                "internal_domains": _list(_text(253), MAX_DOMAINS, unique=True),
                "trip_wires": _list(_trip_wire(), MAX_TRIP_WIRES),
            },
            required=("default_tier", "tiers", "rules"),
        ),
    }


def _tier() -> Schema:
    need = {"group": _text(150), "count": _integer(1, 20)}
    caps = {
        "max_uses": _integer(1, 10_000),
        "max_duration": _DURATION,
        "max_sum": {"type": "number", "exclusiveMinimum": 0},
    }
    after = {"type": "string", "pattern": "^[0-9]{1,2}%$"}
    escalation = {"after": after, "groups": _list(_text(150), 10, least=1, unique=True)}
    members = {
        "name": _text(64),
        "rank": _integer(0, 1000),
        "route": _choice(Route),
        "requirements": _list(_object(need, required=tuple(need)), 10),
        "deny_threshold": _integer(1, 20),
        "decide_within": _DURATION,
        "permit_lifetime": _DURATION,
        "reason_required": _choice(ReasonRequired),
        "separation_of_duties": _BOOLEAN,
        "escalation": _object(escalation, required=tuple(escalation)),
        "step_up": _choice(StepUp),
        "confirmation": _choice(Confirmation),
        "must_view": _BOOLEAN,
        "editing": _BOOLEAN,
        "second_person_after_edit": _BOOLEAN,
        "grants": _object(caps, required=("max_uses", "max_duration")),
        "outcome_within": _DURATION,
        "bulk": _integer(0, MAX_BULK),
    }
    return _object(members, required=("rank", "route"))


def _rule() -> Schema:
    members = {
        "key": _KEY,
        "when": _text(cel.MAX_SOURCE),
        "tier": _KEY,
        "why": _text(MAX_WHY),
        "harm": _choice(Harm),
        "approves_unknown": _BOOLEAN,
    }
    return _object(members, required=("key", "when", "tier"))


def _window() -> Schema:
    members = {
        "key": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"},
        "measure": _choice(Measure),
        "of": _pointer("action", "agent", "arguments", "environment", *_TEXTS),
        "per": _list({"type": "string"}, 10, least=1, unique=True),
        "within": _DURATION,
        "actions": _list(_text(150), 20, least=1, unique=True),
    }
    return _object(members, required=("key", "measure", "per", "within"))


def _action() -> Schema:
    pointers = {role.value: _one_or_more(_pointer(), MAX_POINTERS) for role in Role}
    members = {
        "match": _one_or_more(_text(150), 50),
        "kind": _choice(Kind),
        "pointers": _object(pointers),
    }
    return _object(members, required=("match", "kind"))


def _trip_wire() -> Schema:
    patterns = _list(_text(150), 20, least=1, unique=True)
    members = {
        "key": _KEY,
        "watches": _choice(Watch),
        "brakes": {"enum": ["agent", "session"]},
        "at_least": _integer(2, 10_000),
        "within": _DURATION,
        "actions": patterns,
        "resources": patterns,
    }
    return _object(members, required=("key", "watches", "brakes"))


def _object(members: Schema, *, required: tuple[str, ...] = ()) -> Schema:
    return {
        "type": "object",
        "properties": members,
        "required": list(required),
        "additionalProperties": False,
    }


def _list(items: Schema, most: int, *, least: int = 0, unique: bool = False) -> Schema:
    limits = {"minItems": least, "maxItems": most, "uniqueItems": unique}
    return {"type": "array", "items": items, **limits}


def _one_or_more(item: Schema, most: int) -> Schema:
    return {"anyOf": [item, _list(item, most, least=1, unique=True)]}


def _text(most: int) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": most}


def _integer(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _choice(kind: type[StrEnum]) -> Schema:
    return {"enum": [member.value for member in kind]}


def _pointer(*tops: str) -> Schema:
    known = "|".join(tops or ("arguments", *_TEXTS))
    return {"type": "string", "pattern": f"^/({known})(/|$)"}
