"""What names admit by classes of verbs and of things."""

import pytest

from approvals.risk import verbs_classes as classes
from approvals.risk.tool_nouns import EVERYDAY, SERIOUS
from approvals.risk.verbs import claims_of, reads, verbs_of
from approvals.risk.verbs_forms import nouns_of
from approvals.risk.verbs_words import NOMINAL, READING
from tests.approvals.assessed import severities_in

ADMITS = [
    ("demolish_annex", "tool.deletes"),
    ("expatriate_worker", "tool.stops"),
    ("accredit_reporter", "tool.grants_access"),
    ("wiretap_line", "tool.touches_lives"),
    ("naturalize_citizen", "tool.touches_lives"),
    ("vaccinate_herd", "tool.touches_lives"),
    ("gaslight_colleague", "tool.admits_harm"),
    ("divulge_formula", "tool.publishes"),
    ("depressurize_cabin", "tool.moves_things"),
    ("hotfix_gateway", "tool.infrastructure"),
    ("circumvent_quota", "tool.weakens_safety"),
    ("lift_restrictions", "tool.weakens_safety"),
    ("dismiss_detection", "tool.weakens_safety"),
    ("rotate_turbine", "tool.moves_things"),
    ("adjust_boiler", "tool.moves_things"),
    ("move_wrist", "tool.moves_things"),
    ("cut_electricity", "tool.stops"),
    ("divert_trains", "tool.moves_things"),
    ("edit_entitlements", "tool.grants_access"),
    ("modify_retention", "tool.weakens_safety"),
    ("alter_subnet", "tool.infrastructure"),
    ("register_hook", "tool.publishes"),
    ("raise_tariff", "tool.sets_terms"),
    ("amend_testament", "tool.touches_lives"),
    ("relay_pii", "tool.reads_secrets"),
    ("follow_spouse", "tool.touches_lives"),
    ("trigger_playbook", "tool.executes"),
    ("put_signing_key", "tool.grants_access"),
    ("set_pipeline_variable", "tool.infrastructure"),
    ("throttle_tenant", "tool.acts"),
    ("reconcile_funds", "tool.acts"),
    ("edit_military_map", "tool.touches_lives"),
    ("change_owner", "tool.grants_access"),
    ("enable_remote_shell", "tool.grants_access"),
    ("tilt_kettle", "tool.moves_things"),
    ("commandeer_bus", "tool.touches_lives"),
    ("prohibit_travel", "tool.acts"),
    ("unleash_hounds", "tool.grants_access"),
    ("unmount_barge", "tool.stops"),
    ("expand_volume", "tool.infrastructure"),
    ("lock_endpoint", "tool.stops"),
    ("accept_proposal", "tool.touches_lives"),
    ("enable_overdraft", "tool.sets_terms"),
    ("SubscriberBanishment", "tool.stops"),
    ("record_obliterator", "tool.deletes"),
    ("schedule_demolition", "tool.deletes"),
    ("deletes_mailbox", "tool.deletes"),
    ("evicting_guests", "tool.stops"),
    ("eliminar_carpeta", "tool.deletes"),
    ("PostCouponsCouponRevoke", "tool.stops"),
]
ORDINARY = [
    "lower_blinds", "tilt_screen_brightness", "restart_song", "return_book",
    "land", "close_shutters", "secure_gate", "merge_slides", "trim_audio_track",
    "split_sentence", "reverse_list", "toggle_light", "set_oven_timer",
    "disable_captions", "unpin_note", "unzip_folder", "delegate_task",
    "remove_duplicates", "order_status", "meter_history", "charge_summary",
    "dry_run_release", "check_out_branch", "create_page", "log_run",
    "update_shopping_list", "move_slide", "pause_podcast", "cancel_reminder",
    "book_table", "schedule_callback", "transfer_to_human", "mix_playlist",
    "escalate_issue", "transfer_chat", "update_booking_passengers",
    "change_reservation_flight",
]  # fmt: skip


@pytest.mark.parametrize(("name", "code"), ADMITS)
def test_class_of_a_verb_and_its_thing_admit(name, code):
    assert code in severities_in(name, {"id": "x"}, "tool"), claims_of(name)


@pytest.mark.parametrize("name", ORDINARY)
def test_everyday_things_have_no_more_than_a_note(name):
    assert severities_in(name, {"id": "x"}, "tool") == {}, claims_of(name)


@pytest.mark.parametrize("verb", sorted(classes.KNOWN - READING))
def test_every_verb_of_a_class_counts_wherever_it_stands(verb):
    assert verbs_of(f"{verb}_thing") in ({verb}, {"shutdown"})
    assert not reads(f"get_and_{verb}_thing")


def test_nothing_is_serious_and_everyday():
    assert frozenset() == EVERYDAY & SERIOUS


@pytest.mark.parametrize(
    ("verb", "noun"),
    [
        ("eradicate", "eradication"),
        ("expel", "expulsion"),
        ("suspend", "suspension"),
        ("deny", "denial"),
        ("approve", "approval"),
        ("kidnap", "kidnapper"),
    ],
)
def test_noun_says_what_its_verb_does(verb, noun):
    assert noun in nouns_of(verb)
    assert NOMINAL[noun] == verb


def test_noun_of_another_meaning_is_no_verb():
    assert "payment" not in NOMINAL


def test_reading_verb_outweighs_a_serious_thing():
    assert severities_in("list_valves", {"id": "x"}, "tool") == {}


def test_following_somebody_counts_though_it_only_reads():
    assert "tool.touches_lives" in severities_in("track_victim", {}, "tool")
