"""What the name and the shape of an action admit."""

import pytest
from hypothesis import given, settings

from approvals.canonical import Action
from approvals.risk import Context, assess
from approvals.risk.context import Kind, Mapped
from approvals.risk.verbs import reads, verbs_of, words_of
from tests.approvals.assessed import actions, assert_sound, found_in, severities_in

ADMITS = [
    ("delete_file", "tool.deletes", "medium"),
    ("deleteFile", "tool.deletes", "medium"),
    ("delete-file", "tool.deletes", "medium"),
    ("files.delete", "tool.deletes", "medium"),
    ("mcp__github__delete_repository", "tool.deletes", "high"),
    ("GitHubDeleteRepository", "tool.deletes", "high"),
    ("wipe_device", "tool.deletes", "high"),
    ("purge_all_messages", "tool.deletes", "high"),
    ("clear_history", "tool.deletes", "high"),
    ("remove_member_from_team", "tool.deletes", "medium"),
    ("empty_trash", "tool.deletes", "medium"),
    ("tear_down_environment", "tool.deletes", "high"),
    ("clean_up_old_files", "tool.deletes", "medium"),
    ("cancel_all_orders", "tool.stops", "medium"),
    ("cancel_subscription", "tool.stops", "medium"),
    ("terminate_instances", "tool.stops", "high"),
    ("shut_down_cluster", "tool.stops", "high"),
    ("deactivate_user", "tool.stops", "medium"),
    ("block_account", "tool.stops", "medium"),
    ("revoke_token", "tool.stops", "medium"),
    ("restart_service", "tool.stops", "medium"),
    ("grant_access", "tool.grants_access", "medium"),
    ("SmartLockGrantGuestAccess", "tool.grants_access", "medium"),
    ("invite_user", "tool.grants_access", "medium"),
    ("add_collaborator", "tool.grants_access", "medium"),
    ("add_admin", "tool.grants_access", "high"),
    ("set_permission", "tool.grants_access", "medium"),
    ("create_api_key", "tool.grants_access", "medium"),
    ("impersonate_user", "tool.grants_access", "high"),
    ("approve_request", "tool.grants_access", "medium"),
    ("attach_role_policy", "tool.grants_access", "medium"),
    ("share_read_access", "tool.grants_access", "medium"),
    ("update_password", "tool.account_takeover", "high"),
    ("change_recovery_phone", "tool.account_takeover", "high"),
    ("update_user_email", "tool.account_takeover", "medium"),
    ("disable_logging", "tool.weakens_safety", "high"),
    ("disableMFA", "tool.weakens_safety", "high"),
    ("turn_off_alarm", "tool.weakens_safety", "high"),
    ("mute_alerts", "tool.weakens_safety", "high"),
    ("stop_backup", "tool.weakens_safety", "high"),
    ("delete_audit_logs", "tool.weakens_safety", "high"),
    ("bypass_approval", "tool.weakens_safety", "high"),
    ("unlock_door", "tool.moves_things", "high"),
    ("open_garage", "tool.moves_things", "high"),
    ("move_robot", "tool.moves_things", "medium"),
    ("invoke_lambda", "tool.executes", "medium"),
    ("workflow.exec", "tool.executes", "medium"),
    ("execute_macro", "tool.executes", "medium"),
    ("publish_package", "tool.publishes", "medium"),
    ("deploy_to_production", "tool.publishes", "high"),
    ("force_push", "tool.publishes", "high"),
    ("merge_pull_request", "tool.publishes", "medium"),
    ("post_tweet", "tool.publishes", "medium"),
    ("get_password", "tool.reads_secrets", "medium"),
    ("list_secrets", "tool.reads_secrets", "medium"),
    ("dump_users", "tool.reads_secrets", "medium"),
    ("prescribe_medication", "tool.touches_lives", "medium"),
    ("UserDataExfiltration", "tool.admits_harm", "high"),
    ("bulk_update_users", "tool.broad", "medium"),
    ("read_and_delete_file", "tool.deletes", "medium"),
    ("find_then_wipe_disk", "tool.deletes", "high"),
    ("DELETE:/orders/9", "tool.deletes", "medium"),
    ("POST:/users/1/deactivate", "tool.stops", "medium"),
    ("PUT:/members/4/role", "tool.grants_access", "medium"),
    ("RecordsService.EraseRecord", "tool.deletes", "high"),
    ("MailboxManagerPurgeFolder", "tool.deletes", "medium"),
    ("FileDeletion", "tool.deletes", "medium"),
    ("account_closure", "tool.stops", "medium"),
    ("TenantRemovalService", "tool.deletes", "high"),
    ("data_wiping_tool", "tool.deletes", "medium"),
    ("offboard_contractor", "tool.stops", "medium"),
    ("close_account", "tool.stops", "medium"),
    ("lay_off_employee", "tool.stops", "medium"),
    ("cancel_meeting", "tool.stops", "medium"),
    ("rotate_api_keys", "tool.account_takeover", "medium"),
    ("reset_factors", "tool.account_takeover", "high"),
    ("issue_token", "tool.grants_access", "medium"),
    ("transfer_domain", "tool.grants_access", "medium"),
    ("edit_sharing_level", "tool.grants_access", "medium"),
    ("assume_role", "tool.grants_access", "medium"),
    ("link_bank_account", "tool.grants_access", "medium"),
    ("increase_spending_limit", "tool.weakens_safety", "medium"),
    ("clear_audit_trail", "tool.weakens_safety", "medium"),
    ("update_traffic_signal", "tool.moves_things", "medium"),
    ("write_plc_coil", "tool.moves_things", "medium"),
    ("set_infusion_rate", "tool.moves_things", "medium"),
    ("change_nameserver", "tool.infrastructure", "medium"),
    ("create_webhook", "tool.infrastructure", "medium"),
    ("update_firmware", "tool.infrastructure", "medium"),
    ("merge_customers", "tool.deletes", "medium"),
    ("renounce_ownership", "tool.grants_access", "medium"),
    ("restore_snapshot", "tool.deletes", "medium"),
    ("roll_back_release", "tool.deletes", "medium"),
    ("install_browser_extension", "tool.executes", "medium"),
    ("load_plugin", "tool.executes", "medium"),
    ("sync_notes_to_external_drive", "tool.publishes", "medium"),
    ("git_push", "tool.publishes", "medium"),
    ("go_live", "tool.publishes", "medium"),
    ("send_newsletter", "tool.publishes", "medium"),
    ("reveal_passphrase", "tool.reads_secrets", "medium"),
    ("upload_contacts", "tool.reads_secrets", "medium"),
    ("change_grade", "tool.touches_lives", "medium"),
    ("file_lawsuit", "tool.touches_lives", "medium"),
    ("cast_vote", "tool.touches_lives", "medium"),
    ("make_fake_invoice", "tool.admits_harm", "high"),
    ("CredentialHarvester", "tool.admits_harm", "high"),
    ("RansomwareLauncher", "tool.admits_harm", "high"),
]
ORDINARY = [
    "cancel_pending_order", "cancel_reservation", "modify_user_address",
    "return_delivered_order_items", "exchange_delivered_order_items",
    "book_reservation", "update_calendar_event", "create_ticket", "add_note",
    "remove_from_cart", "remove_label", "delete_draft", "clear_cache", "reset_filter",
    "transfer_to_human_agents", "create_file", "Edit", "post_comment", "set_reminder",
    "pause_music", "stop_timer", "open_file", "rotate_logs", "assign_ticket",
    "enable_2fa", "set_thermostat", "run_tests", "create_pull_request", "close_issue",
    "report_fraud", "add_label", "mark_as_read", "lock_door",
    "turn_off_lights", "DeskLampTurnOff", "disable_notifications", "set_alarm",
    "arm_alarm", "ParcelManagerTrackShipment", "remove_from_watchlist",
    "update_email_signature", "invite_to_meeting", "update_settings",
    "generate_fake_names", "escalate_to_support", "load_page", "raise_hand",
    "file_a_note",
]  # fmt: skip
READING = [
    "get_order_details", "list_all_product_types", "search_direct_flight", "calculate",
    "find_user_id_by_email", "GmailReadEmail", "mcp__github__list_branches",
    "users.list", "check_password_strength", "validate_token", "batch_get_documents",
    "preview_delete", "list_deleted_files", "order_search", "tip_calculator",
    "describe_firewall", "view_audit_logs", "think", "detect_fraud",
    "PaymentService.GetPayment", "GET:/users/1", "refund_status", "purchase_check",
    "get_cancellation_policy", "check_deletion_status", "get_secret_rotation_policy",
    "transaction_verification_tool", "phishing_awareness_search",
]  # fmt: skip


