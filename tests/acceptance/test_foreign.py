"""downsample, compress and info on datasets that others wrote, and convert's --overwrite-existing,
--plan and --progress."""

import json
import shutil
import warnings

import numpy as np
import pytest
import zarr

import model
import pictures
import referees
from referees import Layer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import webknossos

VOXEL = ["--voxel-size", "4,4,30"]


def webknossos_dataset(path, layers, data_format="zarr3", compress=True, voxel=(4, 4, 30)):
    """`layers`: name -> (category, z,y,x array)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = webknossos.Dataset(path, voxel_size=voxel)
        for name, (category, array) in layers.items():
            more = {"largest_segment_id": int(array.max())} if category == "segmentation" else {}
            layer = dataset.add_layer(name, category, dtype=array.dtype, data_format=data_format,
                                      **more)
            shards = {} if data_format == "zarr" else {"shard_shape": (64, 64, 64)}
            mag = layer.add_mag("1", compress=compress, chunk_shape=(32, 32, 32), **shards)
            mag.write(array.transpose(2, 1, 0)[None], allow_resize=True)
    return path


def read_layer(path, name):
    """mag name -> z,y,x by webknossos."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer = webknossos.Dataset.open(path).get_layer(name)
    return {mag.to_layer_name(): layer.get_mag(mag).read_cxyz()[0].transpose(2, 1, 0)
            for mag in layer.mags}


