#!/usr/bin/env bash
# Prints hashes of trained weights, by GCC and Clang, for this processor and for x86-64-v3, by one and by two threads:
#     tests/weights/hashes.sh [ROOT] > hashes.txt
# ROOT is the folder whose include/ is compiled, by default this project's: a worktree of another commit gives hashes to
# compare with. A change that must not change a number leaves all lines as they were.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "${1:-$here/../..}" && pwd)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# one COMPILER MARCH: both numbers of threads, in one file.
one() {
    local program=$work/$1-$2 threads
    "$1" -std=c++20 -O2 -DNDEBUG -march="$2" -I "$root/include" -isystem "${EIGEN:-/usr/include/eigen3}" "$here/trainings.cpp" \
        -o "$program" -lfmt -pthread
    for threads in 1 2; do "$program" "$threads" | sed "s/^/$1 $2 $threads: /"; done > "$program.txt"
}

for march in native x86-64-v3; do
    pids=()
    for compiler in g++ clang++; do one "$compiler" "$march" & pids+=($!); done
    for pid in "${pids[@]}"; do wait "$pid"; done
    cat "$work"/*-"$march".txt
done
