"""/ws/live: browsers hear at once that a brake was pulled or released."""

import pytest
from django.contrib.auth.models import User

from agents import brake
from audit.log import SYSTEM
from tests.approvals.api.test_socket import frame, listening

pytestmark = pytest.mark.django_db(transaction=True)


def test_says_that_a_brake_changed_and_nothing_about_it(
    address: str, alice: User
) -> None:
    with listening(address, alice) as socket:
        assert frame(socket)["seq"] == 0
        pulled = brake.engage(scope="everything", reason="Secret", actor=SYSTEM)
        assert frame(socket) == {"seq": 1, "brake": True}
        agreed = {"actor": SYSTEM, "reason": "x", "people_needed": 2}
        for number, human in enumerate(("user:1", "user:2"), 2):
            brake.release(pulled.pk, human=human, **agreed)  # type: ignore[arg-type]
            assert frame(socket) == {"seq": number, "brake": True}
