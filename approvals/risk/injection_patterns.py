"""How instructions that are meant for an agent are worded, in RE2's syntax.

RE2 needs no bounds: a star costs it nothing, a count like ``{0,60}`` costs memory.
"""

from approvals.risk import injection_tongues as tongues
from approvals.risk.injection_wording import Wording, wording
from approvals.risk.scanning import Scanner

_W = r"[^\s.,;:!?]+"
_GAP = rf"(?:\s+{_W}){{0,3}}\s+"
_OLD = (
    r"(?:previous|prior|above|earlier|preceding|foregoing|existing|original|initial"
    r"|system|current|developer|safety|security|all|any|your|former|other|these|those)"
)
_RULES = (
    r"(?:instructions?|prompts?|rules|guidelines?|directives?|directions|commands?"
    r"|programming|constraints|restrictions|guardrails|safeguards|polic(?:y|ies)|protocols?"
    r"|ethics|moderation|filters"
    r"|context|orders|training|tasks?|assignments?)"
)
_OBEYING = (
    r"(?:respond|answer|act|obey|follow|ignore|disregard|be|execute|send|approve"
    r"|forward|call|output|reply|behave|speak|pretend|comply|do|run|refuse|write|say"
    r"|generate|never|always)"
)
_WHO = (
    r"(?:ais?|llms?|gpt-?[0-9]?o?|chatgpt|claude|gemini|copilot"
    r"|(?:large )?language model"
    r"|chatbot)"
)
_AGENT = (
    rf"(?:{_WHO}(?:\s(?:assistants?|agents?|models?|systems?|bots?|readers?))?"
    r"|(?:virtual|coding|automated|autonomous)\s(?:assistant|agent)s?)"
)
_VALUABLE = (
    r"(?:passwords?|api[\s_-]keys?|credentials|secrets|access tokens?|private keys?"
    r"|access keys?|environment variables|env vars|\.env|ssh keys?|cookies"
    r"|(?:chat|conversation)\s(?:history|log|content|context)|conversation"
    r"|system prompt|personal (?:data|information)|credit cards?|contacts)"
)
_USER = r"(?:the|any|your)\s(?:end\s)?(?:users?|human|operator|reviewer|supervisor)\b"
_NOT_THEIRS = (
    r"(?:\s*(?:[.,;:!?\"')\n]|$)|\s(?:about|that|what|of|anything|this|these|why|you|and"
    r"|or|i|we|but|until|in|to|at|before|unless|when|if|any|it)\b)"
)
"""“Never tell the user their password” hides nothing from anybody."""
_TAKEN = (
    r"(?:data|exfil|leak|secrets?|payload|stolen|steal|conversation|chat|history|prompt"
    r"|context|passwords?|ssn|cookies?|env)"
)


