"""compress: the same voxels as before, read by zarr-python, tensorstore and webknossos; whole or not
at all."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import tensorstore
import zarr
from zarr.codecs import (BytesCodec, Crc32cCodec, ShardingCodec, ShardingCodecIndexLocation,
                         TransposeCodec)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import webknossos

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("OMEZARR_BUILD", ROOT / "build")) / "omezarr"


def run(*arguments, code=0):
    done = subprocess.run([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, check=False,
                          capture_output=True, text=True, timeout=600)
    assert done.returncode == code, f"{arguments}\n{done.stdout}{done.stderr}"
    return done


def fingerprint(path):
    """Every file below the folder and what is in it."""
    return {str(file.relative_to(path)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(path.rglob("*")) if file.is_file()}


def names(path):
    return sorted(child.name for child in path.iterdir())


def voxels(shape, dtype="uint8"):
    """Smooth, so that it compresses, and different everywhere."""
    grid = np.indices(shape).reshape(len(shape), -1)
    weights = np.arange(1, len(shape) + 1) * 7
    return ((weights @ grid) // 16 % 251).reshape(shape).astype(dtype)


def read_both(path):
    """What zarr-python reads; tensorstore has to agree."""
    array = zarr.open_array(path, mode="r")
    driver = "zarr3" if array.metadata.zarr_format == 3 else "zarr"
    other = tensorstore.open({"driver": driver, "kvstore": {"driver": "file", "path": f"{path}/"}},
                             read=True).result().read().result()
    mine = array[...]
    np.testing.assert_array_equal(mine, other)
    return mine


def documents(path):
    """The metadata without codecs and compressors."""
    found = {}
    for name in ("zarr.json", ".zarray", ".zattrs"):
        if (path / name).exists():
            document = json.loads((path / name).read_text())
            for key in ("codecs", "compressor", "filters", "storage_transformers"):
                document.pop(key, None)
            found[name] = document
    return found


# ---- arrays of other writers ----


def plain_v3(path, data, **more):
    options = {"chunks": tuple(min(n, 16) for n in data.shape), "compressors": None,
               "attributes": {"mine": [1, 2.5, "three"]}, "fill_value": data.dtype.type(7), **more}
    array = zarr.create_array(path, shape=data.shape, dtype=data.dtype, zarr_format=3, **options)
    array[...] = data


def plain_v2(path, data, order="C", separator="/"):
    array = zarr.create_array(
        path, shape=data.shape, dtype=data.dtype, zarr_format=2, compressors=None, filters=None,
        chunks=tuple(min(n, 16) for n in data.shape), order=order, fill_value=data.dtype.type(7),
        chunk_key_encoding={"name": "v2", "separator": separator},
        attributes={"mine": [1, 2.5, "three"]})
    array[...] = data


def sharded(path, data, inner, start=False):
    location = ShardingCodecIndexLocation.start if start else ShardingCodecIndexLocation.end
    chunks = tuple(min(n, 16) for n in data.shape)
    codec = ShardingCodec(chunk_shape=chunks, codecs=inner, index_location=location)
    plain_v3(path, data, chunks=tuple(2 * n for n in chunks), serializer=codec, filters=(),
             compressors=())


def transposed(rank):
    return TransposeCodec(order=tuple(reversed(range(rank))))


WRITERS = {
    "v3": plain_v3,
    "v3 F": lambda path, data: plain_v3(path, data, filters=(transposed(data.ndim),)),
    "v3 big endian": lambda path, data: plain_v3(path, data, serializer=BytesCodec(endian="big")),
    "v3 crc32c": lambda path, data: plain_v3(path, data, compressors=(Crc32cCodec(),)),
    "v3 names": lambda path, data: plain_v3(path, data, dimension_names=list("zyx")),
    "shards": lambda path, data: sharded(path, data, [BytesCodec()]),
    "shards F": lambda path, data: sharded(path, data, [transposed(data.ndim), BytesCodec()]),
    "shards index first": lambda path, data: sharded(path, data, [BytesCodec()], start=True),
    "shards crc32c": lambda path, data: sharded(path, data, [BytesCodec(), Crc32cCodec()]),
    "v2": plain_v2,
    "v2 F": lambda path, data: plain_v2(path, data, order="F"),
    "v2 dots": lambda path, data: plain_v2(path, data, separator="."),
    "v2 big endian": lambda path, data: plain_v2(path, data.astype(">u2")),
}


@pytest.mark.sanitize
@pytest.mark.parametrize("writer", WRITERS)
def test_arrays(tmp_path, writer):
    path = tmp_path / "array.zarr"
    data = voxels((37, 50, 45), "uint16")
    WRITERS[writer](path, data)
    before, size = documents(path), sum(file.stat().st_size for file in path.rglob("*"))
    np.testing.assert_array_equal(read_both(path), data)
    keys = [key for key in fingerprint(path)]
    run("compress", path)
    np.testing.assert_array_equal(read_both(path), data)
    assert documents(path) == before
    assert [key for key in fingerprint(path)] == keys
    assert sum(file.stat().st_size for file in path.rglob("*")) < size
    assert names(tmp_path) == ["array.zarr"]
    done = fingerprint(path)
    assert "skipped" in run("compress", path).stderr
    assert fingerprint(path) == done


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint32", "int64", "float32", "float64", "bool",
                                   "complex64"])
@pytest.mark.parametrize("writer", ["v3", "shards F", "v2 F"])
def test_types(tmp_path, dtype, writer):
    path = tmp_path / "array.zarr"
    data = voxels((20, 33, 17)).astype(dtype)
    WRITERS[writer](path, data)
    run("compress", path)
    np.testing.assert_array_equal(zarr.open_array(path, mode="r")[...], data)


@pytest.mark.parametrize("shape", [(1, 1, 1), (16, 16, 16), (70, 3), (2, 3, 20, 33, 17)])
@pytest.mark.parametrize("writer", ["v3", "shards", "v2"])
def test_shapes(tmp_path, shape, writer):
    path = tmp_path / "array.zarr"
    WRITERS[writer](path, voxels(shape))
    run("compress", path)
    np.testing.assert_array_equal(read_both(path), voxels(shape))


@pytest.mark.parametrize("codec, name", [
    ("zstd:1", "zstd"), ("zstd:19", "zstd"), ("gzip:6", "gzip"), ("blosc:lz4:5:shuffle", "blosc"),
    ("blosc:zstd:1:bitshuffle", "blosc"), (None, None)])
@pytest.mark.parametrize("writer", ["v3", "shards", "v2"])
def test_codecs(tmp_path, codec, name, writer):
    path = tmp_path / "array.zarr"
    WRITERS[writer](path, voxels((37, 50, 45), "uint16"))
    run("compress", *(["--codec", codec] if codec else []), path)
    np.testing.assert_array_equal(read_both(path), voxels((37, 50, 45), "uint16"))
    shown = json.loads(run("info", "--json", path).stdout)["layers"][0]["mags"][0]["codec"]
    assert name is None or shown.startswith(name)


@pytest.mark.parametrize("writer", ["v3", "shards", "v2"])
def test_missing_chunks_stay_missing(tmp_path, writer):
    path = tmp_path / "array.zarr"
    data = np.full((64, 64, 64), 7, np.uint8)
    data[:20, 40:, 3:9] = voxels((20, 24, 6))
    WRITERS[writer](path, data)
    keys = list(fingerprint(path))
    run("compress", path)
    np.testing.assert_array_equal(read_both(path), data)
    assert list(fingerprint(path)) == keys
    assert len(keys) < 20


def test_an_array_without_any_chunk(tmp_path):
    path = tmp_path / "array.zarr"
    plain_v3(path, np.full((20, 20, 20), 7, np.uint8))
    run("compress", path)
    np.testing.assert_array_equal(read_both(path), np.full((20, 20, 20), 7, np.uint8))


@pytest.mark.threads
def test_bytes_do_not_depend_on_jobs(tmp_path):
    made = []
    for jobs in ("1", "2", "7"):
        path = tmp_path / jobs
        WRITERS["shards"](path, voxels((90, 90, 90), "uint16"))
        run("compress", "--jobs", jobs, path)
        made.append(fingerprint(path))
    assert made[0] == made[1] == made[2]


# ---- datasets ----


def dataset_of_webknossos(path, data_format):
    """Two layers and two mags, not compressed, with axes c,x,y,z in F order."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = webknossos.Dataset(path, voxel_size=(4, 4, 30))
        for name, dtype in (("em", "uint8"), ("labels_", "uint32")):
            category = "color" if name == "em" else "segmentation"
            more = {} if name == "em" else {"largest_segment_id": 250}
            layer = dataset.add_layer(name, category, dtype=dtype, data_format=data_format, **more)
            shards = {} if data_format == "zarr" else {"shard_shape": (64, 64, 64)}
            for mag, shape in (("1", (150, 130, 40)), ("2-2-1", (75, 65, 40))):
                view = layer.add_mag(mag, compress=False, chunk_shape=(32, 32, 32), **shards)
                view.write(voxels(shape, dtype)[None], allow_resize=True)
    return path


