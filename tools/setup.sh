#!/usr/bin/env bash
# Installs what building gradiva needs, on Debian and its descendants; nothing where everything is there.
#   tools/setup.sh         compiler, CMake, Ninja, Eigen, fmt, nlohmann-json, Catch2, CLI11
#   tools/setup.sh --all   also Clang, its sanitizers, clang-format, clang-tidy, Google Benchmark, matplotlib and MuJoCo
#   tools/setup.sh --matrix   also the compilers of tools/build_matrix.sh, as far as this system's apt knows them
#   tools/setup.sh --mutation   also Python's venv and Git, for tests/mutation
#   tools/setup.sh --microcontroller   also a compiler for Cortex-M and its emulator, for tests/io/c_headers/cortex_m4.sh
#   tools/setup.sh --browser   also Chromium, in which tests/io/report opens reports
#   tools/setup.sh --python   also build/python, a Python that reads exported files, for tests/io
set -euo pipefail

oldest_cmake=3.25
packages=(g++ cmake ninja-build libeigen3-dev libfmt-dev nlohmann-json3-dev catch2 libcli11-dev)
optional=()  # installed where this system's apt knows it
case "${1:-}" in
    "") ;;
    --all)
        packages+=(clang libclang-rt-dev clang-format clang-tidy libbenchmark-dev python3-matplotlib)
        optional=(libmujoco-dev)
        ;;
    --matrix)
        optional=(g++-12 clang-14 clang-16 clang-19 g++-aarch64-linux-gnu qemu-user g++-mingw-w64-x86-64-posix)
        # Versions of libc++ exclude each other: one that is there stays, else it is the system's own.
        if ! compgen -G '/usr/lib/llvm-*/include/c++/v1' > /dev/null; then
            optional+=(libc++-dev libc++abi-dev)
        fi
        ;;
    --mutation) packages+=(git python3-venv) ;;
    --microcontroller) packages+=(gcc-arm-none-eabi qemu-system-arm) ;;
    --browser) packages+=(chromium) ;;
    --python) packages+=(python3-venv) ;;
    *) echo "usage: tools/setup.sh [--all | --matrix | --mutation | --microcontroller | --browser | --python]" >&2; exit 2 ;;
esac

fail() {
    echo "tools/setup.sh: $*" >&2
    exit 1
}

if ! command -v apt-get > /dev/null || ! command -v dpkg-query > /dev/null; then
    fail "this system has no apt; install by its own means what Debian calls: ${packages[*]}" \
        "(CMake $oldest_cmake or newer, GCC 12 or Clang 14 or newer, Eigen 3.4)"
fi

# A program counts wherever it came from, a library only as the package that CMake will find.
have() {
    case "$1" in
        g++ | cmake | clang | clang-format | clang-tidy | git | chromium) command -v "${1/%clang/clang++}" > /dev/null ;;
        ninja-build) command -v ninja > /dev/null ;;
        python3-venv) python3 -c "import ensurepip, venv" 2> /dev/null ;;
        *) dpkg-query --show --showformat='${db:Status-Status}\n' "$1" 2> /dev/null | grep -qx installed ;;
    esac
}

missing=()
missing_optional=()
for package in "${packages[@]}"; do
    have "$package" || missing+=("$package")
done

for package in "${optional[@]}"; do
    if ! have "$package"; then missing_optional+=("$package"); fi
done

if ((${#missing[@]} + ${#missing_optional[@]} == 0)); then
    echo "tools/setup.sh: everything is there: ${packages[*]} ${optional[*]}"
else
    as_root=()
    if ((EUID != 0)); then
        command -v sudo > /dev/null || fail "run me as root, or install as root: ${missing[*]}"
        as_root=(sudo)
    fi
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    apt() {
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" < /dev/null > "$log" 2>&1 || {
            cat "$log" >&2
            fail "apt-get $1 failed; its words are above"
        }
    }
    apt update
    for package in "${missing_optional[@]}"; do
        if [[ -n $(apt-cache search --names-only "^${package//+/\\+}\$") ]]; then
            missing+=("$package")
        else
            echo "tools/setup.sh: this system's apt has no $package; it is left out"
        fi
    done
    if ((${#missing[@]} > 0)); then
        echo "tools/setup.sh: installing ${missing[*]}"
        apt install --yes --no-install-recommends "${missing[@]}"
    fi
fi

cmake_version=$(cmake --version | sed -n '1s/[^0-9]*\([0-9.]*\).*/\1/p')
if [[ $(printf '%s\n' "$oldest_cmake" "$cmake_version" | sort -V | head -n 1) != "$oldest_cmake" ]]; then
    fail "cmake is $cmake_version; gradiva needs $oldest_cmake or newer (a newer release: https://cmake.org/download)"
fi

if [[ ${1:-} == --python ]]; then
    project=$(dirname "$0")/..
    [[ -x $project/build/python/bin/pip ]] || python3 -m venv "$project/build/python"
    "$project/build/python/bin/pip" install --quiet --disable-pip-version-check -r "$project/tests/io/requirements.txt"
fi
