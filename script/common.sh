# shellcheck shell=bash
# What the scripts share: the project's root, and installing Debian packages that are missing.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Install what the lists name and the machine lacks. Needs no network if all of it is there.
install_packages() {
    local missing=() name
    while read -r name; do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' ||
            missing+=("$name")
    done < <(grep -hv '^#' "$@")
    [ ${#missing[@]} -eq 0 ] && return
    command -v apt-get >/dev/null || {
        echo "These packages are missing, and there is no apt-get: ${missing[*]}" >&2
        return 1
    }
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "Run this as root once, or install by hand: ${missing[*]}" >&2
            return 1
        }
        as_root=(sudo)
    fi
    echo "Installing: ${missing[*]}"
    "${as_root[@]}" apt-get update -q </dev/null
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy \
        --no-install-recommends "${missing[@]}" </dev/null
}

# Make or refresh a build folder: build_in FOLDER MESON-OPTION...
build_in() {
    local folder=$1
    shift
    if [ -f "$folder/build.ninja" ]; then
        meson configure "$folder" "$@" >/dev/null
    else
        meson setup "$folder" "$root" "$@" </dev/null
    fi
    ninja -C "$folder"
}
