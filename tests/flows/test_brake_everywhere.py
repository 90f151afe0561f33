"""A brake pulled in one process is in force in all of them, with Redis and without."""

import json
import os
import shutil
import time
from collections.abc import Iterator

import pytest
from websockets.sync.client import ClientConnection, connect

from config import embedded
from tests.flows.people import Reviewer
from tests.flows.test_resilience import PASSWORD, database_url, running
from tests.serving import Serving, data_folder, free_port, manage

pytestmark = pytest.mark.flow


@pytest.fixture
def redis_url() -> Iterator[str]:
    program = shutil.which("redis-server")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs redis-server")
        pytest.skip("no redis-server on this machine")
    port = free_port()
    with running([program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]):
        yield f"redis://127.0.0.1:{port}/0"


def seconds_until_heard(socket: ClientConnection, limit: float) -> float:
    started = time.monotonic()
    while (left := started + limit - time.monotonic()) > 0:
        if json.loads(socket.recv(timeout=left)).get("brake"):
            break
    return time.monotonic() - started


@pytest.mark.redis
def test_a_brake_pulled_on_one_server_is_on_at_the_other(redis_url: str) -> None:
    with data_folder() as folder, embedded.running(folder):
        shared = {
            "REDIS_URL": redis_url,
            "DATABASE_URL": database_url(folder),
            "SECRET_KEY": "s" * 50,
        }
        with Serving(folder, **shared) as one, Serving(folder, **shared) as two:
            one.ready()
            two.ready()
            words = ("create_user", "rita", "--group=reviewers", "--password-stdin")
            made = manage(folder, *words, text=f"{PASSWORD}\n", **shared)
            assert made.returncode == 0, made.stderr
            with Reviewer(one.url, "rita", PASSWORD) as rita:
                assert heard_through_redis(one, two, rita) < 1.5


def heard_through_redis(one: Serving, two: Serving, rita: Reviewer) -> float:
    cookie = f"sessionid={rita.http.cookies['sessionid']}"
    with connect(
        f"{two.url.replace('http', 'ws')}/ws/live",
        additional_headers={"Cookie": cookie},
        origin=two.url,  # type: ignore[arg-type]
        proxy=None,
    ) as socket:
        assert json.loads(socket.recv(timeout=8))["seq"] == 0
        pulled = rita.submit("/brake", "/brake/hold", {"reason": "For the test"})
        assert pulled.status_code == 302
        seconds = seconds_until_heard(socket, 8)
    banner = rita.http.get(f"{two.url}/brake/banner", headers={"Cookie": cookie})
    assert "For the test" in banner.text
    return seconds


def test_a_brake_is_pulled_while_redis_is_dead() -> None:
    with data_folder() as folder:
        dead = {"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
        assert manage(folder, "migrate", "--verbosity=0").returncode == 0
        words = ("brake", "engage", "--reason=Redis is gone", "--json")
        engaged = manage(folder, *words, **dead)
        assert engaged.returncode == 0, engaged.stderr
        assert json.loads(engaged.stdout)["mode"] == "hold"
        status = manage(folder, "brake", "status", "--json")
        assert json.loads(status.stdout)["engaged"] is True
