"""Pictures of every kind read as tifffile and Pillow read them."""

import itertools
import json
import os
import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy
import PIL.Image
import PIL.features
import pytest
import tifffile

from picture_reader import ROOT, read_pictures

DATA = Path(os.environ.get("OMEZARR_TEST_DATA", ROOT.parent / "shared"))
TYPES = ["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float32",
         "float64"]
ORDERS = ["<", ">"]
HEIGHT, WIDTH = 75, 101
# strips of one size and a rest, one row each, one for all; tiles that do not fit the picture
LAYOUTS = {"strips": {"rowsperstrip": 16}, "rows": {"rowsperstrip": 1},
           "one": {"rowsperstrip": HEIGHT}, "tiles": {"tile": (32, 48)}}


def make_pixels(shape, dtype):
    """Smooth with noise, over the whole range of the type; the same for the same arguments."""
    random = numpy.random.default_rng(sum(shape))
    dtype = numpy.dtype(dtype)
    smooth = numpy.add.outer(numpy.arange(shape[-2]), numpy.arange(shape[-1])) % 64
    noise = random.integers(0, 8, shape)
    if dtype.kind == "f":
        return (smooth / 7 - 3 + noise * 1e-3).astype(dtype)
    if dtype.kind == "b":
        return (smooth + noise) % 5 < 2
    info = numpy.iinfo(dtype)
    step = (int(info.max) - int(info.min)) // 80
    return ((smooth + noise).astype(object) * step + int(info.min)).astype(dtype)


CASES = {}


def case(name, shape, dtype, **options):
    assert name not in CASES
    CASES[name] = (shape, dtype, options)


def add_raw_cases():
    for dtype, order, layout in itertools.product(TYPES, ORDERS, LAYOUTS):
        name = f"raw-{dtype}-{'le' if order == '<' else 'be'}-{layout}"
        case(name, (HEIGHT, WIDTH), dtype, byteorder=order, **LAYOUTS[layout])


def add_compressed_cases():
    for codec, dtype, order in itertools.product(["lzw", "deflate", "zstd", "lzma", "packbits"],
                                                 ["uint8", "int16", "uint32", "float32", "float64"],
                                                 ORDERS):
        end = "le" if order == "<" else "be"
        for layout in ["strips", "tiles"]:
            predictors = [1] if codec == "packbits" else [1, 2 if dtype[0] != "f" else 3]
            for predictor in predictors:
                case(f"{codec}-{dtype}-{end}-{layout}-p{predictor}", (HEIGHT, WIDTH), dtype,
                     byteorder=order, compression=codec, predictor=predictor, **LAYOUTS[layout])
    for dtype in ["uint64", "int64"]:
        case(f"deflate-{dtype}-p2", (HEIGHT, WIDTH), dtype, compression="deflate", predictor=2)
    case("old-deflate", (HEIGHT, WIDTH), "uint16", compression=32946)
    for layout in ["one", "rows"]:
        case(f"lzw-u8-{layout}", (HEIGHT, WIDTH), "uint8", compression="lzw", predictor=2,
             **LAYOUTS[layout])
    for dtype in ["uint8", "int16", "uint32", "float32", "float64"]:
        case(f"lerc-{dtype}", (HEIGHT, WIDTH), dtype, compression="lerc", tile=(32, 48))


def add_sample_cases():
    for samples, planar, codec, dtype, layout in itertools.product(
            [2, 3, 4, 7], ["contig", "separate"], [None, "lzw"], ["uint8", "uint16"],
            ["strips", "tiles"]):
        shape = (HEIGHT, WIDTH, samples) if planar == "contig" else (samples, HEIGHT, WIDTH)
        case(f"samples{samples}-{planar}-{codec or 'raw'}-{dtype}-{layout}", shape, dtype,
             planarconfig=planar, photometric="rgb" if samples in (3, 4) else "minisblack",
             compression=codec, byteorder=">" if samples == 3 else "<", **LAYOUTS[layout])
    for dtype in ["float32", "float64", "int32"]:
        case(f"rgb-{dtype}", (HEIGHT, WIDTH, 3), dtype, photometric="rgb")
    case("rgb-predictor", (HEIGHT, WIDTH, 3), "uint8", photometric="rgb", compression="zstd",
         predictor=2)
    case("rgb-float-predictor", (HEIGHT, WIDTH, 3), "float32", photometric="rgb",
         compression="deflate", predictor=3, byteorder=">")


