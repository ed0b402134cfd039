"""Where the files of data sets lie: immutable Parquet parts, and imports on their way in."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

DEMO_OWNER = "demo"


@dataclass(frozen=True, slots=True)
class UsageStorage:
    """Files under `<root>/usage/<owner>/<data set>/`; only ids and numbers made here become path parts.

    `v<number>/` holds the parts a version adds to the one before it, `imports/<import>/` what an import works with.
    """

    root: Path

    def owner_folder(self, owner_id: UUID | None) -> Path:
        """Everything of one person, or of the demo."""
        return self.root / "usage" / (DEMO_OWNER if owner_id is None else str(UUID(str(owner_id))))

    def data_set_folder(self, owner_id: UUID | None, data_set_id: UUID) -> Path:
        """Everything of one data set."""
        return self.owner_folder(owner_id) / str(UUID(str(data_set_id)))

    def version_folder(self, owner_id: UUID | None, data_set_id: UUID, number: int) -> Path:
        """The folder of what one version added."""
        return self.data_set_folder(owner_id, data_set_id) / f"v{int(number)}"

    def import_folder(self, owner_id: UUID, data_set_id: UUID, import_id: UUID) -> Path:
        """The folder of one import: the upload, drafts, and the rows it rejected."""
        return self.data_set_folder(owner_id, data_set_id) / "imports" / str(UUID(str(import_id)))

    def find_parts(self, owner_id: UUID | None, data_set_id: UUID, number: int) -> tuple[Path, ...]:
        """All Parquet files of a version in order, those of earlier versions included; empty when there are none."""
        folders = (self.version_folder(owner_id, data_set_id, each) for each in range(1, number + 1))
        return tuple(part for folder in folders for part in sorted(folder.glob("part-*.parquet")))

    @contextmanager
    def new_version(self, owner_id: UUID | None, data_set_id: UUID, number: int) -> Iterator[Path]:
        """A folder to write parts into; the version appears complete at the end, or not at all."""
        target = self.version_folder(owner_id, data_set_id, number)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        try:
            yield draft
            self.publish(draft, target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def publish(self, draft: Path, target: Path) -> None:
        """Renames the draft; where another process was first, its version (of the same rows) stays."""
        draft.chmod(0o755)
        try:
            draft.rename(target)
        except OSError:
            if not any(target.glob("part-*.parquet")):
                raise

    def replace_version(self, draft: Path, target: Path) -> None:
        """Puts the draft in the place of a version that was never recorded: the folder of a cut-off import."""
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)

    def remove_owner(self, owner_id: UUID) -> None:
        """Removes every file of a person; what is gone already is no fault."""
        shutil.rmtree(self.owner_folder(UUID(str(owner_id))), ignore_errors=True)

    def remove_data_set(self, owner_id: UUID, data_set_id: UUID) -> None:
        """Removes every file of a data set; what is gone already is no fault."""
        shutil.rmtree(self.data_set_folder(owner_id, data_set_id), ignore_errors=True)
