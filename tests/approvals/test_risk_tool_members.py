"""What single arguments say besides the name of an action."""

import pytest

from tests.approvals.assessed import severities_in

SAYS = [
    ("update_profile", {"is_superuser": True}, "tool.grants_access"),
    ("edit_team", {"role": "workspace owner"}, "tool.grants_access"),
    ("update_tenant", {"require_mfa": False}, "tool.weakens_safety"),
    ("update_tenant", {"disk": {"encryption": "none"}}, "tool.weakens_safety"),
    ("set_option", {"key": "ssl_verification", "value": "off"}, "tool.weakens_safety"),
    ("update_branch", {"allow_force": True}, "tool.weakens_safety"),
    ("create_pod", {"privileged": True}, "tool.weakens_safety"),
    ("import_rows", {"skip_validation": True}, "tool.weakens_safety"),
    ("patch_customer", {"credit_limit": 90_000}, "tool.sets_terms"),
    ("update_worker", {"data": {"wage": 41}}, "tool.sets_terms"),
    ("raise_fare", {"amount": 3}, "tool.sets_terms"),
    ("set_thermostat", {"temperature": 88}, "tool.moves_things"),
    ("set_bath", {"fahrenheit": 190}, "tool.moves_things"),
    ("form_fill", {"field": "One-time PIN", "value": "0000"}, "tool.account_takeover"),
    ("page_click", {"element": "Delete account"}, "tool.deletes"),
    ("press", {"button": "Launch deployment"}, "tool.publishes"),
    ("set_level", {"device": "boiler", "level": 9}, "tool.moves_things"),
    ("update_app", {"environment": "production"}, "tool.infrastructure"),
    ("start", {"job": "deploy everything"}, "tool.executes"),
    ("update_lease", {"status": "terminated"}, "tool.stops"),
    ("close_order", {"purge": True}, "tool.deletes"),
    ("update_people", {"where": {}}, "tool.broad"),
    ("adjust_scores", {"ids": "*"}, "tool.broad"),
    ("run", {"task": "truncate", "target": "prod"}, "tool.infrastructure"),
    ("send_device_command", {"command": "FactoryReset"}, "tool.acts"),
]


@pytest.mark.parametrize(("name", "arguments", "code"), SAYS)
def test_argument_says_what_the_name_does_not(name, arguments, code):
    assert code in severities_in(name, arguments, "tool")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("update_profile", {"is_superuser": False}),
        ("update_team", {"require_mfa": True}),
        ("set_option", {"key": "theme", "value": "off"}),
        ("set_thermostat", {"temperature": 22}),
        ("form_fill", {"field": "Street", "value": "Elm 2"}),
        ("page_click", {"element": "Next"}),
        ("update_note", {"environment": "production"}),
        ("list_staff", {"wage": 41}),
        ("create_page", {"title": "x", "status": "draft"}),
        ("create_post", {"title": "x", "status": "draft"}),
    ],
)
def test_harmless_argument_says_nothing(name, arguments):
    assert severities_in(name, arguments, "tool") == {}


def test_posting_in_public_counts_where_it_is_no_draft():
    said = severities_in("create_blog_post", {"status": "live"}, "tool")
    assert "tool.publishes" in said


def test_means_of_payment_beside_an_amount_moves_money():
    arguments = {"fare": 18.5, "payment_method": "visa"}
    assert "money.moves" in severities_in("request_taxi", arguments, "money")
    assert severities_in("request_taxi", {"fare": 18.5}, "money") == {}
