"""The JSON Schema of policies agrees with what is really read."""

import json
from dataclasses import fields
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from django.core.management import call_command

from approvals.policy import Tier
from approvals.policy_document import MEMBERS, REQUIRED, PolicyError, parse
from approvals.policy_document.schema import schema
from approvals.ruleset import SHIPPED

DOCS = Path(__file__).parents[2] / "docs"
POLICY = """
default_tier: medium
tiers:
  low: {rank: 10, route: auto}
  medium:
    name: Ordinary
    rank: 20
    route: review
    requirements: [{group: reviewers, count: 1}]
    deny_threshold: 1
    decide_within: 4h
    permit_lifetime: 900
    outcome_within: 1h
    reason_required: on_deny
    separation_of_duties: true
    escalation: {after: 50%, groups: [managers]}
    step_up: recent_login
    confirmation: type_target
    editing: true
    second_person_after_edit: false
    grants: {max_uses: 5, max_duration: 1d, max_sum: 99.5}
    bulk: 0
rules:
  - key: it
    when: 'action.name == "x"'
    tier: low
    why: x is harmless.
    harm: ASI02
    approves_unknown: false
windows:
  - {key: refunds, measure: sum, of: /arguments/amount, per: [agent], within: 24h}
actions:
  - {match: x, kind: sql, pointers: {sql: /arguments/sql}}
internal_domains: [example.com]
trip_wires:
  - {key: runaway, watches: requests, at_least: 300, within: 1m, brakes: session}
  - {key: canary, watches: canary, resources: ["canary-*"], brakes: agent}
"""
WRONG = [
    ("rank: 20", "rank: -1"),
    ("rank: 20", "rank: high"),
    ("route: auto", "route: maybe"),
    ("count: 1", "count: 0"),
    ("decide_within: 4h", "decide_within: soon"),
    ("after: 50%", "after: 0.5"),
    ("groups: [managers]", "groups: []"),
    ("max_sum: 99.5", "max_sum: 0"),
    ("editing: true", "editing: 3"),
    ("bulk: 0", "bulk: 101"),
    ("why: x is harmless.", "why: ''"),
    ("harm: ASI02", "harm: ASI12"),
    ("measure: sum", "measure: mean"),
    ("of: /arguments/amount", "of: amount"),
    ("kind: sql", "kind: poetry"),
    ("{sql: /arguments/sql}", "{poem: /arguments/sql}"),
    ("at_least: 300", "at_least: 1"),
    ("default_tier: medium\n", ""),
    ("rules:", "ruls:"),
]


def is_valid(source: str) -> bool:
    return jsonschema_rs.is_valid(schema(), yaml.safe_load(source))


def test_every_shipped_policy_fits() -> None:
    sources = sorted(SHIPPED.parent.glob("*.yaml"))
    assert len(sources) >= 2
    assert [path.name for path in sources if not is_valid(path.read_text())] == []


def test_a_policy_with_everything_in_it_fits_and_can_be_read() -> None:
    assert is_valid(POLICY)
    parse(POLICY)


@pytest.mark.parametrize(("before", "after"), WRONG, ids=[new for _, new in WRONG])
def test_both_refuse_what_is_wrong(before: str, after: str) -> None:
    assert before in POLICY
    wrong = POLICY.replace(before, after, 1)
    assert not is_valid(wrong)
    with pytest.raises(PolicyError):
        parse(wrong)


def test_names_the_same_members() -> None:
    made: dict[str, Any] = schema()
    assert made["properties"].keys() == set(MEMBERS)
    assert set(made["required"]) == set(REQUIRED)
    tier = made["properties"]["tiers"]["additionalProperties"]["properties"]
    assert tier.keys() == {field.name for field in fields(Tier)} - {"key"}


def test_is_published_in_the_docs_as_the_command_prints_it() -> None:
    printed = StringIO()
    call_command("policy", "schema", stdout=printed)
    assert (DOCS / "policy.schema.json").read_text() == printed.getvalue()
    jsonschema_rs.meta.validate(json.loads(printed.getvalue()))
