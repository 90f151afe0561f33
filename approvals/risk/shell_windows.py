"""Commands of Windows and PowerShell, which agents hand to whatever shell there is.

PowerShell names what it does by verb and noun (Microsoft, "Approved verbs").
"""

import re
from collections.abc import Iterator

from approvals.risk.findings import Match, Severity, shortened
from approvals.risk.shell_calls import Call
from approvals.risk.tables import names

_M, _H, _C = Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
_CMDLET = re.compile(r"^([a-z]{3,12})-([a-z]{2,40})$")
_DESTROYING = names("clear format remove uninstall unregister wipe revoke")
_STOPPING = names(
    "disable suspend stop restart dismount lock block disconnect deny close undo"
)
_CHANGING = names(
    "add enable grant install invoke new register rename reset set start"
    " unblock install mount import create deploy enter connect update publish submit"
    " approve repair"
    " resume switch unlock protect unprotect sync move copy initialize push restore"
    " resize checkpoint backup complete optimize expand split merge convert export"
    " debug trace assert confirm join edit write initialize save"
)
_SECRET_NOUNS = re.compile(
    r"^(secret\w*|credential\w*|clipboard|lapsadpassword|azkeyvaultsecret"
    r"|azkeyvaultkey|azstorageaccountkey|bitlocker\w*recovery\w*|smsecretvalue"
    r"|ssmparameter\w*|adreplaccount|addbaccount|azaccesstoken|webcredential\w*"
    r"|vaultcredential\w*|keystrokes?|screenshot|timedscreenshot|gpppassword)$"
)
"""What PowerShell's reading verbs should not read."""
_BOLD = names(
    "add approve create deny deploy enable enter grant install invoke new publish push"
    " register rename reset set start submit unblock unlock update write"
)
"""Verbs that change something whatever the noun, but for the ordinary names."""
_GRAVE_NOUNS = re.compile(
    r"^(ad[a-z]{3,20}|acl|localuser|localgroup\w*|executionpolicy|mp\w+|itemproperty"
    r"|service|scheduledtask\w*|scheduledjob|net\w+|eventlog|winevent\w*|vm\w*|disk"
    r"|volume|partition|physicaldisk|bitlocker\w*|computer\w*|dns\w+|smb\w+|process"
    r"|psdrive|pssession\w*|command|expression|wmi\w+|cim\w+|webrequest|restmethod"
    r"|az\w+|aws\w*|mg\w+|mailbox\w*|transportrule|inboxrule|gpo\w*|windowsfeature"
    r"|windowsoptionalfeature|module|package\w*|appx\w+|certificate|item|content"
    r"|clusterresource|iis\w*|website|webapppool|ec2\w+|s3\w+|iam\w+|wsman\w*"
    r"|ps(host)?process|psremoting|pfxcertificate|remotedesktop\w*|mobiledevice"
    r"|exchange\w*|spo\w*|pnp\w*|csonline\w*|team\w*|tpm\w*|backup\w*|wb\w*"
    r"|hyperv\w*|container\w*|storage\w*|virtualdisk|filesystem\w*|fsrm\w*"
    r"|winhttp\w*|proxy\w*|wu\w*|windowsupdate\w*|hotfix|language\w*|timezone"
    r"|date|localgroupmember|auditrule|auditpolicy|uac\w*|defender\w*|asr\w*"
    r"|applocker\w*|ci\w*policy|dsc\w*|rds\w*|lambda\w*|sqs\w*|sns\w*|kms\w*)$"
)
_ORDINARY = names(
    "new-item set-location set-content add-content add-type import-module new-object"
    " clear-host set-variable new-variable remove-variable start-sleep start-job"
    " new-timespan clear-variable add-member import-csv import-clixml new-guid"
    " set-strictmode start-transcript stop-transcript reset-color set-alias"
    " remove-job stop-job new-alias rename-item import-powershelldatafile"
    " new-temporaryfile new-module new-modulemanifest set-psdebug set-psreadlineoption"
    " set-psreadlinekeyhandler remove-module remove-typedata clear-content-preview"
    " register-argumentcompleter register-objectevent register-engineevent"
    " unregister-event invoke-pester invoke-scriptanalyzer invoke-build invoke-psake"
    " invoke-formatter invoke-history add-history new-fixture new-pesterconfiguration"
    " invoke-item start-threadjob new-psdrive-list write-host write-output"
    " write-progress write-information write-debug write-warning write-verbose"
    " write-error update-help update-typedata update-formatdata new-event"
    " start-process-list set-tracesource set-date-format disable-psbreakpoint"
    " enable-psbreakpoint remove-psbreakpoint set-psbreakpoint stop-psdebug"
    " remove-event suspend-list new-psworkflowsession update-list restart-psdebug"
    " import-localizeddata new-markdownhelp update-markdownhelp invoke-plaster"
)
_REGISTRY = re.compile(r"^(registry::|hk(lm|cu|cr|u|ey_\w+)[:\\])", re.IGNORECASE)
_NETSH_READING = names("show dump help export")
_DRIVE = re.compile(r"^([a-z]:|/dev/\S+|\\\\[.?]\\\S+)[\\/]?$", re.IGNORECASE)

