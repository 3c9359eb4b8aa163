// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <string>
#include <vector>

// What messages say.

namespace dscope::test {

/// Each line with an end of its own.
inline std::string joined(const std::vector<std::string> &lines)
{
    std::string all;
    for (const std::string &line : lines)
        all += line + '\n';
    return all;
}

/// The message with which work is refused; empty where it is not. Any other exception goes on.
template<typename Refusal = Error, typename Work>
std::string refusal(const Work &work)
{
    try {
        work();
    } catch (const Refusal &error) {
        return error.what();
    }
    return {};
}

} // namespace dscope::test

/// Fails, and shows the text, where it does not hold the part.
#define VERIFY_SAYS(text, part) QVERIFY2((text).find(part) != std::string::npos, (text).c_str())