def read_webknossos(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = webknossos.Dataset.open(path)
        return {(name, str(mag)): (layer.get_mag(mag).read(), layer.get_mag(mag)._is_compressed())
                for name, layer in dataset.layers.items() for mag in layer.mags}


@pytest.mark.sanitize
@pytest.mark.parametrize("data_format", ["zarr3", "zarr"])
def test_datasets_of_webknossos(tmp_path, data_format):
    path = dataset_of_webknossos(tmp_path / "wk", data_format)
    before = read_webknossos(path)
    properties = (path / "datasource-properties.json").read_bytes()
    assert not any(compressed for _, compressed in before.values())
    done = run("compress", "--layer-name", "em", "--mag", "2-2-1", path)
    assert done.stderr == ""
    after = read_webknossos(path)
    assert [key for key, (_, compressed) in after.items() if compressed] == [("em", "2-2-1")]
    done = run("compress", path)
    assert done.stderr.startswith("note: em/2-2-1 is compressed already (zstd 1), skipped\n")
    assert len(done.stderr.splitlines()) == 1
    after = read_webknossos(path)
    assert all(compressed for _, compressed in after.values())
    for key, (array, _) in before.items():
        np.testing.assert_array_equal(after[key][0], array)
        mag_path = path / key[0] / key[1]
        np.testing.assert_array_equal(read_both(mag_path).shape, zarr.open_array(mag_path).shape)
    assert (path / "datasource-properties.json").read_bytes() == properties
    for layer in ("em", "labels_"):
        assert [name for name in names(path / layer) if name.endswith("partial")] == []


def test_layers_and_mags_that_are_not_there(tmp_path):
    path = dataset_of_webknossos(tmp_path / "wk", "zarr3")
    before = fingerprint(path)
    assert "em, labels_" in run("compress", "--layer-name", "nothing", path, code=1).stderr
    assert "1, 2-2-1" in run("compress", "--mag", "8", path, code=1).stderr
    assert fingerprint(path) == before


def write_channels(path):
    """A dataset whose layers are the channels of one array."""
    from tifffile import imwrite
    source = path.parent / "source"
    source.mkdir()
    imwrite(source / "a.ome.tif", voxels((3, 40, 70, 80), "uint16"), metadata={"axes": "CZYX"})
    run("convert", "--voxel-size", "4,4,30", "--no-compress", "--layer-name", "em",
        source / "a.ome.tif", path)


def test_channels_of_one_array_are_compressed_once(tmp_path):
    path = tmp_path / "o.zarr"
    write_channels(path)
    array = zarr.open_array(path / "em" / "1", mode="r")[...]
    done = run("compress", path)
    assert "skipped" not in done.stderr
    np.testing.assert_array_equal(read_both(path / "em" / "1"), array)
    done = run("compress", "--layer-name", "em__channel1", path)
    assert done.stderr.count("em/1 is compressed already") == 1


def image_with_consolidated_metadata(path, zarr_format):
    group = zarr.open_group(path, mode="w", zarr_format=zarr_format)
    more = {} if zarr_format == 3 else {"chunk_key_encoding": {"name": "v2", "separator": "/"}}
    array = group.create_array("s0", shape=(20, 30, 40), dtype="uint8", chunks=(16, 16, 16),
                               compressors=None, **more)
    array[...] = voxels((20, 30, 40))
    multiscale = {"axes": [{"name": axis, "type": "space"} for axis in "zyx"],
                  "datasets": [{"path": "s0", "coordinateTransformations": [
                      {"type": "scale", "scale": [1.0, 1.0, 1.0]}]}]}
    if zarr_format == 3:
        group.attrs["ome"] = {"version": "0.5", "multiscales": [multiscale]}
    else:
        group.attrs["multiscales"] = [{**multiscale, "version": "0.4"}]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        zarr.consolidate_metadata(path)


@pytest.mark.parametrize("zarr_format", [3, 2])
def test_consolidated_metadata_does_not_go_stale(tmp_path, zarr_format):
    path = tmp_path / "image.zarr"
    image_with_consolidated_metadata(path, zarr_format)
    attributes = dict(zarr.open_group(path, mode="r").attrs)
    assert "consolidated" in run("compress", path).stderr
    group = zarr.open_group(path, mode="r")
    assert dict(group.attrs) == attributes
    np.testing.assert_array_equal(group["s0"][...], voxels((20, 30, 40)))


# ---- what goes wrong ----


def damaged_datasets(tmp_path, writer, damage):
    """An image in which one stored object is damaged: its path, and the object's key."""
    path = tmp_path / "array.zarr"
    WRITERS[writer](path, voxels((64, 64, 64), "uint16"))
    key = {"v2": "1/2/3", "v2 dots": "1.2.3"}.get(writer, "c/1/0/1")
    raw = bytearray((path / key).read_bytes())
    damage(raw)
    (path / key).write_bytes(raw)
    return path, key


def flip(raw, at):
    raw[at] ^= 0x10


@pytest.mark.sanitize
@pytest.mark.parametrize("writer, damage", [
    ("v3", lambda raw: raw.pop()),
    ("v3", lambda raw: raw.append(0)),
    ("v3", bytearray.clear),
    ("v3 crc32c", lambda raw: flip(raw, 100)),
    ("v2", lambda raw: raw.pop()),
    ("v2 dots", lambda raw: raw.append(0)),
    ("shards", lambda raw: flip(raw, -1)),
    ("shards", lambda raw: flip(raw, -50)),
    ("shards", lambda raw: raw.clear()),
    ("shards", lambda raw: raw.__delitem__(slice(0, 200))),
    ("shards index first", lambda raw: flip(raw, 3)),
    ("shards crc32c", lambda raw: flip(raw, 100)),
])
def test_damaged_objects(tmp_path, writer, damage):
    path, key = damaged_datasets(tmp_path, writer, damage)
    before = fingerprint(path)
    done = run("compress", path, code=1)
    assert key in done.stderr and len(done.stderr.splitlines()) == 1
    assert fingerprint(path) == before
    assert names(tmp_path) == ["array.zarr"]


def test_a_broken_layer_stops_it_before_anything_is_changed(tmp_path):
    path = dataset_of_webknossos(tmp_path / "wk", "zarr3")
    (path / "labels_" / "1" / "zarr.json").write_text("{")
    before = fingerprint(path)
    assert "labels_" in run("compress", path, code=1).stderr
    assert fingerprint(path) == before
    run("compress", "--layer-name", "em", path)


@pytest.mark.sanitize
@pytest.mark.threads
@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143),
                                          (signal.SIGKILL, -9)])
