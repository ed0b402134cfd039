"""The words by which a question shows what it asks for."""

from __future__ import annotations

import re
from enum import StrEnum


class Intent(StrEnum):
    """What a question can be about."""

    SPEND = "spend"
    TREND = "trend"
    LATENCY = "latency"
    ERRORS = "errors"
    COMPARISON = "comparison"
    PRICES = "prices"
    MODELS = "models"
    GAPS = "gaps"
    GREETING = "greeting"
    OTHER = "other"


def any_of(*phrases: str) -> re.Pattern[str]:
    """Matches any of the whole phrases; each may be a pattern."""
    return re.compile(rf"\b(?:{'|'.join(phrases)})\b")


UNIT = "(?:day|week|month)"
SIGNS: dict[Intent, re.Pattern[str]] = {
    Intent.TREND: any_of(
        *(r"trend\w*", "over time", r"develop\w*", r"evol\w+", "mom", "wow", "daily", "weekly", "monthly"),
        *(rf"{UNIT}[- ](?:over|on|by)[- ]{UNIT}", rf"(?:per|each|every|by) {UNIT}", "before and after"),
        *(r"grow\w*", "grew", r"increas\w+", r"decreas\w+", r"declin\w+", r"ris(?:e|es|ing|en)", "rose"),
        *(r"jump\w*", r"spik\w+", r"surg\w+", "(?:went|gone|going) (?:up|down)", r"chang\w+", r"anomal\w+"),
        *(r"histor\w+", "timeline", r"compar\w+ (?:to|with) (?:the )?(?:last|previous|prior)"),
        *("verlauf", "tendance", "tendencia"),
    ),
    Intent.LATENCY: any_of(
        *(r"latenc\w+", r"slow\w*", r"fast\w*", r"speed\w*", "response times?", "how long", r"quick\w*"),
        *("p50", "p9[059]", "percentiles?", "first[- ]token", "ttft", "milliseconds?", "ms", "delays?"),
        *("latenz", "latence", "latencia"),
    ),
    Intent.ERRORS: any_of("errors?", "failures?", r"fail(?:ed|ing|s)?", "outages?", r"reliab\w+", "rate[- ]limited"),
    Intent.SPEND: any_of(
        *(r"spend\w*", "spent", "costs?", r"costl\w+", r"cheap\w*", r"expens\w+", r"pric\w+", "bills?"),
        *("billing", "money", "budgets?", r"pay\w*", "paid", "tokens?", "usage", "how much", "how many"),
        *(
            "break ?downs?",
            "shares?",
            "savings?",
            "save",
            "requests?",
            "calls?",
            "dollars?",
            "usd",
            r"top \w+",
        ),
        *("kosten", "ausgaben", "ausgegeben", "gastos?", "gastamos", "coste", "co[uû]ts?", r"d[eé]pens\w+"),
    ),
}
# These ask for one thing precisely, so that spend and its trend are not asked for as well.
PERIOD_WORD = any_of(
    *("weeks?", "months?", "days?", "quarters?", r"(?:19|20)\d{2}-\d{2}(?:-\d{2})?", "q[1-4]"),
    *("jan(?:uary)?", "feb(?:ruary)?", "march", "apr(?:il)?", "may", "june?", "july?", "aug(?:ust)?"),
    *("sep(?:t|tember)?", "oct(?:ober)?", "nov(?:ember)?", "dec(?:ember)?"),
)
COMPARING = any_of(
    *(r"compar\w+", "versus", "vs", "(?:week|month) before(?! last)", "difference between"),
    "(?:against|than) (?:the )?(?:last|previous|prior)",
)
PRECISE: dict[Intent, re.Pattern[str]] = {
    Intent.GAPS: any_of(
        *("(?:what|which|anything)(?: data| fields?)? (?:is|are|am i) (?:missing|lacking)", "data gaps?"),
        *("missing (?:in|from) (?:my|our|the|this) (?:usage )?data", "what (?:data|fields) do you need"),
        "what (?:can|could) (?:you|i|we) (?:answer|ask) (?:with|about|from)",
    ),
    Intent.MODELS: any_of(
        "(?:which|what) models (?:are (?:there|available|known|used|in)|do we use|does|exist|can)",
        *("list (?:of )?(?:all )?(?:the |our )?models", "models? catalog(?:ue)?s?", "available models"),
    ),
}
PRICES = any_of(
    *(
        r"what (?:does|do) [^?]{1,40} cost(?!\w|\s+(?:us|me|we|our))",
        "list prices?",
        "prices? (?:of|for)",
        "price list",
    ),
    *("pricing (?:of|for)", "per (?:million|1m|mtok)", "how much (?:does|is) [^?]{1,40}"),
)
GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|hallo|good (?:morning|afternoon|evening|day)|greetings|thanks?|thank you|help"
    r"|what can you do|who are you|what are you|how does this work|how do you work|hola|bonjour)\b"
)
# What the tools cannot compute: savings, forecasts, what-if comparisons.
BEYOND = any_of(
    *("cut", r"reduc\w+", "sav(?:e|es|ing|ings)", r"optimi[sz]\w+", "cheaper", "faster", r"\d+(?:-\d+)?x"),
    *(r"switch\w*", r"mov(?:e|ed|ing) to", r"swap\w*", r"replac\w+", r"cach(?:e|es|ing)", r"batch\w*"),
    *(r"forecast\w*", r"predict\w*", "will grow", "roll ?back", "low-hanging", "quality", r"waste\w*"),
    *("business case", "report", "trade-?offs?", "worth it"),
)
# Where spend is asked for besides its trend, not only named as what moves.
BREAKDOWN = any_of(
    *("on what", "what (?:do|did) we", r"break\w*", "which", "who", "most", "top", "how much", "how many"),
    rf"(?:by|per) (?!{UNIT})\w+",
)
COUNTED = any_of("how many", "calls?", "requests?")
JUMP = any_of(r"jump\w*", r"spik\w+", r"surg\w+", "why", r"anomal\w+", "went up", r"sudden\w*")
FIRST_TOKEN = any_of("(?:time to (?:the )?)?first[- ]token")
WHO = any_of("who")
OFFERED = any_of("does", "offers?", "provides?")
EVERY = {
    "day": any_of("daily", "day[- ]by[- ]day", "(?:per|each|every|by) day"),
    "week": any_of("weekly", "week[- ](?:over|on|by)[- ]week", "wow", "(?:per|each|every|by) week"),
    "month": any_of("monthly", "month[- ](?:over|on|by)[- ]month", "mom", "(?:per|each|every|by) month"),
}


