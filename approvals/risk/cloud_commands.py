"""Commands of clouds that are worse than their verbs say: rights, exposure, logs.

Verbs that delete or change are judged with those of all other tools, in
``shell_infrastructure``.
"""

import functools
import re
from collections.abc import Iterator

from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.shell_calls import Call
from approvals.risk.shell_paths import is_credential
from approvals.risk.tables import names

_M, _H, _C = Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
_LONGEST = 4_000
_EVERYBODY = r"(?:0\.0\.0\.0/0|::/0|\ballUsers\b|\ballAuthenticatedUsers\b)"

Row = tuple[str, str, Severity, str]
"""A pattern on the command line, code, severity, message."""

_ANY: tuple[Row, ...] = (
    (
        r"\ballUsers\b|\ballAuthenticatedUsers\b",
        "cloud.public_exposure",
        _C,
        "Lets everybody in",
    ),
    (
        r"(?:ingress|egress|firewall|authorized-networks|nsg|security-group|cidr|source"
        rf"|allow|range|start-ip).{{0,300}}?(?<![\d.]){_EVERYBODY}",
        "cloud.public_exposure",
        _H,
        "Opens the network to everybody",
    ),
    (
        r"--no-(?:enable-)?deletion-protection|--no-(?:disable-api-)?termination"
        r"|--backup-retention-period[ =]0\b|--no-backup|--retained-backups-count[ =]0"
        r"|--skip-final-snapshot|--no-encrypt|--no-protected|--no-enforce",
        "cloud.protection_removed",
        _H,
        "Switches a protection off",
    ),
)
_AWS: tuple[Row, ...] = (
    (
        r"\biam .*(AdministratorAccess|PowerUserAccess|IAMFullAccess)",
        "cloud.escalation",
        _C,
        "Makes somebody an administrator",
    ),
    (
        r"\biam (attach|put)-(user|role|group)-policy|\biam create-(access-key"
        r"|user|role"
        r"|login-profile|policy|saml-provider|open-id-connect-provider|instance-profile"
        r"|service-specific-credential)|\biam (update-login-profile|add-\S{1,80}"
        r"|update-(assume-role-policy|access-key|saml-provider)|set-default-policy-version"
        r"|upload-\S{1,80}|(delete|put)-\S{1,80}-permissions-boundary|pass-role)\b"
        r"|iam-instance-profile|\b(sso-admin|identitystore) (create|attach|put)-"
        r"|\b(put-key-policy|create-grant)\b|\biam change-password",
        "cloud.escalation",
        _H,
        "Gives rights or keys",
    ),
    (
        r"\bsts (assume-role\S{0,40}|get-federation-token|get-session-token)"
        r"|\bget-(password-data|secret-value|authorization-token|ec2-instance-recommend)\b"
        r"|batch-get-secret-value|generate-db-auth-token|with-decryption"
        r"|attribute[ =]userData|\bexport-certificate|\badmin-(initiate|set)-"
        r"|\bget-federation-token|\bget-role-credentials|\bs3 presign"
        r"|\bgenerate-credential-report|\bget-(sso-)?token\b|\binclude-values?\b"
        r"|\bget-\S{0,40}(credentials|access-details|access-keys)|export-credentials"
        r"|\bcreate-key-pair|\bdownload-default-key-pair|\bget-console-(output|screen)"
        r"|\bget-open-id-token|\bkms decrypt\b|-auth-token\b",
        "cloud.credentials",
        _M,
        "Reads keys, passwords or tokens",
    ),
    (
        r"--acl[ =]'?(public|authenticated)|delete-public-access-block"
        r"|public-access-block.*false|(?<!no-)publicly-accessible"
        r"|--principal[ =]['\"]?\*|auth-type[ =]none|put-bucket-website"
        r"|\"Principal\": ?(\"\*\"|\{ ?\"AWS\": ?\"\*\")|Group=all|--group-names[ =]all"
        r"|values-to-add[ =]all\b|--grant-\S{1,20}[ =]\S*AllUsers"
        r"|--endpoint-public-access",
        "cloud.public_exposure",
        _H,
        "Lets everybody in",
    ),
    (
        r"\bput-(bucket|resource|repository)-?(policy|acl)|\bput-object-acl"
        r"|set-repository-policy|\badd-permission\b|\bset-queue-attributes"
        r"|put-bucket-(cors|replication|notification)|authorize-security-group",
        "cloud.escalation",
        _M,
        "Changes who can reach it",
    ),
    (
        r"modify-(db-)?(cluster-)?snapshot-attribute|modify-image-attribute"
        r"|\bram (create|associate)-resource-share|copy-(db-)?snapshot.*destination"
        r"|share-(directory|image|portfolio)|start-export-task|create-store-image-task"
        r"|\bexport-(image|snapshot|table)|create-(instance-)?export-task"
        r"|modify-document-permission|layer-version-permission|copy-image\b",
        "cloud.shared_outside",
        _H,
        "Shares data with other accounts",
    ),
    (
        r"\bcloudtrail (stop|delete|update|put)-|\bguardduty (delete|update"
        r"|disassociate"
        r"|stop|disable|create-(filter|ip))|\b(configservice|config) (stop|delete)-"
        r"|\b(securityhub|macie2|inspector2|detective|accessanalyzer) (disable|delete)"
        r"|\bcloudwatch (disable|delete)-|\blogs (delete|put-retention|disassociate)"
        r"|flow-logs?\b.*(delete|remove)|delete-flow-logs|query-log-config"
        r"|\bwafv2 (delete"
        r"|disassociate)|\bevents (delete|disable|remove)-|delete-(alarms|trail"
        r"|detector)"
        r"|put-bucket-logging|delete-(log|query|metric)-",
        "cloud.monitoring_disabled",
        _H,
        "Switches recording or warnings off",
    ),
    (
        r"versioning.*suspended|put-bucket-lifecycle|(disable|delete)\S{0,40}-encryption"
        r"|\bbackup (delete|stop|update)-|\bkms (schedule|disable|delete|cancel)-"
        r"|continuous-backups.*(false|disabled)|\borganizations (leave|remove"
        r"|delete|detach"
        r"|disable)|deactivate-mfa|mfa-device.*delete|delete-virtual-mfa"
        r"|account-password-policy|delete-\S{0,20}snapshot|http-tokens[ =]optional"
        r"|enabled[ =]false|disable-api-termination.*false|object-lock",
        "cloud.protection_removed",
        _H,
        "Switches a protection off",
    ),
    (
        r"\bssm (send-command|start-session|start-automation|create-association)"
        r"|\bec2-instance-connect|\becs execute-command|\beks create-access-entry"
        r"|\bglue (create|update)-dev-endpoint|\bec2"
        r" modify-instance-attribute.*user-?data",
        "cloud.remote_command",
        _H,
        "Runs a command on machines of the cloud",
    ),
)
_GOOGLE: tuple[Row, ...] = (
    (
        r"(add-iam-policy-binding|set-iam-policy|\biam ch\b).*roles/(owner|editor"
        r"|iam\.\w*(admin|token|key|user)\w*|resourcemanager\.\w*admin)",
        "cloud.escalation",
        _C,
        "Makes somebody an owner or administrator",
    ),
    (
        r"add-iam-policy-binding|set-iam-policy|remove-iam-policy-binding"
        r"|\biam (service-accounts|roles|workload\S{0,40}) .{0,80}(create|update|keys"
        r"|enable|upload|undelete)|\biam (ch|set)\b|\bacl (ch|set)\b|\bdefacl (ch"
        r"|set)\b"
        r"|add-metadata.*(ssh-keys|startup-script|enable-oslogin)|os-login ssh-keys add"
        r"|activate-service-account|impersonate-service-account|set-service-account"
        r"|\biam service-accounts sign",
        "cloud.escalation",
        _H,
        "Gives rights or keys",
    ),
    (
        r"print-(access|identity)-token|secrets versions access|keys create"
        r"|application-default print|get-server-config --secret|reset-windows-password"
        r"|generate-login-token|\bsignurl\b|sign-url",
        "cloud.credentials",
        _M,
        "Reads keys, passwords or tokens",
    ),
    (
        r"--allow-unauthenticated|public-read|-u AllUsers|--uniform.*public"
        r"|--no-public-access-prevention|--no-pap",
        "cloud.public_exposure",
        _H,
        "Lets everybody in",
    ),
    (
        r"\blogging (sinks|buckets|logs|metrics) (delete|update)|services disable"
        r"|monitoring \S{1,40} (delete|disable)|--no-enable-(flow-logs|cloud-logging)"
        r"|alerting.*delete|\bscc .*(mute|delete)|audit-?log.*(delete|disable)",
        "cloud.monitoring_disabled",
        _H,
        "Switches recording or warnings off",
    ),
    (
        r"\bkms keys versions (destroy|disable)|snapshots delete|backups delete"
        r"|org-policies (delete|reset|disable)|versioning set off|retention (clear|set)"
        r"|lien.*delete|--no-deletion|policies delete|perimeters (delete|update)",
        "cloud.protection_removed",
        _H,
        "Switches a protection off",
    ),
    (
        r"rsync .*-[a-z]*d\b|rsync .*--delete-unmatched",
        "cloud.protection_removed",
        _H,
        "Deletes while copying",
    ),
    (
        r"compute ssh .*--command|compute start-iap-tunnel|os-config .*exec",
        "cloud.remote_command",
        _M,
        "Runs a command on machines of the cloud",
    ),
)
_AZURE: tuple[Row, ...] = (
    (
        r"role assignment create.*(owner|user access administrator|contributor"
        r"|global administrator)",
        "cloud.escalation",
        _C,
        "Makes somebody an owner or administrator",
    ),
    (
        r"role (assignment|definition) (create|update)|\bad (sp|app|user"
        r"|group)\b.*(create"
        r"|reset|add|update)|credential reset|set-policy|identity (assign|create)"
        r"|keys (renew|regenerate)|elevateAccess|\bvm user (update|reset)"
        r"|access-policy",
        "cloud.escalation",
        _H,
        "Gives rights or keys",
    ),
    (
        r"keyvault (secret|key|certificate) (show|download|backup)|keys list|list-keys"
        r"|get-access-token|generate-sas|show-connection-string|credential show"
        r"|get-credentials.*--admin|list-publishing-(profiles|credentials)|admin-key"
        r"|list-credential|listkeys|show-secrets|expose-token|appsettings list"
        r"|connection-string (list|show)|(list|show)-connection-strings?\b"
        r"|list-secrets|show-credentials|secret (list-)?show",
        "cloud.credentials",
        _M,
        "Reads keys, passwords or tokens",
    ),
    (
        r"public-access[ =](blob|container|true|enabled)"
        r"|allow-blob-public-access[ =]true"
        r"|public-network-access[ =]enabled|default-action[ =]allow"
        r"|source-address-prefix(es)?[ =]['\"]?(\*|internet|any)"
        r"|end-ip-address[ =]255\.255|\bvm open-port\b",
        "cloud.public_exposure",
        _H,
        "Lets everybody in",
    ),
    (
        r"(snapshot|disk) grant-access",
        "cloud.shared_outside",
        _H,
        "Lets others copy a disk",
    ),
    (
        r"diagnostic-settings delete|log-profiles delete|activity-log alert"
        r" (delete|update)"
        r"|security (pricing|auto-provisioning|setting)|flow-log delete|sentinel"
        r" .*delete"
        r"|alert.*(delete|disable)|log-analytics .*delete",
        "cloud.monitoring_disabled",
        _H,
        "Switches recording or warnings off",
    ),
    (
        r"\block delete|backup protection disable|soft-delete.*false|purge-protection"
        r"|delete-retention.*false|tde set.*disabled|policy assignment delete"
        r"|backup-storage|auto-?heal.*false",
        "cloud.protection_removed",
        _H,
        "Switches a protection off",
    ),
    (
        r"run-command (invoke|create)|\bvm extension set|\baks command invoke"
        r"|container exec|webapp ssh",
        "cloud.remote_command",
        _H,
        "Runs a command on machines of the cloud",
    ),
)
_SERVICES: tuple[Row, ...] = (
    (
        r"^gh (auth token|auth status.*-t)|^heroku (config|auth:token|pg:credentials)"
        r"|^(fly|flyctl) (auth token|tokens create)|^vercel env (pull|ls)"
        r"|^(netlify|railway|render) (env|variables)|^doctl .*(credentials"
        r"|connection|token)"
        r"|^(doctl|hcloud|linode-cli) .*kubeconfig|^supabase (secrets|projects"
        r" api-keys)",
        "cloud.credentials",
        _M,
        "Reads keys, passwords or tokens",
    ),
    (
        r"^gh (ssh-key|gpg-key|deploy-key) add|^gh repo deploy-key add"
        r"|^heroku (keys:add|access:add|authorizations:create)|^gh api .*collaborators"
        r"|^gh api .*(actions/permissions|branches/\S{1,80}/protection)|^gh auth"
        r" refresh",
        "cloud.escalation",
        _H,
        "Gives rights or keys",
    ),
    (
        r"^gh repo (edit|create).*--(visibility[ =])?public|^gh gist create"
        r"|^gh repo fork|^cloudflared tunnel (--url|run|route)|^wrangler pages.*public",
        "cloud.public_exposure",
        _H,
        "Lets everybody see it",
    ),
    (
        r"^gh workflow (run|disable|enable)|^gh run (rerun|cancel|delete)"
        r"|^vercel( deploy)?( .*)?--prod|^vercel (deploy|promote|alias|rollback)"
        r"|^(netlify|wrangler|fly|flyctl|railway|firebase|serverless|sls) "
        r"(pages )?(deploy|publish|up)\b"
        r"|^gh pr merge|^gh release (create|edit|upload)|^eb deploy|^sam deploy",
        "shell.infrastructure_change",
        _M,
        "Changes what others use",
    ),
)
_TABLES: dict[str, tuple[Row, ...]] = {
    "aws": _AWS,
    **dict.fromkeys(names("gcloud gsutil bq"), _GOOGLE),
    "az": _AZURE,
    **dict.fromkeys(
        names(
            "cloudflared doctl eb fly flyctl firebase gh hcloud heroku linode-cli"
            " netlify railway render sam serverless sls supabase vercel wrangler"
        ),
        _SERVICES,
    ),
}
PROGRAMS = frozenset(_TABLES)
Compiled = tuple[re.Pattern[str], str, Severity, str]


@functools.cache
def _compiled(rows: tuple[Row, ...]) -> tuple[Compiled, ...]:
    return tuple(
        (re.compile(pattern, re.IGNORECASE), code, severity, message)
        for pattern, code, severity, message in rows
    )


def cloud(call: Call) -> Iterator[Match]:
    """Matches for one command of a cloud; one for each code."""
    if call.is_dry_run or {"-h", "help"} & set(call.texts):
        return
    line = call.line[:_LONGEST]
    is_upload = any(text.startswith(("s3://", "gs://")) for text in call.texts)
    if is_upload and any(map(is_credential, call.operands)):
        message = f"Sends credentials away: {shortened(line)}"
        yield Match("shell.exfiltration", Severity.CRITICAL, message)
    seen: set[str] = set()
    for table in (_ANY, _TABLES[call.name]):
        for pattern, code, severity, message in _compiled(table):
            if code not in seen and pattern.search(line):
                seen.add(code)
                yield Match(code, severity, f"{message}: {shortened(line)}")
