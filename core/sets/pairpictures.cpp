// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sets/pairpictures.h"

#include "core/base/picturefile.h"

#include <string_view>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

PairPictures::PairPictures(std::vector<fs::path> folders) : m_folders(std::move(folders)), m_inner(m_folders.size()), m_capitals(m_folders.size())
{
    for (const fs::path &folder : m_folders) {
        std::error_code problem;
        const fs::path whole = fs::absolute(folder, problem).lexically_normal();
        m_names.push_back((whole.has_filename() ? whole : whole.parent_path()).filename().string());
    }
}

std::optional<std::string> PairPictures::withoutOwnName(std::size_t folder, const std::string &name) const
{
    const std::size_t slash = name.find('/');
    if (slash == std::string::npos || slash + 1 >= name.size() || std::string_view(name).substr(0, slash) != m_names[folder])
        return std::nullopt;
    return name.substr(slash + 1);
}

std::optional<PairPictures::Place> PairPictures::findIn(std::size_t folder, const std::string &name)
{
    if (auto found = findListedPicture(m_folders[folder], name))
        return Place{folder, std::move(*found)};
    const std::optional<std::string> inner = withoutOwnName(folder, name);
    if (!inner)
        return std::nullopt;
    if (auto found = findListedPicture(m_folders[folder], *inner))
        return Place{folder, std::move(*found)};
    return std::nullopt;
}

const PairPictures::Inner &PairPictures::inner(std::size_t folder)
{
    constexpr std::size_t most = 4'000'000; // names held
    Inner &inner = m_inner[folder];
    if (std::exchange(inner.listed, true))
        return inner;
    std::error_code problem;
    std::error_code within;
    for (fs::directory_iterator person(m_folders[folder], problem); !problem && person != fs::directory_iterator(); person.increment(problem)) {
        if (!person->is_directory(within))
            continue;
        const std::string name = person->path().filename().string();
        for (fs::directory_iterator file(person->path(), within); !within && file != fs::directory_iterator() && inner.places.size() < most;
             file.increment(within))
            if (const auto [place, fresh] = inner.places.try_emplace(file->path().filename().string(), name); !fresh)
                inner.ambiguous.try_emplace(place->first, name);
    }
    return inner;
}

/// A list of files' names alone, where there is a folder a person.
std::optional<PairPictures::Place> PairPictures::findAlone(std::size_t folder, const std::string &name)
{
    if (name.find('/') != std::string::npos)
        return std::nullopt;
    const Inner &known = inner(folder);
    std::vector<std::string> spellings = listedSpellings(name);
    for (std::string &other : namesWithOtherEndings(name))
        spellings.push_back(std::move(other));
    for (const std::string &spelling : spellings) {
        const auto place = known.places.find(spelling);
        if (place == known.places.end())
            continue;
        if (const auto second = known.ambiguous.find(spelling); second != known.ambiguous.end()) {
            const auto [low, high] = std::minmax(place->second, second->second);
            m_whyNot =
                "is the name of several pictures (" + low + '/' + spelling + ", " + high + '/' + spelling + " ...); the list must name their folders too.";
            return std::nullopt;
        }
        ++m_alone;
        return Place{folder, place->second + '/' + spelling};
    }
    return std::nullopt;
}

std::optional<PairPictures::Place> PairPictures::findOtherCapitals(std::size_t folder, const std::string &name)
{
    std::vector<std::string> names{name};
    if (auto without = withoutOwnName(folder, name))
        names.push_back(std::move(*without));
    for (const std::string &one : names) {
        if (auto found = m_capitals[folder].find(m_folders[folder], one))
            return Place{folder, std::move(*found)};
        m_whyNot = m_capitals[folder].ambiguous();
        if (!m_whyNot.empty())
            return std::nullopt;
    }
    return std::nullopt;
}

std::optional<PairPictures::Place> PairPictures::find(const std::string &name)
{
    constexpr std::size_t patience = 1000; // a list of which nothing is there is not looked for everywhere to its end
    m_whyNot.clear();
    if (m_last < m_folders.size())
        if (auto place = findIn(m_last, name))
            return place;
    if (m_missed > patience)
        return std::nullopt;
    for (const auto way : {&PairPictures::findIn, &PairPictures::findAlone, &PairPictures::findOtherCapitals})
        for (std::size_t i = 0; i < m_folders.size(); ++i) {
            const std::size_t folder = i == 0 ? m_last : i <= m_last ? i - 1 : i; // where the picture before was goes first
            if (auto place = (this->*way)(folder, name)) {
                m_last = folder;
                return place;
            }
            if (!m_whyNot.empty())
                return std::nullopt;
        }
    ++m_missed;
    return std::nullopt;
}

std::vector<std::string> PairPictures::notices() const
{
    std::vector<std::string> notices;
    if (m_alone > 0)
        notices.push_back("names pictures by their files alone; " + std::to_string(m_alone) + (m_alone == 1 ? " was" : " were")
                          + " found in the folder that holds a file of that name, once each.");
    for (const OtherCapitals &capitals : m_capitals)
        if (std::string notice = capitals.notice(); !notice.empty())
            notices.push_back(std::move(notice));
    return notices;
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
