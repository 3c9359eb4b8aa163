// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/hash.h"
#include "core/base/picture.h"
#include "core/datasets/labelledvideos.h"
#include "core/media/clipplaces.h"
#include "core/media/framesource.h"
#include "core/training/clipset.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace dscope {

struct LabelledClipsReport;

/// A video with the frames that its clips are made of.
struct ClipVideo {
    LabelledVideo video;
    std::string name;                       ///< below the root
    std::vector<std::int64_t> atRate;       ///< which frame of the video is shown as which at the rate, of the part that is meant
    std::vector<double> shownS;             ///< when each of these begins, and where the last one ends, from the video's first frame
    bool repeated = false;                  ///< shorter than a clip
    std::map<std::int64_t, Picture> frames; ///< of the video, at the size that is kept; empty: none are kept
};

/// Clips out of videos, whose frames are kept as far as the memory goes; see readLabelledClips().
class LabelledClips final : public ClipSet {
public:
    /// @throws UsageError for options that mean nothing
    LabelledClips(std::filesystem::path root, ClipSetOptions options);

    std::size_t size() const override { return m_places.size(); }
    std::int32_t label(std::size_t index) const override { return m_labels[index]; }
    bool isInside(std::size_t index) const override { return m_inside[index] != 0; }
    ClipWhere where(std::size_t index) const override { return m_places[index]; }
    const std::vector<std::string> &classes() const override { return m_classes; }
    const std::vector<std::string> &videos() const override { return m_names; }
    ClipPart part(std::int64_t video) const override
    {
        const LabelledVideo &its = m_videos[static_cast<std::size_t>(video)].video;
        return {its.fromS, its.toS.value_or(-1)};
    }
    std::int64_t group(std::int64_t video) const override { return m_groups[static_cast<std::size_t>(video)]; }
    const std::filesystem::path &root() const override { return m_root; }
    const ClipSetOptions &options() const override { return m_options; }
    std::string identity() const override { return m_identity; }

    Clip clip(std::size_t index) const override;
    Clip shown(std::size_t index, Random &random) const override;

    /// Takes a video, with its clips where `begins` says, or else with all that it divides into. @throws Error for one that cannot be read
    void add(const LabelledVideo &video, std::int64_t group, const std::vector<std::int64_t> *begins, const std::vector<std::int32_t> *labels,
             LabelledClipsReport &report, Progress &progress);
    void setClasses(std::vector<std::string> classes) { m_classes = std::move(classes); }
    /// To be called when all are there.
    void finish();

private:
    ClipPlaces placesOf(FrameSource &source, ClipVideo &video) const;
    std::vector<std::int64_t> framesFrom(const ClipVideo &video, std::int64_t begin) const;
    std::vector<Picture> taken(const ClipVideo &video, std::int64_t begin) const;
    std::int64_t jittered(std::size_t index, double moved) const;
    void keepFrames(FrameSource &source, ClipVideo &video, const std::vector<std::int64_t> &begins, Progress &progress);
    std::string nameBelow(const std::filesystem::path &file) const;

    std::filesystem::path m_root;
    ClipSetOptions m_options;
    ClipOptions m_division;
    int m_side;
    std::vector<std::string> m_classes;
    std::vector<ClipVideo> m_videos;
    std::vector<std::string> m_names;
    std::vector<std::int64_t> m_groups;
    std::vector<ClipWhere> m_places;
    std::vector<std::int32_t> m_labels;
    std::vector<std::uint8_t> m_inside;
    std::int64_t m_bytes = 0; ///< of the frames that are kept
    Sha256 m_sum;
    std::string m_identity;
};

} // namespace dscope
