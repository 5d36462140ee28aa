"""What becomes a layer: names, axes, sizes and pixels of files and folders that tifffile, Pillow and
this file write, against what was put into them."""

import itertools
import hashlib
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tifffile

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("OMEZARR_BUILD", ROOT / "build"))
DATA = Path(os.environ.get("OMEZARR_TEST_DATA", ROOT.parent / "shared"))
DUMP = BUILD / "tests" / "support" / "stack_dump"


class Failed(Exception):
    pass


def dump(source, folder=None, cwd=None):
    """The stacks of a source, each with its pixels where a folder is given, and the warnings."""
    command = [str(DUMP), str(source)] + ([str(folder)] if folder else [])
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    if done.returncode:
        assert done.stderr.count("\n") == 1, done.stderr
        raise Failed(done.stderr)
    result = json.loads(done.stdout)
    for i, stack in enumerate(result["stacks"]):
        if folder:
            pixels = np.fromfile(folder / f"{i}.raw", stack["dtype"])
            stack["pixels"] = pixels.reshape(stack["shape"])
    return result["stacks"], result["warnings"]


def dump_one(source, folder=None, warnings=0, **options):
    stacks, said = dump(source, folder, **options)
    assert len(stacks) == 1, [s["name"] for s in stacks]
    assert len(said) == warnings, said
    return stacks[0]


@pytest.fixture
def raw(tmp_path_factory):
    return tmp_path_factory.mktemp("raw")


def ramp(*shape, dtype="uint16"):
    """Every value once (until the type is full), so that no plane is taken for another."""
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def as_tczyx(array, axes):
    """An array with named axes as t, c, z, y, x; samples are the innermost channels."""
    order = [a for a in "TCSZYX" if a in axes]
    array = array.transpose([axes.index(a) for a in order])
    size = dict(zip(order, array.shape))
    return array.reshape(size.get("T", 1), size.get("C", 1) * size.get("S", 1), size.get("Z", 1),
                         size["Y"], size["X"])


def same(stack, expected):
    assert tuple(stack["shape"]) == expected.shape
    assert stack["dtype"] == str(expected.dtype)
    np.testing.assert_array_equal(stack["pixels"], expected)


def refused(source, *words):
    with pytest.raises(Failed) as caught:
        dump(source)
    for word in words:
        assert str(word) in str(caught.value)


# ---- plain files and folders ----


def test_pages_are_z(tmp_path, raw):
    data = ramp(5, 7, 9)
    tifffile.imwrite(tmp_path / "vol.tif", data, metadata=None, photometric="minisblack")
    stack = dump_one(tmp_path / "vol.tif", raw)
    assert stack["name"] == "vol.tif"
    same(stack, data[None, None])


def write_slices(folder, names, data):
    folder.mkdir(parents=True, exist_ok=True)
    for name, plane in zip(names, data):
        tifffile.imwrite(folder / name, plane, metadata=None)


def test_folder_in_natural_order(tmp_path, raw):
    data = ramp(12, 7, 9)
    write_slices(tmp_path / "em", [f"s{i}.tif" for i in range(12)], data)
    stack = dump_one(tmp_path / "em", raw)
    assert stack["name"] == "em"
    assert stack["direct"]
    same(stack, data[None, None])


def test_names_of_relative_paths(tmp_path):
    write_slices(tmp_path / "em", ["03.tif", "04.tif"], ramp(2, 3, 3))
    assert dump_one("em/03.tif", cwd=tmp_path)["name"] == "em"
    assert dump_one("03.tif", cwd=tmp_path / "em")["name"] == "em"
    assert dump_one("./03.tif", cwd=tmp_path / "em")["name"] == "em"
    assert dump_one(".", cwd=tmp_path / "em")["name"] == "em"
    assert dump_one("../em/", cwd=tmp_path / "em")["name"] == "em"
    assert dump_one(tmp_path)["name"] == "em"


def test_hidden_unknown_and_suffixless_are_left_out(tmp_path, raw):
    data = ramp(2, 3, 4, dtype="uint8")
    folder = tmp_path / "a b"
    write_slices(folder, ["1.tif", "2.TIF"], data)
    write_slices(folder, [".3.tif", "4"], data)
    write_slices(folder / ".hidden", ["5.tif"], data)
    (folder / "notes.txt").write_text("no picture")
    stack = dump_one(folder, raw)
    assert stack["name"] == "ab"
    same(stack, data[None, None])


def test_layers_of_nested_folders(tmp_path):
    for folder in ["a/raw", "b/raw", "b/labels", "c"]:
        write_slices(tmp_path / "set" / folder, ["1.tif", "2.tif"], ramp(2, 3, 3))
    write_slices(tmp_path / "set", ["1.tif"], ramp(1, 3, 3))
    stacks, warnings = dump(tmp_path / "set")
    assert [s["name"] for s in stacks] == ["set", "a_raw", "labels", "b_raw", "c"]
    assert [s["path"] for s in stacks][1] == str(tmp_path / "set/a/raw")
    assert warnings == []


