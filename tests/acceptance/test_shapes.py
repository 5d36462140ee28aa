"""Sizes, types, chunks and shards of every kind, compared voxel by voxel."""

import json

import numpy as np
import pytest
import tifffile

import pictures
import referees
from referees import Layer

VOXEL = (4.0, 4.0, 30.0)
OPTIONS = ["--voxel-size", "4,4,30"]


def noise(shape, dtype="uint8", seed=1):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.normal(0, 1000, shape).astype(dtype)
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, shape, dtype, endpoint=True)


def convert(omezarr, tmp_path, array, *options, zarr_format=3, **expected):
    """Convert a z,y,x stack and check all of it. Returns the target."""
    source = pictures.write_slices(tmp_path / "em", array)
    target = tmp_path / "output.zarr"
    more = ["--data-format", "zarr"] if zarr_format == 2 else []
    omezarr("convert", *OPTIONS, *more, *options, source, target)
    layer = Layer(array[None, None], **{"voxel": VOXEL, **expected})
    if array.dtype == np.float64 or array.dtype.itemsize == 8:
        referees.check_arrays(target / "em", layer, zarr_format)
    else:
        referees.check(target, {"em": layer}, zarr_format)
    return target


@pytest.mark.sanitize
@pytest.mark.parametrize("shape", [
    (1, 1, 1), (1, 1, 2), (2, 1, 1), (1, 7, 5), (3, 2, 1), (1, 401, 7), (7, 5, 211), (65, 65, 65),
    (64, 64, 64), (63, 128, 129), (97, 101, 103), (2, 257, 263), (131, 17, 19),
], ids=lambda shape: "x".join(map(str, shape)))
@pytest.mark.parametrize("zarr_format", [3, 2])
def test_sizes(omezarr, tmp_path, shape, zarr_format):
    convert(omezarr, tmp_path, noise(shape), zarr_format=zarr_format)


@pytest.mark.sanitize
@pytest.mark.parametrize("dtype", [
    "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float32", "float64"])
@pytest.mark.parametrize("kind", ["median", "mode"])
def test_types(omezarr, tmp_path, dtype, kind):
    array = noise((9, 43, 47), dtype)
    if np.dtype(dtype).itemsize == 8 and kind == "median" and np.dtype(dtype).kind != "f":
        array = array // 2**20  # the model's median is exact up to 2^53
    if kind == "mode":
        array = (array // 2**(8 * np.dtype(dtype).itemsize - 3)
                 if np.dtype(dtype).kind != "f" else np.round(array / 500).astype(dtype))
    convert(omezarr, tmp_path, array, "--interpolation-mode", kind, kind=kind)


