"""The bytes below LAYER/ do not depend on threads, memory, time, or where the target lies."""

import numpy as np
import pytest

import pictures

VOXEL = ["--voxel-size", "4,4,30"]


def made(omezarr, source, target, *options):
    omezarr("convert", *VOXEL, *options, source, target)
    return pictures.fingerprint(target / source.name)


@pytest.fixture(scope="module")
def deep(tmp_path_factory):
    """Deeper than a chunk, odd in every direction, with empty regions."""
    array = np.random.default_rng(4).integers(0, 255, (150, 333, 401), np.uint8)
    array[20:90, :200] = 0
    return pictures.write_slices(tmp_path_factory.mktemp("deep") / "em", array)


@pytest.mark.sanitize
@pytest.mark.parametrize("options", [
    [], ["--data-format", "zarr"], ["--shard-shape", "128", "--chunk-shape", "32"],
    ["--no-compress"], ["--codec", "blosc:lz4:5:shuffle"], ["--interpolation-mode", "mode"],
    ["--interpolation-mode", "bicubic"],
], ids=" ".join)
def test_jobs(omezarr, deep, tmp_path, options):
    one = made(omezarr, deep, tmp_path / "1.zarr", *options, "--jobs", "1")
    assert made(omezarr, deep, tmp_path / "2.zarr", *options, "--jobs", "2") == one
    assert made(omezarr, deep, tmp_path / "8.zarr", *options, "--jobs", "8") == one


def test_sequential(omezarr, deep, tmp_path):
    one = made(omezarr, deep, tmp_path / "1.zarr", "--distribution-strategy", "sequential")
    assert made(omezarr, deep, tmp_path / "2.zarr") == one


@pytest.mark.parametrize("source", ["em", "segmentation"])
def test_place_time_and_name(omezarr, tissue, tmp_path, source):
    source = getattr(tissue, source)
    one = made(omezarr, source, tmp_path / "1.zarr")
    other = made(omezarr, source, tmp_path / "far" / "away" / "2.zarr", "--name", "other")
    assert one == other


def test_memory_bounds_give_the_same_voxels(omezarr, deep, tmp_path):
    """Given shards, a smaller memory bound may not change a byte."""
    options = ["--shard-shape", "128", "--chunk-shape", "32"]
    one = made(omezarr, deep, tmp_path / "1.zarr", *options)
    assert made(omezarr, deep, tmp_path / "2.zarr", *options, "--memory", "100M") == one
    assert made(omezarr, deep, tmp_path / "3.zarr", *options, "--memory", "64M",
                "--jobs", "1") == one
