"""What PostgreSQL itself does on this machine: the measure for our own rate."""

import re
import subprocess
from pathlib import Path

import psycopg

from config.embedded import connection_settings, program

SCRIPT = """
BEGIN;
INSERT INTO bench_row (body) VALUES (repeat('a', 2048));
INSERT INTO bench_row (body) VALUES (repeat('b', 2048));
INSERT INTO bench_row (body) VALUES (repeat('c', 2048));
COMMIT;
"""
"""The statements of a submission: three rows of 2 KB in one transaction."""


def three_inserts(data_dir: Path, clients: int, seconds: float) -> float:
    """Transactions a second of ``pgbench`` on the embedded database."""
    to = connection_settings(None, data_dir)
    script = data_dir / "three_inserts.sql"
    script.write_text(SCRIPT)
    with psycopg.connect(
        host=to["HOST"], port=to["PORT"], user=to["USER"], dbname=to["NAME"]
    ) as connection:
        connection.execute(
            "CREATE TABLE bench_row (id bigserial PRIMARY KEY, body text)"
        )
        connection.execute("ALTER TABLE bench_row ALTER body SET STORAGE EXTERNAL")
    done = subprocess.run(
        [
            str(program("pgbench")),
            "--no-vacuum",
            "--protocol=prepared",
            f"--client={clients}",
            "--jobs=2",
            f"--time={seconds:.0f}",
            f"--file={script}",
            f"--host={to['HOST']}",
            f"--port={to['PORT']}",
            f"--username={to['USER']}",
            str(to["NAME"]),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    assert found, done.stdout
    return round(float(found[1]), 1)
