"""Hosts and domains: whose they are, and whether one passes for another."""

from collections.abc import Iterable
from functools import lru_cache

from approvals.risk.similarity import is_one_slip_away, skeleton
from approvals.risk.tables import lines_of, names

_SECOND_LEVEL = names("ac co com edu gov mil ne net or org")
_IMITATED = names(
    "adobe.com amazon.com apple.com dropbox.com facebook.com github.com gmail.com"
    " google.com hotmail.com icloud.com instagram.com linkedin.com microsoft.com"
    " netflix.com outlook.com paypal.com protonmail.com slack.com stripe.com"
    " whatsapp.com yahoo.com"
)
"""Domains that are imitated most; anybody writes to them."""
_EXAMPLES = names("example.com example.net example.org")


@lru_cache(maxsize=4096)
def registrable(domain: str) -> str:
    """What somebody registered: ``mail.example.co.uk`` belongs to ``example.co.uk``.

    By a short table of second-level domains, not by the public suffix list.
    """
    labels = domain.lower().rstrip(".").split(".")
    is_second_level = (
        len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    )
    return ".".join(labels[-3:] if is_second_level else labels[-2:])


def is_free_mail(domain: str) -> bool:
    """Whether anybody can have an address there, so that it says nothing."""
    return domain.lower().rstrip(".") in _set_of("mail_free.txt")


def is_disposable(domain: str) -> bool:
    return _is_below(domain, "mail_disposable.txt")


def is_catcher(host: str) -> bool:
    """Whether the host catches requests or files for whoever asks it to."""
    return _is_below(host, "catchers.txt")


def is_nobodys(domain: str) -> bool:
    """Whether two addresses there may belong to two strangers."""
    return (
        is_free_mail(domain)
        or is_disposable(domain)
        or registrable(domain) in _EXAMPLES
    )


def imitated_by(domain: str, ours: Iterable[str]) -> str:
    """The domain of ``ours``, or a famous one, that ``domain`` can be taken for.

    By look-alike characters, one slip, another ending, or the name in disguise
    (``example.com.evil.io``, ``example-support.com``); empty where there is none.
    """
    name = domain.lower().rstrip(".")
    mine = tuple(ours)
    if any(name == one or name.endswith(f".{one}") for one in (*mine, *_IMITATED)):
        return ""
    return _imitated(name, mine)


@lru_cache(maxsize=4096)
def _imitated(name: str, ours: tuple[str, ...]) -> str:
    own = registrable(_unpunycoded(name))
    if is_free_mail(own):
        return ""
    for known in ours:
        label = known.partition(".")[0]
        if _passes_for(own, known) or (
            len(label) >= 5 and (f"{known}." in name or _is_part(label, own))
        ):
            return known
    return next((known for known in sorted(_IMITATED) if _alike(own, known)), "")


def _passes_for(own: str, known: str) -> bool:
    if _alike(own, known):
        return True
    label, _, ending = known.partition(".")
    name, _, other = own.partition(".")
    return name == label and other != ending and len(label) >= 5


def _alike(own: str, known: str) -> bool:
    if skeleton(own) == skeleton(known):
        return True
    name, _, ending = own.partition(".")
    label, _, wanted = known.partition(".")
    if ending != wanted:
        return len(label) >= 5 and own.replace(".", "") == known.replace(".", "")
    return len(label) >= 5 and is_one_slip_away(skeleton(name), skeleton(label))


def _is_part(label: str, own: str) -> bool:
    parts = own.partition(".")[0].split("-")
    return len(parts) > 1 and label in parts


def _unpunycoded(name: str) -> str:
    if "xn--" not in name:
        return name
    labels = name.split(".")
    return ".".join(_label(label) for label in labels)


def _label(label: str) -> str:
    try:
        is_coded = label.startswith("xn--")
        return label[4:].encode().decode("punycode") if is_coded else label
    except (UnicodeError, ValueError, OverflowError):
        return label


def _is_below(domain: str, file: str) -> bool:
    """Whether ``domain`` or one that it belongs to stands in the file."""
    labels = domain.lower().rstrip(".").split(".")[-6:]
    known = _set_of(file)
    return any(".".join(labels[at:]) in known for at in range(len(labels) - 1))


@lru_cache
def _set_of(file: str) -> frozenset[str]:
    return frozenset(lines_of(file))
