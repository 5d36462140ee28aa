"""Reads a dataset back with tensorstore, zarr-python and the webknossos package, and compares every
voxel of every mag, and the metadata, with what the model says."""

import json
import re
import warnings
from dataclasses import dataclass, field

import jsonschema
import numpy as np
import tensorstore
import zarr
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

import model

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import webknossos

AXES = "tczyx"
NANOMETERS = {"nanometer": 1.0, "micrometer": 1e3, "millimeter": 1e6, "angstrom": 0.1}


@dataclass
class Layer:
    """What a layer has to hold."""

    array: np.ndarray  # t,c,z,y,x
    axes: str = "zyx"  # those that are stored
    voxel: tuple = (1.0, 1.0, 1.0)
    unit: str = "nanometer"
    kind: str = "median"
    mags: list = field(default_factory=list)  # worked out from the voxel size where not given
    category: str = "color"
    t_scale: float = 1.0
    t_unit: str = None
    sampling: str = "anisotropic"
    max_mag: tuple = None
    as_one: bool = False  # several channels that WEBKNOSSOS shows as one layer: 8-bit RGB

    def all_mags(self):
        size = self.array.shape[:1:-1]
        return self.mags or model.plan_mags(self.voxel, size, self.sampling, self.max_mag)

    def levels(self):
        return model.pyramid(self.array, self.all_mags(), self.kind)

    def stored(self, array):
        """The axes that are stored, of a t,c,z,y,x array."""
        lost = tuple(i for i, axis in enumerate(AXES) if axis not in self.axes)
        return array.squeeze(lost)


def attributes(group):
    """(zarr format, attributes) of a group folder."""
    if (group / "zarr.json").exists():
        document = json.loads((group / "zarr.json").read_text())
        assert document["node_type"] == "group"
        return 3, document.get("attributes", {})
    assert json.loads((group / ".zgroup").read_text()) == {"zarr_format": 2}
    zattrs = group / ".zattrs"
    return 2, json.loads(zattrs.read_text()) if zattrs.exists() else {}


def open_tensorstore(path, zarr_format):
    spec = {"driver": "zarr3" if zarr_format == 3 else "zarr",
            "kvstore": {"driver": "file", "path": str(path) + "/"}}
    return tensorstore.open(spec, read=True).result()


def assert_same(got, wanted, what):
    assert got.shape == wanted.shape, f"{what}: shape {got.shape}, expected {wanted.shape}"
    assert got.dtype == wanted.dtype, f"{what}: {got.dtype}, expected {wanted.dtype}"
    if got.tobytes() != wanted.tobytes():
        different = np.argwhere(~((got == wanted) | ((got != got) & (wanted != wanted))))
        assert not len(different), (
            f"{what}: {len(different)} voxels differ, the first at {different[0]}: "
            f"{got[tuple(different[0])]}, expected {wanted[tuple(different[0])]}")


def check_arrays(folder, layer, zarr_format):
    for mag, array in layer.levels().items():
        path, wanted = folder / model.mag_name(mag), layer.stored(array)
        through_zarr = zarr.open_array(path, mode="r")
        assert_same(through_zarr[...], wanted, f"{path} by zarr-python")
        store = open_tensorstore(path, zarr_format)
        assert_same(store.read().result(), wanted, f"{path} by tensorstore")
        if zarr_format == 3:
            assert list(store.domain.labels) == list(layer.axes)
        else:
            assert through_zarr.attrs["_ARRAY_DIMENSIONS"] == list(layer.axes)


def check_multiscale(folder, layer, zarr_format):
    """Levels, scales, translations, units, names, channels of the image."""
    found, attrs = attributes(folder)
    assert found == zarr_format
    ome = attrs["ome"] if zarr_format == 3 else attrs
    multiscale = ome["multiscales"][0]
    assert (ome if zarr_format == 3 else multiscale)["version"] == ("0.5" if zarr_format == 3
                                                                    else "0.4")
    assert multiscale["name"] == folder.name
    assert multiscale["type"] == layer.kind
    assert "omezarr" in json.dumps(multiscale["metadata"])
    kinds = {"t": "time", "c": "channel"}
    assert [axis["name"] for axis in multiscale["axes"]] == list(layer.axes)
    for axis in multiscale["axes"]:
        assert axis["type"] == kinds.get(axis["name"], "space")
        unit = {"t": layer.t_unit, "c": None}.get(axis["name"], layer.unit)
        assert axis.get("unit") == unit
    check_transformations(multiscale, layer)
    if layer.category == "color":
        check_omero(ome["omero"], layer)


