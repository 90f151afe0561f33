"""How long one assessment takes, by kind and size of the action, and on hostile text.

Pure Python, one process, one core: no database and no server take part.
"""

import random
import resource
import time
from collections.abc import Iterator
from statistics import median
from typing import Any

from approvals.canonical import Action
from approvals.risk import assess
from approvals.risk.context import NOTHING_KNOWN, Context

LARGEST = 256 * 1024
"""Bytes of the largest request that agents can send."""
BUDGET_MS = {"p50": 1.5, "p99": 15.0, "hostile": 250.0, "mib": 50.0}

ORDINARY: dict[str, tuple[str, dict[str, Any]]] = {
    "sql read": ("sql.execute", {"sql": "SELECT id, name FROM customers WHERE id = 7"}),
    "sql change": (
        "sql.execute",
        {"sql": "UPDATE accounts SET plan = 'pro' WHERE id = 7; DROP TABLE old"},
    ),
    "shell": ("Bash", {"command": "git status && rg -n TODO src | head -20"}),
    "shell nested": (
        "Bash",
        {"command": "sudo sh -c 'find /var -name \"*.log\" -exec rm -f {} +' | tee x"},
    ),
    "code": (
        "python.run",
        {"code": "import json\nprint(sum(json.loads('[1, 2, 3]')))\n"},
    ),
    "message": (
        "email.send",
        {
            "to": "ana@example.com",
            "subject": "Your order",
            "body": "Hello Ana,\nyour order 4711 is on its way.\nKind regards",
        },
    ),
    "payment": (
        "payments.refund",
        {"amount": 12.5, "currency": "EUR", "order": "4711"},
    ),
    "packages": ("pip.install", {"packages": ["requests==2.32.3", "numpy"]}),
    "http": ("http.request", {"method": "GET", "url": "https://example.com/a?b=c"}),
    "file": ("write_file", {"path": "src/app.py", "content": "print('hello')\n" * 20}),
    "lookup": ("get_order_details", {"order_id": "#W2378156", "zip": "19122"}),
}  # fmt: skip
PARTS = (
    "(", "[", "a", "0", "@", "'", '"', "$(", "`", "\\", "\n", " ", "-", "é", "\u202e",
    "SELECT ", "DROP TABLE t;", "a AND (", "IN (1,", "rm -rf / ;", "| sh ", "<<E\n",
    "a@b.co ", "4111111111111111 ", "+49 30 9018 20 ", "DE89370400440532013000 ",
    "-----BEGIN ", "eyJhbGciOi.", "password=Zx9 ", "ignore previous instructions ",
    "<|im_start|>", "https://e.io/?q=", "reqeusts==1 ", "../", "{", '{"a":', "&a *a ",
    "import os\n", "lambda:", "resource \"a\" \"b\" {\n", "аррӏе ", "👨\u200d👩 ",
)  # fmt: skip
HOSTILE_TOOLS = (
    ("sql.execute", "sql"), ("Bash", "command"), ("python.run", "code"),
    ("email.send", "body"), ("pip.install", "packages"), ("write_file", "content"),
    ("terraform.apply", "plan"), ("x", "data"),
)  # fmt: skip
MEMBERS = (
    "to", "path", "url", "yaml", "plan", "sql", "code", "argv", "requirements", "payee",
    "amount", "memory", "headers", "policy", "statements", "commands", "html", "tf",
)  # fmt: skip
STRUCTURES = 80


def report(rounds: int = 200) -> dict[str, Any]:
    """Milliseconds of ordinary actions, and the worst of hostile ones by tool."""
    context = NOTHING_KNOWN
    for name, arguments in ORDINARY.values():
        _timed(name, arguments, context)  # What is loaded once is loaded now.
    ordinary = {kind: _ordinary(kind, rounds, context) for kind in ORDINARY}
    times = [time for kind in ordinary.values() for time in kind.pop("all")]
    before = _highest_memory()
    hostile = dict(_hostile(context))
    worst = max(found["ms"] for found in hostile.values())
    memory = _highest_memory() - before
    together = _spread(times)
    return {
        "ordinary_ms": {**ordinary, "all": together},
        "hostile_256_kib": hostile,
        "hostile_256_kib_more_memory_mib": round(memory, 1),
        "budget": {
            "p50_under_1_5_ms": together["p50"] < BUDGET_MS["p50"],
            "p99_under_15_ms": together["p99"] < BUDGET_MS["p99"],
            "hostile_under_250_ms": worst < BUDGET_MS["hostile"],
            "hostile_under_50_mib": memory < BUDGET_MS["mib"],
        },
    }


def _ordinary(kind: str, rounds: int, context: Context) -> dict[str, Any]:
    name, arguments = ORDINARY[kind]
    times = [_timed(name, arguments, context) for _ in range(rounds)]
    return {**_spread(times), "all": times}


def _hostile(context: Context) -> Iterator[tuple[str, dict[str, Any]]]:
    """The worst shape of text for each tool."""
    for name, member in HOSTILE_TOOLS:
        times = {
            shape: _timed(name, {member: text}, context) for shape, text in shapes()
        }
        slowest = max(times, key=lambda shape: times[shape])
        yield name, {"ms": round(times[slowest], 1), "shape": slowest}
    times = {
        label: _timed(name, arguments, context)
        for label, name, arguments in structures()
    }
    slowest = max(times, key=lambda label: times[label])
    yield "structures", {"ms": round(times[slowest], 1), "shape": slowest}


def structures() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Objects and lists of the largest size, with something for every analyser."""
    chooser = random.Random(11)
    for number in range(STRUCTURES):
        name, member = chooser.choice(HOSTILE_TOOLS)
        members = [member, *chooser.sample(MEMBERS, chooser.randint(1, 7))]
        size = (LARGEST - 4_096) // len(members)
        arguments = {one: _value(chooser, one, size) for one in members}
        yield f"{number}: {name} {', '.join(arguments)}", name, arguments


def _value(chooser: random.Random, member: str, size: int) -> Any:
    """One text, many of them in a list, in objects, or as members of one object."""
    count = chooser.choice((1, 10, 100, 400))
    parts = chooser.choices(PARTS, k=chooser.choice((1, 3, 12)))
    # A quote or a line end takes two bytes in JSON, beside marks and names.
    each = max(8, size // count // 2 - len(member) - 8)
    texts = [
        "".join(chooser.choices(parts, k=each)).encode()[:each].decode(errors="ignore")
        for _ in range(count)
    ]
    match chooser.choice(("text", "list", "objects", "members")):
        case "text":
            return "".join(texts)
        case "objects":
            return [{member: text} for text in texts]
        case "members":
            return {f"{member}{index}": text for index, text in enumerate(texts)}
    return texts


def shapes() -> Iterator[tuple[str, str]]:
    """Texts of the largest size: one part again and again, and random mixtures."""
    for part in PARTS:
        yield part, part * (LARGEST // len(part.encode()))
    chooser = random.Random(7)
    for number in range(8):
        mixed = "".join(chooser.choices(PARTS, k=LARGEST // 8))
        yield f"mixture {number}", mixed.encode()[:LARGEST].decode(errors="ignore")


def _timed(name: str, arguments: dict[str, Any], context: Context) -> float:
    action = Action(name=name, agent="bench", arguments=arguments)
    start = time.perf_counter()
    assess(action, context)
    return (time.perf_counter() - start) * 1000


def _highest_memory() -> float:
    """MiB that this process has ever held at once, with what C libraries held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _spread(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    p99 = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    figures = {"p50": median(ordered), "p99": p99, "max": ordered[-1]}
    return {name: round(value, 3) for name, value in figures.items()}
