"""The mags we plan are those that the webknossos package plans, and those of its conversions."""

import json
import os
import random
import signal
import subprocess
import warnings
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("OMEZARR_BUILD", ROOT / "build"))
DATA = Path(os.environ.get("OMEZARR_TEST_DATA", ROOT.parent / "shared"))
PLAN = BUILD / "tests" / "support" / "mag_plan"


def ask(lines):
    done = subprocess.run([PLAN], input="".join(line + "\n" for line in lines), text=True,
                          capture_output=True, check=True)
    return done.stdout.splitlines()


def request(source, coarsest, sampling, voxel, size, others=()):
    words = [source, coarsest or "default", sampling, *map(repr, map(float, voxel)),
             *map(str, size), *others]
    return " ".join(words)


# ---- the package as referee ----


@contextmanager
def at_most(seconds):
    """Some requests make the package go round in circles for ever. Seconds of the processor count; and
    the signal comes again, for an exception that it raises in a destructor is lost."""
    def give_up(*_):
        raise RuntimeError("took too long")

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def package_plan(utils, Mag, source, coarsest, sampling, voxel, size, others):
    """What the package makes of the same request (its Layer.downsample, without a layer). None where
    it fails, or where a mag could not be computed from the one before."""
    source = Mag(source)
    explicit = coarsest is not None
    coarsest = Mag(coarsest) if explicit else utils.calculate_default_coarsest_mag(size)
    if size[2] == 1:
        sampling = "constant_z"
    if sampling == "constant_z":
        coarsest = Mag([coarsest.x, coarsest.y, source.z])
    if not explicit and source.max_dim >= coarsest.max_dim:
        return []
    layer = SimpleNamespace(mags={Mag(name): None for name in others})
    try:
        with at_most(0.1):
            mags = utils.calculate_mags_to_downsample(
                source, coarsest, SimpleNamespace(layers={"a": layer}),
                voxel if sampling == "anisotropic" else None)
    except (AssertionError, RuntimeError):
        return None
    if len({mag.max_dim for mag in mags}) != len(mags):
        return None
    for fine, coarse in zip([source, *mags], mags):
        if any(c < f for f, c in zip(fine, coarse)):
            return None
    return [str(mag) for mag in mags]


def random_mag(rng, most):
    return "-".join(str(2 ** rng.randint(0, most)) for _ in range(3))


def random_request(rng):
    voxel = rng.choice([
        lambda: [rng.choice([1, 2, 4, 5, 8, 10])] * 3,
        lambda: [rng.choice([1, 1, 2, 3, 4, 10.5, 11.24, 24, 25, 35, 45]) for _ in range(3)],
        lambda: [rng.uniform(0.1, 100) for _ in range(3)],
        lambda: [4.6, 4.6, rng.choice([4.6, 9.2, 36.8, 40, 45])],
    ])()
    source = rng.choice(["1", "1", "1", "2-2-1", "4-4-1", "4-4-2", random_mag(rng, 2)])
    coarsest = rng.choice([None, None, str(2 ** rng.randint(1, 6)), random_mag(rng, 6)])
    size = [rng.randint(1, rng.choice([300, 5000, 200000])) for _ in range(2)]
    size.append(rng.choice([1, 2, rng.randint(1, 3000)]))
    others = {}
    for _ in range(rng.choice([0, 0, 1, 3])):
        mag = random_mag(rng, 4)
        others[max(map(int, mag.split("-")))] = mag  # one a maximum: the package asserts it
    return source, coarsest, rng.choice(["anisotropic", "isotropic", "constant_z"]), voxel, size, \
        list(others.values())


def test_as_the_package_plans():
    utils = pytest.importorskip("webknossos.dataset.layer._downsampling_utils")
    from webknossos.geometry import Mag
    rng = random.Random(7)
    requests = [random_request(rng) for _ in range(2000)]
    answers = ask([request(*parts) for parts in requests])
    assert len(answers) == len(requests)
    failed = 0
    for parts, answer in zip(requests, answers):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = package_plan(utils, Mag, *parts)
        if expected is None:
            failed += 1
            assert answer.startswith("error: "), (parts, answer)
        else:
            assert answer.split() == expected, parts
    assert 100 < failed < 1500


# ---- its conversions ----

VOXEL = {"tiff-folder": (11.24, 11.24, 25), "tiff-folder-wk-names": (11.24, 11.24, 25),
         "single-2d": (4.6, 4.6, 45), "rgb-2d": (1, 1, 1), "uint32-volume": (1, 1, 1),
         "time-series": (1, 1, 1), "temca2-tile": (4, 4, 35)}
OPTIONS = {"em-isotropic": ("isotropic", None), "em-constant-z": ("constant_z", None),
           "em-mode-max": ("anisotropic", "8-8-1")}


def golden_cases():
    for path in sorted(DATA.glob("golden/*/datasource-properties.json")):
        for layer in json.loads(path.read_text())["dataLayers"]:
            box = layer["boundingBox"]
            yield pytest.param(path.parent.name, [box[key] for key in ("width", "height", "depth")],
                               [mag["mag"] for mag in layer["mags"]], id=path.parent.name)


@pytest.mark.parametrize("case, size, mags", list(golden_cases()))
def test_as_the_package_converted(case, size, mags):
    sampling, coarsest = OPTIONS.get(case, ("anisotropic", None))
    voxel = VOXEL.get(case, (4.6, 4.6, 45))
    planned = ask([request("1", coarsest, sampling, voxel, size)])[0].split()
    parts = [[int(part) for part in mag.split("-")] for mag in ["1", *planned]]
    assert [part * 3 if len(part) == 1 else part for part in parts] == mags
