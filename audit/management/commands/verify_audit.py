"""``manage.py verify_audit``: does the log still say what was written?"""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.verification import Report, verify_log

LARGEST = 65_536
"""Bytes of a checkpoint."""


class Command(BaseCommand):
    help = (
        "Recompute every audit entry and the tree over them; exit 1 and the first "
        "fault if one is wrong."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument(
            "--checkpoint",
            type=Path,
            metavar="FILE",
            help="an older checkpoint, from which the log has to go on",
        )

    def handle(
        self, *args: Any, json: bool, checkpoint: Path | None, **options: Any
    ) -> None:
        report = verify_log(_text(checkpoint) if checkpoint else None)
        self.stdout.write(_document(report) if json else _sentence(report))
        if report.fault is not None:
            sys.exit(1)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}") from None


def _document(report: Report) -> str:
    return json.dumps({"ok": report.fault is None, **asdict(report)})


def _sentence(report: Report) -> str:
    if report.fault is None:
        head = f"Size {report.size}, root {report.root}."
        return f"All {report.entries} entries hold. {head}"
    return (
        f"The log does not hold: {report.fault.where}: {report.fault.reason}."
        f" {report.entries} entries before that do."
    )
