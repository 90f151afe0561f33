"""``make bench``: the budget of the main job, measured on this machine, as JSON.

Starts ``manage.py serve`` in a temporary data folder, as shipped: embedded
PostgreSQL with fsync on, one process, every check on. Everything, the load
included, shares the cores; so the ratios to PostgreSQL's own rate in the same
run say more than the absolute numbers. ``ARGS=assessment`` measures the analysis
of actions alone, ``ARGS=backtest`` a back-test alone, ``ARGS=log`` what the audit
log costs, ``ARGS=verification`` the offline verifier with a million entries,
``ARGS=desk`` people's pages with a million requests and 200 open sockets.
``ARGS=steps`` takes STEPS
random steps through the states of requests instead, ``ARGS=races`` every round of
the races and of the brake's trials, of which tests try a part; both take minutes.
"""

import argparse
import asyncio
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import acting, assessment, desk, log, measures, postgres, verification
from benchmarks.acting import PASSWORD, PEOPLE

ROOT = Path(__file__).resolve().parent.parent
STEPS = 200_000
STATE_MACHINE = "tests/approvals/test_state_machine.py"
RACES = [
    "tests/approvals/test_races_of_everything.py",
    "tests/approvals/test_races_redemption.py",
    "tests/flows/test_brake_trials.py",
]
REGISTER = """
import json
from agents.registry import register_agent
from audit.log import COMMAND_LINE
print(json.dumps([
    register_agent(f"bench-{number}", actor=COMMAND_LINE).key for number in range(%d)
]))
"""

WINDOWS = """
windows:
  - {key: asked, measure: count, per: [agent], within: 1h}
  - {key: spent, measure: sum, of: /arguments/amount, per: [agent], within: 24h}
  - {key: reached, measure: distinct, of: /arguments/sql, per: [session], within: 10m}
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parts = ["assessment", "backtest", "budget", "desk", "log", "races", "steps"]
    parts.append("verification")
    parser.add_argument("part", nargs="?", choices=parts)
    part = parser.parse_args().part
    if part == "steps":
        report = _steps()
    elif part == "races":
        report = _races()
    elif part == "assessment":
        report = assessment.report()
    elif part == "log":
        report = log.report(_serving_one_agent)
    elif part == "desk":
        with _folder() as folder:
            report = desk.report(folder, _serving, _manage)
    elif part == "verification":
        report = verification.report()
    else:
        with _folder() as folder:
            report = _measure(folder, part)
        if part != "backtest":
            report["assessment"] = assessment.report()
    print(json.dumps(report, indent=2))


def _steps() -> dict[str, Any]:
    """The state machine's test with STEPS steps; exits with its status if it fails."""
    return {"steps": STEPS, "seconds": _tested([STATE_MACHINE], STEPS=str(STEPS))}


def _races() -> dict[str, Any]:
    """Every round of the races and of the brake's trials; exits as their tests do."""
    return {"races": RACES, "seconds": _tested(RACES, ROUNDS="all")}


def _tested(files: list[str], **variables: str) -> float:
    """Seconds."""
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "-s", *files]
    start = time.perf_counter()
    environment = {**os.environ, **variables}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=sys.stderr)
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(done.returncode)
    return round(seconds, 1)


def _measure(data_dir: Path, part: str | None) -> dict[str, Any]:
    with _serving(data_dir, ["manage.py"]) as environment:
        if part == "backtest":
            return _backtest(environment)
        for name in PEOPLE:
            _manage(
                environment, "create_user", name, "--group", "reviewers",
                "--password-stdin", "--json", text=PASSWORD,
            )  # fmt: skip
        keys = _register(environment, measures.SAMPLES + 1)
        report = asyncio.run(_report(environment, keys, data_dir))
        return {**report, "backtest": _backtest(environment)}


@contextmanager
def _serving(data_dir: Path, program: list[str]) -> Iterator[dict[str, str]]:
    """The environment of a server under way, which ends with the block."""
    port = _free_port()
    environment = {
        **os.environ,
        "DATA_DIR": str(data_dir),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "RATE_LIMIT": "10000000",
    }
    command = [sys.executable, *program, "serve", "--port", str(port)]
    server = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout
        while "is ready at" not in (line := server.stdout.readline()):
            assert line, "the server did not start"
        yield environment
    finally:
        server.terminate()
        server.communicate(timeout=15)


