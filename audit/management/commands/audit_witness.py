"""``manage.py audit_witness``: cosigns the heads of logs that somebody else keeps.

Meant for another machine, at least for another user. Uses its own folder and nothing
else: no database, no setting of the log, none of its keys.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import gethostname
from threading import Event, Thread
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import witness, witness_state
from audit.note import NoteError
from audit.witness_server import Server, Witness

HOST, PORT = "127.0.0.1", 8010
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Command(BaseCommand):
    help = "Be a witness: cosign what goes on from all that was cosigned before."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--folder", type=Path, required=True, help="for its key and what it saw"
        )
        parser.add_argument(
            "--log",
            action="append",
            default=[],
            metavar="KEY",
            help="the key of a log to witness; may be given several times",
        )
        parser.add_argument("--name", help="of its key; kept from the first start on")
        parser.add_argument("--host", default=HOST, help=f"to listen on ({HOST})")
        parser.add_argument(
            "--port", type=int, default=PORT, help=f"port ({PORT}; 0: any)"
        )
        parser.add_argument(
            "--init", action="store_true", help="make and print the key, then end"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            logs = witness.trusted(options["log"])
            with witness_state.opened(options["folder"]) as folder:
                signer = folder.signer(options["name"], f"{gethostname()}/countersign")
                if options["init"]:
                    self.stdout.write(str(signer.verifier))
                elif not logs:
                    raise CommandError("Give the key of a log: --log KEY")
                else:
                    self._serve(
                        Witness(folder, signer, logs), options["host"], options["port"]
                    )
        except (NoteError, witness_state.StateError) as error:
            raise CommandError(str(error)) from None
        except (OSError, OverflowError) as error:
            raise CommandError(f"The witness cannot work: {error}") from None

    def _serve(self, found: Witness, host: str, port: int) -> None:
        """Until a signal comes; what is being cosigned then is cosigned, or not."""
        with _ending() as end, Server((host, port), found) as server:
            name = f"[{host}]" if ":" in host else host
            key = found.signer.verifier
            self.stdout.write(
                f"Witness {key.name} is ready at http://{name}:{server.server_port}"
                f" with the key {key}"
            )
            self.stdout.flush()
            thread = Thread(target=server.serve_forever, name="witness", daemon=True)
            thread.start()
            end.wait()
            server.shutdown()


@contextmanager
def _ending() -> Iterator[Event]:
    """Is set by the first signal that asks for the end."""
    end = Event()
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        signal.signal(number, lambda *_: end.set())
    try:
        yield end
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