def add_lossy_cases():
    case("jpeg-grey", (HEIGHT, WIDTH), "uint8", compression="jpeg", rowsperstrip=16)
    case("jpeg-grey-tiles", (HEIGHT, WIDTH), "uint8", compression="jpeg", tile=(32, 48))
    case("jpeg-rgb", (HEIGHT, WIDTH, 3), "uint8", compression="jpeg", photometric="rgb",
         compressionargs={"outcolorspace": "rgb"}, tile=(32, 48))
    for sampling in [(1, 1), (2, 1), (2, 2)]:
        case(f"jpeg-ycbcr-{sampling[0]}{sampling[1]}", (HEIGHT, WIDTH, 3), "uint8",
             compression="jpeg", photometric="ycbcr", subsampling=sampling, tile=(32, 48))
    for samples in [3, 4]:
        case(f"webp-{samples}", (HEIGHT, WIDTH, samples), "uint8", compression="webp",
             photometric="rgb", tile=(32, 48))


def add_odd_cases():
    for layout, codec in itertools.product(["strips", "tiles"], [None, "packbits", "deflate"]):
        case(f"bool-{layout}-{codec or 'raw'}", (HEIGHT, WIDTH), "bool", compression=codec,
             **LAYOUTS[layout])
    for codec, order in itertools.product([None, "lzw"], ORDERS):
        case(f"half-{codec or 'raw'}-{'le' if order == '<' else 'be'}", (HEIGHT, WIDTH), "float16",
             compression=codec, byteorder=order)
    case("half-predictor", (HEIGHT, WIDTH), "float16", compression="deflate", predictor=3)
    case("white", (HEIGHT, WIDTH), "uint16", photometric="miniswhite")
    case("palette", (HEIGHT, WIDTH), "uint8", photometric="palette",
         colormap=numpy.arange(3 * 256, dtype="uint16").reshape(3, 256))
    case("cmyk", (HEIGHT, WIDTH, 4), "uint8", photometric="separated")
    case("extra", (HEIGHT, WIDTH, 5), "uint8", photometric="rgb",
         extrasamples=["unassalpha", "unspecified"])
    case("one-pixel", (1, 1), "uint16")
    case("one-row", (1, WIDTH), "float32", compression="deflate")
    case("one-column", (HEIGHT, 1), "uint8", compression="lzw")
    case("wide", (3, 30000), "uint16", compression="zstd", byteorder=">")
    case("wide-raw", (40, 30000), "uint16", byteorder=">")
    case("wide-rgb", (20, 20000, 3), "uint8", photometric="rgb")


def add_stack_cases():
    for codec, order, big in itertools.product([None, "lzw", "zstd"], ORDERS, [False, True]):
        end = "le" if order == "<" else "be"
        case(f"stack-{codec or 'raw'}-{end}-{'big' if big else 'classic'}", (5, HEIGHT, WIDTH),
             "uint16", compression=codec, byteorder=order, bigtiff=big, photometric="minisblack")
    case("stack-5d", (2, 3, 4, HEIGHT, WIDTH), "uint8", photometric="minisblack",
         metadata={"axes": "TCZYX"})
    case("stack-rgb", (4, HEIGHT, WIDTH, 3), "uint8", photometric="rgb")
    case("stack-plain", (6, HEIGHT, WIDTH), "int32", metadata=None, photometric="minisblack")
    case("ome-5d", (2, 3, 4, HEIGHT, WIDTH), "uint16", ome=True, photometric="minisblack",
         metadata={"axes": "TCZYX"})
    case("ome-bigtiff-tiles", (7, HEIGHT, WIDTH), "float32", ome=True, bigtiff=True,
         tile=(32, 48), compression="deflate", photometric="minisblack")
    case("ome-planar", (3, 3, HEIGHT, WIDTH), "uint8", ome=True, photometric="rgb",
         planarconfig="separate")
    for dtype in ["uint8", "uint16", "float32"]:
        case(f"imagej-{dtype}", (2, 3, 4, HEIGHT, WIDTH), dtype, imagej=True,
             metadata={"axes": "TZCYX"})
        case(f"truncated-{dtype}", (2, 3, 4, HEIGHT, WIDTH), dtype, truncate=True,
             byteorder=">" if dtype == "uint16" else "<", photometric="minisblack")
        case(f"imagej-truncated-{dtype}", (6, HEIGHT, WIDTH), dtype, imagej=True, truncate=True)
    case("truncated-rgb", (5, HEIGHT, WIDTH, 3), "uint8", truncate=True, photometric="rgb")
    case("truncated-planar", (5, 3, HEIGHT, WIDTH), "uint16", truncate=True, photometric="rgb",
         planarconfig="separate")
    case("imagej-rgb", (5, HEIGHT, WIDTH, 3), "uint8", imagej=True)


