#include "core/evaluation/pairpictures.h"

#include "core/base/picturefile.h"

#include <string_view>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

PairPictures::PairPictures(std::vector<fs::path> folders) : m_folders(std::move(folders))
{
    for (const fs::path &folder : m_folders) {
        std::error_code problem;
        const fs::path whole = fs::absolute(folder, problem).lexically_normal();
        m_names.push_back((whole.has_filename() ? whole : whole.parent_path()).filename().string());
    }
}

std::optional<PairPictures::Place> PairPictures::find(const std::string &name)
{
    constexpr std::size_t patience = 1000; // a list of which nothing is there is not looked for everywhere to its end
    const std::size_t slash = name.find('/');
    const auto in = [&](std::size_t folder) -> std::optional<Place> {
        if (auto found = findListedPicture(m_folders[folder], name))
            return Place{folder, std::move(*found)};
        if (slash == std::string::npos || slash + 1 >= name.size() || std::string_view(name).substr(0, slash) != m_names[folder])
            return std::nullopt;
        if (auto found = findListedPicture(m_folders[folder], name.substr(slash + 1)))
            return Place{folder, std::move(*found)};
        return std::nullopt;
    };
    if (m_last < m_folders.size())
        if (auto place = in(m_last))
            return place;
    if (m_missed > patience)
        return std::nullopt;
    for (std::size_t folder = 0; folder < m_folders.size(); ++folder)
        if (folder != m_last)
            if (auto place = in(folder)) {
                m_last = folder;
                return place;
            }
    ++m_missed;
    return std::nullopt;
}

std::vector<fs::path> pairFolders(const fs::path &root)
{
    std::vector<fs::path> folders;
    for (const char *inner : {"", "lfw", "lfw_112", "lfw-deepfunneled", "lfw-deepfunneled/lfw-deepfunneled", "lfw_funneled", "lfw_mtcnnpy_160", "images"}) {
        std::error_code problem;
        if (*inner == '\0' || fs::is_directory(root / inner, problem))
            folders.push_back(*inner == '\0' ? root : root / inner);
    }
    return folders;
}

} // namespace dscope
