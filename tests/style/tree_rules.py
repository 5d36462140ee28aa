"""The rules of ARCHITECTURE.md that a program can check. Each function takes the project's root and
returns the breaches it found, one text each."""

import re
from pathlib import Path

BELOW = {
    "base": set(),
    "json": {"base"},
    "codec": {"base", "json"},
    "store": {"base", "json"},
    "zarr": {"base", "json", "codec", "store"},
    "ome": {"base", "json", "codec", "store", "zarr"},
    "image": {"base", "json", "codec", "store", "zarr"},
    "dataset": {"base", "json", "codec", "store", "zarr", "ome"},
    "ops": {"base", "json", "codec", "store", "zarr", "ome", "image", "dataset"},
    "cli": {"base", "json", "codec", "store", "zarr", "ome", "image", "dataset", "ops"},
}

# Headers of the C library, POSIX and the compiler. Any other <header> is a third party's.
SYSTEM_HEADERS = set(
    """assert.h complex.h ctype.h dirent.h errno.h fcntl.h fenv.h float.h inttypes.h limits.h
    locale.h math.h poll.h pthread.h sched.h setjmp.h signal.h stdarg.h stdatomic.h stdbool.h
    stddef.h stdint.h stdio.h stdlib.h string.h strings.h time.h unistd.h wchar.h getopt.h
    immintrin.h arm_neon.h arm_acle.h nmmintrin.h""".split())

MEMORY = "malloc calloc realloc free strdup strndup asprintf vasprintf aligned_alloc posix_memalign"
NUMBERS = """atoi atol atoll atof strtol strtoll strtoul strtoull strtod strtof strtold sscanf
    sprintf vsprintf strcpy strcat stpcpy strncpy strncat"""
NEVER = "gets strtok system popen mktemp tmpnam alloca rand srand longjmp setjmp"

# function -> the one file below src/ that may call it (none: nobody)
BANNED = {
    **{name: "base/alloc.c" for name in MEMORY.split()},
    **{name: "base/text.c" for name in NUMBERS.split()},
    **{name: None for name in NEVER.split()},
}

FILE_LINES = 700
FUNCTION_LINES = 120
NESTING = 5
PARAMETERS = 12


def sources(root, *patterns, below=("src", "include")):
    for folder in below:
        for pattern in patterns or ("*.c", "*.h"):
            yield from sorted((Path(root) / folder).rglob(pattern))


def without_comments(text, keep_strings=False):
    """The text with comments, and the insides of strings and characters, blanked; lines stay."""

    def blank(match):
        found = match[0]
        if found[0] in "\"'":
            return found if keep_strings else found[0] + " " * (len(found) - 2) + found[0]
        return re.sub(r"[^\n]", " ", found)

    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', blank, text,
                  flags=re.DOTALL)


def includes(path):
    """(line number, opening character, name) of each include."""
    text = without_comments(path.read_text(), keep_strings=True)
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match[1], match[2]


def floor_breaches(root):
    breaches = []
    for path in sources(root, below=("src",)):
        floor = path.relative_to(Path(root) / "src").parts[0]
        allowed = BELOW.get(floor)
        if allowed is None:
            breaches.append(f"{path}: no floor is named {floor}")
            continue
        for number, kind, name in includes(path):
            if kind != '"':
                continue
            other = name.split("/")[0]
            if "/" not in name:
                breaches.append(f"{path}:{number}: include {name} is not spelled floor/file.h")
            elif other not in allowed and other not in (floor, "omezarr"):
                breaches.append(f"{path}:{number}: {floor} includes {name}")
    for path in sources(root, below=("include",)):
        for number, kind, name in includes(path):
            if kind == '"' and not name.startswith("omezarr/"):
                breaches.append(f"{path}:{number}: a public header includes {name}")
    return breaches


def home_breaches(root):
    homes = {}
    for path in sources(root):
        for _, kind, name in includes(path):
            if kind == "<" and name not in SYSTEM_HEADERS and not name.startswith(
                    ("sys/", "linux/")):
                homes.setdefault(name, []).append(str(path))
    return [f"<{name}> has {len(files)} homes: {', '.join(files)}"
            for name, files in sorted(homes.items())
            if len(files) > 1 or files[0].endswith(".h")]


def first_include_breaches(root):
    """A .c file that has a header of its own includes it first, which proves it needs no other."""
    breaches = []
    for path in sources(root, "*.c", below=("src",)):
        header = path.with_suffix(".h")
        own = f"{path.parent.name}/{header.name}"
        first = next((name for _, _, name in includes(path)), None)
        if header.exists() and first != own:
            breaches.append(f"{path}: the first include is {first}, not {own}")
    return breaches


def banned_breaches(root):
    breaches = []
    call = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    for path in sources(root):
        text = without_comments(path.read_text())
        place = "/".join(path.parts[-2:])
        for number, line in enumerate(text.splitlines(), 1):
            for match in call.finditer(line):
                if BANNED[match[1]] != place:
                    breaches.append(f"{path}:{number}: {match[1]} is banned here")
            if re.search(r"\bgoto\b", line):
                breaches.append(f"{path}:{number}: goto")
            if re.search(r"\b(secure_)?getenv\s*\(|\benviron\b", line) and path.parent.name != "cli":
                breaches.append(f"{path}:{number}: only cli/ looks at the environment")
    return breaches