def cut_to(array, extent, mag):
    """The part of a mag that lies in the extent (x, y, z) of mag 1."""
    return array[tuple(slice(0, -(-n // m)) for n, m in zip(extent[::-1], mag[::-1]))]


@pytest.mark.sanitize
@pytest.mark.parametrize("data_format", ["zarr3", "zarr"])
def test_downsample_what_webknossos_wrote(omezarr, tmp_path, data_format):
    gray, labels = model.cells((37, 151, 173))
    target = webknossos_dataset(tmp_path / "wk", {"em": ("color", gray),
                                                  "cells": ("segmentation", labels)}, data_format)
    omezarr("info", target)
    omezarr("downsample", target)
    mags = model.plan_mags((4, 4, 30), (173, 151, 37))
    for name, array, kind in (("em", gray, "median"), ("cells", labels, "mode")):
        wanted = model.pyramid(array[None, None], mags, kind)
        got = read_layer(target, name)
        assert sorted(got) == sorted(map(model.mag_name, mags))
        for mag, level in wanted.items():
            voxels = cut_to(got[model.mag_name(mag)], (173, 151, 37), mag)
            referees.assert_same(voxels, level[0, 0], f"{name} {mag}")
    done = pictures.fingerprint(target)
    omezarr("downsample", target)
    assert pictures.fingerprint(target) == done


@pytest.mark.parametrize("options, mags", [
    (["--coarsest-mag", "2-2-1"], [(1, 1, 1), (2, 2, 1)]),
    (["--sampling-mode", "isotropic", "--coarsest-mag", "4"], [(1, 1, 1), (2, 2, 2), (4, 4, 4)]),
    (["--interpolation-mode", "max", "--coarsest-mag", "2-2-1"], [(1, 1, 1), (2, 2, 1)]),
])
def test_downsample_options(omezarr, tmp_path, options, mags):
    gray, labels = model.cells((37, 151, 173))
    target = webknossos_dataset(tmp_path / "wk", {"em": ("color", gray),
                                                  "cells": ("segmentation", labels)})
    omezarr("downsample", "--layer-name", "em", *options, target)
    wanted = model.pyramid(gray[None, None], mags, "max" if "max" in options else "median")
    got = read_layer(target, "em")
    assert sorted(got) == sorted(map(model.mag_name, mags))
    for mag, level in wanted.items():
        voxels = cut_to(got[model.mag_name(mag)], (173, 151, 37), mag)
        referees.assert_same(voxels, level[0, 0], str(mag))
    assert list(read_layer(target, "cells")) == ["1"]


@pytest.mark.parametrize("data_format", ["zarr3", "zarr"])
def test_compress_what_webknossos_wrote(omezarr, tmp_path, data_format):
    gray, _ = model.cells((37, 151, 173))
    target = webknossos_dataset(tmp_path / "wk", {"em": ("color", gray)}, data_format,
                                compress=False)
    before = sum(path.stat().st_size for path in (target / "em").rglob("*") if path.is_file())
    omezarr("compress", target)
    after = sum(path.stat().st_size for path in (target / "em").rglob("*") if path.is_file())
    assert after < before
    referees.assert_same(read_layer(target, "em")["1"], gray, "em/1")
    assert sorted(path.name for path in (target / "em").iterdir() if path.is_dir()) == ["1"]
    assert "skip" in (lambda r: r.out + r.err)(omezarr("compress", target)).lower()


def test_compress_selects(omezarr, tissue, tmp_path):
    target = tmp_path / "output.zarr"
    omezarr("convert", *VOXEL, "--no-compress", tissue.em, target)
    before = pictures.fingerprint(target / "em" / "1")
    omezarr("compress", "--layer-name", "em", "--mag", "2-2-1", target)
    assert pictures.fingerprint(target / "em" / "1") == before
    omezarr("compress", "--mag", "64", target, code=1)
    omezarr("compress", "--layer-name", "nothing", target, code=1)
    omezarr("compress", target)
    referees.check(target, {"em": Layer(tissue.gray[None, None], voxel=(4.0, 4.0, 30.0))})


# ---- plain OME-Zarr images ----


def ome_image(path, array, axes, zarr_format, chunks=None, name="0"):
    """A one-level image as any other program writes it: no dataset around it."""
    group = zarr.open_group(path, mode="w", zarr_format=zarr_format)
    more = {"dimension_names": list(axes)} if zarr_format == 3 else {
        "chunk_key_encoding": {"name": "v2", "separator": "/"}}
    stored = group.create_array(name, shape=array.shape, dtype=array.dtype,
                                chunks=chunks or tuple(min(n, 40) for n in array.shape), **more)
    stored[...] = array
    kinds = {"c": "channel", "t": "time"}
    units = {axis: {"unit": "micrometer"} for axis in "zyx"}
    multiscale = {
        "axes": [{"name": axis, "type": kinds.get(axis, "space"), **units.get(axis, {})}
                 for axis in axes],
        "datasets": [{"path": name, "coordinateTransformations": [
            {"type": "scale", "scale": [{"z": 0.03, "t": 2.0, "c": 1.0}.get(axis, 0.004)
                                        for axis in axes]}]}],
        "name": "other"}
    if zarr_format == 3:
        group.attrs["ome"] = {"version": "0.5", "multiscales": [multiscale]}
    else:
        group.attrs["multiscales"] = [{**multiscale, "version": "0.4"}]
    group.attrs["mine"] = {"kept": [1, 2.5, "three"]}
    return path


@pytest.mark.sanitize
@pytest.mark.parametrize("axes", ["yx", "zyx", "czyx", "tczyx", "tzyx"])
@pytest.mark.parametrize("zarr_format", [3, 2])
def test_downsample_a_plain_image(omezarr, tmp_path, axes, zarr_format):
    sizes = {"t": 2, "c": 3, "z": 21, "y": 150, "x": 170}
    shape = [sizes[axis] for axis in axes]
    array = np.random.default_rng(1).integers(0, 255, shape, np.uint8)
    path = ome_image(tmp_path / "image.zarr", array, axes, zarr_format)
    omezarr("info", path)
    information = json.loads(omezarr("info", "--json", path).out)
    assert "micrometer" in json.dumps(information)
    omezarr("downsample", path)
    _, attrs = referees.attributes(path)
    assert attrs["mine"] == {"kept": [1, 2.5, "three"]}
    multiscale = attrs.get("ome", attrs)["multiscales"][0]
    assert multiscale["name"] == "other"
    full = array
    for place, axis in enumerate("tczyx"):
        if axis not in axes:
            full = np.expand_dims(full, place)
    size = [sizes.get(axis, 1) if axis in axes else 1 for axis in "xyz"]
    mags = model.plan_mags((4.0, 4.0, 30.0), size)
    layer = Layer(full, axes, mags=mags)
    levels = layer.levels()
    assert len(multiscale["datasets"]) == len(mags)
    for dataset, mag in zip(multiscale["datasets"], mags):
        wanted = layer.stored(levels[mag])
        got = zarr.open_array(path / dataset["path"], mode="r")[...]
        referees.assert_same(got, wanted, dataset["path"])
        steps = {step["type"]: step[step["type"]] for step in dataset["coordinateTransformations"]}
        factors = dict(zip("xyz", mag))
        base = {"x": 0.004, "y": 0.004, "z": 0.03, "t": 2.0, "c": 1.0}
        np.testing.assert_allclose(
            steps["scale"], [base[axis] * factors.get(axis, 1) for axis in axes], rtol=1e-12)
        if mag != (1, 1, 1):
            np.testing.assert_allclose(
                steps["translation"],
                [base[axis] * (factors.get(axis, 1) - 1) / 2 for axis in axes], rtol=1e-12)
    referees.check_models(path.parent, [path.name], zarr_format)
    done = pictures.fingerprint(path)
    omezarr("downsample", path)
    assert pictures.fingerprint(path) == done


def test_info_on_the_samples_of_others(omezarr, data):
    for name in ("simple_zarr3_dataset", "4D/4D_series_zarr3"):
        path = data / "webknossos-libs-testdata" / name
        assert "color" in omezarr("info", path).out
        assert "color" in json.dumps(json.loads(omezarr("info", "--json", path).out))


def test_info_says_what_is_there(omezarr, tissue, tmp_path):
    target = tmp_path / "output.zarr"
    omezarr("convert", *VOXEL, tissue.folder, target)
    text = omezarr("info", target).out
    for word in ("em", "segmentation", "uint8", "uint32", "2-2-1", "zstd", "173", "nanometer"):
        assert word in text or (word == "nanometer" and " nm" in text), word
    layer = omezarr("info", target / "em").out
    assert "2-2-1" in layer


# ---- convert: overwrite, plan, progress ----


def test_overwrite(omezarr, tissue, tmp_path):
    target = tmp_path / "place" / "output.zarr"
    omezarr("convert", *VOXEL, tissue.segmentation, target)
    (target / "mine.txt").write_text("gone with the dataset")
    omezarr("convert", *VOXEL, "--overwrite-existing", tissue.em, target)
    assert pictures.names_beside(target) == ["output.zarr"]
    assert sorted(path.name for path in target.iterdir() if path.is_dir()) == ["OME", "em"]
    referees.check(target, {"em": Layer(tissue.gray[None, None], voxel=(4.0, 4.0, 30.0))})


def test_an_empty_folder_is_no_dataset(omezarr, tissue, tmp_path):
    target = tmp_path / "output.zarr"
    target.mkdir()
    omezarr("convert", *VOXEL, tissue.em, target)
    assert (target / "em" / "1" / "zarr.json").exists()


def test_target_through_a_link(omezarr, tissue, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    omezarr("convert", *VOXEL, tissue.em, tmp_path / "link" / "output.zarr")
    assert (tmp_path / "real" / "output.zarr" / "em" / "1" / "zarr.json").exists()


def test_plan_writes_nothing(omezarr, tissue, tmp_path):
    target = tmp_path / "output.zarr"
    result = omezarr("convert", *VOXEL, "--plan", tissue.em, target)
    assert not target.exists() and list(tmp_path.iterdir()) == []
    for word in ("em", "2-2-1", "shard", "memory", "disk"):
        assert word in result.out.lower(), word


def test_plan_of_something_huge(omezarr, tmp_path):
    """100 GB by 1600 links to one slice: planning reads none of it."""
    pictures.write_slices(tmp_path / "one", np.zeros((1, 8000, 8000), np.uint8))
    (tmp_path / "em").mkdir()
    for z in range(1600):
        (tmp_path / "em" / f"s{z:04}.tif").symlink_to(tmp_path / "one" / "slice_0000.tif")
    result = omezarr("convert", *VOXEL, "--plan", tmp_path / "em", tmp_path / "o.zarr", timeout=60)
    assert "8000" in result.out and "1600" in result.out


@pytest.mark.parametrize("kind", ["plain", "json", "none", "auto"])
def test_progress(omezarr, tissue, tmp_path, kind):
    result = omezarr("convert", *VOXEL, "--progress", kind, tissue.em, tmp_path / "output.zarr")
    text = result.err + result.out
    assert "\r" not in text and "\x1b" not in text
    if kind == "json":
        events = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        assert events


@pytest.mark.parametrize("command", ["convert", "compress", "downsample", "info"])
def test_help(omezarr, command):
    text = omezarr(command, "--help").out
    assert text.lower().startswith("usage") and f"omezarr {command}" in text
    assert "example" in text.lower()


def test_top_level(omezarr):
    assert omezarr("--version").out.strip()[0].isdigit() or "omezarr" in omezarr("--version").out
    for text in (omezarr("--help").out, omezarr().out):
        assert all(word in text for word in ("convert", "compress", "downsample", "info"))


def test_options_in_any_place(omezarr, tissue, tmp_path):
    omezarr("convert", tissue.em, "--voxel-size=4,4,30", tmp_path / "output.zarr", "--jobs=2",
            "--no-overwrite-existing", "--downsample", "--compress")
    shutil.rmtree(tmp_path / "output.zarr")
    omezarr("convert", *VOXEL, "--", tissue.em, tmp_path / "output.zarr")
