"""What an action says about people: how to reach, identify, charge them; how many."""

from collections.abc import Iterable, Iterator

from approvals.risk.corpus import Corpus, Quota, of_values
from approvals.risk.findings import Finding, Match, Severity
from approvals.risk.personal_data_codes import CODES
from approvals.risk.personal_data_contact import birth_dates, documents, emails, phones
from approvals.risk.personal_data_ids import Number, national_ids
from approvals.risk.personal_data_named import named_ids
from approvals.risk.personal_data_payment import bank_accounts, cards
from approvals.risk.view import View

__all__ = ["CODES", "analyse"]

MANY = 10
"""From so many different people on it is a list of people, not a case."""


def analyse(view: View) -> Iterator[Finding]:
    """One finding for each kind of data, severity and text that has it.

    ``scale`` is how many different ones there are.
    """
    corpus = of_values(view)
    ids, are_all_ids = national_ids(corpus)
    passports = list(documents(corpus))
    seen = {one.start for one in [*ids, *passports] if one.severity is not Severity.LOW}
    ids = [*ids, *named_ids(corpus, seen)]
    accounts, are_all_accounts = bank_accounts(view, corpus)
    charged, are_all_cards = cards(corpus)
    by_code = {
        "personal_data.national_id": ids,
        "personal_data.bank_account": accounts,
        "personal_data.card": charged,
        "personal_data.passport": passports,
        "personal_data.birth_date": list(birth_dates(corpus)),
        "personal_data.phone": list(phones(corpus)),
        "personal_data.email": list(emails(corpus)),
    }
    for code, found in by_code.items():
        yield from _grouped(code, _of_others(view, corpus, found), corpus)
    yield from _many(view, corpus, by_code)
    if not (are_all_ids and are_all_accounts and are_all_cards):
        message = "Contains more numbers that could be personal than can be looked at"
        code = "personal_data.uninspectable"
        yield Match(code, Severity.MEDIUM, message).at("/arguments")


def _of_others(view: View, corpus: Corpus, found: Iterable[Number]) -> Iterator[Number]:
    """All but what says who the action is for: that is the subject itself."""
    for one in found:
        leaf = corpus.leaves[corpus.index_at(one.start)]
        if leaf.pointer != "/subject" and leaf.text != view.action.subject:
            yield one


def _grouped(code: str, found: Iterable[Number], corpus: Corpus) -> Iterator[Finding]:
    groups: dict[tuple[int, str, Severity], list[Number]] = {}
    for one in found:
        key = (corpus.index_at(one.start), one.what, one.severity)
        groups.setdefault(key, []).append(one)
    quota = Quota()
    for (_, what, severity), members in groups.items():
        if quota.allows(code, severity):
            count = len({one.value for one in members})
            scale = float(count)
            match = Match(code, severity, _message(what, count), scale=scale)
            yield corpus.finding(match, members[0].start, members[0].end)


def _message(what: str, count: int) -> str:
    if count == 1:
        article = "an" if what[0] in "aeioAEIO" else "a"
        return f"Contains {article} {what}"
    plural = f"{what}es" if what.endswith("s") else f"{what}s"
    return f"Contains {count} {plural}"


def _many(
    view: View, corpus: Corpus, by_code: dict[str, list[Number]]
) -> Iterator[Finding]:
    """The longest list of people, where there is one; colleagues do not count."""
    lists = {
        code: {one.value for one in found if not _is_ours(view, one.value)}
        for code, found in by_code.items()
    }
    code, people = max(lists.items(), key=lambda item: len(item[1]))
    if len(people) >= MANY:
        first = by_code[code][0]
        message = f"Contains data of at least {len(people)} people"
        match = Match(
            "personal_data.many_people", Severity.MEDIUM, message, "", len(people)
        )
        yield corpus.finding(match, first.start, first.end)


def _is_ours(view: View, value: str) -> bool:
    domain = value.rpartition("@")[2]
    return domain != value and view.context.is_internal(domain)
