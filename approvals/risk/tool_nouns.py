"""Nouns in the names of actions, by domain: what whose change weighs how much.

A noun is here where changing, making or handing over the thing is never everyday
work: rights, security, how machines are reached, wages, bodies, courts, plants.
"""

from approvals.risk.tables import names

RIGHTS = names(
    "acl acls delegate delegates delegation entitlement entitlements factor iam"
    " impersonation mfa otp owner ownership passkey passwordless permission"
    " permissions privacy privilege privileges rbac role roles saml scim scopes sso"
    " sudo sudoers superuser totp visibility"
)
"""Who may do what, and how they prove who they are."""
SECURITY = names(
    "allowlist antivirus blacklist blocklist denylist edr encryption exclusion"
    " exclusions exemption firewall geofence guardrail guardrails honeypot keystore"
    " kms lockdown protected protection protections quarantine ransomware retention"
    " security securitygroup siem truststore waf whitelist"
)
"""What keeps others out, and what keeps records in."""
REACHED = names(
    "bgp bios bootloader cname cors csp dhcp dkim dmarc dns firmware gateway"
    " hypervisor ingress kernel ldap loadbalancer nameserver recordset recordsets"
    " registrar registry spf subdomain subnet sysctl tunnel vlan vpc vpn"
)
"""How others reach what runs, and what it stands on."""
SERVED = names(
    "autoscaler autoscaling canary cluster deployment deployments downtime experiment"
    " failover fleet idp lambda prod production quota realm replica replicas"
    " replicaset rollout shard shards throttle throttling"
)
"""What customers feel at once."""
REPORTING = names("callback hook hooks webhook webhooks")
"""By these a machine elsewhere is told what happens here."""
FINANCE = names(
    "accrual annuity beneficiary bonus compensation coverage creditline deductible"
    " depreciation dividend escrow fee fees fiscal garnishment giftcard giftcards iban"
    " invoice invoices lien loan loans mortgage overdraft payable payee payout payouts"
    " payroll pension premium price pricelist prices pricing receivable reconciliation"
    " rent salary severance stipend tariff tax taxes tuition wage wages"
)
"""What is paid, to whom, and how much."""
BODIES = names(
    "abortion allergies allergy ambulance anesthesia bed biopsy blood bloodwork"
    " chemotherapy defibrillator diagnosis dialysis dnr dosage dose drug drugs ehr emr"
    " imaging immunization infusion injection insulin intubation iv lab medication"
    " medications medicine medicines morphine mri opioid opioids oxygen pacemaker"
    " prescription prescriptions radiation radiology sedation surgery syringe"
    " transfusion treatment treatments triage vaccine ventilator xray"
)
"""What is done to patients, and what is written of it."""
LAW = names(
    "affidavit asylum ballot ballots benefits citation citizenship clearance contract"
    " contracts custody deed divorce evidence exams expulsion gpa grade grades"
    " guardianship immigration injunction inmate judgment lawsuit lease licence"
    " license litigation nda parole passport patent permit petition prisoner probation"
    " subpoena summons testament testimony trademark transcript transcripts treaty"
    " verdict visa vote votes warrant"
)
"""What somebody's rights hang on."""
OFFICES = names(
    "disciplinary dismissal layoff layoffs offboarding redundancy resignation"
    " termination"
)
"""What decides of somebody's work."""
PLANT = names(
    "actuator agitator anchor autoclave autopilot ballast boiler brake brakes breaker"
    " burner centrifuge chamber chemical chemicals chiller chlorine coil coils"
    " compressor conveyor coolant crane dam drawbridge drip drone exoskeleton extruder"
    " feeder forklift furnace gearbox grid gripper helm hmi hydraulic incinerator"
    " infusion interlock inverter iv kiln laser lathe manipulator meter meters modbus"
    " motor opcua plc propeller pump pumps reactor refinery register registers robot"
    " rods rotor rtu runway scada servo setpoint setpoints sluice spillway spindle"
    " sprinkler sprinklers substation switchgear switchyard throttle thruster torque"
    " transformer transponder turbine valve valves vessel voltage weir welder winch"
)
"""Machines, and what steers them."""
HOT = names("barbecue fireplace fryer grill heater hob kettle oven stove toaster")
"""At home, and can burn it down."""
GATES = names(
    "airlock barrier boot cage deadbolt door doors enclosure frunk garage gate gates"
    " hatch homelink incubator latch lock locks roof safe sunroof tailgate tonneau"
    " trunk turnstile vault window windows"
)
"""Where somebody gets in or out."""
VEHICLES = names(
    "aircraft altitude autopilot boat car drone engine ferry helicopter ignition"
    " lorry missile plane rocket satellite steering submarine subway torpedo train"
    " tram truck uav vehicle velocity waypoint yacht"
)
"""What drives, flies and swims."""
PUBLIC = names(
    "airspace aspect crosswalk flight interlocking intersection powergrid railway"
    " runway sewage signal siren sirens streetlight substation traffic"
)
"""What a town depends on."""
WEAPONS = names(
    "ammunition bomb explosive explosives gun guns missile munition poison sarin"
    " taser toxin weapon weapons"
)
GRAVELY = names(
    "biometric classified confidential criminal forensic judicial medical military"
    " nuclear voter"
)
"""Of what kind a thing is that is no longer everyday."""
WATCHED = names(
    "conversation conversations husband keystroke keystrokes people person phonecall"
    " spouse victim wife"
)
"""Recording or following these is watching somebody."""
UTILITIES = names("electricity gas heating internet power water")
LIMBS = names("arm base effector joint joints wrist")
FLIGHTS = names("flight flights train trains vessel")

