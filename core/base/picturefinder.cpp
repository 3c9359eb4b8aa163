// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/picturefinder.h"

#include "core/base/picturefile.h"

#include <utility>

namespace dscope {

namespace fs = std::filesystem;

bool FileLookup::exists(const std::string &folder, std::string_view name)
{
    if (m_lastName == nullptr || *m_lastName != folder) {
        // A short list may name folders with very many files, and a long one in any order.
        constexpr std::size_t most = 500'000;
        const auto known = m_folders.find(folder);
        if (known == m_folders.end() && m_names > most) {
            std::error_code problem;
            return fs::exists(fs::path(folder) / name, problem);
        }
        const auto [entry, isNew] = known == m_folders.end() ? m_folders.try_emplace(folder) : std::pair(known, false);
        if (isNew) {
            std::error_code problem;
            for (fs::directory_iterator file(folder.empty() ? fs::path(".") : fs::path(folder), problem); !problem && file != fs::directory_iterator();
                 file.increment(problem))
                entry->second.insert(file->path().filename().string());
            m_names += entry->second.size() + 1;
        }
        m_lastName = &entry->first;
        m_last = &entry->second;
    }
    return m_last->contains(std::string(name));
}

PictureFinder::PictureFinder(fs::path folder) : m_folder(std::move(folder))
{
    std::error_code problem;
    const fs::path here = fs::current_path(problem);
    if (!problem && !fs::equivalent(m_folder.empty() ? fs::path(".") : m_folder, here, problem))
        m_current = here;
}

std::optional<std::string> PictureFinder::findFrom(const fs::path &folder, const std::string &name)
{
    const std::vector<std::string> spellings = listedSpellings(name);
    const auto parentOf = [&](const std::string &spelling) { // an absolute name replaces the folder
        const std::size_t slash = spelling.rfind('/');
        return slash == std::string::npos ? folder.native() : (folder / spelling.substr(0, slash + 1)).native();
    };
    const auto fileOf = [](const std::string &spelling) { return std::string_view(spelling).substr(spelling.rfind('/') + 1); };
    for (const std::string &spelling : spellings)
        if (m_lookup.exists(parentOf(spelling), fileOf(spelling)))
            return spelling;
    // By the folders' listings: a list of which nothing is there asks the disk for nothing more.
    for (const std::string &spelling : spellings) {
        const std::string parent = parentOf(spelling);
        for (std::string &other : namesWithOtherEndings(spelling))
            if (m_lookup.exists(parent, fileOf(other)))
                return std::move(other);
    }
    for (const std::string &spelling : spellings) {
        std::optional<std::string> other = m_capitals.find(folder, spelling);
        if (other || !m_capitals.ambiguous().empty())
            return other;
    }
    return std::nullopt;
}

std::optional<std::string> PictureFinder::find(const std::string &name)
{
    std::optional<std::string> found = findFrom(m_folder, name);
    if (found || m_current.empty() || fs::path(name).is_absolute() || !whyNot().empty())
        return found;
    found = findFrom(m_current, name);
    if (!found)
        return std::nullopt;
    ++m_fromCurrent;
    return (m_current / *found).string();
}

} // namespace dscope
