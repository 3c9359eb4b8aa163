// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/document.h"

#include "core/analysis/scoredgroups.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <unordered_map>

namespace dscope {

Document::Document(Analysis analysis) : m_analysis(std::move(analysis)), m_live(liveGroups(m_analysis))
{
    m_faces.reserve(m_analysis.elementCount());
    for (std::size_t s = 0; s < m_analysis.sources.size(); ++s) {
        const Source &source = m_analysis.sources[s];
        SourceRef &ref = m_sources.emplace_back();
        ref.firstGroup = groupCount();
        ref.groups = static_cast<int>(source.groups.size());
        ref.firstFace = faceCount();
        for (std::size_t g = 0; g < source.groups.size(); ++g) {
            const std::vector<Element> &elements = source.groups[g].elements;
            GroupRef group{static_cast<int>(s), static_cast<int>(g), faceCount(), static_cast<int>(elements.size()), -1, 0};
            m_faces.resize(m_faces.size() + elements.size());
            int rank = 0;
            for (const std::uint32_t element : m_live.prefixes().order(groupCount()))
                m_faces[static_cast<std::size_t>(group.firstFace) + element] = FaceRef{static_cast<int>(s), groupCount(), static_cast<int>(element), rank++, 0};
            if (const std::span<const float> scores = descending(groupCount()); !scores.empty()) {
                group.best = group.firstFace + static_cast<int>(m_live.prefixes().order(groupCount()).front());
                group.mean = std::accumulate(scores.begin(), scores.end(), 0.0) / group.count;
            }
            m_groups.push_back(group);
        }
        ref.faces = faceCount() - ref.firstFace;
        if (isVideo(static_cast<int>(s))) {
            ref.frames.reserve(static_cast<std::size_t>(ref.faces));
            for (int id = ref.firstFace; id < ref.firstFace + ref.faces; ++id)
                ref.frames.emplace_back(element(id).frame, id);
            std::sort(ref.frames.begin(), ref.frames.end());
        }
    }
    std::vector<int> order(m_faces.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
        const Element &left = element(a);
        const Element &right = element(b);
        const int byName = left.file.native().compare(right.file.native());
        return byName != 0 ? byName < 0 : left.frame < right.frame;
    });
    for (std::size_t i = 0; i < order.size(); ++i)
        m_faces[static_cast<std::size_t>(order[i])].nameRank = static_cast<int>(i);
}

const Element &Document::element(int id) const
{
    const FaceRef &ref = face(id);
    return groupData(ref.group).elements[static_cast<std::size_t>(ref.element)];
}

const Group &Document::groupData(int number) const
{
    const GroupRef &ref = group(number);
    return m_analysis.sources[static_cast<std::size_t>(ref.source)].groups[static_cast<std::size_t>(ref.index)];
}

LiveGroupsPoint Document::pointAt(const Keep &keep) const
{
    const std::lock_guard lock(m_mutex);
    if (!m_lastPoint || m_lastPoint->first != keep)
        m_lastPoint.emplace(keep, m_live.at(keep));
    return m_lastPoint->second;
}

std::vector<int> Document::facesOf(const Document &before) const
{
    std::unordered_map<const void *, int> numbers;
    numbers.reserve(m_faces.size());
    for (int id = 0; id < faceCount(); ++id)
        if (const auto &thumbnail = element(id).thumbnail)
            numbers.emplace(thumbnail.get(), id);
    std::vector<int> result(static_cast<std::size_t>(before.faceCount()), -1);
    for (int id = 0; id < before.faceCount(); ++id)
        if (const auto found = numbers.find(before.element(id).thumbnail.get()); found != numbers.end())
            result[static_cast<std::size_t>(id)] = found->second;
    return result;
}

int Document::clipAt(int number, std::int64_t frame) const
{
    const auto &frames = source(number).frames;
    const auto after = std::upper_bound(frames.begin(), frames.end(), std::pair<std::int64_t, int>{frame, faceCount()});
    return after == frames.begin() ? -1 : std::prev(after)->second;
}

std::span<const std::pair<std::int64_t, int>> Document::inFrame(int number, std::int64_t frame) const
{
    const auto &frames = source(number).frames;
    const auto first = std::lower_bound(frames.begin(), frames.end(), std::pair<std::int64_t, int>{frame, -1});
    auto last = first;
    while (last != frames.end() && last->first == frame)
        ++last;
    return {first, last};
}

} // namespace dscope