def functions(text):
    """(name, parameters, first line, lines, deepest nesting) of each function in a C file in the
    project's format: its braces stand in the first column."""
    lines = without_comments(text).splitlines()
    at = 0
    while at < len(lines):
        if lines[at] != "{":
            at += 1
            continue
        end = next((i for i in range(at, len(lines)) if lines[i].startswith("}")), len(lines) - 1)
        start = at
        while start > 0 and lines[start - 1].strip() and not re.search(r"[;}#]\s*$", lines[start - 1]):
            start -= 1
        head = " ".join(lines[start:at])
        match = re.search(r"(\w+)\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*$", head)
        depth = deepest = 0
        for line in lines[at + 1:end]:
            for character in line:
                depth += {"{": 1, "}": -1}.get(character, 0)
                deepest = max(deepest, depth)
        if match:
            yield match[1], match[2].count(",") + 1, at + 1, end - at + 1, deepest
        at = end + 1


def size_breaches(root):
    breaches = []
    for path in sources(root, below=("src", "include", "tests", "bench")):
        text = path.read_text()
        count = text.count("\n")
        if count > FILE_LINES:
            breaches.append(f"{path}: {count} lines, {FILE_LINES} are allowed")
        for name, parameters, line, length, nesting in functions(text):
            if length > FUNCTION_LINES:
                breaches.append(f"{path}:{line}: {name} has {length} lines")
            if nesting > NESTING:
                breaches.append(f"{path}:{line}: {name} nests {nesting} deep")
            if parameters > PARAMETERS:
                breaches.append(f"{path}:{line}: {name} takes {parameters} parameters")
    return breaches


def head_breaches(root):
    """SPDX line, then one sentence that says what the file is for."""
    breaches = []
    for path in sources(root, below=("src", "include", "tests", "bench")):
        text = path.read_text()
        if not text.startswith("/* SPDX-License-Identifier: Apache-2.0 */\n"):
            breaches.append(f"{path}: no SPDX line at the start")
            continue
        comment = re.match(r"/\*(.*?)\*/", text.split("\n", 1)[1], re.DOTALL)
        sentence = " ".join(comment[1].replace("*", " ").split()) if comment else ""
        if not re.search(r"\w.*[.?!]$", sentence):
            breaches.append(f"{path}: no sentence of what the file is for")
    return breaches


def name_breaches(root):
    """File names are unique: `grep -r name` and `name.c:12` mean one thing."""
    seen, breaches = {}, []
    for path in sources(root, "*.c", "*.h", below=("src", "tests", "bench")):
        if path.name in seen and path.suffix == ".c":
            breaches.append(f"{path} and {seen[path.name]} have the same name")
        seen[path.name] = path
    return breaches


def listing_breaches(root):
    """Each C file is in the meson.build beside it: a test that is not built proves nothing."""
    breaches = []
    for path in sources(root, "*.c", below=("src", "tests", "bench")):
        listing = path.parent / "meson.build"
        text = re.sub(r"#.*", "", listing.read_text()) if listing.exists() else ""
        if not re.search(rf"['\"]{path.stem}(\.c)?['\"]", text):
            breaches.append(f"{path}: not in {listing}")
    return breaches


def leftover_breaches(root):
    breaches = []
    for path in sources(root, below=("src", "include", "tests", "bench")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line):
                breaches.append(f"{path}:{number}: {line.strip()}")
            if re.match(r"\s*#\s*if\s+0\b", line):
                breaches.append(f"{path}:{number}: dead code")
    return breaches


def script_breaches(root):
    breaches = []
    for folder in ("script", ".ci"):
        for path in sorted((Path(root) / folder).iterdir()):
            if path.suffix or path.name.startswith("packages"):
                continue
            lines = path.read_text().splitlines()
            if lines[:1] != ["#!/usr/bin/env bash"]:
                breaches.append(f"{path}: does not start with #!/usr/bin/env bash")
            if "set -euo pipefail" not in lines:
                breaches.append(f"{path}: no set -euo pipefail")
            if not path.stat().st_mode & 0o100:
                breaches.append(f"{path}: not executable")
    return breaches


def link_breaches(root):
    """Relative links in Markdown files lead somewhere."""
    root = Path(root)
    breaches = []
    for path in [*root.glob("*.md"), *(root / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text()):
            if "://" not in target and not (path.parent / target).exists():
                breaches.append(f"{path}: {target} is not there")
    return breaches


def undocumented_options(help_texts, documents):
    """Options that some help text names and no document does. `help_texts`: command -> text."""
    missing = []
    for command, text in help_texts.items():
        for option in sorted(set(re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", text))):
            if not re.search(re.escape(option) + r"(?![\w-])", documents):
                missing.append(f"{command} {option}")
    return missing


ALL = [floor_breaches, home_breaches, first_include_breaches, banned_breaches, size_breaches,
       head_breaches, name_breaches, listing_breaches, leftover_breaches, script_breaches,
       link_breaches]
