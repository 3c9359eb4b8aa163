#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs tests under sanitizers: ./sanitize.sh address|thread [arguments for ctest], such as -R '^core\.'
#   address   the address and undefined-behaviour sanitizers (preset dev-asan), over all tests unless -R says which; only what they need is built
#   thread    the thread sanitizer (preset tsan), over the tests of what uses threads (tests/threads)
# The exit status is ctest's: a report of a sanitizer fails its test.

set -Eeuo pipefail
# shellcheck source=setup/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup/setup.sh"

kind="${1:-}"
if [[ "$kind" != address && "$kind" != thread ]]; then die "say which sanitizer" "./sanitize.sh address|thread [arguments for ctest]"; fi
shift
set_up test

export QT_QPA_PLATFORM=offscreen
# Threads that spin for each other take the core that the one waited for needs; beside a sanitizer even more.
export GOMP_SPINCOUNT=1000
if [[ "$kind" == thread ]]; then
    # What has no instruments comes from the ordinary build.
    build release dscope_core dscope_media
    build tsan tests_threads
    export TSAN_OPTIONS="suppressions=$DSCOPE_ROOT/tests/threads/races.txt:second_deadlock_stack=1:ignore_noninstrumented_modules=1"
    exec ctest --test-dir "$DSCOPE_ROOT/build/tsan" --output-on-failure "$@"
fi

configure dev-asan
exec 8>&-
# A test is called after its executable: core.csv is run by tests_core.
mapfile -t executables < <(ctest --test-dir "$DSCOPE_ROOT/build/dev-asan" -N "$@" 2>/dev/null |
    sed -n 's/^ *Test *#[0-9]*: \([a-z]*\)\..*/\1/p' | sort -u | sed 's/^train$/dscope-train/; t; s/^/tests_/')
if [[ ${#executables[@]} -eq 0 ]]; then die "no test is called so" "ctest's -R takes a regular expression, such as '^core\\.'"; fi
build dev-asan "${executables[@]}"
# Leaks are not looked for: Qt and libtorch keep much until the end. ./fuzz.sh looks for those of the parsers.
export ASAN_OPTIONS="detect_leaks=0" UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1" QTEST_FUNCTION_TIMEOUT=3600000
exec ctest --test-dir "$DSCOPE_ROOT/build/dev-asan" --output-on-failure "$@"
