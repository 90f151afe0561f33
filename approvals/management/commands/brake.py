"""The brake from a shell: ``manage.py brake engage|release|status``."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agents import brake
from agents.models import Agent, Brake
from approvals import lifecycle
from approvals.render import visible_text
from audit.log import COMMAND_LINE

HUMAN = "command-line"
"""Whom a release from a shell counts as: one, whoever types."""
SCOPES = ", ".join(Brake.Scope.values)


class Command(BaseCommand):
    help = "Pull the brake, agree to release it, or show what is in force."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["engage", "release", "status"])
        parser.add_argument(
            "--scope",
            default="everything",
            metavar="SCOPE[:VALUE]",
            help=f"one of {SCOPES}, as in agent:deploy-bot",
        )
        parser.add_argument("--mode", help="hold or deny (default of engage: hold)")
        parser.add_argument(
            "--agent", default="", metavar="NAME", help="whose session; for a session"
        )
        parser.add_argument("--reason", default="", help="why, for the audit log")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        scope, _, value = options["scope"].partition(":")
        wanted = {"scope": scope, "value": value, "agent": options["agent"]}
        try:
            if options["verb"] == "engage":
                self._engage(wanted, options["mode"] or "hold", options["reason"])
            elif options["verb"] == "release":
                self._release(wanted, options["mode"], options["reason"])
        except brake.InvalidBrake as error:
            raise CommandError(f"--{_option(error.member)}: {error}") from None
        except brake.BrakeError as error:
            raise CommandError(str(error)) from None
        in_force = brake.in_force()
        self.stdout.write(_json(in_force) if options["as_json"] else _text(in_force))

    def _engage(self, wanted: dict[str, str], mode: str, reason: str) -> None:
        engaged = lifecycle.engage_brake(
            **wanted, mode=mode, reason=reason, actor=COMMAND_LINE
        )
        is_agent = engaged.scope == Brake.Scope.AGENT
        name = engaged.value if is_agent else engaged.agent
        if name and not Agent.objects.filter(name=name).exists():
            # Not refused, as on the page: a script may stop what comes next.
            self.stderr.write(f"There is no agent {visible_text(name)} yet.")

    def _release(self, wanted: dict[str, str], mode: str | None, reason: str) -> None:
        """Agree for each that matches; one refusal does not spare the others."""
        refusals = []
        if mode not in (None, *Brake.Mode.values):
            raise brake.InvalidBrake(
                "There is no such mode; it is hold or deny.", "mode"
            )
        matching = [found for found in brake.in_force() if _is(found, wanted, mode)]
        if not matching:
            raise brake.NotEngaged("No brake with that scope is in force.")
        for found in matching:
            try:
                released = lifecycle.release_brake(
                    found.pk, human=HUMAN, actor=COMMAND_LINE, reason=reason
                )
            except (brake.AgreedAlready, brake.NotEngaged) as error:
                refusals.append(error)
                continue
            if released.released_at is None:
                self.stderr.write(
                    f"Agreed to release {visible_text(str(found))}; it stays in force"
                    " until one more person has agreed in the browser."
                )
        if len(refusals) == len(matching):
            raise brake.AgreedAlready(
                "The command line has agreed already; one more person has to agree in"
                " the browser."
            )


def _is(found: Brake, wanted: dict[str, str], mode: str | None) -> bool:
    has_mode = mode is None or found.mode == mode
    return has_mode and all(getattr(found, name) == wanted[name] for name in wanted)


def _option(member: str) -> str:
    return "scope" if member == "value" else member


def _json(in_force: list[Brake]) -> str:
    return json.dumps(
        {
            "engaged": bool(in_force),
            "mode": brake.mode_of(in_force),
            "scopes": [brake.as_dict(found) for found in in_force],
        }
    )


def _text(in_force: list[Brake]) -> str:
    if not in_force:
        return "No brake is in force."
    return "\n".join(["In force:", *map(_line, in_force)])


def _line(found: Brake) -> str:
    of_agent = f" of {found.agent}" if found.agent else ""
    since = brake.as_dict(found)["engaged_at"]
    return visible_text(
        f"  {found}{of_agent}, since {since}, by {found.engaged_by_name}:"
        f" {found.reason}"
    )
