"""Where the immutable Parquet parts of data set versions lie."""

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
    """Files under `<root>/usage/<owner>/<data set>/v<number>/`; only ids made here become path parts."""

    root: Path

    def version_folder(self, owner_id: UUID | None, data_set_id: UUID, number: int) -> Path:
        """The folder of one version."""
        owner = DEMO_OWNER if owner_id is None else str(UUID(str(owner_id)))
        return self.root / "usage" / owner / str(UUID(str(data_set_id))) / f"v{int(number)}"

    def find_parts(self, owner_id: UUID | None, data_set_id: UUID, number: int) -> tuple[Path, ...]:
        """The version's Parquet files in order; empty when there are none."""
        return tuple(sorted(self.version_folder(owner_id, data_set_id, number).glob("part-*.parquet")))

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

    def remove_owner(self, owner_id: UUID) -> None:
        """Removes every file of a person; what is gone already is no fault."""
        shutil.rmtree(self.root / "usage" / str(UUID(str(owner_id))), ignore_errors=True)

    def publish(self, draft: Path, target: Path) -> None:
        """Renames the draft; where another process was first, its version (of the same rows) stays."""
        draft.chmod(0o755)
        try:
            draft.rename(target)
        except OSError:
            if not any(target.glob("part-*.parquet")):
                raise
