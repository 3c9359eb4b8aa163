// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <unordered_map>

namespace dscope {

/// A number that two names of one file share: another spelling of its path, a link to it, symbolic or hard. By device and inode; of what is not there, by the
/// name itself without "." and "..". Two files have the same one with a chance of 2^-64.
std::size_t sameFileKey(const std::filesystem::path &file);

/// Places of files in a list, whatever the names by which they are asked for: some 40 bytes a file.
class FilePlaces {
public:
    /// The place of a file. @param add gives that of one that is new
    template<typename Add>
    std::uint32_t of(const std::filesystem::path &file, const Add &add)
    {
        const std::size_t key = sameFileKey(file);
        if (const auto known = m_places.find(key); known != m_places.end())
            return known->second;
        const std::uint32_t place = add();
        m_places.emplace(key, place);
        return place;
    }

private:
    std::unordered_map<std::size_t, std::uint32_t> m_places;
};

} // namespace dscope
