#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Fuzzes the parsers with libFuzzer, the address and the undefined-behaviour sanitizer: ./fuzz.sh [--seconds N] [TARGET...]
# Without targets all of them, one after the other, N seconds each (60). Begins with tests/fuzz/corpus/TARGET and what earlier calls have found
# worth keeping (build/fuzz/corpus); inputs that fail are written to build/fuzz/findings/TARGET. The exit status is 1 where there is one.
# A finding that is mended goes into tests/fuzz/corpus/TARGET, which ctest runs (fuzz.TARGET) from then on.

set -Eeuo pipefail
# shellcheck source=setup/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup/setup.sh"

seconds=60
targets=()
while [[ $# -gt 0 ]]; do
    case "$1" in
    --seconds)
        [[ "${2:-}" =~ ^[1-9][0-9]*$ ]] || die "--seconds needs a whole number" "./fuzz.sh --seconds 60"
        seconds="$2"
        shift 2
        ;;
    -*) die "$1 is not known" "./fuzz.sh [--seconds N] [TARGET...]" ;;
    *)
        targets+=("$1")
        shift
        ;;
    esac
done

set_up fuzz
# What is not fuzzed comes from the ordinary build.
build release dscope_core dscope_media dscope_onnx
build fuzz tests_fuzz

fuzzer="$DSCOPE_ROOT/build/fuzz/bin/tests_fuzz"
mapfile -t all < <(grep -ho '^DSCOPE_FUZZ_TARGET([a-z0-9]*)' "$DSCOPE_ROOT"/tests/fuzz/*.cpp | sed 's/.*(\(.*\))/\1/' | sort)
if [[ ${#targets[@]} -eq 0 ]]; then targets=("${all[@]}"); fi
for target in "${targets[@]}"; do
    [[ " ${all[*]} " == *" $target "* ]] || die "there is no target $target" "one of: ${all[*]}"
done

# Inputs are handed over as files where a parser reads files; in memory that is many times as fast.
memory=/dev/shm
[[ -w $memory ]] || memory="${TMPDIR:-/tmp}"
TMPDIR="$(mktemp -d "$memory/dscope-fuzz-XXXXXX")"
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
# Reports of leaks in libraries that keep what they have until the end would hide those of ours.
export ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=0" LSAN_OPTIONS="suppressions=$DSCOPE_ROOT/tests/fuzz/leaks.txt:print_suppressions=0"
export UBSAN_OPTIONS="print_stacktrace=1"

failed=0
printf '%-14s %12s %10s %10s %9s\n' target executions coverage corpus findings
for target in "${targets[@]}"; do
    corpus="$DSCOPE_ROOT/build/fuzz/corpus/$target"
    findings="$DSCOPE_ROOT/build/fuzz/findings/$target"
    seeds="$DSCOPE_ROOT/tests/fuzz/corpus/$target"
    log="$DSCOPE_ROOT/build/fuzz/$target.log"
    mkdir -p "$corpus" "$findings"
    before="$(find "$findings" -type f | wc -l)"
    # An input of 64 KiB may cost 200 MB and 1 MiB; one allocation beyond that, 2 GB in all, or 30 s are findings.
    DSCOPE_FUZZ_TARGET="$target" "$fuzzer" "$corpus" "$seeds" -max_total_time="$seconds" -max_len=65536 -timeout=30 -malloc_limit_mb=216 \
        -rss_limit_mb=2560 -artifact_prefix="$findings/" -print_final_stats=1 >"$log" 2>&1 </dev/null || true
    executions="$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)"
    coverage="$(grep -o 'cov: [0-9]*' "$log" | tail -n 1 | cut -d' ' -f2 || true)"
    found=$(($(find "$findings" -type f | wc -l) - before))
    # A run that ends without its figures has failed even where no input could be kept.
    if [[ $found -eq 0 ]] && ! grep -q '^Done ' "$log"; then found=1; fi
    if [[ $found -gt 0 ]]; then failed=1; fi
    printf '%-14s %12s %10s %10s %9s\n' "$target" "${executions:--}" "${coverage:--}" "$(find "$corpus" -type f | wc -l)" "$found"
    if [[ $found -gt 0 ]]; then say "see $log and $findings"; fi
done
exit $failed
