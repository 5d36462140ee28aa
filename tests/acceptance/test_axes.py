"""Channels, time, colour, and what the picture files say about themselves."""

import json

import numpy as np
import pytest
import tifffile
from PIL import Image

import pictures
import referees
from referees import Layer

OPTIONS = ["--voxel-size", "4,4,30", "--layer-name", "a"]
VOXEL = (4.0, 4.0, 30.0)
FORMATS = pytest.mark.parametrize("zarr_format", [3, 2], ids=["zarr3", "zarr"])


def noise(shape, dtype="uint16", seed=1):
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype)


def convert(omezarr, source, target, *options, zarr_format=3):
    more = ["--data-format", "zarr"] if zarr_format == 2 else []
    return omezarr("convert", *OPTIONS, *more, *options, source, target)


def tczyx(array, axes):
    array = array.transpose([axes.index(axis) for axis in "TCZYX" if axis in axes])
    for place, axis in enumerate("TCZYX"):
        if axis not in axes:
            array = np.expand_dims(array, place)
    return array


@pytest.mark.sanitize
@FORMATS
@pytest.mark.parametrize("axes", ["TZCYX", "TCZYX", "CTZYX", "ZTCYX", "CZYX", "TZYX", "TCYX", "ZCYX"])
def test_ome_tiff(omezarr, tmp_path, axes, zarr_format):
    sizes = {"T": 3, "C": 2, "Z": 5, "Y": 40, "X": 51}
    array = noise([sizes[axis] for axis in axes])
    names = ["nuclei", "actin"] if "C" in axes else None
    metadata = {"axes": axes, "TimeIncrement": 0.5, "TimeIncrementUnit": "s"}
    if names:
        metadata["Channel"] = {"Name": names, "Color": [0x00FF00FF - 2**32 * 0, -65281]}
    tifffile.imwrite(tmp_path / "a.ome.tif", array, metadata=metadata)
    target = tmp_path / "output.zarr"
    convert(omezarr, tmp_path / "a.ome.tif", target, zarr_format=zarr_format)
    stored = "".join(axis for axis in "tczyx" if axis.upper() in axes or axis == "z")
    layer = Layer(tczyx(array, axes), stored, voxel=VOXEL, t_scale=0.5 if "T" in axes else 1.0,
                  t_unit="second" if "T" in axes else None)
    referees.check(target, {"a": layer}, zarr_format)
    if names:
        _, attrs = referees.attributes(target / "a")
        channels = attrs.get("ome", attrs)["omero"]["channels"]
        assert [channel["label"] for channel in channels] == names
        assert channels[0]["color"].upper() == "00FF00"


def test_time_without_an_increment(omezarr, tmp_path):
    array = noise((4, 40, 51))
    tifffile.imwrite(tmp_path / "a.ome.tif", array, metadata={"axes": "TYX"})
    convert(omezarr, tmp_path / "a.ome.tif", tmp_path / "output.zarr")
    referees.check(tmp_path / "output.zarr",
                   {"a": Layer(tczyx(array, "TYX"), "tzyx", voxel=VOXEL)})


@pytest.mark.parametrize("axes", ["TZCYX", "ZCYX", "TZYX", "ZYX", "CYX", "TYX"])
def test_imagej(omezarr, tmp_path, axes):
    sizes = {"T": 3, "C": 2, "Z": 5, "Y": 40, "X": 51}
    array = noise([sizes[axis] for axis in axes])
    tifffile.imwrite(tmp_path / "a.tif", array, imagej=True, metadata={"axes": axes})
    convert(omezarr, tmp_path / "a.tif", tmp_path / "output.zarr")
    stored = "".join(axis for axis in "tczyx" if axis.upper() in axes or axis == "z")
    folder = tmp_path / "output.zarr" / "a"
    referees.check_arrays(folder, Layer(tczyx(array, axes), stored, voxel=VOXEL), 3)


