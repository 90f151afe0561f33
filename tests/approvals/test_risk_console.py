"""Consoles of MongoDB and Redis: as actions, and inside shell commands."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.canonical import Action
from approvals.risk import Severity, assess, mongo, redis

LOW, MEDIUM = Severity.LOW, Severity.MEDIUM
HIGH, CRITICAL = Severity.HIGH, Severity.CRITICAL


def found(name: str, arguments: dict[str, Any]) -> dict[str, Severity]:
    findings = assess(Action(name, "bot", arguments)).findings
    return {one.code: one.severity for one in reversed(findings)}


MONGO = [
    ("db.dropDatabase()", "mongo.drop", CRITICAL),
    ("db.users.drop()", "mongo.drop", CRITICAL),
    ('db.getCollection("users").drop()', "mongo.drop", CRITICAL),
    ("db.users.deleteMany({})", "mongo.delete_all", CRITICAL),
    ("db.users.remove( { } )", "mongo.delete_all", CRITICAL),
    ("db.users.deleteMany({age: 3})", "mongo.delete", MEDIUM),
    ("db.users.updateMany({}, {$set: {a: 1}})", "mongo.change_all", CRITICAL),
    ("db.users.updateOne({_id: 1}, {$set: {a: 1}})", "mongo.change", MEDIUM),
    ("db.users.aggregate([{$out: 'x'}])", "mongo.change", MEDIUM),
    ("db.createUser({user: 'x', roles: ['root']})", "mongo.admin", HIGH),
    ("db.shutdownServer()", "mongo.stop", CRITICAL),
    ("db.adminCommand({shutdown: 1})", "mongo.stop", CRITICAL),
    ("db.users.find({$where: 'sleep(1)'})", "mongo.script", HIGH),
    ('{"drop": "users"}', "mongo.drop", CRITICAL),
    ("gibberish", "mongo.uninspectable", HIGH),
]


@pytest.mark.parametrize(("text", "code", "severity"), MONGO)
def test_finds_what_mongo_would_do(text: str, code: str, severity: Severity) -> None:
    assert found("mongo.run", {"command": text}).get(code) == severity


@pytest.mark.parametrize(
    "text",
    ["db.users.find({a: 1}).limit(5)", "db.users.countDocuments({})", "show dbs"],
)
def test_reading_mongo_is_understood(text: str) -> None:
    assessment = assess(Action("mongo.run", "bot", {"command": text}))
    assert (assessment.findings, assessment.inspected) == ((), ("mongo",))


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("mongodb.delete_many", {"collection": "u", "filter": {}}, "mongo.delete_all"),
        (
            "mongodb.delete_many",
            {"collection": "u", "filter": {"a": 1}},
            "mongo.delete",
        ),
        ("mongo.drop_collection", {"collection": "u"}, "mongo.drop"),
        (
            "mongodb",
            {"operation": "deleteMany", "collection": "u", "filter": {}},
            "mongo.delete_all",
        ),
        (
            "mongodb.aggregate",
            {"collection": "u", "pipeline": [{"$out": "x"}]},
            "mongo.change",
        ),
    ],
)
def test_finds_calls_that_are_taken_apart(
    name: str, arguments: dict[str, Any], code: str
) -> None:
    assert code in found(name, arguments)


def test_finds_mongo_wherever_it_hides() -> None:
    assert "mongo.drop" in found("note.add", {"body": "x; db.users.drop()"})
    command = "mongosh shop --eval 'db.users.deleteMany({})'"
    assert found("Bash", {"command": command})["mongo.delete_all"] is CRITICAL
    heredoc = "mongosh <<E\ndb.users.drop()\nE"
    assert found("Bash", {"command": heredoc})["mongo.drop"] is CRITICAL


REDIS = [
    ("FLUSHALL", "redis.flush", CRITICAL),
    ("flushdb async", "redis.flush", CRITICAL),
    ("KEYS *", "redis.blocking", MEDIUM),
    ("CONFIG SET dir /root/.ssh", "redis.admin", HIGH),
    ("DEBUG SLEEP 100", "redis.admin", HIGH),
    ("SHUTDOWN NOSAVE", "redis.stop", CRITICAL),
    ("REPLICAOF evil 6379", "redis.stop", CRITICAL),
    ("SLAVEOF evil 6379", "redis.stop", CRITICAL),
    ("EVAL 'return 1' 0", "redis.script", HIGH),
    ("MODULE LOAD /tmp/x.so", "redis.script", HIGH),
    ("DEL a b c", "redis.delete", MEDIUM),
    ("SET a 1", "redis.change", MEDIUM),
    ("%$!", "redis.uninspectable", HIGH),
]


@pytest.mark.parametrize(("text", "code", "severity"), REDIS)
def test_finds_what_redis_would_do(text: str, code: str, severity: Severity) -> None:
    assert found("redis.command", {"command": text}).get(code) == severity
    assert found("redis.command", {"command": f"GET a\n{text}"}).get(code) == severity


@pytest.mark.parametrize(
    "arguments",
    [{"command": ["FLUSHALL"]}, {"args": ["FLUSHALL"]}, {"command": "flushall"}],
    ids=["list", "args", "text"],
)
def test_finds_redis_commands_in_any_shape(arguments: dict[str, Any]) -> None:
    assert found("redis.command", arguments)["redis.flush"] is CRITICAL


def test_counts_the_keys_that_go() -> None:
    impact = assess(Action("redis.command", "a", {"command": "DEL a b c"})).impact
    assert (impact.verb, impact.scale, impact.target) == ("delete", 3, "a")


@pytest.mark.parametrize(
    "text", ["GET a", "INFO", "HGETALL h", "CONFIG GET *", "CLIENT LIST", "SCAN 0"]
)
def test_reading_redis_is_understood(text: str) -> None:
    assessment = assess(Action("redis.command", "bot", {"command": text}))
    assert (assessment.findings, assessment.inspected) == ((), ("redis",))


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("redis-cli -h prod -n 2 FLUSHALL", "redis.flush"),
        ("redis-cli <<E\nFLUSHALL\nE", "redis.flush"),
        ("redis-cli KEYS '*'", "redis.blocking"),
        ("echo flushall | redis-cli", "redis.flush"),
    ],
)
def test_finds_redis_inside_shell(command: str, code: str) -> None:
    assert code in found("Bash", {"command": command})


@settings(max_examples=200, deadline=None)
@given(st.text() | st.text(alphabet="db.ropaeltMn(){}[]'\"$:, ;\n"))
def test_reading_never_raises(text: str) -> None:
    places = [*mongo.analyse(text, "/a"), *redis.analyse(text, "/a")]
    for one in places:
        assert one.pointer == "/a"
        assert one.span is None or 0 <= one.span[0] < one.span[1] <= len(text)
