"""Fixtures of the acceptance tests: the command, the test data, stacks that are made once."""

import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

import model
import pictures

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("OMEZARR_BUILD", ROOT / "build"))
DATA = Path(os.environ.get("OMEZARR_TEST_DATA", ROOT.parent / "shared"))


class Command:
    """Calls omezarr and checks its exit code; `run` gives code, out and err."""

    program = str(BUILD / "omezarr")

    def __call__(self, *arguments, code=0, timeout=900, **more):
        command = [self.program, *map(str, arguments)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=timeout, check=False, **more)
        result = SimpleNamespace(code=done.returncode, out=done.stdout.decode(),
                                 err=done.stderr.decode())
        assert result.code == code, (
            f"{' '.join(command)}\nexit {result.code}, expected {code}\n{result.out}{result.err}")
        return result

    def start(self, *arguments, **more):
        return subprocess.Popen([self.program, *map(str, arguments)], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


@pytest.fixture(scope="session")
def omezarr():
    return Command()


@pytest.fixture(scope="session")
def make_stack():
    """The C generator: make_stack(*arguments)."""

    def make(*arguments):
        subprocess.run([str(BUILD / "tests" / "support" / "make_stack"), *map(str, arguments)],
                       check=True)

    return make


@pytest.fixture(scope="session")
def data():
    """The folder of real pictures."""
    folder = DATA / "data"
    if not folder.exists():
        pytest.skip("no test data (OMEZARR_TEST_DATA)")
    return folder


@pytest.fixture(scope="session")
def golden(data):
    return DATA / "golden"


@pytest.fixture(scope="session")
def schemas():
    folder = DATA / "suites" / "schemas"
    if not folder.exists():
        pytest.skip("no schemas (OMEZARR_TEST_DATA)")
    return folder


@pytest.fixture(scope="session")
def tissue(tmp_path_factory):
    """A stack of odd size with its labels: folders of numbered TIFFs, and the arrays (z,y,x)."""
    folder = tmp_path_factory.mktemp("tissue")
    gray, labels = model.cells((37, 151, 173))
    pictures.write_slices(folder / "em", gray)
    pictures.write_slices(folder / "segmentation", labels)
    return SimpleNamespace(folder=folder, em=folder / "em", segmentation=folder / "segmentation",
                           gray=gray, labels=labels)