def test_volumes_are_layers_of_their_own(tmp_path, raw):
    data = ramp(3, 4, 5, 6)
    for i, name in enumerate(["a/v.tif", "b.tif", "c/v.tif"]):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        tifffile.imwrite(tmp_path / name, data[i], photometric="minisblack")
    stacks, warnings = dump(tmp_path, raw)
    assert [s["name"] for s in stacks] == ["av.tif", "b.tif", "cv.tif"]
    assert warnings == []
    for stack, expected in zip(stacks, data):
        same(stack, expected[None, None])


def test_names_that_would_be_equal(tmp_path):
    for name in ["a/bc.tif", "ab/c.tif"]:
        (tmp_path / name).parent.mkdir()
        tifffile.imwrite(tmp_path / name, ramp(2, 3, 3), photometric="minisblack")
    stacks, _ = dump(tmp_path)
    assert [s["name"] for s in stacks] == ["a_bc.tif", "ab_c.tif"]


def test_volume_among_slices(tmp_path, raw):
    write_slices(tmp_path / "em", ["1.tif", "2.tif"], ramp(2, 3, 3))
    volume = ramp(4, 3, 3)
    tifffile.imwrite(tmp_path / "em" / "overview.tif", volume, photometric="minisblack")
    stacks, warnings = dump(tmp_path / "em", raw)
    assert [s["name"] for s in stacks] == ["em", "overview.tif"]
    assert [s["shape"][2] for s in stacks] == [2, 4]
    same(stacks[1], volume[None, None])
    assert len(warnings) == 1 and "overview.tif" in warnings[0]


def test_slices_after_a_volume(tmp_path):
    write_slices(tmp_path / "em", ["b1.tif", "b2.tif"], ramp(2, 3, 3))
    tifffile.imwrite(tmp_path / "em" / "a.tif", ramp(4, 3, 3), photometric="minisblack")
    stacks, warnings = dump(tmp_path / "em")
    assert [s["name"] for s in stacks] == ["a.tif", "b1.tif", "b2.tif"]
    assert len(warnings) == 1 and "b1.tif" in warnings[0]


def test_channels_in_files_of_slices(tmp_path, raw):
    data = ramp(4, 2, 5, 6)
    for z, planes in enumerate(data):
        tifffile.imwrite(tmp_path / f"{z}.tif", planes, metadata={"axes": "CYX"},
                         photometric="minisblack")
    stack = dump_one(tmp_path, raw)
    assert stack["name"] == tmp_path.name.replace("[", "").replace("]", "")
    assert stack["has_c"]
    same(stack, data.transpose(1, 0, 2, 3)[None])


def test_smaller_slices_are_padded(tmp_path, raw):
    sizes = [(5, 8), (7, 6), (7, 8), (1, 1)]
    expected = np.zeros((1, 1, 4, 7, 8), "uint16")
    for z, (h, w) in enumerate(sizes):
        plane = ramp(h, w) + 1
        expected[0, 0, z, :h, :w] = plane
        tifffile.imwrite(tmp_path / f"{z}.tif", plane)
    stacks, warnings = dump(tmp_path, raw)
    same(stacks[0], expected)
    assert len(warnings) == 1
    assert "3 of 4 slices are smaller than 8 x 7" in warnings[0]


def test_gap_in_the_numbering(tmp_path):
    write_slices(tmp_path / "em", [f"em_{i:04}_8bit.tif" for i in (1, 2, 5, 6, 9)], ramp(5, 2, 2))
    stacks, warnings = dump(tmp_path / "em")
    assert stacks[0]["shape"][2] == 5
    assert len(warnings) == 1
    assert "between em_0002_8bit.tif and em_0005_8bit.tif; 4 slices" in warnings[0]


@pytest.mark.parametrize("other", [ramp(3, 3, dtype="uint8"), ramp(3, 3, 3)])
def test_types_and_channels_must_agree(tmp_path, other):
    tifffile.imwrite(tmp_path / "1.tif", ramp(3, 3))
    tifffile.imwrite(tmp_path / "2.tif", other,
                     photometric="rgb" if other.ndim == 3 else "minisblack")
    refused(tmp_path, tmp_path / "1.tif", tmp_path / "2.tif", "uint16", other.dtype)


def test_page_channels_must_agree(tmp_path):
    for name, channels in [("1.tif", 2), ("2.tif", 3)]:
        tifffile.imwrite(tmp_path / name, ramp(channels, 3, 3), metadata={"axes": "CYX"},
                         photometric="minisblack")
    refused(tmp_path, "1.tif has 2 channels", "2.tif has 3")


