"""The brake: what it covers, who pulls it, who lets it go, and how long it held."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from agents import brake, outbox, registry
from agents.models import Brake, BrakeRelease, Delivery
from audit.log import SYSTEM, person
from audit.models import Entry
from audit.payloads import facts_of
from tests.agents.race import at_once

TARGET = brake.Target(
    environment="production",
    agent="deploy-bot",
    session="run-7",
    action="sql.execute",
    resource="billing-db",
    tier="high",
)
COVERED = {
    "everything": Brake(scope="everything"),
    "environment": Brake(scope="environment", value="production"),
    "agent": Brake(scope="agent", value="deploy-bot"),
    "session-of-anybody": Brake(scope="session", value="run-7"),
    "session-of-this-agent": Brake(scope="session", value="run-7", agent="deploy-bot"),
    "action": Brake(scope="action", value="sql.execute"),
    "action-pattern": Brake(scope="action", value="sql.*"),
    "action-set": Brake(scope="action", value="[rs]ql.execut?"),
    "resource": Brake(scope="resource", value="billing-db"),
    "tier": Brake(scope="tier", value="high"),
    "scope-of-a-newer-version": Brake(scope="moon-phase", value="full"),
}
NOT_COVERED = {
    "other-environment": Brake(scope="environment", value="staging"),
    "environment-in-capitals": Brake(scope="environment", value="Production"),
    "environment-is-no-pattern": Brake(scope="environment", value="prod*"),
    "other-agent": Brake(scope="agent", value="deploy-bot-2"),
    "other-session": Brake(scope="session", value="run-70"),
    "session-of-another-agent": Brake(scope="session", value="run-7", agent="x"),
    "other-action": Brake(scope="action", value="sql"),
    "action-in-capitals": Brake(scope="action", value="SQL.*"),
    "resource-is-no-pattern": Brake(scope="resource", value="billing-*"),
    "other-tier": Brake(scope="tier", value="highest"),
}


def engage(**wanted):
    return brake.engage(
        **{"scope": "everything", "reason": "x", "actor": SYSTEM} | wanted
    )


def release(pulled, human="user:1", people_needed=1, **more):
    wanted = {"actor": SYSTEM, "reason": "All is well"} | more
    return brake.release(pulled.pk, human=human, people_needed=people_needed, **wanted)


@pytest.mark.parametrize("name", COVERED)
def test_covers_what_its_scope_names(name):
    assert brake.covers(COVERED[name], TARGET)


@pytest.mark.parametrize("name", NOT_COVERED)
def test_leaves_everything_else_alone(name):
    assert not brake.covers(NOT_COVERED[name], TARGET)


def test_a_request_without_the_member_is_not_covered_by_a_brake_on_it():
    bare = brake.Target(None, "deploy-bot", None, "sql.execute", None, "high")
    named = [
        COVERED[name] for name in ("environment", "session-of-anybody", "resource")
    ]
    assert brake.covering(bare, named) == []
    assert brake.covering(bare, [COVERED["tier"]]) == [COVERED["tier"]]


def test_a_pattern_of_many_stars_is_matched_in_no_time():
    greedy = Brake(scope="action", value="*a" * 249 + "b")
    assert not brake.covers(greedy, brake.Target(None, "x", None, "a" * 200, None, "t"))


@pytest.mark.parametrize(
    ("modes", "together"),
    [((), None), (("hold",), "hold"), (("hold", "deny"), "deny"), (("deny",), "deny")],
    ids=["none", "hold", "both", "deny"],
)
def test_deny_outranks_hold(modes, together):
    assert (
        brake.mode_of(Brake(scope="everything", mode=mode) for mode in modes)
        == together
    )


def test_what_concerns_an_agent_is_what_can_stop_it():
    foreign = [NOT_COVERED["other-agent"], NOT_COVERED["session-of-another-agent"]]
    concerning = brake.concerning("deploy-bot", [*COVERED.values(), *foreign])
    assert concerning == list(COVERED.values())
    assert brake.concerning("x", foreign) == foreign[1:]


START = datetime(2026, 3, 1, tzinfo=UTC)
MINUTES = st.integers(-30, 30)


def at(minute):
    return START + timedelta(minutes=minute)


@st.composite
def holds(draw):
    engaged = draw(MINUTES)
    released = draw(st.none() | st.integers(engaged, 31))
    return engaged, released


def stood_still(minute, spans):
    """Whether the minute from ``minute`` on was under any of them."""
    return any(
        start <= minute and (end is None or minute < end) for start, end in spans
    )


@given(st.lists(holds(), max_size=6), MINUTES, MINUTES)
def test_held_time_is_what_counting_minute_by_minute_gives(spans, since, until):
    brakes = [
        Brake(engaged_at=at(start), released_at=None if end is None else at(end))
        for start, end in spans
    ]
    counted = sum(stood_still(minute, spans) for minute in range(since, until))
    held = brake.held_time(iter(brakes), since=at(since), until=at(until))
    assert held == timedelta(minutes=counted)


@pytest.mark.django_db
class TestEngaging:
    def test_it_is_in_force_with_who_when_and_why(self, alice):
        before = datetime.now(UTC)
        pulled = engage(
            scope="session",
            value="run-7",
            agent="deploy-bot",
            mode="deny",
            reason=" It loops. ",
            actor=person(alice),
        )
        assert brake.in_force() == [pulled]
        stored = Brake.objects.get()
        assert (stored.scope, stored.value, stored.agent, stored.mode) == (
            "session",
            "run-7",
            "deploy-bot",
            "deny",
        )
        assert (stored.reason, stored.engaged_by_name) == ("It loops.", "alice")
        assert (stored.engaged_by_type, stored.engaged_by_id) == ("user", str(alice.pk))
        assert before <= stored.engaged_at <= datetime.now(UTC)
        entry = Entry.objects.get()
        assert (entry.action, entry.actor_name) == ("brake:engaged", "alice")
        assert (entry.subject_type, entry.subject_id) == ("brake", str(pulled.pk))
        assert facts_of(entry)["reason"] == "It loops."

    def test_pulled_twice_it_is_the_same_brake(self):
        first = engage(reason="first")
        assert engage(reason="second") == first
        assert Brake.objects.get().reason == "first"
        assert Entry.objects.count() == 1

    @pytest.mark.parametrize(
        "other",
        [
            {"mode": "deny"},
            {"scope": "agent", "value": "a"},
            {"scope": "session", "value": "a"},
            {"scope": "session", "value": "a", "agent": "b"},
        ],
        ids=["mode", "scope", "session", "session-of-one"],
    )
    def test_a_different_one_stands_beside_it(self, other):
        first = engage()
        second = engage(**other)
        assert brake.in_force() == [first, second]

    def test_a_trip_wire_leaves_its_key(self):
        engage(trip_wire="too-many-denials")
        assert Brake.objects.get().trip_wire == "too-many-denials"
        assert Entry.objects.get().data["trip_wire"] == "too-many-denials"

    @pytest.mark.parametrize(
        ("wanted", "sentence"),
        [
            ({"scope": "galaxy"}, "no such scope"),
            ({"mode": "pause"}, "no such mode"),
            ({"scope": "agent"}, "Say which agent"),
            ({"scope": "tier", "value": "  "}, "Say which tier"),
            ({"value": "x"}, "takes no value"),
            ({"agent": "x"}, "Only a brake on a session"),
            ({"scope": "tier", "value": "x", "agent": "x"}, "Only a brake on a sess"),
            ({"scope": "resource", "value": "x" * 501}, "at most 500"),
            ({"scope": "session", "value": "x", "agent": "y" * 64}, "at most 63"),
            ({"scope": "resource", "value": "x\0"}, "cannot be stored"),
            ({"scope": "resource", "value": "\udcff"}, "cannot be stored"),
            ({"reason": ""}, "Say why"),
            ({"reason": " \n"}, "Say why"),
            ({"reason": "x" * 4001}, "at most 4000"),
            ({"reason": "x\0"}, "cannot be stored"),
        ],
        ids=[
            "scope", "mode", "no-value", "blank-value", "value-for-everything",
            "agent-for-everything", "agent-for-tier", "long-value", "long-agent",
            "nul", "half-a-character", "no-reason", "blank-reason", "long-reason",
            "nul-in-reason",
        ],
    )  # fmt: skip
    def test_refuses_what_cannot_be_a_brake(self, wanted, sentence):
        with pytest.raises(brake.InvalidBrake, match=sentence):
            engage(**wanted)
        assert brake.in_force() == []
        assert not Entry.objects.exists()

    def test_tells_agents_it_concerns_and_no_others(self, with_callback):
        with_callback()
        other = registry.register_agent(
            "other-bot", actor=SYSTEM, callback_url="http://127.0.0.1:9/other"
        )
        silent = registry.register_agent("silent-bot", actor=SYSTEM)
        assert not silent.agent.callback_url
        pulled = engage(scope="agent", value="other-bot", reason="It lies.")
        delivery = Delivery.objects.get()
        assert delivery.agent == other.agent
        assert (delivery.type, delivery.subject_id) == ("brake.engaged", str(pulled.pk))
        assert json.loads(delivery.body)["data"] == {"brake": brake.as_dict(pulled)}
        engage()
        assert Delivery.objects.count() == 3

    def test_a_paused_agent_is_not_told(self, with_callback):
        registry.pause(with_callback(), actor=SYSTEM)
        engage()
        assert not Delivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_pull_one_brake():
    pulled = at_once(8, lambda: engage(reason="All of us"), brake.BrakeError)
    assert {one.pk for one in pulled} == {Brake.objects.get().pk}
    assert Entry.objects.filter(action="brake:engaged").count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_with_one_human_agree_once():
    pulled = engage()
    answers = at_once(8, lambda: release(pulled, people_needed=2), brake.BrakeError)
    refused = [one for one in answers if isinstance(one, brake.AgreedAlready)]
    assert len(refused) == 7
    assert brake.in_force() == [pulled]


@pytest.mark.django_db(transaction=True)
def test_who_pulls_while_somebody_releases_gets_a_brake_that_is_in_force():
    first = engage()
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            release(first)
            pulling = pool.submit(at_once, 1, engage, brake.BrakeError)
            with pytest.raises(TimeoutError):
                pulling.result(0.3)
        (second,) = pulling.result(10)
    assert brake.in_force() == [second]
    assert second != first


@pytest.mark.django_db(transaction=True)
def test_listeners_hear_of_it_once_it_is_committed(monkeypatch):
    heard = []
    monkeypatch.setattr(brake, "_listeners", [])
    brake.on_change(lambda: heard.append(len(brake.in_force())))
    pulled = engage()
    assert heard == [1]
    engage()
    assert heard == [1]
    with transaction.atomic():
        release(pulled)
        assert heard == [1]
    assert heard == [1, 0]


@pytest.mark.django_db(transaction=True)
def test_agents_are_told_only_together_with_its_cause(with_callback):
    agent = with_callback()
    with pytest.raises(RuntimeError, match="inside its cause's transaction"):
        outbox.enqueue_for_all([agent], type="brake.engaged", data={}, subject_id="1")
    assert not Delivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_listener_is_called_once_however_often_it_asked(monkeypatch):
    heard = []
    monkeypatch.setattr(brake, "_listeners", [])
    for _ in range(2):
        brake.on_change(heard.clear)
    assert brake._listeners == [heard.clear]


@pytest.mark.django_db
class TestReleasing:
    def test_one_person_is_enough_where_one_is_needed(self, alice):
        pulled = engage()
        released = release(pulled, actor=person(alice), reason=" Fixed. ")
        assert released.released_at is not None
        assert brake.in_force() == []
        agreed = BrakeRelease.objects.get()
        assert (agreed.human, agreed.name, agreed.reason) == (
            "user:1",
            "alice",
            "Fixed.",
        )
        actions = Entry.objects.order_by("id").values_list("action", flat=True)
        assert list(actions)[1:] == ["brake:release_agreed", "brake:released"]
        assert Entry.objects.get(action="brake:released").data["released_by"] == [
            "alice"
        ]

    def test_two_different_humans_are_needed_where_two_are(self):
        pulled = engage()
        assert release(pulled, "user:1", 2).released_at is None
        assert brake.in_force() == [pulled]
        assert release(pulled, "user:2", 2).released_at is not None
        assert brake.in_force() == []

    def test_the_same_human_twice_is_refused(self):
        pulled = engage()
        release(pulled, "user:1", 2)
        with pytest.raises(brake.AgreedAlready):
            release(pulled, "user:1", 2)
        assert brake.in_force() == [pulled]

    def test_what_is_released_cannot_be_released_again(self):
        pulled = engage()
        release(pulled)
        with pytest.raises(brake.NotEngaged):
            release(pulled, "user:2")

    def test_nothing_is_found_under_an_unknown_number(self):
        with pytest.raises(brake.NotEngaged):
            release(Brake(pk=uuid4()))

    @pytest.mark.parametrize("reason", ["", "  ", "x" * 4001, "\0"], ids=len)
    def test_a_release_has_a_reason_too(self, reason):
        pulled = engage()
        with pytest.raises(brake.InvalidBrake):
            release(pulled, reason=reason)
        assert brake.in_force() == [pulled]

    def test_agents_are_told_when_it_is_released_and_not_before(self, with_callback):
        with_callback()
        pulled = engage()
        release(pulled, "user:1", 2)
        assert Delivery.objects.count() == 1
        released = release(pulled, "user:2", 2)
        told = Delivery.objects.get(type="brake.released")
        assert json.loads(told.body)["data"] == {"brake": brake.as_dict(released)}

    def test_after_a_release_it_can_be_pulled_anew(self):
        first = engage()
        release(first)
        second = engage()
        assert second != first
        assert brake.in_force() == [second]

    def test_a_clock_that_was_ahead_does_not_keep_it_engaged(self):
        pulled = engage()
        ahead = datetime.now(UTC) + timedelta(minutes=5)
        Brake.objects.update(engaged_at=ahead)
        assert release(pulled).released_at == ahead


@pytest.mark.django_db
def test_holds_since_a_moment_are_those_that_stopped_the_clock_after_it():
    over = release(engage())
    moment = datetime.now(UTC)
    later = release(engage())
    still = engage(scope="tier", value="high")
    engage(mode="deny")
    assert set(brake.holds_since(moment)) == {later, still}
    assert set(brake.holds_since(over.released_at - timedelta(seconds=1))) == {
        over, later, still,
    }  # fmt: skip


@pytest.mark.django_db
def test_programs_read_a_brake_with_times_in_utc():
    pulled = release(engage(scope="session", value="run-7", agent="deploy-bot"))
    read = brake.as_dict(pulled)
    assert read["agent"] == "deploy-bot"
    assert read["engaged_at"].endswith("Z")
    assert read["released_at"] >= read["engaged_at"]
    assert set(brake.as_dict(engage())) == {
        "id", "scope", "value", "mode", "reason", "engaged_at", "released_at",
    }  # fmt: skip
    assert brake.as_dict(engage())["released_at"] is None


VALID = {
    "scope": "everything",
    "mode": "hold",
    "reason": "x",
    "engaged_at": START,
    "engaged_by_type": "system",
    "engaged_by_id": "x",
    "engaged_by_name": "x",
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("constraint", "wrong"),
    [
        ("brake_scope_is_known", {"scope": "galaxy", "value": "x"}),
        ("brake_mode_is_known", {"mode": "go"}),
        ("brake_names_what_it_stops", {"scope": "agent"}),
        ("brake_names_what_it_stops", {"value": "x"}),
        ("brake_released_after_engaged", {"released_at": START - timedelta(seconds=1)}),
        ("one_brake_in_force_per_scope", {}),
    ],
    ids=["scope", "mode", "no-value", "value-for-everything", "released", "twice"],
)
def test_the_database_refuses(constraint, wrong):
    Brake.objects.create(**VALID)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Brake.objects.create(**VALID | wrong)


@pytest.mark.django_db
def test_the_database_refuses_a_second_release_by_one_human():
    pulled = Brake.objects.create(**VALID)
    facts = {
        "brake": pulled,
        "human": "user:1",
        "name": "a",
        "reason": "x",
        "at": START,
    }
    BrakeRelease.objects.create(**facts)
    with (
        pytest.raises(IntegrityError, match="one_release_per_human"),
        transaction.atomic(),
    ):
        BrakeRelease.objects.create(**facts)
