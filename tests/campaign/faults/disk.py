"""The disk of the database is full: row 19."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.campaign.faults import Fault
from tests.campaign.scene import Scene
from tests.campaign.stage import build_stage

SIZE_MEGABYTES: Final = 320
BLOCK: Final = bytes(65_536)


def lacks_right_to_mount() -> str:
    """A small file system is mounted by root, and not in every container."""
    return "" if os.geteuid() == 0 and shutil.which("mount") else "the right to mount a small file system"


def fill_disk(scene: Scene) -> None:
    """Row 19: a Netra whose servers lie on a small file system, which somebody else fills to the last byte."""
    disk = mount_disk(scene)
    scene.stage = scene.at_end.enter_context(build_stage(scene.seed, disk / "servers"))
    scene.pour(people=50, events_a_second=500)
    server = scene.stage.servers.postgres
    assert server is not None
    for _ in range(scene.cycles):
        with scene.fault():
            filler = fill(disk)
            scene.pause(6)
            filler.unlink()
            died = not server.program.is_running
            if died:
                server.start()
            scene.pause(2)
        scene.notes["Postgres"] = "died of it and was started again" if died else "lived through it"
        scene.pause(1)


def mount_disk(scene: Scene) -> Path:
    """An empty file system of its own, gone with the scene."""
    disk = scene.folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MEGABYTES}m,mode=711", "tmpfs", disk], check=True)
    scene.at_end.callback(unmount, disk)
    return disk


def unmount(disk: Path) -> None:
    """Lazily: a server's last process may be on its way out."""
    subprocess.run(["umount", "--lazy", disk], check=True)


def fill(disk: Path) -> Path:
    """A file that leaves no room."""
    filler = disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(BLOCK):
            pass
    return filler


FAULTS: Final = [Fault(19, "the database's disk is full for 6 s", 2, fill_disk, lacks=lacks_right_to_mount)]