def test_links(tmp_path, raw):
    data = ramp(2, 3, 4)
    write_slices(tmp_path / "real", ["a.tif", "b.tif"], data)
    folder = tmp_path / "em"
    folder.mkdir()
    for i, target in enumerate("abab"):
        (folder / f"{i}.tif").symlink_to(f"../real/{target}.tif")
    same(dump_one(folder, raw), data[[0, 1, 0, 1]][None, None])
    (folder / "round").symlink_to("../em")
    stacks, warnings = dump(folder)
    assert [s["name"] for s in stacks] == ["em"]
    assert len(warnings) == 1 and "round" in warnings[0]
    (folder / "9.tif").symlink_to("nowhere.tif")
    refused(folder, folder / "9.tif")


def test_nothing_to_read(tmp_path):
    refused(tmp_path / "missing", "missing", "no such file")
    refused(tmp_path, ".tif", ".png", ".jpg")
    (tmp_path / "empty.tif").write_bytes(b"")
    refused(tmp_path, "empty.tif")
    (tmp_path / "empty.tif").write_bytes(b"no picture at all")
    refused(tmp_path, "empty.tif")
    refused(tmp_path / "empty.tif", "empty.tif")


def test_png_and_jpeg_slices(tmp_path, raw):
    from PIL import Image

    data = ramp(3, 16, 16, dtype="uint8")
    for i, plane in enumerate(data):
        Image.fromarray(plane).save(tmp_path / f"{i}.png")
    same(dump_one(tmp_path, raw), data[None, None])
    Image.fromarray(np.dstack([data[0]] * 3)).save(tmp_path / "3.jpg")
    refused(tmp_path, "3.jpg", "3 channels")


def test_rgb(tmp_path, raw):
    data = ramp(4, 5, 6, 3, dtype="uint8")
    for z, plane in enumerate(data):
        tifffile.imwrite(tmp_path / f"{z}.tif", plane, photometric="rgb")
    stack = dump_one(tmp_path, raw)
    assert stack["rgb"] and stack["samples"] == 3
    same(stack, as_tczyx(data, "ZYXS"))


def test_many_files(tmp_path):
    """25,000 slices are found in a moment and in little memory."""
    tifffile.imwrite(tmp_path / "slice.tif", ramp(64, 64), compression="zlib")
    folder = tmp_path / "em"
    folder.mkdir()
    for i in range(25000):
        os.symlink("../slice.tif", folder / f"{i:05}.tif")
    done = subprocess.run([str(DUMP), str(folder)], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["stacks"][0]["shape"] == [1, 1, 25000, 64, 64]
    if "san" not in str(BUILD):
        assert result["peak_kib"] < 100 * 1024


# ---- tifffile's descriptions ----


@pytest.mark.parametrize("axes", ["TYX", "CYX", "ZYX", "TZYX", "TCYX", "CZYX", "ZCYX", "TCZYX",
                                  "TZCYX", "CTZYX", "ZYXS", "TZYXS", "TCZYXS"])
@pytest.mark.parametrize("byteorder", "<>")
def test_tifffile_axes(tmp_path, raw, axes, byteorder):
    size = {"T": 4, "C": 2, "Z": 3, "Y": 5, "X": 6, "S": 3}
    data = ramp(*[size[a] for a in axes])
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, data, metadata={"axes": axes}, byteorder=byteorder,
                     photometric="rgb" if "S" in axes else "minisblack")
    stack = dump_one(path, raw)
    same(stack, as_tczyx(data, axes))
    assert stack["has_t"] == ("T" in axes)
    assert stack["has_c"] == ("C" in axes)
    assert stack["name"] == (tmp_path.name.replace("[", "").replace("]", "").replace("<", "")
                             .replace(">", "") if axes == "CYX" else "a.tif")


def test_unnamed_axes(tmp_path, raw):
    path = tmp_path / "a.tif"
    data = ramp(4, 5, 6)
    tifffile.imwrite(path, data, photometric="minisblack")
    same(dump_one(path, raw), data[None, None])
    tifffile.imwrite(path, data, metadata={"axes": "IYX"}, photometric="minisblack")
    same(dump_one(path, raw), data[None, None])
    data = ramp(2, 4, 5, 6)
    tifffile.imwrite(path, data, photometric="minisblack")
    stack = dump_one(path, raw, warnings=1)
    same(stack, data[:, None])
    data = ramp(2, 3, 4, 5, 6)
    tifffile.imwrite(path, data, photometric="minisblack")
    stack = dump_one(path, raw, warnings=1)
    same(stack, data.reshape(1, 1, 24, 5, 6))


