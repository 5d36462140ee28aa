"""What the WEBKNOSSOS CLI made of the same input: names, categories, extents, mags, voxels."""

import csv
import hashlib
import json

import numpy as np
import pytest
import zarr

import model
import referees

DROSOPHILA, TESTDATA = "drosophila-vnc", "webknossos-libs-testdata"
CASES = {
    "tiff-folder": (f"{TESTDATA}/tiff", "--voxel-size 11.24,11.24,25"),
    "tiff-folder-wk-names": (
        f"{TESTDATA}/tiff",
        "--voxel-size 11.24,11.24,25 --layer-name em --unit nanometer --name renamed"),
    "em-folder": (f"{DROSOPHILA}/raw", "--voxel-size 4.6,4.6,45 --layer-name em"),
    "em-isotropic": (f"{DROSOPHILA}/raw",
                     "--voxel-size 4.6,4.6,45 --layer-name em --sampling-mode isotropic"),
    "em-constant-z": (f"{DROSOPHILA}/raw",
                      "--voxel-size 4.6,4.6,45 --layer-name em --sampling-mode constant_z"),
    "em-mode-max": (f"{DROSOPHILA}/raw", "--voxel-size 4.6,4.6,45 --layer-name em "
                    "--interpolation-mode max --max-mag 8-8-1"),
    "zarr2-format": (f"{DROSOPHILA}/raw",
                     "--voxel-size 4.6,4.6,45 --layer-name em --data-format zarr"),
    "em-labels-as-segmentation": (
        f"{DROSOPHILA}/labels",
        "--voxel-size 4.6,4.6,45 --layer-name classes --category segmentation"),
    "single-2d": (f"{DROSOPHILA}/raw/03.tif", "--voxel-size 4.6,4.6,45"),
    "rgb-2d": (f"{TESTDATA}/rgb_tiff/test_rgb.tif", "--voxel-size 1,1,1"),
    "uint32-volume": (f"{TESTDATA}/various_tiff_formats/test_I.tif", "--voxel-size 1,1,1"),
    "time-series": (f"{TESTDATA}/4D/4D_series/4D-series.ome.tif", "--voxel-size 1,1,1"),
    "temca2-tile": (f"{TESTDATA}/temca2/1/60", "--voxel-size 4,4,35"),
}


def rows(golden, case):
    with open(golden / "expected.tsv", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file, delimiter="\t") if row["case"] == case]


def numbers(text):
    return [int(part) for part in text.split("x")]


def inner(folder, row):
    """The part of a mag that is made of whole blocks, in the axes of the table."""
    array = zarr.open_array(folder, mode="r")[...]
    _, attrs = referees.attributes(folder.parent)
    axes = [axis["name"] for axis in attrs.get("ome", attrs)["multiscales"][0]["axes"]]
    for place, axis in enumerate(row["axes"]):
        if axis not in axes:
            array = np.expand_dims(array, place)
            axes.insert(place, axis)
    assert axes == list(row["axes"])
    return array[tuple(slice(0, n) for n in numbers(row["inner_shape"]))]


@pytest.mark.parametrize("case", CASES)
def test_golden(omezarr, data, golden, tmp_path, case):
    source, options = CASES[case]
    target = tmp_path / "output.zarr"
    shard = [] if case == "zarr2-format" else ["--shard-shape", "128"]
    omezarr("convert", "--jobs", "2", "--chunk-shape", "32", *shard, *options.split(),
            data / source, target)
    wanted = json.loads((golden / case / "datasource-properties.json").read_text())
    got = json.loads((target / "datasource-properties.json").read_text())
    assert got["scale"] == wanted["scale"]
    if case == "tiff-folder-wk-names":
        assert got["id"]["name"] == "renamed"
    assert sorted(layer["name"] for layer in got["dataLayers"]) == sorted(
        layer["name"] for layer in wanted["dataLayers"])
    by_name = {layer["name"]: layer for layer in got["dataLayers"]}
    for layer in wanted["dataLayers"]:
        mine = by_name[layer["name"]]
        for key in ("category", "elementClass", "boundingBox", "numChannels"):
            assert mine.get(key) == layer.get(key), f"{layer['name']}: {key}"
        assert [mag["mag"] for mag in mine["mags"]] == [mag["mag"] for mag in layer["mags"]]
    for row in rows(golden, case):
        array = inner(target / row["layer"] / row["mag"], row)
        assert list(array.shape) == numbers(row["inner_shape"])
        assert array.dtype == row["dtype"]
        digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
        assert digest == row["sha256_inner"], f"{row['layer']}/{row['mag']}"


def test_the_model_plans_the_same_mags(golden):
    """The tests' own scheme of mags agrees with the table that it stands for."""
    for case, (_, options) in CASES.items():
        words = options.split()
        given = dict(zip(words[::2], words[1::2]))
        properties = json.loads((golden / case / "datasource-properties.json").read_text())
        made = properties["dataLayers"][0]
        extent = [made["boundingBox"][key] for key in ("width", "height", "depth")]
        most = model.mag_of(given["--max-mag"]) if "--max-mag" in given else None
        mags = model.plan_mags([float(v) for v in given["--voxel-size"].split(",")], extent,
                               given.get("--sampling-mode", "anisotropic"), most)
        assert [model.mag_name(mag) for mag in mags] == [
            model.mag_name(tuple(mag["mag"])) for mag in made["mags"]], case
