// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/othercapitals.h"

#include "core/base/text.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t s_mostNames = 2'000'000; ///< held of all folders
constexpr std::size_t s_mostPlaces = 16;       ///< folders that differ in capitals alone

} // namespace

const OtherCapitals::Names &OtherCapitals::listing(const std::string &folder)
{
    static const Names nothing;
    if (const auto known = m_folders.find(folder); known != m_folders.end())
        return known->second;
    if (m_names > s_mostNames)
        return nothing;
    Names &names = m_folders[folder];
    std::error_code problem;
    for (fs::directory_iterator entry(folder.empty() ? fs::path(".") : fs::path(folder), problem); !problem && entry != fs::directory_iterator();
         entry.increment(problem)) {
        std::string name = entry->path().filename().string();
        names[lowerCase(name)].push_back(std::move(name));
        ++m_names;
    }
    ++m_names;
    return names;
}

std::optional<std::string> OtherCapitals::find(const fs::path &folder, const std::string &name)
{
    m_ambiguous.clear();
    if (name.empty() || name.front() == '/' || name.find('\0') != std::string::npos)
        return std::nullopt;
    std::vector<std::string> places{""};
    for (std::size_t at = 0; at <= name.size() && !places.empty();) {
        const std::size_t end = std::min(name.find('/', at), name.size());
        const std::string part = name.substr(at, end - at);
        const bool last = end == name.size();
        at = end + 1;
        if (part.empty() || part == ".")
            continue;
        if (part == "..")
            return std::nullopt;
        std::vector<std::string> next;
        for (const std::string &place : places) {
            const Names &names = listing((folder / place).string());
            const auto found = names.find(lowerCase(part));
            if (found == names.end())
                continue;
            // A folder of the very name goes before others.
            const bool exact = !last && std::find(found->second.begin(), found->second.end(), part) != found->second.end();
            for (const std::string &other : exact ? std::vector<std::string>{part} : found->second)
                if (next.size() < s_mostPlaces)
                    next.push_back(place.empty() ? other : place + '/' + other);
        }
        places = std::move(next);
    }
    std::error_code problem;
    std::erase_if(places, [&](const std::string &place) { return !fs::is_regular_file(folder / place, problem); });
    if (places.empty())
        return std::nullopt;
    std::sort(places.begin(), places.end());
    if (places.size() > 1) {
        m_ambiguous = "is not there, and " + places[0] + " and " + places[1] + " both differ from it in capitals alone; which of them is meant cannot be told.";
        return std::nullopt;
    }
    if (m_told.size() < s_mostNames && m_told.try_emplace(name, true).second)
        m_found.add(places.front());
    return places.front();
}

std::string OtherCapitals::notice() const
{
    return m_found.count() == 0 ? std::string()
                                : m_found.listed("listed picture differs in capitals from its file, which is read",
                                                 "listed pictures differ in capitals from their files, which are read");
}

} // namespace dscope
