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
