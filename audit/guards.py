"""What the database has to refuse to the application, and whether it does. Reads only.

The log can be trusted further than the application only where these hold: tables
that somebody else owns, no right to change them, triggers that nobody silences.
"""

from django.db import connection

TABLES = (
    "audit_entry",
    "audit_leaf",
    "audit_tile",
    "audit_checkpoint",
    "audit_cosignature",
    "audit_payload",
    "audit_subjectkey",
)
"""Where nothing is ever changed; payloads and keys go by ``audit_erase()`` alone."""
TRIGGERS = (
    "entry_awaits_leaf",
    "entry_is_final",
    "entry_is_kept",
    "leaf_is_final",
    "leaf_is_kept",
    "tile_is_final",
    "tile_is_kept",
    "checkpoint_is_final",
    "checkpoint_is_kept",
    "cosignature_is_final",
    "cosignature_is_kept",
    "payload_is_kept",
    "payload_is_not_emptied",
    "key_is_kept",
    "key_is_not_emptied",
)

_ROLE = """
SELECT rolsuper, EXISTS (
    SELECT FROM pg_class WHERE oid = ANY(%(tables)s::regclass[])
    AND pg_has_role(current_user, relowner, 'MEMBER')
) FROM pg_roles WHERE rolname = current_user
"""
_RIGHTS = """
SELECT name, verb FROM unnest(%(tables)s::text[]) AS name,
    unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) AS verb
WHERE has_table_privilege(current_user, name, verb)
"""
_ALWAYS = """
SELECT tgname FROM pg_trigger
WHERE tgrelid = ANY(%(tables)s::regclass[]) AND tgenabled = 'A'
"""


def missing() -> list[str]:
    """What does not hold for the role of this connection, as sentences; best none."""
    tables = {"tables": list(TABLES)}
    with connection.cursor() as cursor:
        cursor.execute(_ROLE, tables)
        is_superuser, is_owner = cursor.fetchone()
        cursor.execute(_RIGHTS, tables)
        rights = [f"{verb} on {name}" for name, verb in cursor.fetchall()]
        cursor.execute(_ALWAYS, tables)
        silent = sorted(set(TRIGGERS) - {name for (name,) in cursor.fetchall()})
    found = []
    if is_superuser:
        found.append("The application's role is a superuser of the database.")
    elif is_owner:
        found.append("The application's role owns tables of the audit log.")
    elif rights:
        found.append(f"The application's role may {', '.join(rights)}.")
    if silent:
        found.append(f"Triggers are missing or not ENABLE ALWAYS: {', '.join(silent)}.")
    return found
