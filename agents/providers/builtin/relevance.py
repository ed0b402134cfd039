"""Tells questions about one's usage of language models from everything else."""

from __future__ import annotations

import re
from typing import Final

from agents.providers.builtin.spotting import TOKEN, Reading
from agents.providers.builtin.vocabulary import FAR, PLAIN
from agents.providers.builtin.words import stem

FIRM_WORDS: Final = ("firm", "xModel", "xFeature", "xProvider", "xRate", "tokens", "limits")
DOMAIN_WORDS: Final = ("domain", "tokens", "limits", "agent")
CREATIVE: Final = re.compile(
    r"\b(?:write|compose|tell|sing|draw|paint|translate|recite|invent|imagine|make up|give me"
    r"|generate|create|code|program|implement|debug|solve|roleplay|pretend|act)\b(?:\s+(?:me"
    r"|us|to me))?(?:\s+(?:a|an|the|some|my|this|another|one|short|long|funny|nice|little|quick"
    r"|small|as))*"
    r"\s+(?:\w+\s)?(?:poems?|song|songs|story|stories|jokes?|riddle|essay|haiku|limerick|lyrics"
    r"|rap|sonnet|novel|tale|tweet|python|javascript|java|sql|regex|function|script|class|code"
    r"|program|website|app|game|picture|image|logo|painting|letter|translation|sentence|pun"
    r"|slogan|dialogue|screenplay|pirate|cover letter|cv|resume)\b"
)
DEFINING: Final = re.compile(
    r"^\W*(?:(?:please\s)?(?:explain|define|describe)\s(?:to me\s)?(?:what\s)?|what(?:'s| is"
    r"| are| does| do)\s|who (?:is|was|made|invented|founded|owns|created|built|trained)\s|when (?:was"
    r"|did|were)\s|how (?:does|do|did)\s)"
    r"(?:a |an |the (?:word |term |concept |idea |meaning )(?:of )?)?(?:llms?|tokens?|prompts?"
    r"|(?:prompt |semantic |response )?caching|(?:a )?(?:prompt )?cache|batching|batch api|latency"
    r"|p50|p9[059]|percentiles?|ttft|rate limits?|rate limiting|context windows?|"
    r"embeddings?|rag|inference|openai|anthropic|chatgpt|gpt|claude|gemini|xmodel|xprovider"
    r"|transformers?|(?:large )?language models?|fine[- ]?tuning|temperature|machine learning"
    r"|ai|artificial intelligence|neural networks?|agents?|hallucinations?|tokeniz\w+|tokenis\w+"
    r"|prompt engineering)"
    r"(?:\s(?:is|are|means?|works?|mean|stand for|made|founded|released|trained|invented|exactly"
    r"|in general|in simple terms|actually|and how does it work|and why does it matter))*\W*$",
    re.IGNORECASE,
)
INTRUSION: Final = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|skip)\b.{0,40}\b(?:instructions?|rules?|prompts?"
    r"|guidelines?|directions?|restrictions?|safety|above|previous|prior|everything)\b"
    r"|\b(?:you are now|from now on you|you are no longer|pretend (?:to be|you)|act as|roleplay"
    r"|role play|jailbreak\w*|developer mode|dan mode|do anything now|sudo|admin mode|god mode"
    r"|simulate being)\b"
    r"|\b(?:system|hidden|initial|internal|secret|developer) (?:prompt|message|instructions?)\b"
    r"|\bsystem\s?:|\bassistant\s?:|\byour (?:instructions|system prompt|rules|guidelines|prompt"
    r"|configuration file|source code)\b"
    r"|\b(?:other|another|all|every|different|someone else'?s?|somebody else'?s?)\s(?:the\s)?(?:people'?s?"
    r"|persons?'?s?|users?'?|customers?'?|tenants?'?|compan(?:y|ies)'?s?|accounts?'?|organi[sz]ations?'?)\s?(?:data"
    r"|datasets?|data sets|rows|uploads?|files?|usage|conversations?|threads?|messages?|chats?"
    r"|prompts?|keys?|ids?|passwords?|bills?|spend(?:ing)?|costs?|accounts?|reports?)\b"
    r"|\b(?:data|datasets?|rows|uploads?|files?|conversations?|threads?|messages?|chats?|usage|invoices?|prompts?"
    r"|spend(?:ing)?|costs?|bills?)\s(?:of|from|belonging to)\s(?:the\s|all\s)?(?:other|another"
    r"|someone|somebody|different)\b"
    r"|\b(?:other|another)\s(?:people|users?|customers?|tenants?|compan(?:y|ies)|clients?|organi[sz]ations?)\b"
    r".{0,30}\b(?:spend|pay|cost|use|ask)"
    r"|\b(?:every|each|all) (?:customer|user|tenant|client|account)s?(?:'s?)?\s(?:\w+\s){0,2}"
    r"(?:in|on) (?:this|your|the) (?:system|server|platform|instance|installation|site)\b"
    r"|\bnot (?:only|just|merely) (?:mine|ours|my own|our own)\b|\b(?:compan(?:y|ies)|firms?|startups?|people) "
    r"(?:next door|down the road|across the (?:street|road))|\b(?:competit(?:ors?|ion)|rivals?|neighbou?rs?)(?:'s?)?\s"
    r"(?:\w+\s){0,2}(?:spend|spends|spent|pay|pays|use|uses|usage|costs?|bills?|data)\b"
    r"|\b(?:someone|somebody) else(?:'s|s)?\b|\b(?:drop|truncate|alter|insert into|delete from"
    r"|update)\s+(?:table|database|users?|all|the (?:data|table|database)|from)\b|\bunion select\b"
    r"|\bselect\s+\*|<\s?script|<\s?/|javascript:|\bon(?:error|load)\s?="
    r"|\.\./|/etc/\w+|\bapi[_ ]keys?\b(?=.{0,30}\b(?:show|reveal|print|give|list|leak)\b)|\b(?:reveal"
    r"|print|leak|dump|expose|show|list|give)\b.{0,30}\b(?:api[_ ]keys?|passwords?|secrets?"
    r"|credentials?|environment variables|env vars|tokens of)\b"
    r"|\b(?:delete|remove|wipe|erase|destroy|change|modify|set|edit|overwrite)\b.{0,25}\b(?:all data"
    r"|every row|database|my data|the data|price book|prices? (?:of|to)|list prices|tables?"
    r"|accounts?|users?|admin|records?|data ?sets?|history)\b|\brun_sql\b|\b(?:call|invoke|execute"
    r"|use) the tool\b|\b(?:(?:eval|exec)(?=\s?\()|os\.system|subprocess)|\brm -rf\b|\{\{|\$\{"
    r"|\bbase64\b|\bexfiltrat\w+|\bmake me (?:an? )?admin\b|\bgrant me\b|\bescalate\b.{0,20}\bprivileges\b"
    r"|\buser[_ ]?id\b|\bprint (?:everything|the text|all) above\b|\brepeat (?:everything|the (?:words"
    r"|text)|all).{0,15}above\b",
    re.IGNORECASE,
)
# `What is 17 times 23?`
ARITHMETIC: Final = re.compile(
    r"^\W*(?:what(?:'s| is)|how much is|calculate|compute)"
    r"(?:\s|x(?:Growth|Speed|Cut|Percent)|[\d.,*+/x-]|times|plus|minus|divided|by|of|percent|%)+\W*$"
)
# What is said to the machine itself, about itself.
ADDRESSED: Final = re.compile(
    r"\b(?:call|ask|prompt|run|repeat|question|invoke) yourself\b"
    r"|\byour (?:own |maximum |max )?(?:tools?|tool calls?|limits?|timeouts?|retries|memory|context|model|budget|quota"
    r"|training|temperature|tokens?|settings|configuration|parameters)\b"
    r"|\b(?:which|what) (?:ai |language )?(?:model|llm|ai|version|gpt) (?:are|do) you\b(?! (?:recommend|suggest|advise"
    r"|propose|think|see|find|know|have|support|want|need|prefer))",
    re.IGNORECASE,
)
# Something is to be done in the world or in the product, which is no question about usage.
ERRAND: Final = re.compile(
    r"^\W*(?:(?:please|kindly|hey|ok|can you|could you|would you|i want (?:you )?to|i need (?:you )?to)\s)*"
    r"(?:rename|invite|cancel (?:my|our|the)|turn (?:on|off) the lights?|play|unsubscribe|translate"
    r"|remind|phone|fax|hire|fire|log (?:me )?(?:in|out|off)|sign (?:me )?(?:in|out|up)"
    r"|reset (?:my|our|the) (?:password|account)|(?:send|write|forward|draft|e-?mail|text)\s(?:\w+\s){0,2}"
    r"(?:e-?mails?|messages?|sms|letters?|invitations?)|(?:book|schedule|reserve|arrange|order|buy)\s(?:a|an|me|us|some|more)"
    r"|(?:create|delete|remove|add|deactivate|close|suspend|promote) (?:a |an |the |my |our |this |new )*"
    r"(?:account|user|team|member|colleague|login|thread|conversation|workspace)s?)\b",
    re.IGNORECASE,
)
# Rows or the notes of a machine that were pasted in are not what a person asks.
PASTED: Final = re.compile(r'\{\s*"[^{}]{0,400}"\s*:.{0,4000}\}', re.DOTALL)
PART: Final = re.compile(r"[.?!;\n]+(?=\s|$)|\n|,\s|\s(?:and|then|but|also)\s|:\s|\s-\s", re.IGNORECASE)


