"""Which strings are code, manifests, plans, or commands of mongo and redis."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import replace

from approvals.canonical import Action
from approvals.risk import kubernetes, mongo, terraform
from approvals.risk.context import Context, Kind, Role
from approvals.risk.tables import names
from approvals.risk.texts_leaves import Text, TextLeaf, Trust
from approvals.risk.texts_named import is_program, named_kind, named_program
from approvals.risk.view import is_at, tokens

_CODE_WORDS = names(
    "cell cells code expression javascript js program python py snippet source src"
)
_CERTAIN_CODE = names("code javascript python")
_MANIFEST_WORDS = names(
    "config configuration content hcl json manifest manifests plan spec template tf"
    " yaml yml"
)
_CONSOLE_WORDS = names(
    "code eval expression js operation pipeline query script statement"
)
_LANGUAGES = ("language", "lang", "kernel", "runtime")
_LOOKS_LIKE_CODE = re.compile(r"[\n(=]|\bimport\b")


def of_kind(
    action: Action, context: Context, leaves: list[TextLeaf], commands: list[TextLeaf]
) -> Iterator[Text]:
    """Texts for the analysers of other kinds than SQL and shell."""
    kinds = {entry.kind for entry in context.mapped(action.name)}
    named = named_kind(action.name)
    if named is not None:
        kinds.add(named)
    everything = [*leaves, *commands]
    yield from _mapped(action, context, everything)
    language = _language_of(action)
    for text in _code(everything, Kind.CODE in kinds):
        yield replace(text, language=language)
    yield from _consoles(leaves, commands, kinds)
    yield from _manifests(leaves, kinds)


def _mapped(action: Action, context: Context, leaves: list[TextLeaf]) -> Iterator[Text]:
    """What policy points at, read as what policy calls the action."""
    for entry in context.mapped(action.name):
        for role, pointers in entry.pointers.items():
            kind = _BY_ROLE.get((role, entry.kind), _BY_ROLE.get((role, None)))
            if kind is None:
                continue
            for leaf in leaves:
                if any(is_at(leaf.pointer, pointer) for pointer in pointers):
                    yield _text(kind, leaf, Trust.NAMED)


_BY_ROLE: dict[tuple[Role, Kind | None], Kind] = {
    (Role.CODE, None): Kind.CODE,
    (Role.CODE, Kind.MONGO): Kind.MONGO,
    (Role.COMMAND, Kind.MONGO): Kind.MONGO,
    (Role.COMMAND, Kind.REDIS): Kind.REDIS,
    (Role.MANIFEST, None): Kind.KUBERNETES,
    (Role.MANIFEST, Kind.TERRAFORM): Kind.TERRAFORM,
}


def _code(leaves: list[TextLeaf], is_code: bool) -> Iterator[Text]:
    for leaf in leaves:
        words = tokens(leaf.member)
        if is_code and words & _CODE_WORDS:
            yield _text(Kind.CODE, leaf, Trust.NAMED)
        elif words & _CERTAIN_CODE and _LOOKS_LIKE_CODE.search(leaf.text):
            yield _text(Kind.CODE, leaf, Trust.LOOKS)


def _consoles(
    leaves: list[TextLeaf], commands: list[TextLeaf], kinds: set[Kind]
) -> Iterator[Text]:
    known = set(commands)
    if Kind.REDIS in kinds:
        commands = [leaf for leaf in commands if not leaf.member] or commands
        commands = list(_whole(commands))
    for leaf in [*leaves, *commands]:
        is_console = leaf in known or bool(tokens(leaf.member) & _CONSOLE_WORDS)
        if Kind.REDIS in kinds and is_console:
            yield _text(Kind.REDIS, leaf, Trust.NAMED)
        elif Kind.MONGO in kinds and is_console:
            yield _text(Kind.MONGO, leaf, Trust.NAMED)
        elif mongo.looks_right(leaf.text):
            yield _text(Kind.MONGO, leaf, Trust.LOOKS)


def _whole(commands: list[TextLeaf]) -> Iterator[TextLeaf]:
    """All but words that stand at the end of a longer command as well."""
    # Read backwards, what ends alike begins alike, and is found by its order.
    endings = sorted(leaf.text[::-1] for leaf in commands)
    for leaf in commands:
        ending = f"{leaf.text[::-1]} "
        at = bisect_left(endings, ending)
        if not (at < len(endings) and endings[at].startswith(ending)):
            yield leaf


def _manifests(leaves: list[TextLeaf], kinds: set[Kind]) -> Iterator[Text]:
    for leaf in leaves:
        is_manifest = bool(tokens(leaf.member) & _MANIFEST_WORDS)
        if terraform.looks_right(leaf.text):
            trust = Trust.NAMED if Kind.TERRAFORM in kinds else Trust.LOOKS
            yield _text(Kind.TERRAFORM, leaf, trust)
        elif kubernetes.looks_right(leaf.text):
            trust = Trust.NAMED if Kind.KUBERNETES in kinds else Trust.LOOKS
            yield _text(Kind.KUBERNETES, leaf, trust)
        elif is_manifest and Kind.TERRAFORM in kinds:
            yield _text(Kind.TERRAFORM, leaf, Trust.NAMED)
        elif is_manifest and Kind.KUBERNETES in kinds:
            yield _text(Kind.KUBERNETES, leaf, Trust.NAMED)


def _text(kind: Kind, leaf: TextLeaf, trust: Trust) -> Text:
    return Text(kind, leaf.text, leaf.pointer, trust, None if not leaf.member else 0)


def with_program(
    action: Action, commands: Iterable[TextLeaf]
) -> Iterator[tuple[TextLeaf, Text]]:
    """``kubectl {"args": ["delete", "ns", "x"]}`` leaves its program's name out.

    Each with the leaf that it comes from.
    """
    program = named_program(action.name)
    for leaf in commands if program else ():
        first = leaf.text.split(maxsplit=1)[:1]
        if first and not is_program(first[0]):
            line = f"{program} {leaf.text}"
            yield leaf, Text(Kind.SHELL, line, leaf.pointer, Trust.NAMED, None)


def _language_of(action: Action) -> str:
    """The language that an action says its code is in, or nothing."""
    for name in _LANGUAGES:
        value = action.arguments.get(name)
        if isinstance(value, str):
            return value.strip().lower()[:40]
    words = tokens(action.name)
    is_script = words & {"javascript", "nodejs", "node", "js"}
    return "javascript" if is_script else ""
