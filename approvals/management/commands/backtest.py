"""A policy over the past, from a shell: ``manage.py backtest FILE.yaml``."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from uuid_utils.compat import uuid7

from approvals import backtest_words as words
from approvals import backtests
from approvals.backtesting import compare
from approvals.backtests import MAX_DAYS, MOST, MOST_OF_DAYS, Wanted
from approvals.comparison import Kind
from approvals.history import Span
from approvals.management.commands.policy import read_source
from approvals.policy_document import PolicyError, parse
from approvals.render import visible_text
from approvals.replay_processes import ReplayFailed
from audit.log import COMMAND_LINE


class Command(BaseCommand):
    help = "Says what a policy would have said of requests that were made."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.yaml")
        span = parser.add_mutually_exclusive_group()
        span.add_argument("--days", type=int, metavar="N", help=f"1 to {MAX_DAYS}")
        span.add_argument(
            "--last",
            type=int,
            default=MOST,
            metavar="N",
            help=f"so many requests, the newest (default {MOST})",
        )
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["file"]
        source, wanted = read_source(path), _wanted(options)
        try:
            parse(source)
            span = wanted.span()
            self._note(source, wanted, span)
            result = compare(source, span, self._tell(span))
        except PolicyError as error:
            raise CommandError(f"{path} is not a policy: {error}") from None
        except (backtests.BacktestError, ReplayFailed) as error:
            raise CommandError(str(error)) from None
        if options["as_json"]:
            self.stdout.write(json.dumps(result, indent=2))
        else:
            is_cut = span.is_cut and wanted.days is not None
            for line in _text(result, is_cut=is_cut):
                self.stdout.write(line)

    def _note(self, source: str, wanted: Wanted, span: Span) -> None:
        """It reveals requests, wherever it is run."""
        with transaction.atomic(durable=True):
            number = str(uuid7())
            backtests.note(source, wanted, span, actor=COMMAND_LINE, subject=number)

    def _tell(self, span: Span) -> Any:
        def tell(done: int) -> None:
            if self.stderr.isatty():
                self.stderr.write(f"\r{done} of {span.total}", ending="")

        return tell


def _wanted(options: dict[str, Any]) -> Wanted:
    days, last = options["days"], options["last"]
    if days is not None:
        if not 1 <= days <= MAX_DAYS:
            raise CommandError(f"--days: from 1 to {MAX_DAYS}.")
        return Wanted.of_days(days)
    if not 1 <= last <= MOST_OF_DAYS:
        raise CommandError(f"--last: from 1 to {MOST_OF_DAYS}.")
    return Wanted(most=last)


def _text(result: words.Result, *, is_cut: bool) -> list[str]:
    lists = [_listed(result, kind) for kind in Kind]
    return [
        words.headline(result),
        *words.sentences(result),
        *words.caveats(result, is_cut=is_cut),
        "",
        *_matrix(result),
        *(line for lines in lists for line in lines),
        *_rules(result),
    ]


def _matrix(result: words.Result) -> list[str]:
    """Rows as it was, columns as it would be."""
    columns, rows = words.matrix(result)
    lines = [["was \\ would be", *(tier.key for tier in columns)]]
    for row in rows:
        name = visible_text(f"{row.tier.key} ({row.tier.route})")
        lines.append([name, *(_cell(cell) for cell in row.cells)])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            text.rjust(width) if place else text.ljust(width)
            for place, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]


def _cell(cell: words.Cell | None) -> str:
    return f"{cell.arrow} {cell.count}" if cell else "."


def _listed(result: words.Result, kind: Kind) -> list[str]:
    found = result["lists"][kind]
    if not found["count"]:
        return []
    more = found["count"] - len(found["ids"])
    return [
        "",
        f"{words.TITLES[kind]}: {found['count']}",
        *(f"  {request_id}" for request_id in found["ids"]),
        *([f"  and {more} more"] if more else []),
    ]


def _rules(result: words.Result) -> list[str]:
    return [
        "",
        "Rules: matches, newly, no longer, fails",
        *(
            f"  {rule['key']}: {rule['matches']}, {rule['newly']}, "
            f"{rule['no_longer']}, {rule['fails']}"
            for rule in result["rules"]
        ),
    ]