add_raw_cases()
add_compressed_cases()
add_sample_cases()
add_lossy_cases()
add_odd_cases()
add_stack_cases()
assert len(CASES) >= 250


@pytest.fixture(scope="module")
def matrix(tmp_path_factory):
    """name -> (path, our reading), all read in one go."""
    folder = tmp_path_factory.mktemp("matrix")
    paths = {}
    for name, (shape, dtype, options) in CASES.items():
        paths[name] = folder / f"{name}.tif"
        tifffile.imwrite(paths[name], make_planes(shape, dtype, options), **options)
    readings = read_pictures(paths.values(), folder)
    return {name: (path, reading)
            for (name, path), reading in zip(paths.items(), readings, strict=True)}


def make_planes(shape, dtype, options):
    """An array of the shape whose planes all differ: one plane, moved along."""
    colors = options.get("photometric") in ("rgb", "ycbcr", "separated") or options.get("imagej")
    last = options.get("planarconfig") != "separate" and len(shape) > 2 and shape[-1] < 8 and (
        colors or options.get("planarconfig") == "contig")
    others = (*shape[:-3], shape[-1]) if last else shape[:-2]
    plane = make_pixels(shape[-3:-1] if last else shape[-2:], dtype)
    count = numpy.prod(others, dtype=int)
    planes = numpy.stack([numpy.roll(plane, 5 * i, axis=1) for i in range(count)])
    planes = planes.reshape(*others, *plane.shape)
    return numpy.ascontiguousarray(numpy.moveaxis(planes, -3, -1) if last else planes)


def read_with_tifffile(path):
    """[page][sample][row][column] and the first page."""
    with tifffile.TiffFile(path) as tif:
        page = tif.pages[0]
        pixels = tif.asarray()
        shape = page.imagelength, page.imagewidth
        if page.planarconfig == 2 and page.samplesperpixel > 1:
            pixels = pixels.reshape(-1, page.samplesperpixel, *shape)
        else:
            pixels = numpy.moveaxis(pixels.reshape(-1, *shape, page.samplesperpixel), -1, 1)
    if pixels.dtype == "float16":
        return pixels.astype("float32"), page
    if pixels.dtype == "bool":
        return pixels.astype("uint8"), page
    return pixels, page


def assert_equal(reading, expected):
    assert reading.error is None, reading.error
    assert reading.shape == expected.shape
    assert reading.dtype == expected.dtype.newbyteorder("=")
    numpy.testing.assert_array_equal(reading.pixels, expected)


@pytest.mark.sanitize
@pytest.mark.parametrize("name", CASES)
def test_equals_tifffile(matrix, name):
    path, reading = matrix[name]
    expected, page = read_with_tifffile(path)
    assert_equal(reading, expected)
    assert reading.inverted == (page.photometric == 0)
    assert reading.rgb == (page.photometric in (2, 6))


@pytest.mark.parametrize("name", ["raw-uint8-le-one", "raw-uint16-be-strips", "raw-float64-be-rows",
                                  "samples3-contig-raw-uint8-strips", "stack-raw-be-big",
                                  "samples3-separate-raw-uint16-strips", "truncated-uint16",
                                  "imagej-truncated-uint8", "palette", "stack-5d"])
def test_raw_rows_are_direct(matrix, name):
    assert matrix[name][1].direct


@pytest.mark.parametrize("name", ["raw-uint8-le-tiles", "lzw-u8-one", "bool-strips-raw",
                                  "half-raw-be"])
def test_others_are_not(matrix, name):
    assert not matrix[name][1].direct


