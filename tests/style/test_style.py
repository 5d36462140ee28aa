"""The project keeps its own rules, and the checkers of the rules catch who breaks them."""

import os
import re
import subprocess
from pathlib import Path

import pytest

import tree_rules

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("OMEZARR_BUILD", ROOT / "build"))
HEAD = "/* SPDX-License-Identifier: Apache-2.0 */\n/* For the test. */\n"


def run(*command, **more):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False, **more)


@pytest.mark.parametrize("rule", tree_rules.ALL, ids=lambda rule: rule.__name__)
def test_the_project_keeps(rule):
    assert rule(ROOT) == []


# ---- the checkers catch what they are for ----


def tree(root, files):
    for folder in ("src", "include", "tests", "bench", "script", ".ci", "docs"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize("include, legal", [
    ('"base/err.h"', True),
    ('"omezarr/err.h"', True),
    ('"store/file.h"', True),
    ('"codec/codec.h"', False),
    ('"zarr/array.h"', False),
    ('"file.h"', False),
])
def test_floors(tmp_path, include, legal):
    tree(tmp_path, {"src/store/file.c": f"{HEAD}#include {include}\n"})
    assert (tree_rules.floor_breaches(tmp_path) == []) == legal


def test_floors_do_not_read_comments(tmp_path):
    tree(tmp_path, {"src/base/a.c": f'{HEAD}/*\n#include "ops/x.h"\n*/\n// #include "cli/y.h"\n'})
    assert tree_rules.floor_breaches(tmp_path) == []


def test_unknown_floor_and_public_header(tmp_path):
    tree(tmp_path, {"src/misc/a.c": HEAD, "include/omezarr/x.h": f'{HEAD}#include "base/err.h"\n'})
    assert len(tree_rules.floor_breaches(tmp_path)) == 2


def test_homes(tmp_path):
    tree(tmp_path, {"src/image/a.c": f"{HEAD}#include <tiffio.h>\n#include <stdio.h>\n",
                    "src/image/b.c": f"{HEAD}#include <stdio.h>\n"})
    assert tree_rules.home_breaches(tmp_path) == []
    tree(tmp_path, {"src/image/b.c": f"{HEAD}#include <tiffio.h>\n"})
    assert len(tree_rules.home_breaches(tmp_path)) == 1
    tree(tmp_path, {"src/image/b.c": HEAD, "src/image/b.h": f"{HEAD}#include <zstd.h>\n"})
    assert len(tree_rules.home_breaches(tmp_path)) == 1


def test_first_include(tmp_path):
    tree(tmp_path, {"src/base/a.h": HEAD, "src/base/a.c": f'{HEAD}#include "base/a.h"\n'})
    assert tree_rules.first_include_breaches(tmp_path) == []
    tree(tmp_path, {"src/base/a.c": f'{HEAD}#include <stdio.h>\n#include "base/a.h"\n'})
    assert len(tree_rules.first_include_breaches(tmp_path)) == 1


@pytest.mark.parametrize("line, legal", [
    ("p = malloc(3);", False),
    ("oz_free(p);", True),
    ("free (p);", False),
    ("table->free(p);", True),
    ("table.free(p);", True),
    ("n = strtol(t, &e, 10);", False),
    ("goto out;", False),
    ('say("goto malloc(1) ");', True),
    ("/* free(p) */", True),
    ('v = getenv("HOME");', False),
    ("snprintf(a, 3, b);", True),
    ("sprintf(a, b);", False),
])
def test_banned(tmp_path, line, legal):
    tree(tmp_path, {"src/ops/a.c": f"{HEAD}{line}\n"})
    assert (tree_rules.banned_breaches(tmp_path) == []) == legal


def test_banned_functions_have_their_home(tmp_path):
    tree(tmp_path, {"src/base/alloc.c": f"{HEAD}p = malloc(3);\n",
                    "src/cli/main.c": f'{HEAD}v = getenv("HOME");\n'})
    assert tree_rules.banned_breaches(tmp_path) == []


def function(lines, parameters="int a", body="    a++;\n"):
    return f"static int big({parameters})\n{{\n{body * lines}}}\n"


def test_sizes(tmp_path):
    tree(tmp_path, {"src/base/a.c": HEAD + function(100)})
    assert tree_rules.size_breaches(tmp_path) == []
    many = ", ".join(f"int a{i}" for i in range(13))
    deep = "{" * 6 + "}" * 6 + "\n"
    for text in (function(150), function(1, many), function(1, body=deep), "\n" * 701):
        tree(tmp_path, {"src/base/a.c": HEAD + text})
        assert len(tree_rules.size_breaches(tmp_path)) == 1, text[:80]


@pytest.mark.parametrize("text, legal", [
    (HEAD, True),
    ("/* For the test. */\n", False),
    ("/* SPDX-License-Identifier: Apache-2.0 */\nint a;\n", False),
    ("/* SPDX-License-Identifier: Apache-2.0 */\n/*\n * Two lines\n * of it. */\n", True),
])
def test_heads(tmp_path, text, legal):
    tree(tmp_path, {"src/base/a.c": text})
    assert (tree_rules.head_breaches(tmp_path) == []) == legal


def test_names_and_listings(tmp_path):
    tree(tmp_path, {"src/base/a.c": HEAD, "src/base/meson.build": "files('a.c')\n"})
    assert tree_rules.name_breaches(tmp_path) == tree_rules.listing_breaches(tmp_path) == []
    tree(tmp_path, {"src/json/a.c": HEAD, "tests/unit/test_b.c": HEAD,
                    "tests/unit/meson.build": "# 'test_b'\n"})
    assert len(tree_rules.name_breaches(tmp_path)) == 1
    assert len(tree_rules.listing_breaches(tmp_path)) == 2


def test_leftovers_scripts_and_links(tmp_path):
    tree(tmp_path, {"src/base/a.c": f"{HEAD}/* TO" + "DO */\n", "script/x": "#!/bin/sh\n",
                    "docs/a.md": "[here](b.md) [web](https://example.org/x)\n"})
    assert len(tree_rules.leftover_breaches(tmp_path)) == 1
    assert len(tree_rules.script_breaches(tmp_path)) == 3
    assert len(tree_rules.link_breaches(tmp_path)) == 1


def test_undocumented_options():
    texts = {"convert": "  --jobs N   threads\n  --no-compress\n"}
    assert tree_rules.undocumented_options(texts, "`--jobs` and `--no-compress`") == []
    assert tree_rules.undocumented_options(texts, "--jobs, --no-compress-x") == [
        "convert --no-compress"]


# ---- what stands in the build folder ----

ALLOWED_STATE = {"alloc.c.o"}  # the test switch of oz_alloc_fail_at


def archives():
    found = sorted(BUILD.glob("src/*/liboz_*.a"))
    assert len(found) >= 9, f"no libraries below {BUILD}"
    return found


@pytest.mark.parametrize("archive", archives() if BUILD.exists() else [], ids=lambda a: a.name)
def test_symbols(archive):
    """All that is global is named oz_, and nothing global or static can change."""
    bad, member = [], ""
    for line in run("nm", "--format=sysv", archive).stdout.splitlines():
        if line.rstrip().endswith(":"):
            found = re.search(r"([\w.-]+\.o)\]?:$", line.strip())
            member = found[1] if found else ""
        parts = [part.strip() for part in line.split("|")]
        if len(parts) != 7:
            continue
        name, kind, section = parts[0], parts[2], parts[6]
        if kind in "TDBRCVW" and not name.startswith(("oz_", "__asan", "__odr_asan")):
            bad.append(f"{member}: {name} is global")
        writable = re.match(r"\.(data|bss|tbss|tdata)", section) and ".rel.ro" not in section
        if writable and kind.upper() in "DBC" and not any(m in member for m in ALLOWED_STATE):
            bad.append(f"{member}: {name} can change")
    assert bad == []


@pytest.mark.parametrize("header", sorted((ROOT / "include" / "omezarr").glob("*.h")),
                         ids=lambda h: h.name)
@pytest.mark.parametrize("compiler, language", [("gcc", "c"), ("gcc", "c++"), ("clang", "c")])
def test_public_headers_stand_alone(header, compiler, language, tmp_path):
    if run(compiler, "--version").returncode != 0:
        pytest.skip(f"no {compiler}")
    if language == "c++" and run("g++", "--version").returncode != 0:
        pytest.skip("no C++ compiler")
    source = tmp_path / "alone.c"
    source.write_text(f'#include "omezarr/{header.name}"\n' * 2 + "int used;\n")
    standard = "-std=c17" if language == "c" else "-std=c++17"
    result = run(compiler, "-x", language, standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                 "-fsyntax-only", f"-I{ROOT / 'include'}", source)
    assert result.returncode == 0, result.stderr


def test_format():
    files = [path for folder in ("src", "include", "tests", "bench")
             for path in (ROOT / folder).rglob("*.[ch]")]
    if run("clang-format", "--version").returncode != 0:
        pytest.skip("no clang-format")
    result = run("clang-format", "--dry-run", "-Werror", *files)
    assert result.returncode == 0, "run script/format:\n" + result.stderr[:2000]


def test_scripts_parse():
    for path in [*(ROOT / "script").iterdir(), ROOT / ".ci" / "run"]:
        if not path.name.startswith("packages"):
            assert run("bash", "-n", path).returncode == 0, path


def test_every_option_is_documented():
    command = BUILD / "omezarr"
    names = ["convert", "compress", "downsample", "info"]
    texts = {name: run(command, name, "--help").stdout for name in names}
    assert all("--" in text for text in texts.values())
    documents = "\n".join(path.read_text() for path in
                          [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
    assert tree_rules.undocumented_options(texts, documents) == []
