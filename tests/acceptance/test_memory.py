"""The peak of memory stays below --memory, however large the input is."""

import resource
import subprocess
import sys

import numpy as np
import pytest
import tifffile

import pictures

MEBIBYTE = 1 << 20
MEASURE = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def peak(omezarr, *arguments):
    """Bytes that a run takes at most."""
    done = subprocess.run([sys.executable, "-c", MEASURE, omezarr.program, *map(str, arguments)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return int(done.stdout.strip().splitlines()[-1]) * 1024


def linked_stack(folder, plane, count, **options):
    """`count` slices that are links to two files."""
    pictures.write_slices(folder / "real", np.stack([plane, plane // 2]), **options)
    (folder / "em").mkdir()
    for z in range(count):
        (folder / "em" / f"s{z:05}.tif").symlink_to(folder / "real" / f"slice_000{z % 2}.tif")
    return folder / "em"


@pytest.mark.slow
@pytest.mark.parametrize("memory, jobs", [("200M", "2"), ("400M", "4"), ("120M", "1")])
def test_wide_and_deep_slices(omezarr, tmp_path, memory, jobs):
    """A gigabyte of 4096 x 4096 slices, most of it empty."""
    plane = np.zeros((4096, 4096), np.uint8)
    plane[1000:1300, 500:3000] = np.random.default_rng(1).integers(1, 255, (300, 2500), np.uint8)
    source = linked_stack(tmp_path, plane, 64)
    used = peak(omezarr, "convert", "--voxel-size", "4,4,30", "--memory", memory, "--jobs", jobs,
                source, tmp_path / "output.zarr")
    assert used < int(memory[:-1]) * MEBIBYTE, f"{used / MEBIBYTE:.0f} MiB"


@pytest.mark.slow
@pytest.mark.parametrize("layout", [{}, {"tile": (256, 256)}, {"compression": "zlib"},
                                    {"compression": "zlib", "tile": (256, 256)}],
                         ids=["strips", "tiles", "zlib strips", "zlib tiles"])
def test_one_huge_section(omezarr, tmp_path, layout):
    """A section of 30000 x 20000 voxels does not have to fit."""
    section = np.zeros((20000, 30000), np.uint8)
    section[5000:5300, 2000:9000] = np.random.default_rng(1).integers(1, 255, (300, 7000), np.uint8)
    strips = {} if "tile" in layout else {"rowsperstrip": 64}
    tifffile.imwrite(tmp_path / "a.tif", section, metadata=None, **layout, **strips)
    used = peak(omezarr, "convert", "--voxel-size", "4,4,30", "--memory", "256M", "--jobs", "2",
                tmp_path / "a.tif", tmp_path / "output.zarr")
    assert used < 256 * MEBIBYTE, f"{used / MEBIBYTE:.0f} MiB"


def test_a_bound_that_is_too_small_is_said(omezarr, tissue, tmp_path):
    result = omezarr("convert", "--voxel-size", "4,4,30", "--memory", "1M", tissue.em,
                     tmp_path / "output.zarr", code=1)
    assert "memory" in result.err.lower()
    assert list(tmp_path.iterdir()) == []


def test_the_measure_measures(tmp_path):
    done = subprocess.run([sys.executable, "-c", MEASURE, sys.executable, "-c",
                           "x = bytearray(300 << 20)"], capture_output=True, text=True, check=True)
    assert 300 * MEBIBYTE < int(done.stdout) * 1024 < 400 * MEBIBYTE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
