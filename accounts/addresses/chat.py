"""Addresses of chat services people may have messages sent to: read strictly, so that a message goes to that service.

Options of an address are refused: by them the library that sends would follow redirects, skip certificates, read files.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

from django.conf import settings

from accounts.errors import ContactNotUsable

LONGEST: Final = 500
TOKEN: Final = r"[\w.~%=-]+"  # noqa: S105  (a pattern)
SLACK: Final = re.compile(r"(?:https://hooks\.slack\.com/services|slack:/)/([A-Z0-9]+)/([A-Z0-9]+)/([A-Za-z0-9]+)/?")
DISCORD: Final = re.compile(
    r"(?:https://(?:canary\.|ptb\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks|discord:/)/(\d{5,30})/([\w-]+)/?", re.A
)
GOOGLE: Final = re.compile(rf"gchat://([\w-]+)/({TOKEN})/({TOKEN})/?", re.A)
GOOGLE_WEBHOOK: Final = re.compile(r"https://chat\.googleapis\.com/v1/spaces/([\w-]+)/messages/?\?(.+)", re.A)
# Hosts of Microsoft below which its customers get a name, never an address of their own.
TEAMS_HOST: Final = r"((?:[a-z0-9-]+\.)+(?:logic\.azure\.com|api\.powerplatform\.com))(?::443)?"
TEAMS: Final = re.compile(rf"workflows?://{TEAMS_HOST}/([\w-]+)/({TOKEN})/?", re.A)
TEAMS_WEBHOOK: Final = re.compile(
    rf"https://{TEAMS_HOST}(/powerautomate/automations/direct(?:/cu/(\d+))?)?"
    r"/workflows/([\w-]+)/triggers/manual/paths/invoke/?\?(.+)",
    re.A,
)
TELEGRAM: Final = re.compile(r"tgram://(?:bot)?(\d{6,}:[\w-]{20,})/(-?\d{3,})/?", re.A)


@dataclass(frozen=True, slots=True)
class ChatAddress:
    """A service, and where in it; the address is a secret."""

    service: str
    url: str

    @property
    def shown(self) -> str:
        """As its owner recognises it: the service and the last characters."""
        return f"{title_of(self.service)} (…{self.url.rstrip('/').split('?', 1)[0][-4:]})"


@dataclass(frozen=True, slots=True)
class Service:
    """One service: its name for people, what they bring, and how that is read."""

    title: str
    wanted: str
    read: Callable[[str], str | None]


def read_slack(text: str) -> str | None:
    """An incoming webhook."""
    found = SLACK.fullmatch(text)
    return found and "slack://{}/{}/{}/".format(*found.groups())


def read_discord(text: str) -> str | None:
    """A channel's webhook."""
    found = DISCORD.fullmatch(text)
    return found and "discord://{}/{}/".format(*found.groups())


def read_google(text: str) -> str | None:
    """A space's webhook, with key and token."""
    found = GOOGLE.fullmatch(text)
    if found:
        return "gchat://{}/{}/{}/".format(*found.groups())
    webhook = GOOGLE_WEBHOOK.fullmatch(text)
    key, token = (option(webhook[2], name) for name in ("key", "token")) if webhook else ("", "")
    return f"gchat://{webhook[1]}/{key}/{token}/" if webhook and key and token else None


def read_teams(text: str) -> str | None:
    """A workflow that begins with a webhook request."""
    found = TEAMS.fullmatch(text)
    if found:
        return "workflow://{}:443/{}/{}/".format(*found.groups())
    webhook = TEAMS_WEBHOOK.fullmatch(text)
    signature = option(webhook[5], "sig") if webhook else ""
    if not webhook or not signature:
        return None
    place = "?pa=yes" if webhook[2] else ""
    routed = f"&route={webhook[3]}" if webhook[3] else ""
    return f"workflow://{webhook[1]}:443/{webhook[4]}/{signature}/{place}{routed}"


def read_telegram(text: str) -> str | None:
    """A bot's token and a chat."""
    found = TELEGRAM.fullmatch(text)
    return found and "tgram://{}/{}/".format(*found.groups())


def option(query: str, name: str) -> str:
    """One option of a web address, ready to be a part of a path; empty where it is missing."""
    return quote(parse_qs(query).get(name, [""])[0], safe="")


SERVICES: Final = {
    "discord": Service("Discord", "https://discord.com/api/webhooks/…", read_discord),
    "gchat": Service("Google Chat", "https://chat.googleapis.com/v1/spaces/…", read_google),
    "msteams": Service("Microsoft Teams", "https://….logic.azure.com/workflows/… (webhook of a workflow)", read_teams),
    "slack": Service("Slack", "https://hooks.slack.com/services/…", read_slack),
    "tgram": Service("Telegram", "tgram://BOT-TOKEN/CHAT-NUMBER", read_telegram),
}


def title_of(name: str) -> str:
    """The service as people call it."""
    return SERVICES[name].title if name in SERVICES else name


def chat_services() -> list[tuple[str, str]]:
    """What is allowed here: each service, and the form its addresses have."""
    return [(title_of(name), wanted_by(name)) for name in settings.CHAT_SCHEMES]


def wanted_by(name: str) -> str:
    """The form of an address of this service."""
    return SERVICES[name].wanted if name in SERVICES else f"{name}://…"


def read_chat_address(text: str) -> ChatAddress:
    """The address in the one form it is stored in; whatever is not of an allowed service is refused."""
    given = text.strip()
    if len(given) <= LONGEST and given.isprintable():
        for name in settings.CHAT_SCHEMES:
            url = read_as(name, given)
            if url and len(url) <= LONGEST:
                return ChatAddress(name, url)
    allowed = ", ".join(title for title, _ in chat_services())
    sentence = f"This is no address that can be used here. Allowed are webhooks, without options, of: {allowed}."
    raise ContactNotUsable(sentence, field="chat_address")


def read_as(name: str, text: str) -> str | None:
    """The address if it is one of this service; one the operator has added is taken by its name alone."""
    if name in SERVICES:
        return SERVICES[name].read(text)
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    is_plain = not re.search(r"[\s?#\\]", text)
    return text if parts.scheme == name and text.startswith(f"{name}://") and is_plain and parts.netloc else None
