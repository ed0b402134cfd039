"""Makes people with data of their own in a running Netra, each marked with words nobody else may ever see.

Run as a program in the environment of that Netra: `python -m tests.stack.tenants 20`; prints a JSON line a person.
"""

from __future__ import annotations

import json
import re
import secrets
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

CANARY: Final = re.compile(rb"canary(\d\d)x[0-9a-f]{8}")
ROWS: Final = 300


@dataclass(frozen=True)
class Tenant:
    """One person: keys to get in with, and what is theirs."""

    number: int
    email: str
    key: str
    session: str
    data_set_id: str


def canary(number: int) -> str:
    """A word that says whose it is and is nowhere else in the world."""
    return f"canary{number:02}x{secrets.token_hex(4)}"


def owners_in(body: bytes) -> set[int]:
    """Whose words are in there."""
    return {int(found) for found in CANARY.findall(body)}


def make_tenant(number: int) -> Tenant:
    """A person with a key, a session, and a data set whose title, teams and features are marked."""
    from accounts.keys import issue_key
    from accounts.models import User

    person = User.objects.create_user(f"tenant{number}@example.com", "a password of ten words", tier="enterprise")
    return Tenant(
        number=number,
        email=person.email,
        key=issue_key(person, name="isolation"),
        session=session_of(person),
        data_set_id=make_data_set(person.id, number),
    )


def session_of(person: object) -> str:
    """The cookie of a browser that is signed in."""
    from django.test import Client

    client = Client()
    client.force_login(person)  # type: ignore[arg-type]
    return str(client.cookies["sessionid"].value)


def make_data_set(user_id: object, number: int) -> str:
    """Rows under the person's own folder, and the rows in the database that say so."""
    from agents.models import DataSet, DataSetVersion
    from agents.usage.datasets import usage_storage
    from tests.agents.conftest import make_data, make_row

    title = f"{canary(number)}.csv"
    found = DataSet.objects.create(user_id=user_id, title=title, status=DataSet.Status.READY)  # type: ignore[misc]
    rows = [
        make_row(
            team=f"team {canary(number)}",
            feature=f"feature {canary(number)}",
            input_tokens=1_000 + row,
            output_tokens=100,
            latency_ms=500 + row,
            first_token_ms=100,
            time=f"2026-09-{row % 28 + 1:02} 12:00:00",
        )
        for row in range(ROWS)
    ]
    with usage_storage().new_version(user_id, found.id, 1) as folder:  # type: ignore[arg-type]
        data = make_data(Path(folder), rows, title=title)
        (folder / "rows.csv").unlink()
    DataSetVersion.objects.create(
        data_set=found,
        number=1,
        rows=data.rows,
        first_day=data.first_day,
        last_day=data.last_day,
        bytes=1,
        profile=data.profile.as_data(),
    )
    return str(found.id)


def make_staff() -> str:
    """The session of somebody who may look at everything in the admin but not at what was said."""
    from django.contrib.auth.models import Permission

    from accounts.models import User

    staff = User.objects.create_user("staff@example.com", "a password of ten words", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return session_of(staff)


if __name__ == "__main__":
    import django

    django.setup()
    for tenant in [make_tenant(number) for number in range(int(sys.argv[1]))]:
        print(json.dumps(asdict(tenant)))
    print(json.dumps(make_staff()))
