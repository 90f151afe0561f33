"""What a policy says about actions and domains, read strictly."""

import pytest

from approvals.policy_document import PolicyError, parse
from approvals.risk.context import Context, Kind, Mapped, Role

POLICY = """
default_tier: medium
tiers:
  low: {rank: 10, route: auto}
  medium: {rank: 20, route: review, requirements: [{group: reviewers, count: 1}]}
rules: []
"""


def context(lines: str) -> Context:
    return parse(POLICY + lines).context


def problem(lines: str) -> str:
    with pytest.raises(PolicyError) as caught:
        context(lines)
    (only,) = caught.value.problems
    return f"{only.line}:{only.column} {only}"


def test_actions_have_patterns_a_kind_and_pointers() -> None:
    read = context("""
actions:
  - match: "warehouse.*"
    kind: sql
    pointers: {sql: /arguments/statement/text, recipients: [/arguments/to, /subject]}
  - {match: [crm.get, crm.find], kind: read}
internal_domains: [example.com, corp.example.org]
""")
    pointers = {
        Role.SQL: ("/arguments/statement/text",),
        Role.RECIPIENTS: ("/arguments/to", "/subject"),
    }
    assert read.actions == (
        Mapped(("warehouse.*",), Kind.SQL, pointers),
        Mapped(("crm.get", "crm.find"), Kind.READ, {}),
    )
    assert read.internal_domains == ("example.com", "corp.example.org")
    assert read.mapped("warehouse.run") == read.actions[:1]
    assert read.mapped("Warehouse.run") == ()


def test_domains_hold_what_is_below_them() -> None:
    ours = context("internal_domains: [example.com]")
    assert [
        name
        for name in ("example.com", "a.EXAMPLE.com.", "badexample.com", "example.co")
        if ours.is_internal(name)
    ] == ["example.com", "a.EXAMPLE.com."]


def test_nothing_is_known_without_them() -> None:
    assert context("") == Context((), ())
    assert context("internal_domains: []").internal_domains == ()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("actions: {}", "7:10 actions must be a list, not a mapping"),
        ("actions: [{kind: sql}]", "7:11 an action has no 'match'"),
        ("actions: [{match: x}]", "7:11 an action has no 'kind'"),
        (
            "actions: [{match: '*', kind: read}]",
            "7:19 pattern '*' names nothing (it would say of every action what it is)",
        ),
        ("actions: [{match: [], kind: sql}]", "7:19 match: at least 1, not 0"),
        (
            "actions: [{match: x, kind: sqll}]",
            "7:28 kind must be one of sql, shell, code, terraform, kubernetes, mongo,"
            " redis, http, file, message, money, packages, memory, read, not 'sqll'",
        ),
        (
            "actions: [{match: x, kind: sql, pointers: {sqls: /arguments/x}}]",
            "7:44 a pointer's role 'sqls' is unknown (did you mean 'sql'?)",
        ),
        (
            "actions: [{match: x, kind: sql, pointers: {sql: sql}}]",
            "7:49 'sql' points to nothing that an action has"
            " (for example /arguments/sql)",
        ),
        (
            "actions: [{match: x, kind: sql, pointers: {sql: /arguments/a~b}}]",
            "7:49 '/arguments/a~b' points to nothing that an action has"
            " (for example /arguments/sql)",
        ),
        (
            "internal_domains: [Example.com]",
            "7:20 'Example.com' is no domain (small letters, such as example.com)",
        ),
        (
            "internal_domains: [com]",
            "7:20 'com' is no domain (small letters, such as example.com)",
        ),
        (
            "internal_domains: [a.de, a.de]",
            "7:26 domain 'a.de' stands twice",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(lines: str, said: str) -> None:
    assert problem(lines) == said
