"""``make bench``: the budget of the main job, measured on this machine, as JSON.

Starts ``manage.py serve`` in a temporary data folder, as shipped: embedded
PostgreSQL with fsync on, one process, every check on. Everything, the load
included, shares the cores; so the ratios to PostgreSQL's own rate in the same
run say more than the absolute numbers. ``ARGS=steps`` takes STEPS random steps
through the states of requests instead, which takes long.
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
from pathlib import Path
from typing import Any

from benchmarks import measures, postgres
from benchmarks.acting import PASSWORD, PEOPLE

ROOT = Path(__file__).resolve().parent.parent
STEPS = 200_000
STATE_MACHINE = "tests/approvals/test_state_machine.py"
REGISTER = """
import json
from agents.registry import register_agent
from audit.log import COMMAND_LINE
print(json.dumps([
    register_agent(f"bench-{number}", actor=COMMAND_LINE).key for number in range(%d)
]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("part", nargs="?", choices=["budget", "steps"])
    if parser.parse_args().part == "steps":
        report = _steps()
    else:
        with tempfile.TemporaryDirectory(prefix="countersign-bench-") as folder:
            os.chmod(folder, 0o711)
            report = _measure(Path(folder))
    print(json.dumps(report, indent=2))


def _steps() -> dict[str, Any]:
    """The state machine's test with STEPS steps; exits with its status if it fails."""
    command = [sys.executable, "-m", "pytest", "-n0", "-q", STATE_MACHINE]
    environment = {**os.environ, "STEPS": str(STEPS)}
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=sys.stderr)
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(done.returncode)
    return {"steps": STEPS, "seconds": round(seconds, 1)}


def _measure(data_dir: Path) -> dict[str, Any]:
    port = _free_port()
    environment = {
        **os.environ,
        "DATA_DIR": str(data_dir),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "RATE_LIMIT": "10000000",
    }
    command = [sys.executable, "manage.py", "serve", "--port", str(port)]
    server = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout
        while "is ready at" not in (line := server.stdout.readline()):
            assert line, "the server did not start"
        for name in PEOPLE:
            _manage(
                environment, "create_user", name, "--group", "reviewers",
                "--password-stdin", "--json", text=PASSWORD,
            )  # fmt: skip
        script = REGISTER % (measures.SAMPLES + 1)
        keys = _manage(environment, "shell", "--verbosity=0", "--command", script)
        return asyncio.run(_report(environment["BASE_URL"], keys, data_dir))
    finally:
        server.terminate()
        server.communicate(timeout=15)


async def _report(address: str, keys: list[str], data_dir: Path) -> dict[str, Any]:
    key, *others = keys
    seconds = measures.SECONDS
    inserts = await asyncio.to_thread(postgres.three_inserts, data_dir, 32, seconds)
    loads = {str(n): await measures.submit_load(address, key, n) for n in (1, 8, 32)}
    redeemed = await measures.redeem_load(address, key, 32)
    visible = await measures.submit_to_visible(address, key)
    decided = await measures.decide_to_long_poll(address, key)
    quorum = await measures.decide_to_long_poll(address, key, people=2)
    braked = await measures.brake_to_in_force(address, others)
    rate = loads["32"]["requests_per_second"]
    return {
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version()},
        "submit": loads,
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


def _manage(environment: dict[str, str], *arguments: str, text: str = "") -> Any:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
