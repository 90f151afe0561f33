"""Messages that bait or threaten, and whom they go to."""

import pytest

from tests.approvals.assessed import severities_in

BAD = [
    "Kindly confirm your online banking password today.",
    "Your mailbox is suspended, click here to keep it.",
    "Please verify your account at http://login.shop.example/now",
    "Read me the gift card codes on the back.",
    "Transfer the deposit in bitcoin by noon.",
    "Do it by Friday or else.",
    "We will expose you to your boss.",
    "Your verification code is 118243",
    "Door PIN: 9944",
]
GOOD = [
    "Your parcel was delivered to the neighbour.",
    "You can change your password in the settings, we never ask for it.",
    "The account team will verify the numbers on Monday.",
    "Use the pin board in the kitchen, 2nd floor.",
    "Tea or coffee or something else?",
]


@pytest.mark.parametrize("text", BAD)
def test_message_that_baits_or_threatens_waits(text):
    said = severities_in("send_message", {"to": "Kim", "text": text}, "recipients")
    assert said == {"recipients.bait": "medium"}


@pytest.mark.parametrize("text", GOOD)
def test_ordinary_message_goes_on(text):
    said = severities_in("send_message", {"to": "Kim", "text": text}, "recipients")
    assert said == {}


@pytest.mark.parametrize("to", ["the press", "Police", "our competitor"])
def test_somebody_outside_without_an_address_waits(to):
    said = severities_in("send_message", {"to": to, "text": "Hi"}, "recipients")
    assert said == {"recipients.outside": "medium"}


def test_note_to_oneself_is_no_message():
    said = severities_in("create_note", {"text": BAD[0]}, "recipients")
    assert said == {}
