"""Basic questions in six more languages are read as English; English stays as it is."""

from __future__ import annotations

import pytest

from agents.providers.builtin.languages import DICTIONARIES, read_as_english
from agents.providers.builtin.words import simplify
from agents.usage.questions import Question
from tests.agents.builtin.asking import ask, named

QUESTIONS: list[tuple[str, Question]] = [
    ("Wie können wir die Kosten um 20 % senken?", Question.CUT_COST),
    ("Comment rendre nos réponses plus rapides ?", Question.SPEED_UP),
    ("¿Qué pasa con la factura si el uso crece un 50 %?", Question.GROWTH),
    ("Quanto spendiamo per squadra?", Question.SPEND),
    ("Welke aanroepen kunnen naar een kleiner model?", Question.MODEL_CHOICE),
    ("A mudança de modelo da semana passada valeu a pena?", Question.MODEL_CHANGE),
    ("Wo würde Caching am meisten sparen?", Question.CACHING),
    ("Reduzir os custos em 20% e a latência pela metade, com 30% mais usuários", Question.TRADEOFF),
    ("Quelles sont les victoires rapides cette semaine, sans toucher au code ?", Question.QUICK_WINS),
    ("Waarom is de rekening op 16 september gestegen?", Question.JUMP),
    ("Perché i nostri agenti sprecano così tanti token?", Question.AGENT_WASTE),
    ("Necesito un informe para la dirección", Question.REPORT),
]


@pytest.mark.parametrize(("text", "question"), QUESTIONS)
def test_each_of_the_twelve_is_understood_in_another_language(text: str, question: Question) -> None:
    assert ask(text).question is question


def test_amounts_and_days_are_understood_in_another_language() -> None:
    assert named("Wie können wir die Kosten um 20 Prozent senken?")["cost_cut_percent"] == "20"
    assert named("Pourquoi la facture a-t-elle bondi le 16 septembre ?")["around"] == "2026-09-16"


@pytest.mark.parametrize(
    "text",
    [
        "spend by team",
        "was it worth it?",
        "what did the die cost",
        "why?",
        "cost per month",
        "come on, show me the bill",
    ],
)
def test_english_stays_as_it_is(text: str) -> None:
    assert read_as_english(text) == text


def test_a_name_with_accents_in_an_english_question_keeps_them() -> None:
    assert read_as_english(simplify("What does the Café team spend?")) == "what does the café team spend?"


def test_every_dictionary_has_words_for_the_ideas_that_decide() -> None:
    wanted = {"why", "cost", "reduce", "faster", "usage", "model", "report", "last", "week"}
    assert [
        wanted - {word for english in entries.values() for word in english.split()} for entries in DICTIONARIES
    ] == [set()] * 6


def test_an_arrow_towards_a_model_is_the_word_it_stands_for() -> None:
    assert read_as_english("gpt-5.4 -> mini for ticket-triage") == "gpt-5.4 to mini for ticket-triage"
    assert read_as_english("users x2 -> cost?") == "users x2 -> cost?"
    assert named("gpt-5.4 -> mini for ticket-triage: ok?")["to_model"] == "gpt-5.4-mini"