def pack_bits(values, bits):
    """Rows of samples of odd widths, most significant bit first, each row starting on a byte."""
    shifts = numpy.arange(bits - 1, -1, -1)
    flat = (values.reshape(len(values), -1)[..., None] >> shifts & 1).astype("uint8")
    return numpy.packbits(flat.reshape(len(values), -1), axis=1).tobytes()


def write_tiff(path, tags, data, order="<", big=False):
    """A TIFF of one directory that is written by hand: tag -> (type, values) or one integer."""
    head = (struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, 8) if not big else
            struct.pack(order + "2sHHHQ", b"II" if order == "<" else b"MM", 43, 8, 0, 16))
    word, fmt = (8, "Q") if big else (4, "I")
    size = len(head) + (8 if big else 2) + len(tags) * (4 + 2 * word) + word
    tags = {tag: value if isinstance(value, tuple) else (4, [value]) for tag, value in tags.items()}
    packed = {tag: struct.pack(f"{order}{len(values)}{ {1: 'B', 3: 'H', 4: 'I', 16: 'Q'}[kind]}",
                               *values) for tag, (kind, values) in tags.items()}
    extra = b"".join(value for value in packed.values() if len(value) > word)
    if 273 in tags and tags[273] == (4, [0]):  # data right behind all
        packed[273] = struct.pack(order + "I", size + len(extra))
    out, at = head + struct.pack(order + ("Q" if big else "H"), len(tags)), size
    for tag in sorted(tags):
        kind, values = tags[tag]
        out += struct.pack(order + "HH" + fmt, tag, kind, len(values))
        out += packed[tag].ljust(word, b"\0") if len(packed[tag]) <= word else struct.pack(
            order + fmt, at)
        at += len(packed[tag]) if len(packed[tag]) > word else 0
    order_of_extra = b"".join(packed[tag] for tag in sorted(tags) if len(packed[tag]) > word)
    Path(path).write_bytes(out + struct.pack(order + fmt, 0) + order_of_extra + data)


@pytest.mark.sanitize
@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("bits", [1, 2, 3, 4, 6, 7, 9, 10, 12, 14, 15])
def test_odd_widths_are_widened(tmp_path, bits, samples):
    values = numpy.random.default_rng(bits).integers(0, 1 << bits, (40, 37, samples))
    data = pack_bits(values, bits)
    tags = {256: 37, 257: 40, 258: (3, [bits] * samples), 259: 1, 262: 1, 277: samples, 278: 40,
            273: 0, 279: len(data), 284: 1}
    for order in ORDERS:
        write_tiff(tmp_path / "odd.tif", tags, data, order)
        [reading] = read_pictures([tmp_path / "odd.tif"], tmp_path)
        assert_equal(reading, numpy.moveaxis(values, -1, 0)[None].astype(
            "uint8" if bits < 8 else "uint16"))


@pytest.mark.sanitize
@pytest.mark.parametrize("order", ORDERS)
def test_floats_of_24_bits(tmp_path, order):
    values = numpy.random.default_rng(0).normal(0, 1e3, (20, 30)).astype("float32")
    data = imagecodecs.float24_encode(values, byteorder=order)
    tags = {256: 30, 257: 20, 258: 24, 259: 1, 262: 1, 277: 1, 278: 20, 273: 0, 279: len(data),
            339: 3}
    write_tiff(tmp_path / "f24.tif", tags, data, order)
    [reading] = read_pictures([tmp_path / "f24.tif"], tmp_path)
    expected = imagecodecs.float24_decode(data, byteorder=order).reshape(1, 1, 20, 30)
    assert_equal(reading, expected)


@pytest.mark.parametrize("codec", ["group3", "group4", "tiff_ccitt", "packbits", "tiff_lzw"])
def test_bilevel_from_pillow(tmp_path, codec):
    pixels = make_pixels((HEIGHT, WIDTH), "bool")
    PIL.Image.fromarray(pixels).save(tmp_path / "b.tif", compression=codec)
    [reading] = read_pictures([tmp_path / "b.tif"], tmp_path)
    expected = numpy.asarray(PIL.Image.open(tmp_path / "b.tif")).astype("uint8")
    assert reading.error is None, reading.error
    values = 1 - reading.pixels if reading.inverted else reading.pixels
    numpy.testing.assert_array_equal(values[0, 0], expected)


