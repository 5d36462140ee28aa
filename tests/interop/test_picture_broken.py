"""Broken pictures get one clear message; nothing crashes, nothing is made up."""

import io
import struct

import numpy
import PIL.Image
import pytest
import tifffile

from picture_reader import read_pictures

pytestmark = pytest.mark.sanitize
SIDE = 64
FLIPS = 50  # of each file
LOOSE = {"be.tif": 16, "big.tif": 16, "zstd.tif": 16}


def write(pixels, **options):
    out = io.BytesIO()
    tifffile.imwrite(out, pixels, **options)
    return out.getvalue()


def save(pixels, kind, **options):
    out = io.BytesIO()
    PIL.Image.fromarray(pixels).save(out, kind, **options)
    return out.getvalue()


def make_files():
    """name -> the bytes of a picture that is whole."""
    random = numpy.random.default_rng(0)
    grey = (numpy.add.outer(numpy.arange(SIDE), numpy.arange(SIDE)) % 97 +
            random.integers(0, 9, (SIDE, SIDE))).astype("uint8")
    rgb = numpy.stack([grey, grey[::-1], grey.T], -1)
    stack = numpy.stack([grey, grey + 1, grey + 2]).astype("uint16")
    plain = {"metadata": None, "photometric": "minisblack"}
    return {
        "raw.tif": write(grey, **plain),
        "strips.tif": write(grey, rowsperstrip=8, **plain),
        "be.tif": write(stack, byteorder=">", **plain),
        "big.tif": write(stack, bigtiff=True, **plain),
        "tiles.tif": write(grey, tile=(16, 32), **plain),
        "lzw.tif": write(grey, compression="lzw", predictor=2, rowsperstrip=16, **plain),
        "deflate.tif": write(grey, compression="deflate", tile=(32, 32), **plain),
        "zstd.tif": write(stack, compression="zstd", **plain),
        "lzma.tif": write(grey, compression="lzma", **plain),
        "packbits.tif": write(grey // 32, compression="packbits", rowsperstrip=16, **plain),
        "jpeg.tif": write(rgb, compression="jpeg", photometric="ycbcr", subsampling=(2, 2),
                          metadata=None),
        "webp.tif": write(rgb, compression="webp", photometric="rgb", metadata=None),
        "lerc.tif": write(grey.astype("float32"), compression="lerc", **plain),
        "planar.tif": write(numpy.moveaxis(rgb, -1, 0), photometric="rgb", planarconfig="separate",
                            metadata=None),
        "fax.tif": save(grey > 50, "TIFF", compression="group4"),
        "imagej.tif": write(stack, imagej=True, truncate=True),
        "truncated.tif": write(stack, truncate=True, photometric="minisblack"),
        "grey.png": save(grey, "PNG"),
        "rgb.png": save(rgb, "PNG"),
        "grey.jpg": save(grey, "JPEG"),
        "rgb.jpg": save(rgb, "JPEG", progressive=True),
    }


FILES = make_files()


def read_bytes(folder, variants, suffix="tif"):
    paths = []
    for i, data in enumerate(variants):
        paths.append(folder / f"{i}.{suffix}")
        paths[-1].write_bytes(data)
    readings = read_pictures(paths)
    for path, reading in zip(paths, readings, strict=True):
        check_message(path, reading)
    return readings


def check_message(path, reading):
    """One line that starts with the file and goes on with a reason; the parts of a page that could
    be read were equal to the whole."""
    if reading.error is None:
        return
    assert reading.error.startswith(str(path))
    assert len(reading.error) > len(str(path)) + 8
    assert "DIFFERS" not in reading.error
    assert reading.error.isprintable()


def test_files_are_whole(tmp_path):
    for reading in read_bytes(tmp_path, FILES.values()):
        assert reading.error is None, reading.error


@pytest.mark.parametrize("name", FILES)
def test_truncated(tmp_path, name):
    data = FILES[name]
    points = sorted(set(range(0, min(len(data), 40))) | set(range(40, len(data), 1 + len(data) // 80))
                    | set(range(len(data) - 12, len(data))))
    readings = read_bytes(tmp_path, [data[:n] for n in points])
    for point, reading in zip(points, readings, strict=True):
        # tifffile ends files of several pages with values that no tag refers to.
        if point >= len(data) - LOOSE.get(name, 0):
            continue
        assert reading.error is not None, point


@pytest.mark.parametrize("name", FILES)
def test_flipped_bits(tmp_path, name):
    """Never a crash; PNG has checksums, so no flip goes unnoticed there."""
    random = numpy.random.default_rng(len(name))
    variants = []
    for i in range(FLIPS):
        data = bytearray(FILES[name])
        # Half of them at the front or the end, where the structure is.
        spread = len(data) if i % 2 else min(200, len(data))
        for _ in range(1 + i % 3):
            at = int(random.integers(0, spread))
            data[-1 - at if i % 4 == 2 else at] ^= 1 << int(random.integers(0, 8))
        variants.append(bytes(data))
    readings = read_bytes(tmp_path, variants)
    if name.endswith(".png"):
        for variant, reading in zip(variants, readings, strict=True):
            assert reading.error is not None or variant == FILES[name]


def test_no_pictures(tmp_path):
    for data in [b"", b"x", b"II*", b"II*\0", b"MM\0*\0\0\0\0", b"GIF89a" + bytes(100), b"\x89PNG\r\n",
                 b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", bytes(1000), b"II+\0\4\0\0\0" + bytes(100)]:
        [reading] = read_bytes(tmp_path, [data])
        assert reading.error is not None
        if not data:
            assert reading.error == f"{tmp_path / '0.tif'}: is empty"


def test_not_a_file(tmp_path):
    (tmp_path / "locked.tif").write_bytes(FILES["raw.tif"])
    missing, folder = read_pictures([tmp_path / "none.tif", tmp_path])
    assert "No such file" in missing.error and str(tmp_path / "none.tif") in missing.error
    assert "folder" in folder.error


def classic(tags, data=b"", following=0):
    """A little-endian TIFF of one directory at byte 8: tag -> integer."""
    out = struct.pack("<2sHIH", b"II", 42, 8, len(tags))
    for tag, value in sorted(tags.items()):
        out += struct.pack("<HHII", tag, 4, 1, value)
    return out + struct.pack("<I", following) + data


SMALL = {256: 4, 257: 4, 258: 8, 259: 1, 262: 1, 273: 130, 277: 1, 278: 4, 279: 16}


@pytest.mark.parametrize(("changes", "words"), [
    ({}, None),
    ({256: 1000000, 257: 1000000, 278: 1000000, 279: 2**31}, ["1000000 x 1000000", "cannot hold"]),
    ({256: 1000000, 257: 1000000, 278: 1000000, 259: 5}, ["1000000 x 1000000", "cannot hold"]),
    ({256: 1000000, 257: 1000000, 259: 7, 278: 1}, ["1000000 x 1000000", "cannot hold"]),
    ({256: 2**32 - 1, 257: 2**32 - 1, 277: 65535}, ["cannot hold"]),
    ({256: 0}, ["0 x 4"]),
    ({257: 0}, ["4 x 0"]),
    ({278: 0}, ["0 rows"]),
    ({277: 0}, ["0 samples"]),
    ({278: 1}, ["StripOffsets", "4 values expected"]),
    ({273: 140}, ["truncated", "byte 140"]),
    ({273: 2**32 - 1}, ["truncated"]),
    ({259: 12345}, ["unknown compression 12345"]),
    ({259: 34712}, ["JPEG 2000", "34712"]),
    ({259: 6}, ["old-style JPEG"]),
    ({259: 32771}, ["word alignment", "32771"]),
    ({259: 32909}, ["PixarLog", "32909"]),
    ({259: 5, 317: 7}, ["predictor 7"]),
    ({259: 5, 317: 3}, ["predictor 3"]),
    ({258: 12, 259: 7}, ["JPEG", "12 bits"]),
    ({258: 128}, ["128 bits"]),
    ({258: 32, 339: 6}, ["complex", "32 bits"]),
    ({258: 12, 339: 2}, ["signed samples of 12 bits"]),
    ({258: 8, 339: 3}, ["floating point samples of 8 bits"]),
    ({262: 6, 277: 3, 257: 1}, ["YCbCr"]),
    ({284: 3}, ["PlanarConfiguration 3"]),
    ({32997: 5}, ["5 slices deep"]),
    ({259: 8, 279: 0}, ["strip 0", "empty"]),
    ({254: 1}, ["thumbnails"]),
    ({322: 0, 323: 16, 324: 130}, ["tiles of 0 x 16"]),
    ({322: 2**31, 323: 2**31, 324: 130, 325: 16, 259: 8}, ["tile of", "over the limit"]),
])
def test_headers_that_cannot_be(tmp_path, changes, words):
    tags = {**SMALL, **changes}
    data = classic(tags).ljust(130, b"\0") + bytes(16)
    if len(tags) > 9:
        tags[273] += 40 if tags[273] == 130 else 0
        data = classic(tags).ljust(170, b"\0") + bytes(16)
    [reading] = read_bytes(tmp_path, [data])
    if words is None:
        assert reading.error is None
        return
    assert reading.error is not None
    for word in words:
        assert word in reading.error, reading.error


def test_too_many_pixels_in_each_format(tmp_path):
    png = bytearray(FILES["grey.png"])
    png[16:24] = struct.pack(">II", 1000000, 1000000)
    jpeg = FILES["grey.jpg"]
    at = jpeg.index(b"\xff\xc0")
    jpeg = jpeg[:at + 5] + struct.pack(">HH", 65535, 65535) + jpeg[at + 9:]
    for reading in read_bytes(tmp_path, [bytes(png), jpeg]):
        assert reading.error is not None


@pytest.mark.parametrize("back", [0, 1, 2])
def test_loop_of_directories(tmp_path, back):
    """Three directories, of which the last goes on with one before it."""
    size = 2 + 12 * len(SMALL) + 4
    places = [8, 8 + size, 8 + 2 * size]
    tags = {**SMALL, 273: 8 + 3 * size}
    out = struct.pack("<2sHI", b"II", 42, 8)
    for i in range(3):
        out += classic(tags, following=places[i + 1] if i < 2 else places[back])[8:]
    # Long files have to find it by more than their size.
    for tail in [16, 1000000]:
        [reading] = read_bytes(tmp_path, [out + bytes(tail)])
        assert "loop" in reading.error


def test_several_series_of_which_one_is_cut(tmp_path):
    pixels = numpy.zeros((4, 5, 6), "uint8")
    with tifffile.TiffWriter(tmp_path / "s.tif") as tif:
        tif.write(pixels, truncate=True, photometric="minisblack")
        tif.write(pixels[:, :4, :4], photometric="minisblack")
    [reading] = read_pictures([tmp_path / "s.tif"])
    assert "stands for 4 pages" in reading.error


def test_empty_tile(tmp_path):
    data = bytearray(FILES["tiles.tif"])
    with tifffile.TiffFile(io.BytesIO(data)) as tif:
        at = tif.pages[0].tags[325].valueoffset
        size = {3: 2, 4: 4}[int(tif.pages[0].tags[325].dtype)]
    data[at:at + size] = bytes(size)
    [reading] = read_bytes(tmp_path, [bytes(data)])
    assert "tile 0 of 8 is empty" in reading.error


def test_message_of_libtiff_in_one_line(tmp_path):
    """It has two where the subsampling in the directory is not that of the JPEG."""
    data = bytearray(FILES["jpeg.tif"])
    with tifffile.TiffFile(io.BytesIO(data)) as tif:
        at = tif.pages[0].tags[530].valueoffset
    data[at:at + 4] = struct.pack("<HH", 1, 1)
    [reading] = read_bytes(tmp_path, [bytes(data)])
    assert "sampling" in reading.error


def test_cmyk_jpeg(tmp_path):
    out = io.BytesIO()
    PIL.Image.new("CMYK", (16, 16)).save(out, "JPEG")
    [reading] = read_bytes(tmp_path, [out.getvalue()])
    assert "CMYK" in reading.error
