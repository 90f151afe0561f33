"""``manage.py legal_hold place|lift``: whether something may be erased."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from approvals import lifecycle
from approvals.models import ApprovalRequest
from audit.log import COMMAND_LINE


class Command(BaseCommand):
    help = (
        "Place a legal hold on a request, so that nothing of it is erased, or lift it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["place", "lift"])
        parser.add_argument("id", metavar="ID", type=UUID)
        parser.add_argument(
            "--reference", required=True, help="number of the case; stays in the log"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        place = options["verb"] == "place"
        act = lifecycle.place_hold if place else lifecycle.lift_hold
        try:
            approval = act(
                options["id"], actor=COMMAND_LINE, reference=options["reference"]
            )
        except lifecycle.Refusal as refusal:
            raise CommandError(str(refusal)) from None
        except ApprovalRequest.DoesNotExist:
            raise CommandError("There is no such request.") from None
        held = "is under a legal hold" if approval.held_at else "can be erased"
        self.stdout.write(f"{approval.pk} {held}.")
