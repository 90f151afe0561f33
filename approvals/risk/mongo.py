"""Commands of MongoDB: text for its shell, and calls taken apart into arguments."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from approvals.canonical import pointer_to
from approvals.risk.codes import Code, Harm
from approvals.risk.context import Kind
from approvals.risk.findings import Finding, Match, Severity, shortened
from approvals.risk.impact import Reversible, Verb
from approvals.risk.tables import names
from approvals.risk.texts_named import named_kind
from approvals.risk.view import View, tokens

MAX_CHARACTERS = 32_768
_M, _H, _C = Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
_MISUSE, _NO = Harm.TOOL_MISUSE, Reversible.NO

CODES = {
    "mongo.admin": Code(
        "Users, rights or the server change.", Harm.PRIVILEGE_ABUSE, Verb.GRANT
    ),
    "mongo.change": Code("Documents change.", _MISUSE, Verb.CHANGE),
    "mongo.change_all": Code(
        "Every document of a collection changes.", _MISUSE, Verb.CHANGE, _NO
    ),
    "mongo.delete": Code("Documents go for good.", _MISUSE, Verb.DELETE, _NO),
    "mongo.delete_all": Code(
        "Every document of a collection goes for good.", _MISUSE, Verb.DELETE, _NO
    ),
    "mongo.drop": Code(
        "A collection or database goes for good.", _MISUSE, Verb.DELETE, _NO
    ),
    "mongo.script": Code("The server runs a program.", Harm.CODE_EXECUTION, Verb.RUN),
    "mongo.stop": Code("The server or what it does stops.", _MISUSE, Verb.STOP),
    "mongo.uninspectable": Code(
        "It is no command of MongoDB that is known.",
        Harm.TRUST_EXPLOITATION,
        Verb.RUN,
    ),
}
_CALL = re.compile(
    r"\bdb(?:\.getSiblingDB\([^)]{0,80}\)|\.getCollection\(\s?['\"](?P<quoted>[^'\"]{1,120})"
    r"['\"]\s?\)|\[['\"](?P<indexed>[^'\"]{1,120})['\"]\]|(?P<plain>(?:\.[A-Za-z_]\w{0,60})"
    r"{0,4}?))\s{0,20}\.(?P<method>\w{1,60})\s{0,20}\(\s{0,20}"
    # Only looked at, not taken: calls may stand inside of calls.
    r"(?=(?P<rest>[^;\n]{0,200}))"
)
_LOOKS = re.compile(
    r"\bdb\.(?:[\w.]{1,120}\.)?(?:drop|dropDatabase|deleteMany|remove|dropIndexes"
    r"|updateMany|shutdownServer|createUser)\("
)
_EMPTY = re.compile(r"(?:\{\s{0,20}\})?\s{0,20}(?:\)|,|$)|\{\s?_?id:\s?\{\s?\$exists")
_DROPPING = names(
    "drop dropcollection dropdatabase drop_collection drop_database dropindexes"
    " dropindex drop_index drop_indexes"
)
_DELETING = names(
    "delete deletemany deleteone delete_many delete_one findandremove findoneanddelete"
    " find_one_and_delete remove"
)
_CHANGING_ALL = names("update updatemany update_many replaceone")
_CHANGING = names(
    "bulk_write bulkwrite convertocapped create createcollection createindex"
    " createindexes createview findandmodify findoneandreplace findoneandupdate insert"
    " insertmany insertone insert_many insert_one mapreduce out merge renamecollection"
    " replace_one save update_one updateone"
)
_ADMIN = names(
    "adminaddshard auth changeuserpassword createrole createuser dropallroles"
    " dropallusers droprole dropuser enableauth grantprivilegestorole grantrolestouser"
    " logout revokerolesfromuser setfeaturecompatibilityversion setparameter"
    " setprofilinglevel updaterole updateuser"
)
_STOPPING = names("fsynclock killop killsessions shutdown shutdownserver stepdown")
_STAGES = re.compile(r"\$(out|merge)\b")
_PROGRAMS = re.compile(r"\$(where|function|accumulator)\b|\bmapReduce\b|\beval\(")


def looks_right(text: str) -> bool:
    """Whether a text has a changing call of MongoDB's shell in it."""
    return "db." in text and bool(_LOOKS.search(text[:MAX_CHARACTERS]))


def analyse(text: str, pointer: str) -> list[Finding]:
    """Findings for text that MongoDB's shell would run."""
    if len(text) > MAX_CHARACTERS:
        message = "Contains more commands than can be inspected"
        return [Match("mongo.uninspectable", _C, message).at(pointer)]
    return [match.at(pointer, span) for match, span in _of_text(text)]


def matches_of(text: str) -> Iterator[Match]:
    """What text for MongoDB's shell does, without the places."""
    if len(text) > MAX_CHARACTERS:
        yield Match("mongo.uninspectable", _C, "Contains more than can be inspected")
    else:
        yield from (match for match, _ in _of_text(text))


