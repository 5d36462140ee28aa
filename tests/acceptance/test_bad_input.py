"""Each kind of bad input: one clear message that names the file, the right exit code, the target as
it was, nothing left behind."""

import os
import shutil
import signal
import struct
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr

import pictures

PLANE = np.arange(40 * 50, dtype=np.uint8).reshape(40, 50)
VOXEL = ["--voxel-size", "4,4,30"]
pytestmark = pytest.mark.sanitize


def refuse(omezarr, target, *arguments, code=1, words=(), **more):
    """The call fails as it should. Returns its stderr."""
    before = pictures.fingerprint(target) if target.is_dir() else None
    there = pictures.names_beside(target)
    result = omezarr(*arguments, code=code, **more)
    lines = result.err.strip().splitlines()
    assert 1 <= len(lines) <= 4, result.err
    for word in words:
        assert str(word).lower() in result.err.lower(), f"{word!r} is not in: {result.err}"
    if code == 2:
        assert "--help" in result.err
    assert pictures.names_beside(target) == there, "something was left behind"
    assert (pictures.fingerprint(target) if target.is_dir() else None) == before
    return result.err


@pytest.fixture
def target(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "output.zarr"


def stack(folder, planes=3, **options):
    return pictures.write_slices(folder, np.stack([PLANE] * planes), **options)


# ---- files ----


def test_missing(omezarr, tmp_path, target):
    refuse(omezarr, target, "convert", *VOXEL, tmp_path / "nothing.tif", target,
           words=["nothing.tif"])


def test_empty_folder(omezarr, tmp_path, target):
    (tmp_path / "void").mkdir()
    refuse(omezarr, target, "convert", *VOXEL, tmp_path / "void", target, words=["void"])


@pytest.mark.parametrize("content, name", [
    (b"", "a.tif"), (b"", "a.png"), (b"", "a.jpg"),
    (b"This is no picture, whatever its name says.\n" * 9, "a.tif"),
    (b"This is no picture, whatever its name says.\n" * 9, "a.png"),
    (b"This is no picture, whatever its name says.\n" * 9, "a.jpg"),
    (b"II*\0", "a.tif"), (b"MM\0*\0\0\0\x08", "a.tif"), (b"\x89PNG\r\n\x1a\n", "a.png"),
    (b"\xff\xd8\xff\xe0", "a.jpg"),
])
def test_no_picture(omezarr, tmp_path, target, content, name):
    (tmp_path / name).write_bytes(content)
    refuse(omezarr, target, "convert", *VOXEL, tmp_path / name, target, words=[name])


@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
@pytest.mark.parametrize("place", ["first", "last", "only"])
def test_truncated(omezarr, tmp_path, target, compression, place):
    rng = np.random.default_rng(3)
    planes = rng.integers(0, 255, (3, 200, 200), np.uint8)
    folder = pictures.write_slices(tmp_path / "in", planes, compression=compression,
                                   rowsperstrip=20)
    files = sorted(folder.iterdir())
    broken = files[-1] if place == "last" else files[0]
    broken.write_bytes(broken.read_bytes()[:-3000])
    refuse(omezarr, target, "convert", *VOXEL, broken if place == "only" else folder, target,
           words=[broken.name])


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_truncated_others(omezarr, tmp_path, target, suffix):
    rng = np.random.default_rng(3)
    folder = pictures.write_slices(tmp_path / "in", rng.integers(0, 255, (3, 200, 200), np.uint8),
                                   suffix)
    broken = sorted(folder.iterdir())[1]
    broken.write_bytes(broken.read_bytes()[:-5000])
    refuse(omezarr, target, "convert", *VOXEL, folder, target, words=[broken.name])


def test_types_differ(omezarr, tmp_path, target):
    folder = stack(tmp_path / "in")
    tifffile.imwrite(folder / "slice_0001.tif", PLANE.astype(np.uint16), metadata=None)
    refuse(omezarr, target, "convert", *VOXEL, folder, target,
           words=["slice_0001.tif", "uint8", "uint16"])


def test_channel_counts_differ(omezarr, tmp_path, target):
    folder = stack(tmp_path / "in")
    tifffile.imwrite(folder / "slice_0001.tif", np.stack([PLANE] * 3, axis=-1), metadata=None,
                     photometric="rgb")
    refuse(omezarr, target, "convert", *VOXEL, folder, target, words=["slice_0001.tif"])


def tiff_tags(path, **changes):
    """Change values of tags in the first directory of a little-endian TIFF."""
    raw = bytearray(path.read_bytes())
    at = struct.unpack_from("<I", raw, 4)[0]
    for entry in range(struct.unpack_from("<H", raw, at)[0]):
        place = at + 2 + 12 * entry
        tag, kind = struct.unpack_from("<HH", raw, place)
        if str(tag) in changes:
            struct.pack_into("<H" if kind == 3 else "<I", raw, place + 8, changes[str(tag)])
    path.write_bytes(raw)


def test_a_trillion_pixels(omezarr, tmp_path, target):
    path = tmp_path / "huge.tif"
    tifffile.imwrite(path, np.zeros((4000, 70000), np.uint8), metadata=None, compression="zlib")
    raw = path.read_bytes()
    assert len(raw) < 2_000_000
    # Width and height are 16-bit where they fit: this writer takes 32-bit ones above 65535.
    tiff_tags(path, **{"256": 4_000_000_000, "257": 65000})
    refuse(omezarr, target, "convert", *VOXEL, path, target, words=["huge.tif"], timeout=20)


def test_unknown_compression(omezarr, tmp_path, target):
    path = tmp_path / "odd.tif"
    tifffile.imwrite(path, PLANE, metadata=None)
    tiff_tags(path, **{"259": 60123})
    refuse(omezarr, target, "convert", *VOXEL, path, target, words=["odd.tif", "compression"])


def test_no_voxel_size(omezarr, tmp_path, target):
    refuse(omezarr, target, "convert", stack(tmp_path / "in"), target, code=2,
           words=["--voxel-size"])


# ---- targets ----


def test_target_is_not_empty(omezarr, tmp_path, target):
    target.mkdir()
    (target / "precious.txt").write_text("mine")
    refuse(omezarr, target, "convert", *VOXEL, stack(tmp_path / "in"), target,
           words=["output.zarr", "--overwrite-existing"])


def test_target_is_a_file(omezarr, tmp_path, target):
    target.write_text("mine")
    refuse(omezarr, target, "convert", *VOXEL, stack(tmp_path / "in"), target,
           words=["output.zarr"])
    assert target.read_text() == "mine"


@pytest.mark.parametrize("overwrite", [[], ["--overwrite-existing"]])
def test_target_inside_source(omezarr, tmp_path, overwrite):
    folder = stack(tmp_path / "in")
    refuse(omezarr, folder / "out.zarr", "convert", *VOXEL, *overwrite, folder,
           folder / "out.zarr", words=["out.zarr"])
    refuse(omezarr, folder, "convert", *VOXEL, "--overwrite-existing", folder, folder)
    assert len(list(folder.iterdir())) == 3


def test_source_inside_target(omezarr, tmp_path):
    folder = stack(tmp_path / "all" / "in")
    refuse(omezarr, tmp_path / "all", "convert", *VOXEL, "--overwrite-existing", folder,
           tmp_path / "all")
    assert len(list(folder.iterdir())) == 3


@pytest.fixture
def nobody(omezarr):
    """A folder of an unprivileged user, and how to run the command as that user."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    folder = Path(tempfile.mkdtemp())

    def become():
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)

    try:
        folder.chmod(0o777)
        try:
            subprocess.run([omezarr.program, "--version"], preexec_fn=become, check=True,
                           capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("the build folder is closed to other users")
        yield folder, {"preexec_fn": become}
    finally:
        shutil.rmtree(folder)


def test_unreadable(omezarr, nobody):
    folder, become = nobody
    source = stack(folder / "in")
    (source / "slice_0001.tif").chmod(0)
    refuse(omezarr, folder / "out.zarr", "convert", *VOXEL, source, folder / "out.zarr",
           words=["slice_0001.tif", "permi"], **become)


def test_no_write_permission(omezarr, nobody):
    folder, become = nobody
    source = stack(folder / "in")
    (folder / "closed").mkdir(mode=0o755)
    refuse(omezarr, folder / "closed" / "out.zarr", "convert", *VOXEL, source,
           folder / "closed" / "out.zarr", words=["closed", "permi"], **become)


def test_disk_full(omezarr, tmp_path):
    """A file system of 3 MB, mounted in a name space of its own."""
    source = pictures.write_slices(
        tmp_path / "in", np.random.default_rng(1).integers(0, 255, (64, 300, 300), np.uint8))
    place = tmp_path / "small"
    place.mkdir()
    script = f"""
        mount -t tmpfs -o size=3m none {place} || exit 77
        {omezarr.program} convert --voxel-size 4,4,30 {source} {place}/out.zarr
        code=$?
        ls -A {place}
        exit $code"""
    done = subprocess.run(["unshare", "-m", "bash", "-c", script], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    if done.returncode in (77, 127) or "unshare" in done.stderr:
        pytest.skip("no mounts here")
    assert done.returncode == 1, done.stderr
    assert "out.zarr" in done.stderr and "space" in done.stderr.lower()
    assert len(done.stderr.strip().splitlines()) <= 4
    assert done.stdout == "", "something was left behind"


def test_interrupt(omezarr, tmp_path, target):
    folder = pictures.write_slices(
        tmp_path / "in", np.random.default_rng(1).integers(0, 255, (64, 1500, 1500), np.uint8),
        compression="zlib")
    process = omezarr.start("convert", *VOXEL, "--jobs", "1", folder, target)
    deadline = time.monotonic() + 60
    while not pictures.names_beside(target) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert pictures.names_beside(target) == []
    assert len(err.decode().strip().splitlines()) <= 4


# ---- values ----


@pytest.mark.parametrize("options", [
    "--voxel-size 0,4,30", "--voxel-size -4,4,30", "--voxel-size nan,4,30",
    "--voxel-size inf,4,30", "--voxel-size 4,30", "--voxel-size 4,4,30,1", "--voxel-size a,b,c",
    "--voxel-size 1e999,4,4", "--voxel-size 4,4,30 --chunk-shape 0",
    "--voxel-size 4,4,30 --chunk-shape -1", "--voxel-size 4,4,30 --chunk-shape 64,64",
    "--voxel-size 4,4,30 --chunk-shape 99999999999999999999",
    "--voxel-size 4,4,30 --chunk-shape 4294967296,4294967296,4294967296",
    "--voxel-size 4,4,30 --chunk-shape 64 --shard-shape 100",
    "--voxel-size 4,4,30 --chunk-shape 64 --shard-shape 32",
    "--voxel-size 4,4,30 --shard-shape 18446744073709551616",
    "--voxel-size 4,4,30 --shard-shape 128 --chunks-per-shard 2",
    "--voxel-size 4,4,30 --max-mag 3", "--voxel-size 4,4,30 --max-mag 0",
    "--voxel-size 4,4,30 --unit parrot", "--voxel-size 4,4,30 --category gray",
    "--voxel-size 4,4,30 --data-format n5", "--voxel-size 4,4,30 --data-format wkw",
    "--voxel-size 4,4,30 --data-format neuroglancerPrecomputed",
    "--voxel-size 4,4,30 --data-format gif", "--voxel-size 4,4,30 --jobs 0",
    "--voxel-size 4,4,30 --jobs -2", "--voxel-size 4,4,30 --jobs many",
    "--voxel-size 4,4,30 --memory 0", "--voxel-size 4,4,30 --memory lots",
    "--voxel-size 4,4,30 --codec lzma", "--voxel-size 4,4,30 --codec zstd:99",
    "--voxel-size 4,4,30 --codec gzip:x", "--voxel-size 4,4,30 --codec blosc:nope",
    "--voxel-size 4,4,30 --interpolation-mode cubist",
    "--voxel-size 4,4,30 --sampling-mode sometimes", "--voxel-size 4,4,30 --progress loud",
    "--voxel-size 4,4,30 --distribution-strategy slurm",
    "--voxel-size 4,4,30 --distribution-strategy kubernetes", "--voxel-size 4,4,30 --upload",
    "--voxel-size 4,4,30 --layer-name labels", "--voxel-size 4,4,30 --layer-name OME",
    "--voxel-size 4,4,30 --layer-name ../up", "--voxel-size 4,4,30 --layer-name .hidden",
    "--voxel-size 4,4,30 --batch-size 7", "--voxel-size 4,4,30 --no-such-option",
    "--voxel-size 4,4,30 --data-format zarr --shard-shape 128",
])
def test_values_that_cannot_be(omezarr, tmp_path, target, options):
    folder = tmp_path / "in"
    stack(folder)
    refuse(omezarr, target, "convert", *options.split(), folder, target, code=2)


@pytest.mark.parametrize("arguments", [
    ["convert"], ["convert", "a"], ["convert", "a", "b", "c"], ["transmogrify"],
    ["compress"], ["downsample"], ["info"], ["--nonsense"], ["convert", "--voxel-size"],
])
def test_usage(omezarr, arguments):
    result = omezarr(*arguments, code=2)
    assert 1 <= len(result.err.strip().splitlines()) <= 4 and "--help" in result.err


def test_odd_chunk_shape_is_warned_of(omezarr, tmp_path, target):
    result = omezarr("convert", *VOXEL, "--chunk-shape", "50,40,33", stack(tmp_path / "in"), target)
    assert "power" in result.err and len(result.err.strip().splitlines()) <= 4


def test_gap_in_the_numbering(omezarr, tmp_path, target):
    folder = stack(tmp_path / "in", planes=8)
    (folder / "slice_0003.tif").unlink()
    result = omezarr("convert", *VOXEL, folder, target)
    assert len(result.err.strip().splitlines()) == 1 and "slice_0004.tif" in result.err
    assert zarr.open_array(target / "in" / "1", mode="r").shape[0] == 7


def test_sizes_differ(omezarr, tmp_path, target):
    folder = stack(tmp_path / "in")
    tifffile.imwrite(folder / "slice_0001.tif", PLANE[:30, :45], metadata=None)
    result = omezarr("convert", *VOXEL, folder, target)
    assert len(result.err.strip().splitlines()) == 1 and "pad" in result.err
    array = zarr.open_array(target / "in" / "1", mode="r")[...]
    assert (array[1, 30:] == 0).all() and (array[1, :, 45:] == 0).all()
    assert (array[1, :30, :45] == PLANE[:30, :45]).all() and (array[2] == PLANE).all()


# ---- stored objects ----


@pytest.fixture
def uncompressed(omezarr, tmp_path, target):
    """A dataset of mag 1 only, not compressed, in shards."""
    folder = pictures.write_slices(
        tmp_path / "in", np.random.default_rng(2).integers(1, 255, (40, 150, 150), np.uint8))
    omezarr("convert", *VOXEL, "--no-compress", "--no-downsample", "--chunk-shape", "32",
            "--shard-shape", "64", folder, target)
    return target / "in" / "1"


def damage(path, at, count=4):
    raw = bytearray(path.read_bytes())
    at %= len(raw)
    for place in range(at, at + count):
        raw[place] ^= 0x5A
    path.write_bytes(raw)


@pytest.mark.parametrize("command", ["downsample", "compress"])
@pytest.mark.parametrize("how", ["index checksum", "index", "cut"])
def test_broken_shard(omezarr, target, uncompressed, command, how):
    shard = uncompressed / "c" / "0" / "1" / "1"
    if how == "cut":
        shard.write_bytes(shard.read_bytes()[:7])
    else:
        damage(shard, -4 if how == "index checksum" else -40)
    refuse(omezarr, target, command, target, words=["c/0/1/1"])


@pytest.mark.parametrize("codec", ["zstd:1", "gzip:6", "blosc:lz4:5:shuffle"])
def test_broken_chunk(omezarr, tmp_path, target, codec):
    folder = pictures.write_slices(
        tmp_path / "in", np.random.default_rng(2).integers(1, 255, (40, 150, 150), np.uint8))
    omezarr("convert", *VOXEL, "--no-downsample", "--codec", codec, folder, target)
    shard = next((target / "in" / "1" / "c").rglob("0"))
    shard = next(path for path in sorted((target / "in" / "1" / "c").rglob("*")) if path.is_file())
    damage(shard, 0, 2000)
    refuse(omezarr, target, "downsample", target,
           words=[str(shard.relative_to(target / "in" / "1"))])


@pytest.mark.parametrize("text", ["", "{", "[]", '{"zarr_format": 3}', '{"zarr_format": 9}'])
def test_broken_metadata(omezarr, target, uncompressed, text):
    (uncompressed / "zarr.json").write_text(text)
    refuse(omezarr, target, "downsample", target, words=["in/1"])


def test_no_dataset(omezarr, tmp_path, target):
    (tmp_path / "void").mkdir()
    for command in ("compress", "downsample", "info"):
        refuse(omezarr, target, command, tmp_path / "void", words=["void"])
        refuse(omezarr, target, command, tmp_path / "gone", words=["gone"])