def test_planar_samples(tmp_path, raw):
    data = ramp(4, 3, 5, 6, dtype="uint8")
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, data, photometric="rgb", planarconfig="separate",
                     metadata={"axes": "ZSYX"})
    stack = dump_one(path, raw)
    assert stack["rgb"]
    same(stack, as_tczyx(data, "ZSYX"))


def test_stale_description(tmp_path, raw):
    data = ramp(4, 5, 6)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, data, metadata=None, photometric="minisblack",
                     description='{"shape": [9, 5, 6], "axes": "TYX"}')
    same(dump_one(path, raw, warnings=1), data[None, None])


@pytest.mark.parametrize("byteorder", "<>")
def test_truncated_series(tmp_path, raw, byteorder):
    """tifffile leaves out the directories of further pages where that is asked for."""
    data = ramp(2, 3, 5, 6)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, data, truncate=True, metadata={"axes": "TZYX"}, byteorder=byteorder,
                     photometric="minisblack")
    with tifffile.TiffFile(path) as tif:
        assert len(tif.pages) == 1
    same(dump_one(path, raw), data[:, None])


def test_thumbnails_are_no_slices(tmp_path, raw):
    data = ramp(3, 8, 8)
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as out:
        for plane in data:
            out.write(plane, metadata=None)
            out.write(plane[::2, ::2], metadata=None, subfiletype=1)
    same(dump_one(path, raw), data[None, None])


# ---- ImageJ ----


@pytest.mark.parametrize("axes", ["ZYX", "TYX", "CYX", "TZYX", "ZCYX", "TCYX", "TZCYX", "YXS",
                                  "ZYXS", "TZYXS"])
def test_imagej_hyperstacks(tmp_path, raw, axes):
    size = {"T": 4, "C": 2, "Z": 3, "Y": 5, "X": 6, "S": 3}
    data = ramp(*[size[a] for a in axes], dtype="uint8" if "S" in axes else "uint16")
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, data, imagej=True, resolution=(2, 4),
                     metadata={"axes": axes, "unit": "um", "spacing": 3.5, "finterval": 0.25})
    stack = dump_one(path, raw)
    same(stack, as_tczyx(data, axes))
    np.testing.assert_allclose(stack["voxel_nm"], [500, 250, 3500])
    assert stack["t_step"] == 0.25
    assert stack["has_t"] == ("T" in axes)


@pytest.mark.parametrize("unit, nm", [("micron", 1e3), ("\\u00B5m", 1e3), ("nm", 1), ("mm", 1e6),
                                      ("inch", 25.4e6), ("pixel", 0)])
def test_imagej_units(tmp_path, unit, nm):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, ramp(3, 5, 6), imagej=True, resolution=(4, 4),
                     metadata={"unit": unit, "spacing": 2, "axes": "ZYX"})
    np.testing.assert_allclose(dump_one(path)["voxel_nm"], [nm / 4, nm / 4, nm * 2], rtol=1e-6)


def write_virtual(path, frames, plane, text):
    """One directory, and frames that follow its own pixels; all but the last are left empty."""
    tifffile.imwrite(path, plane, description=text, metadata=None, byteorder=">",
                     rowsperstrip=plane.shape[0])
    with tifffile.TiffFile(path) as tif:
        offset = tif.pages[0].dataoffsets[0]
    with open(path, "r+b") as file:
        file.truncate(offset + frames * plane.nbytes)
        file.seek(offset + (frames - 1) * plane.nbytes)
        file.write((plane + 7).astype(">u2").tobytes())


