"""``manage.py create_user``: somebody who can sign in."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError
from django.utils.crypto import get_random_string

from audit.log import COMMAND_LINE
from config.accounts import create_user

PASSWORD_LENGTH = 20
"""Of 62 characters: 119 bits."""


class Command(BaseCommand):
    help = "Make a person who can sign in; a password not given is printed, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument(
            "--group",
            action="append",
            default=[],
            dest="groups",
            help="made if missing; repeatable",
        )
        parser.add_argument("--staff", action="store_true", help="may use the admin")
        parser.add_argument("--password-stdin", action="store_true")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        given = _first_line() if options["password_stdin"] else None
        password = get_random_string(PASSWORD_LENGTH) if given is None else given
        try:
            user = create_user(
                options["name"],
                actor=COMMAND_LINE,
                password=password,
                groups=options["groups"],
                is_staff=options["staff"],
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        answer = {"user": user.username, "groups": sorted(set(options["groups"]))}
        if given is None:
            answer["password"] = password
        self.stdout.write(json.dumps(answer) if options["as_json"] else _text(answer))


def _first_line() -> str:
    """What ``echo secret |`` sends, without the end of the line."""
    return sys.stdin.readline().rstrip("\r\n")


def _text(answer: dict[str, Any]) -> str:
    groups = ", ".join(answer["groups"]) or "no groups"
    lines = [f"Created {answer['user']} ({groups})."]
    if "password" in answer:
        lines.append(f"Password, shown only now: {answer['password']}")
    return "\n".join(lines)