@pytest.mark.parametrize(("codec", "bits"), [(32766, 2), (32809, 4)])
def test_codecs_that_nobody_writes(tmp_path, codec, bits):
    """NeXT and ThunderScan, in their plainest form: literal rows, literal pixels."""
    values = numpy.random.default_rng(bits).integers(0, 1 << bits, (8, 20))
    data = b"".join(b"\0" + pack_bits(row[None], 2) if bits == 2 else
                    bytes(int(value) | 0xC0 for value in row) for row in values)
    write_tiff(tmp_path / "c.tif", {256: 20, 257: 8, 258: bits, 259: codec, 262: 1, 273: 0, 277: 1,
                                    278: 8, 279: len(data)}, data)
    [reading] = read_pictures([tmp_path / "c.tif"], tmp_path)
    assert_equal(reading, values[None, None].astype("uint8"))


def test_reversed_bits(tmp_path):
    values = numpy.random.default_rng(0).integers(0, 256, (10, 11)).astype("uint8")
    data = imagecodecs.bitorder_decode(values.tobytes())
    write_tiff(tmp_path / "r.tif", {256: 11, 257: 10, 258: 8, 259: 1, 262: 1, 266: 2, 273: 0,
                                    277: 1, 278: 10, 279: len(data)}, data)
    [reading] = read_pictures([tmp_path / "r.tif"], tmp_path)
    assert_equal(reading, values[None, None])


def test_thumbnails_and_masks_are_no_slices(tmp_path):
    pixels = make_pixels((HEIGHT, WIDTH), "uint8")
    with tifffile.TiffWriter(tmp_path / "p.tif") as tif:
        tif.write(pixels, subifds=1, metadata=None)
        tif.write(pixels[::2, ::2], subfiletype=1, metadata=None)  # below the first
        tif.write(pixels[::4, ::4], subfiletype=1, metadata=None)
        tif.write(pixels + 1, metadata=None)
        tif.write(pixels > 7, subfiletype=4, metadata=None)
    [reading] = read_pictures([tmp_path / "p.tif"], tmp_path)
    assert_equal(reading, numpy.stack([pixels, pixels + 1])[:, None])


def test_many_pages(tmp_path):
    """More than a classic TIFF's writers count to, each 3 x 2."""
    pixels = numpy.arange(70000 * 6, dtype="uint32").reshape(70000, 2, 3)
    with tifffile.TiffWriter(tmp_path / "m.tif") as tif:
        tif.write(pixels, metadata=None, photometric="minisblack")
    [reading] = read_pictures([tmp_path / "m.tif"], tmp_path)
    assert reading.error is None and reading.shape == (70000, 1, 2, 3)
    numpy.testing.assert_array_equal(reading.pixels[-1, 0], pixels[-1])


def test_texts_that_do_not_fit_any_more(tmp_path):
    """A page that was taken from a stack, with the stack's description: one page."""
    pixels = make_pixels((HEIGHT, WIDTH), "uint8")
    PIL.Image.fromarray(pixels).save(tmp_path / "a.tif", description=json.dumps(
        {"shape": [9, HEIGHT, WIDTH]}))
    PIL.Image.fromarray(pixels).save(tmp_path / "b.tif",
                                     description="ImageJ=1.53t\nimages=9\nslices=9\n")
    PIL.Image.fromarray(pixels).save(tmp_path / "c.tif", description="{\"shape\": [7, 7]}")
    for reading in read_pictures([tmp_path / name for name in ["a.tif", "b.tif", "c.tif"]],
                                 tmp_path):
        assert_equal(reading, pixels[None, None])


@pytest.mark.parametrize("text", ["shape=(4, 75, 101)", "shape=(4,75,101)",
                                  "ImageJ=1.11a\nimages=4\nslices=4\n",
                                  "ImageJ=1.11a\nimages=4\n",
                                  "ImageJ=1.11a\nimages=4\nchannels=2\nframes=2\nhyperstack=true\n"])