ORDER = (Intent.COMPARISON, Intent.SPEND, Intent.ERRORS, Intent.TREND, Intent.LATENCY)


def find_intents(text: str, *, names_found: bool, models_found: bool = False) -> tuple[Intent, ...]:
    """What a simplified question asks for, in the order it is answered; a bare name asks what it costs."""
    precise = next((intent for intent, sign in PRECISE.items() if sign.search(text)), None)
    if precise:
        return (precise,)
    found = {intent for intent, sign in SIGNS.items() if sign.search(strip_first_token(text, intent))}
    if not found and GREETING.search(text):
        return (Intent.GREETING,)
    if BEYOND.search(text) or (not found and names_found):
        found.add(Intent.SPEND)
    elif names_spend_only(text, found):
        found.discard(Intent.SPEND)
    if COMPARING.search(text) and PERIOD_WORD.search(text):
        found = (found - {Intent.SPEND, Intent.TREND}) | {Intent.COMPARISON}
    intents = tuple(intent for intent in ORDER if intent in found) or (Intent.OTHER,)
    return (Intent.PRICES, *intents) if models_found and PRICES.search(text) else intents


def names_spend_only(text: str, found: set[Intent]) -> bool:
    """Whether spend (or calls) is only what trends or fails, and no breakdown of it is asked for."""
    if {Intent.SPEND, Intent.TREND} <= found:
        return JUMP.search(text) is not None or BREAKDOWN.search(text) is None
    return {Intent.SPEND, Intent.ERRORS} <= found and COUNTED.search(text) is not None


def strip_first_token(text: str, intent: Intent) -> str:
    """The first token is about speed, not about how many tokens were used."""
    return FIRST_TOKEN.sub(" ", text) if intent is Intent.SPEND else text
