// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/leftout.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace dscope {

/// Finds files whose names differ from the listed ones in capitals alone, as lists have them that come from a system which does not tell these apart. Each
/// folder on the way is listed once.
class OtherCapitals {
public:
    /// The one such file, relative to `folder` as `name` is; nothing where there is none, and where there are several, which ambiguous() then names.
    std::optional<std::string> find(const std::filesystem::path &folder, const std::string &name);
    /// Why the name asked for last was not found although there are such files, as a sentence without its beginning; else empty.
    const std::string &ambiguous() const { return m_ambiguous; }
    /// What is to be said of those found: the count and the first five. Empty where there are none.
    std::string notice() const;

private:
    using Names = std::unordered_map<std::string, std::vector<std::string>>;
    const Names &listing(const std::string &folder);

    std::unordered_map<std::string, Names> m_folders; ///< of each folder: names in small letters, and as they are
    std::size_t m_names = 0;
    std::unordered_map<std::string, bool> m_told;
    LeftOut m_found;
    std::string m_ambiguous;
};

} // namespace dscope
