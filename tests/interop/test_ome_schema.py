"""The OME-Zarr documents we write pass the official schemas and ome-zarr-models."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("OMEZARR_BUILD", ROOT / "build"))
DATA = Path(os.environ.get("OMEZARR_TEST_DATA", ROOT.parent / "shared"))
SCHEMAS = DATA / "suites" / "schemas"


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """(version, kind, name) -> attributes, as tests/support/ome_print.c wrote them."""
    folder = tmp_path_factory.mktemp("ome")
    subprocess.run([str(BUILD / "tests" / "support" / "ome_print"), str(folder)], check=True)
    result = {}
    for path in sorted(folder.iterdir()):
        version, kind, name = path.stem.split("-", 2)
        result[version, kind, name] = json.loads(path.read_text())
    assert len(result) == 2 * (14 + 2)
    return result


def validator(version, name):
    """A validator that finds the schemas a schema refers to in its folder."""
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    folder = SCHEMAS / version
    if not folder.exists():
        pytest.skip("no official schemas (OMEZARR_TEST_DATA)")
    registry, found = Registry(), None
    for path in sorted(folder.glob("*.schema")):
        content = json.loads(path.read_text())
        resource = Resource.from_contents(content, default_specification=DRAFT202012)
        registry = registry.with_resource(content["$id"], resource)
        found = content if path.stem == name else found
    return Draft202012Validator(found, registry=registry)


def of_kind(documents, version, kind):
    return {name: attributes for (v, k, name), attributes in documents.items()
            if (v, k) == (version, kind)}


@pytest.mark.sanitize
@pytest.mark.parametrize("schema", ["image", "strict_image", "bf2raw", "ome"])
@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_schema(documents, version, schema):
    judge = validator(version, schema)
    chosen = of_kind(documents, version, schema.removeprefix("strict_"))
    assert chosen
    for name, attributes in chosen.items():
        found = [f"{'/'.join(map(str, error.path))}: {error.message}"
                 for error in judge.iter_errors(attributes)]
        assert not found, (name, found)


@pytest.mark.parametrize("schema", ["image", "strict_image"])
def test_schema_finds_faults(documents, schema):
    """The judge is awake: without a scale the document is refused."""
    judge = validator("0.5", schema)
    attributes = json.loads(json.dumps(next(iter(of_kind(documents, "0.5", "image").values()))))
    del attributes["ome"]["multiscales"][0]["datasets"][0]["coordinateTransformations"]
    assert not judge.is_valid(attributes)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_models(documents, version):
    if version == "0.4":
        from ome_zarr_models.v04.image import ImageAttrs
        pick = dict
    else:
        from ome_zarr_models.v05.image import ImageAttrs

        def pick(attributes):
            return attributes["ome"]
    for name, attributes in of_kind(documents, version, "image").items():
        model = ImageAttrs.model_validate(pick(attributes))
        multiscale = model.multiscales[0]
        assert [axis.name for axis in multiscale.axes] == list(name.split("-")[1])
        assert multiscale.name == "em"


def inner(attributes):
    return attributes.get("ome", attributes)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_content(documents, version):
    """Values against the rules in words: centred levels, units, colours, windows."""
    images = of_kind(documents, version, "image")
    for name, attributes in images.items():
        multiscale = inner(attributes)["multiscales"][0]
        assert multiscale["type"] == "median"
        assert multiscale["metadata"]["method"] == "median"
        assert ("version" in multiscale) == (version == "0.4")
        for level, dataset in enumerate(multiscale["datasets"]):
            factor = 2 ** level
            scale, shift = dataset["coordinateTransformations"]
            assert (scale["type"], shift["type"]) == ("scale", "translation")
            for axis, size, offset in zip(multiscale["axes"], scale["scale"],
                                          shift["translation"], strict=True):
                space = axis["name"] in "zyx"
                assert size == pytest.approx(11.24 * factor if space else 1)
                assert offset == pytest.approx(11.24 * (factor - 1) / 2 if space else 0)
        omero = inner(attributes).get("omero")
        assert (omero is None) == name.startswith("1-")
        for channel in omero["channels"] if omero else []:
            assert re.fullmatch("[0-9A-F]{6}", channel["color"])
            assert channel["window"] == {"min": -3.5, "max": 255, "start": 2, "end": 250.25}
            assert (channel["coefficient"], channel["family"]) == (1, "linear")
    assert inner(images["0-zyx"])["omero"]["rdefs"] == {
        "model": "greyscale", "defaultT": 0, "defaultZ": 12}
    assert inner(images["2-czyx"])["omero"]["rdefs"]["model"] == "color"
    colors = [channel["color"] for channel in inner(images["2-czyx"])["omero"]["channels"]]
    assert colors == ["FF0000", "00FF00", "0000FF"]
    units = {axis["name"]: axis.get("unit") for axis in
             inner(images["4-tczyx"])["multiscales"][0]["axes"]}
    assert units == {"t": None, "c": None, "z": "nanometer", "y": "nanometer", "x": "nanometer"}


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_update_changes_nothing(documents, version):
    """Reading a document and writing what was read into it gives the document."""
    images = of_kind(documents, version, "image")
    for name, attributes in images.items():
        if not name.endswith("-updated"):
            assert images[f"{name}-updated"] == attributes, name
