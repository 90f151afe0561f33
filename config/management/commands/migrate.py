"""``manage.py migrate``: as the owner of the tables; then the application's rights."""

from typing import Any

from django.core.management.commands.migrate import Command as Migrate

from config import roles


class Command(Migrate):
    def handle(self, *args: Any, **options: Any) -> None:
        with roles.as_owner():
            super().handle(*args, **options)
            roles.grant()
