"""What people typed, as a question to the database. Reads only.

``condition`` holds for one request at a time. That no search reads more than its
share is up to the lists: ``folding`` and ``decided`` bound what they look through.
"""

from collections.abc import Callable
from enum import StrEnum

from django.contrib.auth.models import User
from django.db.models import (
    BooleanField,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    TextField,
    Value,
)
from django.db.models.functions import Collate, Left

from approvals.models import Outcome, Question, Vote
from approvals.search_syntax import ANY, Has, Is, Key, Query, SearchError, Term
from approvals.splits import Desk
from approvals.states import Source, State

TEXT_LENGTH = 1000
"""Characters of an action's canonical JSON in which words are looked for."""
NAMES = 200
"""Agents and people that are offered while somebody types."""


class Where(StrEnum):
    """Which list is searched."""

    QUEUE = "queue"
    HISTORY = "history"


ELSEWHERE: dict[Where, frozenset[Is]] = {
    Where.QUEUE: frozenset((Is.APPROVED, Is.DENIED, Is.EXPIRED, Is.CANCELLED)),
    Where.HISTORY: frozenset(
        (Is.PENDING, Is.GROUP, Is.SECOND, Is.EXPIRING, Is.CLAIMED)
    ),
}
"""What a request of that list never is."""


# Not by "=": with it PostgreSQL may think to know better, and read all that ever was
# to look up a few. A range leads it to the index of each table, one by one.
_OF_IT = Q(approval__gte=OuterRef("pk"), approval__lte=OuterRef("pk"))


class _Like(Func):
    """Case matters, for names."""

    template = "%(expressions)s"
    arg_joiner = " LIKE "
    output_field = BooleanField()


class _Contains(_Like):
    """Case does not matter, within ASCII: anything else is slow over many rows."""

    arg_joiner = " ILIKE "


def condition(query: Query, desk: Desk, where: Where) -> Q:
    """What a request of that list has to fulfil.

    Raises SearchError for what can never be there.
    """
    found = Q()
    for term in query.terms:
        _check_place(term, where)
        one = _ASKED[term.key](term, desk, where)
        found &= ~one if term.negated else one
    return found


def check_names(query: Query, desk: Desk) -> None:
    """Raises SearchError where an agent is named that is not there.

    It would be an empty list, or with "-" a full one, and look like an answer.
    """
    for term in query.terms:
        if term.key is not Key.AGENT or ANY in term.value:
            continue
        if term.value not in desk.agents:
            reason = f"There is no agent “{term.value}”. {ANY} stands for anything."
            raise SearchError(reason, term.start, term.end)


def words(desk: Desk) -> dict[Key, list[str]]:
    """Names to offer while somebody types, besides those of the syntax."""
    people = User.objects.filter(is_active=True, groups__isnull=False).distinct()
    names = people.order_by("username").values_list("username", flat=True)
    sources = [Source.POLICY, Source.GRANT, Source.TIMEOUT, Source.AGENT, Source.BRAKE]
    return {
        Key.TIER: list(desk.tiers),
        Key.AGENT: sorted(desk.agents)[:NAMES],
        Key.BY: ["me", *names[:NAMES], *(source.value for source in sources)],
    }


def _check_place(term: Term, where: Where) -> None:
    if term.key is not Key.IS or term.negated or term.value not in ELSEWHERE[where]:
        return
    reason = f"Nothing that waits is {term.value}. Search the history for it."
    if where is Where.HISTORY:
        reason = f"Only what waits is “{term.value}”. Search the queue for it."
    raise SearchError(reason, term.start, term.end)


def _text(term: Term, desk: Desk, where: Where) -> Q:
    text = Func(
        Value("\n"),
        *(F(name) for name in ("action", "environment", "resource", "subject")),
        *(F("summary"), F("agent__name"), Left("canonical", TEXT_LENGTH)),
        function="concat_ws",
        output_field=TextField(),
    )
    pattern = Value(f"%{_escaped(term.value)}%")
    return Q(_Contains(Collate(text, "C"), pattern))


