"""Money that moves, how much, to whom; and what only looks at prices."""

import pytest
from hypothesis import given, settings

from approvals.canonical import Action
from approvals.risk import Context, assess
from approvals.risk.context import Kind, Mapped, Role
from approvals.risk.money_crypto import wallets_in
from tests.approvals.assessed import actions, assert_sound, found_in, severities_in

GENESIS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
SEGWIT = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
TAPROOT = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"
ETHER = "0xde0b295669a9fd93d5f28d9ec85e40f4cb697bae"


@pytest.mark.parametrize(
    ("name", "arguments", "scale", "target"),
    [
        ("send_money", {"recipient": "DE89370400", "amount": 50}, 50.0, "DE89370400"),
        ("BankTransferFunds", {"amount": "50.25", "to": "Ana Li"}, 50.25, "Ana Li"),
        ("create_refund", {"amount_cents": 5000}, 50.0, ""),
        ("refund_order", {"order_id": "1"}, None, ""),
        (
            "pay_invoice",
            {"amount": "$1,000.00", "vendor": "ACME Ltd"},
            1000.0,
            "ACME Ltd",
        ),
        ("pay_invoice", {"amount": "1_000 EUR"}, 1000.0, ""),
        ("charge_card", {"amount": 3}, 3.0, ""),
        ("place_order", {"item": "x"}, None, ""),
        ("pay_for_property", {"amount": 900}, 900.0, ""),
        ("fund_wallet", {"amount": 20}, 20.0, ""),
        ("stake", {"amount": 7}, 7.0, ""),
        ("write_off_debt", {"amount": 70}, 70.0, ""),
        ("open_position", {"amount": 70}, 70.0, ""),
        ("FundDiverter", {"amount": 70}, 70.0, ""),
        ("captures.create", {"payment": "p", "amount": 4}, 4.0, ""),
        ("checkout", {"cart": "x"}, None, ""),
        ("send_certificate", {"user_id": "x", "amount": 150}, 150.0, ""),
        ("schedule_transaction", {"recipient": "Bob Ray", "amount": 3}, 3.0, "Bob Ray"),
        ("send_ether", {"to": "wallet-7", "value_wei": 2 * 10**15}, 0.002, "wallet-7"),
        ("mystery", {"amount": 3, "iban": "DE89370400"}, 3.0, "DE89370400"),
        ("payroll.run", {"payments": [{"amount": 2}, {"amount": 3}]}, 5.0, ""),
    ],
)
def test_finds_money_that_moves(name, arguments, scale, target):
    one = found_in(name, arguments, "money")["money.moves"]
    assert (one.severity, one.scale, one.target) == ("medium", scale, target)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("get_price", {"amount": 99_999_999}),
        ("send_payment_request", {"amount": 20}),
        ("refund_status", {"amount": 20}),
        ("quote_transfer", {"amount": 50, "to": "DE89370400"}),
        ("calculate", {"expression": "3131.1 + 4777.75"}),
        ("tip_calculator", {"total": 30}),
        ("convert_currency", {"amount": 100, "from": "USD", "to": "EUR"}),
        ("update_price", {"price": 3}),
        ("update_cart", {"total": 30_000}),
        ("transfer_to_human_agents", {"summary": "wants a refund"}),
        ("charge_phone", {"device": "x"}),
        ("add_payment_method", {"card": "x"}),
        ("exchange_delivered_order_items", {"payment_method_id": "credit_card_1"}),
        ("return_items", {"payment_method_id": "paypal_1"}),
        ("book_reservation", {"destination": "Rome Airport", "total_baggages": 3}),
        ("convert_units", {"value": 3, "to": "meter"}),
        ("transfer_call", {"to": "Kim Lee"}),
    ],
)
def test_what_moves_no_money_is_quiet(name, arguments):
    assert severities_in(name, arguments, "money") == {}


def test_what_is_booked_with_a_price_is_a_note():
    arguments = {"payment_methods": [{"amount": 250}, {"amount": 5}]}
    one = found_in("book_reservation", arguments, "money")["money.moves"]
    assert (one.severity, one.scale) == ("low", 255.0)


@pytest.mark.parametrize(
    ("name", "arguments", "is_large"),
    [
        ("wire_transfer", {"amount": 10_001}, True),
        ("wire_transfer", {"amount": 10_000}, False),
        ("pay", {"amount": "20,000.00 USD"}, True),
        ("pay", {"amount_cents": 1_000_001}, True),
        ("pay", {"amount_cents": 1_000_000}, False),
        ("pay", {"payments": [{"amount": 6000}, {"amount": 6000}]}, True),
        ("get_balance", {"amount": 10_001}, False),
    ],
)
def test_large_amounts_are_high(name, arguments, is_large):
    found = severities_in(name, arguments, "money")
    assert (found.get("money.large") == "high") is is_large