@pytest.mark.parametrize(("name", "code", "severity"), ADMITS)
def test_a_name_that_admits_it_is_found(name, code, severity):
    assert severities_in(name, {"id": "x"}, "tool")[code] == severity


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_changes_have_no_more_than_a_note(name):
    assert severities_in(name, {"id": "x"}, "tool") == {}


@pytest.mark.parametrize("name", READING)
def test_reading_is_no_finding(name):
    assert found_in(name, {"id": "x"}, "tool") == {}


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({"path": "*"}, "/arguments/path"),
        ({"id": "x", "all": True}, "/arguments/all"),
        ({"path": "x", "recursive": True}, "/arguments/recursive"),
        ({"id": "x", "force": True}, "/arguments/force"),
        ({"filter": {}}, "/arguments"),
        ({"where": ""}, "/arguments"),
        ({"query": None}, "/arguments"),
        ({"ids": []}, "/arguments"),
    ],
)
def test_deleting_everything_is_worse_than_deleting_something(arguments, where):
    found = found_in("delete_notes", arguments, "tool")
    broad = found["tool.broad"]
    assert (broad.pointer, broad.severity) == (where, "high")
    assert found["tool.deletes"].severity == "high"
    assert severities_in("delete_notes", {"id": "7", "force": False}, "tool") == {
        "tool.deletes": "medium"
    }


