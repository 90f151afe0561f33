"""``manage.py export_audit``: the log as a file that proves itself, or as CSV."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit import export, sequencer, spreadsheet
from audit.log import COMMAND_LINE
from audit.note import MAX_NOTE


class Command(BaseCommand):
    help = "Write the audit log, or a part of it, to a bundle for countersign-verify."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="or - for standard output")
        parser.add_argument("--since-time", metavar="T", help="2026-01-31T00:00Z")
        parser.add_argument("--until-time", metavar="T", help="without this moment")
        parser.add_argument("--agent", default="", metavar="NAME")
        parser.add_argument("--request", default="", metavar="ID")
        parser.add_argument(
            "--since",
            type=Path,
            metavar="OLD_CHECKPOINT_FILE",
            help="a part is to show that the log goes on from this",
        )
        parser.add_argument("--csv", action="store_true", help="for people, no proof")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sequencer.sequence_due()
            scope = _scope(options)
            form = spreadsheet if options["csv"] else export
            _write(options["file"], form.stream(scope, actor=COMMAND_LINE))
        except (export.ExportError, sequencer.BrokenTree) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.") from None


def _scope(options: dict[str, Any]) -> export.Scope:
    since, until = options["since_time"], options["until_time"]
    return export.Scope.of(
        since=export.moment(since) if since else None,
        until=export.moment(until) if until else None,
        agent=options["agent"],
        request=options["request"],
        old=_text(options["since"]) if options["since"] else "",
    )


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_NOTE + 1).decode()
    except (OSError, UnicodeDecodeError):
        raise export.ExportError(f"{path} is not a checkpoint.") from None


def _write(name: str, pieces: Iterable[bytes]) -> None:
    """A file is there as a whole or not at all."""
    if name == "-":
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return
    part = f"{name}.part"
    try:
        with open(part, "wb") as file:
            file.writelines(pieces)
        os.replace(part, name)
    finally:
        Path(part).unlink(missing_ok=True)
