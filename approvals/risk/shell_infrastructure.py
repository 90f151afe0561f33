"""Clouds, clusters, containers, backups and queues: verbs on shared things.

Their command lines are alike: nouns and verbs first, options after. One table of
verbs judges them all; what a program does differently stands in a table of its own.
"""

import re
from collections.abc import Iterator

from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.shell_calls import Call
from approvals.risk.shell_inventory import only_looks
from approvals.risk.tables import names

PROGRAMS = names(
    "akamai algolia argo argocd aws aws-vault az b2 bazel-remote borg bq"
    " buildkite-agent caprover cf circleci civo cloudflared confluent consul copilot"
    " databricks dbt dctl docker docker-compose doctl doppler eb ecs-cli eksctl"
    " etcdctl exo fastly firebase fly flyctl flux gcloud gh gitlab-runner glab"
    " gsutil hcloud helm heroku hz ibmcloud influx infisical istioctl java"
    " jenkins-cli jfrog k3d kaf kafka-acls kafka-configs kafka-consumer-groups"
    " kafka-delete-records kafka-topics kcat kind kops kubectl kustomize linkerd"
    " linode-cli linux-helm logcli mc minikube mongocli nats nerdctl netlify"
    " newrelic nomad oc oci okteto op openstack ovhcloud packer pagerduty"
    " planetscale podman pscale pulumi rabbitmqadmin rabbitmqctl railway rancher"
    " rclone render restic s3cmd s5cmd s6cmd scalingo scw sentry-cli serverless sls"
    " snowsql splunk supabase talosctl tccli terraform terragrunt tofu turso upctl"
    " vault velero vercel vultr wrangler yc terracognita duplicity tarsnap kopia"
    " rustic sops lxc incus virsh vagrant VBoxManage multipass nomad-pack cdk sam"
    " aliyun stripe auth0 okta-cli"
)
_DESTROYING = names(
    "abandon cleanup clear compact deactivate decommission deinit delete del"
    " deletefile deregister destroy detach disable disassociate down drop empty"
    " erase evict expire flush forget force-delete kill nuke obliterate prune purge"
    " rb rdelete remove removed repo-delete reset revert revoke rm rmdir rmdirs rmi"
    " taint teardown terminate truncate undeploy uninstall unlink unpublish"
    " unregister unsubscribe unset wipe zap drain cordon force-unlock rollback"
    " restore failover archive dedupe move"
)
_NOUNS = names("archive restore")
_CHANGING = names(
    "annotate apply approve assume attach authorize autoscale bootstrap cancel"
    " change create deploy maintenance:on"
    " edit enable expose import invoke label merge migrate"
    " modify mount patch pause promote provision publish put reboot redeploy refresh"
    " register replace resize restart rotate run-task run-instances scale seal send"
    " set start stop suspend taint transfer trigger tag unseal unlock untag up"
    " update upgrade upsert write cp-secret generate-root rekey rotate-keys"
    " step-down"
)
_READING = names(
    "get list ls describe show view head lookup status info search help logs"
)
_AWS_READING = _READING | names(
    "check cp detect download estimate filter login ls lookup mb query scan"
    " receive select simulate sync tail test validate wait configure"
    " start-live-tail"
    " decode preview"
    " export presign transact-get start-query stop-query"
)
_AZ_READING = _READING | names(
    "assess browse check download exists find get-credentials export preview query"
    " tail test validate version wait what-if"
)
_AZ_LOCAL = names(
    "account bicep config configure extension feedback interactive login logout rest"
    " self-test upgrade version"
)
_GCLOUD_READING = _READING | names(
    "analyze bindings browse cat check diagnose diff du estimate hash head print query"
    " log read simulate stat tail test validate version wait"
)
_GCLOUD_LOCAL = names(
    "auth components config docker emulators feedback help info init storage survey"
    " topic version alpha-help cheat-sheet"
)
"""What they change is of this machine; "storage" is judged by its verbs."""
_OWN = re.compile(r"^(~|\$HOME|/(home|Users|root|etc|var)(/|$))")
"""What a person or the machine keeps, not a project."""
_AWS_GLOBALS = names(
    "--profile --region --output --endpoint-url --query --color --ca-bundle"
    " --cli-read-timeout --cli-connect-timeout --cli-binary-format"
)
_QUIET = names(
    "docker docker-compose podman nerdctl rclone restic borg kafka-topics gh glab"
    " java kafka-configs kafka-acls kafka-consumer-groups minikube kind vagrant lxc"
    " incus nats velero circleci dbt kopia duplicity tarsnap rustic"
)
"""Programs whose changing verbs are everyday work; their destroying ones are not."""
_GRAVE = re.compile(
    r"namespace|^ns$|database|^db|-db|cluster|project|vault|bucket|stack|instance|repo$"
    r"|repository|volume|snapshot|backup|secrets?$|account|organi[sz]ation|^user|^key|kms"
    r"|hosted-zone|^rb$|nuke|destroy|^purge$|rdelete|repo-delete|node|^pv|^crd|table|^all$"
    r"|vhost|metadata",
    re.IGNORECASE,
)
_GRAVE_OPTIONS = names(
    "--all --force --recursive --all-namespaces -A --purge --no-confirm --yes"
    " --force-delete-without-recovery --skip-final-snapshot"
    " --unsafe-allow-remove-all"
)
_DELETING_OPTIONS = re.compile(
    r"^--(delete|remove|purge|prune|destroy)(-(before|during|after|excluded|config|unused))?$"
    r"|^-destroy$"
)
_SECRETS = re.compile(
    r"get-secret-value|get-parameters?(-by-path)?$|^secretsmanager$|get-random-password"
    r"|access-secret|secrets?$|^vault$|^item$|print-access-token|get-login-password"
)
_KNOWN_ELSEWHERE = names("aws az gcloud gh kubectl oc")
"""cloud_commands and kubernetes_commands know where these keep their secrets."""
_LOCAL = names("update-kubeconfig get-credentials set-context use-context")
"""They write this machine's own settings."""
_MAX_WORDS = 6
_REMOVED_RESOURCE = frozenset({"state", "workspace"})
_TERRAFORM = names("terraform tofu terragrunt pulumi")


