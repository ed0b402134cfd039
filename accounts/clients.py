"""Where a request comes from: the person, the address, and what it says of its browser, in words."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from allauth.core.internal.httpkit import get_client_ip
from django.http import HttpRequest

from accounts.models import User

# The first that fits: every browser names those it once imitated.
BROWSERS: Final = (
    ("Edge", r"Edg(e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"(Headless)?Chrom(e|ium)/|CriOS/"),
    ("Safari", r"Safari/"),
    ("curl", r"^curl/"),
)
SYSTEMS: Final = (
    ("iPad", r"iPad"),
    ("iPhone", r"iPhone"),
    ("Android", r"Android"),
    ("ChromeOS", r"CrOS"),
    ("Windows", r"Windows"),
    ("macOS", r"Macintosh|Mac OS X"),
    ("Linux", r"Linux|X11"),
)


def acting_user(request: HttpRequest) -> User:
    """Who is signed in; only for what nobody else reaches."""
    assert isinstance(request.user, User)
    return request.user


def client_ip(request: HttpRequest) -> str | None:
    """The client's address; a forwarded one is believed only from our own proxies."""
    found = get_client_ip(request)
    # An IPv4 client on an IPv6 socket: cut to a /64 all of them would be one.
    mapped = ipaddress.IPv6Address(found).ipv4_mapped if found and ":" in found else None
    return str(mapped) if mapped else found


def describe_device(user_agent: str) -> str:
    """The browser and the system in words a person knows; nothing is looked up by it."""
    browser, system = first_fit(BROWSERS, user_agent), first_fit(SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Unknown device"


def first_fit(names: tuple[tuple[str, str], ...], user_agent: str) -> str | None:
    """The first name whose pattern the text holds."""
    return next((name for name, pattern in names if re.search(pattern, user_agent)), None)
