"""Terraform: plans, configurations and commands."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.canonical import Action
from approvals.risk import Assessment, Severity, assess
from approvals.risk.terraform import analyse

LOW, MEDIUM = Severity.LOW, Severity.MEDIUM
HIGH, CRITICAL = Severity.HIGH, Severity.CRITICAL


def change(*actions: str, address: str = "aws_x.y", **after: Any) -> dict[str, Any]:
    return {"address": address, "change": {"actions": actions, "after": after or None}}


def planned(*changes: dict[str, Any]) -> list[Assessment]:
    """The same plan as an object and as text."""
    plan = {"format_version": "1.2", "resource_changes": list(changes)}
    return [
        assess(Action("terraform.apply", "bot", {"plan": value}))
        for value in (json.loads(json.dumps(plan)), json.dumps(plan))
    ]


def severity_of(assessment: Assessment, code: str) -> Severity | None:
    found = [one.severity for one in assessment.findings if one.code == code]
    return found[0] if found else None


@pytest.mark.parametrize(
    ("changed", "code", "severity"),
    [
        (change("delete"), "terraform.destroy", CRITICAL),
        (change("delete", "create"), "terraform.replace", CRITICAL),
        (change("create", "delete"), "terraform.replace", CRITICAL),
        (change("create"), "terraform.change", MEDIUM),
        (change("update"), "terraform.change", MEDIUM),
        (change("frobnicate"), "terraform.uninspectable", HIGH),
        (change("create", ingress=[{"cidr_blocks": ["0.0.0.0/0"]}]),
         "terraform.public_exposure", HIGH),
        (change("update", publicly_accessible=True), "terraform.public_exposure", HIGH),
        (change("create", acl="public-read"), "terraform.public_exposure", HIGH),
        (change("update", deletion_protection=False),
         "terraform.protection_removed", HIGH),
        (change("create", policy=json.dumps({"Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"}]})),
         "terraform.access_policy", CRITICAL),
        (change("create", policy_arn="arn:aws:iam::aws:policy/AdministratorAccess"),
         "terraform.access_policy", HIGH),
    ],
)  # fmt: skip
def test_finds_what_a_plan_would_do(
    changed: dict[str, Any], code: str, severity: Severity
) -> None:
    for assessment in planned(changed):
        assert severity_of(assessment, code) == severity


def test_counts_what_is_destroyed_and_names_it() -> None:
    changes = [change("delete", address=f"aws_x.n{n}") for n in range(12)]
    for assessment in planned(*changes, change("no-op")):
        impact = assessment.impact
        assert (impact.verb, impact.scale) == ("delete", 12)
        assert impact.reversible == "no"
        assert impact.target.startswith("aws_x.n0, aws_x.n1")


@pytest.mark.parametrize(
    "changed",
    [
        change("no-op"),
        change("read"),
        change("no-op", publicly_accessible=True),
    ],
    ids=["nothing", "reading", "as before"],
)
def test_a_plan_that_changes_nothing_is_quiet(changed: dict[str, Any]) -> None:
    for assessment in planned(changed):
        codes = {one.code for one in assessment.findings}
        assert not [code for code in codes if code.startswith("terraform.")]


def test_what_goes_out_may_go_everywhere() -> None:
    (as_object, as_text) = planned(change("create", egress=[{"cidr_blocks": ["::/0"]}]))
    assert severity_of(as_text, "terraform.public_exposure") is None
    assert severity_of(as_object, "terraform.public_exposure") is None


HCL = 'resource "aws_x" "y" {\n%s\n}\n'


@pytest.mark.parametrize(
    ("body", "code", "severity"),
    [
        ("a = 1", "terraform.change", MEDIUM),
        ('ingress { cidr_blocks = ["0.0.0.0/0"] }', "terraform.public_exposure", HIGH),
        ("publicly_accessible = true", "terraform.public_exposure", HIGH),
        ('acl = "public-read"', "terraform.public_exposure", HIGH),
        ("block_public_acls   = false", "terraform.public_exposure", HIGH),
        ("deletion_protection = false", "terraform.protection_removed", HIGH),
        ("force_destroy = true", "terraform.protection_removed", HIGH),
        ('actions = ["*"]', "terraform.access_policy", HIGH),
        ('provisioner "local-exec" { command = "x" }', "terraform.runs_programs", HIGH),
    ],
)
def test_finds_what_a_configuration_describes(
    body: str, code: str, severity: Severity
) -> None:
    action = Action("terraform.apply", "bot", {"configuration": HCL % body})
    assert severity_of(assess(action), code) == severity


def test_says_which_modules_it_could_not_read() -> None:
    text = 'module "net" {\n  source = "./net"\n}\n'
    assessment = assess(Action("terraform.apply", "bot", {"hcl": text}))
    assert severity_of(assessment, "terraform.uninspectable") is LOW


def test_comments_and_what_goes_out_are_no_doors() -> None:
    body = '# publicly_accessible = true\negress { cidr_blocks = ["0.0.0.0/0"] }'
    assessment = assess(Action("terraform.apply", "bot", {"hcl": HCL % body}))
    assert severity_of(assessment, "terraform.public_exposure") is None


def test_writing_an_ordinary_configuration_into_a_file_holds_nobody_up() -> None:
    arguments = {"path": "main.tf", "content": HCL % "a = 1"}
    assert assess(Action("write_file", "bot", arguments)).severity in (None, LOW)


@pytest.mark.parametrize("plan", ["{", '{"resource_changes": 3}', "{}", "gibberish"])
def test_a_plan_that_cannot_be_read_is_held(plan: str) -> None:
    assessment = assess(Action("terraform.apply", "bot", {"plan": plan}))
    assert severity_of(assessment, "terraform.uninspectable") is HIGH


@pytest.mark.parametrize(
    ("command", "code", "severity"),
    [
        ("terraform destroy -auto-approve", "terraform.destroy", CRITICAL),
        ("terraform apply -destroy", "terraform.destroy", CRITICAL),
        ("tofu apply -auto-approve", "terraform.unattended", HIGH),
        ("terraform state rm aws_x.y", "terraform.state", HIGH),
        ("terraform state push x.tfstate", "terraform.state", HIGH),
        ("terraform force-unlock 1", "terraform.state", HIGH),
        ("terraform taint aws_x.y", "terraform.state", HIGH),
        ("terraform import aws_x.y i-1", "terraform.state", HIGH),
        ("terragrunt run-all destroy", "terraform.destroy", CRITICAL),
    ],
)
def test_finds_what_a_command_does(command: str, code: str, severity: Severity) -> None:
    assert (
        severity_of(assess(Action("Bash", "bot", {"command": command})), code)
        == severity
    )


@pytest.mark.parametrize(
    "command",
    ["terraform plan -out=p", "terraform validate", "terraform state list",
     "terraform show -json p", "terraform init", "terraform output -json"],
)  # fmt: skip
def test_looking_holds_nobody_up(command: str) -> None:
    assert assess(Action("Bash", "a", {"command": command})).severity in (None, LOW)


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=5) | st.sampled_from(["delete"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["resource_changes", "change", "actions", "after", "a"]
                ),
                inner,
                max_size=3,
            )
        ),
    )
)
def test_reading_never_raises(value: Any) -> None:
    for found in analyse(json.dumps({"resource_changes": value}), "/arguments/a"):
        assert found.pointer == "/arguments/a"
    assess(Action("terraform.apply", "bot", {"resource_changes": value}))
