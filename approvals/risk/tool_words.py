"""Words in the names of actions: what verbs are applied to, and which admit what."""

from approvals.risk.tables import names

DELETING = names(
    "annihilate delete deregister destroy discard dismantle dispose drop eliminate"
    " empty erase expunge flush forget nuke obliterate overwrite prune purge remove"
    " reset scrub selfdestruct shred trash truncate uninstall unlink unpublish"
    " unregister void wipe zap"
)
SMALL = names(
    "accents background basket bookmark bookmarks cart comment draft drafts"
    " duplicates emoji favorite favorites favourite favourites filter filters flag"
    " formatting highlight label labels like likes noise outliers pin playlist"
    " punctuation reaction reactions reminder reminders selection star stopwords tab"
    " tag tags todo typing watch watchlist watermark whitespace wishlist"
)
"""What goes and comes every day."""
GRAVE = names(
    "account accounts archive backup backups bucket buckets calendar cluster database"
    " databases db device disk drive environment factory filesystem history index"
    " instance namespace org organisation organization partition production project"
    " record records repo repos repositories repository schema server servers snapshot"
    " snapshots storage table tables tenant tenants user users vault volume volumes"
    " workspace"
)
"""What many things depend on."""
RUNNING = names(
    "account accounts app application applications card cluster container containers"
    " database deployment device employee environment function host instance instances"
    " job jobs machine member membership network node personnel pipeline pod process"
    " processes project queue server servers service services session sessions site"
    " staff subscription subscriptions system task tenant trigger user users vm vms"
    " website worker workers workflow"
)
STOPPING = names(
    "abort ban block deactivate decommission deprovision disable disconnect drain"
    " eject evict expel fire freeze halt interrupt kick kill lock offboard pause quit"
    " reboot restart retire shutdown stop sunset suspend terminate"
)
ALWAYS_STOPS = names(
    "ban deactivate decommission deprovision disable drain evict expel halt kick kill"
    " offboard reboot shutdown sunset terminate"
)
SAFETY = names(
    "2fa alarm alarms alert alerting alerts antivirus approval approvals audit"
    " auditing backup backups camera cameras check checks defender detector edr"
    " encryption failsafe firewall fraud guard guardrail guardrails interlock limit"
    " limits log logging logs mfa moderation monitor monitoring policy protection"
    " protections quarantine safeguard safeguards safety scanner scanning security"
    " sensor siem smoke tamper telemetry tls totp tracing validation verification waf"
    " watchdog"
)
WEAKENING = names(
    "bypass deactivate delete disable disarm erase hide ignore kill lower mute"
    " override pause purge remove rotate silence skip stop suppress suspend truncate"
    " unprotect unset whitelist wipe"
)
GRANTING = names(
    "allow allowlist approve authorise authorize delegate elevate escalate grant"
    " impersonate invite promote share unban unblock unlock unseal whitelist"
)
ADDING = names(
    "add assign attach create enable generate give issue make post put set update"
)
PEOPLE = names(
    "admin administrator admins collaborator collaborators contributor contributors"
    " delegate employee guest guests maintainer member members owner owners signatory"
    " user users"
)
POLICED = names(
    "access acl bucket cluster firewall group iam key network org password resource"
    " retention role security user vault"
)
ACCESS = names(
    "access acl iam ownership permission permissions privilege privileges right"
    " rights role roles sharing sudo superuser"
)
KEYS = names(
    "apikey certificate credential credentials key keypair keys passkey secret"
    " secrets token tokens"
)
OF_KEYS = names(
    "access api auth bearer deploy encryption ephemeral gpg host master oauth"
    " personal private service signing ssh"
)
SIGN_IN = names(
    "2fa authenticator credentials login mfa otp passcode passkey passphrase password"
    " passwords pin recovery sso totp"
)
CHANGING_IT = names(
    "add bypass change clear create delete disable edit expire force modify"
    " regenerate remove replace reset rotate set unset update upload"
)
RUNNABLE = names(
    "binary bytecode cell code command commands executable function javascript js"
    " lambda macro notebook payload pipeline policy powershell program python r ruby"
    " script scripts snippet subprocess wasm workflow"
)
PUBLISHING = names(
    "announce broadcast deploy expose forcepush launch merge publish release repost"
    " ship tweet"
)
POSTING = names("create make post put schedule share submit update upload write")
OUTLETS = names(
    "ad advertisement blog campaign facebook forum hackernews instagram linkedin"
    " mastodon newsletter pastebin podcast press public reddit social story tiktok"
    " tweet twitter video webpage website wordpress youtube"
)
THINGS = names(
    "alarm ambulance boiler brake breaker camera car circuit cooker door doors"
    " drawbridge drone elevator emergency engine furnace garage gate gates gripper"
    " heater lock locks missile motor oven police pump reactor robot safe stove"
    " switchgear throttle traffic trunk turbine valve vault vehicle weapon window"
    " windows"
)
MOVING = names(
    "activate arm call close control detonate disarm disengage dispatch drive eject"
    " enable fire fly grab grip ignite launch lock move open release set start steer"
    " stop takeoff unlock vent"
)
SECRETS = names(
    "credential credentials cvv keychain keyring mnemonic otp passcode passcodes"
    " passphrase passphrases password passwords secret secrets seedphrase ssn"
)
OF_SECRETS = names("check compare generate has hash is predict score validate verify")
DUMPED = names(
    "accounts clients contacts credentials customers data database db emails"
    " employees keys leads members messages patients records students subscribers"
    " table tables users"
)
CANCELLED = names(
    "account accounts calendar contract event insurance lease meeting membership"
    " memberships mortgage plan policy service services subscription subscriptions"
)
HARM = names(
    "attack backdoor blackmail botnet breach compromise corrupt corruption"
    " counterfeit cracker darkweb ddos deepfake deepfakes disrupt disruption dox doxx"
    " exfiltrate exfiltration exploit falsification falsify forge forgery fraud hack"
    " hacker hacking hijack hijacking keylogger leak leakage leaked malware"
    " manipulation misdirect misinformation overload phish phishing poison poisoning"
    " ransomware rootkit sabotage scam smuggle spoof spoofing spyware steal stealing"
    " tamper tampering theft unauthorized"
)
FIGHTING = names(
    "alert audit ban block detect flag mitigate prevent quarantine remove report"
    " resolve respond stop"
)
LIVES = names(
    "911 allergies allergy ambulance anesthesia anesthetic ballot chemotherapy"
    " contract deed defibrillator diagnosis dosage dose drug ehr emergency emr"
    " evacuation grade grades infusion insulin lawsuit medication medications medicine"
    " morphine opioid opioids oxygen pacemaker police prescription prescriptions"
    " radiation surgery transfusion treatment ventilator vote will"
)
NOT_DOING = names("draft note notes question reminder search summary template")
HARM_STEMS = (
    *("bioweapon", "blackmail", "bribe", "counterfeit", "defraud", "disinform"),
    *("embezzl", "exfiltrat", "explosi", "extort", "fabricat", "falsif", "hijack"),
    *("keylog", "launder", "malware", "misappropriat", "misdirect", "misinform"),
    *("overprescri", "phish", "plagiari", "ransom", "rootkit", "sabotag", "smuggl"),
    *("spyware", "traffick", "weaponi"),
)
"""How words begin that speak of harm, in whatever form they stand."""
HARMFUL_PAIRS = (
    (names("crack"), names("account password passwords hash login wifi")),
    (names("clone"), names("face identity voice voices")),
    (names("harvest"), names("account contact cookie credential data email password")),
    (
        names("fake"),
        names(
            "account certificate document evidence id identity invoice news passport"
            " profile review"
        ),
    ),
)
"""Words that are harmless each, and not together."""
AGAINST_HARM = names(
    "awareness checker compliance defense detection detector filter monitor"
    " prevention protection report response scanner shield test training"
)
HOUSEHOLD = names(
    "ac animation appliance autoplay bluetooth bulb caption captions conditioner"
    " dishwasher display fan hotspot humidifier lamp light lights music notification"
    " plug purifier radio roaming saver screen sound speaker subtitle television theme"
    " thermostat tv vacuum vibration wifi"
)
"""What people switch on and off all day."""
PLANT = names(
    "boiler brake chlorine dam furnace grid infusion pump reactor sluice substation"
    " throttle traffic turbine valve ventilator"
)
"""Where also a number that is set can hurt somebody."""
INSTALLED = names(
    "addon app application certificate driver extension package plugin program"
    " software update"
)
OLDER = names(
    "backup commit database deployment migration production release server snapshot"
    " system version"
)
"""What is brought back to an older state, over what is there now."""
CLOSED_FOR_GOOD = names("account claim dispute position shop store subaccount")
ARCHIVED = names(
    "channel database organisation organization project repo repository workspace"
)
GIVEN_AWAY = names(
    "app asset domain license owner ownership project property repository workspace"
)
MAIL_TOOLS = names(
    "campaign draft filter folder frequency label list notification preference"
    " setting signature status subject template"
)
"""Beside these, ``email`` is no address of an account."""
GATHERINGS = names("attendee calendar call event game meeting party room session")
SETTING = names(
    "attach change configure create edit modify put replace set update write"
)
COPYING = names(
    "backup copy export forward mirror move push replicate send sync transfer upload"
)
ELSEWHERE = names("external externally offsite outside personal thirdparty")
NETWORK = names(
    "bios bootloader cors dns domain firmware gateway ingress kernel loadbalancer"
    " nameserver proxy registry route subnet sysctl vpc vpn webhook"
)
"""How others reach what runs, and what it stands on."""
CONTROLS = names("actuator coil hmi modbus opcua plc rtu scada setpoint")
"""What steers machines in a plant."""
CHANGING_RIGHTS = names("adjust alter change edit manage modify override replace")
LINKED = names("account bank card wallet")
EXTENDED = names("cap limit quota threshold")
TRACES = names("audit evidence log trail")
FILED = names("affidavit claim complaint lawsuit patent petition tax visa")
"""What goes to an authority, in somebody's name."""
SENT_TO_ALL = names("campaign newsletter press")
PEOPLES_DATA = names("client contact credential customer employee key lead patient")
HANDING_OUT = names("copy decrypt dump exfiltrate export reveal unmask")
ABOUT_SECRETS = names(
    "expiry hint metadata policy requirement rotation rule strength version"
)
"""Beside these, a secret is spoken of and not handed out."""
HELPERS = names("agent desk human manager person staff supervisor support team")
"""To whom a question is escalated, which gives nobody a right."""
ASKED_FOR = HELPERS | names("call case chat conversation incident issue ticket")
MERGED = names(
    "account case client contact customer deal lead patient profile record ticket user"
)
MASS = names("all batch bulk every everyone everything mass multiple")
