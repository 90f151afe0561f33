"""What findings of secrets mean; they say what is inside, not what would happen."""

from approvals.risk.codes import Code, Harm

_RIGHTS = Harm.PRIVILEGE_ABUSE

CODES = {
    "secrets.cloud_key": Code(
        "A key to a cloud account: whoever reads it can use the account.", _RIGHTS
    ),
    "secrets.token": Code(
        "A service's token: whoever reads it can act in its owner's name.", _RIGHTS
    ),
    "secrets.webhook": Code("An address that lets anybody post who knows it.", _RIGHTS),
    "secrets.private_key": Code(
        "A private key: whoever reads it can sign in or sign as its owner.", _RIGHTS
    ),
    "secrets.password_in_url": Code("An address with a password in it.", _RIGHTS),
    "secrets.session": Code("A signed token, as sessions use them.", _RIGHTS),
    "secrets.password": Code(
        "Something that is called a password, key or token and looks like one.",
        _RIGHTS,
    ),
    "secrets.example": Code(
        "A key that documentation uses, or a service's test key.", _RIGHTS
    ),
    "secrets.uninspectable": Code(
        "More that could be secret than can be looked at.", Harm.TRUST_EXPLOITATION
    ),
}
