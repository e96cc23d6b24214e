"""What this machine records about itself: measured when asked for, never made up."""

import csv
import io
import os
import shutil
import time
from datetime import UTC, date, datetime, timedelta, timezone
from importlib.resources import files
from pathlib import Path

SAMPLES = 20
PAUSE_SECONDS = 0.05
BEIJING = timezone(timedelta(hours=8))
HEADER = (
    "utc",
    "day",
    "uptime_s",
    "load_1",
    "load_5",
    "load_15",
    "cpu_user_s",
    "cpu_system_s",
    "disk_free",
)


def record(folder: Path) -> list[str]:
    """Writes `machine.csv`; the rows written.

    The calendar by which it tells working days stays out: a government body made it (guide art. 15(1)).
    Two runs never give the same file: times differ, if nothing else does.
    """
    folder.mkdir(parents=True)
    rows = [_csv(HEADER)]
    for _ in range(SAMPLES):
        rows.append(_sample())
        time.sleep(PAUSE_SECONDS)
    (folder / "machine.csv").write_text("".join(rows), encoding="utf-8")
    return rows


def published(name: str) -> bytes:
    """One of the published tables; SOURCES.md beside them says by whom."""
    return files("registry.demo").joinpath("data", name).read_bytes()


def day_kind(day: date) -> str:
    """Whether one works on a day, by the State Council's arrangement for 2026; weekends else."""
    for line in csv.DictReader(io.StringIO(published("holidays_2026.csv").decode())):
        if date.fromisoformat(line["first"]) <= day <= date.fromisoformat(line["last"]):
            return line["kind"]
    return "weekend" if day.weekday() > 4 else "workday"


def today() -> date:
    """The day in Beijing, where forms are dated."""
    return datetime.now(BEIJING).date()


def _sample() -> str:
    own = os.times()
    return _csv(
        (
            datetime.now(UTC).isoformat(timespec="microseconds"),
            day_kind(today()),
            f"{time.monotonic():.3f}",
            *(f"{load:.2f}" for load in os.getloadavg()),
            f"{own.user:.2f}",
            f"{own.system:.2f}",
            shutil.disk_usage("/").free,
        )
    )


def _csv(row: tuple[object, ...]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(row)
    return line.getvalue()
