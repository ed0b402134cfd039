"""Addresses of chat services: each read in one form, and nothing that leads anywhere else."""

from __future__ import annotations

import pytest
from django.conf import LazySettings

from accounts.addresses import read_chat_address
from accounts.errors import ContactNotUsable
from tests.accounts.test_notifications import SECRET, SLACK, SLACK_STORED

BOT = "123456789:abcdefghijklmnopqrstuvwxyzABCDEFGHI"
TEAMS = "prod-161.westeurope.logic.azure.com"
TEAMS_PATH = "workflows/0a1b/triggers/manual/paths/invoke"


@pytest.mark.parametrize(
    ("given", "service", "stored"),
    [
        (f" {SLACK}/ ", "slack", SLACK_STORED),
        ("slack://T1/A1/x9", "slack", "slack://T1/A1/x9/"),
        ("https://canary.discord.com/api/v10/webhooks/123456/abc-_9", "discord", "discord://123456/abc-_9/"),
        ("https://discordapp.com/api/webhooks/123456/abc", "discord", "discord://123456/abc/"),
        ("https://chat.googleapis.com/v1/spaces/AAA/messages?token=t%2B%3D&key=k", "gchat", "gchat://AAA/k/t%2B%3D/"),
        ("gchat://AAA/k/t%3D", "gchat", "gchat://AAA/k/t%3D/"),
        (f"https://{TEAMS}:443/{TEAMS_PATH}?api-version=2016&sig=S-1", "msteams", f"workflow://{TEAMS}:443/0a1b/S-1/"),
        (f"workflows://{TEAMS}/0a1b/S-1", "msteams", f"workflow://{TEAMS}:443/0a1b/S-1/"),
        (f"tgram://{BOT}/-100123", "tgram", f"tgram://{BOT}/-100123/"),
    ],
)
def test_an_address_is_stored_in_one_form(settings: LazySettings, given: str, service: str, stored: str) -> None:
    address = read_chat_address(given)
    assert (address.service, address.url) == (service, stored)


@pytest.mark.parametrize(
    "given",
    [
        "", "slack", "slack://", "json://127.0.0.1/", "file:///etc/passwd", "mailto://user:pass@example.com",
        "http://hooks.slack.com/services/T1/A1/x9", "https://hooks.slack.com.evil.example/services/T1/A1/x9",
        "https://evil.example/?https://hooks.slack.com/services/T1/A1/x9", f"{SLACK}?template=/etc/passwd",
        f"{SLACK}?redirect=yes", f"{SLACK}#x", f"slack://bot@T1/A1/{SECRET}", "slack://T1/A1/x9/#channel",
        "discord://1/../..", "discord://123456/abc?avatar_url=http://169.254.169.254/", "discord://\uff11\uff12\uff13\uff14\uff15\uff16/abc",
        f"https://{TEAMS}.evil.example/{TEAMS_PATH}?sig=S", f"https://evil.example/{TEAMS_PATH}?sig=S",
        f"https://127.0.0.1/{TEAMS_PATH}?sig=S", f"https://x@evil.example/.logic.azure.com/{TEAMS_PATH}?sig=S",
        f"https://logic.azure.com/{TEAMS_PATH}?sig=S", f"https://{TEAMS}:8443/{TEAMS_PATH}?sig=S",
        f"https://{TEAMS}/{TEAMS_PATH}?sig=", "workflow://127.0.0.1:443/a/b", "workflow://10.0.0.1/a/b",
        "https://chat.googleapis.com/v1/spaces/AAA/messages?key=k", "gchat://AAA/k/t?x=y",
        f"tgram://{BOT}/", f"tgram://{BOT}/-100123?detect=yes", f"tgram://{BOT}/1/2/3",
        f"slack://T1/A1/{'x' * 600}", "slack://T1/A1/x9\nslack://T2/A2/x9", "slack://T1/A1/x9\x00",
        f"{SLACK},json://127.0.0.1/", "Slack://T1/A1/x9", "https://[", "json://[",
    ],
)  # fmt: skip
def test_everything_else_is_refused_with_what_is_allowed(given: str) -> None:
    with pytest.raises(ContactNotUsable) as raised:
        read_chat_address(given)
    for allowed in ("Discord", "Google Chat", "Microsoft Teams", "Slack", "Telegram"):
        assert allowed in raised.value.sentence


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        ("json://127.0.0.1:9/x/", True),
        ("jsons://127.0.0.1:9/x/", False),
        ("json://127.0.0.1:9/x/?template=/etc/passwd", False),
        ("json://127.0.0.1:9/ x", False),
        ("json:///x", False),
        ("slack://T1/A1/x9", False),
        ("json://[", False),
    ],
)
def test_a_service_the_operator_names_is_taken_by_exactly_that_name(
    settings: LazySettings, given: str, fits: bool
) -> None:
    settings.CHAT_SCHEMES = ("json",)
    if fits:
        assert read_chat_address(given).url == given
    else:
        with pytest.raises(ContactNotUsable):
            read_chat_address(given)
