"""The command line: usage errors, help, exit codes, rules between options, progress, Ctrl-C."""

import errno
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("OMEZARR_BUILD", ROOT / "build")) / "omezarr"
COMMANDS = ["convert", "compress", "downsample", "info"]
VOXEL = ["--voxel-size", "4,4,30"]


def run(*arguments, code=0, **more):
    done = subprocess.run([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, check=False,
                          capture_output=True, text=True, timeout=300, **more)
    assert done.returncode == code, f"{arguments}\n{done.stdout}{done.stderr}"
    return done


def refuse(*arguments, words=(), command=None, **more):
    """Exit 2, nothing on stdout, at most four lines on stderr that point to --help."""
    done = run(*arguments, code=2, **more)
    lines = done.stderr.splitlines()
    name = f"omezarr {command}" if command else "omezarr"
    assert done.stdout == ""
    assert 2 <= len(lines) <= 4
    assert lines[0].startswith(f"{name}: ")
    assert lines[-1] == f"Try '{name} --help'."
    for word in words:
        assert word in done.stderr
    return done


@pytest.fixture
def stack(tmp_path):
    """A folder with a few numbered slices."""
    folder = tmp_path / "em"
    folder.mkdir()
    for z in range(6):
        plane = np.random.default_rng(z).integers(0, 255, (70, 90), np.uint8)
        tifffile.imwrite(folder / f"slice_{z:03}.tif", plane, metadata=None)
    return folder


# ---- the program ----


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["help"]])
def test_help_of_the_program(arguments):
    done = run(*arguments)
    assert done.stderr == ""
    for command in COMMANDS:
        assert re.search(rf"^  {command} ", done.stdout, re.MULTILINE)


def test_version_is_bare():
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", run("--version").stdout)


@pytest.mark.parametrize("word, nearest", [
    ("convrt", "convert"), ("comprss", "compress"), ("downsampel", "downsample"), ("inf", "info"),
    ("--versoin", "--version"), ("--hlep", "--help")])
def test_nearest_word(word, nearest):
    refuse(word, words=[f"unknown {'option' if word[0] == '-' else 'command'} '{word}'",
                        f"did you mean {nearest}?"])


def test_no_nearest_word():
    for arguments in (["transmogrify", "a"], ["help", "transmogrify"], ["--nonsense"]):
        assert "did you mean" not in refuse(*arguments).stderr


# ---- help and the options it shows ----


@pytest.mark.sanitize
@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(command):
    text = run(command, "--help").stdout
    assert text.startswith(f"Usage: omezarr {command} [OPTIONS] ")
    assert text == run("help", command).stdout == run(command, "--nonsense", "-h").stdout
    assert f"\n  omezarr {command} " in text.split("Examples:")[1]
    assert "Exit codes:" in text
    assert max(map(len, text.splitlines())) <= 100


def shown_options(command):
    """name -> what follows it, of the lines that begin with an option."""
    options = {}
    for line in run(command, "--help").stdout.splitlines():
        for name, value in re.findall(r"^  --([a-z-]+)(?:/--no-[a-z-]+)?(?: ([A-Z][A-Z,=.]*))?",
                                      line):
            options[name] = value
    return options