def drop_intrusions(text: str) -> tuple[str, bool]:
    """The text without what tries to command, or to reach what is not the person's, and whether there was any."""
    text = PASTED.sub(" ", text)
    if not INTRUSION.search(text):
        return text, False
    pieces: list[str] = []
    done = 0
    for match in [*PART.finditer(text), None]:
        end = match.start() if match else len(text)
        piece = text[done:end]
        if not INTRUSION.search(piece):
            pieces.append(piece + (match.group() if match else ""))
        done = match.end() if match else end
    return "".join(pieces), True


def count_far(reading: Reading) -> int:
    """How many words are about something else altogether."""
    covered = reading.covered()
    return sum(index not in covered and (word in FAR or stem(word) in FAR) for index, word in enumerate(reading.words))


def count_unknown(reading: Reading) -> int:
    """How many words neither belong to the subject nor are plain ones."""
    covered = reading.covered()
    return sum(
        index not in covered and word not in PLAIN and stem(word) not in PLAIN and not word[:1].isdigit() and word != ""
        for index, word in enumerate(reading.words)
    )


def is_anchored(reading: Reading) -> bool:
    """Whether a word shows that it is about language models and their usage."""
    return any(reading.has(concept) for concept in DOMAIN_WORDS)


def is_named(reading: Reading) -> bool:
    """Whether it names a model, a feature, a provider or a limit, or says what the models are."""
    return any(reading.has(concept) for concept in FIRM_WORDS if concept not in ("tokens", "limits"))


def is_firmly_anchored(reading: Reading) -> bool:
    """Whether it names what has no other meaning, which a word of another subject does not outweigh."""
    return any(reading.has(concept) for concept in FIRM_WORDS)


def is_about_something_else(text: str) -> bool:
    """Creative work, a definition or the machine itself is asked for, whatever words occur in it."""
    return any(pattern.search(text) for pattern in (CREATIVE, DEFINING, ADDRESSED, ARITHMETIC))


def is_errand(text: str) -> bool:
    """Whether it orders something that is no look at usage data."""
    return ERRAND.search(text) is not None


def has_words(text: str) -> bool:
    """Whether anything can be read at all."""
    return TOKEN.search(text) is not None
