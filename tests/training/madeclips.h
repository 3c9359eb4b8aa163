// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/training/clipset.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace dscope::test {

/// A bright square on a noisy ground that goes to the left, to the right, or stays: what it does is the class, where it is, and how bright, is not. A frame
/// alone says nothing of it.
class MadeClips final : public ClipSet {
public:
    /// @param each videos of a class @param perVideo clips of a video
    explicit MadeClips(int each, int perVideo = 2, std::vector<std::string> classes = {"left", "right", "still"});

    std::size_t size() const override { return m_places.size(); }
    std::int32_t label(std::size_t index) const override { return m_labels[index]; }
    bool isInside(std::size_t index) const override { return outsideFrom == 0 || where(index).begin < outsideFrom; }
    ClipWhere where(std::size_t index) const override { return m_places[index]; }
    const std::vector<std::string> &classes() const override { return m_classes; }
    const std::vector<std::string> &videos() const override { return m_videos; }
    ClipPart part(std::int64_t) const override { return {}; }
    std::int64_t group(std::int64_t video) const override { return grouped ? video / 2 : video; }
    const std::filesystem::path &root() const override { return m_root; }
    const ClipSetOptions &options() const override { return m_options; }
    std::string identity() const override { return "made " + std::to_string(size()); }
    Clip clip(std::size_t index) const override;
    Clip shown(std::size_t index, Random &random) const override;

    /// How bright the square of a clip is, 0 to 1.
    double brightness(std::size_t index) const;

    bool grouped = false;         ///< two videos are a group
    std::int64_t outsideFrom = 0; ///< clips that begin at this frame or later lie outside of the segments; 0: none does

private:
    Clip drawn(std::size_t index, Random &random) const;

    std::filesystem::path m_root = "made";
    std::vector<std::string> m_classes;
    std::vector<std::string> m_videos;
    std::vector<ClipWhere> m_places;
    std::vector<std::int32_t> m_labels;
    ClipSetOptions m_options;
};

} // namespace dscope::test