def test_interrupted(tmp_path, number, code):
    path = tmp_path / "array.zarr"
    data = np.random.default_rng(1).integers(0, 255, (256, 256, 256), np.uint8)
    WRITERS["shards"](path, data)
    before = fingerprint(path)
    work = subprocess.Popen([PROGRAM, "compress", "--jobs", "1", "--codec", "gzip:9", path],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
    hidden = tmp_path / ".array.zarr.partial"
    while not (hidden / "c").exists() and work.poll() is None:
        time.sleep(0.005)
    work.send_signal(number)
    work.communicate(timeout=60)
    assert work.returncode == code
    assert fingerprint(path) == before
    assert hidden.exists() == (number == signal.SIGKILL)
    run("compress", path)
    assert names(tmp_path) == ["array.zarr"]
    np.testing.assert_array_equal(read_both(path), data)


def test_what_a_killed_run_left_is_removed_where_there_is_nothing_to_do(tmp_path):
    """The kill came between the exchange and the removal of the old form."""
    path = dataset_of_webknossos(tmp_path / "wk", "zarr3")
    run("compress", path)
    (path / "em" / ".1.partial" / "c").mkdir(parents=True)
    (path / "em" / ".1.partial" / "c" / "0").write_bytes(b"old")
    run("compress", path)
    assert ".1.partial" not in names(path / "em")


# ---- memory ----


MEASURE = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def peak_memory(*arguments):
    """In a small process of its own, since a child begins with the size of its parent."""
    done = subprocess.run([sys.executable, "-c", MEASURE, PROGRAM, *map(str, arguments)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return int(done.stdout) * 1024


def test_a_shard_takes_no_more_memory_than_a_chunk(tmp_path):
    path = tmp_path / "array.zarr"
    codec = ShardingCodec(chunk_shape=(64, 64, 64), codecs=[BytesCodec()])
    array = zarr.create_array(path, shape=(256, 1024, 1024), dtype="uint8", fill_value=0,
                              chunks=(256, 1024, 1024), serializer=codec, filters=(),
                              compressors=(), zarr_format=3)
    array[...] = np.broadcast_to(voxels((256, 1, 1024)), (256, 1024, 1024)) + 1
    assert peak_memory("compress", "--jobs", "2", "--memory", "64M", "--quiet", path) < 64 << 20
    assert zarr.open_array(path, mode="r")[100, 1000, 1000] == voxels((256, 1, 1024))[
        100, 0, 1000] + 1


def test_too_little_memory_is_told(tmp_path):
    path = tmp_path / "array.zarr"
    WRITERS["v3"](path, voxels((37, 50, 45), "uint16"))
    assert "memory" in run("compress", "--memory", "1M", path, code=1).stderr
    np.testing.assert_array_equal(read_both(path), voxels((37, 50, 45), "uint16"))
