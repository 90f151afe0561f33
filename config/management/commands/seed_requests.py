"""``manage.py seed_requests``: as many requests as years of use, for development."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import BaseCommand, CommandError
from django.db import connection

from agents import registry
from agents.models import Agent
from approvals import ruleset, seeding
from audit.log import COMMAND_LINE
from config import roles
from config.accounts import create_user
from config.bootstrap import GROUP

TABLES = ("approvalrequest", "vote", "permit", "outcome")
MOST_AGENTS, MOST_PEOPLE = 200, 100


class Command(BaseCommand):
    help = (
        "Fill a development database with requests that nobody asked for. They are no "
        "evidence: the audit log has no entries for them, and exports of it say so."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--pending", type=int, default=10_000)
        parser.add_argument("--decided", type=int, default=1_000_000)
        parser.add_argument("--agents", type=int, default=20)
        parser.add_argument("--people", type=int, default=10, help="who voted")
        parser.add_argument("--days", type=int, default=365, help="over how long")
        parser.add_argument(
            "--force", action="store_true", help="also beside real requests"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self._refuse(options)
        start = time.monotonic()
        plan = seeding.Plan(
            pending=options["pending"],
            decided=options["decided"],
            agents=list(_agents(options["agents"])),
            people=list(_people(options["people"])),
            days=options["days"],
        )
        try:
            seeding.seed(plan, actor=COMMAND_LINE, tell=self._tell)
        except ruleset.NoPolicy as error:
            raise CommandError(f"{error}: run serve once.") from None
        except seeding.NothingToDecide:
            raise CommandError(
                "The policy in force leaves nothing to people."
            ) from None
        _analyze()
        total = plan.pending + plan.decided
        self.stdout.write(f"{total:,} requests in {time.monotonic() - start:.0f} s.")
        self.stdout.write(
            "Nobody asked for them: the audit log has one entry that says so and none "
            "for any of them. An export of this log will not verify as a whole."
        )

    def _refuse(self, options: dict[str, Any]) -> None:
        if settings.REDIS_URL or not settings.ENV.is_local:
            raise CommandError(
                "This is a production: REDIS_URL is set or BASE_URL is not this "
                "machine. Requests that nobody asked for have no place there."
            )
        ranges = {
            "pending": (0, seeding.MOST), "decided": (0, seeding.MOST),
            "agents": (1, MOST_AGENTS), "people": (2, MOST_PEOPLE), "days": (1, 3650),
        }  # fmt: skip
        for name, (least, most) in ranges.items():
            if not least <= options[name] <= most:
                raise CommandError(f"--{name}: {least:,} to {most:,}.")
        if seeding.is_in_use() and not options["force"]:
            raise CommandError(
                "There are real requests here. Seeded ones cannot be taken out again, "
                "and no export of this log would verify any more. If that is what you "
                "want: --force."
            )

    def _tell(self, done: int) -> None:
        self.stderr.write(f"{done:,}")


def _agents(number: int) -> Iterator[Agent]:
    """Their keys are revoked at once: nobody ever asks in their name."""
    for place in range(1, number + 1):
        name = f"{seeding.PREFIX}agent-{place}"
        agent = Agent.objects.filter(name=name).first()
        if agent is None:
            agent = registry.register_agent(name, actor=COMMAND_LINE).agent
            for key in agent.keys.all():
                registry.revoke_key(key, actor=COMMAND_LINE)
        yield agent


def _people(number: int) -> Iterator[User]:
    """They have no password: nobody ever signs in as one of them."""
    for place in range(1, number + 1):
        name = f"{seeding.PREFIX}person-{place}"
        user = User.objects.filter(username=name).first()
        yield user or create_user(
            name, actor=COMMAND_LINE, password=None, groups=[GROUP]
        )


def _analyze() -> None:
    """As the owner, who alone may: else plans are made for empty tables at first."""
    with roles.as_owner(), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE approvals_{table}")
