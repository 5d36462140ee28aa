"""Conversions that the thread sanitizer watches: eight workers on stacks of all kinds."""

import numpy as np
import pytest
import tifffile

import pictures
import referees
from referees import Layer

pytestmark = pytest.mark.threads
VOXEL = ["--voxel-size", "4,4,30", "--jobs", "8"]


@pytest.mark.parametrize("compression", [None, "lzw", "zlib"])
@pytest.mark.parametrize("options", [
    ["--chunk-shape", "32", "--shard-shape", "64"], ["--data-format", "zarr"],
    ["--no-downsample"], ["--interpolation-mode", "bicubic"], ["--memory", "100M"],
], ids=" ".join)
def test_many_workers(omezarr, tmp_path, compression, options):
    array = np.random.default_rng(4).integers(0, 255, (70, 210, 190), np.uint8)
    source = pictures.write_slices(tmp_path / "em", array, compression=compression,
                                   rowsperstrip=50)
    target = tmp_path / "output.zarr"
    omezarr("convert", *VOXEL, *options, source, target)
    mags = [(1, 1, 1)] if "--no-downsample" in options else []
    if "bicubic" not in options:
        layer = Layer(array[None, None], voxel=(4.0, 4.0, 30.0), mags=mags)
        referees.check_arrays(target / "em", layer, 2 if "zarr" in options else 3)


def test_channels_and_time(omezarr, tmp_path):
    array = np.random.default_rng(4).integers(0, 9999, (3, 20, 2, 90, 110), np.uint16)
    tifffile.imwrite(tmp_path / "a.ome.tif", array, metadata={"axes": "TZCYX"})
    omezarr("convert", *VOXEL, tmp_path / "a.ome.tif", tmp_path / "output.zarr")


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_other_readers(omezarr, tmp_path, suffix):
    array = np.random.default_rng(4).integers(0, 255, (40, 210, 190), np.uint8)
    source = pictures.write_slices(tmp_path / "em", array, suffix)
    omezarr("convert", *VOXEL, source, tmp_path / "output.zarr")


def test_in_place(omezarr, tmp_path):
    array = np.random.default_rng(4).integers(0, 255, (40, 210, 190), np.uint8)
    source = pictures.write_slices(tmp_path / "em", array)
    target = tmp_path / "output.zarr"
    omezarr("convert", *VOXEL, "--no-downsample", "--no-compress", "--chunk-shape", "32",
            "--shard-shape", "64", source, target)
    omezarr("downsample", "--jobs", "8", target)
    omezarr("compress", "--jobs", "8", target)
    referees.check_arrays(target / "em", Layer(array[None, None], voxel=(4.0, 4.0, 30.0)), 3)


def test_overwrite_verify_and_failure(omezarr, tmp_path):
    array = np.random.default_rng(4).integers(0, 255, (70, 210, 190), np.uint8)
    source = pictures.write_slices(tmp_path / "em", array)
    target = tmp_path / "output.zarr"
    omezarr("convert", *VOXEL, "--verify", source, target)
    omezarr("convert", *VOXEL, "--overwrite-existing", source, target)
    broken = source / "slice_0066.tif"
    broken.write_bytes(broken.read_bytes()[:-100])
    omezarr("convert", *VOXEL, "--overwrite-existing", source, target, code=1)
