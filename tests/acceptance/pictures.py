"""Writes picture stacks, and reads any picture with tifffile or Pillow as t,c,z,y,x."""

import hashlib
import re
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image


def write_slices(folder, array, suffix="tif", digits=4, **options):
    """Numbered 2-D files of a z,y,x array (or z,y,x,samples)."""
    folder.mkdir(parents=True, exist_ok=True)
    for z, plane in enumerate(array):
        path = folder / f"slice_{z:0{digits}}.{suffix}"
        if suffix.startswith("tif"):
            tifffile.imwrite(path, plane, **{"metadata": None, **options})
        else:
            Image.fromarray(plane).save(path, **options)
    return folder


def natural(path):
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", str(path))]


def read_file(path):
    """One file as t,c,z,y,x."""
    if path.suffix.lower() in (".tif", ".tiff"):
        with tifffile.TiffFile(path) as tiff:
            series = tiff.series[0]
            array, axes = series.asarray(), series.axes
    else:
        picture = Image.open(path)
        array = np.asarray(picture)
        array = array.astype(np.uint8) if picture.mode == "1" else array
        axes = "YX" if array.ndim == 2 else "YXS"
    named = "".join(axis if axis in "TCZYX" else "C" if axis == "S" else "Z" for axis in axes)
    order = [named.index(axis) for axis in "TCZYX" if axis in named]
    array = array.transpose(order)
    for place, axis in enumerate("TCZYX"):
        if axis not in named:
            array = np.expand_dims(array, place)
    return np.ascontiguousarray(array.astype(array.dtype.newbyteorder("=")))


def read(path):
    """A file, or the files of a folder put together along z."""
    path = Path(path)
    if path.is_file():
        return read_file(path)
    files = [file for file in path.iterdir()
             if file.suffix.lower() in (".tif", ".tiff", ".png", ".jpg", ".jpeg")]
    return np.concatenate([read_file(file) for file in sorted(files, key=natural)], axis=2)


def fingerprint(folder):
    """relative path -> hash of the content, of all files below a folder."""
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(Path(folder).rglob("*")) if path.is_file()}


def names_beside(target):
    """What lies in the folder of `target`: no temporary file may be left there."""
    return sorted(path.name for path in Path(target).parent.iterdir())
