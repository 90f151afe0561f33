"""Names that rules can read, and findings, are explained where people look."""

from pathlib import Path

import pytest

from approvals.policy import VARIABLES
from approvals.policy_reference import document, findings, harm_name, variables
from approvals.risk.codes import Harm

DOCS = Path(__file__).parents[2] / "docs"


def test_the_docs_are_what_the_code_says() -> None:
    made = "".join(f"{line}\n" for line in document())
    assert (DOCS / "reference.md").read_text(encoding="utf-8") == made


def test_every_variable_has_a_type_and_a_meaning() -> None:
    named = {one.name: (one.type, one.meaning) for one in variables()}
    assert named.keys() == VARIABLES.keys()
    assert all(kind and meaning for kind, meaning in named.values())


def test_the_windows_of_a_policy_are_variables_too() -> None:
    names = [one.name for one in variables(["refunds_24h"])]
    assert "window.refunds_24h" in names
    assert names == sorted(names)


@pytest.mark.parametrize("harm", Harm)
def test_every_harm_has_a_name(harm: Harm) -> None:
    assert harm_name(harm)


def test_every_finding_has_a_sentence() -> None:
    wrong = [name for name, code in findings() if not code.meaning.endswith(".")]
    assert wrong == []
    assert [name for name, code in findings() if len(code.meaning) > 120] == []