@pytest.mark.parametrize(
    "amount",
    [
        "1.000,00",
        "1e9",
        "１００",
        "-5",
        -5,
        -0.01,
        "NaN",
        "inf",
        "0x10",
        "all",
        "",
        "1,5",
        "5 6",
    ],
)
def test_an_amount_that_can_be_misread_is_high(amount):
    found = severities_in("pay_invoice", {"amount": amount}, "money")
    assert found["money.unclear_amount"] == "high"


@pytest.mark.parametrize(
    "amount", [5, 0.5, "5", "5.00", "€5", "5 EUR", "US$ 1,234.50", "12 USDC"]
)
def test_an_ordinary_amount_is_clear(amount):
    found = severities_in("pay_invoice", {"amount": amount}, "money")
    assert "money.unclear_amount" not in found


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("update_bank_account", {"iban": "DE89370400"}),
        ("change_iban", {"to": "DE89370400"}),
        ("set_payout_account", {"account": "x"}),
        ("update_user", {"account_number": "123456"}),
        ("edit_vendor", {"bank_account": "123456"}),
        ("update_direct_deposit", {"routing_number": "021000021"}),
        ("update_scheduled_transaction", {"id": 7, "recipient": "DE89370400"}),
        ("add_beneficiary_account", {"name": "Kim"}),
    ],
)
def test_another_account_for_later_payments_is_high(name, arguments):
    assert severities_in(name, arguments, "money")["money.payee_changed"] == "high"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("get_bank_account", {"iban": "DE89370400"}),
        ("update_user", {"name": "Kim"}),
        ("modify_user_address", {"address": "1 Main St"}),
        ("update_reservation", {"payment_id": "gift_card_6"}),
    ],
)
def test_other_changes_touch_no_account(name, arguments):
    assert "money.payee_changed" not in found_in(name, arguments, "money")


@pytest.mark.parametrize("wallet", [GENESIS, SEGWIT, SEGWIT.upper(), TAPROOT, ETHER])
def test_finds_wallets(wallet):
    arguments = {"note": f"send it to {wallet} today"}
    one = found_in("add_note", arguments, "money")["money.crypto_address"]
    assert one.span is not None
    assert arguments["note"][slice(*one.span)] == wallet
    assert (one.severity, one.target) == ("medium", wallet)


@pytest.mark.parametrize(
    "text",
    [
        GENESIS[:-1] + "b",
        SEGWIT[:-1] + "5",
        SEGWIT[:-1] + "T",
        "0x" + "a" * 39,
        "0x" + "a" * 64,
        "a1" * 20,
        "3" * 30,
        "",
    ],
)
def test_what_has_no_valid_checksum_is_no_wallet(text):
    assert list(wallets_in(text)) == []


def test_policy_can_say_which_argument_is_the_amount():
    mapped = Mapped(("erp.post",), Kind.MONEY, {Role.AMOUNT: ("/arguments/n",)})
    arguments = {"n": 20_000}
    assert found_in("erp.post", arguments, "money") == {}
    found = found_in("erp.post", arguments, "money", context=Context(actions=(mapped,)))
    assert found["money.large"].scale == 20_000.0


def test_the_impact_says_how_much_to_whom():
    arguments = {"recipient": "Ana Li", "amount": 75}
    impact = assess(Action("send_money", "bot", arguments)).impact
    assert (impact.verb, impact.target, impact.scale) == ("pay", "Ana Li", 75.0)


@settings(max_examples=60, deadline=None)
@given(
    actions(
        ["pay", "send_money", "update_bank_account", "get_price", "order"],
        ["amount", "total", "price_cents", "iban", "to", "1", ",", ".", "$", "e9", "-"],
    )
)
def test_never_fails_and_points_into_the_action(action):
    assert_sound(action, "money")


@pytest.mark.parametrize(
    "text", ["1" * 65_000, "1A" * 32_000, "0x0" * 20_000, f"{GENESIS} " * 1_800]
)
def test_long_texts_take_no_longer_than_their_size(text):
    assert_sound(Action("pay", "bot", {"amount": text, "to": text}), "money")


def test_selling_holdings_moves_money_without_an_amount():
    assert "money.moves" in severities_in("sell_bonds", {"quantity": 4}, "money")
    assert severities_in("sell_idea", {"to": "the board"}, "money") == {}
