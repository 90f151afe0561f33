"""Commands of Redis: one line each, or the words of one command."""

import re
import shlex
from collections.abc import Iterator

from approvals.risk.codes import Code, Harm
from approvals.risk.findings import Finding, Match, Severity, shortened
from approvals.risk.impact import Reversible, Verb
from approvals.risk.tables import names

MAX_CHARACTERS = 32_768
_MAX_LINES = 500
_M, _H, _C = Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
_NO = Reversible.NO

CODES = {
    "redis.admin": Code(
        "The server's settings, rights or copies change.",
        Harm.PRIVILEGE_ABUSE,
        Verb.CHANGE,
    ),
    "redis.blocking": Code(
        "It can stop everybody else from being served.",
        Harm.CASCADING_FAILURE,
        Verb.READ,
    ),
    "redis.change": Code("Keys change.", Harm.TOOL_MISUSE, Verb.CHANGE),
    "redis.delete": Code("Keys go for good.", Harm.TOOL_MISUSE, Verb.DELETE, _NO),
    "redis.flush": Code("Every key goes for good.", Harm.TOOL_MISUSE, Verb.DELETE, _NO),
    "redis.script": Code("The server runs a program.", Harm.CODE_EXECUTION, Verb.RUN),
    "redis.stop": Code(
        "The server stops or loses its role.", Harm.TOOL_MISUSE, Verb.STOP
    ),
    "redis.uninspectable": Code(
        "It is no command of Redis that is known.", Harm.TRUST_EXPLOITATION, Verb.RUN
    ),
}
_READING = names(
    "bitcount bitpos cluster command dbsize dump echo exists expiretime geodist geohash"
    " geopos geosearch get getbit getrange hello hexists hget hgetall hkeys hlen hmget"
    " hrandfield hscan hstrlen hvals info keys lastsave latency lcs lindex llen lolwut"
    " lpos lrange memory mget object pfcount ping pttl quit randomkey role scan scard"
    " select sdiff sinter sismember slowlog smembers smismember srandmember sscan"
    " strlen"
    " sunion time ttl type xinfo xlen xpending xrange xread xrevrange zcard"
    " zcount zrange"
    " zrangebyscore zrank zrevrange zrevrank zscan zscore watch unwatch multi exec"
    " discard subscribe psubscribe ft.search ft.info json.get ts.get ts.range auth"
)
_FLUSHING = names("flushall flushdb")
_STOPPING = names("shutdown failover replicaof slaveof swapdb")
_SCRIPTS = names("eval evalsha eval_ro fcall function module script")
_DELETING = names("del unlink hdel srem zrem lrem ltrim xtrim xdel getdel ft.dropindex")
_BLOCKING = names("keys monitor sort")
_ADMIN = names(
    "acl bgrewriteaof bgsave client config debug migrate restore save reset cluster"
    " latency slowlog"
)
_HARMLESS_ADMIN = re.compile(
    r"^(acl (whoami|list|cat|users|getuser|help)|client (list|id|info|getname|setname"
    r"|help)|config (get|help)|cluster (info|nodes|slots|shards|myid|keyslot|help)"
    r"|debug (object|help)|latency (latest|history|doctor|graph|help)|slowlog (get|len"
    r"|help)|script (exists|help)|function (list|stats|help|dump)|module (list|help))\b"
)


def analyse(text: str, pointer: str) -> list[Finding]:
    """Findings for commands of Redis, one a line."""
    if len(text) > MAX_CHARACTERS:
        message = "Contains more commands than can be inspected"
        return [Match("redis.uninspectable", _C, message).at(pointer)]
    return [match.at(pointer) for match in matches_of(text)]


def matches_of(text: str) -> Iterator[Match]:
    """What each line does; blank lines and comments do nothing."""
    for line in text.splitlines()[:_MAX_LINES]:
        words = _words(line)
        if words and not words[0].startswith(("#", "--")):
            yield from of_words(words)


def _words(line: str) -> list[str]:
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    if words and words[0].rpartition("/")[2] in {"redis-cli", "valkey-cli"}:
        words = [word for word in words[1:] if not word.startswith("-")]
    return words


def of_words(words: list[str]) -> Iterator[Match]:
    """What one command does."""
    name = words[0].lower()
    key = shortened(words[1]) if len(words) > 1 else ""
    line = shortened(" ".join(words))
    if name in _FLUSHING:
        yield Match("redis.flush", _C, f"Deletes every key: {line}")
    elif name in _STOPPING:
        yield Match("redis.stop", _C, f"Stops or takes over the server: {line}")
    elif _HARMLESS_ADMIN.match(" ".join(words[:2]).lower()):
        return
    elif name in _SCRIPTS:
        yield Match("redis.script", _H, f"Runs a program on the server: {line}")
    elif name in _ADMIN:
        yield Match("redis.admin", _H, f"Changes the server: {line}")
    elif name in _DELETING:
        scale = float(len(words) - 1) if name in {"del", "unlink"} else None
        yield Match("redis.delete", _M, f"Deletes keys: {line}", key, scale)
    elif name in _BLOCKING:
        is_narrow = name == "keys" and not key.startswith("*")
        severity = Severity.LOW if is_narrow else _M
        yield Match("redis.blocking", severity, f"Can block the server: {line}", key)
    elif name not in _READING:
        yield from _other(name, line, key)


def _other(name: str, line: str, key: str) -> Iterator[Match]:
    if re.fullmatch(r"[a-z][a-z.]{1,30}", name):
        yield Match("redis.change", _M, f"Changes keys: {line}", key)
    else:
        message = f"Is no command of Redis: {line}"
        yield Match("redis.uninspectable", _H, message)