def _of_text(text: str) -> Iterator[tuple[Match, tuple[int, int] | None]]:
    calls = list(_CALL.finditer(text))
    for call in calls:
        collection = call["quoted"] or call["indexed"] or (call["plain"] or "")[1:]
        rest = call["rest"]
        is_all = bool(_EMPTY.match(rest))
        for match in of_call(call["method"], collection, is_all, rest):
            yield match, call.span()
    if _PROGRAMS.search(text):
        yield Match("mongo.script", _H, "Runs a program on the server"), None
    if not calls and text.strip() and not _is_plain(text):
        command = _command(text)
        if command is None:
            message = f"Is no command of MongoDB that is known: {shortened(text)}"
            yield Match("mongo.uninspectable", _H, message), None
        else:
            yield from ((match, None) for match in of_command(command))


def _is_plain(text: str) -> bool:
    """``show dbs``, ``use shop``, and filters in JSON without any command."""
    return bool(re.fullmatch(r"\s*(show \w+|use [\w-]+|help|it|exit)\s*;?\s*", text))


def _command(text: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, list):
        return {"pipeline": value}
    return value if isinstance(value, Mapping) else None


def of_command(command: Mapping[str, Any]) -> Iterator[Match]:
    """What ``runCommand`` would do: the first member names the command."""
    text = json.dumps(command, default=str)[:MAX_CHARACTERS]
    name = next(iter(command), "")
    target = command.get(name)
    collection = target if isinstance(target, str) else ""
    yield from of_call(name, collection, False, text)
    if _PROGRAMS.search(text):
        yield Match("mongo.script", _H, "Runs a program on the server")


def of_call(method: str, collection: str, is_all: bool, rest: str) -> Iterator[Match]:
    """What one method of a collection or database does."""
    name, target = method.lower(), shortened(collection)
    where = target or "the database"
    if name in _DROPPING:
        severity = _H if "index" in name else _C
        yield Match("mongo.drop", severity, f"Drops {where}: {method}", target)
    elif name in _DELETING and is_all:
        message = f"Deletes all documents of {where}"
        yield Match("mongo.delete_all", _C, message, target)
    elif name in _DELETING:
        yield Match("mongo.delete", _M, f"Deletes documents of {where}", target)
    elif name in _CHANGING_ALL and is_all:
        message = f"Changes all documents of {where}"
        yield Match("mongo.change_all", _C, message, target)
    elif name in _CHANGING | _CHANGING_ALL or _STAGES.search(rest):
        yield Match("mongo.change", _M, f"Changes documents of {where}", target)
    elif name in _ADMIN:
        yield Match("mongo.admin", _H, f"Changes users or the server: {method}")
    elif name in _STOPPING:
        yield Match("mongo.stop", _C, f"Stops the server or what it does: {method}")
    elif name in {"runcommand", "admincommand"}:
        yield from _run_command(rest)


def _run_command(rest: str) -> Iterator[Match]:
    name = re.match(r"\{?\s?['\"]?(\w+)", rest)
    if name is not None and name[1].lower() not in {"runcommand", "admincommand"}:
        yield from of_call(name[1], "", False, rest[:200])


def analyse_view(view: View) -> Iterator[Finding]:
    """``mongodb.delete_many {"collection": "users", "filter": {}}`` and kin."""
    if named_kind(view.action.name) is not Kind.MONGO and not any(
        entry.kind is Kind.MONGO for entry in view.context.mapped(view.action.name)
    ):
        return
    arguments = view.action.arguments
    operation = _operation(view) or ("aggregate" if "pipeline" in arguments else "")
    if operation:
        condition, at = _condition(arguments)
        collection = arguments.get("collection", arguments.get("collection_name", ""))
        rest = json.dumps(arguments.get("pipeline", ""), default=str)[:MAX_CHARACTERS]
        is_all = condition is None or condition in ({}, "", "{}")
        for match in of_call(operation, str(collection), is_all, rest):
            yield match.at(at)


def _operation(view: View) -> str:
    for member in ("operation", "method", "op", "action"):
        value = view.action.arguments.get(member)
        if isinstance(value, str):
            return value.replace("-", "_")
    words = list(tokens(view.action.name))
    for name in sorted(_DROPPING | _DELETING | _CHANGING | _CHANGING_ALL | _ADMIN):
        parts = name.split("_")
        if len(name) > 3 and set(parts) <= set(words):
            return _fuller(name, words)
    return ""


def _fuller(name: str, words: list[str]) -> str:
    is_many = "many" in words and "_" not in name
    return f"{name}_many" if is_many and name in {"delete", "update"} else name


def _condition(arguments: Mapping[str, Any]) -> tuple[Any, str]:
    for member in ("filter", "query", "where", "condition", "selector"):
        if member in arguments:
            return arguments[member], pointer_to("/arguments", member)
    return None, "/arguments"