@contextmanager
def _serving_one_agent(program: list[str]) -> Iterator[tuple[str, str]]:
    """Address and key, in a data folder of its own."""
    with _folder() as folder, _serving(folder, program) as environment:
        yield environment["BASE_URL"], _register(environment, 1)[0]


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="countersign-bench-") as folder:
        os.chmod(folder, 0o711)
        yield Path(folder)


def _register(environment: dict[str, str], number: int) -> list[str]:
    """Keys of so many agents."""
    command = ("shell", "--verbosity=0", "--command", REGISTER % number)
    keys: list[str] = json.loads(_manage(environment, *command))
    return keys


def _backtest(environment: dict[str, str]) -> dict[str, Any]:
    script = "from benchmarks.backtest import run; run()"
    said = _manage(environment, "shell", "--verbosity=0", "--command", script)
    measured: dict[str, Any] = json.loads(said)
    slowest = max(measured[name]["seconds"] for name in ("plain", "with_3_windows"))
    return {**measured, "budget": {"10000_requests_under_10_s": slowest < 10}}


async def _report(
    environment: dict[str, str], keys: list[str], data_dir: Path
) -> dict[str, Any]:
    address, (key, *others) = environment["BASE_URL"], keys
    seconds = measures.SECONDS
    inserts = await asyncio.to_thread(postgres.three_inserts, data_dir, 32, seconds)
    loads = {str(n): await measures.submit_load(address, [key], n) for n in (1, 8, 32)}
    windows = await _with_windows(environment, keys, data_dir)
    redeemed = await measures.redeem_load(address, key, 32)
    visible = await measures.submit_to_visible(address, key)
    decided = await measures.decide_to_long_poll(address, key)
    quorum = await measures.decide_to_long_poll(address, key, people=2)
    braked = await measures.brake_to_in_force(address, others)
    rate = loads["32"]["requests_per_second"]
    return {
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version()},
        "submit": loads,
        "submit_with_3_windows": windows,
        "redeem": {"32": redeemed},
        "submit_to_visible_ms": visible,
        "decide_to_long_poll_ms": decided,
        "second_of_two_decides_to_long_poll_ms": quorum,
        "brake_to_in_force_ms": braked,
        "postgres_three_inserts_per_second": inserts,
        "submit_share_of_postgres": round(rate / inserts, 4),
        "budget": {
            "submit_32_clients_at_least_250": rate >= 250,
            "submit_to_visible_p50_under_50_ms": visible["p50"] < 50,
            "submit_to_visible_p99_under_250_ms": visible["p99"] < 250,
            "decide_to_long_poll_p99_under_100_ms": decided["p99"] < 100,
            "brake_to_in_force_p99_under_1_s": braked["p99"] < 1000,
        },
    }


async def _with_windows(
    environment: dict[str, str], keys: list[str], data_dir: Path
) -> dict[str, Any]:
    """The same load while each request counts in three windows.

    Requests of one agent wait for each other from the count to the commit, because
    none may pass a limit that another one has just reached; 32 agents do not.
    """
    plain, counting = data_dir / "plain.yaml", data_dir / "counting.yaml"
    plain.write_text(_manage(environment, "policy", "export"))
    counting.write_text(plain.read_text() + WINDOWS)
    publish = ("policy", "publish", "--reason", "measured")
    await asyncio.to_thread(_manage, environment, *publish, str(counting))
    address, ask = environment["BASE_URL"], acting.adds_up
    loads = {
        "1_client": await measures.submit_load(address, keys[:1], 1, ask),
        "32_clients_of_one_agent": await measures.submit_load(
            address, keys[:1], 32, ask
        ),
        "32_agents": await measures.submit_load(address, keys[:32], 32, ask),
    }
    await asyncio.to_thread(_manage, environment, *publish, str(plain))
    return loads


def _manage(environment: dict[str, str], *arguments: str, text: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
