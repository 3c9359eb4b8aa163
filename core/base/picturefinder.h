// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/othercapitals.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace dscope {

/// Whether files exist, answered by listing each folder once: a list of half a million names costs one pass over the folder.
class FileLookup {
public:
    bool exists(const std::string &folder, std::string_view name);

private:
    std::unordered_map<std::string, std::unordered_set<std::string>> m_folders;
    std::size_t m_names = 0;
    const std::string *m_lastName = nullptr;
    const std::unordered_set<std::string> *m_last = nullptr;
};

/// Finds the pictures that a list names: from the list's folder and, where a relative name is not found there, from the current one, as it stands there, as
/// Dscope itself escapes it (`\xEB`), with backslashes between folders, with another ending or none, and at last with other capitals.
class PictureFinder {
public:
    explicit PictureFinder(std::filesystem::path folder);

    /// The name relative to the list's folder, or a whole path; nothing where there is no such file.
    std::optional<std::string> find(const std::string &name);
    /// Why the name asked for last was not found, where more is to be said than that it is not there; else empty.
    const std::string &whyNot() const { return m_capitals.ambiguous(); }
    /// What is to be said of names with other capitals; else empty.
    std::string otherCapitals() const { return m_capitals.notice(); }
    /// How many were found from the current folder.
    std::size_t fromCurrent() const { return m_fromCurrent; }
    const std::filesystem::path &folder() const { return m_folder; }
    const std::filesystem::path &current() const { return m_current; }

private:
    std::optional<std::string> findFrom(const std::filesystem::path &folder, const std::string &name);

    std::filesystem::path m_folder;
    std::filesystem::path m_current; ///< empty: the same
    FileLookup m_lookup;
    OtherCapitals m_capitals;
    std::size_t m_fromCurrent = 0;
};

} // namespace dscope