@FORMATS
def test_rgb(omezarr, tmp_path, zarr_format):
    array = noise((6, 61, 70, 3), "uint8")
    pictures.write_slices(tmp_path / "a", array, photometric="rgb")
    target = tmp_path / "output.zarr"
    convert(omezarr, tmp_path / "a", target, zarr_format=zarr_format)
    layer = Layer(array.transpose(3, 0, 1, 2)[None], "czyx", voxel=VOXEL, as_one=True)
    referees.check(target, {"a": layer}, zarr_format)
    properties = json.loads((target / "datasource-properties.json").read_text())
    assert properties["dataLayers"][0]["elementClass"] == "uint24"
    _, attrs = referees.attributes(target / "a")
    channels = attrs.get("ome", attrs)["omero"]["channels"]
    assert [channel["color"].upper() for channel in channels] == ["FF0000", "00FF00", "0000FF"]
    if zarr_format == 2:
        zarray = json.loads((target / "a" / "1" / ".zarray").read_text())
        assert zarray["chunks"][0] == 3


@pytest.mark.parametrize("shape, dtype", [((5, 61, 70, 4), "uint8"), ((5, 61, 70, 3), "uint16")])
def test_rgba_and_deep_rgb_are_channels(omezarr, tmp_path, shape, dtype):
    array = noise(shape, dtype)
    more = {"extrasamples": ["unassalpha"]} if shape[3] == 4 else {}
    pictures.write_slices(tmp_path / "a", array, photometric="rgb", **more)
    convert(omezarr, tmp_path / "a", tmp_path / "output.zarr")
    layer = Layer(array.transpose(3, 0, 1, 2)[None], "czyx", voxel=VOXEL)
    referees.check(tmp_path / "output.zarr", {"a": layer})


def test_planar_rgb(omezarr, tmp_path):
    array = noise((3, 61, 70), "uint8")
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="rgb", planarconfig="separate",
                     metadata=None)
    convert(omezarr, tmp_path / "a.tif", tmp_path / "output.zarr")
    layer = Layer(array[None, :, None], "czyx", voxel=VOXEL, as_one=True)
    referees.check(tmp_path / "output.zarr", {"a": layer})


@pytest.mark.parametrize("suffix, mode", [("png", "L"), ("png", "RGB"), ("png", "RGBA"),
                                          ("png", "I;16"), ("jpg", "L"), ("jpg", "RGB")])
def test_png_and_jpeg(omezarr, tmp_path, suffix, mode):
    (tmp_path / "a").mkdir()
    shape = (50, 64) if mode in ("L", "I;16") else (50, 64, len(mode))
    for number in range(5):
        array = noise(shape, "uint16" if mode == "I;16" else "uint8", number)
        more = {"subsampling": 0} if suffix == "jpg" else {}
        Image.fromarray(array).save(tmp_path / "a" / f"{number}.{suffix}", **more)
    convert(omezarr, tmp_path / "a", tmp_path / "output.zarr")
    array = pictures.read(tmp_path / "a")
    axes = "zyx" if array.shape[1] == 1 else "czyx"
    layer = Layer(array, axes, voxel=VOXEL, as_one=mode == "RGB")
    referees.check(tmp_path / "output.zarr", {"a": layer})


def test_channels_as_layers(omezarr, tmp_path):
    array = noise((5, 2, 40, 51))
    tifffile.imwrite(tmp_path / "a.ome.tif", array, metadata={"axes": "ZCYX"})
    target = tmp_path / "output.zarr"
    convert(omezarr, tmp_path / "a.ome.tif", target, "--channels-as-layers")
    layers = {f"a__channel{c}": Layer(array[None, None, :, c], voxel=VOXEL) for c in range(2)}
    referees.check(target, layers)


