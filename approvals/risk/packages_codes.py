"""What findings about packages mean."""

from approvals.risk.codes import Code, Harm
from approvals.risk.impact import Verb

_SUPPLY = Harm.SUPPLY_CHAIN
_INSTALL = Verb.INSTALL

CODES = {
    "packages.from_url": Code(
        "The code comes from an address, past the registry and its checks.",
        _SUPPLY,
        _INSTALL,
    ),
    "packages.install_script": Code(
        "Installing it runs a command of its own.", _SUPPLY, _INSTALL
    ),
    "packages.installs": Code("Software is installed.", _SUPPLY, _INSTALL),
    "packages.lookalike": Code(
        "The name can be taken for a well-known package's: a common way to bring in"
        " malicious code.",
        _SUPPLY,
        _INSTALL,
    ),
    "packages.other_registry": Code(
        "Packages come from another registry than the public one.", _SUPPLY, _INSTALL
    ),
    "packages.unchecked": Code(
        "What is downloaded is not checked for who sent it.", _SUPPLY, _INSTALL
    ),
    "packages.unknown": Code(
        "The name is not among the well-known packages; it may be made up.",
        _SUPPLY,
        _INSTALL,
    ),
    "packages.unpinned": Code(
        "No version is named: what is installed depends on the day.", _SUPPLY, _INSTALL
    ),
}