_OVERRIDE = wording(
    "override",
    "tells its reader to drop instructions",
    r"(?:ignor(?:e|ing)|disregard(?:ing)?|overrid(?:e|ing)|bypass(?:ing)?|neglect"
    r"|discard"
    rf"|(?:do not|don'?t|stop) (?:follow|obey)(?:ing)?){_GAP}{_OLD}(?:\s+{_W}){{0,2}}"
    rf"\s+{_RULES}\b",
    rf"(?:ignore|disregard)\s+(?:(?:all|any|the|your|my|every|of)\s+)*{_RULES}\s+"
    r"(?:above|before|given|that you|you (?:were|have|had|got))\b",
    r"(?:ignore|disregard)\s+(?:everything|all|anything)(?:\s+(?:that|you|i|was"
    r"|were|is|we"
    r"|of|the|have|been|which|else))*\s+(?:above|before|previously|prior|earlier|so far"
    r"|preceding|told|said|written)\b",
    rf"\bforget\s+(?:about\s+)?(?:all|any|every|your|the|these|my)(?:\s+{_W}){{0,3}}\s+"
    rf"{_RULES}\b",
    r"\bforget\s+(?:about\s+)?(?:everything|all|anything)(?:\s(?:that\s"
    r"|which\s)?(?:you|i|we"
    r"|was|were|has|have|before|above|prior|and)\b|\s*(?:[.;!]|$))",
    r"\bforget\s+(?:about\s+)?(?:all|any|the|this|our|your)\s(?:of\s|the\s|your\s)*"
    r"(?:previous|prior|above|earlier|entire|old)?\s*(?:information|conversation|chat"
    r"|messages|text|content|input)s?\b",
    r"\byour\s(?:new|real|true|actual)\s(?:task|goal|objective|purpose|mission|job)\sis"
    r"\s(?:now\s)?to\b",
    r"\bnew\s+(?:system\s+|secret\s+)?(?:instructions|objective|directive)s?"
    r"(?:\s+(?:from|for)\s(?:the\s|our\s|your\s|any\s)?(?:[\w]+\s)?(?:ais?|agents?"
    r"|assistants?|models?|llms?|bots?|system|admin\w*|developers?|operators?|owner"
    r"|ceo|security)(?:\s\w+)?)?:\s",
    r"\b(?:system|admin(?:istrator)?|developer|safety|security)\s+override\b",
    r"\bpriority\s+override\s?[:!]",
    rf"\bfrom now on,?\s+(?:you\s+(?:(?:will|must|shall|should|can|only|always"
    rf"|may)\s+)*{_OBEYING}|you\s+are\s+(?:now\s+)?(?:an?|in|no longer|free|not bound"
    r"|dan|going to (?:act|be|respond)|named|called|my|unrestricted)|ignore|obey"
    r"|respond as|act as|approve|send|forward|always (?:approve|send|forward"
    r"|answer))\b",
    r"\b(?:disable|deactivate|turn off|switch off|lift|remove|suspend)\s+(?:(?:all|any"
    r"|your|the|of)\s+)*(?:safety|ethical|content|moderation)\s+(?:protocols?"
    r"|guardrails?|filters?|guidelines?|restrictions?|measures)\b",
    r"\b(?:stop|pause|abandon|drop)\s+(?:what(?:ever)?\s+you(?:'re|\s+are)\s+doing"
    r"|(?:the|your)\s+(?:current|original|previous)\s+task)\b[^.\n]*\b(?:call|send|run"
    r"|execute|tool|transfer|reveal|delete|instead)\b",
    r"\b(?:previous|prior|earlier|original)\s+(?:instructions|directives|orders|rules"
    r"|prompts?)\s+(?:are|were|have been|is|was|has been)\s+(?:now\s+)?(?:void"
    r"|cancell?ed|revoked|overridden|superseded|obsolete|no longer|null)",
    rf"\byour\s(?:previous|prior|earlier|original|old|current)\s(?:{_W}\s)?{_RULES}\s"
    r"(?:no longer|don'?t|do not)\s(?:apply|count|matter|exist|bind)",
    r"\b(?:this is|here is|here are|following is)\s+your\s+new\s+(?:system\s+)?"
    r"(?:prompt|instructions|directive)",
    r"(?:\A|[.!\n]\s*)execute:\s?[a-z_][\w.]*\(",
    r"before (?:you can |you )?(?:solv|complet|continu|answer)\w*\s[\w ]*(?:task"
    r"|request"
    r"|question)[\w ,]*(?:do the following|first)",
    r"\b(?:ignore|disregard)\s(?:all\s(?:of\s)?)?the\sabove\s(?:and|text"
    r"|instructions)\b",
    r"\bnew instruction:\s",
    r"\bwhen(?:ever)? you read this,?\s(?:please\s|you must\s)?(?:call|run|send"
    r"|do|ignore"
    r"|reply|forward|execute|delete|transfer)\b",
)
_ROLE = wording(
    "role",
    "tells its reader to be somebody else",
    rf"\byou(?:'re| are)\s(?:now|no longer|going to be"
    rf"|about to become)\s(?:{_W}\s){{0,4}}"
    r"(?:dan|ai|assistant|bot|hacker|jailbroken|unrestricted|unfiltered|uncensored|evil"
    r"|developer mode|god mode|admin mode|bound by|restricted|limited by|persona"
    r"|chatgpt"
    r"|gpt|claude|root|debug mode|free from|pirate|linux terminal)\b",
    r"\b(?:pretend|imagine)\s(?:that\s)?(?:you(?:'re| are| have)"
    r"|to be)\s(?:[\w-]+\s){0,5}"
    r"(?:ai|unrestricted|hacker|rules|restrictions|dan|admin|grandm\w+|linux terminal"
    r"|language model|chatbot|limits)\b",
    r"\bact as\s(?:if you (?:are|were|have)\s)?(?:[\w-]+\s){0,3}(?:dan|unrestricted"
    r"|uncensored|unfiltered|hacker|linux terminal|evil \w+|no restrictions"
    r"|root user)\b",
    r"\b(?:enter|enable|activate|switch to|now in)\s(?:developer|dan|god"
    r"|jailbreak|debug"
    r"|sudo|unrestricted|do anything now) mode\b",
    r"\bdo anything now\b",
    rf"\b(?:role-?play|respond|behave|pose|operate|answer|reply)(?:ing)?\s+as\s+"
    rf"(?:if\s+)?(?:{_W}\s+){{0,3}}(?:unrestricted|unfiltered|uncensored|jailbroken|evil"
    r"|amoral|dan)\b",
    r"\b(?:jailbreak|unrestricted|unfiltered|uncensored|dan|god|developer|sudo|root)"
    r"(?:\s+\w+)?\s+mode\s+(?:is\s+)?(?:now\s+)?(?:activated|enabled|active|engaged|on)\b",
    r"\b(?:in|into|enter|under)\s+(?:an?\s+)?(?:jailbreak|unrestricted|unfiltered"
    r"|uncensored|dan|god)(?:\s+\w+)?\s+mode\b",
    r"\byou(?:'re|\s+are)\s+(?:now\s+)?(?:operating\s+|running\s+)?in\s+(?:a\s+)?(?:developer"
    r"|debug|admin|maintenance|sudo|root|test(?:ing)?)\s+mode\b",
    r"\bplay a (?:game|role)\b[^.\n]*\byou\b[^.\n]*(?:restrictions|hacker|ai)\b",
    r"\byou(?:'re| are)\s[^.\n]*\b(?:ai|bot|model|assistant|llm|\w+bot|\w+gpt)\b[^.\n]*"
    r"\b(?:without|no|free (?:of|from)|not bound by)\s(?:any\s)?(?:[\w-]+\s){0,2}"
    r"(?:morals?|restrictions|limits|limitations|ethics|filters|guidelines|rules)\b",
    r"\byou(?:'re| are)\s[^.\n]*\bno (?:ethical|moral|safety"
    r"|content) (?:guidelines|rules"
    r"|restrictions|filters)\b",
)
_ADDRESSED = wording(
    "addressed",
    "speaks to a model, not to a person",
    r"\b(?:note|message|instructions?|attention|notice|reminder|important)"
    rf"(?:\s(?:to|for))?(?:\s(?:the|all|any|an|every|you))?[\s:,]+{_AGENT}\s*[:,!.—]",
    # Claude is also a person's name.
    r"\b(?:dear|hello|hey|hi)\s(?:the\s)?(?:ais?|llms?|gpt-?[0-9]?o?|chatgpt"
    r"|language model"
    r"|chatbot)(?:\s(?:assistant|agent|model|bot))?\s*[:,!.—]",
    r"\b(?:note|message|instructions?|notice|directive)\s(?:to|for)(?:\s(?:the"
    r"|all|any|an"
    rf"|every))?\s{_AGENT}\b",
    rf"\bif you(?:'re| are)\s(?:an?\s){_AGENT}\b",
    rf"\b(?:as|since)\syou(?:'re| are)\san?\s{_AGENT}\b",
    rf"\bto you, {_AGENT}\b",
    r"\b(?:hey|hi|hello|dear|ok|okay)\s(?:ai\s)?(?:assistant|agent|bot|chatbot)[,:!]\s"
    r"[^.\n]*\b(?:run|call|send|delete|ignore|forward|execute|transfer|tool|approve"
    r"|once you|when you)\b",
    rf"\b{_AGENT}\s+(?:reading|processing|parsing|summari[sz]ing|reviewing|evaluating"
    r"|screening|grading|analy[sz]ing|ranking|scoring|assessing"
    rf"|that reads?)\s(?:this|the)\b",
    r"\b(?:important|warning|attention)!!+\s*(?:ignore|read|do|you|follow|before)",
    r"\bstrictly adhere to the following\s(?:instruction|rule|command)",
    rf"\bas an? {_AGENT},?\syou\s(?:should|must|are|will|need)\b",
    r"\b(?:ai|llm) (?:agent|assistant|model)s?\s*[,:]\s*(?:please|you|transfer"
    r"|send|forward"
    r"|do|ignore|delete|run|call|execute|approve|now|must|always|reply|say)\b",
    r"(?:\A|\n)\s*assistant,\s(?:please|you|now|ignore|send|forward|do)\b",
    r"\bi(?:'m| am) your (?:developer|creator|administrator|operator|master)\b",
)
_MARKERS = wording(
    "markers",
    "imitates the marks between turns of a conversation",
    r"<\|(?:im_start|im_end|im_sep|system|user|assistant|endoftext|end_of_text|eot_id"
    r"|start_header_id|end_header_id|begin_of_text|endofprompt)\|>",
    r"\{\{[#/~]?\s?(?:system|assistant)\b[~\s]?\}\}",
    r"```(?:system|assistant|instructions?)\s*\n",
    r"\bend of (?:the )?(?:document|e-?mail|data|page|context|file|message|input"
    r"|content)\b[\W_]*(?:assistant|system|ai|human)\s*:",
    r"\[/?inst\]|<</?sys>>|<(?:start|end)_of_turn>",
    r"(?:\A|\n)\s*#{2,4}\s*(?:new\s|end\s)?(?:system|assistant|human|instructions?)"
    r"(?:\s(?:prompt|message|instructions?|override))?\s*(?::|#{2,})",
    r"(?:\A|\n)\s*[\[<]+(?:system|admin|developer)(?:[\s_-](?:prompt|message|note"
    r"|override"
    r"|instructions?|reminder|notice|alert|update))?[\]>]+",
    r"[\[<](?:system|admin|developer)[\s_-](?:prompt|message|note|override|instructions?"
    r"|notice|alert|update)\s?:\s",
    r"</?(?:system[-_]?(?:prompt|message|reminder|instructions?|override)"
    r"|information)>",
    r"(?:\A|\n)\s*(?:human|assistant|system):\s[^\n]*\n\s*(?:human|assistant"
    r"|system):\s",
    r"(?:={3,}|-{3,}|#{3,})\s*(?:end|begin|start)\sof\s(?:the\s|this\s)?(?:system"
    r"|user\s"
    r"|prompt|instructions?|context|conversation|e-?mail|data|document)\b",
    r"(?:\A|[\n;])\s*system:\s(?:you|ignore|override|the assistant)\b",
    r"\b(?:begin|start|end) (?:of )?(?:the )?system prompt\b",
)
_SECRECY = wording(
    "secrecy",
    "asks to keep something from the user",
    r"\b(?:do not|don'?t|never|without)\s(?:ever\s)?(?:tell|inform|mention|reveal"
    r"|notify"
    r"|alert|disclos)(?:e|ing|ying)?"
    rf"\s(?:[\w']+\s){{0,3}}(?:to\s)?{_USER}{_NOT_THEIRS}",
    rf"\b(?:do not|don'?t|never)\slet\s{_USER}\s(?:know|notice|find out)",
    r"\bwithout\sthe\s(?:user|human|operator|reviewer)(?:'s|s')?\s(?:knowing|knowledge"
    r"|noticing|consent|approval|permission)",
    rf"\b(?:keep|hide|conceal)\s(?:this|it|these\s\w+)\s(?:\w+\s){{0,2}}from\s{_USER}",
    r"\b(?:do not|don'?t|never)\s(?:mention|reveal|disclose|repeat"
    r"|acknowledge)\s(?:this"
    r"|these|that you|the existence of)\s?(?:these\s|this\s)?(?:instructions?|prompt"
    r"|received|were)",
)
_APPROVAL = wording(
    "approval",
    "tells its reviewer to approve",
    r"\b(?:reviewers?|approvers?|auditors?|moderators?|human in the loop)\s*[:,—-]\s*"
    r"(?:please\s|just\s|simply\s|you can\s|kindly\s)*(?:approve|accept|allow"
    r"|ignore|skip"
    r"|click|confirm|this (?:is|has been|was) (?:safe|pre-?approved|approved"
    r"|authori[sz]ed"
    r"|routine))",
    r"\b(?:pre-?|already\s(?:been\s)?|fully\s|previously\s)(?:approved"
    r"|authori[sz]ed|cleared"
    r"|vetted)\s"
    r"by\s(?:the\s|our\s|your\s)?(?:security|compliance|admin\w*|ciso|cto|ceo|system"
    r"|it department|soc\b|risk)",
    r"\bas\s(?:the\s|an?\s|your\s)?(?:system\s|site\s|chief\s"
    r"|account\s)?(?:admin(?:istrator)?"
    r"|owner|ceo|ciso|cto|developer|supervisor|security \w+),?\si\s(?:hereby\s"
    r"|have\s|now\s"
    r"|fully\s)*(?:authori[sz]e|approved?|permit|grant|order|command|instruct|allow)",
    r"\bi\shereby\s(?:authori[sz]e|approve)\s(?:this|the|all|any)\s(?:action|request"
    r"|command|transfer|operation|change|execution)",
    r"\b(?:no|without)\s(?:(?:further|any|human|manual|additional)\s)+"
    r"(?:review|approval|confirmation)\s(?:is\s|was\s)?(?:needed|required|necessary)\b",
    r"\b(?:must|should|can|will|please)\s(?:be\s)?(?:auto-?approved?"
    r"|approved? (?:this\s|it\s"
    r")?(?:immediately|at once|automatically|without (?:review|checking|reading"
    r"|question)))",
    r"\b(?:safe|harmless|routine)[\w ,]*,?\s(?:so\s|and\s)?(?:please\s"
    r"|just\s)approve\b",
    r"\bthe user (?:has\s)?(?:already\s)?(?:confirmed|approved|consented"
    r"|authori[sz]ed)\b"
    r"[^.\n]*\b(?:skip|proceed|without|no need)\b",
    r"\b(?:do not|don'?t|must not|never) (?:ask|wait) (?:(?:me|the user|anyone"
    r"|anybody|us) )?for (?:any )?(?:confirmation|approval|permission)\b",
    r"\bproceed (?:immediately |at once )?without (?:asking|confirmation|approval"
    r"|review|further|user)\b",
    r"\bno need to ask (?:the user )?for (?:confirmation|approval|permission)\b",
    r"\bapprove\s(?:this|it|the request|all)\b[^.\n]*\bwithout\s(?:further\s)?(?:review"
    r"|reading|checking|looking|delay|question)",
)
_PROMPT_THEFT = wording(
    "prompt_theft",
    "asks for hidden instructions",
    r"\b(?:reveal|show|print|repeat|output|leak|display|tell|give|share|what(?:'s"
    r"| is| are"
    r"| was| were)|expose|dump|copy|recite|summari[sz]e)\s(?:me\s|us\s"
    r"|out\s)?(?:all\s|of\s)*"
    r"your\s(?:\w+\s)?(?:(?:system|initial|hidden|original|secret|internal|full"
    r"|entire)\s"
    r"(?:prompt|instructions|message|rules|directives?)|prompt\b|instructions\b)",
    r"\b(?:reveal|print|repeat|output|leak|expose|dump"
    r"|recite)\s(?:me\s)?the\s(?:\w+\s)?"
    r"(?:system|hidden|secret|initial)\s(?:prompt|instructions|directives?)\b",
    r"\b(?:repeat|print|output)\s(?:all\s|everything\s|the\s(?:words|text)\s)+above\b",
    r"\b(?:repeat|print|output|show|display|reveal)\s(?:me\s)?(?:all|everything|the)\s"
    r"(?:(?:the|of)\s)*(?:(?:text|words|messages?|content)\s)?(?:that\s)?(?:(?:came|comes"
    r"|appears?|is|was|written|stands)\s)?(?:before|above|preceding)\s(?:this|the)\s"
    r"(?:message|line|prompt|point|sentence)\b",
)
_EXFILTRATION = wording(
    "exfiltration",
    "tells its reader to send secrets somewhere",
    r"\b(?:send|forward|post|upload|e?-?mail|exfiltrate|leak|transmit|submit"
    r"|append|encode)"
    r"\s(?:[\w']+\s){0,3}(?:all|your|any|every|the user'?s?|their|this|our|user)\s"
    rf"(?:[\w']+\s){{0,2}}{_VALUABLE}\b[^\n.]*\s(?:to|at|via)\s[^\n]*(?:https?://|\w@\w"
    r"|\bwebhook|\battacker|\burl\b)",
    rf"!\[[^\]\n]*\]\(\s*<?https?://[^)\s]+[?&]{_TAKEN}=",
    r"!\[[^\]\n]*\]\(\s*<?https?://[^)\s]+[?&/=](?:\{\{|\{[a-z_]+\}|%7b%7b|\[[a-z_ ]+\]"
    r"|<[a-z_ ]+>|\$\{)",
    rf"<img\b[^>\n]*\bsrc\s?=\s?[\"']?https?://[^>\s\"']+[?&]{_TAKEN}=",
    r"\b(?:summari[sz]e|collect|gather|encode"
    r"|take)\s(?:[\w']+\s){0,3}(?:conversation|chat"
    r"|history|secrets|credentials|passwords|keys)\b[^.\n]*\b(?:send|post|append|upload"
    r"|forward)\s[^\n]*https?://",
)
_TOOL_CALL = wording(
    "tool_call",
    "imitates a call of a tool",
    r"<(?:tool_call|function_calls?|tool_use)>|<invoke\s+name=",
    r"\{\s*\"(?:name|tool|function|tool_name|action)\"\s*:\s*\"[\w.-]+\"\s*,\s*"
    r"\"(?:arguments|parameters|args|input|tool_input|action_input"
    r"|params)\"\s*:\s*[{\"]",
    r"\"(?:tool_calls|function_call)\"\s*:\s*[\[{]",
    r"(?:\A|\n)\s*action:\s[\w.-]+\s*\n\s*action input:",
)
WORDINGS: tuple[Wording, ...] = (
    *(_OVERRIDE, _ROLE, _ADDRESSED, _MARKERS, _SECRECY, _APPROVAL, _PROMPT_THEFT),
    *(_EXFILTRATION, _TOOL_CALL),
    *(tongues.OVERRIDE, tongues.SECRECY, tongues.ROLE),
)
ANY = Scanner(*(way for one in WORDINGS for way in one.ways), ignore_case=True)
"""One pass for all of them: ordinary text has none."""
SQUEEZED = Scanner(
    "ignore(?:all|any|the|your|my)*(?:previous|prior|above|system|earlier)",
    "disregard(?:all|any|the|your|my)*(?:previous|prior|above|instr)",
    "forget(?:all|everything|your|the|previous)*(?:instructions|youwere|before|rules)",
    "(?:previous|prior|your|all)instructions",
    "(?:your|reveal|the)systemprompt",
    "donottelltheuser",
    "sendall(?:the|your)?(?:passwords|credentials|secrets)",
    "youarenow(?:dan|an?unrestricted|jailbr)",
    ignore_case=True,
)
"""The same without blanks, for letters that are s p a c e d."""
