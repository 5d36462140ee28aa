"""Arrays that zarr-python and tensorstore write are read by us item by item."""

import itertools
import json
import os
import subprocess
from pathlib import Path

import numpy
import pytest

zarr = pytest.importorskip("zarr")
numcodecs = pytest.importorskip("numcodecs")
tensorstore = pytest.importorskip("tensorstore")

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("OMEZARR_BUILD", ROOT / "build"))
DUMP = BUILD / "tests" / "support" / "array_dump"

DTYPES = ["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64",
          "float16", "float32", "float64", "bool", "complex64", "complex128"]
SHAPE = (13, 9, 21)
CHUNK = (4, 5, 7)
SHARD = (8, 10, 14)


def dump(store, path, *arguments):
    return subprocess.run([DUMP, store, path, *arguments], capture_output=True)


def read(store, path, shape, dtype, box=None):
    """The array, or the box (start, count) of it, as array_dump sees it."""
    arguments = [] if box is None else [",".join(map(str, side)) for side in box]
    done = dump(store, path, *arguments)
    assert done.returncode == 0, done.stderr.decode()
    return numpy.frombuffer(done.stdout, dtype).reshape(shape if box is None else box[1])


def info(store, path):
    done = dump(store, path, "--info")
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def make_data(dtype, shape=SHAPE, seed=1):
    """Runs and noise; every byte of an item is used."""
    random = numpy.random.default_rng(seed)
    size = numpy.dtype(dtype).itemsize
    count = int(numpy.prod(shape))
    if dtype == "bool":
        return random.integers(0, 2, shape).astype(bool)
    data = random.integers(0, 256, count * size, dtype="u1")
    data[: data.size // 2] //= 64
    return data.view(dtype).reshape(shape)


def check(store, path, data):
    """All of it and boxes, bit by bit (NaN included)."""
    found = read(store, path, data.shape, data.dtype)
    assert found.tobytes() == numpy.ascontiguousarray(data).tobytes()
    random = numpy.random.default_rng(7)
    for _ in range(3):
        start = [int(random.integers(0, n)) for n in data.shape]
        count = [int(random.integers(1, n - s + 1)) for n, s in zip(data.shape, start)]
        box = tuple(slice(s, s + c) for s, c in zip(start, count))
        part = read(store, path, data.shape, data.dtype, (start, count))
        assert part.tobytes() == numpy.ascontiguousarray(data[box]).tobytes()


# ---- zarr-python, v2 ----

V2_COMPRESSORS = {
    "none": None,
    "zstd": numcodecs.Zstd(level=1),
    "zstd-checksum": numcodecs.Zstd(level=5, checksum=True),
    "gzip": numcodecs.GZip(level=5),
    "zlib": numcodecs.Zlib(level=1),
    **{f"blosc-{cname}-{shuffle}": numcodecs.Blosc(cname=cname, clevel=5, shuffle=shuffle)
       for cname in ("lz4", "lz4hc", "blosclz", "zlib", "zstd") for shuffle in (-1, 0, 1, 2)},
}


def write_v2(folder, data, *, dtype=None, compressor=None, order="C", separator=".",
             chunks=CHUNK, fill_value=0):
    array = zarr.create_array(
        folder, name="a", shape=data.shape, chunks=chunks, dtype=dtype or data.dtype,
        zarr_format=2, compressors=compressor, filters=None, order=order, fill_value=fill_value,
        chunk_key_encoding={"name": "v2", "separator": separator})
    array[...] = data
    return array


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_v2_types_and_orders(tmp_path, dtype, endian, order):
    data = make_data(dtype)
    stored = numpy.dtype(dtype).newbyteorder(endian)
    write_v2(tmp_path, data.astype(stored), dtype=stored, compressor=numcodecs.Zstd(1),
             order=order, separator="/" if order == "F" else ".")
    zarray = json.loads((tmp_path / "a" / ".zarray").read_text())
    assert zarray["order"] == order
    assert zarray["dtype"][0] == (endian if stored.itemsize > 1 else "|")
    check(tmp_path, "a", data)


@pytest.mark.parametrize("compressor", V2_COMPRESSORS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float64"])
def test_v2_compressors(tmp_path, dtype, compressor):
    data = make_data(dtype)
    write_v2(tmp_path, data, compressor=V2_COMPRESSORS[compressor])
    check(tmp_path, "a", data)


@pytest.mark.parametrize("separator", [".", "/"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_v2_chunk_larger_than_array(tmp_path, order, separator):
    data = make_data("uint16")
    write_v2(tmp_path, data, chunks=(50, 3, 40), order=order, separator=separator)
    check(tmp_path, "a", data)


def test_v2_attributes_and_names(tmp_path):
    data = make_data("uint8")
    array = write_v2(tmp_path, data)
    array.attrs.update({"_ARRAY_DIMENSIONS": ["z", "y", "x"], "more": [1, 2]})
    found = info(tmp_path, "a")
    assert found["names"] == ["z", "y", "x"]
    assert found["attributes"]["more"] == [1, 2]
    assert found["zarr_format"] == 2


# ---- zarr-python, v3 ----

def v3_compressors():
    from zarr.codecs import BloscCodec, Crc32cCodec, GzipCodec, ZstdCodec

    yield "none", None
    yield "crc32c", [Crc32cCodec()]
    yield "zstd", [ZstdCodec(level=1)]
    yield "zstd-checksum-crc32c", [ZstdCodec(level=3, checksum=True), Crc32cCodec()]
    yield "gzip", [GzipCodec(level=4)]
    yield "gzip-zstd", [GzipCodec(level=1), ZstdCodec(level=1)]
    for shuffle in ("noshuffle", "shuffle", "bitshuffle"):
        yield f"blosc-{shuffle}", [BloscCodec(cname="zstd", clevel=3, shuffle=shuffle)]


V3_COMPRESSORS = dict(v3_compressors())


def write_v3(folder, data, *, compressors=None, shards=None, filters=(), endian="little",
             encoding=None, fill_value=0):
    from zarr.codecs import BytesCodec

    array = zarr.create_array(
        folder, name="a", shape=data.shape, chunks=CHUNK, shards=shards, dtype=data.dtype,
        zarr_format=3, compressors=compressors, filters=list(filters),
        serializer=BytesCodec(endian=endian if data.dtype.itemsize > 1 else None),
        fill_value=fill_value,
        chunk_key_encoding=encoding or {"name": "default", "separator": "/"})
    array[...] = data
    return array


@pytest.mark.parametrize("shards", [None, SHARD])
@pytest.mark.parametrize("endian", ["little", "big"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_v3_types(tmp_path, dtype, endian, shards):
    data = make_data(dtype)
    write_v3(tmp_path, data, compressors=V3_COMPRESSORS["zstd"], endian=endian, shards=shards)
    check(tmp_path, "a", data)
    found = info(tmp_path, "a")
    assert found["dtype"] == dtype
    assert found["shard"] == list(shards or CHUNK)


@pytest.mark.parametrize("shards", [None, SHARD])
@pytest.mark.parametrize("compressor", V3_COMPRESSORS)
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_v3_codecs_and_transposes(tmp_path, order, compressor, shards):
    from zarr.codecs import TransposeCodec

    data = make_data("uint16")
    write_v3(tmp_path, data, compressors=V3_COMPRESSORS[compressor], shards=shards,
             filters=[TransposeCodec(order=order)] if order != (0, 1, 2) else [])
    check(tmp_path, "a", data)


@pytest.mark.parametrize("name, separator", list(itertools.product(["default", "v2"], "./")))
def test_v3_chunk_keys(tmp_path, name, separator):
    data = make_data("int32")
    write_v3(tmp_path, data, encoding={"name": name, "separator": separator})
    check(tmp_path, "a", data)


@pytest.mark.parametrize("location", ["start", "end"])
def test_v3_index_location(tmp_path, location):
    from zarr.codecs import ShardingCodec, ShardingCodecIndexLocation

    codec = ShardingCodec(chunk_shape=CHUNK, index_location=ShardingCodecIndexLocation(location))
    data = make_data("uint8")
    array = zarr.create_array(tmp_path, name="a", shape=SHAPE, chunks=SHARD, dtype="uint8",
                              serializer=codec, compressors=None, filters=[], fill_value=0)
    array[...] = data
    check(tmp_path, "a", data)


@pytest.mark.parametrize("shards", [None, SHARD])
@pytest.mark.parametrize("dtype, fill", [("uint8", 200), ("int64", -5), ("float32", numpy.nan),
                                         ("float16", numpy.inf), ("bool", True),
                                         ("complex64", 1.5 - 2j)])
def test_v3_missing_chunks(tmp_path, dtype, fill, shards):
    """Only one corner is written: the rest is fill, within the shard and without it."""
    data = numpy.full(SHAPE, fill, dtype)
    array = zarr.create_array(tmp_path, name="a", shape=SHAPE, chunks=CHUNK, shards=shards,
                              dtype=dtype, fill_value=fill)
    corner = make_data(dtype, (5, 6, 7), seed=3)
    array[:5, :6, :7] = corner
    data[:5, :6, :7] = corner
    check(tmp_path, "a", data)


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("shape, chunks", [((), ()), ((1,), (1,)), ((17,), (5,)), ((0, 4), (2, 2)),
                                           ((2, 1, 3, 2, 5), (1, 1, 2, 2, 2))])
def test_ranks(tmp_path, shape, chunks, zarr_format):
    data = make_data("uint16", shape)
    array = zarr.create_array(tmp_path, name="a", shape=shape, chunks=chunks, dtype="uint16",
                              zarr_format=zarr_format, fill_value=0)
    array[...] = data
    assert read(tmp_path, "a", shape, "uint16").tobytes() == data.tobytes()


# ---- tensorstore ----

def write_tensorstore(folder, driver, data, metadata):
    array = tensorstore.open({
        "driver": driver, "kvstore": {"driver": "file", "path": str(folder / "a")},
        "metadata": {"shape": list(data.shape), **metadata}, "create": True}).result()
    array.write(data).result()


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("separator", [".", "/"])
@pytest.mark.parametrize("compressor", [None, {"id": "zstd", "level": 1},
                                        {"id": "zlib", "level": 1}, {"id": "gzip", "level": 9},
                                        {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1}])
@pytest.mark.parametrize("dtype", ["|u1", "<u2", ">i4", ">f8", "<c8"])
def test_tensorstore_v2(tmp_path, dtype, compressor, separator, order):
    data = make_data(numpy.dtype(dtype).newbyteorder("=").name)
    write_tensorstore(tmp_path, "zarr", data, {
        "zarr_format": 2, "chunks": list(CHUNK), "dtype": dtype, "compressor": compressor,
        "fill_value": None, "order": order, "filters": None, "dimension_separator": separator})
    check(tmp_path, "a", data)


INNER = {
    "none": [],
    "zstd": [{"name": "zstd", "configuration": {"level": 1}}],
    "gzip": [{"name": "gzip", "configuration": {"level": 1}}],
    "blosc": [{"name": "blosc", "configuration": {"cname": "lz4", "clevel": 5,
                                                  "shuffle": "bitshuffle", "typesize": 2}}],
    "crc32c": [{"name": "crc32c"}],
}


@pytest.mark.parametrize("location", ["start", "end"])
@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0]])
@pytest.mark.parametrize("endian", ["little", "big"])
@pytest.mark.parametrize("inner", INNER)
def test_tensorstore_shards(tmp_path, inner, endian, order, location):
    data = make_data("uint16")
    codecs = [{"name": "transpose", "configuration": {"order": order}},
              {"name": "bytes", "configuration": {"endian": endian}}, *INNER[inner]]
    sharding = {"name": "sharding_indexed", "configuration": {
        "chunk_shape": list(CHUNK), "codecs": codecs, "index_location": location,
        "index_codecs": [{"name": "bytes", "configuration": {"endian": endian}},
                         {"name": "crc32c"}]}}
    write_tensorstore(tmp_path, "zarr3", data, {
        "data_type": "uint16", "codecs": [sharding], "dimension_names": ["z", "y", "x"],
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(SHARD)}}})
    check(tmp_path, "a", data)
    assert info(tmp_path, "a")["names"] == ["z", "y", "x"]


@pytest.mark.parametrize("dtype", [name for name in DTYPES if name != "float16"])
def test_tensorstore_v3_types(tmp_path, dtype):
    data = make_data(dtype)
    write_tensorstore(tmp_path, "zarr3", data, {
        "data_type": dtype,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(CHUNK)}}})
    check(tmp_path, "a", data)


# ---- what cannot be read says why ----

def test_unknown_things_are_named(tmp_path):
    zarr.create_array(tmp_path, name="text", shape=(3,), chunks=(3,), dtype="U4", zarr_format=2)
    zarr.create_array(tmp_path, name="lzma", shape=(3,), chunks=(3,), dtype="u1", zarr_format=2,
                      compressors=numcodecs.LZMA(), filters=None)
    for path, word in (("text", "<U4"), ("lzma", "lzma"), ("missing", "no array")):
        done = dump(tmp_path, path)
        assert done.returncode == 1
        assert word in done.stderr.decode()
