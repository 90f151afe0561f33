"""Kubernetes: manifests as text and as objects, and kubectl."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.canonical import Action
from approvals.risk import Severity, assess
from approvals.risk.kubernetes import analyse

LOW, MEDIUM = Severity.LOW, Severity.MEDIUM
HIGH, CRITICAL = Severity.HIGH, Severity.CRITICAL
IMAGE = "example.com/app@sha256:" + "0" * 64


def pod(spec: dict[str, Any] | None = None, **container: Any) -> dict[str, Any]:
    containers = [{"name": "app", "image": IMAGE, **container}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web"},
        "spec": {"containers": containers, **(spec or {})},
    }


def role(**rule: Any) -> dict[str, Any]:
    return {"apiVersion": "rbac/v1", "kind": "ClusterRole", "rules": [rule]}


def binding(name: str, who: str) -> dict[str, Any]:
    return {
        "apiVersion": "rbac/v1",
        "kind": "ClusterRoleBinding",
        "roleRef": {"name": name},
        "subjects": [{"name": who}],
    }


MANIFESTS = [
    (pod(securityContext={"privileged": True}), "kubernetes.privileged", HIGH),
    (pod({"hostNetwork": True}), "kubernetes.privileged", HIGH),
    (pod({"hostPID": True}), "kubernetes.privileged", HIGH),
    (pod({"volumes": [{"hostPath": {"path": "/"}}]}),
     "kubernetes.privileged", CRITICAL),
    (pod({"volumes": [{"hostPath": {"path": "/data"}}]}),
     "kubernetes.privileged", HIGH),
    (pod(securityContext={"capabilities": {"add": ["SYS_ADMIN"]}}),
     "kubernetes.privileged", HIGH),
    (pod(image="nginx"), "kubernetes.image", LOW),
    (pod(image="example.com:5000/nginx:latest"), "kubernetes.image", LOW),
    (binding("cluster-admin", "bob"), "kubernetes.rights", CRITICAL),
    (binding("view", "system:anonymous"), "kubernetes.rights", CRITICAL),
    (binding("view", "bob"), "kubernetes.rights", HIGH),
    (role(verbs=["*"], resources=["*"]), "kubernetes.rights", CRITICAL),
    (role(verbs=["get"], resources=["secrets"]), "kubernetes.rights", HIGH),
    (role(verbs=["escalate"], resources=["roles"]), "kubernetes.rights", HIGH),
    ({"apiVersion": "v1", "kind": "Secret"}, "kubernetes.secrets", MEDIUM),
    ({"apiVersion": "v1", "kind": "Service", "spec": {"type": "LoadBalancer"}},
     "kubernetes.exposure", MEDIUM),
    ({"apiVersion": "v1", "kind": "Deployment", "spec": {"replicas": 0}},
     "kubernetes.delete", HIGH),
    ({"apiVersion": "v1", "kind": "List", "items": [pod({"hostIPC": True})]},
     "kubernetes.privileged", HIGH),
    (pod(), "kubernetes.change", MEDIUM),
]  # fmt: skip


@pytest.mark.parametrize(
    ("manifest", "code", "severity"), MANIFESTS, ids=range(len(MANIFESTS))
)
def test_finds_the_same_in_objects_json_and_yaml(
    manifest: dict[str, Any], code: str, severity: Severity
) -> None:
    for value in (manifest, json.dumps(manifest), yaml.safe_dump(manifest)):
        action = Action("kubernetes.apply", "bot", {"manifest": value})
        found = [f for f in assess(action).findings if f.code == code]
        assert severity in [one.severity for one in found], value
        assert {one.pointer for one in found} == {"/arguments/manifest"}


def test_an_ordinary_manifest_is_a_change_and_no_more() -> None:
    text = yaml.safe_dump(pod())
    assessment = assess(Action("kubernetes.apply", "bot", {"manifest": text}))
    (found,) = assessment.findings
    assert (found.code, found.target) == ("kubernetes.change", "pod/web")
    assert assessment.inspected == ("kubernetes",)


def test_writing_an_ordinary_manifest_into_a_file_holds_nobody_up() -> None:
    arguments = {"path": "deploy.yaml", "content": yaml.safe_dump(pod())}
    severity = assess(Action("write_file", "bot", arguments)).severity
    assert severity in (None, LOW)


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: Pod\na: &a [x]\nb: [*a, *a]\n",
        "apiVersion: v1\nkind: Pod\na: " + "[" * 5_000,
        "apiVersion: v1\nkind: Pod\na: {b",
        "apiVersion: v1\nkind: Pod\n" + "a: b\n" * 10_000,
        '{"apiVersion": "v1", "kind": ' + "[" * 50_000,
    ],
    ids=["aliases", "deep", "broken", "long", "json"],
)
def test_a_manifest_that_cannot_be_read_is_held(text: str) -> None:
    found = assess(Action("kubernetes.apply", "bot", {"manifest": text})).findings
    worst = [one.severity for one in found if one.code == "kubernetes.uninspectable"]
    assert worst
    assert worst[0] in (HIGH, CRITICAL)


@pytest.mark.parametrize(
    ("command", "code", "severity"),
    [
        ("kubectl delete ns prod", "shell.infrastructure", CRITICAL),
        ("kubectl create clusterrolebinding x --clusterrole=cluster-admin --user=e",
         "kubernetes.rights", CRITICAL),
        ("kubectl get secret db -o yaml", "kubernetes.secrets", MEDIUM),
        ("kubectl run x --image=y --privileged", "kubernetes.privileged", HIGH),
        ("kubectl rollout undo deploy/web", "shell.infrastructure_change", MEDIUM),
        ("kubectl auth reconcile -f x", "kubernetes.rights", HIGH),
        ("helm install x ./chart", "shell.infrastructure_change", MEDIUM),
        ("kubectl apply -f - <<E\napiVersion: v1\nkind: Pod\nhostPID: true\nE",
         "kubernetes.privileged", HIGH),
        ("kubectl exec web -- rm -rf /data", "shell.delete_recursive", CRITICAL),
    ],
)  # fmt: skip
def test_finds_what_kubectl_does(command: str, code: str, severity: Severity) -> None:
    for action in (
        Action("Bash", "bot", {"command": command}),
        Action("kubectl.run", "bot", {"command": command}),
    ):
        found = [f.severity for f in assess(action).findings if f.code == code]
        assert severity in found


def test_a_tool_named_after_its_program_may_leave_its_name_out() -> None:
    action = Action("kubectl", "bot", {"args": ["delete", "ns", "prod"]})
    assert assess(action).severity is CRITICAL
    quiet = assess(Action("kubectl", "bot", {"command": "get pods -n prod"}))
    assert (quiet.severity, quiet.inspected) == (None, ("shell",))


@pytest.mark.parametrize(
    "command",
    [
        "kubectl get pods -A", "kubectl describe pod x", "kubectl logs -f deploy/x",
        "kubectl apply -f x.yaml --dry-run=client", "kubectl rollout status deploy/x",
        "helm template ./chart", "helm list -A", "kubectl config use-context staging",
        "kubectl get secrets",
    ],
)  # fmt: skip
def test_reading_a_cluster_holds_nobody_up(command: str) -> None:
    assert assess(Action("Bash", "a", {"command": command})).severity in (None, LOW)


@settings(max_examples=200, deadline=None)
@given(st.text() | st.text(alphabet="ab:-[]{}&*'\"\n #|>%@!0123"))
def test_reading_never_raises(text: str) -> None:
    for found in analyse(f"apiVersion: v1\nkind: {text}", "/arguments/a"):
        assert found.pointer == "/arguments/a"
