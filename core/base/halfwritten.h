// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

namespace dscope {

/// While it lives, a half-written file is listed for removeHalfWritten().
class HalfWritten {
public:
    explicit HalfWritten(const std::filesystem::path &path);
    ~HalfWritten();
    HalfWritten(const HalfWritten &) = delete;
    HalfWritten &operator=(const HalfWritten &) = delete;

private:
    int m_slot = -1;
};

} // namespace dscope
