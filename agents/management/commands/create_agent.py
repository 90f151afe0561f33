"""``manage.py create_agent``: a new agent with its key and secret, shown once."""

import json
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management import BaseCommand, CommandError

from agents import registry
from audit.log import COMMAND_LINE


class Command(BaseCommand):
    help = "Register an agent; its key and webhook secret are printed, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument(
            "--callback", default="", metavar="URL", help="where its events are posted"
        )
        parser.add_argument("--owner", metavar="USER", help="who answers for it")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = _user(options["owner"]) if options["owner"] else None
        try:
            new = registry.register_agent(
                options["name"],
                actor=COMMAND_LINE,
                owner=owner,
                callback_url=options["callback"],
            )
        except registry.RegistryError as error:
            raise CommandError(str(error)) from error
        answer = {
            "agent": new.agent.name,
            "key": new.key,
            "webhook_secret": new.webhook_secret,
        }
        self.stdout.write(json.dumps(answer) if options["as_json"] else _text(answer))


def _user(name: str) -> User:
    try:
        return User.objects.get(username=name, is_active=True)
    except User.DoesNotExist as error:
        raise CommandError(f"There is no active user {name!r}.") from error


def _text(answer: dict[str, str]) -> str:
    return (
        f"Registered {answer['agent']}. Shown only now:\n"
        f"Key: {answer['key']}\n"
        f"Webhook secret: {answer['webhook_secret']}"
    )
