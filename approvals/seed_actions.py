"""What seeded agents ask for: a few dozen kinds of requests, each with a number in it.

Pure. ``NUMBER`` stands in every text where each request has another number of as
many digits, so that what the analysis found in one holds for all of its kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NUMBER = "4711471"
FIRST_NUMBER = 1_000_000
"""The least with as many digits; there are nine million of them."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of request; ``weight``: how often it is asked among the others."""

    action: str
    arguments: Mapping[str, Any]
    resource: str
    summary: str
    justification: str = ""
    environment: str = "production"
    subject: str | None = None
    weight: int = 4
    evidence: tuple[Mapping[str, str], ...] = field(default=())


KINDS = (
    Kind(
        "sql.execute",
        {"sql": f"UPDATE accounts SET plan = 0 WHERE id = {NUMBER}"},
        "billing-db",
        f"Move customer {NUMBER} back to the free plan",
        "The customer asked for it; the contract ends with the month.",
        subject=f"customer-{NUMBER}",
        weight=12,
    ),
    Kind(
        "sql.execute",
        {"sql": f"DELETE FROM sessions WHERE user_id = {NUMBER}"},
        "auth-db",
        f"Sign user {NUMBER} out everywhere",
        "Their laptop was stolen.",
        weight=6,
    ),
    Kind(
        "sql.execute",
        {"sql": f"DROP TABLE import_{NUMBER}"},
        "warehouse",
        "Remove a table that an import left behind",
        "Nothing reads it: the import ended a week ago.",
        weight=3,
    ),
    # The same each time: equal requests.
    Kind(
        "sql.execute",
        {"sql": "TRUNCATE TABLE staging_events"},
        "warehouse",
        "Empty the table before the next load",
        weight=2,
    ),
    Kind(
        "sql.query",
        {"sql": f"SELECT name, plan FROM accounts WHERE id = {NUMBER}"},
        "billing-db",
        f"Look up customer {NUMBER}",
        weight=10,
    ),
    Kind(
        "shell.run",
        {"command": f"kubectl -n shop rollout restart deployment/web-{NUMBER}"},
        "cluster-eu",
        "Restart the shop after its configuration changed",
        weight=5,
    ),
    Kind(
        "shell.run",
        {"command": f"rm -rf /srv/uploads/{NUMBER}"},
        "files-1",
        "Free the space of a customer who left",
        f"Ticket OPS-{NUMBER}: the 30 days are over.",
        weight=4,
    ),
    Kind(
        "shell.run",
        {"command": "systemctl restart nginx"},
        "web-3",
        "Restart the web server",
        weight=3,
    ),
    Kind(
        "shell.run",
        {"command": f"pip install reportlab && python report.py {NUMBER}"},
        "jobs-2",
        "Make the monthly report",
        environment="staging",
        weight=3,
    ),
    Kind(
        "email.send",
        {
            "body": f"Hello,\n\nyour invoice {NUMBER} is attached.\n\nThe billing team",
            "subject": "Your invoice",
            "to": f"customer{NUMBER}@example.com",
        },
        "mail",
        f"Send invoice {NUMBER}",
        subject=f"customer{NUMBER}@example.com",
        weight=10,
        evidence=(
            {
                "kind": "text",
                "title": "Invoice",
                "content": f"Invoice {NUMBER}\nTotal 120.00 EUR",
            },
        ),
    ),
    Kind(
        "email.send",
        {
            "bcc": "everybody@example.org",
            "body": "Please find our statement below.",
            "subject": "Statement",
            "to": f"press{NUMBER}@example.net",
        },
        "mail",
        "Answer a journalist",
        weight=2,
    ),
    Kind(
        "refund.create",
        {"amount": 40, "currency": "EUR", "order": NUMBER},
        "payments",
        f"Refund order {NUMBER}",
        "It arrived broken; the customer sent photographs.",
        subject=f"order-{NUMBER}",
        weight=8,
    ),
    Kind(
        "payment.transfer",
        {"amount": 4800, "currency": "EUR", "reference": NUMBER, "to": "Acme GmbH"},
        "bank",
        f"Pay invoice {NUMBER}",
        weight=2,
    ),
    Kind(
        "user.grant_role",
        {"role": "admin", "user": f"contractor-{NUMBER}"},
        "identity",
        "Let a contractor deploy",
        weight=2,
    ),
    Kind(
        "files.write",
        {"content": "<p>Hello</p>\n" * 30, "path": f"/srv/site/pages/{NUMBER}.html"},
        "site",
        "Publish a page",
        environment="staging",
        weight=4,
    ),
    Kind(
        "http.request",
        {
            "body": {"state": "done"},
            "method": "POST",
            "url": f"https://hooks.example.com/jobs/{NUMBER}",
        },
        "partner-api",
        "Tell the partner that the job is done",
        weight=4,
    ),
    Kind(
        "calendar.update",
        {"event": NUMBER, "start": "2026-03-02T09:00:00Z"},
        "calendar",
        "Move a meeting by an hour",
        weight=6,
    ),
    Kind(
        "Bash",
        {"command": ":(){ :|:& };:"},
        "jobs-1",
        "Test the limits of the machine",
        environment="staging",
        weight=1,
    ),
)
