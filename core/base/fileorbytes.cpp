// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/base/fileorbytes.h"

#include <algorithm>
#include <cstring>

namespace dscope {

std::size_t FileOrBytes::readSome(std::uint64_t at, void *to, std::size_t count) const
{
    if (m_file)
        return m_file->readSome(at, to, count);
    if (at >= m_bytes.size())
        return 0;
    const std::size_t there = std::min(count, m_bytes.size() - static_cast<std::size_t>(at));
    if (there > 0)
        std::memcpy(to, m_bytes.data() + at, there);
    return there;
}

} // namespace dscope
