"""Why a request got its tier, with what nobody could look into set apart."""

import pytest

from approvals import judgement, ruleset
from approvals.models import ApprovalRequest
from audit.log import COMMAND_LINE
from tests.approvals.conftest import TIERS

pytestmark = pytest.mark.django_db


def test_what_could_not_be_inspected_is_never_among_the_findings(ask) -> None:
    approval = ask("one", arguments={"sql": "DROP TABLE a; THIS IS NO SQL AT ALL ("})
    found = judgement.judgement(approval)
    assert [one.code for one in found.gaps] == ["sql.uninspectable"]
    assert "uninspectable" not in " ".join(one.code for one in found.found)
    everything = sorted(finding["code"] for finding in approval.findings)
    assert sorted(one.code for one in [*found.found, *found.gaps]) == everything


def test_names_the_rules_that_matched_and_the_one_that_decides(ask) -> None:
    rules = (
        TIERS + '  - {key: also, when: action.name == "both", tier: one, why: So.}\n'
    )
    ruleset.publish(rules, actor=COMMAND_LINE, reason="for this test")
    found = judgement.judgement(ask("both"))
    assert [(one.key, one.decides, one.raises_to) for one in found.rules] == [
        ("needs-both", True, "Both"),
        ("also", False, "One"),
    ]
    assert found.rules[1].why == "So."
    assert found.others == []
    assert judgement.judgement(ask("one")).others == ["default tier"]


def test_a_rule_that_failed_says_so(ask) -> None:
    when = "has(action.arguments.size) && int(action.arguments.size) > 1"
    rules = f"{TIERS}  - {{key: bad, when: '{when}', tier: two}}\n"
    ruleset.publish(rules, actor=COMMAND_LINE, reason="for this test")
    (found,) = judgement.judgement(ask("one", arguments={"size": "x"})).rules
    assert (found.key, bool(found.error)) == ("bad", True)


def test_says_what_is_counted_and_what_is_only_claimed(ask) -> None:
    truncating = ask(
        "one",
        arguments={"sql": "TRUNCATE a, b"},
        metadata={"affected_rows": "12000", "ticket": "12", "rows": "many"},
    )
    found = judgement.judgement(truncating)
    assert (found.unit, truncating.impact["scale"]) == ("tables", 2.0)
    assert [(claim.name, claim.number) for claim in found.claims] == [
        ("affected_rows", "12000")
    ]
    paying = ask("transfer_money", arguments={"amount": 20, "currency": "eur"})
    assert judgement.judgement(paying).unit == "EUR"


def test_findings_of_before_their_references_are_shown_too(ask) -> None:
    approval = ask("one", arguments={"sql": "DROP TABLE a"})
    old = {"code": "gone.code", "severity": "high", "pointer": "", "message": "m"}
    ApprovalRequest.objects.filter(pk=approval.pk).update(findings=[old])
    (found,) = judgement.judgement(ApprovalRequest.objects.get()).found
    assert (found.code, found.reference, found.harm) == ("gone.code", "", "")


def test_what_counts_nothing_does_not_hide_what_the_number_counts(ask) -> None:
    sql = "DELETE FROM orders; DROP TABLE order_archive"
    found = judgement.judgement(ask("one", arguments={"sql": sql}))
    assert found.unit == "object"


def test_the_same_at_several_places_is_one_finding(ask) -> None:
    people = [f"{name}@example.com" for name in ("ana", "ben", "cleo")]
    found = judgement.judgement(ask("email.send", arguments={"to": people})).found
    grouped = {one.code: places for one, places in judgement.together(found)}
    assert grouped["personal_data.email"] == [f"/arguments/to/{n}" for n in range(3)]
    assert sum(map(len, grouped.values())) == len([one for one in found if one.pointer])
