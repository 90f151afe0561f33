"""What the pages of lists show around their rows: tabs, counts, search. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q

from approvals import decided, queue, search
from approvals.models import SavedView
from approvals.queue import Page
from approvals.search import Where
from approvals.search_syntax import (
    KEYS,
    MEANINGS,
    Is,
    SearchError,
    in_address,
    parse,
)
from approvals.splits import Desk, Waiting

_SPLITS: tuple[tuple[str, Is | None], ...] = (
    ("Mine", Is.MINE),
    ("My groups", Is.GROUP),
    ("Needs a second", Is.SECOND),
    ("Expiring", Is.EXPIRING),
    ("All", None),
)
_EMPTY: dict[Is | None, tuple[str, str]] = {
    Is.MINE: (
        "Nothing is yours",
        "What somebody assigns to you, or what you claim, is listed here.",
    ),
    Is.GROUP: (
        "Nothing waits for you",
        "Nothing that you may decide on waits. New requests appear by themselves.",
    ),
    Is.SECOND: (
        "Nothing needs a second",
        "Once somebody has approved what takes two, and you may be the second, it "
        "is listed here.",
    ),
    Is.EXPIRING: (
        "Nothing is about to run out",
        "What is denied automatically within 15 minutes is listed here.",
    ),
    None: ("Nothing waits for you", "New requests appear here by themselves."),
}


@dataclass(frozen=True, slots=True)
class Tab:
    """A search that is one click away."""

    name: str
    query: str
    is_current: bool
    count: Waiting | None = None
    """How many wait; None where that is not counted or the search cannot be read."""
    saved: int | None = None
    """The id of a view that somebody saved."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What somebody typed that cannot be understood, cut at the wrong place."""

    before: str
    wrong: str
    after: str
    reason: str
    place: int
    """The number of the first wrong character, from 1."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something that can be typed."""

    text: str
    meaning: str = ""


def queue_page(user: User, text: str, after: str) -> dict[str, Any]:
    """Everything the queue shows for a search; raises BadCursor."""
    desk, wrong = Desk(user), None
    page = Page([], "")
    try:
        page = queue.pending(user, after=after, query=parse(text), desk=desk)
    except SearchError as error:
        wrong = _wrong(text, error)
    title, words = _empty(text)
    found = tabs(desk, text)
    return {
        "page": page,
        "waiting": desk.counts[None],
        "tabs": found,
        "may_keep": _may_keep(text, found),
        "search": text,
        "list_query": in_address(text),
        "wrong": wrong,
        "empty_title": title,
        "empty_words": words,
        "on_duty": decided.on_duty(desk),
        "hidden": desk.hidden,
        "is_first": not after,
    }


def waiting_page(user: User, text: str) -> dict[str, Any]:
    """How many wait, in each tab, and how many a search finds."""
    desk = Desk(user)
    return {
        "waiting": desk.counts[None],
        "tabs": tabs(desk, text),
        "search": text,
        "found": queue.number(desk, text) if text.strip() else None,
    }


def history_page(user: User, text: str, before: str) -> dict[str, Any]:
    """Everything the history shows for a search; raises BadCursor."""
    desk, wrong, is_slow = Desk(user), None, False
    page = decided.Decided([], "")
    try:
        page = decided.history(desk, query=parse(text), before=before)
    except SearchError as error:
        wrong = _wrong(text, error)
    except decided.TooSlow:
        is_slow = True
    found = _history_tabs(user, text)
    return {
        "page": page,
        "tabs": found,
        "may_keep": _may_keep(text, found),
        "search": text,
        "wrong": wrong,
        "is_slow": is_slow,
        "look": decided.LOOK,
        "is_first": not before,
    }


def tabs(desk: Desk, text: str) -> list[Tab]:
    """The splits and this person's own views, with how many wait in each."""
    here = _normal(text)
    found = [
        Tab(name, _typed(split), here == _typed(split), desk.counts[split])
        for name, split in _SPLITS
    ]
    views = list(_views(desk.user, Where.QUEUE))
    counts = desk.count(
        {str(view.pk): asked for view in views for asked in _conditions(view, desk)}
    )
    own = [
        Tab(
            view.name,
            view.query,
            here == view.query,
            counts.get(str(view.pk)),
            saved=view.pk,
        )
        for view in views
    ]
    return found + own


def suggestions(user: User, where: Where) -> list[Suggestion]:
    """What can be typed into the search of a list, the keys first."""
    never = {f"is:{word}" for word in search.ELSEWHERE[where]}
    found = [Suggestion(f"{key}:", meaning) for key, meaning in KEYS.items()]
    for key, known in MEANINGS.items():
        found += [Suggestion(f"{key}:{one}", words) for one, words in known.items()]
    for key, names in search.words(Desk(user)).items():
        found += [Suggestion(f"{key}:{name}") for name in names]
    return [one for one in found if one.text not in never]


def _history_tabs(user: User, text: str) -> list[Tab]:
    """None is counted: how much was decided is without bounds."""
    here = _normal(text)
    own = _views(user, Where.HISTORY)
    return [
        Tab("All", "", here == ""),
        *(
            Tab(view.name, view.query, here == view.query, saved=view.pk)
            for view in own
        ),
    ]


def _may_keep(text: str, shown: Iterable[Tab]) -> bool:
    """Whether a search can become a tab: it is one, and no tab has it yet."""
    return bool(text.strip()) and not any(tab.is_current for tab in shown)


def _views(user: User, where: Where) -> Iterable[SavedView]:
    return SavedView.objects.filter(user=user, where=where)


def _conditions(view: SavedView, desk: Desk) -> list[Q]:
    """One, or none where the search cannot be read any more: an agent is gone."""
    try:
        return [search.condition(parse(view.query), desk, Where.QUEUE)]
    except SearchError:
        return []


def _empty(text: str) -> tuple[str, str]:
    """What a list says that is empty; nothing where it is what somebody looked for."""
    here = _normal(text)
    split = [one for _, one in _SPLITS if _typed(one) == here]
    return _EMPTY[split[0]] if split else ("", "")


def _typed(split: Is | None) -> str:
    return f"is:{split}" if split else ""


def _normal(text: str) -> str:
    return " ".join(text.split())


def _wrong(text: str, error: SearchError) -> Wrong:
    start, end = error.start, error.end
    return Wrong(text[:start], text[start:end], text[end:], str(error), start + 1)