@pytest.mark.parametrize("frames, height", [(6, 5), (2600, 1024)])
def test_imagej_virtual_stack(tmp_path, raw, frames, height):
    """The larger one is over 4 GB (with a hole)."""
    path = tmp_path / "big.tif"
    plane = ramp(height, 1024)
    write_virtual(path, frames, plane, f"ImageJ=1.53t\nimages={frames}\nchannels=2\n"
                  f"slices={frames // 2}\nhyperstack=true\n")
    small = frames < 100
    stack = dump_one(path, raw if small else None)
    assert stack["shape"] == [1, 2, frames // 2, height, 1024]
    assert stack["direct"]
    if small:
        expected = np.zeros(stack["shape"], "uint16")
        expected[0, 0, 0], expected[0, 1, -1] = plane, plane + 7
        same(stack, expected)


# ---- resolution tags ----


def test_resolution_tags(tmp_path):
    tifffile.imwrite(tmp_path / "1.tif", ramp(5, 6), resolution=(1e5, 5e4),
                     resolutionunit="CENTIMETER", metadata=None)
    np.testing.assert_allclose(dump_one(tmp_path)["voxel_nm"], [100, 200, 0])


# ---- OME-TIFF ----


def ome_xml(images, root=""):
    return f'<?xml version="1.0" encoding="UTF-8"?><OME xmlns="x" {root}>{"".join(images)}</OME>'


def ome_image(size, order="XYZCT", inside="", name="", dtype="uint16", **attributes):
    sizes = " ".join(f'Size{a}="{size.get(a, 1)}"' for a in "XYZCT")
    more = " ".join(f'{k}="{v}"' for k, v in attributes.items())
    return (f'<Image ID="Image:0" Name="{name}"><Pixels ID="Pixels:0" DimensionOrder="{order}" '
            f'Type="{dtype}" {sizes} {more}>{inside}</Pixels></Image>')


def write_ome(path, planes, xml):
    """Pages as they come, with that text in the first."""
    with tifffile.TiffWriter(path) as out:
        for i, plane in enumerate(planes):
            out.write(plane, metadata=None, description=xml.encode() if i == 0 else None)


def in_order(data, order):
    """Pages of an array t, c, z, y, x in a DimensionOrder."""
    outer_to_inner = [{"T": 0, "C": 1, "Z": 2}[a] for a in order[:1:-1]]
    pages = data.transpose(outer_to_inner + [3, 4])
    return pages.reshape(-1, *data.shape[3:])


SIZE = {"T": 4, "C": 2, "Z": 3, "Y": 5, "X": 6}
ORDERS = ["XY" + "".join(p) for p in itertools.permutations("ZCT")]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("data_kind", ["none", "bare", "count", "each", "reversed"])
def test_ome_dimension_orders(tmp_path, raw, order, data_kind):
    data = ramp(4, 2, 3, 5, 6)
    pages = in_order(data, order)
    axes = order[2:]
    inside = ""
    if data_kind == "bare":
        inside = "<TiffData/>"
    elif data_kind == "count":
        inside = '<TiffData IFD="0" PlaneCount="24"/>'
    elif data_kind in ("each", "reversed"):
        backwards = data_kind == "reversed"
        index = itertools.product(*[range(SIZE[a]) for a in axes[::-1]])
        for i, at in enumerate(index):
            first = dict(zip(axes[::-1], at))
            ifd = 23 - i if backwards else i
            inside += f'<TiffData IFD="{ifd}" ' + " ".join(
                f'First{a}="{first[a]}"' for a in "ZCT") + ' PlaneCount="1"/>'
        pages = pages[::-1] if backwards else pages
    path = tmp_path / "a.ome.tif"
    write_ome(path, pages, ome_xml([ome_image(SIZE, order, inside)]))
    stack = dump_one(path, raw)
    assert stack["name"] == "a.ome.tif"
    assert stack["has_t"] and stack["has_c"]
    same(stack, data)


@pytest.mark.parametrize("axes", ["TCZYX", "ZYX", "CYX", "TYX", "TZYX", "YXS", "ZYXS", "TCYXS"])
def test_ome_of_tifffile(tmp_path, raw, axes):
    size = dict(SIZE, S=3)
    data = ramp(*[size[a] for a in axes], dtype="uint8" if "S" in axes else "uint16")
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, data, photometric="rgb" if "S" in axes else "minisblack", metadata={
        "axes": axes, "PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 250,
        "PhysicalSizeYUnit": "nm", "PhysicalSizeZ": 2, "TimeIncrement": 250,
        "TimeIncrementUnit": "ms"})
    stack = dump_one(path, raw)
    same(stack, as_tczyx(data, axes))
    np.testing.assert_allclose(stack["voxel_nm"], [500, 250, 2000])
    np.testing.assert_allclose(stack["t_step"], 0.25)


def test_ome_pyramid_is_one_level(tmp_path, raw):
    data = ramp(3, 64, 64)
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, bigtiff=True) as out:
        out.write(data, subifds=1, metadata={"axes": "ZYX"}, tile=(16, 16))
        out.write(data[:, ::2, ::2], subfiletype=1, tile=(16, 16))
    same(dump_one(path, raw), data[None, None])


def test_ome_channels(tmp_path, raw):
    data = ramp(1, 2, 3, 5, 6)
    channels = ('<Channel ID="Channel:0:0" Name="DAPI" Color="65535"/>'
                '<Channel ID="Channel:0:1" Name="GFP &amp; more" Color="-16776961"/>')
    path = tmp_path / "a.ome.tif"
    write_ome(path, in_order(data, "XYCZT"),
              ome_xml([ome_image({**SIZE, "T": 1}, "XYCZT", channels)]))
    stack = dump_one(path, raw)
    same(stack, data)
    assert stack["channels"] == [{"name": "DAPI", "color": 0x0000ff},
                                 {"name": "GFP & more", "color": 0xff0000}]
    assert not stack["has_t"] and stack["has_c"]


