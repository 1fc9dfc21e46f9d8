"""Measuring: interleaved runs, medians, and what the machine was."""

from __future__ import annotations

import gc
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

RUNS = 5


def interleaved(works: Mapping[str, Callable[[], object]], runs: int = RUNS) -> dict[str, list[float]]:
    """Seconds of each run of each work: one untimed run to warm up, then every work once in each round.

    In turns, so that what else the machine does meets all of them.
    """
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(runs):
        for name, work in works.items():
            seconds[name].append(timed(work))
    return seconds


def timed(work: Callable[[], object]) -> float:
    """Seconds of one run, with the garbage of others cleared before and what it gives thrown away after."""
    gc.collect()
    started = time.perf_counter()
    kept = work()
    seconds = time.perf_counter() - started
    del kept
    return seconds


def median(seconds: list[float]) -> float:
    return statistics.median(seconds)


def machine() -> dict[str, Any]:
    """What the figures hold for: processor, memory, versions, and how busy it was when this was asked."""
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="minutes"),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(pages / 2**30),
        "system": platform.platform(terse=True),
        "python": sys.version.split()[0],
        "numpy": version("numpy"),
        "load_average_before": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
