"""What a question can be about, and the English words and phrases for it."""

from __future__ import annotations

from typing import Final

# Phrases are separated by commas; `*` stands for any ending of a word. Words that begin with `x` and a capital
# stand for something that was read already: an amount, a day, a name.
SUBJECTS: Final[dict[str, str]] = {
    "cost": """
        cost*, spend*, spent, bill, bills, billing, billed, invoice*, expens*, expenditure*, budget*, money, pay, pays,
        paying, paid, payment*, price tag, dollar*, $, €, £, usd, eur, charge*, charged, burn rate, run rate, runrate,
        pricey, fee, fees, overspend*, opex, cogs, unit economics, bucks, xMoney, financial*, cost driver*, outlay*,
        price, our burn, burn on, the burn, monthly burn, cash, outgoing, outgoings, shell out, shelled out, fork out,
        forked out, shelling out, forking out, dough, coin, coins, wallet, purse, treasury, spender, spenders, priced,
        tab, damage, overhead cost*, pocket""",
    "latency": """
        latenc*, response time*, responsetime*, time to respond, p50, p90, p95, p99, percentile*, ttft, first token,
        delay*, lag, lags, lagging, wait, waits, waiting, roundtrip*, round trip*, turnaround*, responsive*, speed,
        xMs, reply time*, answer time*, how long, milliseconds, millisecond, processing time, loading time,
        performance, seconds to answer, time per request, tail latency, time per call, request duration*, duration*,
        generation time, how many seconds, how many milliseconds, a second off, seconds off, sub second, subsecond,
        half a second, reaction time*, in under a second, under a second, wait time*, pace, swiftness, speediness,
        snappiness""",
    "slow": """
        slow, slowly, slower, slowness, sluggish*, laggy, take so long, takes so long, take too long, takes too long,
        taking so long, taking too long, take forever, takes forever, taking forever, forever, crawl*, unresponsive,
        drag, drags, dragging, take ages, takes ages, taking ages, wait too long, waiting too long, waiting for,
        tired of waiting, take this long, takes this long, long waits, long wait, too long, sit around, staring at,
        lags, lagging, slows, slowing, slow us, slow * down, is slowing, wait xMs, waits xMs, waiting xMs, lag, snail*,
        tortoise, treacle, molasses, glacial*, an eternity, eternity, fetch a coffee, get a coffee, make a coffee,
        keeps us waiting, keeps waiting, keep waiting, kept waiting, keep * waiting, keeps * waiting, keep * * waiting,
        dawdl*, nowhere near, tardy, leisurely, sleepy, twiddl*, spinner*, drum their fingers, not fast enough,
        sweet time, its time, for ages, ages, blank screen, hourglass, wheel spinning, late, too late, unhurried,
        ponderous*, abandon*, impatien*, dozing, falls asleep, fall asleep, stall*, hang, hangs, hanging, trickl*""",
    "slowed": """
        slowed, got slower, get slower, getting slower, gotten slower, became slower, become slower, slowdown*,
        slower than before, slower than usual, slower than last, slower since, slower lately, slower now""",
    "extreme": "slowest, fastest, quickest, laggiest, longest, takes longest, takes most time, most time",
    "fast": "fast, quick, quickly, rapid, swift",
    "future": """
        will, ll, going to, gonna, expect*, plan, plans, planning, planned, if, would, anticipat*, suppose*,
        what if, assum*, soon, about to, imagine, let's say, should we, could, can we, once, when we, prepar*,
        foresee*, scenario*, handle, cope, survive, support""",
    "volume": """
        usage, traffic, request*, call, calls, volume*, load, quer*, users, customers, workload*, demand, tokens,
        consumption, throughput, conversations, messages, tickets, seats, headcount, clients, signups, invocations,
        user base, customer base, userbase, audience, business, adoption, installs, documents, chats, sessions, use,
        visitors, subscribers, tenants, workforce, employees, utilisation, utilization, uptake, staff, inquir*,
        enquir*, uploads""",
    "requests": "request*, calls, traffic, volume*, load, usage, queries, demand, throughput, invocations, messages",
    "limits": """
        rate limit*, ratelimit*, quota*, 429, 429s, rpm, tpm, throttl*, requests per minute, tokens per minute,
        usage limit*, api limit*, provider limit*, limits, xRate, headroom, ceiling, capacity, rate cap*,
        request limit*, token limit*, hit the limit, too many requests, tier limit*, room in our, allowance,
        allowances, cap on, caps""",
    "model": """
        model, models, llm, llms, xModel, language model*, mini, nano, haiku, sonnet, opus, gpt, flash, generation,
        flagship*, frontier model*, top of the range, big one, large one, checkpoint""",
    "for": """
        for, show, convince, present, to the, to my, to our, with the, with my, before the, in front of the,
        in front of our, in front of my, defend, justify, justifies, answer to, report to, reports to""",
    "see": "see, wants, want, asks, asked, asking, demands, expects",
    "past": """
        was, were, did, had, have we, has it, has the, since, after, last, yesterday, ago, recently, paid off,
        was it, we switched, have, has, before, went, been, xDay""",
    "lastperiod": """
        last week, last month, last quarter, last year, this week, this month, this quarter, this year,
        previous week, previous month, prior month, past week, past month, week before, month before, past * days,
        past * weeks, past * months, last * days, last * weeks, last * months, yesterday, last weekend,
        earlier this month, earlier this week""",
    "do": "do, done, start, act, implement, tackle, achieve, accomplish",
    "many": "so many, too many, so much, too much, that many, that much, this many, this much, a lot, lots",
    "howfast": """
        how fast, how slow, how long do, how long does, how long did, how quick, how quickly, how responsive,
        how laggy, how snappy, what latency, which latency""",
    "whichfaster": """
        which * faster, which * is faster, which * are faster, which is faster, which one is faster, which * slower,
        which * is slower, which are slow, which * slow, what is slow, what s slow, which * are slow,
        which * is slow, where is it slow, faster than, slower than xModel, faster xModel, who is faster,
        which * quicker, which * fast, who is slow, slower than, which * slowest, which * the slowest,
        which * are the slowest, which * is the slowest, which * the fastest, which * are the fastest,
        which * is the fastest, which * quickest, which * the quickest, which * are the quickest""",
    "outage": "outage*, downtime, incident*, went down, unavailab*, down",
    "why": """
        why, how come, what happened, what s happened, what has happened, what caused, cause*, reason*, root cause*,
        explain*, what drove, driving, drives, drove, what s behind, behind, responsible, what led, led to, due to,
        what went wrong, went wrong, what is going on, what s going on, what was going on, come from, comes from,
        came from, what s up with, what is up with, what was up with, culprit*, who is to blame, to blame, blame,
        what made, what makes, trigger*, account* for, source of, explanation*, understand, what went on,
        find out what, for what reason, how so, establish the cause, what lies behind, what is behind, what was it,
        find out why, to thank for, who did that, who did this, set it off, set off, set * off, tipped, wtf,
        what the hell, what the heck, brought about, made of, caused by, accountable, guilty, at fault, fault,
        to answer for, originat*, stem from, stems from""",
    "happened": """
        what happened, what s happened, what has happened, what was going on, what went wrong, went wrong,
        anything happen*, something happen*, what occurred, what was wrong, what broke, what was that, what s up with,
        what is up with, what was up with, what changed on, something weird, something strange, what did we do on,
        what went on, went on, find out what, what was it, what was that about, what hit us, what did we do,
        what has gone wrong, what has broken, what s the story, what is the story, what s the matter, what was up""",
    "jump": """
        jump*, spik*, surg*, shot up, shoot up, went up, gone up, go up, going up, goes up, rose, risen, rise, rising,
        soar*, explod*, explosion, skyrocket*, balloon*, doubled, tripled, quadrupled, increased, climb*,
        through the roof, peak, peaked, plung*, fell, fallen, dropped, drop, drops, dip, dipped, crash*, anomal*,
        outlier*, unusual*, sudden*, unexpected*, out of the ordinary, abnormal*, went down, gone down, so high,
        that high, bump, blew up, blow up, blown up, uptick, leap, leapt, leaped, stand* out, stood out, weird,
        strange, odd, oddly, off the charts, shock*, incident*, outage*, up by, so much more, went wild, went crazy,
        got so, increase, decrease, decreased, bigger, higher, more expensive, up xPercent, up so much, out of control,
        up that much, up so, hike, escalat*, deteriorat*, got worse, get worse, getting worse, worsen*, was so,
        were so, twice as high, twice as much, elevated, grew, exceed*, overshot, blip, swing, did * double,
        did * * double, did * triple, did * * triple, break in, slowed, drift*, is up, was up, are up, were up,
        is down, was down, step change, big change, shift, blew, hole in, went ballistic, into orbit, mushroomed,
        rocketed, shoots up, bump up, ramped up, hump, mountain, cliff, three times as much, three times as high,
        out of nowhere, nosediv*, went off, overnight, alarm, alert, alerts, over budget, over the budget, abrupt*,
        steep*, sharp*, violent*, tipped, out of line, nasty, twice as expensive, three times as expensive,
        double the usual, than usual, than normal, out of proportion, off the scale, through the ceiling, shot through,
        extra xMoney, additional xMoney""",
    "anomaly": """
        anomal*, outlier*, out of the ordinary, abnormal*, unusual*, suspicious*, irregular*, stands out, stand out,
        stood out, spike, spikes""",
    "agent": """
        agent, agents, agentic, claude code, codex, coding assistant*, code assistant*, copilot, cursor, aider,
        gemini cli, session, sessions, subagent*, tool call*, tool use, mcp, coding tool*, dev tool*, coding cli,
        code agent*, windsurf, cline, opencode, roo code, kiro, devin, openhands, agent run*, autonomous, tool loop*,
        crew, swarm, multi agent, sub agent*, bots that code, pair programmer*, autonomous agent*""",
    "tokens": "token*, prompt*, context",
    "codeagent": """
        claude code, codex, coding agent*, coding assistant*, code assistant*, code agent*, coding tool*, coding cli,
        copilot, cursor, aider, gemini cli, windsurf, cline, opencode, roo code, kiro, devin, openhands,
        agent session*, agent run*""",
    "answerable": """
        questions can, questions could, questions does, answerable, can my data answer, can our data answer,
        can the data answer, can this data answer, data can answer, data could answer, answer with my, answer with our,
        questions * my data, questions * our data, kinds of questions, kind of questions""",
    "usesmost": """
        uses the most, use the most, used the most, uses most, consumes the most, uses up the most, burned the most,
        burns the most, burnt the most, spent the most""",
    "report": """
        report, reports, reporting, business case*, presentation*, deck, slide, slides, slideshow, memo, one pager,
        onepager, write up, writeup, proposal*, executive summary, exec summary, management summary, dossier,
        white paper, roi, return on investment, briefing, brief for, case for, pitch, handout, justification,
        steering paper, document, summary for, summarise, summarize, paper, account for the board, minutes,
        overview for, set of slides, handouts, position paper, decision paper, fact sheet, factsheet, prospectus,
        present to, present it, present this, to present, can present, must present, present our, present my,
        presenting""",
    "audience": """
        board, cfo, ceo, cto, coo, cio, vp, management, executive*, exec, execs, leadership, boss, bosses,
        my manager, our manager, managers, stakeholder*, director*, investor*, c level, c suite, upper management,
        senior management, committee, chief, head of, higher ups, sponsor*, decision maker*, shareholder*, auditor*,
        controller*, controlling, managing director, founders""",
    "toshow": """
        i can show, we can show, something to show, something * show, presentable, can present, to hand to, hand out,
        something to hand, to present, to hand over, in writing, on paper, on one page, black on white, on two pages,
        to take into, can forward, to forward, something i can, something we can, pdf, in two pages, two pages,
        one page""",
    "bizcase": """
        business case*, executive summary, exec summary, management summary, one pager, onepager, roi,
        return on investment, board paper, white paper, slide deck, board deck, build the case, build a case,
        make the case, make a case""",
    "updown": """
        up or down, rising or falling, increasing or decreasing, growing or shrinking, going up or, upward, upwards,
        downward""",
    "howmuch": "how much, how expensive, how costly, how pricey",
    "spendword": """
        cost*, spend*, spent, bill*, invoice*, expens*, expenditure*, budget*, latenc*, xMoney, xCut, xCap, xBudget,
        overspend*""",
    "write": """
        write, prepare, draft, create, put together, generate, produce, make, give, need, compile, build, send,
        i can show, show to, for the, for my, for our, turn, pack, assemble, export""",
    "trend": """
        trend*, over time, develop*, evol*, histor*, timeline, time line, daily, weekly, monthly, per day, per week, per
        month, by day, by week, by month, each month, each week, each day, every day, every week, every month, month
        over month, week over week, so far, trajectory, month by month, day by day, week by week, progress*, curve, mom
        growth, mom change, mom trend, spend mom, cost mom, costs mom, mom spend, mom cost, wow, changed over, chart,
        graph, plot, going up or down, has grown, grown, grew""",
    "breakdown": """
        break down, breakdown*, broken down, split, by model*, by team*, by feature*, by user*, by provider*, by
        product*, by app*, by department*, by use case*, by vendor*, by customer*, per model, per team, per feature, per
        user, per provider, per product, per department, per request, per call, per customer, per vendor, per app, which
        team*, which feature*, which model*, which user*, which provider*, which department*, which product*, which
        app*, what team*, who, top, most, biggest, largest, distribution, share, shares, where does, where do, where is,
        where s, on what, going, goes, go, allocat*, attribut*, each team, each model, each feature, each user, every
        team, highest, rank*, main, majority, bulk of, lion s share, across team*, across model*, across feature*, per
        token, each department, costliest, among, break * down, break * * down, broken * down, break * * * down""",
    "lookup": """
        how much, how many, how high, how large, how big, total, what do we, what did we, what have we, what are we,
        what was, what is, what s, show, list, overview, give me, tell me, what does, what did, do we, did we,
        display, see, view, know, numbers, figures, statistics, stats, status quo, current, currently""",
    "compare": """
        compar*, versus, vs, difference between, differences between, against, than last, than the, than in, differ,
        differs, differed, different, before and after, relative to, what changed between, what has changed between,
        changed since, changed from, week before, month before, previous month, previous week, prior month, prior week,
        contrast, side by side, year over year, delta, stack up, than xSpan, than xDay, than before,
        the week before last""",
    "listprice": """
        list price*, price of, prices of, price for, prices for, pricing of, pricing for, pricing, price list*,
        per million, rate card*, cost per token, price per token, per 1m, per 1k, per thousand tokens, tariff*,
        per mtok, official price*, current price*, token price*, input price*, output price*, how expensive is,
        how expensive are, prices, price, charge for, charges for, charge per, per token""",
    "catalogue": """
        models are available, models are offered, models are supported, models are known, models are listed,
        models are being used, models are covered, which models do, what models do, which models does, what models does,
        which models exist, what models exist, models available, available models, list models, list the models,
        list all models, list our models, list of models, list of all models, model catalog*, models catalog*,
        catalogue, catalog, models are there, models do we, models in use, models we use, models are we,
        models can i, models can we, models have we, models are used, models does, which models have,
        what models have, show models, show me the models, show all models, models in our, models in my,
        models in the, models occur, models appear, names of the models, which llms, what llms, models offered,
        which models can you, what models can you""",
    "gaps": """
        missing, lacking, lack, lacks, gap, gaps, data quality, enough data, what data do you need,
        which data do you need, what data would, which data would, what data is, data you need, what fields,
        which fields, which columns, what columns, what can you answer, what could you answer, incomplete,
        what else do you need, data ok, data good enough, data complete, data sufficient, sufficient data,
        is the data, is my data, is our data, does my data, does our data, fields do you need, columns do you need,
        what can i ask, what can we ask, questions can you, what information do you need,
        which information do you need, data is needed, data are needed, need from me, need from us, should i upload,
        should we upload, must i upload, have to upload, need to upload, data required, add to my data,
        add to our data, better answers""",
    "data": """
        data, dataset*, data set*, field, fields, column, columns, upload*, rows, export*, csv, logs, file,
        information, from me, from us, answer""",
    "errors": """
        error*, errored, fail, fails, failed, failing, failure*, outage*, 5xx, 4xx, 500s, 503, 500, timeout*,
        timed out, time out, reliab*, downtime, unavailab*, status code*, reject*, exception*, retries, retry,
        retried, retrying, uptime, availability, flaky, success rate*, incident*, what broke, crash, crashes,
        crashed, unsuccessful, refused, went down, is down, was down, 429s, aborted, unstable, stability""",
    "quality": "quality, accura*, answers good, good answers, correctness, quality of, user experience, results",
    "goalword": "goal*, target*, aim*, objective*",
    "us": "we, our, us, ours",
    "me": "i, my, me, mine",
    "domain": """
        llm*, ai, genai, gen ai, openai, anthropic, bedrock, azure, vertex, token*, prompt*, model, models, api, apis,
        inference, chatbot*, chat bot*, assistant*, completion*, embedding*, usage, rag, bot, bots, gpt*, chatgpt,
        claude, gemini, ml, provider*, vendor*, xModel, xFeature, xTeam, xProvider, xRate, rate limit*, latenc*, p95,
        p99, p50, ttft, caching, request*, feature*, workload*, language model*, context window*, codex, copilot,
        agentic, agents, batch api, batch rate, batch mode, batch price*, batch discount*, batching""",
    "greeting": """
        hi, hello, hey, hallo, good morning, good afternoon, good evening, good day, greetings, thanks, thank you, thx,
        thank, cheers, welcome, hola, bonjour, ciao, moin, servus, howdy, yo, sup, bye, goodbye, see you, great,
        awesome, perfect, nice, cool, ok, okay, many thanks, good job, well done, much appreciated, ty, how are you,
        what s up, good night, pleasure, wonderful, excellent, got it, understood, alright, that s all, danke, merci,
        gracias, grazie, obrigado, obrigada, bedankt, ola, salut, buongiorno, hoi, dank, hiya, heya, anyone there,
        anybody there, you there, is anyone, is anybody, bunch, useful, hi there, helpful""",
    "meta": """
        what can you do, who are you, what are you, how does this work, how do you work, what do you do, how can you
        help, what are your capabilities, help, what is this, what s this, what is netra, who is netra, what can i do
        here, how do i use, how does netra work, how do i start, what should i ask, are you a bot, are you human, are
        you an ai, introduce yourself, what can netra do, getting started, tell me about yourself, which model are you,
        what model are you, which llm are you, what llm are you, which ai are you, what ai are you, which model do you,
        which llm do you, what llm do you, who made you, who built you, who trained you, what are you running, what are
        you able, what is your job, help me, how can you help me, need help""",
    "figures": "total, totals, numbers, figures, sum, statistics, stats, overview",
    "firm": """
        llm*, ai, genai, openai, anthropic, bedrock, chatgpt, gpt*, language model*, p95, p99, ttft, inference,
        api bill""",
}