DELICATE = (
    RIGHTS
    | SECURITY
    | REACHED
    | REPORTING
    | FINANCE
    | BODIES
    | LAW
    | OFFICES
    | PLANT
    | WEAPONS
    | PUBLIC
)
"""To change any of these asks for a second look, whatever the verb."""
MACHINES = PLANT | HOT | GATES | VEHICLES | PUBLIC | WEAPONS

SYSTEMS = names(
    "axes bucket buckets cert checkpoint client computer computers config configmap"
    " configuration container containers credential credentials dag dags database"
    " databases db device devices disk dyno dynos endpoint endpoints env environment"
    " esim federation gcode git host hosts imei instance instances keyring laptop"
    " machine machines maintenance migration modem namespace namespaces network"
    " networks node nodes offset offsets partition pipeline pipelines pod pods port"
    " ports printer provider router schema secret secrets server servers service"
    " services sim site ssid storage switch system systems table tables tenant vault"
    " vm vms website wlan zone zones"
)
"""What programs and people work with, and miss when it is another."""
PERSONS = names(
    "absence applicant applicants attempts attendance candidate child children"
    " citizen credits diploma driver employee employees enrollment enrolment member"
    " members minor passenger passengers patient patients personnel resident residents"
    " scholarship staff student students submission submissions subscriber tenant"
    " tenants worker workers"
)
"""Whose work, home or course it is."""
CONTRACTS = names(
    "ads advert agreement agreements bond bonds campaign cash cheque cheques company"
    " contract court crypto envelope funds leverage margin points portfolio position"
    " positions privacy sequence shares stake stream terms trust visibility"
)
"""What binds somebody, or is worth money, or makes it public."""
BINDING = names("agreement agreements contract lease offer proposal terms")
HAZARDS = names(
    "acid axe blade bleach candle fire flame fork gasoline glass knife liquid matches"
    " microwave object outlet oven pan petrol pill pills reagent scissors solvent vase"
    " vial"
)
"""What hurts or burns in careless hands."""
SERIOUS = DELICATE | MACHINES | SYSTEMS | PERSONS | CONTRACTS | HAZARDS | WEAPONS

EVERYDAY = names(
    "agenda alias animation annotation answer appointment avatar badge basket board"
    " book booking bookings bookmark bookmarks brightness cache calendar caption"
    " captions card cards cart category chapter chart checklist clipboard color colour"
    " column comment comments contact cursor dashboard delivery description diagram"
    " diary document documents draft drafts emoji event events exercise favorite"
    " favorites favourite favourites feedback filter filters flag flashcard folder"
    " font forecast form formula game goal grocery habit heading highlight hint"
    " history image issue issues item items journal keyword label labels language"
    " layout lead lesson level like likes line list log map meal media meeting memo"
    " menu message messages milestone mood movie music name nickname note notebook"
    " notes notification notifications outline page paragraph photo picture pin"
    " playback playlist podcast poll preference preferences presentation profile"
    " progress prompt puzzle question queue quiz quote reaction reactions recipe"
    " reminder reminders reply report reservation reservations row rows search section"
    " selection sentence sheet shopping slide slides slot song sort spreadsheet star"
    " step story subject subtask subtasks subtitles suggestion summary survey tab tabs"
    " tag tags task tasks template text theme thread thumbnail ticket tickets time"
    " timer title todo todos topic track translation trip typing video view volume"
    " wallpaper watch watchlist widget wishlist word words workout"
)
"""What people make, change and throw away all day."""
