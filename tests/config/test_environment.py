from pathlib import Path

import pytest
from pydantic import ValidationError

from config import environment


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch):
    for name in environment.Environment.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(f"{name.upper()}_FILE", raising=False)


def test_everything_has_a_default_but_the_servers_elsewhere():
    settings = environment.load()

    assert settings.database_url is None
    assert settings.redis_url is None
    assert settings.base_address == "http://127.0.0.1:8000"
    assert settings.data_dir == Path(".data")


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "SECRET_KEY"])
def test_a_value_comes_from_a_file_as_well(monkeypatch, tmp_path, name):
    (tmp_path / "value").write_text("x" * 40 + "\n")
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "value"))

    assert getattr(environment.load(), name.lower()) == "x" * 40


def test_the_file_wins(monkeypatch, tmp_path):
    (tmp_path / "url").write_text("postgresql:///from-file")
    monkeypatch.setenv("DATABASE_URL", "postgresql:///from-variable")
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "url"))

    assert environment.load().database_url == "postgresql:///from-file"


def test_a_file_that_is_missing_stops_the_start(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "missing"))

    with pytest.raises(FileNotFoundError):
        environment.load()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("BASE_URL", "nonsense"),
        ("RATE_LIMIT", "0"),
        ("AUDIT_WITNESSES", "https://w.example"),
    ],
)
def test_a_bad_value_stops_the_start(monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError):
        environment.load()


@pytest.mark.parametrize(
    ("url", "host", "is_local"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1", True),
        ("http://[::1]:9000", "[::1]", True),
        ("http://localhost", "localhost", True),
        ("http://0.0.0.0:8000", "0.0.0.0", False),
        ("https://sign.example/", "sign.example", False),
        ("https://localhost.example", "localhost.example", False),
    ],
)
def test_the_public_address_says_which_host_is_answered(
    monkeypatch, url, host, is_local
):
    monkeypatch.setenv("BASE_URL", url)

    assert host in environment.load().hosts
    assert environment.load().is_local is is_local


def test_further_hosts_are_separated_by_commas(monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", "a.example, b.example,")

    assert environment.load().allowed_hosts == ("a.example", "b.example")


@pytest.mark.parametrize("people", ["0", "3", "both"])
def test_a_brake_is_released_by_one_or_two(monkeypatch, people):
    assert environment.load().brake_release_people == 2
    monkeypatch.setenv("BRAKE_RELEASE_PEOPLE", people)

    with pytest.raises(ValidationError):
        environment.load()


def test_a_second_person_for_policies_is_asked_for_by_name(monkeypatch, tmp_path):
    assert environment.load().policy_second_person is False
    file = tmp_path / "value"
    file.write_text("true\n", encoding="utf-8")
    monkeypatch.setenv("POLICY_SECOND_PERSON_FILE", str(file))
    assert environment.load().policy_second_person is True
    monkeypatch.delenv("POLICY_SECOND_PERSON_FILE")
    monkeypatch.setenv("POLICY_SECOND_PERSON", "perhaps")

    with pytest.raises(ValidationError):
        environment.load()
