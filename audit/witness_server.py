"""A witness over HTTP: ``POST /add-checkpoint``, and ``GET /`` for people.

Open to whoever reaches it, as the protocol wants: only what a known log signed comes
as far as the folder. Sizes, times and numbers of connections have limits.
"""

import logging
import re
import socket
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import BoundedSemaphore
from typing import Any

from audit import witness
from audit.note import Signer
from audit.witness import Answer, Logs, Refused
from audit.witness_state import Folder, StateError

PATIENCE = 15.0
"""Seconds for a whole request, and for the next on the same connection to come."""
MAX_CONNECTIONS = 64
ADD = "/add-checkpoint"

log = logging.getLogger(__name__)


class Witness:
    """What answers: a folder, its key, and the logs that it knows."""

    def __init__(self, folder: Folder, signer: Signer, logs: Logs) -> None:
        self.folder = folder
        self.signer = signer
        self.logs = logs

    def add_checkpoint(self, body: bytes) -> Answer:
        """The answer to a log; never raises. A fault of ours is a refusal, too."""
        try:
            found = witness.read(body, self.logs)
            line = self.folder.cosign(found, self.signer, int(time.time())).line()
        except Refused as refusal:
            level = logging.ERROR if refusal.contradicts else logging.INFO
            log.log(level, "Refused a checkpoint: %s", refusal)
            return refusal.answer
        except (StateError, OSError) as error:
            log.error("Nothing is cosigned: %s", error)
            return Answer(500, "This witness cannot use its folder\n")
        log.info("Cosigned size %s of %s", found.head.size, found.head.origin)
        return Answer(200, line)

    def overview(self) -> Answer:
        """Who it is and what it cosigned last, for people."""
        sizes = "".join(f"{origin}: {self._size(origin)}\n" for origin in self.logs)
        key = self.signer.verifier
        return Answer(200, f"witness: {key.name}\nkey: {key}\n\n{sizes}")

    def _size(self, origin: str) -> str:
        try:
            last = self.folder.last(origin, self.signer.verifier)
        except StateError as error:
            return f"nothing is cosigned: {error}"
        said = f"size {last.size}" if last else "nothing cosigned yet"
        kept = self.folder.refused(origin)
        return f"{said}; heads that contradicted: {kept.name}" if kept else said


class Server(ThreadingHTTPServer):
    """Each connection has a thread, as long as there are not too many."""

    daemon_threads = True
    request_queue_size = MAX_CONNECTIONS

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        """Raises OSError when the address cannot be listened on."""
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.witness = witness
        self.ends: dict[socket.socket, float] = {}
        """When each connection is cut off, by the monotonic clock."""
        self._free = BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        # The library's own would first ask name servers for the name of this machine.
        TCPServer.server_bind(self)
        self.server_name = ""
        self.server_port = int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def service_actions(self) -> None:
        """Twice a second: a time-out for each read would let one byte a time pass."""
        for connection, end in list(self.ends.items()):
            if end < time.monotonic():
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    self.ends.pop(connection, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.warning("A connection broke", exc_info=log.isEnabledFor(logging.DEBUG))


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "countersign-witness", ""
    error_content_type, error_message_format = witness.PLAIN, "%(message)s\n"
    timeout = PATIENCE
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self._allow_more_time()

    def finish(self) -> None:
        self.server.ends.pop(self.connection, None)
        super().finish()

    def do_POST(self) -> None:
        if self.path != ADD:
            self._refuse(404, f"Checkpoints go to {ADD}")
        elif (length := self._length()) is not None:
            body = self.rfile.read(length)
            if len(body) == length:
                self._send(self.server.witness.add_checkpoint(body))

    def do_GET(self) -> None:
        self.close_connection = True  # A body, if there is one, is not read.
        if self.path == "/":
            self._send(self.server.witness.overview())
        else:
            self._refuse(404, "There is nothing here")

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)

    def _length(self) -> int | None:
        """Bytes of the body; None when that was refused."""
        given = self.headers.get_all("Content-Length", [])
        length = int(given[0]) if _is_number(given) else None
        if self.headers.get_all("Transfer-Encoding") or length is None:
            self._refuse(411, "The length of the body has to be given")
        elif length > witness.MAX_BODY:
            self._refuse(413, f"More than {witness.MAX_BODY} bytes")
        else:
            return length
        return None

    def _refuse(self, status: int, reason: str) -> None:
        """Whatever of the request was not read would be taken for the next one."""
        self.close_connection = True
        self._send(Answer(status, f"{reason}\n"))

    def _send(self, answer: Answer) -> None:
        body = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self._allow_more_time()

    def _allow_more_time(self) -> None:
        self.server.ends[self.connection] = time.monotonic() + PATIENCE


def _is_number(given: list[str]) -> bool:
    return len(given) == 1 and bool(re.fullmatch("[0-9]{1,19}", given[0]))
