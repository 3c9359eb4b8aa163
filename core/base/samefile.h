// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>

namespace dscope {

/// A number that two names of one file share: another spelling of its path, a link to it, symbolic or hard. By device and inode; of what is not there, by the
/// name itself without "." and "..". Two files have the same one with a chance of 2^-64.
std::size_t sameFileKey(const std::filesystem::path &file);

/// The names under which files came first.
class FirstNames {
public:
    /// The name under which this file was asked for first: its own where it is new.
    const std::string &of(const std::filesystem::path &file);

private:
    std::unordered_map<std::size_t, std::string> m_names;
};

} // namespace dscope
