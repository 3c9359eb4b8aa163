// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace dscope::test {

/// A file that is small for what it asks of a parser: nested, shared, repeated, or announced and not there. Made when it is needed; nothing of it is stored.
struct HostileInput {
    std::string name;
    std::string target; ///< the fuzz target that reads it (tests/fuzz)
    std::function<std::string()> make;
};

const std::vector<HostileInput> &hostileInputs();

} // namespace dscope::test
