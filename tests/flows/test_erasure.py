"""After an erasure nothing that was written is in a dump, in logs or in Redis."""

import subprocess
from pathlib import Path

import pytest
import redis as redis_client

from config import embedded, service_account
from tests.agents.endpoint import OK, serving
from tests.flows.people import Reviewer
from tests.flows.test_resilience import (
    PASSWORD,
    asking,
    redis,  # noqa: F401
    register,
    types_received,
)
from tests.serving import Serving, data_folder, manage

pytestmark = [pytest.mark.flow, pytest.mark.redis]

SECRET = "Zaphod-Beeblebrox-4711"
ASK = {
    "action": "email.send",
    "arguments": {"to": f"{SECRET}@example.com", SECRET: SECRET},
    "resource": SECRET,
    "subject": SECRET,
    "summary": SECRET,
    "justification": SECRET,
    "session": SECRET,
    "evidence": [{"kind": "text", "title": SECRET, "content": SECRET}],
    "metadata": {"note": SECRET},
}


def dump(folder: Path) -> str:
    """What ``pg_dump`` writes, by the account that runs the server."""
    to = embedded.connection_settings(None, folder)
    command = [embedded.program("pg_dump"), "-h", to["HOST"], "-p", str(to["PORT"])]
    account = service_account.account_for(folder / "postgres")
    done = subprocess.run(
        [*command, "-U", to["USER"], to["NAME"]],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        **service_account.run_as(account),
    )
    return done.stdout


def in_redis(url: str) -> str:
    with redis_client.Redis.from_url(url) as server:
        kept = {key: server.dump(key) for key in server.keys("*")}
    return repr(kept)


def test_nothing_is_left_of_it(redis) -> None:  # noqa: F811
    url, _ = redis
    with serving(OK) as callback, data_folder() as folder:
        with Serving(folder, REDIS_URL=url).ready() as served:
            made = register(folder, callback, REDIS_URL=url)
            with (
                asking(served.url, made["key"]) as agent,
                Reviewer(served.url, "rita", PASSWORD) as rita,
            ):
                sent = agent.post(
                    "/api/v1/requests", json=ASK, headers={"Idempotency-Key": "one"}
                ).json()
                assert rita.vote(sent["id"], "deny", SECRET).status_code == 302
                assert types_received(callback, 1) == ["request.denied"]
                digest = sent["digest"].removeprefix("sha256:")
                before = dump(folder)
                assert SECRET in before
                assert digest in before
                done = manage(
                    folder, "erase_request", sent["id"], "--ground", "person",
                    REDIS_URL=url,
                )  # fmt: skip
                assert done.returncode == 0, done.stderr
                answer = agent.get(f"/api/v1/requests/{sent['id']}").json()
                assert (answer["state"], answer["arguments"]) == ("denied", {})
                assert answer["erased_at"]
                verified = manage(folder, "verify_audit", REDIS_URL=url)
                assert verified.returncode == 0, verified.stdout
            kept = dump(folder) + in_redis(url) + served.output
            kept += done.stdout + done.stderr
        for log in folder.glob("*.log*"):
            kept += log.read_text(errors="replace")
        for word in (SECRET, SECRET.encode().hex(), digest):
            assert word not in kept
