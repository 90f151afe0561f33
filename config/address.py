"""Where ``serve`` listens, and what Countersign then calls itself."""

import os
from argparse import ArgumentParser

HOST, PORT = "127.0.0.1", 8000


def add_arguments(parser: ArgumentParser) -> None:
    """``--host`` and ``--port``."""
    parser.add_argument("--host", default=HOST, help=f"address to listen on ({HOST})")
    parser.add_argument(
        "--port", type=_port, default=PORT, help=f"port ({PORT}; 0: any)"
    )


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise ValueError
    return number


def url(host: str, port: int) -> str:
    """``http://127.0.0.1:8000``"""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def adopt(argv: list[str]) -> None:
    """Without a BASE_URL from the operator, it is where ``serve`` listens.

    To be called before the settings load: links, permits and the hosts that are
    answered follow from it.
    """
    if argv[1:2] != ["serve"] or not os.environ.keys().isdisjoint(
        {"BASE_URL", "BASE_URL_FILE"}
    ):
        return
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    add_arguments(parser)
    known, _ = parser.parse_known_args(argv[2:])
    os.environ["BASE_URL"] = url(known.host, known.port)
