"""Ten minutes of the campaign: the rows and the order are the seed's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from netra.config import PROJECT_FOLDER
from tests.stack_process import own_environment

SEED = 1


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_ten_minutes_of_faults_cost_nobody_an_event(tmp_path: Path) -> None:
    report = tmp_path / "faults.txt"
    told = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.campaign",
            "--minutes",
            "10",
            "--seed",
            str(SEED),
            "--patience",
            "5",
            "--report",
            str(report),
        ],
        cwd=PROJECT_FOLDER,
        env=own_environment() | {"PATH": os.environ["PATH"]},
        check=False,
    )
    assert told.returncode == 0, report.read_text() if report.exists() else "no row was played"
