"""A message to oneself, to see that it arrives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from accounts.addresses.choices import Contact, Way, contacts_of
from accounts.errors import NetraError
from accounts.models import User

TITLE: Final = "A test message from Netra"
BODY: Final = "You asked for this test. When an answer waits for you, a message comes the same way."


class Sender(Protocol):
    """Sends one message, or raises a NetraError that says in a sentence why not."""

    def __call__(self, way: str, address: str, *, title: str, body: str) -> None: ...


# By way; filled by the app that can send when it starts.
senders: Final[dict[Way, Sender]] = {}


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one message; `failure` is empty where it was taken."""

    contact: Contact
    failure: str = ""


def try_contacts(user: User) -> list[Trial]:
    """One message to each place this person has chosen."""
    return [try_contact(contact) for contact in contacts_of(user)]


def try_contact(contact: Contact) -> Trial:
    """One message to one place."""
    try:
        senders[contact.way](contact.way, contact.address, title=TITLE, body=BODY)
    except NetraError as error:
        return Trial(contact, error.sentence)
    return Trial(contact)