def test_breadth_means_nothing_where_nothing_is_deleted():
    arguments = {"filter": {}, "recursive": True, "pattern": "*"}
    assert severities_in("list_files", arguments, "tool") == {}


def test_an_option_that_narrows_nothing_down_is_no_breadth():
    arguments = {"id": "7", "no_cache": True, "verbose": True}
    assert "tool.broad" not in found_in("delete_note", arguments, "tool")


def test_a_long_list_of_things_is_a_mass_operation():
    found = found_in("update_users", {"ids": list(range(30))}, "tool")
    assert (found["tool.broad"].severity, found["tool.broad"].scale) == ("medium", 30.0)
    assert severities_in("update_users", {"ids": list(range(3))}, "tool") == {}
    assert severities_in("get_users", {"ids": list(range(30))}, "tool") == {}


@pytest.mark.parametrize(
    ("arguments", "is_found"),
    [
        ({"skip_tests": True}, True),
        ({"verify": False}, True),
        ({"no_confirm": True}, True),
        ({"skip_tests": False}, False),
        ({"verify": True}, False),
        ({"count": 3}, False),
    ],
)
def test_switching_checks_off_is_found(arguments, is_found):
    found = severities_in("create_release_notes", arguments, "tool")
    assert ("tool.weakens_safety" in found) is is_found


def test_a_name_says_nothing_more_where_a_command_was_read():
    assert found_in("Bash", {"command": "ls"}, "tool") == {}
    assert found_in("sql.execute", {"sql": "SELECT 1"}, "tool") == {}


def test_policy_can_vouch_for_a_name():
    vouched = Context(actions=(Mapped(("delete_preview",), Kind.READ),))
    assert found_in("delete_preview", {}, "tool")
    assert found_in("delete_preview", {}, "tool", context=vouched) == {}


def test_a_harmless_name_never_makes_an_action_understood():
    assessment = assess(Action("get_order", "bot", {"id": 1}))
    assert assessment.inspected == ()
    assert [one.code for one in assessment.findings] == ["action.uninspectable"]
    assert assess(Action("add_note", "bot", {"id": 1})).impact.verb == "unknown"


def test_the_impact_says_what_is_deleted():
    action = Action("delete_repository", "bot", {"name": "shop"}, resource="git:shop")
    impact = assess(action).impact
    assert (impact.verb, impact.target, impact.reversible) == (
        "delete",
        "git:shop",
        "no",
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mcp__crm__turn_off_alarm", ("disable", "alarm")),
        ("SmartLock.unlockDoor", ("smart", "lock", "unlock", "door")),
        ("get-HTTPStatus2", ("get", "http", "status", "2")),
        ("", ()),
    ],
)
def test_takes_names_apart(name, words):
    assert words_of(name) == words


def test_a_name_with_two_parts_says_two_things():
    assert verbs_of("read_and_send") == {"read", "send"}
    assert not reads("read_and_send")
    assert reads("find_and_list_users")


@settings(max_examples=60, deadline=None)
@given(
    actions(
        ["delete_all", "grantAccess", "mcp__x__disable_logs", "run_code", "get_x"],
        ["filter", "ids", "recursive", "all", "force", "*", "skip_tests", "path", "x"],
    )
)
def test_never_fails_and_points_into_the_action(action):
    assert_sound(action, "tool")


@pytest.mark.parametrize("name", ["delete_" * 10_000, "A" * 65_000, "aB" * 30_000])
def test_long_names_take_no_longer_than_their_size(name):
    assert_sound(Action(name, "bot", {"id": 1}), "tool")
