import os

import pytest

from config import address


@pytest.fixture(autouse=True)
def _no_address(monkeypatch):
    # Set first, so that whatever the test leaves behind is taken back.
    for name in ("BASE_URL", "BASE_URL_FILE"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "http://127.0.0.1:8000"),
        (["--port", "9000"], "http://127.0.0.1:9000"),
        (["--port=9000", "--host=::1"], "http://[::1]:9000"),
        (["--verbosity", "2", "--port", "9000"], "http://127.0.0.1:9000"),
    ],
)
def test_the_address_is_where_serve_listens(arguments, expected):
    address.adopt(["manage.py", "serve", *arguments])

    assert os.environ["BASE_URL"] == expected


@pytest.mark.parametrize("name", ["BASE_URL", "BASE_URL_FILE"])
def test_what_the_operator_says_counts(monkeypatch, name):
    monkeypatch.setenv(name, "said")

    address.adopt(["manage.py", "serve", "--port", "9000"])

    assert os.environ[name] == "said"
    assert os.environ.get("BASE_URL", "said") == "said"


def test_other_commands_listen_nowhere():
    address.adopt(["manage.py", "migrate"])

    assert "BASE_URL" not in os.environ
