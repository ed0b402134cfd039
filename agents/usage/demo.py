"""The demo data set: made once, the same everywhere, shared by everybody and changed by nobody."""

from __future__ import annotations

import csv
from pathlib import Path
from uuid import UUID

from django.db import transaction

from agents.models import DataSet, DataSetVersion
from agents.prices import PriceBook
from agents.usage.datasets import usage_storage
from agents.usage.demo_plan import DemoTruths
from agents.usage.demo_rows import generate_rows
from agents.usage.profile import summarise_parts
from agents.usage.rows import write_part
from agents.usage.storage import UsageStorage
from agents.usage.summary import summarise_costs

# Fixed, so that every installation and every process means the same data set.
DEMO_DATA_SET_ID = UUID("01990000-0000-7000-8000-00000000de30")
DEMO_TITLE = "Demo data (90 days of LLM calls)"
DEMO_VERSION = 1


def ensure_demo_dataset() -> DataSet:
    """The demo data set with its files; makes what is missing, and is quick when nothing is."""
    storage = usage_storage()
    ensure_demo_files(storage, DemoTruths())
    recorded = DataSet.objects.filter(id=DEMO_DATA_SET_ID, versions__number=DEMO_VERSION)
    return recorded.exclude(versions__summary={}).first() or record_demo(storage)


def ensure_demo_files(storage: UsageStorage, truths: DemoTruths) -> tuple[Path, ...]:
    """The Parquet parts of the demo; they appear complete or not at all."""
    if not storage.find_parts(None, DEMO_DATA_SET_ID, DEMO_VERSION):
        with storage.new_version(None, DEMO_DATA_SET_ID, DEMO_VERSION) as folder:
            write_demo(folder, truths)
    return storage.find_parts(None, DEMO_DATA_SET_ID, DEMO_VERSION)


def write_demo(folder: Path, truths: DemoTruths) -> Path:
    """Writes the rows of these truths as one Parquet part into the folder."""
    draft, part = folder / "rows.csv", folder / "part-0001.parquet"
    with draft.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(generate_rows(truths))
    write_part(draft, part)
    draft.unlink()
    return part


@transaction.atomic
def record_demo(storage: UsageStorage) -> DataSet:
    """The rows in the database; safe when several processes start at once."""
    parts = storage.find_parts(None, DEMO_DATA_SET_ID, DEMO_VERSION)
    summary = summarise_parts(parts)
    data_set, _ = DataSet.objects.get_or_create(
        id=DEMO_DATA_SET_ID,
        defaults={"title": DEMO_TITLE, "demo": True, "status": DataSet.Status.READY},
    )
    DataSetVersion.objects.update_or_create(
        data_set=data_set,
        number=DEMO_VERSION,
        defaults={
            "rows": summary.rows,
            "first_day": summary.first_day,
            "last_day": summary.last_day,
            "bytes": summary.bytes,
            "profile": summary.profile.as_data(),
            "summary": {"rows_read": summary.rows, "rows_kept": summary.rows, **summarise_costs(parts, PriceBook())},
        },
    )
    return data_set
