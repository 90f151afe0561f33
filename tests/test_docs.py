"""The documentation says what the code does: links, names and examples."""

import ast
import re
import subprocess
import time
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jwt
import pytest

from agents import keys, signing
from agents.outbox import SCHEDULE
from approvals import canonical, permits, problems
from config.environment import Environment
from config.keys import permit_key

ROOT = Path(__file__).resolve().parent.parent
APPS = ("approvals", "agents", "audit", "config")
NOT_OURS = {".venv", ".data", ".git", "_build", "node_modules"}
PAGES = [
    path
    for path in sorted(ROOT.rglob("*.md"))
    if NOT_OURS.isdisjoint(path.relative_to(ROOT).parts)
    and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
]
NOT_IN_THE_API = {"forbidden"}
"""Reserved words of the contract that no answer has yet."""

FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^()\s]+)\)")


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _prose(path: Path) -> str:
    return FENCED.sub("", path.read_text(encoding="utf-8"))


def _anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#{1,6} +(.+)$", _prose(path), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in headings
    }


def _code(name: str, language: str) -> list[str]:
    return [text for _, found, text in FENCED.findall(_read(name)) if found == language]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(_prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = target.partition("#")
        found = (page.parent / place).resolve() if place else page
        assert found.exists(), target
        assert not anchor or anchor in _anchors(found), target


@pytest.mark.parametrize("name", list(Environment.model_fields))
def test_every_environment_variable_is_in_operations(name: str) -> None:
    assert f"\n| `{name.upper()}` |" in _read("docs/operations.md")


def test_operations_lists_no_other_environment_variable() -> None:
    settings = _read("docs/operations.md").split("## Settings")[1].split("\n## ")[0]
    listed = re.findall(r"^\| `([A-Z_]+)` \|", settings, re.MULTILINE)
    assert listed == [name.upper() for name in Environment.model_fields]


def test_every_make_target_is_explained() -> None:
    phony = re.search(r"^\.PHONY: (.+)$", _read("Makefile"), re.MULTILINE)
    assert phony
    explained = _read("README.md") + _read("CONTRIBUTING.md")
    for target in phony[1].split():
        assert f"`make {target}`" in explained, target


def test_the_readme_says_make_test() -> None:
    section = _read("README.md").split("## Test it")[1]
    assert section.startswith("\n\n```sh\nmake test\n```\n")


def _files_of_the_apps() -> set[str]:
    """Empty files have nothing to say; migrations are told of together."""
    return {
        str(path.relative_to(ROOT))
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts and path.stat().st_size
    }


def test_the_structure_names_every_file_and_no_other() -> None:
    named = set(re.findall(rf"`((?:{'|'.join(APPS)})/[\w/]+\.py)`", _map_of_files()))
    assert named == _files_of_the_apps()


def _map_of_files() -> str:
    """The tables by app; elsewhere on the page a file may only be mentioned."""
    return _read("docs/structure.md").split("\n## audit\n")[1]


def test_the_structure_mentions_only_what_exists() -> None:
    mentioned = re.findall(r"`((?:\w+/)+(?:\w+\.\w+)?)`", _read("docs/structure.md"))
    assert mentioned
    for path in mentioned:
        if path != "management/commands/":
            assert (ROOT / path).exists(), path


def test_the_structure_shows_the_import_contracts() -> None:
    tool = tomllib.loads(_read("pyproject.toml"))["tool"]
    layers = {
        contract["name"].removeprefix("Inside "): contract["layers"]
        for contract in tool["importlinter"]["contracts"]
        if contract["name"].startswith("Inside ")
    }
    shown = "\n\n".join(
        "\n".join([app, *(f"  {line.replace(f'{app}.', '')}" for line in lines)])
        for app, lines in layers.items()
    )
    assert f"{shown}\n" in _code("docs/structure.md", "text")


def test_every_kind_of_problem_is_explained_to_agents() -> None:
    slugs = re.findall(r"^\| `([a-z-]+)` \| \d", _read("docs/agents.md"), re.MULTILINE)
    assert sorted(slugs) == sorted(problems.TITLES.keys() - NOT_IN_THE_API)


def test_agents_are_told_when_callbacks_are_tried_again() -> None:
    waits = [wait.total_seconds() for wait in SCHEDULE]
    *most, last = (f"{wait / 3600:g}" for wait in waits[4:])
    assert waits[1:4] == [5, 300, 1800]
    told = f"after 5 seconds, 5 minutes, 30 minutes, {', '.join(most)} and {last} hours"
    assert told in " ".join(_read("docs/agents.md").split())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_code_in_the_pages_can_be_read(page: Path) -> None:
    name = str(page.relative_to(ROOT))
    for source in _code(name, "python"):
        ast.parse(source)
    for source in _code(name, "sh"):
        shell = subprocess.run(["sh", "-n"], input=source, text=True, check=False)
        assert shell.returncode == 0, source


@pytest.fixture(scope="module")
def example() -> SimpleNamespace:
    """The functions of docs/agents.md, as somebody would copy them."""
    names: dict[str, Any] = {}
    for source in _code("docs/agents.md", "python"):
        exec(source, names)
    return SimpleNamespace(**names)


BODY = b'{"type":"request.approved","data":{}}'


def test_the_documented_signature_is_accepted(example: SimpleNamespace) -> None:
    secret, now = keys.new_webhook_secret(), time.time()
    headers = example.signed(secret, "ci-1", BODY, now)
    assert signing.verify([secret], headers, BODY, now=now) == "ci-1"


@pytest.fixture
def callback() -> tuple[str, dict[str, str], float]:
    """A secret in rotation, the headers of a callback, and when it was sent."""
    secret, now = keys.new_webhook_secret(), time.time()
    headers = signing.headers(
        [keys.new_webhook_secret(), secret],
        message_id="d-1",
        timestamp=int(now),
        body=BODY,
    )
    return secret, dict(headers), now


def test_the_documented_check_accepts_a_callback(
    example: SimpleNamespace, callback: tuple[str, Mapping[str, str], float]
) -> None:
    secret, headers, now = callback
    assert example.opened(secret, headers, BODY, now)["type"] == "request.approved"


def test_the_documented_check_refuses_what_is_not_ours(
    example: SimpleNamespace, callback: tuple[str, Mapping[str, str], float]
) -> None:
    secret, headers, now = callback
    for body, at in ((BODY + b" ", now), (BODY, now + 302), (BODY, now - 302)):
        with pytest.raises(ValueError, match=r"secret|old"):
            example.opened(secret, headers, body, at)


ACTION = {
    "action": "sql.execute",
    "arguments": {"sql": "UPDATE accounts SET plan = 0 WHERE id = 42"},
    "environment": "production",
    "resource": None,
    "subject": None,
}


@pytest.fixture(scope="module")
def permit(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """A permit for ACTION, and the key set it verifies with."""
    key = permits.load_key(permit_key(tmp_path_factory.mktemp("keys")))
    now = datetime.now(UTC)
    action = {"name": ACTION["action"], **ACTION}
    del action["action"]
    covered = canonical.Action(agent="deploy-bot", **action)  # type: ignore[arg-type]
    claims = permits.Claims(
        issuer="https://countersign.example.com",
        agent="deploy-bot",
        request_id="r-1",
        digest=canonical.digest(covered.canonical()),
        action="sql.execute",
        tier="high",
        policy_version=1,
        approvers=["alice"],
        issued_at=now,
        expires_at=now + timedelta(minutes=15),
    )
    return permits.sign(claims, key), permits.jwks(key)


HOME = "https://countersign.example.com"


def test_the_documented_check_accepts_a_permit(
    example: SimpleNamespace, permit: tuple[str, dict[str, Any]]
) -> None:
    claims = example.checked(*permit, HOME, "deploy-bot", ACTION)
    assert claims["apr"] == ["alice"]


@pytest.mark.parametrize(
    ("home", "agent", "change"),
    [
        (HOME, "deploy-bot", {"arguments": {"sql": "DROP TABLE accounts"}}),
        (HOME, "deploy-bot", {"environment": "staging"}),
        (HOME, "other-bot", {}),
        ("https://elsewhere.example.com", "deploy-bot", {}),
    ],
)
def test_the_documented_check_refuses_a_permit_for_anything_else(
    example: SimpleNamespace,
    permit: tuple[str, dict[str, Any]],
    home: str,
    agent: str,
    change: dict[str, Any],
) -> None:
    with pytest.raises((ValueError, jwt.PyJWTError)):
        example.checked(*permit, home, agent, {**ACTION, **change})


def test_the_documented_check_refuses_a_permit_of_another_server(
    example: SimpleNamespace, permit: tuple[str, dict[str, Any]], tmp_path: Path
) -> None:
    others = permits.jwks(permits.load_key(permit_key(tmp_path)))
    with pytest.raises(ValueError, match="do not know"):
        example.checked(permit[0], others, HOME, "deploy-bot", ACTION)
