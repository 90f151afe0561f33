"""Verbs by what becomes of the thing that they are applied to.

After the classes of Levin (English Verb Classes and Alternations, 1993) and VerbNet
that matter to whoever has to answer for an action: remove, banish, destroy, kill,
give, get, appoint, free, seize, tell, judge, poison. A verb is here in its plain form;
``verbs_forms`` makes the others.
"""

from approvals.risk.tables import names

DESTROYING = names(
    "abolish annihilate bulldoze clobber cull deallocate decimate deface deindex"
    " delete demolish deplete destroy devastate discard dismantle dispose dissolve"
    " eliminate eradicate erase excise expunge exterminate incinerate invalidate"
    " mangle nuke nullify obliterate overwrite prune pulverize purge quash raze redact"
    " remove rescind ruin scrap scrub scuttle shatter shred smash trash truncate"
    " uninstall unprovision uproot vaporize wipe wreck zap zeroise zeroize"
)
"""What was there is not there any more (Levin 10, 44)."""
ENDING = names(
    "banish blackhole blacklist cordon curtail deactivate deauthorise deauthorize"
    " debar decommission deenroll defrock defund delist demote deny denylist depose"
    " deprovision deregister dethrone disable disaffiliate disallow disassociate"
    " disband disbar discontinue disenroll disown disqualify dissociate drain drop"
    " embargo evict excommunicate exile expatriate expel extradite furlough halt"
    " hibernate immobilise immobilize impeach impound incapacitate isolate kick kill"
    " liquidate mothball offboard oust overthrow poweroff quiesce reboot reject"
    " relegate repossess restart retire revoke scram seclude segregate sequester"
    " shutdown shutter sunset suspend terminate unassign unbind undeploy unenroll"
    " unlist unmount unpublish unregister unseat veto withhold"
)
"""Something or somebody is stopped, shut out or sent away (Levin 10.2, 55.4)."""
CLEARING = names(
    "accredit anoint appoint approve authorise authorize bestow certify confer"
    " declassify delegate deputise deputize elevate empower endorse enfranchise"
    " entitle entrust exempt greenlight impersonate induct instate legalise legalize"
    " ordain permit preapprove ratify reactivate readmit reauthorize reenable"
    " reinstate relinquish unban unblacklist unblock uncontain undisable unfence"
    " unfreeze unisolate unleash unlock unprotect unquarantine unrestrict unseal"
    " unshackle unsuspend vest waive"
)
"""Somebody may do more, or is let go (Levin 13.3, 29.1, 80)."""
SEIZING = names(
    "abduct apprehend arrest commandeer confiscate conscript deport detain eavesdrop"
    " embezzle enslave expropriate extort foreclose garnish hijack imprison"
    " incarcerate intercept kidnap loot pilfer plunder purloin ransack rob seize"
    " shoplift snatch sniff snoop spy stalk steal subpoena surveil swindle usurp"
    " wiretap"
)
"""Something or somebody is taken, or watched unknowing (Levin 10.5, 10.6)."""
JUDGING = names(
    "acquit adjudicate annul arbitrate attest bequeath censure condemn convict"
    " countersign disinherit divorce emancipate exonerate indict litigate marry"
    " naturalize notarise notarize pardon parole penalise penalize plead probate"
    " prosecute punish sue summon testify"
)
"""Courts, offices and registries: what is said once is so (Levin 29.1, 33)."""
TREATING = names(
    "administer amputate anaesthetise anesthetize catheterise catheterize"
    " defibrillate discharge euthanise euthanize extubate hospitalise hospitalize"
    " immunise immunize infuse inoculate intubate irradiate medicate overdose"
    " prescribe resuscitate sedate titrate transfuse transplant vaccinate ventilate"
)
"""What is done to a body."""
HARMING = names(
    "ambush assassinate assault attack behead blackmail bomb bribe bully coerce"
    " counterfeit deceive defame defraud dox doxx entrap exploit falsify forge"
    " gaslight hack harass humiliate intimidate launder maim misinform mislead molest"
    " murder mutilate phish plagiarise plagiarize poison radicalise radicalize"
    " sabotage scam slander slaughter smuggle spoof stab strangle terrorise terrorize"
    " threaten torture weaponise weaponize"
)
"""Named for what is a crime or a cruelty (Levin 10.6, 41.4, 42)."""
TELLING_ALL = names(
    "advertise announce broadcast circulate crosspost deanonymise deanonymize"
    " disclose disseminate divulge exfiltrate expose leak livestream proclaim"
    " promulgate publicise publicize publish reidentify repost reveal syndicate"
    " televise unmask unredact"
)
"""Others learn it, and nobody can make them forget (Levin 37)."""
MOVING_MACHINES = names(
    "actuate airdrop deenergise deenergize depressurise depressurize detonate"
    " electrify energise energize evacuate excavate fumigate hotwire hover ignite"
    " jettison overpressure pressurise pressurize takeoff unbolt unclamp undock"
    " unlatch vent weld"
)
"""Only machines and places do this, and it cannot be taken back (Levin 9, 47)."""
SERVING = names(
    "cutover deploy failback failover forcepush hotfix hotpatch jailbreak overclock"
    " provision redeploy reflash reimage reinstall reprovision rollback rollout"
    " sideload switchover"
)
"""What runs becomes another."""
PAYING = names(
    "bankroll bet cashout compensate disburse donate endow gamble indemnify invest"
    " overpay pawn pay payout prepay reimburse remit remunerate repay spend sponsor"
    " subsidise subsidize topup underwrite wager wire withdraw"
)
"""Money leaves (Levin 13.4, 13.5)."""
EVADING = names(
    "bypass circumvent downgrade evade loosen neutralise neutralize override subvert"
    " suppress undermine whitelist"
)
"""A guard is got past or made weaker."""
KNOWN = (
    DESTROYING
    | ENDING
    | CLEARING
    | SEIZING
    | JUDGING
    | TREATING
    | HARMING
    | TELLING_ALL
    | MOVING_MACHINES
    | SERVING
    | PAYING
    | EVADING
)
"""Hardly ever nouns in the name of an action: they always count as its verb."""

