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
    for (const std::string &spelling : listedSpellings(name)) {
        const fs::path whole = folder / spelling; // an absolute name replaces the folder
        if (m_lookup.exists(whole.parent_path().string(), whole.filename().string()))
            return spelling;
    }
    for (const std::string &spelling : listedSpellings(name)) {
        const fs::path whole = folder / spelling;
        if (const fs::path found = existingPicture(whole); found != whole)
            return (fs::path(spelling).parent_path() / found.filename()).string();
    }
    return std::nullopt;
}

std::optional<std::string> PictureFinder::find(const std::string &name)
{
    std::optional<std::string> found = findFrom(m_folder, name);
    if (found || m_current.empty() || fs::path(name).is_absolute())
        return found;
    found = findFrom(m_current, name);
    if (!found)
        return std::nullopt;
    ++m_fromCurrent;
    return (m_current / *found).string();
}

} // namespace dscope
