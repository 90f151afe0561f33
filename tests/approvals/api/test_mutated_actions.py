"""Approved is one action: 1,000 others, each almost the same, are all refused."""

import itertools
import json
import random
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import httpx2

from approvals.models import Permit
from audit.models import Entry
from tests.approvals.api.asking import URL, problem

ACTIONS, MUTATIONS = 20, 50
"""So many actions are approved, and each is tried with so many mutations."""

Action = dict[str, Any]


def approved_arguments(number: int) -> Action:
    """Texts, numbers, flags, lists and objects, four deep; no two alike."""
    return {
        "statement": f"DELETE FROM customers WHERE id = {number}",
        "limit": number + 1,
        "dry_run": number % 2 == 0,
        "note": "Zoë paid in cafés – é is one character",
        "reason": None,
        "tags": ["billing", "copy", f"run-{number}"],
        "target": {
            "host": f"db-{number}.example.com",
            "port": 5432,
            "options": {"timeout": 30, "path": ["schemas", "public"], "ssl": True},
        },
    }


def canonical(action: Action) -> str:
    """RFC 8785 as an agent would write it; enough where names are ASCII and numbers
    are integers.
    """
    return json.dumps(action, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    """Bytes that are not UTF-8 stand in ``text`` as lone surrogates."""
    data = text.encode("utf-8", errors="surrogateescape")
    return f"sha256:{sha256(data).hexdigest()}"


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to everything inside the action that is neither object nor list."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        yield path
    for member, item in items:
        yield from places(item, (*path, member))


def at(action: Action, path: tuple[Any, ...]) -> Any:
    for member in path:
        action = action[member]
    return action


def changed(action: Action, path: tuple[Any, ...], value: Any) -> str:
    """The canonical JSON of a copy with another value at ``path``."""
    copy: Action = json.loads(json.dumps(action))
    at(copy, path[:-1])[path[-1]] = value
    return canonical(copy)


def some(
    action: Action, chance: random.Random, *kinds: type
) -> tuple[tuple[Any, ...], Any]:
    """A path to a value of one of these types exactly, and the value."""
    found = [path for path in places(action) if type(at(action, path)) in kinds]
    path = chance.choice(found)
    return path, at(action, path)


def flips_a_bit(action: Action, chance: random.Random) -> str:
    data = bytearray(canonical(action).encode())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return data.decode("utf-8", errors="surrogateescape")


def drops_a_byte(action: Action, chance: random.Random) -> str:
    text = canonical(action)
    place = chance.randrange(len(text))
    return text[:place] + text[place + 1 :]


def changes_a_text(action: Action, chance: random.Random) -> str:
    path, text = some(action, chance, str)
    return changed(action, path, text + chance.choice(["x", ";", "\u0000", "0"]))


def changes_a_number(action: Action, chance: random.Random) -> str:
    path, number = some(action, chance, int)
    return changed(action, path, number + chance.choice([-1, 1, 1000]))


def makes_a_number_a_text(action: Action, chance: random.Random) -> str:
    path, number = some(action, chance, int)
    return changed(action, path, str(number))


def makes_a_flag_a_number(action: Action, chance: random.Random) -> str:
    path, flag = some(action, chance, bool)
    return changed(action, path, int(flag))


def turns_a_flag(action: Action, chance: random.Random) -> str:
    path, flag = some(action, chance, bool)
    return changed(action, path, not flag)


def makes_null_something(action: Action, chance: random.Random) -> str:
    path, _ = some(action, chance, type(None))
    return changed(action, path, chance.choice(["", 0, False, [], {}, "null"]))


def makes_something_null(action: Action, chance: random.Random) -> str:
    path, _ = some(action, chance, str, int, bool)
    return changed(action, path, None)


def removes_a_member(action: Action, chance: random.Random) -> str:
    copy: Action = json.loads(json.dumps(action))
    path, _ = some(copy, chance, str, int, bool)
    del at(copy, path[:-1])[path[-1]]
    return canonical(copy)


def adds_a_member(action: Action, chance: random.Random) -> str:
    where = chance.choice([(), ("arguments",), ("arguments", "target", "options")])
    return changed(action, (*where, f"more{chance.randrange(100)}"), None)


def renames_a_member(action: Action, chance: random.Random) -> str:
    copy: Action = json.loads(json.dumps(action))
    path, value = some(copy, chance, bool)
    inside = at(copy, path[:-1])
    del inside[path[-1]]
    inside[chance.choice([path[-1].upper(), f"{path[-1]} ", f" {path[-1]}"])] = value
    return canonical(copy)


def wraps_a_value(action: Action, chance: random.Random) -> str:
    path, value = some(action, chance, str, int)
    return changed(action, path, chance.choice([[value], {"value": value}]))


def swaps_two_in_a_list(action: Action, chance: random.Random) -> str:
    tags = action["arguments"]["tags"]
    first, second = chance.sample(range(len(tags)), 2)
    swapped = list(tags)
    swapped[first], swapped[second] = swapped[second], swapped[first]
    return changed(action, ("arguments", "tags"), swapped)


LOOK_ALIKES = str.maketrans(
    "aceopxi-", "\u0430\u0441\u0435\u043e\u0440\u0445\u0456\u2010"
)
"""Latin letters to Cyrillic ones, and the hyphen to another."""


def has_a_look_alike(action: Action, chance: random.Random) -> str:
    path, text = some(action, chance, str)
    fitting = [n for n, char in enumerate(text) if char.translate(LOOK_ALIKES) != char]
    place = chance.choice(fitting)
    alike = text[place].translate(LOOK_ALIKES)
    return changed(action, path, text[:place] + alike + text[place + 1 :])


def is_normalised_otherwise(action: Action, chance: random.Random) -> str:
    form = chance.choice(["NFD", "NFKD"])
    note = action["arguments"]["note"]
    return changed(action, ("arguments", "note"), unicodedata.normalize(form, note))


INVISIBLE = (" ", "\t", "\n", "\u00a0", "\u200b", "\u200d", "\u202e", "\ufeff")


def has_white_space_inside_a_text(action: Action, chance: random.Random) -> str:
    path, text = some(action, chance, str)
    place = chance.randrange(len(text) + 1)
    more = chance.choice(INVISIBLE)
    return changed(action, path, text[:place] + more + text[place:])


def has_white_space_between_members(action: Action, chance: random.Random) -> str:
    """The same action, but not its canonical form."""
    text = canonical(action)
    place = chance.choice([n for n, char in enumerate(text) if char in '{,"[:'])
    return f"{text[:place]} {text[place:]}"


def is_about_something_else(action: Action, chance: random.Random) -> str:
    member = chance.choice(["environment", "resource", "subject", "action", "agent"])
    return changed(action, (member,), f"other-{chance.randrange(100)}")


KINDS: tuple[Callable[[Action, random.Random], str], ...] = (
    flips_a_bit,
    drops_a_byte,
    changes_a_text,
    changes_a_number,
    makes_a_number_a_text,
    makes_a_flag_a_number,
    turns_a_flag,
    makes_null_something,
    makes_something_null,
    removes_a_member,
    adds_a_member,
    renames_a_member,
    wraps_a_value,
    swaps_two_in_a_list,
    has_a_look_alike,
    is_normalised_otherwise,
    has_white_space_inside_a_text,
    has_white_space_between_members,
    is_about_something_else,
)


def reordered(value: Any, chance: random.Random) -> Any:
    """The same with the members of every object in another order."""
    if isinstance(value, list):
        return [reordered(item, chance) for item in value]
    if not isinstance(value, dict):
        return value
    members = sorted(value.items(), reverse=True)
    if chance.random() < 0.5:
        chance.shuffle(members)
    return {name: reordered(item, chance) for name, item in members}


def ask(api: httpx2.Client, number: int) -> tuple[str, Action]:
    """Something that policy approves at once: its id, and the action that would run."""
    asked = {
        "action": "none",
        "arguments": approved_arguments(number),
        "environment": "production",
        "resource": "billing-db",
    }
    resource = api.post(URL, json=asked).json()
    assert resource["state"] == "approved"
    action = {**asked, "agent": "deploy-bot", "subject": None}
    assert digest(canonical(action)) == resource["digest"]
    return resource["id"], action


def redeem(api: httpx2.Client, request_id: str, action: str) -> httpx2.Response:
    path = f"{URL}/{request_id}/redeem"
    return api.post(path, json={"digest": digest(action)})


def mutations(action: Action, chance: random.Random) -> dict[str, str]:
    """Canonical JSON of other actions, no two alike, each with how it came about."""
    found: dict[str, str] = {}
    for mutate in itertools.cycle(KINDS):
        found.setdefault(mutate(action, chance), mutate.__name__)
        if len(found) == MUTATIONS:
            break
    assert canonical(action) not in found
    return found


def test_1000_mutated_actions_are_refused_and_the_approved_one_is_good_once(
    api: httpx2.Client,
) -> None:
    chance = random.Random(1000)
    tried: Counter[str] = Counter()
    for number in range(ACTIONS):
        request_id, action = ask(api, number)
        for mutated, kind in mutations(action, chance).items():
            refused = redeem(api, request_id, mutated)
            assert refused.status_code == 409, (kind, mutated, refused.text)
            problem(refused, 409, "stale-revision")
            tried[kind] += 1
        assert Permit.objects.get(approval=request_id).state == "issued"
        other_order = reordered(action, chance)
        assert json.dumps(other_order) != json.dumps(action)
        redeemed = redeem(api, request_id, canonical(other_order))
        assert redeemed.status_code == 200, redeemed.text
        assert redeemed.json()["permit"]["state"] == "redeemed"
        again = redeem(api, request_id, canonical(action))
        problem(again, 409, "already-redeemed")

    assert tried.total() == ACTIONS * MUTATIONS
    assert set(tried) == {mutate.__name__ for mutate in KINDS}
    refusals = Entry.objects.filter(
        action="permit:redemption_refused", data__why="StaleRevision"
    )
    assert refusals.count() == ACTIONS * MUTATIONS
    assert Entry.objects.filter(action="permit:redeemed").count() == ACTIONS


def test_the_same_action_sent_in_any_order_has_the_same_digest(
    api: httpx2.Client,
) -> None:
    chance = random.Random(7)
    asked = {"action": "none", "arguments": approved_arguments(7)}
    digests = {
        api.post(URL, json=reordered(asked, chance)).json()["digest"] for _ in range(20)
    }
    assert len(digests) == 1
