#!/usr/bin/env bash
# Self tests of exported policies on an emulated Cortex-M4F, and what an action costs there:
# cortex_m4.sh WRITE_C_HEADERS, the path of that program. Needs arm-none-eabi-gcc and qemu-system-arm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
sources=$(dirname "$0")/cortex_m4
flags="-std=c99 -O2 -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 -ffreestanding -Wall -Wextra -pedantic"
flags+=" -Wconversion -Wdouble-promotion -Werror -nostartfiles -nodefaultlibs -Wl,--gc-sections -ffunction-sections"

"$1" "$folder" # its policies are policy0.h, policy1.h, ... and walker.h
headers=("$folder"/*.h)
if [[ ! -e ${headers[0]} ]]; then
    echo "$1 wrote no header"
    exit 1
fi
failed=0
total=0
for header in "${headers[@]}"; do
    name=$(basename "$header" .h)
    sed "s/walker/$name/g; s/WALKER/${name^^}/g" "$sources/main.c" > "$folder/main.c"
    total=$((total + 1))
    : > "$folder/out"
    if arm-none-eabi-gcc $flags -I "$folder" "$folder/main.c" "$sources/start.c" -T "$sources/memory.ld" \
        -o "$folder/program.elf" -lgcc &&
        timeout 60 qemu-system-arm -M mps2-an386 -icount shift=0 -nographic -monitor none -serial none \
            -semihosting-config enable=on,target=native -kernel "$folder/program.elf" > "$folder/out" 2>&1; then
        what=$(sed -nE 's/^ \* (Network|Distribution) +//p' "$header" | paste -sd ';')
        echo "$name: $(cat "$folder/out"), $(arm-none-eabi-size "$folder/program.elf" | awk 'NR == 2 { print $1 }')" \
            "bytes of flash ($what)"
    else
        echo "$name failed: $(cat "$folder/out")"
        failed=$((failed + 1))
    fi
done
echo "$(((total - failed) * 100 / total))% tests passed, $failed tests failed out of $total"
((failed == 0))
