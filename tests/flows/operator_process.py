"""A third process on the same database: engages and releases what it is told to.

Reads one JSON object a line, ``{"engage": {…}}`` or ``{"release": id}``, and
answers each with a line: the brake's id.
"""

import json
import sys
from typing import Any

import django

django.setup()

from approvals import lifecycle  # noqa: E402
from audit.log import COMMAND_LINE  # noqa: E402

HUMANS = ("user:1001", "user:1002")
"""Two, as the setting asks for."""


def main() -> None:
    # Once for nobody: what is measured is not how long a process takes to wake up.
    nobody = {"scope": "session", "value": "nobody's", "reason": "warming up"}
    release({"release": engage(nobody)})
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        print(engage(order["engage"]) if "engage" in order else release(order))
        sys.stdout.flush()


def engage(wanted: dict[str, Any]) -> str:
    return str(lifecycle.engage_brake(**wanted, actor=COMMAND_LINE).pk)


def release(order: dict[str, Any]) -> str:
    for human in HUMANS:
        released = lifecycle.release_brake(
            order["release"], human=human, actor=COMMAND_LINE, reason="trial over"
        )
    assert released.released_at is not None
    return str(released.pk)


if __name__ == "__main__":
    main()
