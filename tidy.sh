#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs clang-tidy with the checks of .clang-tidy, every finding an error: ./tidy.sh [FILE...]
# Without files over the sources of core, ui and app that the last commits changed, at most DSCOPE_TIDY_FILES (24) of them, the latest first. Over everything:
#   ./tidy.sh $(git ls-files 'core/*.cpp' 'ui/*.cpp' 'app/*.cpp')        # an hour and more on two cores
# Nothing is built: the files are read as a build without precompiled headers would.

set -Eeuo pipefail
# shellcheck source=setup/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup/setup.sh"

git() { command git -c safe.directory="*" "$@"; } # a checkout of another user's is one, too
files=("$@")
set_up tidy
cd "$DSCOPE_ROOT"
if [[ ${#files[@]} -eq 0 ]]; then
    if ! git rev-parse --git-dir >/dev/null 2>&1; then
        say "not a git checkout: which sources were changed last cannot be told; nothing was looked at"
        exit 0
    fi
    mapfile -t files < <(git log --max-count=200 --diff-filter=d --name-only --format= -- 'core/*.cpp' 'ui/*.cpp' 'app/*.cpp' | awk -v most="${DSCOPE_TIDY_FILES:-24}" '!seen[$0]++ && count < most && (getline line < $0) >= 0 { ++count; print }')
fi
if [[ ${#files[@]} -eq 0 ]]; then exit 0; fi
# That warnings are errors, and which are not, is said in the compiler's own words; here every finding is one.
DSCOPE_WERROR=0 configure tidy
exec 8>&-
say "clang-tidy over ${#files[@]} sources"
printf '%s\0' "${files[@]}" |
    xargs -0 -n 1 -P "$(build_jobs)" clang-tidy-14 -p "$DSCOPE_ROOT/build/tidy" --quiet --extra-arg=-Wno-unknown-warning-option --warnings-as-errors='*' 2>>"$LOG" ||
    die "clang-tidy found something" "see above, and where nothing stands there the end of $LOG; what is meant so is marked by NOLINT(check) with the reason beside it"
say "clang-tidy found nothing"
