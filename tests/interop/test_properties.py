"""datasource-properties.json as we write it opens in the WEBKNOSSOS package, every mag and channel."""

import itertools
import json
import os
import subprocess
from pathlib import Path

import numpy
import pytest
import zarr

webknossos = pytest.importorskip("webknossos")

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("OMEZARR_BUILD", ROOT / "build"))
PROPERTIES = "datasource-properties.json"


def print_properties(folder, *arguments):
    program = BUILD / "tests" / "support" / "properties_print"
    subprocess.run([str(program), str(folder), *map(str, arguments)], check=True)


def make_dataset(folder, axes, shape, dtype, *, channels="layers", category="color",
                 largest="none", data_format="zarr3"):
    """Arrays of numbers by zarr-python, the properties by us. Returns mag name -> voxels."""
    version = 3 if data_format == "zarr3" else 2
    root = zarr.create_group(folder, zarr_format=version)
    layer = root.create_group("em")
    generator = numpy.random.default_rng(7)
    arrays = {}
    for name, factor in {"1": (1, 1, 1), "2-2-1": (1, 2, 2)}.items():
        lengths = [-(-size // dict(zip("zyx", factor)).get(axis, 1))
                   for axis, size in zip(axes, shape)]
        if numpy.dtype(dtype).kind == "f":
            voxels = generator.standard_normal(lengths).astype(dtype)
        else:
            limits = numpy.iinfo(dtype)
            voxels = generator.integers(limits.min, limits.max, lengths, dtype, endpoint=True)
        more = {"dimension_names": list(axes)} if version == 3 else {
            "chunk_key_encoding": {"name": "v2", "separator": "/"}}
        chunks = [1 if axis in "tc" else 8 for axis in axes]
        array = layer.create_array(name, shape=lengths, dtype=dtype, chunks=chunks, **more)
        array[...] = voxels
        arrays[name] = voxels
    print_properties(folder, data_format, dtype, axes, ",".join(map(str, shape)), channels,
                     category, largest)
    return arrays


def to_xyz(voxels, axes, wanted="cxyz"):
    """The voxels in the axes that are wanted; a missing c becomes one channel."""
    if "c" not in axes:
        voxels, axes = voxels[numpy.newaxis], "c" + axes
    return voxels.transpose([axes.index(axis) for axis in wanted])


def read(view):
    return view.read_cxyz()


def crop(voxels, like):
    return voxels[tuple(slice(0, size) for size in like.shape)]


COLOR = ["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float32",
         "float64"]


@pytest.mark.parametrize("data_format", ["zarr3", "zarr"])
@pytest.mark.parametrize("dtype", COLOR)
def test_single_channel(tmp_path, dtype, data_format):
    """Every pixel type, also those its converter would not write, as a C-order array z, y, x."""
    arrays = make_dataset(tmp_path / "d", "zyx", (5, 12, 17), dtype, data_format=data_format)
    dataset = webknossos.Dataset.open(tmp_path / "d", read_only=True)
    assert list(dataset.layers) == ["em"]
    layer = dataset.get_layer("em")
    assert layer.category == "color"
    assert layer.dtype == numpy.dtype(dtype)
    assert layer.bounding_box.size_xyz.to_tuple() == (17, 12, 5)
    assert dataset.voxel_size.to_tuple() == (11.24, 11.24, 25.0)
    for name, voxels in arrays.items():
        wanted = to_xyz(voxels, "zyx")
        assert numpy.array_equal(crop(read(layer.get_mag(name)), wanted), wanted)


@pytest.mark.parametrize("axes, shape", [("czyx", (3, 5, 12, 17)), ("zcyx", (5, 3, 12, 17))])
def test_channels_of_one_array(tmp_path, axes, shape):
    arrays = make_dataset(tmp_path / "d", axes, shape, "uint16")
    dataset = webknossos.Dataset.open(tmp_path / "d", read_only=True)
    assert list(dataset.layers) == [f"em__channel{c}" for c in range(3)]
    for channel, name in itertools.product(range(3), arrays):
        layer = dataset.get_layer(f"em__channel{channel}")
        wanted = to_xyz(arrays[name], axes)[channel:channel + 1]
        assert numpy.array_equal(crop(read(layer.get_mag(name)), wanted), wanted)
        view = layer.default_view_configuration
        assert view.color == (255, 128, 0)
        assert (view.min, view.max, view.intensity_range) == (-1.5, 255, (2, 250))
        assert bool(view.is_inverted) == (channel == 1)


def test_rgb_is_one_layer(tmp_path):
    arrays = make_dataset(tmp_path / "d", "czyx", (3, 5, 12, 17), "uint8", channels="together")
    document = json.loads((tmp_path / "d" / PROPERTIES).read_text())
    assert document["dataLayers"][0]["elementClass"] == "uint24"
    layer = webknossos.Dataset.open(tmp_path / "d", read_only=True).get_layer("em")
    assert layer.num_channels == 3
    for name, voxels in arrays.items():
        wanted = to_xyz(voxels, "czyx")
        assert numpy.array_equal(crop(read(layer.get_mag(name)), wanted), wanted)


@pytest.mark.parametrize("axes, shape", [("tzyx", (4, 5, 12, 17)), ("tczyx", (4, 2, 5, 12, 17))])
def test_time(tmp_path, axes, shape):
    arrays = make_dataset(tmp_path / "d", axes, shape, "int16")
    dataset = webknossos.Dataset.open(tmp_path / "d", read_only=True)
    has_c = "c" in axes
    for channel, (name, voxels) in itertools.product(range(2 if has_c else 1), arrays.items()):
        layer = dataset.get_layer(f"em__channel{channel}" if has_c else "em")
        assert layer.bounding_box.get_shape("t") == 4
        got = layer.get_mag(name).read()
        wanted = voxels[:, channel:channel + 1] if has_c else voxels
        if got.ndim > wanted.ndim:
            got = got.reshape([size for at, size in enumerate(got.shape) if at != 0 or size != 1])
        assert numpy.array_equal(crop(got, wanted), wanted)


@pytest.mark.parametrize("largest", ["none", 0, 77, 2**53 - 1, 2**53, 2**64 - 1])
def test_segmentation(tmp_path, largest):
    make_dataset(tmp_path / "d", "zyx", (5, 12, 17), "uint64", category="segmentation",
                 largest=largest)
    layer = webknossos.Dataset.open(tmp_path / "d", read_only=True).get_segmentation_layer("em")
    assert layer.largest_segment_id == (None if largest == "none" else largest)


def test_the_package_can_go_on(tmp_path):
    """A dataset of ours is not only read: the package adds a mag to it."""
    make_dataset(tmp_path / "d", "zyx", (8, 16, 32), "uint8")
    layer = webknossos.Dataset.open(tmp_path / "d").get_layer("em")
    layer.downsample(coarsest_mag=webknossos.Mag("4-4-2"),
                     executor=__import__("cluster_tools").get_executor("sequential"))
    assert "4-4-2" in [str(mag) for mag in layer.mags]
    print_properties(tmp_path / "d", "add")  # and we still read what it wrote
    again = webknossos.Dataset.open(tmp_path / "d", read_only=True).get_layer("em")
    assert sorted(map(str, again.mags)) == ["1", "2-2-1", "4-4-2"]


def test_add_mag_keeps_everything(tmp_path):
    """All but the list of mags of the first layer is as it was."""
    document = {
        "id": {"name": "d", "team": "t", "more": 1},
        "scale": {"factor": [1, 2.5, 3], "unit": "micrometer", "note": "kept"},
        "version": 1,
        "unknown": {"deep": [1, 2, {"x": 12345678901234567890}]},
        "defaultViewConfiguration": {"zoom": 0.5, "position": [1, 2, 3]},
        "dataLayers": [{
            "name": "em", "category": "color", "elementClass": "uint8", "dataFormat": "zarr3",
            "numChannels": 1, "adminViewConfiguration": {"alpha": 12},
            "boundingBox": {"topLeft": [3, 4, 5], "width": 6, "height": 7, "depth": 8},
            "mags": [{"mag": [1, 1, 1], "path": "./em/1", "credentialId": "c",
                      "axisOrder": {"z": 0, "y": 1, "x": 2}}],
            "coordinateTransformations": [{"type": "affine", "matrix": [[1, 0, 0, 0]]}],
        }, {
            "name": "seg", "category": "segmentation", "elementClass": "uint64",
            "dataFormat": "wkw", "attachments": {"meshes": []}, "mappings": ["a"],
            "boundingBox": {"topLeft": [0, 0, 0], "width": 1, "height": 1, "depth": 1},
            "wkwResolutions": [{"resolution": 1, "cubeLength": 32}],
            "largestSegmentId": {"customJsonEncoding": "bigint", "value": "18446744073709551615"},
        }],
    }
    (tmp_path / PROPERTIES).write_text(json.dumps(document))
    print_properties(tmp_path, "add")
    text = (tmp_path / PROPERTIES).read_text()
    document["dataLayers"][0]["mags"].append(
        {"mag": [4, 4, 2], "path": "./em/4-4-2", "axisOrder": {"z": 0, "y": 1, "x": 2}})
    assert json.loads(text) == document
    assert text.startswith('{\n    "id"')