def infrastructure(call: Call) -> Iterator[Match]:
    """Matches for one command of a cloud, cluster, container or backup tool."""
    if call.is_dry_run or set(call.texts) & {"-h", "help", "--list-only"}:
        return
    if only_looks(call):
        return
    words = _path(call) if call.name == "az" else _verbs(call)
    is_local = call.name == "helm" and words[:1] in (["repo"], ["dependency"], ["dep"])
    if is_local or (words[:1] == ["compose"] and _keeps_data(call)):
        return
    verb = next((word for word in words if _is_of(word, _DESTROYING)), None)
    options = [text for text in call.texts if _DELETING_OPTIONS.match(text)]
    if (
        (verb is not None and not _only_reads(call.name, words, verb))
        or options
        or _special(call, words)
    ):
        yield _destruction(call, words)
    elif call.name in _TERRAFORM and {"apply", "up", "import"} & set(words):
        message = f"Changes infrastructure: {shortened(call.line)}"
        yield Match("shell.infrastructure", Severity.HIGH, message)
    elif _is_change(call, words):
        message = f"Changes shared resources: {shortened(call.line)}"
        yield Match("shell.infrastructure_change", Severity.MEDIUM, message)


def secrets(call: Call) -> Iterator[Match]:
    """Commands that print secrets of a store."""
    words = _verbs(call)
    reads = {"get", "read", "access", "export", "download", "reveal", "view"} & set(
        words
    )
    is_read = bool(reads) or any(word.startswith("get-") for word in words)
    if call.name in _KNOWN_ELSEWHERE:
        return
    is_store = call.name in {"vault", "op", "doppler", "infisical", "sops"}
    is_secret = any(_SECRETS.search(word) for word in words)
    if is_read and (is_store or is_secret) and not call.is_dry_run:
        message = f"Reads secrets: {shortened(call.line)}"
        yield Match("shell.credential_access", Severity.MEDIUM, message)


def _verbs(call: Call) -> list[str]:
    """The leading nouns and verbs: operands that look like words of a language."""
    given = _without_globals(call) if call.name == "aws" else call.texts
    texts = [t for t in given if not t.startswith("-") and "::" not in t]
    return [
        t.lower() for t in texts[:_MAX_WORDS] if re.fullmatch(r"[A-Za-z0-9:_-]+", t)
    ]


def _without_globals(call: Call) -> list[str]:
    """The words of aws without the options that may stand before the service."""
    pairs = zip(("", *call.texts), call.texts, strict=False)
    return [text for option, text in pairs if option not in _AWS_GLOBALS]


