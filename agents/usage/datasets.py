"""Reads and choices of data sets; every one takes the person who acts."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from agents.engine.context import DataHandle, DataProfile
from agents.errors import DataSetNotFound, DataSetNotReady, DataSetReadOnly
from agents.models import DataSet, DataSetVersion, ThreadData
from agents.usage.storage import UsageStorage


def usage_storage() -> UsageStorage:
    """The storage below the configured data folder."""
    return UsageStorage(Path(settings.DATA_DIR))


def datasets_for(user_id: UUID) -> QuerySet[DataSet]:
    """The person's own data sets and the shared demo."""
    return DataSet.objects.filter(Q(user_id=user_id) | Q(demo=True))


def dataset_for(user_id: UUID, data_set_id: UUID) -> DataSet:
    """One of them; somebody else's is as unknown as one that never was."""
    try:
        return datasets_for(user_id).get(id=data_set_id)
    except DataSet.DoesNotExist as error:
        raise DataSetNotFound() from error


def rename_dataset(user_id: UUID, data_set_id: UUID, title: str) -> DataSet:
    """Another name for a data set of one's own."""
    data_set = dataset_for(user_id, data_set_id)
    if data_set.demo:
        raise DataSetReadOnly
    data_set.title = title
    data_set.save(update_fields=["title"])
    return data_set


def choose_dataset(user_id: UUID, thread_id: UUID, data_set_id: UUID) -> ThreadData:
    """Makes the data set the one this conversation is about; the caller has checked the thread."""
    data_set = dataset_for(user_id, data_set_id)
    if data_set.status != DataSet.Status.READY:
        raise DataSetNotReady()
    chosen, _ = ThreadData.objects.update_or_create(thread_id=thread_id, defaults={"data_set": data_set})
    return chosen


def forget_dataset(thread_id: UUID) -> None:
    """Takes the choice back; the caller has checked the thread."""
    ThreadData.objects.filter(thread_id=thread_id).delete()


def dataset_of_thread(user_id: UUID, thread_id: UUID) -> DataSet | None:
    """The data set chosen for the conversation, if this person may read it."""
    return datasets_for(user_id).filter(threads__thread_id=thread_id).first()


def pin_data_of_thread(user_id: UUID, thread_id: UUID) -> DataHandle | None:
    """The newest version of the conversation's data set, pinned for one run; None when none is chosen."""
    data_set = dataset_of_thread(user_id, thread_id)
    return None if data_set is None else pin_version(data_set)


def newest_version(data_set: DataSet) -> DataSetVersion | None:
    """The newest version of a data set, if it has one yet."""
    return DataSetVersion.objects.filter(data_set=data_set).order_by("-number").first()


def parts_of(data_set: DataSet, version: DataSetVersion) -> tuple[Path, ...]:
    """The files of a version."""
    return usage_storage().find_parts(data_set.user_id, data_set.id, version.number)


def rows_kept_by(user_id: UUID) -> int:
    """How many rows a person's data sets hold together."""
    newest = DataSetVersion.objects.filter(data_set__user_id=user_id).order_by("data_set_id", "-number")
    return sum(newest.distinct("data_set_id").values_list("rows", flat=True))


def pin_version(data_set: DataSet, number: int | None = None) -> DataHandle:
    """A handle on a version of a data set, the newest one unless told which."""
    version = newest_version(data_set) if number is None else data_set.versions.filter(number=number).first()
    if version is None:
        raise DataSetNotReady()
    parts = parts_of(data_set, version)
    if not parts:
        raise DataSetNotReady("The files of this data set are missing. Import it again.")
    return DataHandle(
        data_set_id=str(data_set.id),
        title=data_set.title,
        demo=data_set.demo,
        version=version.number,
        parts=parts,
        rows=version.rows,
        first_day=version.first_day,
        last_day=version.last_day,
        profile=DataProfile.from_data(version.profile),
    )
