// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/quietstderr.h"

#include <iostream>
#include <mutex>

namespace dscope {

#ifdef __GLIBC__ // its `stderr` is a variable

namespace {

std::FILE *const s_own = stderr;

struct Silence {
    std::mutex mutex;
    int users = 0;
    std::FILE *before = nullptr;
    std::FILE *nowhere = nullptr;
    std::streambuf *buffer = nullptr;
};

/// Never destroyed: threads may decode while the program ends.
Silence &silence()
{
    static auto *one = new Silence;
    return *one;
}

} // namespace

std::FILE *ownStderr()
{
    return s_own != nullptr ? s_own : stderr;
}

QuietStderr::QuietStderr()
{
    Silence &all = silence();
    const std::lock_guard lock(all.mutex);
    if (all.users++ > 0)
        return;
    if (all.nowhere == nullptr)
        all.nowhere = std::fopen("/dev/null", "we");
    all.before = stderr;
    if (all.nowhere != nullptr)
        stderr = all.nowhere;
    all.buffer = std::cerr.rdbuf(nullptr);
}

QuietStderr::~QuietStderr()
{
    Silence &all = silence();
    const std::lock_guard lock(all.mutex);
    if (--all.users > 0)
        return;
    stderr = all.before;
    std::cerr.rdbuf(all.buffer); // clears the state as well
}

#else

std::FILE *ownStderr()
{
    return stderr;
}

QuietStderr::QuietStderr() = default;
QuietStderr::~QuietStderr() = default;

#endif

} // namespace dscope
