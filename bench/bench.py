"""Measures omezarr against other writers and against the machine, and writes docs/performance.md.

Makes a stack of noise that hardly compresses, on a file system in memory, and lets each contestant
convert it in turns, several rounds; the medians count. Run it as script/bench.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VOXEL = "11.24,11.24,25"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


class Run:
    """One finished run: seconds of wall time and of processors, peak memory of a process."""

    def __init__(self, command):
        begun = time.monotonic()
        process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        self.wall = time.monotonic() - begun
        if said.startswith("seconds: "):
            self.wall = float(said.split()[1])
        self.cpu = usage.ru_utime + usage.ru_stime
        self.peak = usage.ru_maxrss * 1024
        if status != 0:
            sys.exit(f"bench: {' '.join(map(str, command))} failed:\n{said}")


class Bench:
    def __init__(self, options):
        self.options = options
        self.build = Path(options.build)
        self.place = Path(tempfile.mkdtemp(prefix="omezarr-bench-", dir=options.place))
        self.omezarr = self.build / "omezarr"
        self.cores = len(os.sched_getaffinity(0))
        self.lines = []

    def say(self, text=""):
        print(text, flush=True)
        self.lines.append(text)

    def stack(self, name, x, y, z, *options):
        folder = self.place / name / "em"
        folder.parent.mkdir()
        subprocess.run([self.build / "tests" / "support" / "make_stack", *options, "noise", str(x),
                        str(y), str(z), folder], check=True)
        return folder

    def convert(self, source, *options, jobs=None):
        return [self.omezarr, "convert", "--layer-name", "em", "--voxel-size", VOXEL,
                "--chunk-shape", "64,64,64", "--jobs", jobs or self.cores, "--progress", "none",
                "--codec", "zstd:1", *options, source, self.place / "out"]

    def writer(self, name, source):
        return [sys.executable, ROOT / "bench" / "writers.py", name, source, self.place / "out",
                self.cores]

    def webknossos(self, source, jobs, *options):
        return [Path(sys.executable).parent / "webknossos", "convert", "--layer-name", "em",
                "--voxel-size", VOXEL, "--chunk-shape", "64,64,64", *options, "--jobs", jobs,
                source, self.place / "out"]

    def once(self, command):
        shutil.rmtree(self.place / "out", ignore_errors=True)
        run = Run(command)
        self.output = sum(path.stat().st_size for path in (self.place / "out").rglob("*")
                          if path.is_file())
        shutil.rmtree(self.place / "out")
        return run

    def alternate(self, contestants, rounds):
        """name -> runs; each round lets everybody run once."""
        runs = {name: [] for name in contestants}
        for _ in range(rounds):
            for name, command in contestants.items():
                runs[name].append(self.once(command))
                print(f"  {name}: {runs[name][-1].wall:.2f} s", flush=True)
        return runs


def median(runs, what):
    return statistics.median(getattr(run, what) for run in runs)


def rate(size, runs):
    return size / median(runs, "wall") / 1e6


def machine():
    """What the figures depend on, and nothing that names the machine."""
    def first(path, key):
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            if line.startswith(key):
                return line.split(":", 1)[1].strip()
        return "unknown"

    kilobytes = int(first("/proc/meminfo", "MemTotal").split()[0])
    return (f"{first('/proc/cpuinfo', 'model name')}, {len(os.sched_getaffinity(0))} cores, "
            f"{kilobytes / 1e6:.0f} GB of memory, Linux {platform.release().split('-')[0]}")


def roofline(bench, source):
    """Seconds a GB of input that the steps of a whole pyramid take on one core, and their sum."""
    import tifffile

    files = sorted(source.iterdir())[:128]
    with tifffile.TiffFile(files[0]) as tiff:
        page = tiff.pages[0]
        shape, offset = page.shape, page.dataoffsets[0]
    command = [bench.build / "bench" / "roofline", shape[1], shape[0], offset,
               bench.place / "scratch", *files]
    rounds = [json.loads(subprocess.run([str(part) for part in command], check=True,
                                        capture_output=True).stdout) for _ in range(3)]
    step = {key: statistics.median(r[key] for r in rounds) for key in rounds[0]}
    more = 1 / 4 + 1 / 32 + 1 / 256  # of the voxels of mag 1: the coarser mags
    steps = {
        "read pages": step["read"],
        "scatter into chunks": step["scatter"],
        "shrink": step["shrink_1x2x2"] + step["shrink_2x2x2"] * more,
        "encode (zstd 1)": step["encode"] * (1 + more),
        "write": step["write"] * (1 + more) / step["ratio"],
    }
    return steps, sum(steps.values())


def main_table(bench):
    x, y, z = (int(part) for part in bench.options.size.split(","))
    source = bench.stack("main", x, y, z)
    size = x * y * z
    contestants = {
        "omezarr, whole pyramid": bench.convert(source),
        "omezarr --no-downsample": bench.convert(source, "--no-downsample"),
        "tensorstore 0.1.86, mag 1 only": bench.writer("tensorstore", source),
        "acquire-zarr 0.10, mag 1 only": bench.writer("acquire", source),
    }
    runs = bench.alternate(contestants, bench.options.rounds)
    steps, total = roofline(bench, source)
    best = runs["omezarr, whole pyramid"]
    reference = rate(size, best)
    bench.say(f"### {x} x {y} x {z} voxels, uint8 ({size / 1e9:.2f} GB)")
    bench.say()
    bench.say(f"Medians of {bench.options.rounds} rounds in turns, {bench.cores} jobs, 64^3 chunks, "
              "zstd 1, input and output in memory (tmpfs).")
    bench.say()
    bench.say("| what | s | MB/s of input | CPU s | peak RSS, MB | omezarr is |")
    bench.say("|---|---:|---:|---:|---:|---:|")
    for name, each in runs.items():
        bench.say(f"| {name} | {median(each, 'wall'):.2f} | {rate(size, each):.0f} "
                  f"| {median(each, 'cpu'):.2f} | {max(r.peak for r in each) / 1e6:.0f} "
                  f"| {reference / rate(size, each):.2f}x |")
    floor = total / bench.cores
    bench.say(f"| roofline (steps below over {bench.cores} cores) | {floor * size / 1e9:.2f} "
              f"| {1000 / floor:.0f} | | | {reference * floor / 1000:.2f} of it |")
    bench.say()
    bench.say("The roofline: each step alone on one core, in seconds a GB of input.")
    bench.say()
    bench.say("| step | s a GB |")
    bench.say("|---|---:|")
    for name, value in steps.items():
        bench.say(f"| {name} | {value:.3f} |")
    bench.say(f"| **sum** | **{total:.3f}** |")
    bench.say()
    shutil.rmtree(source.parent)
    return reference


def webknossos_table(bench, reference):
    source = bench.stack("small", 2048, 2048, bench.options.webknossos_slices)
    size = 2048 * 2048 * bench.options.webknossos_slices
    contestants = {
        "omezarr": bench.convert(source),
        "webknossos --jobs 1": bench.webknossos(source, 1),
        "webknossos --shard-shape 1024,1024,64 --jobs 2": bench.webknossos(
            source, 2, "--shard-shape", "1024,1024,64"),
    }
    runs = bench.alternate(contestants, bench.options.webknossos_rounds)
    bench.say(f"### The WEBKNOSSOS CLI 4.3.3, on {size / 1e9:.2f} GB")
    bench.say()
    bench.say(f"The same command on a smaller stack, whole pyramid, {bench.options.webknossos_rounds} "
              "round(s), because the CLI takes long; the last column compares MB/s with omezarr's on "
              "the large stack above.")
    bench.say()
    bench.say("| what | s | MB/s of input | peak RSS of a process, MB | omezarr is |")
    bench.say("|---|---:|---:|---:|---:|")
    for name, each in runs.items():
        bench.say(f"| {name} | {median(each, 'wall'):.2f} | {rate(size, each):.1f} "
                  f"| {max(r.peak for r in each) / 1e6:.0f} | {reference / rate(size, each):.0f}x |")
    bench.say()
    shutil.rmtree(source.parent)


def linear_table(bench):
    """1 to 8 GB, as links to the same slices, so that the input needs no room."""
    source = bench.stack("linear", 2048, 2048, 64)
    bench.say("### Time and memory against size")
    bench.say()
    bench.say("| input | s | MB/s | peak RSS, MB |")
    bench.say("|---|---:|---:|---:|")
    for gigabytes in bench.options.linear:
        linked(bench, source, gigabytes * 256, 2048 * 2048)
    shutil.rmtree(source.parent)
    bench.say()


def linked(bench, source, count, area):
    folder = bench.place / "linked"
    folder.mkdir()
    files = sorted(source.iterdir())
    for z in range(count):
        (folder / f"s{z:06}.tif").symlink_to(files[z % len(files)])
    run = bench.once(bench.convert(folder))
    shutil.rmtree(folder)
    size = count * area
    bench.say(f"| {size / 1e9:.2f} GB | {run.wall:.2f} | {size / run.wall / 1e6:.0f} "
              f"| {run.peak / 1e6:.0f} |")


def huge_table(bench):
    """105 GB by links to slices that compress well, so that the output has room."""
    import numpy
    import tifffile

    folder = bench.place / "huge"
    folder.mkdir()
    waves = numpy.add.outer(numpy.arange(2048), 3 * numpy.arange(2048))
    for z in range(8):
        tifffile.imwrite(folder / f"{z}.tif", ((waves + 5 * z) // 4 % 251).astype("uint8"))
    bench.say("### 105 GB: 25,000 links to 8 slices of 2048 x 2048 that compress well")
    bench.say()
    bench.say("| input | s | MB/s | peak RSS, MB |")
    bench.say("|---|---:|---:|---:|")
    linked(bench, folder, 25000, 2048 * 2048)
    shutil.rmtree(folder)
    bench.say()


def compressed_table(bench):
    bench.say("### Compressed input, 0.54 GB: one job and all")
    bench.say()
    bench.say(f"| input | MB/s, 1 job | MB/s, {bench.cores} jobs | gain |")
    bench.say("|---|---:|---:|---:|")
    size = 2048 * 2048 * 128
    for name, options in {"LZW": ["--compression", "lzw"],
                          "LZW with predictor": ["--compression", "lzw", "--predictor"],
                          "deflate": ["--compression", "deflate"],
                          "deflate with predictor": ["--compression", "deflate", "--predictor"],
                          }.items():
        source = bench.stack("packed", 2048, 2048, 128, *options)
        runs = bench.alternate({jobs: bench.convert(source, jobs=jobs)
                                for jobs in (1, bench.cores)}, bench.options.rounds)
        one, all_of_them = rate(size, runs[1]), rate(size, runs[bench.cores])
        bench.say(f"| {name} | {one:.0f} | {all_of_them:.0f} | {all_of_them / one:.2f}x |")
        shutil.rmtree(source.parent)
    bench.say()


def report(bench, path):
    text = path.read_text(encoding="utf-8") if path.exists() else f"{BEGIN}\n{END}\n"
    head, rest = text.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    middle = f"{BEGIN}\n\nMeasured on: {machine()}.\n\n" + "\n".join(bench.lines).rstrip()
    path.write_text(f"{head}{middle}\n\n{END}{tail}", encoding="utf-8")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default=ROOT / "build", help="folder of a release build")
    parser.add_argument("--place", default="/dev/shm", help="folder in memory for input and output")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", default="2048,2048,512", help="of the large stack")
    parser.add_argument("--webknossos-slices", type=int, default=64)
    parser.add_argument("--webknossos-rounds", type=int, default=1)
    parser.add_argument("--linear", type=int, nargs="*", default=[1, 2, 4, 8], help="GB")
    parser.add_argument("--only", nargs="*", default=["main", "webknossos", "linear", "compressed"],
                        choices=["main", "webknossos", "linear", "compressed", "huge"])
    parser.add_argument("--huge", action="store_true", help="also 105 GB of input")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "performance.md",
                        help="file whose marked part is replaced")
    return parser.parse_args()


def main():
    options = arguments()
    bench = Bench(options)
    try:
        reference = None
        if "main" in options.only or "webknossos" in options.only:
            reference = main_table(bench)
        if "webknossos" in options.only:
            webknossos_table(bench, reference)
        if "linear" in options.only:
            linear_table(bench)
        if "compressed" in options.only:
            compressed_table(bench)
        if options.huge or "huge" in options.only:
            huge_table(bench)
    finally:
        shutil.rmtree(bench.place, ignore_errors=True)
    report(bench, options.report)


if __name__ == "__main__":
    main()