def test_ome_ifd_counts_thumbnails(tmp_path, raw):
    """IFD is the number in the file's chain, where a reduced page in between counts."""
    data = ramp(1, 1, 2, 8, 8)
    path = tmp_path / "a.ome.tif"
    inside = '<TiffData IFD="0" FirstZ="0"/><TiffData IFD="2" FirstZ="1"/>'
    xml = ome_xml([ome_image({"X": 8, "Y": 8, "Z": 2}, inside=inside)])
    with tifffile.TiffWriter(path) as out:
        out.write(data[0, 0, 0], metadata=None, description=xml)
        out.write(data[0, 0, 0, ::2, ::2], metadata=None, subfiletype=1)
        out.write(data[0, 0, 1], metadata=None)
    same(dump_one(path, raw), data)


def uuid_data(entries):
    """(ifd, first z, first t, count, file name, uuid)"""
    return "".join(f'<TiffData IFD="{i}" FirstZ="{z}" FirstT="{t}" PlaneCount="{n}">'
                   f'<UUID FileName="{name}">{uuid}</UUID></TiffData>'
                   for i, z, t, n, name, uuid in entries)


def write_set(folder, data, missing=()):
    """One file a time point; every file has the text of all."""
    folder.mkdir(exist_ok=True)
    count, z = data.shape[0], data.shape[2]
    names = [f"run_T{t}.ome.tif" for t in range(count)]
    inside = uuid_data([(0, 0, t, z, name, f"urn:uuid:{t}") for t, name in enumerate(names)])
    image = ome_image({"X": data.shape[4], "Y": data.shape[3], "Z": z, "T": count}, inside=inside)
    for t, name in enumerate(names):
        if t not in missing:
            write_ome(folder / name, data[t, 0], ome_xml([image], root=f'UUID="urn:uuid:{t}"'))
    return names


def test_ome_set_of_files(tmp_path, raw):
    data = ramp(12, 1, 3, 5, 6)
    names = write_set(tmp_path / "set", data)
    for source in [tmp_path / "set", tmp_path / "set" / names[0]]:
        stack = dump_one(source, raw)
        assert stack["name"] == "run_T0.ome.tif"
        same(stack, data)
    stack = dump_one(tmp_path / "set" / names[5], raw)
    assert stack["name"] == "run_T5.ome.tif"
    same(stack, data)
    same(dump_one(names[3], raw, cwd=tmp_path / "set"), data)
    assert [s["name"] for s in dump(tmp_path)[0]] == ["setrun_T0.ome.tif"]


def test_ome_set_with_missing_files(tmp_path):
    names = write_set(tmp_path / "set", ramp(6, 1, 3, 5, 6), missing=(1, 4))
    refused(tmp_path / "set", names[0], "2 of the 6 files", names[1], names[4])


def test_ome_set_beside_other_files(tmp_path, raw):
    data = ramp(2, 1, 3, 5, 6)
    write_set(tmp_path / "set", data)
    tifffile.imwrite(tmp_path / "set" / "a.tif", ramp(4, 3, 3), photometric="minisblack")
    stacks, warnings = dump(tmp_path / "set", raw)
    assert [s["name"] for s in stacks] == ["a.tif", "run_T0.ome.tif"]
    same(stacks[1], data)
    assert warnings == []


def test_ome_companion(tmp_path, raw):
    data = ramp(3, 1, 2, 5, 6)
    names = [f"c{t}.ome.tif" for t in range(3)]
    inside = uuid_data([(0, 0, t, 2, name, f"urn:uuid:{t}") for t, name in enumerate(names)])
    image = ome_image({"X": 6, "Y": 5, "Z": 2, "T": 3}, inside=inside)
    for t, name in enumerate(names):
        pointer = ('<BinaryOnly MetadataFile="all.companion.ome" UUID="urn:uuid:c"/>')
        write_ome(tmp_path / name, data[t, 0], ome_xml([pointer], f'UUID="urn:uuid:{t}"'))
    refused(tmp_path, names[0], "all.companion.ome")
    (tmp_path / "all.companion.ome").write_text(ome_xml([image], 'UUID="urn:uuid:c"'))
    same(dump_one(tmp_path, raw), data)
    same(dump_one(tmp_path / names[1], raw), data)


def test_ome_text_in_one_tiff_of_a_set(tmp_path, raw):
    data = ramp(2, 1, 2, 5, 6)
    inside = uuid_data([(0, 0, 0, 2, "b.ome.tif", "urn:uuid:b"),
                        (0, 0, 1, 2, "a.ome.tif", "urn:uuid:a")])
    image = ome_image({"X": 6, "Y": 5, "Z": 2, "T": 2}, inside=inside)
    pointer = '<BinaryOnly MetadataFile="b.ome.tif" UUID="urn:uuid:b"/>'
    write_ome(tmp_path / "b.ome.tif", data[0, 0], ome_xml([image], 'UUID="urn:uuid:b"'))
    write_ome(tmp_path / "a.ome.tif", data[1, 0], ome_xml([pointer], 'UUID="urn:uuid:a"'))
    for source in [tmp_path, tmp_path / "a.ome.tif", tmp_path / "b.ome.tif"]:
        same(dump_one(source, raw), data)


