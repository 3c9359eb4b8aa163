// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/document.h"

#include "core/aggregation/enough.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace dscope {

Document::Document(Analysis analysis) : m_analysis(std::move(analysis)), m_sweep(m_analysis)
{
    m_faces.reserve(m_analysis.elementCount());
    std::vector<int> order;
    for (std::size_t s = 0; s < m_analysis.sources.size(); ++s) {
        const Source &source = m_analysis.sources[s];
        SourceRef &ref = m_sources.emplace_back();
        ref.firstGroup = groupCount();
        ref.groups = static_cast<int>(source.groups.size());
        ref.firstFace = faceCount();
        for (std::size_t g = 0; g < source.groups.size(); ++g) {
            const std::vector<Element> &elements = source.groups[g].elements;
            GroupRef group{static_cast<int>(s), static_cast<int>(g), faceCount(), static_cast<int>(elements.size()), -1, 0, {}, {}};
            order.resize(elements.size());
            std::iota(order.begin(), order.end(), 0);
            std::stable_sort(order.begin(), order.end(),
                             [&](int a, int b) { return elements[static_cast<std::size_t>(a)].dScore > elements[static_cast<std::size_t>(b)].dScore; });
            m_faces.resize(m_faces.size() + elements.size());
            group.descending.reserve(elements.size());
            for (std::size_t rank = 0; rank < order.size(); ++rank) {
                const auto element = static_cast<std::size_t>(order[rank]);
                m_faces[static_cast<std::size_t>(group.firstFace) + element] =
                    FaceRef{static_cast<int>(s), groupCount(), order[rank], static_cast<int>(rank), 0};
                group.descending.push_back(elements[element].dScore);
            }
            group.sumsBefore.reserve(elements.size());
            appendSumsBefore(group.sumsBefore, group.descending);
            if (!order.empty()) {
                group.best = group.firstFace + order.front();
                group.mean = std::accumulate(group.descending.begin(), group.descending.end(), 0.0) / group.count;
            }
            m_groups.push_back(std::move(group));
        }
        ref.faces = faceCount() - ref.firstFace;
        if (source.kind == "video") {
            ref.frames.reserve(static_cast<std::size_t>(ref.faces));
            for (int id = ref.firstFace; id < ref.firstFace + ref.faces; ++id)
                ref.frames.emplace_back(element(id).frame, id);
            std::sort(ref.frames.begin(), ref.frames.end());
        }
    }
    order.resize(m_faces.size());
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

bool Document::kept(int id, const Keep &keep) const
{
    const FaceRef &ref = face(id);
    if (keep.mode == Keep::Mode::TopK)
        return ref.rank < keep.k;
    if (keep.mode == Keep::Mode::Enough)
        return ref.rank == 0 || group(ref.group).sumsBefore[static_cast<std::size_t>(ref.rank)] < keep.enough;
    return ref.rank == 0 || static_cast<double>(group(ref.group).descending[static_cast<std::size_t>(ref.rank)]) > keep.threshold;
}

int Document::keptCount(int number, const Keep &keep) const
{
    const GroupRef &ref = group(number);
    if (keep.mode == Keep::Mode::Enough) // the sums stand ready
        return static_cast<int>(std::partition_point(ref.sumsBefore.begin(), ref.sumsBefore.end(), [&](double sum) { return sum < keep.enough; })
                                - ref.sumsBefore.begin());
    return static_cast<int>(keep.countOf(ref.descending));
}

std::int64_t Document::keptCount(const Keep &keep) const
{
    std::int64_t sum = 0;
    for (int number = 0; number < groupCount(); ++number)
        sum += keptCount(number, keep);
    return sum;
}

SweepPoint Document::pointAt(const Keep &keep) const
{
    const std::lock_guard lock(m_mutex);
    if (!m_lastPoint || m_lastPoint->first != keep)
        m_lastPoint.emplace(keep, m_sweep.at(keep));
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