def _is(term: Term, desk: Desk, where: Where) -> Q:
    return {
        Is.MINE: lambda: desk.mine,
        Is.GROUP: lambda: desk.decidable,
        Is.SECOND: lambda: Q(pk__in=desk.second_ids),
        Is.EXPIRING: lambda: desk.expiring & Q(state=State.PENDING),
        Is.ASSIGNED: lambda: Q(assigned_to__isnull=False),
        Is.UNASSIGNED: lambda: Q(assigned_to__isnull=True),
        Is.CLAIMED: lambda: Q(
            claimed_by__isnull=False, claimed_until__gt=desk.now, state=State.PENDING
        ),
        Is.EDITED: lambda: Q(revision__gt=1),
        Is.ESCALATED: lambda: Q(escalates_at__isnull=False, escalates_at__lte=desk.now),
    }.get(Is(term.value), lambda: Q(state=term.value))()


def _tier(term: Term, desk: Desk, where: Where) -> Q:
    """By key, as policies write it; names are mostly the same with a capital."""
    return Q(tier__in={term.value, term.value.lower()})


def _agent(term: Term, desk: Desk, where: Where) -> Q:
    if ANY in term.value:
        return Q(_Like(F("agent__name"), Value(_pattern(term.value))))
    if where is Where.QUEUE:
        return Q(agent__name=term.value)  # without a question of its own
    return Q(agent=desk.agents.get(term.value))


def _named(column: str) -> Callable[[Term, Desk, Where], Q]:
    """By a column that holds a name; ``*`` stands for anything."""

    def ask(term: Term, desk: Desk, where: Where) -> Q:
        there = Q(**{f"{column}__isnull": False})
        if ANY in term.value:
            return there & Q(_Like(F(column), Value(_pattern(term.value))))
        return there & Q(**{column: term.value})

    return ask


def _by(term: Term, desk: Desk, where: Where) -> Q:
    """Who decided it, whether person or not, or has a vote on it."""
    if term.value in list(Source):
        return Q(decision_source=term.value)
    name = desk.user.get_username() if term.value == "me" else term.value
    votes = Vote.objects.filter(_OF_IT, voter__username=name, withdrawn_at=None)
    return Q(decided_by__contains=[name]) | Q(Exists(votes))


def _after(term: Term, desk: Desk, where: Where) -> Q:
    return Q(**{f"{_clock(where)}__gte": term.moment(desk.now)})


def _before(term: Term, desk: Desk, where: Where) -> Q:
    return Q(**{f"{_clock(where)}__lt": term.moment(desk.now)})


def _clock(where: Where) -> str:
    """What waits is found by when it was asked, the others by when decided."""
    return "created_at" if where is Where.QUEUE else "decided_at"


def _has(term: Term, desk: Desk, where: Where) -> Q:
    votes = Vote.objects.filter(
        _OF_IT, withdrawn_at=None, revision=OuterRef("revision")
    )
    return {
        Has.QUESTION: Q(Exists(Question.objects.filter(_OF_IT, replied_at=None))),
        Has.VOTES: Q(Exists(votes)),
        Has.FINDINGS: ~Q(findings=[]),
        Has.EVIDENCE: ~Q(evidence=[]),
        Has.GRANT: Q(grant__isnull=False),
        Has.OUTCOME: Q(Exists(Outcome.objects.filter(_OF_IT))),
    }[Has(term.value)]


def _digest(term: Term, desk: Desk, where: Where) -> Q:
    return Q(digest__startswith=f"sha256:{term.value.removeprefix('sha256:')}")


def _escaped(text: str) -> str:
    for special in ("\\", "%", "_"):
        text = text.replace(special, f"\\{special}")
    return text


def _pattern(name: str) -> str:
    return _escaped(name).replace(ANY, "%")


_ASKED: dict[Key, Callable[[Term, Desk, Where], Q]] = {
    Key.TEXT: _text,
    Key.IS: _is,
    Key.TIER: _tier,
    Key.AGENT: _agent,
    Key.ACTION: _named("action"),
    Key.BY: _by,
    Key.AFTER: _after,
    Key.BEFORE: _before,
    Key.HAS: _has,
    Key.ENVIRONMENT: _named("environment"),
    Key.RESOURCE: _named("resource"),
    Key.SESSION: _named("session"),
    Key.DIGEST: _digest,
}
