"""What in a question speaks for looking figures up."""

from __future__ import annotations

from typing import Final

from agents.usage.questions import Question

# Written as all evidence is.
LOOKUPS: Final[dict[Question, str]] = {
    Question.LATENCY: """
        2.2 latency
        2.4 extreme
        2.4 slow breakdown
        2.4 faster|slow|fast compare
        2.4 fast lookup
        3.3 howfast !cut
        3.2 whichfaster
        1.4 fast
        1.2 slow
    """,
    Question.ERRORS: """
        2.4 errors
        2.6 errors lookup|breakdown|trend
        2.6 errors why !jump
    """,
    Question.COMPARISON: """
        3.2 compare xSpan
        3.4 compare lastperiod
        3.4 compare twospans
        3.2 compare~twospans
        2.4 compare !xModel !extreme !faster !slow cost|volume|us
        3.3 compare xDay
    """,
    Question.PRICES: """
        3.0 listprice~xModel !us
        2.8 listprice xModel !us
        3.0 xModel cost !us !lastperiod !xSpan !xTeam !xFeature !move !suits !breakdown !jump lookup
        3.0 howmuch~~xModel !us !lastperiod !xSpan !xTeam !xFeature !jump
        1.8 listprice
        2.6 listprice model
        2.6 listprice tokens
        2.4 listprice xProvider
    """,
    Question.MODELS: """
        3.0 catalogue !cost !latency !errors !move !suits !smaller !slow !extreme
        2.0 catalogue
    """,
    Question.GAPS: """
        3.6 gaps~data
        3.2 gaps data
        3.0 gaps lookup !cost
        3.6 answerable
    """,
}
