"""kubectl and helm: what they do to a cluster beyond what their verbs say.

Plain deleting and changing is judged with all other tools, in
``shell_infrastructure``; what a manifest on standard input says, in ``kubernetes``.
"""

import re
from collections.abc import Iterator

from approvals.risk import kubernetes
from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.shell_calls import Call
from approvals.risk.shell_nested import read_text
from approvals.risk.tables import names

PROGRAMS = names("kubectl oc k3s microk8s helm kustomize")
_M, _H, _C = Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
_LONGEST = 4_000
_ROWS: tuple[tuple[re.Pattern[str], str, Severity, str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), code, severity, message)
    for pattern, code, severity, message in (
        (
            r"\b(cluster)?rolebinding\b.*(cluster-admin|clusterrole[ =]admin)"
            r"|add-cluster-role-to-user|add-scc-to-\w+ privileged|cluster-admin",
            "kubernetes.rights",
            _C,
            "Makes somebody an administrator of the cluster",
        ),
        (
            r"\bcreate (cluster)?role(binding)?\b|\bcreate token\b|\bauth reconcile\b"
            r"|\bcertificate approve\b|\bset (subject|serviceaccount)\b|--as[ =]\S"
            r"|\badm policy\b|\bcreate serviceaccount\b"
            r"|pod-security\S{0,60}=privileged",
            "kubernetes.rights",
            _H,
            "Changes who may do what in the cluster",
        ),
        (
            r"^(kubectl|oc) .*\bget\b.*\bsecrets?\b.* (-o|--output|--template"
            r"|-ojson|-oyaml)"
            r"|\bget secrets?/\S+ .*-o|\bextract secret|\bview --raw\b|config"
            r" view .*--raw"
            r"|\bcp \S{0,200}(secret|/var/run/|/etc/)",
            "kubernetes.secrets",
            _M,
            "Reads secrets of the cluster",
        ),
        (
            r"--privileged\b|hostNetwork\W{1,4}true|hostPID\W{1,4}true"
            r"|\"privileged\": ?true|hostPath|\bdebug node/",
            "kubernetes.privileged",
            _H,
            "Gives a container the node",
        ),
        (
            r"^(kubectl|oc) .*\b(run|rollout (undo|restart|pause)|expose|cp|debug"
            r"|proxy)\b"
            r"|^helm (install|upgrade|rollback|plugin install|push)\b"
            r"|^(kubectl|oc) .*\b(new-app|start-build|policy)\b",
            "shell.infrastructure_change",
            _M,
            "Changes what runs in the cluster",
        ),
        (
            r"--address[ =]0\.0\.0\.0|--accept-hosts|expose .*LoadBalancer",
            "kubernetes.exposure",
            _H,
            "Lets others reach into the cluster",
        ),
    )
)


def cluster(call: Call) -> Iterator[Match]:
    """Matches for one command; what a container would run is looked at apart."""
    if call.is_dry_run or {"-h", "help", "template", "lint"} & set(call.texts[:3]):
        return
    line = _own(call)[:_LONGEST]
    for pattern, code, severity, message in _ROWS:
        if pattern.search(line):
            yield Match(code, severity, f"{message}: {shortened(line)}")
    text = read_text(call.command)
    if text is not None and {"apply", "create", "replace"} & set(call.texts):
        yield from kubernetes.matches_of(text)


def _own(call: Call) -> str:
    """The line up to ``--``: the rest is another program's."""
    texts = call.texts
    end = texts.index("--") if "--" in texts else len(texts)
    return " ".join([call.name, *texts[:end]])