WEBKNOSSOS = {
    "convert": ["voxel-size", "unit", "layer-name", "category", "data-format", "name", "chunk-shape",
                "shard-shape", "chunks-per-shard", "compress", "downsample", "max-mag",
                "interpolation-mode", "sampling-mode", "batch-size", "overwrite-existing", "upload",
                "webknossos-url", "token", "folder", "transfer-mode", "jobs",
                "distribution-strategy", "job-resources"],
    "compress": ["layer-name", "mag", "jobs", "distribution-strategy", "job-resources"],
    "downsample": ["sampling-mode", "layer-name", "coarsest-mag", "token", "transfer-mode",
                   "access-mode", "jobs", "distribution-strategy", "job-resources"],
}
OWN = {
    "convert": ["memory", "codec", "plan", "progress", "verify", "json", "quiet",
                "channels-as-layers"],
    "compress": ["memory", "codec", "progress", "quiet"],
    "downsample": ["memory", "interpolation-mode", "progress", "quiet"],
    "info": ["json"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_options_are_these(command):
    wanted = {*WEBKNOSSOS.get(command, []), *OWN[command], "help"}
    assert set(shown_options(command)) == wanted


def accepts(command, *option):
    """True where the parser knows the option: it then complains of something else."""
    done = subprocess.run([PROGRAM, command, *option], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 2
    return "unknown option" not in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_the_parser_knows_what_help_shows(command):
    text = run(command, "--help").stdout
    for name in set(re.findall(r"--(no-[a-z-]+|[a-z-]+)", text)) - {"help"}:
        if re.search(rf"^  (--[a-z-]+/)?--{name}\b", text, re.MULTILINE):
            assert accepts(command, f"--{name}"), name


# ---- usage ----


@pytest.mark.sanitize
@pytest.mark.parametrize("arguments, words", [
    ("convert", ["SOURCE is missing"]),
    ("convert a", ["TARGET is missing"]),
    ("convert a b c", ["'c'"]),
    ("compress", ["TARGET is missing"]),
    ("downsample", ["TARGET is missing"]),
    ("info", ["PATH is missing"]),
    ("info a b", ["'b'"]),
    ("convert a b --voxel_size 1,1,1", ["did you mean --voxel-size?"]),
    ("convert a b --chunk 64", ["did you mean --chunk-shape?"]),
    ("convert a b -j 3", ["unknown option -j"]),
    ("convert a b --voxel-size", ["--voxel-size needs a value"]),
    ("convert a b --layer-name --jobs 3", ["--layer-name needs a value"]),
    ("convert a b --compress=yes", ["--compress takes no value"]),
    ("convert a b --no-plan", ["unknown option --no-plan"]),
    ("convert a b --voxel-size 0,1,1", ["--voxel-size", "'0,1,1'"]),
    ("convert a b --voxel-size -1,1,1", ["--voxel-size", "'-1,1,1'"]),
    ("convert a b --voxel-size nan,1,1", ["--voxel-size", "'nan,1,1'"]),
    ("convert a b --voxel-size 1,1", ["--voxel-size", "'1,1'"]),
    ("convert a b --unit nm", ["--unit", "nanometer"]),
    ("convert a b --category gray", ["--category", "color, segmentation"]),
    ("convert a b --chunk-shape 0", ["--chunk-shape"]),
    ("convert a b --chunk-shape 32,32", ["--chunk-shape"]),
    ("convert a b --shard-shape 99999999999999999999", ["--shard-shape"]),
    ("convert a b --max-mag 3", ["--max-mag", "power of two"]),
    ("convert a b --batch-size 0", ["--batch-size"]),
    ("convert a b --jobs 0", ["--jobs"]),
    ("convert a b --jobs 100000", ["--jobs"]),
    ("convert a b --memory 2X", ["--memory"]),
    ("convert a b --progress loud", ["--progress", "auto, plain, json, none"]),
    ("convert a b --interpolation-mode cubist", ["--interpolation-mode", "median"]),
    ("convert a b --sampling-mode some", ["--sampling-mode", "constant_z"]),
    ("convert a b --shard-shape 64 --chunks-per-shard 2", ["--shard-shape", "--chunks-per-shard"]),
    ("convert a b --no-compress --codec zstd:1", ["--no-compress", "--codec"]),
    ("compress a --mag 3", ["--mag"]),
    ("compress a --codec none", ["none", "compress"]),
    ("compress a --codec lzma", ["lzma", "zstd"]),
    ("downsample a --coarsest-mag 2-2", ["--coarsest-mag"]),
])
def test_wrong_usage(arguments, words):
    command = arguments.split()[0]
    refuse(*arguments.split(), words=words, command=command)


@pytest.mark.parametrize("data_format", ["wkw", "n5", "neuroglancerPrecomputed"])
def test_formats_to_come(data_format):
    refuse("convert", "a", "b", "--data-format", data_format, command="convert",
           words=[f"--data-format: {data_format} cannot be written yet"])


@pytest.mark.parametrize("options", [
    ["--upload"], ["--webknossos-url", "https://x"], ["--token", "t"], ["--folder", "a/b"],
    ["--transfer-mode", "http"]])
def test_uploading_is_to_come(options):
    refuse("convert", "a", "b", *options, command="convert", words=[options[0], "not there yet"])


@pytest.mark.parametrize("options", [["--token", "t"], ["--transfer-mode", "copy"],
                                     ["--access-mode", "direct_path"]])
def test_remote_datasets_are_to_come(options):
    refuse("downsample", "a", *options, command="downsample", words=[options[0], "yet"])


@pytest.mark.parametrize("path", ["s3://bucket/a", "gs://bucket/a", "https://host/a",
                                  "webdav+http://host/a"])
def test_urls_are_to_come(path):
    for arguments in (["convert", path, "b"], ["convert", "a", path], ["compress", path],
                      ["downsample", path], ["info", path]):
        refuse(*arguments, command=arguments[0], words=[path, "URL"])


@pytest.mark.parametrize("command", ["convert", "compress", "downsample"])
@pytest.mark.parametrize("options, words", [
    (["--job-resources", "mem=1G"], ["--job-resources", "multiprocessing"]),
    (["--distribution-strategy", "sequential", "--job-resources", "mem=1G"],
     ["--job-resources", "sequential"]),
    (["--distribution-strategy=sequential", "--jobs", "2"], ["--jobs", "sequential"]),
    (["--distribution-strategy", "slurm", "--job-resources=mem=1G"], ["slurm", "cluster"]),
    (["--distribution-strategy", "slurm+batching"], ["slurm+batching", "cluster"]),
    (["--distribution-strategy", "kubernetes"], ["kubernetes", "cluster"]),
    (["--distribution-strategy", "carrier-pigeon"], ["multiprocessing, sequential"]),
])
def test_executor_rules(command, options, words):
    paths = ["a", "b"] if command == "convert" else ["a"]
    refuse(command, *paths, *options, command=command, words=words)


@pytest.mark.parametrize("options", [
    ["--jobs", "2"], ["--distribution-strategy", "multiprocessing"],
    ["--distribution-strategy", "sequential"]])
def test_executors_that_work(stack, tmp_path, options):
    run("convert", *VOXEL, *options, stack, tmp_path / "o.zarr")


def test_data_format_from_the_environment(stack, tmp_path):
    def convert(name, variable, *options, **more):
        environment = {**os.environ, "WK_DEFAULT_DATA_FORMAT": variable}
        return run("convert", *VOXEL, *options, stack, tmp_path / name, env=environment, **more)

    convert("a", "zarr")
    assert (tmp_path / "a" / "em" / "1" / ".zarray").exists()
    convert("b", "zarr", "--data-format", "zarr3")
    assert (tmp_path / "b" / "em" / "1" / "zarr.json").exists()
    convert("c", "n5", "--data-format", "zarr3")
    convert("d", "")
    assert (tmp_path / "d" / "em" / "1" / "zarr.json").exists()
    assert "WK_DEFAULT_DATA_FORMAT" in convert("e", "n5", code=2).stderr


@pytest.mark.sanitize
def test_all_places_and_spellings(stack, tmp_path):
    """Options before, between and behind the arguments, with = and with a blank."""
    target = tmp_path / "o.zarr"
    run("convert", "--voxel-size=4,4,30", "--no-downsample", stack, "--chunk-shape", "32", target,
        "--layer-name=x", "--no-compress", "--compress", "--overwrite-existing",
        "--no-overwrite-existing", "--category", "SEGMENTATION")
    assert [path.name for path in sorted((target / "x").iterdir()) if path.is_dir()] == ["1"]
    layer = json.loads(run("info", "--json", target).stdout)["layers"][0]
    assert layer["category"] == "segmentation"
    assert layer["mags"][0]["chunk"] == [6, 32, 32] or layer["mags"][0]["chunk"] == [32, 32, 32]
    assert layer["mags"][0]["codec"].startswith("zstd")


def test_dashes_end_options(stack, tmp_path):
    run("convert", *VOXEL, "--", "em", "--odd", cwd=tmp_path)
    assert (tmp_path / "--odd" / "em" / "1").exists()
    assert "em" in run("info", "--", "--odd", cwd=tmp_path).stdout


# ---- what is printed where ----


@pytest.mark.sanitize
def test_summary(stack, tmp_path):
    done = run("convert", *VOXEL, stack, tmp_path / "o.zarr")
    assert done.stderr == ""
    for word in (str(tmp_path / "o.zarr"), "em", "90 x 70 x 6", "uint8", "mags 1"):
        assert word in done.stdout
    report = json.loads(run("convert", *VOXEL, "--json", stack, tmp_path / "p.zarr").stdout)
    assert report["target"] == str(tmp_path / "p.zarr") and report["seconds"] >= 0
    assert [layer["name"] for layer in report["layers"]] == ["em"]
    assert report["layers"][0]["mags"][0] == "1"
    done = run("convert", *VOXEL, "--quiet", stack, tmp_path / "q.zarr")
    assert done.stdout == done.stderr == ""


@pytest.mark.sanitize
def test_plan(stack, tmp_path):
    target = tmp_path / "o.zarr"
    text = run("convert", *VOXEL, "--plan", stack, target).stdout
    for word in ("em", "uint8", "90 x 70 x 6", "shard", "objects", "Memory", "disk"):
        assert word in text
    plan = json.loads(run("convert", *VOXEL, "--plan", "--json", stack, target).stdout)
    assert plan["layers"][0]["name"] == "em" and plan["memory"] > 0
    assert not target.exists()


def test_notes_and_quiet(stack, tmp_path):
    target = tmp_path / "o.zarr"
    run("convert", *VOXEL, stack, target)
    for command in ("compress", "downsample"):
        done = run(command, target)
        assert done.stdout == ""
        assert all(line.startswith("note: ") for line in done.stderr.splitlines())
        assert done.stderr
        assert run(command, "--quiet", target).stderr == ""


def test_failure_is_told_in_one_line(tmp_path):
    for command, paths in (("convert", [*VOXEL, "gone", "o"]), ("compress", ["gone"]),
                           ("downsample", ["gone"]), ("info", ["gone"])):
        done = run(command, *paths, code=1, cwd=tmp_path)
        assert done.stdout == ""
        assert re.fullmatch(rf"omezarr {command}: .*gone.*\n", done.stderr)


def test_names_cannot_drive_the_terminal(tmp_path):
    done = run("info", tmp_path / "a\x1b[31mb\nc", code=1)
    assert "\x1b" not in done.stderr and len(done.stderr.splitlines()) == 1


def test_output_that_cannot_be_written():
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([PROGRAM, "--help"], stdout=full, stderr=subprocess.PIPE, text=True,
                              check=False)
    assert done.returncode == 1 and "No space left" in done.stderr


# ---- progress ----


@pytest.mark.sanitize
def test_progress_as_json(stack, tmp_path):
    done = run("convert", *VOXEL, "--progress", "json", stack, tmp_path / "o.zarr")
    events = [json.loads(line) for line in done.stderr.splitlines()]
    kinds = [event["event"] for event in events]
    assert "begin" in kinds and "end" in kinds and set(kinds) <= {"begin", "advance", "end", "note"}
    last = [event for event in events if event["event"] == "end"][-1]
    assert last["done"] == last["total"] > 0


def test_progress_as_text(stack, tmp_path):
    done = run("convert", *VOXEL, "--progress", "plain", stack, tmp_path / "o.zarr")
    assert "100 %" in done.stderr and "\r" not in done.stderr and "\x1b" not in done.stderr


def on_a_terminal(*arguments, columns=80, press=None, when=None):
    """Run with a terminal as stdin, stdout and stderr; type `press` once `when` was shown."""
    child, terminal = pty.fork()
    if child == 0:
        os.execve(PROGRAM, [str(PROGRAM), *map(str, arguments)], {**os.environ, "TERM": "xterm"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    shown = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            break
        if not part:
            break
        shown += part
        if press and when in shown:
            os.write(terminal, press)
            press = None
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()


@pytest.mark.sanitize
def test_progress_on_a_terminal(stack, tmp_path):
    code, shown = on_a_terminal("convert", *VOXEL, stack, tmp_path / "o.zarr", columns=70)
    assert code == 0
    lines = shown.replace("\r\n", "\n").split("\r")
    assert any("100 %" in line and "[" in line for line in lines)
    assert max(len(line) for line in lines if "%" in line) <= 70
    assert "\x1b" not in shown
    for quiet in (["--quiet"], ["--progress", "none"]):
        _, shown = on_a_terminal("convert", *VOXEL, "--overwrite-existing", *quiet, stack,
                                 tmp_path / "o.zarr")
        assert "%" not in shown


# ---- being stopped ----


@pytest.fixture
def long_stack(tmp_path):
    """Links to one noisy slice: enough work for a few seconds at --codec gzip:9 and one thread."""
    folder = tmp_path / "long"
    folder.mkdir()
    plane = np.random.default_rng(1).integers(0, 255, (1024, 1024), np.uint8)
    tifffile.imwrite(tmp_path / "slice.tif", plane, metadata=None)
    for z in range(256):
        (folder / f"slice_{z:03}.tif").symlink_to(tmp_path / "slice.tif")
    return folder


LONG = [*VOXEL, "--jobs", "1", "--codec", "gzip:9"]


@pytest.mark.sanitize
@pytest.mark.threads
@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_it(long_stack, tmp_path, number, code):
    place = tmp_path / "place"
    place.mkdir()
    work = subprocess.Popen([PROGRAM, "convert", *LONG, "--progress", "json", long_stack,
                             place / "o.zarr"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)
    assert "begin" in work.stderr.readline()
    work.send_signal(number)
    begun = time.monotonic()
    out, err = work.communicate(timeout=60)
    assert work.returncode == code
    assert time.monotonic() - begun < 30
    assert out == "" and err.splitlines()[-1] == "omezarr convert: interrupted"
    assert list(place.iterdir()) == []


def test_ctrl_c_on_a_terminal(long_stack, tmp_path):
    place = tmp_path / "place"
    place.mkdir()
    code, shown = on_a_terminal("convert", *LONG, long_stack, place / "o.zarr", press=b"\x03",
                                when=b"%")
    assert code == 130
    assert shown.rstrip().endswith("omezarr convert: interrupted")
    assert list(place.iterdir()) == []


def test_a_signal_that_is_ignored_stays_ignored(stack, tmp_path):
    """As `nohup` and shells in the background want it."""
    work = subprocess.Popen([PROGRAM, "convert", *VOXEL, stack, tmp_path / "o.zarr"],
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
    work.send_signal(signal.SIGINT)
    work.communicate(timeout=60)
    assert work.returncode == 0
