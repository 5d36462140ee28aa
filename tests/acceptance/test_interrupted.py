"""A run that is killed at any moment never leaves a dataset that opens and is incomplete."""

import random
import signal
import time

import numpy as np
import pytest

import pictures
import referees
from referees import Layer

VOXEL = ["--voxel-size", "4,4,30"]


def opens(target):
    return any((target / name).exists() for name in
               ("zarr.json", ".zgroup", "datasource-properties.json"))


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    rng = np.random.default_rng(5)
    array = rng.integers(0, 255, (64, 600, 640), np.uint8)
    return pictures.write_slices(tmp_path_factory.mktemp("stack") / "em", array), array


def kill_at(omezarr, moment, *arguments):
    """True if the run was killed, false if it was done before."""
    process = omezarr.start(*arguments)
    time.sleep(moment)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode != 0


@pytest.mark.slow
def test_killed_at_fifty_moments(omezarr, stack, tmp_path):
    folder, array = stack
    begun = time.monotonic()
    omezarr("convert", *VOXEL, folder, tmp_path / "whole.zarr")
    length = time.monotonic() - begun
    wanted = pictures.fingerprint(tmp_path / "whole.zarr" / "em")
    layer = Layer(array[None, None], voxel=(4.0, 4.0, 30.0))
    referees.check(tmp_path / "whole.zarr", {"em": layer})
    target = tmp_path / "place" / "output.zarr"
    target.parent.mkdir()
    moments = random.Random(7)
    killed = 0
    for _ in range(50):
        options = ["--overwrite-existing"]
        if kill_at(omezarr, moments.uniform(0, length), "convert", *VOXEL, *options, folder, target):
            killed += 1
        if opens(target):
            assert pictures.fingerprint(target / "em") == wanted
    assert killed >= 20
    omezarr("convert", *VOXEL, "--overwrite-existing", folder, target)
    assert pictures.fingerprint(target / "em") == wanted
    referees.check(target, {"em": layer})


@pytest.mark.slow
def test_killed_while_replacing(omezarr, stack, tmp_path):
    """The old dataset is whole until the new one is."""
    folder, _ = stack
    target = tmp_path / "place" / "output.zarr"
    target.parent.mkdir()
    old = pictures.write_slices(tmp_path / "old" / "em", np.full((3, 90, 90), 7, np.uint8))
    omezarr("convert", *VOXEL, folder, tmp_path / "whole.zarr")
    new = pictures.fingerprint(tmp_path / "whole.zarr" / "em")
    moments = random.Random(8)
    for _ in range(8):
        omezarr("convert", *VOXEL, "--overwrite-existing", old, target)
        was = pictures.fingerprint(target / "em")
        kill_at(omezarr, moments.uniform(0, 0.4), "convert", *VOXEL, "--overwrite-existing",
                folder, target)
        assert pictures.fingerprint(target / "em") in (was, new)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["compress", "downsample"])
def test_killed_in_place(omezarr, stack, tmp_path, command):
    """compress and downsample: every mag that the dataset names is whole, and a second run ends it."""
    folder, array = stack
    target = tmp_path / "place" / "output.zarr"
    target.parent.mkdir()
    moments = random.Random(9)
    layer = Layer(array[None, None], voxel=(4.0, 4.0, 30.0))
    finest = Layer(array[None, None], voxel=(4.0, 4.0, 30.0), mags=[(1, 1, 1)])
    for _ in range(6):
        options = ["--no-compress"] if command == "compress" else ["--no-downsample"]
        omezarr("convert", *VOXEL, *options, "--overwrite-existing", folder, target)
        kill_at(omezarr, moments.uniform(0, 0.3), command, target)
        referees.check_arrays(target / "em", layer if command == "compress" else finest, 3)
        omezarr(command, target)
        referees.check_arrays(target / "em", layer, 3)
    referees.check(target, {"em": layer})
