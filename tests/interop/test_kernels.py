"""Shrink kernels against numpy's own words for the same, and against golden checksums."""

import csv
import hashlib
import os
import subprocess
from pathlib import Path

import numpy
import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("OMEZARR_BUILD", ROOT / "build"))
DATA = Path(os.environ.get("OMEZARR_TEST_DATA", ROOT.parent / "shared"))
SHRINK = BUILD / "tests" / "support" / "shrink_raw"

INTEGERS = ["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"]
FLOATS = ["float32", "float64"]
FACTORS = [(1, 2, 2), (2, 2, 2), (2, 1, 1), (1, 1, 2), (2, 2, 1), (3, 3, 3), (4, 4, 4), (1, 4, 2),
           (8, 8, 8), (10, 9, 8)]


def shrink(kind, factor, volume):
    command = [SHRINK, kind, volume.dtype.name, ",".join(map(str, factor)),
               ",".join(map(str, volume.shape))]
    done = subprocess.run(command, input=numpy.ascontiguousarray(volume).tobytes(),
                          capture_output=True, check=True)
    small = [-(-n // f) for n, f in zip(volume.shape, factor)]
    return numpy.frombuffer(done.stdout, volume.dtype).reshape(small)


def blocks(volume, factor):
    """(z, y, x, voxel of the block with y fastest, then x), for whole blocks only."""
    (fz, fy, fx), shape = factor, [n // f for n, f in zip(volume.shape, factor)]
    cut = volume[tuple(slice(0, n * f) for n, f in zip(shape, factor))]
    split = cut.reshape(shape[0], fz, shape[1], fy, shape[2], fx)
    return split.transpose(0, 2, 4, 1, 5, 3).reshape(*shape, fz * fy * fx)


def whole(result, volume, factor):
    return result[tuple(slice(0, n // f) for n, f in zip(volume.shape, factor))]


def volume_of(dtype, factor, kind="any", seed=3):
    rng = numpy.random.default_rng(seed)
    shape = tuple(f * n + 1 for f, n in zip(factor, (3, 5, 37)))
    if kind == "labels":
        return rng.integers(0, 4, shape).astype(dtype)
    if numpy.dtype(dtype).kind == "f":
        data = rng.normal(0, 1000, shape).astype(dtype)
        data[rng.random(shape) < 0.002] = numpy.nan
        return data
    info = numpy.iinfo(dtype)
    # float64, in which numpy takes the median's mean, holds no more than 53 bits
    bits = min(info.bits, 52)
    return rng.integers(max(info.min, -(2 ** bits)), min(info.max, 2 ** bits), shape, dtype,
                        endpoint=True)


@pytest.mark.parametrize("factor", FACTORS, ids=str)
@pytest.mark.parametrize("dtype", INTEGERS + FLOATS)
def test_median(dtype, factor):
    volume = volume_of(dtype, factor)
    with numpy.errstate(invalid="ignore"):
        expected = numpy.median(blocks(volume, factor), axis=-1).astype(dtype)
    numpy.testing.assert_array_equal(whole(shrink("median", factor, volume), volume, factor), expected)


@pytest.mark.parametrize("factor", FACTORS, ids=str)
@pytest.mark.parametrize("dtype", INTEGERS + FLOATS)
@pytest.mark.parametrize("kind", ["min", "max"])
def test_extremes(kind, dtype, factor):
    volume = volume_of(dtype, factor)
    expected = getattr(numpy, kind)(blocks(volume, factor), axis=-1)
    numpy.testing.assert_array_equal(whole(shrink(kind, factor, volume), volume, factor), expected)


@pytest.mark.parametrize("factor", FACTORS, ids=str)
@pytest.mark.parametrize("dtype", INTEGERS + FLOATS)
def test_mean(dtype, factor):
    volume = volume_of(dtype, factor)
    split, result = blocks(volume, factor), whole(shrink("mean", factor, volume), volume, factor)
    if dtype in FLOATS:
        expected = split.astype("float64").mean(axis=-1)
        numpy.testing.assert_allclose(result, expected, rtol=1e-6 if dtype == "float32" else 1e-12,
                                      atol=1e-4 if dtype == "float32" else 1e-9)
        return
    n = split.shape[-1]
    total = split.astype(object).sum(axis=-1)
    numpy.testing.assert_array_equal(result, ((2 * total + n) // (2 * n)).astype(dtype))


@pytest.mark.parametrize("factor", FACTORS, ids=str)
@pytest.mark.parametrize("dtype", INTEGERS + FLOATS)
def test_mode(dtype, factor):
    volume = volume_of(dtype, factor, "labels")
    split = blocks(volume, factor)
    counts = (split[..., :, None] == split[..., None, :]).sum(axis=-1) if split.shape[-1] < 100 else \
        numpy.stack([(split == label).sum(axis=-1) for label in range(4)], axis=-1)
    if split.shape[-1] < 100:
        first = counts.argmax(axis=-1)
    else:
        of_voxel = numpy.take_along_axis(counts, split.astype("int64"), axis=-1)
        first = of_voxel.argmax(axis=-1)
    expected = numpy.take_along_axis(split, first[..., None], axis=-1)[..., 0]
    numpy.testing.assert_array_equal(whole(shrink("mode", factor, volume), volume, factor), expected)


@pytest.mark.parametrize("factor", FACTORS, ids=str)
def test_nearest(factor):
    volume = volume_of("uint16", factor)
    expected = volume[tuple(slice(None, None, f) for f in factor)]
    numpy.testing.assert_array_equal(shrink("nearest", factor, volume), expected)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "float64"])
def test_cut_blocks_use_what_is_there(dtype):
    volume = volume_of(dtype, (2, 2, 2), "labels")[:, :, :-1][:3, :3, :5]
    for kind, function in [("median", numpy.median), ("min", numpy.min), ("max", numpy.max)]:
        result = shrink(kind, (2, 2, 2), volume)
        for place in numpy.ndindex(result.shape):
            block = volume[tuple(slice(2 * p, 2 * p + 2) for p in place)]
            assert result[place] == function(block).astype(dtype), (kind, place)


# ---- what the WEBKNOSSOS CLI stored ----

SOURCES = {
    "em-folder": ("drosophila-vnc/raw", "median"),
    "em-isotropic": ("drosophila-vnc/raw", "median"),
    "em-mode-max": ("drosophila-vnc/raw", "max"),
    "em-labels-as-segmentation": ("drosophila-vnc/labels", "mode"),
    "tiff-folder": ("webknossos-libs-testdata/tiff", "median"),
    "uint32-volume": ("webknossos-libs-testdata/various_tiff_formats/test_I.tif", "median"),
}


def read_stack(path):
    tiff = pytest.importorskip("tifffile").imread
    imread = {".tif": tiff, ".tiff": tiff,
              ".png": lambda file: numpy.asarray(pytest.importorskip("PIL.Image").open(file))}
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    pages = [imread[file.suffix](file) for file in files if file.suffix in imread]
    return pages[0] if len(pages) == 1 else numpy.stack(pages)


def mag_of(text):
    """z, y, x"""
    parts = [int(part) for part in text.split("-")]
    return tuple(parts[::-1]) if len(parts) == 3 else tuple(parts * 3)


@pytest.mark.parametrize("case", SOURCES)
def test_golden(case):
    source, kind = SOURCES[case]
    table = DATA / "golden" / "expected.tsv"
    if not (table.exists() and (DATA / "data" / source).exists()):
        pytest.skip("no golden data")
    with table.open(newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["case"] == case]
    volume, mag = read_stack(DATA / "data" / source), (1, 1, 1)
    assert len(rows) > 1
    for row in rows:
        factor = tuple(b // a for a, b in zip(mag, mag_of(row["mag"])))
        volume, mag = shrink(kind, factor, volume), mag_of(row["mag"])
        inner = [int(n) for n in row["inner_shape"].split("x")][-3:]
        cut = numpy.ascontiguousarray(volume[tuple(slice(0, n) for n in inner)])
        assert hashlib.sha256(cut.tobytes()).hexdigest() == row["sha256_inner"], row["mag"]