def test_frames_without_directories(tmp_path, text):
    pixels = numpy.random.default_rng(4).integers(0, 65536, (4, HEIGHT, WIDTH)).astype(">u2")
    data = pixels.tobytes()
    write_tiff(tmp_path / "v.tif", {256: WIDTH, 257: HEIGHT, 258: 16, 259: 1, 262: 1,
                                    270: (1, text.encode() + b"\0"), 273: 0, 277: 1, 278: HEIGHT,
                                    279: len(data) // 4}, data, ">")
    [reading] = read_pictures([tmp_path / "v.tif"], tmp_path)
    assert_equal(reading, pixels[:, None].astype("uint16"))


def test_virtual_stack_beyond_4_gb(tmp_path):
    """ImageJ's way: one directory, 32-bit places, pixels up to where they do not reach."""
    frames, side, path = 1100, 2048, tmp_path / "v.tif"
    write_tiff(path, {256: side, 257: side, 258: 8, 259: 1, 262: 1,
                      270: (1, f"ImageJ=1.53t\nimages={frames}\n".encode() + b"\0"), 273: 0, 277: 1,
                      278: side, 279: side * side}, b"", ">")
    end = os.path.getsize(path) + frames * side * side
    os.truncate(path, end - side)
    with path.open("ab") as file:
        file.write(bytes(range(256)) * (side // 256))
    [reading] = read_pictures([path], tmp_path)
    assert reading.error is None and reading.shape == (frames, 1, side, side) and reading.direct
    numpy.testing.assert_array_equal(reading.pixels[-1, 0, -1], numpy.arange(side) % 256)
    assert not reading.pixels[:-1].any()
    os.truncate(path, end - 1)
    [reading] = read_pictures([path])
    assert "truncated" in reading.error


@pytest.mark.parametrize(("resolution", "unit", "nm"), [
    ((2e6, 1e6), "centimeter", (5, 10)),
    ((25400, 25400), "inch", (1000, 1000)),
    ((1, 1), "none", (0, 0)),
    ((90909, 90909), "none", (0, 0)),
    ((72, 72), "inch", (0, 0)),
    ((300, 300), "inch", (0, 0)),
    ((118.11, 118.11), "centimeter", (0, 0)),
    ((1, 1), "inch", (0, 0)),
])
def test_pixel_size(tmp_path, resolution, unit, nm):
    tifffile.imwrite(tmp_path / "r.tif", numpy.zeros((2, 2), "uint8"), resolution=resolution,
                     resolutionunit=unit, metadata=None)
    [reading] = read_pictures([tmp_path / "r.tif"])
    assert reading.nm == pytest.approx(nm, rel=1e-5)


def expand_pillow(image):
    """Pixels as [1][sample][row][column]; palettes as colours, one bit as 0 and 1."""
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    pixels = numpy.asarray(image)
    if image.mode == "1":
        pixels = pixels.astype("uint8")
    if image.mode.startswith("I"):
        pixels = pixels.astype("uint16")
    return pixels[None, None] if pixels.ndim == 2 else numpy.moveaxis(pixels, -1, 0)[None]


@pytest.mark.sanitize
@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "P", "P2", "P4", "P16", "PT",
                                  "I;16"])
def test_png_equals_pillow(tmp_path, mode):
    grey = make_pixels((HEIGHT, WIDTH), "uint8")
    if mode == "I;16":
        image = PIL.Image.fromarray(make_pixels((HEIGHT, WIDTH), "uint16"))
    elif mode[0] == "P":
        colors = {"P2": 2, "P4": 4, "P16": 16}.get(mode, 200)
        image = PIL.Image.fromarray(grey).convert("RGB").quantize(colors)
    else:
        image = PIL.Image.merge("RGBA", [PIL.Image.fromarray(numpy.roll(grey, i))
                                         for i in range(4)]).convert(mode)
    options = {"transparency": 3} if mode == "PT" else {}
    image.save(tmp_path / "i.png", **options)
    [reading] = read_pictures([tmp_path / "i.png"], tmp_path)
    assert_equal(reading, expand_pillow(PIL.Image.open(tmp_path / "i.png")))


@pytest.mark.parametrize("shape", [(HEIGHT, WIDTH, 2), (HEIGHT, WIDTH, 3), (HEIGHT, WIDTH, 4)])
def test_png_of_16_bits(tmp_path, shape):
    pixels = numpy.random.default_rng(1).integers(0, 65536, shape).astype("uint16")
    (tmp_path / "i.png").write_bytes(imagecodecs.png_encode(pixels))
    [reading] = read_pictures([tmp_path / "i.png"], tmp_path)
    assert_equal(reading, numpy.moveaxis(pixels, -1, 0)[None])


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def make_png(width, height, bits, color, rows, interlaced=0, extra=b""):
    head = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, interlaced)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + extra +
            png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b""))


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_png_of_few_bits(tmp_path, bits):
    """Two and four bits are spread over the range of eight; one bit stays 0 and 1."""
    values = numpy.random.default_rng(bits).integers(0, 1 << bits, (9, 13))
    packed = pack_bits(values[..., None], bits)
    width = len(packed) // 9
    rows = b"".join(b"\0" + packed[i * width:(i + 1) * width] for i in range(9))
    (tmp_path / "i.png").write_bytes(make_png(13, 9, bits, 0, rows))
    [reading] = read_pictures([tmp_path / "i.png"], tmp_path)
    step = 1 if bits == 1 else 255 // ((1 << bits) - 1)
    assert_equal(reading, (values * step).astype("uint8")[None, None])
    assert_equal(reading, expand_pillow(PIL.Image.open(tmp_path / "i.png")))


