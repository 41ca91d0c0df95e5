#!/usr/bin/env bash
# Compiles the library in the ways that users build it, by every compiler that is here, and trains for a moment where the
# result can run:  tools/build_matrix.sh     (tools/setup.sh --matrix installs the compilers)
# Two builds of one compiler that differ in nothing that may change a number must train to the same bits.
# Prints a table, and counts at its end as ctest does. What is not installed is named and not counted.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
slots=$(nproc)
warnings=(-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror)
source=tests/build_matrix/training.cpp
count=0

# The headers of Eigen, fmt and nlohmann-json alone: a cross compiler must not see this system's others.
mkdir "$work/headers"
for name in /usr/include/eigen3/Eigen /usr/include/fmt /usr/include/nlohmann; do cp -r "$name" "$work/headers"; done

has() { command -v "$1" > /dev/null; }

# newest COMMAND...: the first that is installed.
newest() {
    local name
    for name in "$@"; do
        if has "$name"; then echo "$name" && return; fi
    done
    echo "$1"
}

# one NUMBER RUNNER COMPILER LIBRARY FLAG...: compiles, and runs by RUNNER ("syntax": compiles only, "link": links too,
# "run": runs here, else an emulator). Leaves a line of the table, and the training's words.
one() {
    local number=$1 runner=$2 compiler=$3 library=$4 status=0 start=$SECONDS
    shift 4
    local log=$work/$number.log program=$work/$number.exe mode=(-o "$work/$number.exe")
    if [[ $runner == syntax ]]; then mode=(-fsyntax-only); fi
    {
        "$compiler" -std=c++20 -O1 "${warnings[@]}" -I include -isystem "$work/headers" "$@" "$source" "${mode[@]}" \
            -pthread &&
            case $runner in
                syntax | link) ;;
                run) "$program" > "$work/$number.out" ;;
                *) "$runner" "$program" > "$work/$number.out" ;;
            esac
    } > "$log" 2>&1 || status=$?
    printf '%s\t%s\t%s\t%s\t%s\t%ss\n' "$status" "$($compiler -dumpfullversion -dumpversion) ($compiler)" "$library" \
        "$*" "$runner" $((SECONDS - start)) > "$work/$number.row"
}

# try RUNNER COMPILER LIBRARY FLAG...: `one` in the background, where the compiler and the runner are there.
try() {
    if ! has "$2" || { [[ $1 != syntax && $1 != link && $1 != run ]] && ! has "$1"; }; then
        echo "left out, as it is not installed: $*"
        return
    fi
    count=$((count + 1))
    while (($(jobs -rp | wc -l) >= slots)); do wait -n || true; done
    one "$count" "$@" &
}

header_only=-DFMT_HEADER_ONLY  # no library of fmt is linked
gcc=$(newest g++-12 g++)

try run "$gcc" libstdc++ $header_only
reference=$count
try run "$gcc" libstdc++ $header_only -DEIGEN_DEFAULT_TO_ROW_MAJOR
row_major=$count
try run "$gcc" libstdc++ $header_only -fno-exceptions
no_exceptions=$count
try run "$gcc" libstdc++ $header_only -fno-rtti -std=c++23
no_rtti=$count
if grep -qw avx2 /proc/cpuinfo 2> /dev/null; then try run "$gcc" libstdc++ $header_only -march=x86-64-v3; fi
try link "$gcc" libstdc++ $header_only -march=native -O2  # its warnings come from the optimiser
try syntax "$gcc" libstdc++ -fno-exceptions -fno-rtti -DEIGEN_DEFAULT_TO_ROW_MAJOR
for gcc_of_system in g++-13 g++-14; do
    if has $gcc_of_system; then try run $gcc_of_system libstdc++ $header_only -O2; fi
done

for version in 14 16 19; do
    try syntax clang++-$version libstdc++ -march=native
    try syntax clang++-$version libstdc++ -std=c++2b -fno-exceptions -fno-rtti -DEIGEN_DEFAULT_TO_ROW_MAJOR
done
try run "$(newest clang++-19 clang++-16 clang++-14)" libstdc++ $header_only

# One version of libc++ can be installed; it is read by the compiler of the same version.
libcxx=none
for folder in /usr/lib/llvm-*/include/c++/v1; do
    version=${folder#/usr/lib/llvm-}
    version=${version%%/*}
    if [[ -d $folder ]] && has clang++-"$version"; then
        libcxx=$version
        try run clang++-"$version" libc++ $header_only -stdlib=libc++
        try syntax clang++-"$version" libc++ -stdlib=libc++ -std=c++2b -fno-exceptions
    fi
done
if [[ $libcxx == none ]]; then echo "left out, as it is not installed: libc++"; fi

try qemu-aarch64 aarch64-linux-gnu-g++ libstdc++ $header_only -static
try link x86_64-w64-mingw32-g++-posix libstdc++ $header_only -static
wait

failed=0
format='| %-6s | %-40s | %-9s | %-72s | %-12s | %5s |\n'
printf "$format" result compiler library flags ran time
printf "$format" --- --- --- --- --- ---:
for ((i = 1; i <= count; ++i)); do
    IFS=$'\t' read -r status compiler library flags ran time < "$work/$i.row"
    printf "$format" "$([[ $status == 0 ]] && echo ok || echo WRONG)" "$compiler" "$library" \
        "$flags" "$ran" "$time"
    if [[ $status != 0 ]]; then
        failed=$((failed + 1))
        head -n 30 "$work/$i.log"
    fi
done

# Two builds that must train to the same bits.
for other in "$row_major" "$no_exceptions" "$no_rtti"; do
    count=$((count + 1))
    if ! cmp "$work/$reference.out" "$work/$other.out"; then
        failed=$((failed + 1))
        echo "WRONG: builds $reference and $other train to other weights"
    fi
done

echo "$(((count - failed) * 100 / count))% tests passed, $failed tests failed out of $count"
((failed == 0))
