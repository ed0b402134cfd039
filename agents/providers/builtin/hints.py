"""Turns of phrase that tell one question from another beside its subject and its wish."""

from __future__ import annotations

from typing import Final

# Written as the subjects are.
HINTS: Final[dict[str, str]] = {
    "replies": """
        answer, answers, reply, replies, response, responses, bot, chat, chatbot, assistant, drafts, output, outputs,
        xFeature""",
    "reach": """
        hit, hits, reach, reaches, see, exceed, exceeds, run into, runs into, bump, trip, breach*, level, allow*, room,
        enough, start, begin, hold, holds, left, close to, near, far from""",
    "everybody": """
        everybody, everyone, whole company, entire company, all employees, all staff, the whole team, all teams,
        all of us, company wide, companywide""",
    "use": "use, uses, using, used, gets, get, start",
    "if": "if, when, once, suppose, imagine",
    "remedy": """
        options, option, ideas, any idea, remedy, remedies, suggestions, suggestion, what can we do, what could we do,
        what can be done, what can i do, what could be done, what should we do, what should i do, what to do, what now,
        levers, measures, propose, advice, advise, recommendations, wanted, needed, how do we fix, how can we fix,
        fix this, fix it, help please, please help, help us, altered, what helps, what would help, what do you suggest,
        what do you recommend, how do we get, how can we get, how do we change that, thoughts, do about, do something,
        do anything, can you fix, can u fix, please fix, how to fix, cure, solve, solution, solutions, workaround,
        get rid, what would you do""",
    "expecting": """
        anticipat*, foresee*, will have, will be at, will reach, will get, will send, will make, will serve, reckon*,
        heading for, plan for, planning for, on track for, expect, expects, expecting, are expected, is expected,
        about to, set to, bound to, usually goes up, project*""",
    "giveup": "sacrific*, give up, giving up, forgo, forego, trade away, pay for it with, at what price",
    "futurecost": """
        will it cost, will that cost, will this cost, will they cost, will we pay, will we be paying, will i pay,
        will we spend, will the bill, will our bill, will our costs, will our spend, will the cost, will costs,
        will the provider charge, will they charge, will it come to, would we pay, would it cost, would our bill,
        would the bill, would we spend, more will we""",
    "unneeded": """
        superfluous, dispensable, avoidable, unnecessar*, needless*, useless, pointless*, not needed, don t need,
        do not need, for nothing, surplus, expendable, unjustif*, not worth""",
    "divide": """
        divided, divides, divide, pie, split, splits, apportion*, distribut*, allocat*, slice, slices, carved up,
        shared out, itemis*, itemiz*""",
    "cheapword": "cheap, cheaply, inexpensive, affordable",
    "slowing": """
        how much slower, much slower, slower will, slower would, slower are, slower do, hurt response, hurt latency,
        hurt speed, hurt the speed, hurt replies, hurt the response, cost us speed, bit of speed, price of speed,
        extra speed, more speed, millisecond cost, millisecond saved, speed cost, latency cost us, at the expense of,
        at the cost of, eat into, harm response, harm latency, become sluggish, become slow, becomes sluggish,
        becomes slow, get sluggish, replies suffer, latency suffers, speed suffers""",
    "both": "both, meeting, meet, each other, together, jointly, reconcil*",
    "fight": """
        fight, fights, fighting, clash*, collid*, conflict*, contradict*, compet*, bite, each other, against our,
        against the, against a, versus""",
    "persuade": """
        persuade, persuading, convince, convincing, win over, sell to, sell it, sell this, justify, defend,
        make the case, build the case, build a case, make a case, argue, fund, sign off, approve, approval,
        green light, buy in, pitch""",
    "case": "case",
    "swiftest": """
        fastest way, quickest way, easiest way, simplest way, fast way, fastest route, quickest route""",
    "hindsight": """
        post mortem*, postmortem*, retrospective*, in hindsight, lessons learned, lessons learnt, evaluation of,
        verdict on, look back, looking back, earning its keep, earn its keep, debrief*, aftermath""",
}