@pytest.mark.sanitize
def test_png_interlaced(tmp_path):
    pixels = make_pixels((HEIGHT, WIDTH), "uint8")
    rows = b""
    for x, y, dx, dy in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
                         (1, 0, 2, 2), (0, 1, 1, 2)]:
        rows += b"".join(b"\0" + row.tobytes() for row in pixels[y::dy, x::dx])
    (tmp_path / "i.png").write_bytes(make_png(WIDTH, HEIGHT, 8, 0, rows, 1))
    [reading] = read_pictures([tmp_path / "i.png"], tmp_path)
    assert_equal(reading, pixels[None, None])


@pytest.mark.parametrize(("density", "unit", "nm"), [(10**8, 1, 10), (3780, 1, 0), (2835, 1, 0),
                                                     (11811, 1, 0), (10**8, 0, 0)])
def test_png_pixel_size(tmp_path, density, unit, nm):
    extra = png_chunk(b"pHYs", struct.pack(">IIB", density, density, unit))
    (tmp_path / "i.png").write_bytes(make_png(1, 1, 8, 0, b"\0\0", 0, extra))
    [reading] = read_pictures([tmp_path / "i.png"])
    assert reading.nm == pytest.approx((nm, nm))


@pytest.mark.sanitize
@pytest.mark.parametrize("options", [{}, {"quality": 95}, {"subsampling": 0}, {"subsampling": 1},
                                     {"progressive": True}, {"quality": 10, "optimize": True},
                                     {"restart_marker_blocks": 3}])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_jpeg_equals_pillow(tmp_path, mode, options):
    grey = make_pixels((HEIGHT, WIDTH), "uint8")
    image = PIL.Image.merge("RGB", [PIL.Image.fromarray(numpy.roll(grey, i)) for i in range(3)])
    image.convert(mode).save(tmp_path / "i.jpg", **options)
    [reading] = read_pictures([tmp_path / "i.jpg"], tmp_path)
    assert_equal(reading, expand_pillow(PIL.Image.open(tmp_path / "i.jpg")))


def test_jpeg_with_data_behind(tmp_path):
    image = PIL.Image.fromarray(make_pixels((HEIGHT, WIDTH), "uint8"))
    image.save(tmp_path / "i.jpg", comment=b"x" * 60000, icc_profile=b"y" * 90000)
    (tmp_path / "i.jpg").write_bytes((tmp_path / "i.jpg").read_bytes() + b"z" * 100000)
    [reading] = read_pictures([tmp_path / "i.jpg"], tmp_path)
    assert_equal(reading, expand_pillow(PIL.Image.open(tmp_path / "i.jpg")))


def test_real_pictures(tmp_path):
    folder = DATA / "data"
    if not folder.exists():
        pytest.skip("no test data (OMEZARR_TEST_DATA)")
    paths = sorted(path for path in folder.rglob("*")
                   if path.suffix.lower() in (".tif", ".tiff", ".png", ".jpg", ".jpeg"))
    paths = [path for path in paths if not path.is_symlink()]
    assert paths
    for path, reading in zip(paths, read_pictures(paths, tmp_path), strict=True):
        if path.suffix.startswith(".t"):
            assert_equal(reading, read_with_tifffile(path)[0])
        else:
            assert_equal(reading, expand_pillow(PIL.Image.open(path)))
