// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/datasets/ijbfiles.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace dscope {

std::vector<IjbRow> parseIjbTemplates(const ListSource &list, NamePool &names, std::vector<std::string> &warnings, Progress &progress)
{
    std::vector<IjbRow> rows;
    std::string name;
    readMetaLines(list, "'image template media'", warnings, progress, [&](std::string_view rest) -> const char * {
        name = nextWord(rest);
        std::replace(name.begin(), name.end(), '\\', '/');
        const auto tid = wordAsInteger(nextWord(rest));
        const auto mid = wordAsInteger(nextWord(rest));
        if (!tid || !mid || !nextWord(rest).empty())
            return "is not three words of which two are whole numbers";
        if (!isSafeName(name))
            return "names a file outside of loose_crop";
        rows.push_back(IjbRow{names.add(name), *tid, *mid});
        return nullptr;
    });
    return rows;
}

std::vector<IjbPoints> parseIjbPoints(const ListSource &list, std::vector<std::string> &warnings, Progress &progress)
{
    std::vector<IjbPoints> all;
    readMetaLines(list, "'image x1 y1 ... x5 y5 score'", warnings, progress, [&](std::string_view rest) -> const char * {
        IjbPoints points;
        points.name = nextWord(rest);
        std::replace(points.name.begin(), points.name.end(), '\\', '/');
        for (Point &point : points.landmarks) {
            const auto x = wordAsNumber(nextWord(rest));
            const auto y = wordAsNumber(nextWord(rest));
            if (!x || !y)
                return "has a coordinate that is missing or no number";
            point = Point{*x, *y};
        }
        const auto score = wordAsNumber(nextWord(rest));
        if (!score || !nextWord(rest).empty())
            return "does not end in one detector score";
        points.score = *score;
        all.push_back(std::move(points));
        return nullptr;
    });
    return all;
}

std::vector<const IjbPoints *> matchIjbPoints(const std::vector<IjbRow> &rows, const std::vector<IjbPoints> &points)
{
    if (points.empty())
        return {};
    std::vector<const IjbPoints *> match(rows.size(), nullptr);
    std::unordered_map<std::string_view, const IjbPoints *> byName;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i < points.size() && points[i].name == NamePool::text(rows[i].name)) {
            match[i] = &points[i];
            continue;
        }
        if (byName.empty()) {
            byName.reserve(points.size());
            for (const IjbPoints &entry : points)
                byName.emplace(entry.name, &entry);
        }
        const auto found = byName.find(NamePool::text(rows[i].name));
        match[i] = found == byName.end() ? nullptr : found->second;
    }
    return match;
}

} // namespace dscope
