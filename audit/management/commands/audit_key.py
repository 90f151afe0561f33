"""``manage.py audit_key``: the public key of the log, for witnesses and auditors."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit import sequencer


class Command(BaseCommand):
    help = "Print the public key by which the heads of this log are checked."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        # Before the first head the log has no name, and the name is in the key.
        if sequencer.newest() is None:
            raise CommandError("This log has no head yet: start it, then ask again")
        self.stdout.write(str(sequencer.verifier()))
