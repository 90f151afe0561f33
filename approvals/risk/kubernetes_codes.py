"""What the findings of Kubernetes' manifests and commands mean."""

from approvals.risk.codes import Code, Harm
from approvals.risk.impact import Verb

_MISUSE, _RIGHTS = Harm.TOOL_MISUSE, Harm.PRIVILEGE_ABUSE

CODES = {
    "kubernetes.change": Code(
        "Objects of the cluster are created or changed.", _MISUSE, Verb.CHANGE
    ),
    "kubernetes.delete": Code(
        "Objects of the cluster are deleted.", _MISUSE, Verb.DELETE
    ),
    "kubernetes.exposure": Code(
        "It can be reached from outside of the cluster.",
        _RIGHTS,
        Verb.GRANT,
        leaves=True,
    ),
    "kubernetes.image": Code(
        "Nobody can tell which image runs.", Harm.SUPPLY_CHAIN, Verb.RUN
    ),
    "kubernetes.privileged": Code(
        "A container gets hold of its node.", _RIGHTS, Verb.GRANT
    ),
    "kubernetes.rights": Code(
        "Who may do what in the cluster changes.", _RIGHTS, Verb.GRANT
    ),
    "kubernetes.secrets": Code(
        "Secrets of the cluster are read or written.", _RIGHTS, Verb.READ
    ),
    "kubernetes.uninspectable": Code(
        "The manifest cannot be read.", Harm.TRUST_EXPLOITATION, Verb.RUN
    ),
}
