#!/usr/bin/env python3
"""Django's command line, with the embedded database running where it is needed."""

import os
import signal
import sys
from collections.abc import Iterable, Mapping
from typing import Any


def main() -> None:
    # Ended from outside, a command still stops the database that it started; for
    # ``serve`` that is the ordinary end, also before it is up.
    serves = sys.argv[1:2] == ["serve"]
    for number in (signal.SIGTERM, signal.SIGHUP, *([signal.SIGINT] if serves else [])):
        signal.signal(number, lambda number, _: sys.exit(0 if serves else 128 + number))
    if sys.argv[1:2] == ["audit_witness"]:
        return _witness()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from pydantic import ValidationError

    from config import address, environment
    from config.embedded import EmbeddedDatabaseError, database_for_command
    from config.service_account import AccountError

    address.adopt(sys.argv)
    try:
        environment.load()
    except ValidationError as error:
        sys.exit(f"Error: {_complaint(error.errors(include_input=False))}")
    except OSError as error:
        sys.exit(f"Error: {error}")
    try:
        with database_for_command(sys.argv):
            execute_from_command_line(sys.argv)
    except (AccountError, EmbeddedDatabaseError, ImproperlyConfigured) as error:
        sys.exit(f"Error: {error}")


def _witness() -> None:
    """Another machine's business: neither settings nor keys nor database of ours."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.witness_settings"
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def _complaint(faults: Iterable[Mapping[str, Any]]) -> str:
    """Which variables are wrong and why, without their values: some are secret."""
    return "; ".join(
        f"{'.'.join(map(str, fault['loc'])).upper()}: {fault['msg']}"
        for fault in faults
    )


if __name__ == "__main__":
    main()