def test_min_is_white_is_marked(omezarr, tmp_path):
    array = noise((4, 40, 51), "uint8")
    source = pictures.write_slices(tmp_path / "a", array, photometric="miniswhite")
    target = tmp_path / "output.zarr"
    convert(omezarr, source, target)
    referees.check(target, {"a": Layer(array[None, None], voxel=VOXEL)})
    _, attrs = referees.attributes(target / "a")
    assert attrs["ome"]["omero"]["channels"][0]["inverted"] is True
    properties = json.loads((target / "datasource-properties.json").read_text())
    assert properties["dataLayers"][0]["defaultViewConfiguration"]["isInverted"] is True


@pytest.mark.parametrize("options, wanted, unit", [
    ({"metadata": {"axes": "ZYX", "PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "µm",
                   "PhysicalSizeY": 0.5, "PhysicalSizeYUnit": "µm", "PhysicalSizeZ": 2000,
                   "PhysicalSizeZUnit": "nm"}, "ome": True}, (500.0, 500.0, 2000.0), 1.0),
    ({"imagej": True, "resolution": (2.0, 2.0),
      "metadata": {"axes": "ZYX", "spacing": 3.0, "unit": "um"}}, (500.0, 500.0, 3000.0), 1.0),
])
def test_sizes_from_the_file(omezarr, tmp_path, options, wanted, unit):
    array = noise((4, 40, 51))
    tifffile.imwrite(tmp_path / "a.tif", array, **options)
    target = tmp_path / "output.zarr"
    omezarr("convert", "--layer-name", "a", tmp_path / "a.tif", target)
    referees.check(target, {"a": Layer(array[None, None], voxel=wanted)})


def test_names_of_layers(omezarr, tmp_path):
    plane = noise((40, 50), "uint8")
    for folder in ("one/em", "two/em", "labels", "a b!c"):
        pictures.write_slices(tmp_path / "all" / folder, np.stack([plane] * 2))
    omezarr("convert", "--voxel-size", "4,4,30", tmp_path / "all", tmp_path / "output.zarr", code=2)
    for path in (tmp_path / "all" / "labels").iterdir():
        path.unlink()
    (tmp_path / "all" / "labels").rmdir()
    omezarr("convert", "--voxel-size", "4,4,30", tmp_path / "all", tmp_path / "output.zarr")
    properties = json.loads((tmp_path / "output.zarr" / "datasource-properties.json").read_text())
    assert sorted(layer["name"] for layer in properties["dataLayers"]) == ["abc", "one_em", "two_em"]


def test_volumes_in_a_folder_are_layers(omezarr, tmp_path):
    (tmp_path / "all").mkdir()
    layers = {}
    for name in ("left.tif", "right.tif"):
        array = noise((5, 40, 50), "uint8", len(name))
        tifffile.imwrite(tmp_path / "all" / name, array, metadata=None)
        layers[name] = Layer(array[None, None], voxel=VOXEL)
    omezarr("convert", "--voxel-size", "4,4,30", tmp_path / "all", tmp_path / "output.zarr")
    referees.check(tmp_path / "output.zarr", layers)


def test_natural_order(omezarr, tmp_path):
    (tmp_path / "a").mkdir()
    array = noise((12, 40, 50), "uint8")
    for z, plane in enumerate(array):
        tifffile.imwrite(tmp_path / "a" / f"s{z}.tif", plane, metadata=None)
    convert(omezarr, tmp_path / "a", tmp_path / "output.zarr")
    referees.check(tmp_path / "output.zarr", {"a": Layer(array[None, None], voxel=VOXEL)})


def test_pyramids_in_tiffs_are_not_slices(omezarr, tmp_path):
    array = noise((4, 128, 144), "uint8")
    with tifffile.TiffWriter(tmp_path / "a.ome.tif") as tiff:
        tiff.write(array, subifds=1, tile=(32, 32), metadata={"axes": "ZYX"})
        tiff.write(array[:, ::2, ::2], subfiletype=1, tile=(32, 32))
    convert(omezarr, tmp_path / "a.ome.tif", tmp_path / "output.zarr")
    referees.check(tmp_path / "output.zarr", {"a": Layer(array[None, None], voxel=VOXEL)})
