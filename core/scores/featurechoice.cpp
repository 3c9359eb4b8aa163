// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/scores/featurefile.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>

namespace dscope::detail {

namespace {

/// What embeddings are called, the surest first; arr_0 is numpy's name for an array without one.
constexpr std::array s_names{"embeddings", "features", "embedding", "feature", "embeds", "feats", "feat", "arr_0"};
constexpr std::size_t s_listed = 8; ///< names in a message

} // namespace

std::optional<FeatureShape> featureShape(std::vector<std::int64_t> sides)
{
    for (std::size_t axis = sides.size(); sides.size() > 2 && axis-- > 1;)
        if (sides[axis] == 1)
            sides.erase(sides.begin() + static_cast<std::ptrdiff_t>(axis));
    if (sides.size() > 2 && sides.front() == 1)
        sides.erase(sides.begin());
    if (sides.size() != 2)
        return std::nullopt;
    return FeatureShape{sides[0], sides[1]};
}

std::string shapeInWords(const std::vector<std::int64_t> &shape)
{
    std::string text;
    for (const std::int64_t side : shape)
        text += (text.empty() ? "" : ", ") + std::to_string(side);
    return '(' + text + ')';
}

std::optional<NpyHeader> safetensorsNumbers(std::string_view dtype)
{
    NpyHeader header;
    header.type = dtype;
    if (dtype == "F16" || dtype == "BF16")
        header.width = 2;
    else if (dtype == "F64")
        header.width = 8;
    else if (dtype != "F32")
        return std::nullopt;
    header.brain = dtype == "BF16";
    return header;
}

void FeatureChoice::add(const std::string &name, bool fits, std::size_t place)
{
    ++m_count;
    m_fitting += fits ? 1 : 0;
    const std::string lower = lowerCase(name.substr(0, 64));
    const auto usual = std::find(s_names.begin(), s_names.end(), lower);
    // A file may name millions: what could never be chosen is only counted.
    const bool several = m_fitting > s_listed && usual == s_names.end();
    if ((fits && !several) || usual != s_names.end() || m_entries.size() < s_listed)
        m_entries.push_back({name, place, static_cast<int>(usual - s_names.begin()), fits});
}

std::string FeatureChoice::listed(const Entry *without, bool fitting) const
{
    std::string text;
    std::size_t shownCount = 0;
    for (const Entry &entry : m_entries)
        if (&entry != without && (!fitting || entry.fits) && shownCount < s_listed) {
            text += (text.empty() ? "" : ", ") + shown(entry.name.substr(0, 80));
            ++shownCount;
        }
    const std::size_t all = (fitting ? m_fitting : m_count) - (without != nullptr ? 1 : 0);
    return all > shownCount ? text + " and " + std::to_string(all - shownCount) + " more" : text;
}

std::size_t FeatureChoice::chosen(std::string &name, std::string &others) const
{
    const Entry *best = nullptr;
    for (const Entry &entry : m_entries)
        if (entry.fits && (best == nullptr || entry.rank < best->rank))
            best = &entry;
    if (best != nullptr && best->rank == static_cast<int>(s_names.size()) && m_fitting > 1)
        throw FileError(m_path,
                        "holds several " + m_kind + "s that could be embeddings, none of them called embeddings or features: " + listed(nullptr, true)
                            + ". Save the one alone, or call it embeddings.");
    // What does not fit says itself why.
    if (best == nullptr)
        for (const Entry &entry : m_entries)
            if ((entry.rank < static_cast<int>(s_names.size()) || m_count == 1) && (best == nullptr || entry.rank < best->rank))
                best = &entry;
    if (best == nullptr)
        throw FileError(m_path,
                        "holds no " + m_kind + " of embeddings (floating-point numbers of two axes, pictures and values)"
                            + (m_count == 0 ? std::string() : ", only " + listed(nullptr, false)) + ".");
    name = best->name;
    others = m_count > 1 ? listed(best, false) : std::string();
    return best->place;
}

} // namespace dscope::detail
