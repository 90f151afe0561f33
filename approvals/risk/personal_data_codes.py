"""What findings of personal data mean; they say what is inside."""

from approvals.risk.codes import Code, Harm

_RIGHTS = Harm.PRIVILEGE_ABUSE

CODES = {
    "personal_data.email": Code("A person's e-mail address.", _RIGHTS),
    "personal_data.phone": Code("A person's phone number.", _RIGHTS),
    "personal_data.card": Code(
        "A payment card's number: it can be charged, and PCI DSS asks for its care.",
        _RIGHTS,
    ),
    "personal_data.bank_account": Code("A bank account's number (IBAN).", _RIGHTS),
    "personal_data.national_id": Code(
        "A number that a state gives a person for life.", _RIGHTS
    ),
    "personal_data.passport": Code("The number of a passport or licence.", _RIGHTS),
    "personal_data.birth_date": Code("A person's date of birth.", _RIGHTS),
    "personal_data.many_people": Code("Data of many people at once.", _RIGHTS),
    "personal_data.uninspectable": Code(
        "More that could be personal than can be looked at.", Harm.TRUST_EXPLOITATION
    ),
}