def check_transformations(multiscale, layer):
    paths = [dataset["path"] for dataset in multiscale["datasets"]]
    assert paths == [model.mag_name(mag) for mag in layer.all_mags()]
    assert not multiscale.get("coordinateTransformations")
    for dataset, mag in zip(multiscale["datasets"], layer.all_mags()):
        factors = dict(zip("xyz", mag))
        voxel = dict(zip("xyz", layer.voxel)) | {"c": 1.0, "t": layer.t_scale}
        steps = {step["type"]: step[step["type"]] for step in dataset["coordinateTransformations"]}
        scale = [voxel[axis] * factors.get(axis, 1) for axis in layer.axes]
        shift = [voxel[axis] * (factors.get(axis, 1) - 1) / 2 for axis in layer.axes]
        np.testing.assert_allclose(steps["scale"], scale, rtol=1e-12)
        np.testing.assert_allclose(steps.get("translation", [0] * len(shift)), shift, rtol=1e-12)


def check_omero(omero, layer):
    channels = layer.array.shape[1]
    assert len(omero["channels"]) == channels
    for number, channel in enumerate(omero["channels"]):
        assert re.fullmatch("[0-9A-Fa-f]{6}", channel["color"])
        window = channel["window"]
        values = layer.array[:, number]
        assert window["min"] == float(np.nanmin(values))
        assert window["max"] == float(np.nanmax(values))
        assert window["min"] <= window["start"] <= window["end"] <= window["max"]


def check_root(dataset, names, zarr_format):
    found, attrs = attributes(dataset)
    ome = attrs["ome"] if zarr_format == 3 else attrs
    assert found == zarr_format and ome["bioformats2raw.layout"] == 3
    found, attrs = attributes(dataset / "OME")
    ome = attrs["ome"] if zarr_format == 3 else attrs
    assert sorted(ome["series"]) == sorted(names)


def shown_layers(name, layer):
    """name -> t,z,y,x or c,z,y,x picker of the layers that WEBKNOSSOS shows for an array."""
    channels = layer.array.shape[1]
    if "c" not in layer.axes or layer.as_one or channels == 1:
        return {name: None}
    return {f"{name}__channel{number}": number for number in range(channels)}


def as_tczyx(view, array):
    """What webknossos gave, as t,c,z,y,x."""
    axes = list(view.normalized_bounding_box.axes)
    assert array.ndim == len(axes)
    order = [axes.index(axis) for axis in AXES if axis in axes]
    array = array.transpose(order)
    for place, axis in enumerate(AXES):
        if axis not in axes:
            array = np.expand_dims(array, place)
    return array


def check_webknossos(path, layers):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = webknossos.Dataset.open(path)
    wanted = {shown: (layer, number) for name, layer in layers.items()
              for shown, number in shown_layers(name, layer).items()}
    assert sorted(dataset.layers) == sorted(wanted)
    for name, (layer, number) in wanted.items():
        shown = dataset.get_layer(name)
        assert shown.category == layer.category
        box = shown.bounding_box
        assert tuple(box.topleft_xyz) == (0, 0, 0)
        assert tuple(box.size_xyz) == layer.array.shape[:1:-1]
        assert sorted(mag.to_layer_name() for mag in shown.mags) == sorted(
            model.mag_name(mag) for mag in layer.all_mags())
        for mag, array in layer.levels().items():
            view = shown.get_mag(model.mag_name(mag))
            if number is not None:
                array = array[:, number:number + 1]
            assert_same(as_tczyx(view, view.read()), array, f"{name}/{mag} by webknossos")
        if layer.category == "segmentation":
            assert shown.largest_segment_id == int(layer.array.max())
    scale = dataset.voxel_size_with_unit
    layer = next(iter(layers.values()))
    np.testing.assert_allclose(tuple(scale.factor), layer.voxel)
    assert scale.unit.value == layer.unit


def check(path, layers, zarr_format=3):
    """Everything. `layers`: name -> Layer."""
    check_root(path, layers, zarr_format)
    for name, layer in layers.items():
        check_arrays(path / name, layer, zarr_format)
        check_multiscale(path / name, layer, zarr_format)
    check_webknossos(path, layers)
    check_models(path, layers, zarr_format)


# ---- schemas ----


def check_models(path, names, zarr_format):
    """The metadata as the ome-zarr-models package wants it."""
    if zarr_format == 3:
        from ome_zarr_models.v05.image import Image
    else:
        from ome_zarr_models.v04.image import Image
    for name in names:
        Image.from_zarr(zarr.open_group(path / name, mode="r"))


def check_schemas(path, names, zarr_format, schemas):
    """The metadata against the official JSON schemas, the strict ones too."""
    folder = schemas / ("0.5" if zarr_format == 3 else "0.4")
    documents = [json.loads(file.read_text()) for file in sorted(folder.glob("*.schema"))]
    registry = Registry().with_resources(
        (document["$id"], Resource.from_contents(document, DRAFT202012)) for document in documents
        if "$id" in document)

    def validate(schema, document):
        text = json.loads((folder / f"{schema}.schema").read_text())
        jsonschema.Draft202012Validator(text, registry=registry).validate(document)

    for name in names:
        _, attrs = attributes(path / name)
        for schema in ("image", "strict_image"):
            validate(schema, attrs)
    if (folder / "bf2raw.schema").exists():
        validate("bf2raw", attributes(path)[1])
    if (folder / "ome.schema").exists():
        validate("ome", attributes(path / "OME")[1])
