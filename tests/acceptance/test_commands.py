"""The four commands on real pictures, as folder and as one file, in both formats: every voxel."""

import json

import numpy as np
import pytest
import tifffile

import pictures
import referees
from referees import Layer

FORMATS = pytest.mark.parametrize("zarr_format", [3, 2], ids=["zarr3", "zarr"])
WALK = ["--layer-name", "em", "--voxel-size", "11.24,11.24,25", "--chunk-shape", "64,64,64",
        "--jobs", "4"]
INPUTS = [
    "drosophila-vnc/raw",
    "drosophila-vnc/raw/07.tif",
    "drosophila-vnc/labels",
    "drosophila-vnc/labels/labels00000003.png",
    "drosophila-vnc/membranes",
    "drosophila-vnc/membranes/05.png",
    "webknossos-libs-testdata/tiff",
    "webknossos-libs-testdata/tiff/test.0126.tiff",
    "webknossos-libs-testdata/temca2/1/60",
    "webknossos-libs-testdata/temca2/1/60/141.jpg",
    "webknossos-libs-testdata/temca2/40/61",
    "webknossos-libs-testdata/temca2/black.jpg",
    "webknossos-libs-testdata/rgb_tiff",
    "webknossos-libs-testdata/rgb_tiff/test_rgb.tif",
    "webknossos-libs-testdata/various_tiff_formats",
    "webknossos-libs-testdata/various_tiff_formats/test_I.tif",
    "webknossos-libs-testdata/4D/4D_series",
    "webknossos-libs-testdata/4D/4D_series/4D-series.ome.tif",
]


def expected(path):
    array = pictures.read(path)
    axes = "".join(axis for axis, n in zip("tczyx", array.shape) if n > 1 or axis in "zyx")
    labels = "labels" in str(path).split("data/", 1)[1]
    return Layer(array, axes, voxel=(11.24, 11.24, 25.0), kind="mode" if labels else "median",
                 category="segmentation" if labels else "color",
                 as_one=array.shape[1] == 3 and array.dtype == "uint8")


def walk(omezarr, source, target, zarr_format, options=()):
    more = ["--data-format", "zarr"] if zarr_format == 2 else []
    omezarr("convert", *WALK, *more, *options, source, target)
    made = pictures.fingerprint(target)
    compressed = omezarr("compress", "--jobs", "4", target)
    assert "skip" in (compressed.out + compressed.err).lower()
    omezarr("downsample", "--jobs", "4", target)
    assert pictures.fingerprint(target) == made, "compress and downsample had nothing to do"
    assert "em" in omezarr("info", target).out
    json.loads(omezarr("info", "--json", target).out)
    assert pictures.names_beside(target) == [target.name]


@FORMATS
@pytest.mark.parametrize("source", INPUTS)
def test_real_pictures(omezarr, data, schemas, tmp_path, source, zarr_format):
    target = tmp_path / "output.zarr"
    walk(omezarr, data / source, target, zarr_format)
    referees.check(target, {"em": expected(data / source)}, zarr_format)
    referees.check_schemas(target, ["em"], zarr_format, schemas)


@pytest.mark.sanitize
@FORMATS
def test_made_pictures(omezarr, tissue, tmp_path, zarr_format):
    """The same without any test data at hand."""
    target = tmp_path / "output.zarr"
    walk(omezarr, tissue.em, target, zarr_format)
    layer = Layer(tissue.gray[None, None], voxel=(11.24, 11.24, 25.0))
    referees.check(target, {"em": layer}, zarr_format)


@pytest.mark.sanitize
@FORMATS
def test_made_labels(omezarr, tissue, tmp_path, zarr_format):
    target = tmp_path / "output.zarr"
    more = ["--data-format", "zarr"] if zarr_format == 2 else []
    omezarr("convert", "--voxel-size", "4,4,30", *more, tissue.segmentation, target)
    layer = Layer(tissue.labels[None, None], voxel=(4.0, 4.0, 30.0), kind="mode",
                  category="segmentation")
    referees.check(target, {"segmentation": layer}, zarr_format)


def test_verify(omezarr, tissue, tmp_path):
    target = tmp_path / "output.zarr"
    omezarr("convert", "--voxel-size", "4,4,30", "--verify", tissue.em, target)
    referees.check(target, {"em": Layer(tissue.gray[None, None], voxel=(4.0, 4.0, 30.0))})


@pytest.mark.parametrize("place, source, category", [
    ("labels_of_brain/em", "labels_of_brain/em", "color"),
    ("em_labels/em", "em_labels/em", "color"),  # the source's name is in its parent's name too
    ("em/labels_1", "em", "segmentation"),
    ("cells_Segmentation", "cells_Segmentation", "segmentation"),
])
def test_category_by_the_words_of_the_source(omezarr, tmp_path, place, source, category):
    folder = tmp_path / place
    folder.mkdir(parents=True)
    for z in range(2):
        tifffile.imwrite(folder / f"{z}.tif", np.full((20, 20), z + 1, "uint8"))
    omezarr("convert", "--voxel-size", "1,1,1", tmp_path / source, tmp_path / "output.zarr")
    properties = json.loads((tmp_path / "output.zarr/datasource-properties.json").read_text())
    assert [layer["category"] for layer in properties["dataLayers"]] == [category]
