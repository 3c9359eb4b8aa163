// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/analysis.h"
#include "core/tasks/task.h"
#include "core/threshold/keep.h"
#include "core/threshold/livegroups.h"
#include "core/threshold/templateprefixes.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace dscope {

/// An analysis with what the views need arranged once: faces numbered through, each group's faces ranked by D-score. Immutable, shared.
class Document {
public:
    struct FaceRef {
        int source = 0;
        int group = 0;    ///< numbered through all sources
        int element = 0;  ///< in the group
        int rank = 0;     ///< place in the group by D-score, 0 the best; equal scores in input order
        int nameRank = 0; ///< place by file name and frame among all faces
    };
    struct GroupRef {
        int source = 0;
        int index = 0;     ///< in the source
        int firstFace = 0; ///< faces of a group are numbered consecutively
        int count = 0;
        int best = -1;   ///< the face of rank 0; -1 for an empty group
        double mean = 0; ///< D-score
    };
    struct SourceRef {
        int firstGroup = 0;
        int groups = 0;
        int firstFace = 0;
        int faces = 0;
        std::vector<std::pair<std::int64_t, int>> frames; ///< video: (frame, face), ascending
    };

    explicit Document(Analysis analysis);

    const Analysis &analysis() const { return m_analysis; }
    const Task &task() const { return taskNamed(m_analysis.options.task); }
    /// The live threshold, whose templates are the groups.
    const LiveGroups &live() const { return m_live; }
    /// D-scores of a group, from the largest.
    std::span<const float> descending(int number) const { return m_live.prefixes().scores(number); }

    int faceCount() const { return static_cast<int>(m_faces.size()); }
    int groupCount() const { return static_cast<int>(m_groups.size()); }
    int sourceCount() const { return static_cast<int>(m_sources.size()); }
    const FaceRef &face(int id) const { return m_faces[static_cast<std::size_t>(id)]; }
    const GroupRef &group(int number) const { return m_groups[static_cast<std::size_t>(number)]; }
    const SourceRef &source(int number) const { return m_sources[static_cast<std::size_t>(number)]; }
    const Element &element(int id) const;
    const Group &groupData(int number) const;
    const Source &sourceData(int number) const { return m_analysis.sources[static_cast<std::size_t>(number)]; }
    bool isVideo(int source) const { return m_analysis.sources[static_cast<std::size_t>(source)].isVideo(); }

    /// Strictly above the threshold in double, or the best of a group in which nothing is (protocols.md, section 0); or among the best K, or what is enough.
    bool kept(int id, const Keep &keep) const { return face(id).rank < keptCount(face(id).group, keep); }
    /// How many faces of a group are kept. O(log n).
    int keptCount(int number, const Keep &keep) const { return static_cast<int>(m_live.prefixes().keptOf(number, keep)); }
    /// How many of all.
    std::int64_t keptCount(const Keep &keep) const { return m_live.prefixes().keptCount(keep); }
    /// LiveGroups::at, remembered for the last call: several views ask for the same point, and with labels it compares all groups.
    LiveGroupsPoint pointAt(const Keep &keep) const;
    /// For each face of `before` its number here, or -1: what an analysis kept or found earlier carries the same thumbnail.
    std::vector<int> facesOf(const Document &before) const;
    /// The clip that a frame of a video is part of: the last that has begun; -1: none.
    int clipAt(int source, std::int64_t frame) const;
    /// Faces in one frame of a video.
    std::span<const std::pair<std::int64_t, int>> inFrame(int source, std::int64_t frame) const;

private:
    Analysis m_analysis;
    LiveGroups m_live;
    std::vector<FaceRef> m_faces;
    std::vector<GroupRef> m_groups;
    std::vector<SourceRef> m_sources;
    mutable std::mutex m_mutex;
    mutable std::optional<std::pair<Keep, LiveGroupsPoint>> m_lastPoint;
};

using DocumentPtr = std::shared_ptr<const Document>;

} // namespace dscope
