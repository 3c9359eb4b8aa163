// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// Files or lines that were left out for one reason: the first five by name, the rest as a count.
class LeftOut {
public:
    void add(std::string_view name);
    /// Those of another folder, after these.
    void add(const LeftOut &other);
    std::size_t count() const { return m_count; }
    /// "3 files are no pictures and were left out: a.txt, b.txt, c.txt." @param one, many what is so of one and of several: "file is no picture and was"
    std::string sentence(const std::string &one, const std::string &many) const;

    /// "3 pairs are odd: x, y, z." without saying that they were left out.
    std::string listed(const std::string &one, const std::string &many) const;

private:
    std::string names() const;
    std::size_t m_count = 0;
    std::vector<std::string> m_names;
};

} // namespace dscope