def _path(call: Call) -> list[str]:
    """The verb of az: the last word before the options.

    Words after options are their values; the verb may yet stand there.
    """
    end = next((i for i, t in enumerate(call.texts) if t.startswith("-")), None)
    before = [text.lower() for text in call.texts[:end]]
    known = _DESTROYING | _CHANGING | _AZ_READING
    is_verb = bool(before) and _is_of(before[-1], known)
    return before[-1:] if is_verb else _verbs(call)


def _is_of(word: str, verbs: frozenset[str]) -> bool:
    """True for a verb alone, at the head of "delete-bucket" or "delete_user", and
    in the parts of "apps:destroy"."""
    head = re.split(r"[-_]", word, maxsplit=1)[0]
    return head in verbs or word in verbs or not verbs.isdisjoint(word.split(":"))


def _only_reads(name: str, words: list[str], verb: str) -> bool:
    """True when a reading verb stands before: "get", "describe" … name things.

    Some verbs are nouns too, as in "velero restore get".
    """
    place = words.index(verb)
    if verb in _NOUNS and set(words[place + 1 : place + 2]) & _READING:
        return True
    # The first word of "aws logs delete-log-group" is a service.
    first = 1 if name == "aws" else 0
    return any(_is_of(word, _READING) for word in words[first:place])


def _keeps_data(call: Call) -> bool:
    """``docker compose down`` without volumes and images can be undone by ``up``."""
    return "down" in call.texts and not call.has("v", "--volumes", "--rmi")


def _special(call: Call, words: list[str]) -> bool:
    if call.name == "rclone":
        return words[:1] == ["sync"]
    if call.name == "kafka-delete-records":
        return True
    method = call.value_of("-X", "--method", "--request")
    return (
        words[:1] in (["api"], ["rest"])
        and method is not None
        and method.text.upper() == "DELETE"
    )


def _destruction(call: Call, words: list[str]) -> Match:
    is_grave = any(_GRAVE.search(word) for word in words)
    is_grave = is_grave or not _GRAVE_OPTIONS.isdisjoint(call.texts)
    is_whole = call.name in _TERRAFORM and not set(words) & _REMOVED_RESOURCE
    severity = Severity.CRITICAL if is_grave or is_whole else Severity.HIGH
    message = f"Removes or disables shared resources: {shortened(call.line)}"
    target = call.operands[-1].text if len(call.operands) > 2 else ""
    return Match("shell.infrastructure", severity, message, shortened(target))


def _is_change(call: Call, words: list[str]) -> bool:
    method = call.value_of("-X", "--method", "--request")
    if words[:1] in (["api"], ["rest"]):
        return method is not None and method.text.upper() not in {"GET", "HEAD"}
    if call.name == "rclone" and words[:1] in (["copy"], ["copyto"], ["move"]):
        return len(call.operands) > 2 and bool(_OWN.match(call.operands[1].text))
    if call.name == "packer":
        return words[:1] == ["build"]
    if set(call.texts) & _LOCAL or words[:1] == ["config"]:
        return False
    if call.name == "aws":
        return _changes_aws(call, words)
    if call.name in {"az", "gcloud"}:
        return _changes_other(call, words)
    head = next((word for word in words if _is_of(word, _CHANGING | _READING)), "")
    if call.name in _QUIET or not _is_of(head, _CHANGING):
        return (
            call.name in {"gh", "glab"} and {"merge", "set"} & set(words[:2]) != set()
        )
    return True


def _changes_other(call: Call, words: list[str]) -> bool:
    """az and gcloud have a verb in every command: one that reads, or another."""
    is_az = call.name == "az"
    first = call.operands[0].text if call.operands else ""
    reading = _AZ_READING if is_az else _GCLOUD_READING
    if not words or first in (_AZ_LOCAL if is_az else _GCLOUD_LOCAL):
        return any(_is_of(word, _CHANGING) for word in words[1:])
    return not any(_is_of(word, reading) for word in words)


def _changes_aws(call: Call, words: list[str]) -> bool:
    """Every operation of AWS says in its first word whether it reads."""
    if words[:1] == ["s3"]:
        targets = [text for text in call.texts if not text.startswith("-")]
        is_copy = sum(text.startswith("s3://") for text in targets) > 1
        return is_copy or words[1:2] in (["mv"], ["mb"], ["website"])
    operation = words[1] if len(words) > 1 else "help"
    is_reading = operation.startswith(("batch-get", "transact-get", "admin-get"))
    is_reading = is_reading or _is_of(operation, _AWS_READING)
    return words[:1] != ["configure"] and not is_reading
