"""Runs tests/support/picture_dump.c, which reads pictures as the library does."""

import os
import subprocess
from pathlib import Path

import numpy

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("OMEZARR_BUILD", ROOT / "build"))
PROGRAM = BUILD / "tests" / "support" / "picture_dump"


class Reading:
    """What the library says of one file; `pixels` is [page][sample][row][column], the first and the
    last pages only where there are many."""

    def __init__(self, line, raw):
        kind, *words = line.split("\t")
        self.error = None
        if kind == "error":
            self.code, self.error = int(words[0]), words[1]
            return
        assert kind == "ok", line
        pages, dtype, samples, height, width, direct, rgb, inverted, nm_x, nm_y = words
        self.shape = (int(pages), int(samples), int(height), int(width))
        self.dtype = numpy.dtype(dtype)
        self.direct = direct == "direct"
        self.rgb = rgb == "rgb"
        self.inverted = inverted == "inverted"
        self.nm = (float(nm_x), float(nm_y))
        if raw is not None:
            self.pixels = numpy.fromfile(raw, self.dtype).reshape(-1, *self.shape[1:])


def read_pictures(paths, folder=None, timeout=600):
    """One Reading a path, in their order; pixels too where there is a folder for them. Whatever the
    files hold, the program neither fails nor prints anything but its lines."""
    paths = [str(path) for path in paths]
    command = [str(PROGRAM), str(folder) if folder else "-", *paths]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
                          check=False)
    assert done.stderr == b"", done.stderr.decode(errors="replace")
    assert done.returncode == 0
    lines = done.stdout.decode(errors="replace").splitlines()
    assert len(lines) == len(paths)
    return [Reading(line, Path(folder) / f"{i}.raw" if folder else None)
            for i, line in enumerate(lines)]
