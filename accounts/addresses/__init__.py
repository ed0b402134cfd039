"""Where somebody can be reached: the one confirmed e-mail address, and what else they have chosen."""

from accounts.addresses.chat import ChatAddress, chat_services, read_chat_address
from accounts.addresses.choices import (
    Contact,
    Way,
    Wish,
    choice_of,
    contacts_of,
    offered_ways,
    read_wish,
    save_choice,
    shape_choice,
    unseen_for,
)
from accounts.addresses.confirmed import accept_address_given_by_staff, confirm_address, has_confirmed_address
from accounts.addresses.trial import Trial, senders, try_contacts

__all__ = [
    "ChatAddress",
    "Contact",
    "Trial",
    "Way",
    "Wish",
    "accept_address_given_by_staff",
    "chat_services",
    "choice_of",
    "confirm_address",
    "contacts_of",
    "has_confirmed_address",
    "offered_ways",
    "read_chat_address",
    "read_wish",
    "save_choice",
    "senders",
    "shape_choice",
    "try_contacts",
    "unseen_for",
]
