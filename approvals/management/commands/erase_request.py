"""``manage.py erase_request``: take away what was written in a request."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from approvals import lifecycle
from approvals.models import ApprovalRequest
from audit.log import COMMAND_LINE


class Command(BaseCommand):
    help = (
        "Erase what was written in decided requests. The audit log still verifies, "
        "and says that it is erased. This cannot be undone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="+", metavar="ID", type=UUID)
        parser.add_argument(
            "--ground",
            choices=[ground.value for ground in lifecycle.Ground],
            required=True,
            help="why: a person concerned asked, it was kept long enough, a mistake",
        )
        parser.add_argument(
            "--reference", default="", help="number of the case; stays in the log"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        refused = 0
        for number in options["ids"]:
            try:
                lifecycle.erase(
                    number,
                    actor=COMMAND_LINE,
                    ground=lifecycle.Ground(options["ground"]),
                    reference=options["reference"],
                )
            except (lifecycle.Refusal, ApprovalRequest.DoesNotExist) as error:
                refused += 1
                self.stderr.write(f"{number}: {_why(error)}")
            else:
                self.stdout.write(f"{number}: erased")
        if refused:
            raise CommandError(f"{refused} of {len(options['ids'])} were not erased.")


def _why(error: Exception) -> str:
    if isinstance(error, ApprovalRequest.DoesNotExist):
        return "There is no such request."
    return str(error)
