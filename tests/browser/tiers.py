"""A server whose tiers ask for everything a tier can ask for, by the action's name."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Server
from tests.serving import Serving, data_folder, manage

POLICY = """
default_tier: plain
tiers:
  harmless: {rank: 10, route: auto}
  plain:
    rank: 20
    route: review
    requirements: [{group: reviewers, count: 1}]
    reason_required: never
    grants: {max_uses: 50, max_duration: 7d, max_sum: 1000}
  two:
    name: Two people
    rank: 30
    route: review
    requirements: [{group: reviewers, count: 2}]
    escalation: {after: 50%, groups: [managers]}
    grants: {max_uses: 50, max_duration: 7d, max_sum: 1000}
    second_person_after_edit: true
  typed:
    rank: 31
    route: review
    requirements: [{group: reviewers, count: 1}]
    confirmation: type_target
  viewed:
    rank: 33
    route: review
    requirements: [{group: reviewers, count: 1}]
    reason_required: never
    must_view: true
  fresh:
    rank: 32
    route: review
    requirements: [{group: reviewers, count: 1}]
    step_up: recent_login
  keyed:
    rank: 40
    route: review
    requirements: [{group: reviewers, count: 1}]
    step_up: passkey
  never: {rank: 50, route: block}
rules:
  - {key: two, when: action.name == "two" || findings.severity_rank >= 3, tier: two}
  - {key: typed, when: action.name == "typed", tier: typed}
  - {key: viewed, when: action.name == "viewed", tier: viewed}
  - {key: fresh, when: action.name == "fresh", tier: fresh}
  - {key: keyed, when: action.name == "keyed", tier: keyed}
"""
LINES = 30.0
"""Seconds for the lines after the first start's address."""


@pytest.fixture(scope="module")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """As every browser test's, with the policy above in force."""
    with data_folder() as data_dir, Serving(data_dir) as serving:
        server = announced(serving)
        file = tmp_path_factory.mktemp("policy") / "policy.yaml"
        file.write_text(POLICY, encoding="utf-8")
        publish(data_dir, file)
        yield server


def announced(serving: Serving) -> Server:
    serving.ready()
    until = time.monotonic() + LINES
    while not (key := re.search(r"csk_\w{36}", serving.output)):
        assert time.monotonic() < until, serving.output
        time.sleep(0.05)
    people = re.findall(r"^ +(admin|alice|bob) +(\S+)$", serving.output, re.MULTILINE)
    return Server(serving.url, dict(people), key[0])


def publish(data_dir: Path, file: Path) -> None:
    done = manage(data_dir, "policy", "publish", str(file), "--reason", "for tests")
    assert done.returncode == 0, done.stderr
