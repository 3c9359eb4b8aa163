#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs what is missing, builds everything, and runs the tests. Arguments go to ctest, e.g. ./test.sh -R golden.
# The exit status is ctest's. What the set-up heeds stands at the top of setup/setup.sh.

set -Eeuo pipefail
# shellcheck source=setup/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup/setup.sh"

set_up test
build release all

export QT_QPA_PLATFORM=offscreen
exec ctest --test-dir "$DSCOPE_ROOT/build/release" --output-on-failure "$@"
