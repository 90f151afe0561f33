"""The real application behind a real port, in this process, on the test database."""

import threading
from collections.abc import Iterator
from contextlib import closing
from socket import create_server, socket

import httpx2
import pytest
import uvicorn
from django.contrib.auth.models import User

from agents.registry import Registration
from approvals.models import Policy
from tests.approvals.api.asking import ASK, URL, Resource, decide, now_of


class Server(uvicorn.Server):
    """Runs in a thread, so leaves signals to pytest; knows when it is up."""

    def __init__(self, listener: socket) -> None:
        super().__init__(
            uvicorn.Config(
                "config.asgi:application",
                lifespan="off",
                log_level="warning",
                ws="websockets-sansio",
                timeout_graceful_shutdown=1,
            )
        )
        self.listener = listener
        self.thread = threading.Thread(target=self.run, args=([listener],), daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def stop(self) -> None:
        self.should_exit = True
        self.thread.join(10)
        assert not self.thread.is_alive()


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    with closing(create_server(("127.0.0.1", 0), backlog=2048)) as listener:
        server = Server(listener)
        yield server.url
        server.stop()


@pytest.fixture
def http(address: str, transactional_db: None) -> Iterator[httpx2.Client]:
    """A client without credentials."""
    # Reading all the certificates there are takes 20 ms, and nobody asks for one.
    with httpx2.Client(
        base_url=address, trust_env=False, timeout=20, verify=False
    ) as client:
        yield client


@pytest.fixture
def api(
    http: httpx2.Client, registration: Registration, policy: Policy
) -> httpx2.Client:
    """A client that calls as ``deploy-bot``."""
    http.headers["Authorization"] = f"Bearer {registration.key}"
    return http


@pytest.fixture
def asked(api: httpx2.Client) -> Resource:
    """A request that waits for one reviewer."""
    resource: Resource = api.post(URL, json=ASK).json()
    return resource


@pytest.fixture
def approved(api: httpx2.Client, asked: Resource, alice: User) -> Resource:
    """The same, approved by alice: its permit can be redeemed."""
    decide(asked, alice)
    return now_of(api, asked)
