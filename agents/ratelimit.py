"""How many requests an agent may make: a fixed window of one minute in PostgreSQL.

One statement, so that it holds over all processes; the database's clock, so that
it holds over all machines. Headers by draft-ietf-httpapi-ratelimit-headers-10.
"""

from dataclasses import dataclass
from math import ceil

from django.conf import settings
from django.db import connection

WINDOW = 60
"""Seconds."""

# Somebody in the next minute may have come first while this statement waited:
# then it counts there. A window further ahead is left from a clock that was set
# back, and starts anew.
_TAKE = """
WITH clock AS (SELECT extract(epoch FROM statement_timestamp()) AS now)
INSERT INTO agents_ratewindow AS w (agent_id, start, used)
SELECT %(agent)s, floor(now / %(window)s) * %(window)s, 1 FROM clock
ON CONFLICT (agent_id) DO UPDATE SET
    used = CASE WHEN w.start BETWEEN excluded.start AND excluded.start + %(window)s
                THEN w.used + 1 ELSE 1 END,
    start = CASE WHEN w.start BETWEEN excluded.start AND excluded.start + %(window)s
                 THEN w.start ELSE excluded.start END
RETURNING used, start + %(window)s - (SELECT now FROM clock)
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an agent has left in this window."""

    limit: int
    remaining: int
    resets_in: int
    """Seconds until the next window, at least 1."""
    allowed: bool

    def headers(self) -> dict[str, str]:
        """The headers of an answer; ``Retry-After`` only on a refusal."""
        headers = {
            "RateLimit": f'"default";r={self.remaining};t={self.resets_in}',
            "RateLimit-Policy": f'"default";q={self.limit};w={WINDOW}',
        }
        if not self.allowed:
            headers["Retry-After"] = str(self.resets_in)
        return headers


def take(agent_id: int) -> Allowance:
    """Count one request of this agent and return what is left after it.

    Call it in autocommit: inside a transaction every other request of the agent
    would wait for its end.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"agent": agent_id, "window": WINDOW})
        used, resets_in = cursor.fetchone()
    limit: int = settings.RATE_LIMIT_PER_MINUTE
    return Allowance(
        limit=limit,
        remaining=max(0, limit - used),
        resets_in=max(1, ceil(resets_in)),
        allowed=used <= limit,
    )