def test_ome_file_that_was_renamed(tmp_path, raw):
    data = ramp(1, 1, 3, 5, 6)
    inside = uuid_data([(0, 0, 0, 3, "old.ome.tif", "urn:uuid:1")])
    xml = ome_xml([ome_image({"X": 6, "Y": 5, "Z": 3}, inside=inside)], 'UUID="urn:uuid:1"')
    write_ome(tmp_path / "new.ome.tif", data[0, 0], xml)
    same(dump_one(tmp_path / "new.ome.tif", raw), data)
    # A copy beside the original is a picture of its own.
    write_ome(tmp_path / "old.ome.tif", data[0, 0] + 1, xml)
    stacks, _ = dump(tmp_path, raw)
    assert [s["name"] for s in stacks] == ["new.ome.tif", "old.ome.tif"]
    same(stacks[0], data)
    same(stacks[1], data + 1)


def test_ome_file_without_the_others_is_refused(tmp_path):
    inside = uuid_data([(0, 0, 0, 3, "old.ome.tif", "urn:uuid:2")])
    xml = ome_xml([ome_image({"X": 6, "Y": 5, "Z": 3}, inside=inside)], 'UUID="urn:uuid:1"')
    write_ome(tmp_path / "new.ome.tif", ramp(3, 5, 6), xml)
    refused(tmp_path, "new.ome.tif", "old.ome.tif", "missing")


def test_ome_several_images(tmp_path, raw):
    first, second, third = ramp(3, 5, 6), ramp(2, 4, 4, dtype="uint8"), ramp(3, 5, 6) + 100
    xml = ome_xml([ome_image({"X": 6, "Y": 5, "Z": 3}, name="one", inside='<TiffData IFD="0" PlaneCount="3"/>'),
                   ome_image({"X": 4, "Y": 4, "Z": 2}, name="two (2)",
                             inside='<TiffData IFD="3" PlaneCount="2"/>'),
                   ome_image({"X": 6, "Y": 5, "Z": 3}, name="one",
                             inside='<TiffData IFD="5" PlaneCount="3"/>')])
    path = tmp_path / "a.ome.tif"
    write_ome(path, [*first, *second, *third], xml)
    stacks, warnings = dump(path, raw)
    assert [s["name"] for s in stacks] == ["a.ome.tif", "a.ome.tif_two2", "a.ome.tif_3"]
    assert warnings == []
    for stack, expected in zip(stacks, [first, second, third]):
        same(stack, expected[None, None])


def test_ome_images_of_tifffile(tmp_path, raw):
    first, second = ramp(3, 5, 6), ramp(2, 4, 4, dtype="uint8")
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as out:
        out.write(first, metadata={"axes": "ZYX", "Name": "first"}, photometric="minisblack")
        out.write(second, metadata={"axes": "TYX", "Name": "second"}, photometric="minisblack")
    stacks, _ = dump(path, raw)
    assert [s["name"] for s in stacks] == ["a.ome.tif", "a.ome.tif_second"]
    same(stacks[0], first[None, None])
    same(stacks[1], second[:, None, None])


def test_ome_planes_without_pages(tmp_path, raw):
    """An acquisition that was stopped: what is there is kept, the rest is said."""
    data = ramp(1, 1, 5, 5, 6)
    inside = "".join(f'<TiffData IFD="{z}" FirstZ="{z}" PlaneCount="1"/>' for z in range(3))
    path = tmp_path / "a.ome.tif"
    write_ome(path, data[0, 0, :3], ome_xml([ome_image({"X": 6, "Y": 5, "Z": 5}, inside=inside)]))
    stack = dump_one(path, raw, warnings=1)
    data[0, 0, 3:] = 0
    same(stack, data)


def test_ome_pages_that_are_not_named(tmp_path):
    path = tmp_path / "a.ome.tif"
    write_ome(path, ramp(5, 5, 6), ome_xml([ome_image({"X": 6, "Y": 5, "Z": 3})]))
    stacks, warnings = dump(path)
    assert stacks[0]["shape"][2] == 3
    assert len(warnings) == 1 and "2 of its 5 pages" in warnings[0]


def test_ome_images_without_pages(tmp_path, raw):
    """A text that speaks of a whole plate, in the file of one well."""
    data = ramp(3, 5, 6)
    images = [ome_image({"X": 6, "Y": 5, "Z": 3}) for _ in range(96)]
    path = tmp_path / "a.ome.tif"
    write_ome(path, data, ome_xml(images))
    same(dump_one(path, raw, warnings=1), data[None, None])


