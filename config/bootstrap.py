"""The first start: what a new installation needs before anybody can use it.

Killed at any point, the next start finishes it. Passwords and the key come into
being only when they are printed, so none can be lost on the way.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import Group, Permission, User
from django.core.management.base import OutputWrapper
from django.db import connection, transaction
from django.utils.crypto import get_random_string

from agents import registry
from agents.example import EXAMPLE, curl
from agents.models import Agent
from approvals import ruleset
from approvals.models import Policy
from audit.log import SYSTEM
from config.accounts import create_user

ADMIN, REVIEWERS, AGENT = "admin", ("alice", "bob"), "demo-agent"
GROUP = "reviewers"
UNFINISHED = "!first start"
"""In place of a password hash; like all that begin with ``!`` it admits nobody."""
PASSWORD_LENGTH = 16
"""Of 62 characters: 95 bits."""
START_LOCK = 6_217_310_998_540_127_233
"""Key of the advisory lock that starts take in turn; only has to be ours."""


@contextmanager
def alone() -> Iterator[None]:
    """Several processes may start at once on one database; here they take turns."""
    with connection.cursor() as cursor:
        # The other start may be migrating for longer than the role's time-out.
        cursor.execute("SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [START_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [START_LOCK])
            cursor.execute("RESET lock_timeout")


def prepare() -> None:
    """Publish the shipped policy where there is none, make people where nobody is.

    Nobody of these can sign in before ``finish``.
    """
    if not Policy.objects.exists():
        ruleset.publish(
            ruleset.SHIPPED.read_text(encoding="utf-8"),
            actor=SYSTEM,
            user=None,
            reason="The policy Countersign comes with",
        )
    if not User.objects.exists():
        _make_people()


def finish(url: str, out: OutputWrapper) -> None:
    """On the first start, print how to sign in and a request to try it with."""
    with alone():
        if not User.objects.filter(password=UNFINISHED).exists():
            return
        key = _demo_key()
        with transaction.atomic():
            passwords = {user.username: _set_password(user) for user in _unfinished()}
            out.write(_welcome(url, passwords, key))
            # Before the commit: whoever cannot be told a password does not get one.
            out.flush()


@transaction.atomic
def _make_people() -> None:
    create_user(ADMIN, actor=SYSTEM, password=None, is_staff=True, is_superuser=True)
    for name in REVIEWERS:
        create_user(name, actor=SYSTEM, password=None, groups=[GROUP])
    Group.objects.get(name=GROUP).permissions.add(
        Permission.objects.get(
            content_type__app_label="agents", codename="release_brake"
        )
    )
    User.objects.update(password=UNFINISHED)


def _unfinished() -> list[User]:
    return list(
        User.objects.select_for_update().filter(password=UNFINISHED).order_by("pk")
    )


def _set_password(user: User) -> str:
    password = get_random_string(PASSWORD_LENGTH)
    user.set_password(password)
    user.save(update_fields=["password"])
    return password


def _demo_key() -> str:
    """A key of the demo agent; one from a start that was killed is revoked."""
    owner = User.objects.get(username=ADMIN)
    agent = Agent.objects.filter(name=AGENT).first()
    if agent is None:
        return registry.register_agent(
            AGENT, actor=SYSTEM, owner=owner, created_by=owner
        ).key
    for key in agent.keys.filter(revoked_at=None):
        registry.revoke_key(key, actor=SYSTEM)
    return registry.issue_key(agent, actor=SYSTEM, created_by=owner)


def _welcome(url: str, passwords: dict[str, str], key: str) -> str:
    width = max(map(len, passwords))
    people = "\n".join(f"  {who:<{width}}  {word}" for who, word in passwords.items())
    return f"""
First start. These passwords are shown only now:

{people}

Sign in at {url} as {REVIEWERS[0]}, then let the agent "{AGENT}" ask for
something risky. Paste this into another terminal, and decide within a minute:

{curl(url, key, "/requests", EXAMPLE, wait=60)}
"""
