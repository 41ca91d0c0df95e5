# What .ci/run and .ci/nightly share; to be sourced, in the project's root.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0
failed=0

# Runs one command and adds up what ctest says at its end; a failure without such a report counts as one.
judge() {
    local status=0 counts="" bad total start=$SECONDS
    echo "== $*"
    "$@" < /dev/null 2>&1 | tee "$log" || status=$?
    counts=$(sed -nE 's/^[0-9]+% tests passed, ([0-9]+) tests? failed out of ([0-9]+)$/\1 \2/p' "$log" | tail -n 1)
    if [[ -n $counts ]]; then
        read -r bad total <<< "$counts"
        passed=$((passed + total - bad))
        failed=$((failed + bad))
    fi
    if ((status != 0)) && [[ -z $counts || $bad == 0 ]]; then
        failed=$((failed + 1))
        echo "== failed with status $status: $*"
    fi
    echo "== $((SECONDS - start)) s: $*"
}

# Clang 14's thread sanitizer finds no room for its shadow memory where the kernel spreads addresses widely.
fixed_addresses=()
if setarch -R true 2> /dev/null; then fixed_addresses=(setarch -R); fi
