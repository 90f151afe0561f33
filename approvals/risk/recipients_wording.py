"""Messages that bait or threaten whoever gets them, or give a code away.

What phishing asks for (M3AAWG, APWG): a password, a code, a payment that cannot be
called back, a click on a link that is said to save the account.
"""

from collections.abc import Iterator

from approvals.risk.corpus import Quota
from approvals.risk.findings import Finding, Match, Severity
from approvals.risk.recipients_message import Message
from approvals.risk.scanning import Scanner

_ASKED = (
    r"(?:pass ?word|pass ?code|passphrase|pin(?: (?:code|number))?|otp|cvv|ssn"
    r"|(?:one-time|verification|security|access|login|2fa|sms) code|seed phrase"
    r"|recovery phrase|social security|private key|card (?:number|details)"
    r"|credit card|bank (?:details|account)|login details|credentials)"
)
_BAITS = Scanner(
    rf"\b(?:send|give|tell|reply with|provide|enter|confirm|verify|share|submit|text)"
    rf"\b[^.!?\n]{{0,40}}\byour\b[^.!?\n]{{0,30}}\b{_ASKED}\b",
    r"\b(?:account|card|parcel|package|mailbox|payment|wallet)\b[^\n]{0,60}\b(?:locked"
    r"|suspended|limited|compromised|blocked|expired?|on hold|unusual activity)\b"
    r"[^\n]{0,120}(?:https?://|\bclick\b|\blink\b|\bverify\b)",
    r"\b(?:verify|update|confirm|unlock|validate|restore)\b[^.!?\n]{0,40}\b(?:account"
    r"|identity|password|billing|payment details)\b[^\n]{0,60}https?://",
    r"\b(?:gift ?card|voucher) (?:codes?|numbers?)\b",
    r"\b(?:wire|send|transfer|pay)\b[^.!?\n]{0,40}\b(?:gift ?cards?|bitcoins?|btc|usdt"
    r"|monero|crypto(?:currency)?)\b",
    ignore_case=True,
)
_THREATS = Scanner(
    r"\bpay (?:up|me|us)\b",
    r"\bor else\b",
    r"\bi know where you (?:live|work)\b",
    r"\b(?:i|we)(?:'ll| will| am going to| are going to) (?:kill|hurt|find|ruin|destroy"
    r"|expose|leak|release|publish|burn) (?:you|your|all|the|every)\b",
    r"\byou(?:'ll| will) regret\b",
    r"\b(?:ransom|kill yourself)\b",
    r"\brelease (?:your|the|those) (?:photos?|videos?|pictures?|files)\b",
    ignore_case=True,
)
_CODES = Scanner(
    rf"\b{_ASKED}(?: is| was|:| =|=)? ?[#:]? ?"
    r"[A-Za-z!@#$%_-]{0,12}\d[\w!@#$%-]{2,30}",
    ignore_case=True,
)
_KINDS = (
    (_THREATS, "Threatens whoever gets it"),
    (_BAITS, "Asks for a password or code, or for money that cannot be called back"),
    (_CODES, "Gives a password or code away"),
)


def baits_in(message: Message) -> Iterator[Finding]:
    """The first place of each kind; what is written to somebody and means harm."""
    quota = Quota()
    for scanner, text in _KINDS:
        for leaf in message.content:
            place = scanner.places(leaf.text, 1)[0] if leaf.text else []
            if place and quota.allows("recipients.bait", Severity.MEDIUM):
                match = Match("recipients.bait", Severity.MEDIUM, text)
                yield match.at(leaf.pointer, place[0])
                break
