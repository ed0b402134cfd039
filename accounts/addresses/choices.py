"""What people have chosen to be told by when an answer waits for them; everything is off until they do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypedDict

from django.conf import settings
from django.db import transaction

from accounts.addresses.chat import ChatAddress, chat_services, read_chat_address
from accounts.addresses.confirmed import has_confirmed_address
from accounts.audit import Action, record
from accounts.errors import ContactNotUsable
from accounts.models import ContactChoice, User

# A country's code and a number, as the telephone networks write it.
PHONE: Final = re.compile(r"\+[1-9]\d{6,14}", re.A)
COLUMNS: Final = ("mail", "phone", "chat_service", "chat_address")


class Way(StrEnum):
    """How a message leaves."""

    MAIL = "mail"
    SMS = "sms"
    CHAT = "chat"


class Wish(TypedDict, total=False):
    """What somebody asks for; what is not named stays as it is."""

    mail: bool
    sms: bool
    phone: str
    chat: bool
    chat_address: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Where one message goes; `shown` is how its owner recognises it."""

    way: Way
    address: str
    shown: str


def offered_ways() -> list[Way]:
    """What this site can send by."""
    offered = {Way.MAIL: True, Way.SMS: "{phone}" in settings.SMS_URL, Way.CHAT: bool(settings.CHAT_SCHEMES)}
    return [way for way, can in offered.items() if can]


def unseen_for() -> str:
    """How long an answer waits before a message is sent: in whole minutes, or in seconds below one."""
    seconds = settings.MESSAGE_SECONDS
    count, unit = (round(seconds / 60), "minute") if seconds >= 60 else (max(1, round(seconds)), "second")
    return f"{count} {unit}{'' if count == 1 else 's'}"


def choice_of(user: User) -> ContactChoice:
    """What this person has chosen; nothing, for somebody who never did."""
    return ContactChoice.objects.filter(user=user).first() or ContactChoice(user=user)


def contacts_of(user: User) -> list[Contact]:
    """Where a message to this person may go now: chosen, still offered, and shown to be theirs."""
    choice, offered = choice_of(user), offered_ways()
    contacts = []
    if choice.mail and has_confirmed_address(user):
        contacts.append(Contact(Way.MAIL, user.email, user.email))
    if choice.phone and Way.SMS in offered:
        contacts.append(Contact(Way.SMS, choice.phone, choice.phone))
    if choice.chat_service in settings.CHAT_SCHEMES:
        contacts.append(Contact(Way.CHAT, choice.chat_address, chat_of(choice).shown))
    return contacts


def chat_of(choice: ContactChoice) -> ChatAddress:
    """The chat address as it is stored."""
    return ChatAddress(choice.chat_service, choice.chat_address)


def read_wish(user: User, wish: Wish) -> ContactChoice:
    """The choice as it shall be, not yet stored; what is switched off is forgotten, not kept."""
    choice, offered = choice_of(user), offered_ways()
    for way in (Way.SMS, Way.CHAT):
        if wish.get(way.value) and way not in offered:
            raise ContactNotUsable("This site does not send such messages.", field=str(way))
    choice.mail = wish.get("mail", choice.mail)
    if "sms" in wish or wish.get("phone"):
        choice.phone = read_phone(wish.get("phone", ""), choice.phone) if wish.get("sms", True) else ""
    if wish.get("chat") is False and wish.get("chat_address"):
        raise ContactNotUsable("Switch chat messages on to use this address, or leave it empty.", field="chat_address")
    if "chat" in wish or wish.get("chat_address"):
        chat = read_chat(wish.get("chat_address", ""), choice) if wish.get("chat", True) else ChatAddress("", "")
        choice.chat_service, choice.chat_address = chat.service, chat.url
    return choice


def read_phone(text: str, kept: str) -> str:
    """The number without what people put between its digits; the one there is, where none is given."""
    number = re.sub(r"[\s().\-/]", "", text) or kept
    if not PHONE.fullmatch(number):
        raise ContactNotUsable(
            "Write the number with a plus and the code of the country, like +49 170 1234567.", field="phone"
        )
    return number


def read_chat(text: str, choice: ContactChoice) -> ChatAddress:
    """The address; the one there is, where none is given."""
    if text.strip():
        return read_chat_address(text)
    if not choice.chat_address:
        raise ContactNotUsable("Say where: paste the address of a webhook of your chat.", field="chat_address")
    return chat_of(choice)


@transaction.atomic
def save_choice(choice: ContactChoice, *, ip: str | None = None) -> None:
    """Stores it, with an entry in the trail if it changes anything; numbers and addresses are not written there."""
    user = choice.user
    # Two windows of one person: the second waits, and compares with what the first has written.
    User.objects.select_for_update(no_key=True).get(id=user.id)
    before = choice_of(user)
    if all(getattr(choice, name) == getattr(before, name) for name in COLUMNS):
        return
    ContactChoice.objects.update_or_create(user=user, defaults={name: getattr(choice, name) for name in COLUMNS})
    record(Action.NOTIFICATIONS_CHANGED, user=user, ip=ip, **shape_switches(choice))


def shape_switches(choice: ContactChoice) -> dict[str, Any]:
    """What is on, without where it goes."""
    return {"mail": choice.mail, "sms": bool(choice.phone), "chat": choice.chat_service or False}


def shape_choice(user: User) -> dict[str, Any]:
    """The choice as its owner sees it; of the chat address, which is a secret, only enough to recognise it."""
    choice = choice_of(user)
    chat = chat_of(choice).shown if choice.chat_service else None
    return {
        "offered": [str(way) for way in offered_ways()],
        "chat_services": [{"title": title, "address": wanted} for title, wanted in chat_services()],
        "mail": choice.mail,
        "sms": bool(choice.phone),
        "phone": choice.phone or None,
        "chat": bool(choice.chat_service),
        "chat_service": choice.chat_service or None,
        "chat_shown": chat,
    }
