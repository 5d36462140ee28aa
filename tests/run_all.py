"""Run every suite, one after the other, and sum up: the last line is `N passed, N failed, N skipped`.

Arguments name suites (style, unit, acceptance, asan-unit, asan-acceptance, tsan); none means all. A
suite that fails does not stop the next. Needs only Python's own library; the Python suites run in
a virtual environment below build/ that is made from requirements.txt.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
VENV = BUILD / "venv"
SANITIZED = ["-Dbuildtype=debugoptimized", "-Db_lundef=false"]
FOLDERS = {
    "release": (BUILD, ["--buildtype=release"]),
    "asan": (BUILD / "asan", ["-Db_sanitize=address,undefined", *SANITIZED]),
    "tsan": (BUILD / "tsan", ["-Db_sanitize=thread", *SANITIZED]),
}
SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:exitcode=86:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1:exitcode=86",
    "TSAN_OPTIONS": "halt_on_error=1:exitcode=86",
}
SUITES = ["style", "unit", "acceptance", "asan-unit", "asan-acceptance", "tsan"]


class Count:
    """Tests that passed, failed, were skipped."""

    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped

    def __add__(self, other):
        return Count(self.passed + other.passed, self.failed + other.failed,
                     self.skipped + other.skipped)

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def count_xml(path):
    """What a JUnit file says (pytest's and cmocka's alike)."""
    total = Count()
    try:
        suites = ElementTree.parse(path).getroot().iter("testsuite")
    except ElementTree.ParseError:
        return Count(failed=1)
    for suite in suites:
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        total += Count(int(suite.get("tests", 0)) - failed - skipped, failed, skipped)
    return total


def run(command, **more):
    print("+", " ".join(str(part) for part in command), flush=True)
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False, **more).returncode


def build(kind):
    """Make or refresh a build folder; true if it stands."""
    folder, options = FOLDERS[kind]
    if not (folder / "build.ninja").exists():
        if run(["meson", "setup", folder, ROOT, *options]) != 0:
            return False
    if run(["ninja", "-C", folder]) != 0:
        return False
    link = folder / "omezarr"
    if not link.exists():
        link.symlink_to("src/cli/omezarr")
    return True


def make_venv():
    """The virtual environment of the Python suites, made anew when its requirements change."""
    requirements = ROOT / "tests" / "requirements.txt"
    stamp = VENV / "requirements.sha256"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return True
    shutil.rmtree(VENV, ignore_errors=True)
    BUILD.mkdir(exist_ok=True)
    python = VENV / "bin" / "python"
    if run([sys.executable, "-m", "venv", VENV]) != 0:
        return False
    install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    if run([*install, "-r", requirements]) != 0:
        return False
    stamp.write_text(wanted)
    return True


def run_unit_program(command, environment, reports):
    """One cmocka program; a crash or a sanitizer's finding counts as one failure more."""
    name = Path(command[0]).name
    environment = dict(environment, CMOCKA_MESSAGE_OUTPUT="XML",
                       CMOCKA_XML_FILE=str(reports / f"{name}-%g.xml"))
    try:
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                errors="replace", env=environment, timeout=600, check=False)
        code, output = result.returncode, result.stdout + result.stderr
    except subprocess.TimeoutExpired:
        code, output = -1, "took longer than 600 s"
    files = sorted(reports.glob(f"{name}-*.xml"))
    total = sum((count_xml(file) for file in files), Count())
    if code != 0 and total.failed == 0:
        total.failed += 1
    if total.failed:
        print(f"--- {name} failed (exit {code})\n{output}")
        for file in files:
            print(file.read_text(errors="replace"))
    print(f"{name}: {total}", flush=True)
    return total


def unit(kind):
    folder = FOLDERS[kind][0]
    listed = subprocess.run(["meson", "introspect", "--tests", folder], capture_output=True,
                            text=True, check=False)
    if listed.returncode != 0:
        return Count(failed=1)
    environment = dict(os.environ, **SANITIZER_OPTIONS)
    total = Count()
    with tempfile.TemporaryDirectory() as reports:
        for test in json.loads(listed.stdout):
            total += run_unit_program(test["cmd"], {**environment, **test["env"]}, Path(reports))
    return total


def pytest(kind, arguments):
    if not make_venv():
        print("The virtual environment of the Python tests could not be made.")
        return Count(failed=1)
    data = os.environ.get("OMEZARR_TEST_DATA", str(ROOT.parent / "shared"))
    environment = dict(os.environ, OMEZARR_BUILD=str(FOLDERS[kind][0]), OMEZARR_TEST_DATA=data,
                       **SANITIZER_OPTIONS)
    with tempfile.TemporaryDirectory() as reports:
        report = Path(reports) / "report.xml"
        code = run([VENV / "bin" / "python", "-m", "pytest", "-q", "-ra", "-p", "no:cacheprovider",
                    "-c", ROOT / "tests" / "pytest.ini", f"--junitxml={report}", *arguments],
                   cwd=ROOT, env=environment)
        total = count_xml(report) if report.exists() else Count(failed=1)
    if code not in (0, 5) and total.failed == 0:
        total.failed += 1
    return total


def python_folders():
    """The folders of tests/ with Python tests in them, style apart."""
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    return sorted(folder for folder in folders if folder.name != "style")


def run_suite(name):
    kind = {"asan": "asan", "tsan": "tsan"}.get(name.split("-")[0], "release")
    if not build(kind):
        print(f"The {kind} build failed.")
        return Count(failed=1)
    if name == "style":
        return pytest(kind, [ROOT / "tests" / "style"])
    if name.endswith("unit"):
        return unit(kind)
    marks = {"asan": ["-m", "sanitize"], "tsan": ["-m", "threads"]}.get(kind, [])
    return pytest(kind, [*python_folders(), *marks])


def main():
    # Where this was started in the background Ctrl-C is ignored, and so would those be who are to
    # be tested for what they do then. A handler of ours makes it the default for them.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    wanted = sys.argv[1:] or SUITES
    unknown = set(wanted) - set(SUITES)
    if unknown:
        sys.exit(f"No suite {', '.join(sorted(unknown))}; there are: {' '.join(SUITES)}")
    lines, total = [], Count()
    for name in wanted:
        print(f"\n=== {name}", flush=True)
        begun = time.monotonic()
        count = run_suite(name)
        lines.append(f"{name}: {count} ({time.monotonic() - begun:.0f} s)")
        total += count
    print("\n" + "\n".join(lines))
    print(f"{total}", flush=True)
    sys.exit(1 if total.failed else 0)


if __name__ == "__main__":
    main()