WORKING = names(
    "accelerate actuate adjust alter arm call command control cut detach dim direct"
    " dispatch drive drop eject engage extend feed fire flip fly force goto heat hoist"
    " inflate jog launch lift lower maneuver mix move mow navigate nudge open operate"
    " park pivot pour press propel pull pump push raise refill regulate release"
    " reposition reprogram reset reverse rotate run send shift shoot slide spin spray"
    " start steer stop swing tilt toggle tow trigger trip turn twist unload unplug"
)
"""Force and motion: what they do depends on what is moved (Levin 9, 11, 12, 17, 51)."""
ALTERING = names(
    "add adjust alter amend append apply assign associate attach backdate bump change"
    " configure correct customize cut decrease define disassociate edit enroll extend"
    " fix increase insert lower manage map mark modify mutate override patch post push"
    " put raise rebind recalculate reconfigure reduce register rename replace reset"
    " restrict revise rewrite set submit swap switch transform tune tweak unset update"
    " upgrade upsert write"
)
"""Something is another than before (Levin 13.7, 26.5, 26.6, 45)."""
ACTING = names(
    "abandon abort acquire activate adapt admit adopt advance aim align allow ambush"
    " arm assemble assess auction award balance bar bind blast bleed blend blind block"
    " blow boil boost bottle break breed brew brick bring burst bury bust calibrate"
    " cancel capture carve catch chain charter chase chill chop claim clamp clean"
    " clear clip clog clone close collapse collect combine commission commit compel"
    " concede conclude condense confine connect consent consign consolidate contain"
    " contest contract contribute convert cook cool crash cross crush cultivate curb"
    " cure damage decide decrypt dedicate defer deflect degrade deliver denounce"
    " deploy deprive derail desert deter dig diminish disarm disconnect discount"
    " disengage dismiss dispense displace disrupt distort ditch divide dock dominate"
    " double douse download downsize drag drill drown dry dump duplicate ease elect"
    " empty encourage encrypt end enforce engage enlist enroll enter equip erect"
    " escape escort exceed exchange exclude excuse exercise exert exhaust exhume"
    " expand expedite expend explode extract fail fast fill finance finish fit flame"
    " flash float flood flush forfeit fortify fracture free freeze fry fuel fund fuse"
    " grab grade graduate grant grind grip ground harvest haul hide hinder hire hit"
    " hold hook hunt hurt implant implement impose incite incur infect infest inflict"
    " inherit inhibit initiate injure install instigate instruct insulate insure"
    " integrate interfere interrupt intervene invade invite iron join jolt land lash"
    " lay lead lease leave lend let level leverage license light limit load loan lobby"
    " lock lodge loosen lose lubricate manipulate manufacture mask match maximize melt"
    " merge mine misplace misuse mobilize mock mold monopolize mount multiply mute"
    " negotiate nominate nurse obstruct occupy offset onboard oppose order outlaw"
    " outsource overhaul overheat overload own pack page park part pause pay peel"
    " penetrate perform persuade pick pierce plant plead pledge plow pluck plug"
    " pollute pool pop postpone power precipitate preserve pressure prevent procure"
    " profit prohibit promote protect provoke punch purchase purify quarantine quit"
    " race rally ram reap reclaim reconcile recover recruit rectify recycle refine"
    " reform refresh refund regain reinforce relieve relocate renew renovate rent"
    " repair repel replenish represent repress reprimand rescue reserve resign resist"
    " resolve restore restrain resume retain retaliate retract retreat return revamp"
    " revive revoke reward ride rig rip roast roll route rush sail salvage saturate"
    " scale scare scatter scorch scramble scratch screw seal secure seduce separate"
    " serve service settle shape sharpen shave shed shelter shelve shield shock shove"
    " shrink shut silence sink skip slap slice slip slow smoke snap soak solicit sow"
    " spark spawn spill splash split spoil spread sprinkle squeeze stabilize stack"
    " staff stage stain stake stall stamp starve steam sterilize stimulate sting stir"
    " stock store straighten strap strengthen stretch strike strip stun submerge"
    " substitute supervise supply support surround suspend sustain swallow swear sweep"
    " synthesise synthesize taint take tame tap tape target tease tether thaw throttle"
    " throw tie tighten timeout tip top torch toss trade train trap treat trick trust"
    " tune undergo unify unite untie upgrade uphold urge vacate vandalise vandalize"
    " violate warm warn wash waste weaken weave wet widen wind withdraw wound wrap"
    " yield zip"
)
"""The rest of what is done to things: it counts where the thing itself is serious."""
MILD = names(
    "activate adapt align allow assemble assess balance bind blend boil boost bottle"
    " brew bring calibrate cancel catch chain chill claim clean clear clip clone close"
    " collapse collect combine commission commit condense connect consolidate"
    " contribute convert cook cool cross cure decide defer deliver deploy dig"
    " disconnect dismiss divide dock double download dry duplicate ease empty encrypt"
    " end enter equip exchange exclude exercise expand expedite extract fill finish"
    " fit flash float free fry fuel fuse grab graduate grind hide hold hook hunt"
    " implement instruct integrate interrupt iron join land lay lead leave lend let"
    " level light limit load lock mask match maximize melt merge mount multiply mute"
    " negotiate offset order own pack page park part pause perform pick plant pool pop"
    " postpone power preserve prevent protect purchase reclaim reconcile recover"
    " recycle refine refresh regain relocate renew rent repair replenish rescue"
    " reserve resolve restore resume retain return revive reward ride roast roll route"
    " rush sail scale scatter scratch seal secure separate serve service settle shape"
    " sharpen shave shelve shield shrink shut skip slice slow snap soak sow spawn"
    " split spread sprinkle squeeze stabilize stack staff stage stamp steam stir stock"
    " store straighten strengthen stretch strip supply support sweep take tame tap"
    " target tease thaw tie tighten tip top toss train treat trust tune undergo unify"
    " unite upgrade warm wash weave widen wind wrap zip"
)
"""What people do to a dish, a picture or a list as well: the thing decides."""
COSMETIC = names(
    "annotate arrange ask bookmark call choose color comment contact describe draft"
    " favorite favourite filter follow format greet group highlight invite label like"
    " log mark message name note notify pair pin post print rate read recommend"
    " refresh reload remind rename reply report request respond schedule select sort"
    " star suggest summarize sync tag tell think track translate use view wait watch"
    " write"
)
"""Says or shows something, and leaves the thing itself as it is."""
MAKING = names(
    "add allocate author build compose create define draw enable establish form found"
    " generate import initiate insert instantiate introduce issue launch make mint new"
    " open order place post produce put record register request schedule spin start"
    " store submit"
)
"""Something new is there (Levin 26.1, 26.4)."""
HANDING = names(
    "assign cede copy deliver divert email export forward give grant hand lend mail"
    " migrate move offer pass port present reassign redirect relay release sell send"
    " share ship show surrender sync trade transfer transmit upload"
)
"""Somebody else has it afterwards (Levin 11.1, 13.1, 13.2)."""
