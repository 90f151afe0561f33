#!/usr/bin/env python3
"""Django's command line, with the embedded database running where it is needed."""

import os
import signal
import sys


def main() -> None:
    # Ended from outside, a command still stops the database that it started; for
    # ``serve`` that is the ordinary end, also before it is up.
    serves = sys.argv[1:2] == ["serve"]
    for number in (signal.SIGTERM, signal.SIGHUP, *([signal.SIGINT] if serves else [])):
        signal.signal(number, lambda number, _: sys.exit(0 if serves else 128 + number))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    from config import address
    from config.embedded import EmbeddedDatabaseError, database_for_command
    from config.service_account import AccountError

    address.adopt(sys.argv)
    try:
        with database_for_command(sys.argv):
            execute_from_command_line(sys.argv)
    except (EmbeddedDatabaseError, AccountError) as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
