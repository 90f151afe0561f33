"""tests/data/decisions.yaml, its policies and its words."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[1] / "data" / "decisions.yaml"
TABLE: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))


def seconds(text: str) -> timedelta:
    """``1h59m59s`` as a duration."""
    found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", text)
    assert found, text
    hours, minutes, rest = (int(part or 0) for part in found.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=rest)


def words(text: str) -> str:
    """Texts that are awkward to write down."""
    if found := re.fullmatch(r"(\d+) characters", text):
        return "x" * int(found[1])
    return text.replace("U+0000", "before\0after")


def document(elsewhere: Mapping[str, str], trip_wires: list[Any]) -> str:
    """The policy of the table, with some actions going to other tiers."""
    tiers = TABLE["tiers"]
    by_name = {**{key: key for key in tiers}, **elsewhere}
    rules = [
        {"key": name, "when": f'action.name == "{name}"', "tier": tier}
        for name, tier in by_name.items()
    ]
    more = [{"key": f"more-{n}", **rule} for n, rule in enumerate(TABLE["rules"])]
    policy = {"default_tier": "one", "tiers": tiers, "rules": rules + more}
    if trip_wires:
        policy["trip_wires"] = trip_wires
    return yaml.dump(policy, Dumper=_NoAliases, sort_keys=False)


class _NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True
