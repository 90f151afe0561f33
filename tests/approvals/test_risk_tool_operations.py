"""What arguments say that a tool for many operations should do."""

import pytest

from tests.approvals.assessed import severities_in

SAID = [
    ("manage_record", {"action": "delete", "id": "7"}, "tool.deletes", "high"),
    ("members", {"op": "deactivate", "id": "7"}, "tool.stops", "medium"),
    ("repo_operation", {"operation": "archive"}, "tool.stops", "medium"),
    (
        "device_control",
        {"device": "door", "intent": "unlock"},
        "tool.moves_things",
        "high",
    ),
    (
        "call_service",
        {"domain": "lock", "service": "unlock", "entity_id": "lock.shed"},
        "tool.moves_things",
        "high",
    ),
    ("api_call", {"method": "DELETE", "path": "/v2/tenants/9"}, "tool.deletes", "high"),
    ("set_lock", {"state": "unlocked"}, "tool.moves_things", "high"),
    ("update_member", {"status": "suspended"}, "tool.stops", "medium"),
    ("change_rule", {"enforce_admins": False}, "tool.weakens_safety", "high"),
    ("update_workflow", {"enabled": False}, "tool.stops", "medium"),
    ("car_doors", {"unlock": True}, "tool.moves_things", "high"),
    ("scale_service", {"replicas": 0}, "tool.stops", "high"),
    ("open_cover", {"entity_id": "cover.garage_door"}, "tool.moves_things", "high"),
    ("harmless_lookup", {"operation": "delete"}, "tool.deletes", "medium"),
]
QUIET = [
    ("search_audit_log", {"action": "delete"}),
    ("create_ticket", {"title": "x", "action": "close account"}),
    ("log_event", {"event": "x", "action": "delete"}),
    ("update_ticket", {"status": "closed"}),
    ("update_order", {"status": "cancelled"}),
    ("issue_write", {"method": "create", "title": "x"}),
    ("set_light", {"state": "off"}),
    ("turn_off", {"name": "kitchen light"}),
    ("update_settings", {"dark_mode_enabled": False}),
    ("scale_image", {"height": 0}),
    ("api_call", {"method": "GET", "path": "/v2/tenants/9"}),
    ("climate", {"body": {"powerSaveEnabled": False, "mode": "cool"}}),
]


@pytest.mark.parametrize(("name", "arguments", "code", "severity"), SAID)
def test_an_operation_counts_wherever_it_is_said(name, arguments, code, severity):
    assert severities_in(name, arguments, "tool")[code] == severity


@pytest.mark.parametrize(("name", "arguments"), QUIET)
def test_filters_notes_and_everyday_switches_are_no_operation(name, arguments):
    assert severities_in(name, arguments, "tool") == {}


def test_an_operation_can_move_money():
    arguments = {"action": "refund", "amount": 80}
    assert severities_in("process_order", arguments, "money") == {
        "money.moves": "medium"
    }


def test_a_command_is_left_to_those_who_read_commands():
    assert severities_in("shell.run", {"command": "git checkout main"}, "money") == {}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"email": "new@home.test"}, "tool.account_takeover"),
        ({"new_password": "x"}, "tool.account_takeover"),
    ],
)
def test_a_new_sign_in_within_a_profile_is_found(arguments, code):
    assert code in severities_in("update_profile", arguments, "tool")


@pytest.mark.parametrize("role", ["admin", "org:owner", "SuperUser root"])
def test_the_rights_of_an_administrator_are_found_in_the_arguments(role):
    found = severities_in("create_person", {"name": "Kim", "role": role}, "tool")
    assert found == {"tool.grants_access": "high"}
    assert severities_in("list_people", {"role": role}, "tool") == {}


def test_a_medicine_in_the_arguments_is_found():
    found = severities_in("manage_order", {"medication": "x", "dose": "5 mg"}, "tool")
    assert found == {"tool.touches_lives": "medium"}
    assert severities_in("set_reminder", {"medication": "vitamins"}, "tool") == {}
