"""A browser signed in as somebody."""

import pytest
from django.test import Client


@pytest.fixture
def staff(admin):
    """The browser of an administrator."""
    return signed_in(admin)


@pytest.fixture
def browser_of():
    return signed_in


def signed_in(user):
    client = Client(enforce_csrf_checks=False)
    client.force_login(user)
    return client
