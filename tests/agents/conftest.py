"""Agents as most tests of this app need them."""

import pytest

from agents import registry
from audit.log import SYSTEM


@pytest.fixture
def registration(db):
    """An agent without a callback, fresh from the registry."""
    return registry.register_agent("deploy-bot", actor=SYSTEM)


@pytest.fixture
def agent(registration):
    return registration.agent


@pytest.fixture
def with_callback(registration, settings):
    """Gives the agent a callback and returns it as it then is."""
    settings.ALLOW_LOOPBACK_CALLBACKS = True

    def set_callback(url="http://127.0.0.1:9/hook"):
        registry.set_callback(registration.agent, url, actor=SYSTEM)
        registration.agent.refresh_from_db()
        return registration.agent

    return set_callback
