"""The request that everything is tried with first, and calls to copy. Pure."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

EXAMPLE = {
    "action": "sql.execute",
    "arguments": {"sql": "UPDATE accounts SET plan = 0 WHERE id = 42"},
    "environment": "production",
    "resource": "billing-db",
    "summary": "Move customer 42 back to the free plan",
    "justification": "The customer asked for it in ticket 1187.",
}


def curl(
    url: str, key: str, path: str, body: Mapping[str, Any], *, wait: int = 0
) -> str:
    """One POST to the API, to paste into a shell; ``wait``: seconds, for the answer."""
    headers = [f"Authorization: Bearer {key}", "Content-Type: application/json"]
    if wait:
        headers.append(f"Prefer: wait={wait}")
    lines = [f"curl -sS '{url}/api/v1{path}'"]
    lines += [f"  -H '{header}'" for header in headers]
    lines.append(f"  -d {shlex.quote(json.dumps(body))}")
    return " \\\n".join(lines)
