"""What in a question speaks for which meaning, and how strongly."""

from __future__ import annotations

from typing import Final

from agents.providers.builtin.lookups import LOOKUPS
from agents.usage.questions import Question

# Each line: a weight, then terms that must all hold. `a` occurs, `!a` does not, `a|b` one of them occurs,
# `a~b` both occur close together, `a~~b` side by side.
EVIDENCE: Final[dict[Question, str]] = {
    Question.CUT_COST: """
        3.0 cut~cost
        3.2 xCut
        2.6 cheaper
        3.0 save~cost
        2.6 save
        2.8 save us
        3.0 complaint cost cut|save|cheaper
        2.8 waste~cost !agent
        2.4 waste~tokens !agent
        2.2 waste us !agent
        2.6 cut~tokens !agent
        2.4 cut~volume tokens !agent
        1.6 cut us !latency !errors
        3.0 xCap cost|us|tokens !grow
        1.0 cut
        2.6 cost remedy !audience !past !jump
        3.2 cut~~cost
        2.8 unneeded cost|tokens !agent
    """,
    Question.SPEED_UP: """
        3.2 cut~latency
        3.0 faster !extreme !whichfaster
        3.0 improve~latency
        3.0 improve~slow !extreme
        3.0 complaint~slow !extreme
        3.0 complaint~latency !lookup !breakdown !whichfaster !howfast
        2.4 slow us !extreme !breakdown
        2.2 why slow !extreme !breakdown
        2.5 slow improve !extreme !breakdown
        2.0 slow !extreme
        2.8 slow xMs !extreme !breakdown !lookup
        2.9 latency remedy !extreme !lookup !breakdown !jump
        3.0 slow remedy !extreme !breakdown
        2.6 slow~replies !extreme !breakdown !whichfaster !compare !howfast
        2.8 latency xMs remedy
        2.6 latency xBudget !lookup !breakdown !extreme !errors
        2.6 slow replies
        2.6 slow~latency !extreme !breakdown !lookup !compare !whichfaster !howfast
        3.2 xMs~~xMs !past !why !jump
    """,
    Question.GROWTH: """
        3.2 grow~volume future
        2.8 grow~volume !past
        3.2 xGrowth !jump
        3.2 xGrowth future
        2.8 limits
        3.0 limits~grow
        3.0 limits future
        3.0 newusers !past
        2.8 forecast~cost
        2.6 forecast
        2.4 grow future
        2.0 grow~volume !past
        1.6 grow !past
        3.0 expecting~volume !latency !slow !faster !save
        3.4 expecting~volume cost|limits !latency !slow !faster !save
        3.2 futurecost !save !cut !model !move !cheaper
        3.4 futurecost volume !save !cut !move !cheaper
        3.6 limits future
        3.0 limits reach
        4.2 everybody use future|if
    """,
    Question.SPEND: """
        2.0 cost
        2.2 cost lookup|breakdown|trend|us
        3.2 updown
        1.8 figures lastperiod|xSpan|us
        1.6 trend|breakdown|lookup tokens|volume
        2.6 grow~volume past !future !xGrowth
        1.5 trend us
        1.4 trend volume|tokens|model
        1.2 volume us lookup
        2.6 usesmost
        3.4 usesmost cost
        1.3 breakdown xTeam|xFeature|xProvider
        1.1 xTeam|xFeature|xModel|xProvider
        1.2 trend
        1.0 breakdown
        3.0 compare cost xFeature|xTeam|xProvider !xSpan !lastperiod !xDay !move
        1.6 breakdown xProvider|domain
        2.8 divide xTeam|xProvider|xFeature|cost|domain
        3.6 lookup cost past xSpan|lastperiod|xDay waste !why !save !agent
    """,
    Question.MODEL_CHOICE: """
        3.2 move~model !moved
        3.0 smaller~model
        2.9 newer~model !moved
        3.2 suits~model
        3.4 whichmodel
        2.8 suits model !latency !errors
        3.0 move~model !past
        2.8 move~model future
        3.4 model worth !past !moved
        2.8 move smaller
        3.2 future~~model do|suits
        2.8 suits smaller
        2.6 move xFeature
        2.4 xModel suits|move
        3.0 compare~xModel !xSpan !cost !latency !errors
        2.4 move~xModel
        2.2 smaller !cost !us
        1.8 move cheaper
        3.6 newer~~model worth|move|suits !moved
        3.0 suits~model
        3.0 smaller~move
        1.6 suits
        1.3 xModel|model
        3.0 move smaller volume|replies|us
        3.2 suits~model
        3.0 suits~xModel
        4.6 newer~~model worth !past
    """,
    Question.MODEL_CHANGE: """
        3.6 moved worth
        3.4 moved effects past
        4.2 moved worth|effects xSpan|xDay|lastperiod
        3.4 changed worth past
        3.2 changed~model past worth|effects|rollback
        3.8 rollback
        4.4 rollback model|moved|move
        3.4 moved~model worth|past
        3.4 move~model past worth|effects
        3.4 worth past !newer
        3.4 move~xModel past !future
        3.0 moved past !jump
        3.0 moved~model happened|compare|lookup
        4.2 moved happened|compare past xModel|model
        4.0 moved xModel happened|effects|worth !future
        4.2 moved hindsight
        3.4 model hindsight
    """,
    Question.CACHING: """
        3.6 cache
        4.2 storing
        3.6 batch
        4.0 cache replies !latency
        4.0 cache~model
        3.9 cache cost|save|cut
        3.9 batch cost|save|cut !jump
    """,
    Question.QUICK_WINS: """
        3.8 quick
        3.8 config cut|save|cost|lookup|quick|thisweek|improve|us
        3.2 config
        3.4 thisweek change cut|save|cheaper|improve
        3.2 thisweek~change
        3.0 thisweek~save
        2.8 thisweek~cut !complaint
        2.6 thisweek do
        3.8 least~mosteffect
        3.4 shorttime toggle|changed|quick
        3.2 shorttime cut|save|tokens|us cost|do|improve !why
        2.6 toggle us|cost|tokens
        3.6 shorttime cheaper|save|cut
        4.5 quick cost|save|cut|cheaper
        3.9 swiftest cost|save|cut|cheaper
    """,
    Question.JUMP: """
        3.4 why~jump
        3.4 why jump
        3.2 why xPercent !cut !save !cache
        3.6 happened xDay|xSpan
        3.2 happened cost|latency|errors|volume|xFeature|xTeam
        2.6 happened
        3.2 why xDay|xSpan !moved
        2.8 why cost !slow !agent
        2.7 why slowed
        2.6 slowed
        3.0 jump xDay !compare
        3.8 jump~cost xDay !compare !cut
        2.8 jump~cost !grow|past
        2.6 jump~latency
        2.6 jump~errors
        2.4 jump~volume past
        3.0 anomaly
        2.4 outage xDay
        2.0 jump !cut cost|latency|errors|volume|us|domain|data|xDay|xSpan|lastperiod|trend
        3.6 xGrowth xDay !future !move
        3.0 jump xDay
        3.2 why xDay !moved
        3.4 jump~cost why
    """,
    Question.AGENT_WASTE: """
        4.0 agent~waste
        3.8 agent waste
        3.6 agent eats tokens|cost
        3.8 agent~prompting
        3.4 prompting
        3.6 agent tokens cut|why|save|improve|many
        3.4 agent why cost
        3.4 agent cut|save|cheaper cost
        3.2 agent~tokens
        2.6 agent cut|save|cheaper
        3.8 agent~jump
        3.6 agent jump us !xDay
        2.1 agent us
        2.1 agent improve
        3.8 codeagent wrong
        3.6 codeagent pricey !howmuch !breakdown
        3.6 codeagent leaner
        3.8 agent tokens xGrowth why
        3.6 agent unneeded
        3.4 codeagent tokens !listprice
        3.2 agent slow cost
    """,
    Question.REPORT: """
        5.0 xReport
        4.2 report~audience
        4.2 report audience
        4.2 for~~audience
        4.0 audience~write !cut !save
        3.0 audience~~see !xCut
        4.2 bizcase
        3.6 toshow audience|cost|us
        2.0 audience cost|save|cut
        4.0 report write
        3.0 report us|me|cost|audience|domain|latency|save|write|figures|tokens
        3.2 toshow
        4.2 persuade audience
        4.2 toshow audience
        3.4 persuade case
        1.0 report
    """,
    Question.TRADEOFF: """
        4.4 tradeoff cost|latency|grow|goalword
        4.0 tradeoff goalword
        3.0 tradeoff
        4.4 xHold|holdcost grow !faster
        3.2 cost~latency goalword
        4.4 giveup latency cost|xCut|save|faster
        4.4 giveup faster|slow cost|xCut|save
        4.4 cheapword~fast
        4.4 slowing save|xCut|cheaper|cut
        4.2 slowing~cost
        4.4 save~latency both|goalword
        4.4 xCut latency both|goalword
        4.2 fight goalword|cost|latency|xCut
    """,
    **LOOKUPS,
}
# On equal scores the first one wins.
ORDER: Final = (
    *(Question.TRADEOFF, Question.REPORT, Question.AGENT_WASTE, Question.QUICK_WINS, Question.CACHING),
    *(
        Question.MODEL_CHANGE,
        Question.MODEL_CHOICE,
        Question.JUMP,
        Question.GROWTH,
        Question.CUT_COST,
        Question.SPEED_UP,
    ),
    *(Question.GAPS, Question.MODELS, Question.PRICES, Question.COMPARISON, Question.ERRORS, Question.LATENCY),
    Question.SPEND,
)
