"""What the operator sets: environment variables, each also as ``NAME_FILE``."""

import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AnyHttpUrl, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from audit import witnesses

FLOOR_DAYS = 183
"""What is kept at least: six months, as the European AI Act wants of the logs of
high-risk systems (Regulation (EU) 2024/1689, articles 19 and 26(6))."""


class Environment(BaseSettings):
    """The variables, checked; raises ``pydantic.ValidationError`` at start."""

    model_config = SettingsConfigDict(case_sensitive=False, extra="ignore")

    database_url: str | None = None
    database_owner_url: str | None = None
    """As whom to migrate, where the tables are not the application's own."""
    redis_url: str | None = None
    secret_key: str | None = Field(default=None, min_length=32)
    permit_key: str | None = None
    audit_key: str | None = None
    audit_origin: str | None = Field(default=None, pattern=r"^[^\s+]{1,200}$")
    """Who the audit log is; default: the public address without its scheme."""
    audit_witnesses: str = ""
    """Who cosigns its heads: ``URL KEY`` pairs with commas between."""
    base_url: AnyHttpUrl = AnyHttpUrl("http://127.0.0.1:8000")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    data_dir: Path = Path(".data")
    rate_limit: int = Field(default=6000, ge=1)
    """Requests one agent may make in a minute, over all processes."""
    allow_loopback_callbacks: bool | None = None
    """Callbacks to this machine; default: only where Countersign serves just it."""
    brake_release_people: int = Field(default=2, ge=1, le=2)
    """How many humans have to agree before a brake is released."""
    policy_second_person: bool = False
    """Whether a policy that may lower risk needs a second person's word."""

    retention_requests: int | None = Field(default=None, ge=FLOOR_DAYS)
    """Days that what was written in a decided request is kept; default: for ever."""
    retention_sign_ins: int | None = Field(default=None, ge=FLOOR_DAYS)
    """Days that addresses and typed names of sign-ins are kept; default: for ever."""

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(host.strip() for host in value.split(",") if host.strip())
        return value

    @field_validator("audit_witnesses")
    @classmethod
    def _check_witnesses(cls, value: str) -> str:
        witnesses.parse(value)
        return value

    @property
    def base_address(self) -> str:
        """The public address without a trailing slash."""
        return str(self.base_url).rstrip("/")

    @property
    def log_origin(self) -> str:
        """``host/audit``: where the log's checkpoints and tiles are served."""
        return self.audit_origin or f"{self.base_address.partition('://')[2]}/audit"

    @property
    def is_local(self) -> bool:
        """Whether the public address is this machine only."""
        host = urlsplit(self.base_address).hostname or ""
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    @property
    def hosts(self) -> list[str]:
        host = urlsplit(self.base_address).netloc.rpartition("@")[2]
        named = host if host.endswith("]") else host.partition(":")[0]
        if host.startswith("["):
            named = host.partition("]")[0] + "]"
        return [*self.allowed_hosts, named, "127.0.0.1", "localhost", "[::1]"]


def _values_from_files(environ: Mapping[str, str]) -> dict[str, str]:
    """``NAME_FILE=/run/secrets/x`` gives NAME the content of that file."""
    return {
        name: Path(environ[key]).read_text(encoding="utf-8").strip()
        for name in Environment.model_fields
        if (key := f"{name.upper()}_FILE") in environ and name != "data_dir"
    }


def load() -> Environment:
    """Read the environment; a value from ``NAME_FILE`` wins over one from ``NAME``.

    Raises OSError for a file that cannot be read, ValidationError for a bad value.
    """
    return Environment.model_validate(
        {
            **Environment().model_dump(exclude_unset=True),
            **_values_from_files(os.environ),
        }
    )
