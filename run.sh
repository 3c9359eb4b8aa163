#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs what is missing, builds, and runs dscope with the arguments given (./run.sh --help lists them).
# Without arguments it opens the built-in example; without a display it writes the example's report and a picture of the
# window instead, and says where. What the set-up heeds stands at the top of setup/setup.sh.

set -Eeuo pipefail
# shellcheck source=setup/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup/setup.sh"

set_up build "$@"
build release dscope

# Threads that wait for each other let go of their core after some microseconds in place of milliseconds: several times as fast beside other programs.
export GOMP_SPINCOUNT="${GOMP_SPINCOUNT:-1000}"
dscope="$DSCOPE_ROOT/build/release/bin/dscope"
if [[ $# -gt 0 ]]; then exec "$dscope" "$@"; fi
if [[ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]]; then
    say "opening the example"
    exec "$dscope" --example
fi
say "no display (DISPLAY and WAYLAND_DISPLAY are empty): running the example without a window"
exec "$dscope" example --headless --out "$DSCOPE_ROOT/build/example"