def test_ome_slices_in_a_folder(tmp_path, raw):
    data = ramp(4, 5, 6)
    for z, plane in enumerate(data):
        write_ome(tmp_path / f"{z}.ome.tif", [plane],
                  ome_xml([ome_image({"X": 6, "Y": 5}, PhysicalSizeX="0.25",
                                     inside='<Channel Name="em"/>')]))
    stack = dump_one(tmp_path, raw)
    same(stack, data[None, None])
    assert stack["voxel_nm"][0] == 250
    assert stack["channels"] == [{"name": "em", "color": -1}]


HOSTILE = {
    "laughs": '<!DOCTYPE OME [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
              '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><OME><Image Name="&c;"/></OME>',
    "outside": '<!DOCTYPE OME [<!ENTITY f SYSTEM "file:///etc/hostname">]><OME>&f;</OME>',
    "deep": "<OME>" + "<a>" * 5000,
    "cut": "<OME><Image><Pixels ",
    "planes": ome_xml([ome_image({"X": 6, "Y": 5, "Z": 4000000000, "T": 4000000000})]),
    "many planes": ome_xml([ome_image({"X": 6, "Y": 5, "Z": 20000000})]),
    "no size": ome_xml([ome_image({"X": 6, "Y": 5, "Z": 0})]),
    "negative": ome_xml([ome_image({"X": 6, "Y": 5, "Z": -3})]),
    "order": ome_xml([ome_image({"X": 6, "Y": 5, "Z": 3}, "ZYXCT")]),
    "ifd": ome_xml([ome_image({"X": 6, "Y": 5, "Z": 3}, inside='<TiffData IFD="7"/>')]),
    "huge ifd": ome_xml([ome_image({"X": 6, "Y": 5, "Z": 3},
                                   inside='<TiffData IFD="99999999999999999999"/>')]),
    "first": ome_xml([ome_image({"X": 6, "Y": 5, "Z": 3}, inside='<TiffData FirstZ="3"/>')]),
    "count": ome_xml([ome_image({"X": 6, "Y": 5, "Z": 9},
                                inside='<TiffData IFD="0" PlaneCount="9"/>')]),
    "up": ome_xml([ome_image({"X": 6, "Y": 5, "Z": 3}, inside=uuid_data(
        [(0, 0, 0, 3, "../../../etc/passwd", "urn:uuid:x")]))], 'UUID="urn:uuid:y"'),
    "itself": ome_xml(['<BinaryOnly MetadataFile="a.ome.tif"/>']),
    "nothing": ome_xml([]),
    "images": ome_xml([ome_image({"X": 6, "Y": 5, "Z": 10000000})] * 20),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_ome_xml(tmp_path, kind):
    path = tmp_path / "a.ome.tif"
    write_ome(path, ramp(3, 5, 6), HOSTILE[kind])
    refused(path, path)


# ---- real data ----


def golden():
    path = DATA / "golden" / "expected.tsv"
    inputs = {"tiff-folder": "webknossos-libs-testdata/tiff",
              "em-folder": "drosophila-vnc/raw", "em-labels-as-segmentation": "drosophila-vnc/labels",
              "single-2d": "drosophila-vnc/raw/03.tif",
              "rgb-2d": "webknossos-libs-testdata/rgb_tiff/test_rgb.tif",
              "uint32-volume": "webknossos-libs-testdata/various_tiff_formats/test_I.tif",
              "time-series": "webknossos-libs-testdata/4D/4D_series/4D-series.ome.tif",
              "temca2-tile": "webknossos-libs-testdata/temca2/1/60"}
    renamed = {"em-folder": "raw", "em-labels-as-segmentation": "labels"}
    if not path.exists():
        return []
    cases = []
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    for line in lines[1:]:
        row = dict(zip(lines[0], line))
        if row["case"] in inputs and row["mag"] == "1":
            row["layer"] = renamed.get(row["case"], row["layer"])
            cases.append(pytest.param(inputs[row["case"]], row, id=row["case"]))
    return cases


@pytest.mark.skipif(not golden(), reason="no test data (OMEZARR_TEST_DATA)")
@pytest.mark.parametrize("source, row", golden())
def test_golden(raw, source, row):
    stack = dump_one(DATA / "data" / source, raw)
    assert stack["name"] == row["layer"]
    assert stack["dtype"] == row["dtype"]
    size = dict(zip(row["axes"], map(int, row["extent_mag1"].split("x"))))
    assert stack["shape"] == [size.get(a, 1) for a in "tczyx"]
    pixels = stack["pixels"].tobytes()
    assert hashlib.sha256(pixels).hexdigest() == row["sha256_inner"]