FIREWALL = names("netsh")
RIGHTS = names("icacls cacls takeown xcacls attrib")
STARTING = names("iex invoke-expression invoke-command icm start-process saps")
FORMATTING = names("format")
WIPING = names("cipher sdelete sdelete64 fsutil wbadmin diskshadow")


def cmdlet(call: Call) -> Iterator[Match]:
    """PowerShell's own commands, by their verb and noun."""
    found = _CMDLET.match(call.name)
    if found is None or call.name in _ORDINARY:
        return
    verb, noun = found[1], found[2]
    is_written_so = call.words[0].text[:1].isupper()
    is_grave = bool(_GRAVE_NOUNS.match(noun))
    if not (is_grave or is_written_so):
        # ``update-deps`` is a project's own script; PowerShell writes capitals.
        return
    if any(text.lower() in {"-whatif", "-?"} for text in call.texts):
        return
    code = "shell.system_change"
    if verb in {"get", "read", "find", "export", "unprotect"} and (
        _SECRET_NOUNS.match(noun)
    ):
        message = f"Reads what is kept secret: {shortened(call.line)}"
        yield Match("shell.credential_access", _H, message)
    elif verb in _DESTROYING:
        message = f"Removes or clears: {shortened(call.line)}"
        is_log = "event" in noun
        yield Match("shell.history_tampering" if is_log else code, _H, message)
    elif verb in _STOPPING:
        yield Match(code, _H, f"Stops or disables: {shortened(call.line)}")
    elif verb == "send":
        yield Match("shell.network", _M, f"Sends: {shortened(call.line)}")
    elif verb in _CHANGING and (is_grave or verb in _BOLD):
        yield Match(code, _M, f"Changes the system: {shortened(call.line)}")


def registry_path(call: Call) -> Iterator[Match]:
    """A key of the registry as the target of anything but reading."""
    is_reading = call.name.startswith(("get-", "test-", "reg")) or call.name in {
        "dir",
        "ls",
        "gci",
        "echo",
        "cd",
    }
    if not is_reading and any(_REGISTRY.match(text) for text in call.texts):
        message = f"Changes the registry: {shortened(call.line)}"
        yield Match("shell.system_change", _M, message)


def start_code(call: Call) -> Iterator[Match]:
    """Invoke-Expression and kin run text or programs that they are given."""
    if call.texts or call.command.upstream:
        message = f"Runs what it is given: {shortened(call.line)}"
        yield Match("shell.inline_code", _H, message)


def netsh(call: Call) -> Iterator[Match]:
    """netsh: firewall, proxies, interfaces."""
    if call.texts and _NETSH_READING.isdisjoint(call.texts):
        message = f"Changes the network's settings: {shortened(call.line)}"
        yield Match("shell.firewall_change", _H, message)


def rights(call: Call) -> Iterator[Match]:
    """icacls, takeown: who may read or change files."""
    is_asking = len(call.texts) < 2 or call.name == "attrib"
    if not is_asking and any(t.startswith(("/", "+", "-")) for t in call.texts):
        message = f"Changes access rights: {shortened(call.line)}"
        yield Match("shell.permissions", _H, message)


def format_drive(call: Call) -> Iterator[Match]:
    """``format c:``; "format" alone is also the name of many a project's script."""
    if any(_DRIVE.match(text) for text in call.texts):
        message = f"Formats a drive: {shortened(call.line)}"
        yield Match("shell.format_disk", _C, message)


def wipe(call: Call) -> Iterator[Match]:
    """cipher /w, sdelete, wbadmin delete, fsutil usn deletejournal."""
    line = call.line.lower()
    if call.name.startswith("sdelete") or re.search(r"delete|/w:|setzerodata", line):
        message = f"Wipes data or the way back to it: {shortened(call.line)}"
        yield Match("shell.format_disk", _H, message)


def rmdir(call: Call) -> Iterator[Match]:
    """rmdir takes empty folders only, but that of Windows with /s everything."""
    if "/s" in {text.lower() for text in call.texts}:
        message = f"Deletes {shortened(' '.join(call.texts))}"
        yield Match("shell.delete_recursive", _H, message)
