"""What a value is for, by the name of the member that holds it."""

from functools import lru_cache

from approvals.risk.context import Role
from approvals.risk.tables import names

_WORDS: dict[Role, frozenset[str]] = {
    Role.SQL: names("sql ddl dml tsql plsql"),
    Role.COMMAND: names("cmd cmdline command commands script shell"),
    Role.CODE: names("code program source snippet python javascript"),
    Role.MANIFEST: names("manifest manifests plan hcl terraform tf yaml spec template"),
    Role.RECIPIENTS: names(
        "attendee attendees bcc cc email emails invitee invitees mail mails member"
        " participants payee phone receiver receivers recipient recipients to"
    ),
    Role.CONTENT: names(
        "attachment attachments body content contents data description html message"
        " note notes payload subject summary text title"
    ),
    Role.AMOUNT: names("amount amounts cost fee price sum total value"),
    Role.CURRENCY: names("currency ccy"),
    Role.PATH: names(
        "destination directory dir file filename filepath folder path paths"
    ),
    Role.URL: names("endpoint href link uri url urls webhook"),
    Role.PACKAGES: names(
        "dependencies dependency module modules package packages requirements"
    ),
    Role.MEMORY: names("memory memories"),
}


@lru_cache(maxsize=4096)
def roles_of(words: frozenset[str]) -> tuple[Role, ...]:
    """The roles that the words of a member's name give it, often none."""
    return tuple(role for role, known in _WORDS.items() if words & known)
