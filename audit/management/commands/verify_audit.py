"""``manage.py verify_audit``: does the log still say what was written?"""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit.verification import Report, verify_log


class Command(BaseCommand):
    help = "Recompute every audit entry; exit 1 and the first fault if one is wrong."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        report = verify_log()
        if options["json"]:
            document = {"ok": report.fault is None, **asdict(report)}
            self.stdout.write(json.dumps(document))
        else:
            self.stdout.write(_sentence(report))
        if report.fault is not None:
            sys.exit(1)


def _sentence(report: Report) -> str:
    if report.fault is None:
        return f"All {report.entries} entries hold."
    return (
        f"Entry {report.fault.entry} does not hold: {report.fault.reason}."
        f" The {report.entries} entries before it do."
    )
