"""What the findings of SQL mean."""

from approvals.risk.codes import Code, Harm
from approvals.risk.impact import Reversible, Verb

_MISUSE, _CODE = Harm.TOOL_MISUSE, Harm.CODE_EXECUTION
_RIGHTS = Harm.PRIVILEGE_ABUSE
_NO = Reversible.NO

CODES = {
    "sql.copy_program": Code(
        "Data goes through a program on the database's machine.", _CODE, Verb.RUN
    ),
    "sql.dangerous_function": Code(
        "A function stops, delays or changes the database itself.", _MISUSE, Verb.STOP
    ),
    "sql.data_changing_cte": Code(
        "A query that looks like reading changes data inside WITH.",
        Harm.TRUST_EXPLOITATION,
        Verb.CHANGE,
        _NO,
    ),
    "sql.delete": Code("Rows go for good.", _MISUSE, Verb.DELETE, _NO),
    "sql.delete_all": Code(
        "Every row of a table goes for good.", _MISUSE, Verb.DELETE, _NO
    ),
    "sql.drop": Code(
        "A table or something like it goes for good, with its data.",
        _MISUSE,
        Verb.DELETE,
        _NO,
    ),
    "sql.file_access": Code(
        "The database server reads or writes files.", _CODE, Verb.RUN
    ),
    "sql.grant": Code("Who may do what changes.", _RIGHTS, Verb.GRANT, Reversible.YES),
    "sql.insert": Code("Rows are added.", _MISUSE, Verb.CHANGE, Reversible.YES),
    "sql.maintenance": Code(
        "Work that can block everybody else.", Harm.CASCADING_FAILURE, Verb.CHANGE
    ),
    "sql.multiple_statements": Code(
        "More runs than the first statement shows.", Harm.TRUST_EXPLOITATION
    ),
    "sql.opaque": Code(
        "What runs is not in the text that people see.", _CODE, Verb.RUN
    ),
    "sql.restore": Code(
        "Data is replaced by an older state.", _MISUSE, Verb.CHANGE, _NO
    ),
    "sql.role": Code("Accounts of the database change.", _RIGHTS, Verb.GRANT),
    "sql.schema_change": Code(
        "The shape of the data changes under those who use it.", _MISUSE, Verb.CHANGE
    ),
    "sql.setting": Code("The database behaves differently.", _MISUSE, Verb.CHANGE),
    "sql.shell_escape": Code(
        "A program runs outside of the database.", _CODE, Verb.RUN
    ),
    "sql.truncate": Code(
        "A whole table's rows go for good.", _MISUSE, Verb.DELETE, _NO
    ),
    "sql.uninspectable": Code(
        "No known dialect can read this SQL.", Harm.TRUST_EXPLOITATION, Verb.RUN
    ),
    "sql.update": Code("Rows change.", _MISUSE, Verb.CHANGE, _NO),
    "sql.update_all": Code("Every row of a table changes.", _MISUSE, Verb.CHANGE, _NO),
}
