"""What the audit log costs whoever submits: the same load with it and without it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from statistics import median
from typing import Any

from benchmarks import measures

ROUNDS, CLIENTS = 5, 32
PROGRAMS = {"on": ["manage.py"], "off": ["-m", "benchmarks.unlogged"]}
Server = Callable[[list[str]], AbstractContextManager[tuple[str, str]]]
"""Starts one in a data folder of its own; its address and an agent's key."""


def report(server: Server) -> dict[str, Any]:
    """Requests a second of each, in turn; their medians as a ratio."""
    rates: dict[str, list[float]] = {"on": [], "off": []}
    for _ in range(ROUNDS):
        for name, program in PROGRAMS.items():
            with server(program) as (address, key):
                load = measures.submit_load(address, [key], CLIENTS)
                rates[name].append(asyncio.run(load)["requests_per_second"])
    ratio = median(rates["on"]) / median(rates["off"])
    return {
        "submit_requests_per_second": rates,
        "with_log_to_without": round(ratio, 3),
        "budget": {"at_least_85_percent": ratio >= 0.85},
    }