@pytest.mark.parametrize("kind", ["median", "mode", "mean", "min", "max", "nearest"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_kernels(omezarr, tmp_path, kind, dtype):
    array = noise((33, 71, 90), dtype)
    if dtype == "float32" and kind == "mean":
        array = np.round(array)  # so that the order of adding does not matter
    convert(omezarr, tmp_path, array, "--interpolation-mode", kind, kind=kind)


@pytest.mark.parametrize("kind", ["bilinear", "bicubic"])
def test_interpolating_kernels_keep_planes(omezarr, tmp_path, kind):
    """A slope stays that slope, away from the borders."""
    z, y, x = np.meshgrid(np.arange(16), np.arange(64), np.arange(64), indexing="ij")
    slope = (x * 3.0 + y * 2.0 + z * 5.0).astype(np.float32)
    source = pictures.write_slices(tmp_path / "em", slope)
    target = tmp_path / "output.zarr"
    omezarr("convert", "--voxel-size", "1,1,1", "--interpolation-mode", kind, source, target)
    coarse = referees.open_tensorstore(target / "em" / "2", 3).read().result()
    wanted = slope.reshape(8, 2, 32, 2, 32, 2).mean(axis=(1, 3, 5))
    inner = (slice(2, -2),) * 3
    np.testing.assert_allclose(coarse[inner], wanted[inner], rtol=1e-5)


@pytest.mark.parametrize("chunk, shard", [
    ("32,32,32", None), ("64,64,64", "128,128,64"), ("16,32,64", "64,64,64"), ("50,33,20", None),
    ("50,33,20", "150,99,40"), ("32", "1024"), ("128", None), ("1,64,64", None), ("64,64,1", None),
    ("7", "7"),
])
@pytest.mark.parametrize("zarr_format", [3, 2])
def test_chunks_and_shards(omezarr, tmp_path, chunk, shard, zarr_format):
    if zarr_format == 2 and shard is not None:
        pytest.skip("Zarr v2 has no shards")
    options = ["--chunk-shape", chunk] + (["--shard-shape", shard] if shard else [])
    target = convert(omezarr, tmp_path, noise((45, 140, 170)), *options, zarr_format=zarr_format)
    numbers = [int(part) for part in chunk.split(",")]
    wanted = (numbers * 3 if len(numbers) == 1 else numbers)[::-1]
    for mag in (target / "em").iterdir():
        if not mag.is_dir():
            continue
        if zarr_format == 2:
            assert json.loads((mag / ".zarray").read_text())["chunks"] == wanted
            continue
        document = json.loads((mag / "zarr.json").read_text())
        sharding = document["codecs"][0]
        outer = document["chunk_grid"]["configuration"]["chunk_shape"]
        if sharding["name"] != "sharding_indexed":
            assert outer == wanted
            continue
        assert sharding["configuration"]["chunk_shape"] == wanted
        assert all(o % c == 0 for o, c in zip(outer, wanted))
        if shard:
            given = [int(part) for part in shard.split(",")]
            assert outer == (given * 3 if len(given) == 1 else given)[::-1]


@pytest.mark.parametrize("chunk, shape, wanted", [
    ("64,64,64", (1, 90, 90), [1, 64, 64]), ("64,64,64", (90, 1, 90), [64, 1, 64]),
])
def test_chunks_are_one_along_axes_of_one(omezarr, tmp_path, chunk, shape, wanted):
    target = convert(omezarr, tmp_path, noise(shape), "--chunk-shape", chunk)
    codec = json.loads((target / "em" / "1" / "zarr.json").read_text())["codecs"][0]
    assert codec["configuration"]["chunk_shape"] == wanted


@pytest.mark.parametrize("codec", [
    "zstd:1", "zstd:3", "gzip:6", "none", "blosc:lz4:5:shuffle", "blosc:zstd:3:bitshuffle",
    "blosc:zlib", "blosc:lz4hc:9:noshuffle"])
@pytest.mark.parametrize("zarr_format", [3, 2])
def test_codecs(omezarr, tmp_path, codec, zarr_format):
    convert(omezarr, tmp_path, noise((20, 70, 90), "uint16"), "--codec", codec,
            zarr_format=zarr_format)


def test_chunks_per_shard(omezarr, tmp_path):
    target = convert(omezarr, tmp_path, noise((45, 140, 170)), "--chunk-shape", "32",
                     "--chunks-per-shard", "2")
    document = json.loads((target / "em" / "1" / "zarr.json").read_text())
    assert document["chunk_grid"]["configuration"]["chunk_shape"] == [64, 64, 64]


@pytest.mark.parametrize("zarr_format", [3, 2])
def test_empty_regions_are_not_stored(omezarr, tmp_path, zarr_format):
    array = np.zeros((64, 256, 256), np.uint8)
    array[:32, :64, :64] = noise((32, 64, 64)) | 1
    options = ["--chunk-shape", "32"] + (["--shard-shape", "64"] if zarr_format == 3 else [])
    target = convert(omezarr, tmp_path, array, *options, zarr_format=zarr_format)
    stored = [path for path in (target / "em" / "1").rglob("*")
              if path.is_file() and not path.name.startswith((".z", "zarr"))]
    assert len(stored) == (1 if zarr_format == 3 else 4)


def test_all_empty(omezarr, tmp_path):
    convert(omezarr, tmp_path, np.zeros((5, 70, 70), np.uint8))


@pytest.mark.parametrize("options, expected", [
    (["--max-mag", "8-8-2"], {"max_mag": (8, 8, 2)}),
    (["--max-mag", "2"], {"max_mag": (2, 2, 2)}),
    (["--sampling-mode", "isotropic"], {"sampling": "isotropic"}),
    (["--sampling-mode", "constant_z"], {"sampling": "constant_z"}),
    (["--no-downsample"], {"mags": [(1, 1, 1)]}),
    (["--unit", "micrometer"], {"unit": "micrometer"}),
    (["--category", "segmentation"], {"category": "segmentation", "kind": "mode"}),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_options(omezarr, tmp_path, options, expected):
    convert(omezarr, tmp_path, noise((40, 150, 170)), *options, **expected)


@pytest.mark.parametrize("layout", [
    {}, {"compression": "lzw"}, {"compression": "lzw", "predictor": True},
    {"compression": "zlib", "predictor": True}, {"compression": "zstd"},
    {"compression": "packbits"}, {"tile": (32, 48)}, {"tile": (16, 16), "compression": "zlib"},
    {"rowsperstrip": 7}, {"byteorder": ">"}, {"bigtiff": True},
], ids=lambda layout: " ".join(f"{k}={v}" for k, v in layout.items()) or "plain")
@pytest.mark.parametrize("many", [True, False], ids=["pages", "files"])
def test_tiff_layouts(omezarr, tmp_path, layout, many):
    array = noise((21, 90, 110), "uint16")
    if many:
        (tmp_path / "em").mkdir()
        tifffile.imwrite(tmp_path / "em" / "a.tif", array, metadata=None, **layout)
        source = tmp_path / "em" / "a.tif"
    else:
        source = pictures.write_slices(tmp_path / "em", array, **layout)
    omezarr("convert", *OPTIONS, "--layer-name", "x", source, tmp_path / "output.zarr")
    referees.check(tmp_path / "output.zarr", {"x": Layer(array[None, None], voxel=VOXEL)})
