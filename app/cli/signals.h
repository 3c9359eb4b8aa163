// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <ctime>
#include <optional>

namespace dscope::cli {

/// The first thing a program does: a pipe that nobody reads any more becomes an error that can be told (SIGPIPE is ignored); standard input, output and
/// error that were closed are held by /dev/null, so that no file that is opened takes their place; SIGINT, SIGTERM and SIGHUP end the program at once, with
/// the exit code of a cancelled command, until a SignalGuard asks more politely. A SIGHUP that is ignored (nohup) stays so.
void prepareProcess();

/// While it lives, SIGINT, SIGTERM and SIGHUP cancel the work; a second one ends the program at once. With `soon` the program ends anyway if the work has
/// not within 0.7 s: for commands that lose nothing by it. What was half written is removed.
class SignalGuard {
public:
    SignalGuard(Progress &progress, bool soon);
    ~SignalGuard();
    SignalGuard(const SignalGuard &) = delete;
    SignalGuard &operator=(const SignalGuard &) = delete;

private:
    std::optional<timer_t> m_timer;
};

} // namespace dscope::cli
