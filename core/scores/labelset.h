// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/scores/labeler.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace dscope {

/// A labelled set arranged for somebody who looks through it: of every picture the clean copy alone, ordered from the least discriminative
/// one on, each class with a picture that stands for it. Immutable.
class LabelSet {
public:
    /// @param file where the targets come from; only named in errors
    /// @throws FileError if the targets name classes that are not there or hold scores that are no numbers
    LabelSet(Targets targets, std::filesystem::path file);

    const Targets &targets() const { return m_targets; }
    const std::filesystem::path &file() const { return m_file; }
    const FaceList &faces() const { return m_targets.faces; }
    int size() const { return static_cast<int>(m_targets.faces.size()); }
    /// Cosines: larger is closer. Otherwise they are Euclidean distances.
    bool cosine() const { return m_targets.options.dscore.metric == DScoreOptions::Metric::Cosine; }

    double own(int picture) const { return m_targets.scores.own[at(picture)]; }
    double hardest(int picture) const { return m_targets.scores.hardest[at(picture)]; }
    double raw(int picture) const { return m_targets.scores.raw[at(picture)]; }
    double normalised(int picture) const { return m_targets.scores.normalised[at(picture)]; }
    /// The only one of its class: its distance to the class says nothing.
    bool alone(int picture) const { return m_targets.scores.target[at(picture)] == 0; }
    /// Closer to another class than to its own.
    bool misplaced(int picture) const { return cosine() ? hardest(picture) > own(picture) : hardest(picture) < own(picture); }
    int label(int picture) const { return m_targets.faces.labels[static_cast<std::size_t>(picture)]; }
    /// The class it comes closest to besides its own, as a label.
    int confusedWith(int picture) const;
    /// The picture of a class that lies closest to the class's centroid; -1 for a class without pictures.
    int representative(int label) const { return m_representative[static_cast<std::size_t>(label)]; }
    /// The same of a picture's own class, but another picture than itself; itself where it is alone.
    int companion(int picture) const;
    int countOf(int label) const { return m_count[static_cast<std::size_t>(label)]; }
    const std::string &person(int label) const { return m_targets.faces.people[static_cast<std::size_t>(label)]; }
    const std::string &name(int picture) const { return m_targets.faces.files[static_cast<std::size_t>(picture)]; }
    /// The picture's file; for a set of records the record file.
    std::filesystem::path path(int picture) const;

    /// All pictures by ascending raw D-score, equal ones in the list's order.
    const std::vector<int> &order() const { return m_order; }
    int aloneCount() const { return m_alone; }

private:
    std::size_t at(int picture) const { return static_cast<std::size_t>(picture) * static_cast<std::size_t>(m_targets.options.copies); }

    Targets m_targets;
    std::filesystem::path m_file;
    std::vector<std::int32_t> m_classes;
    std::vector<int> m_order;
    std::vector<int> m_representative;
    std::vector<int> m_second; ///< of each class the next closest picture; -1: there is none
    std::vector<int> m_count;
    int m_alone = 0;
};

/// Reads a target file and arranges it. @throws FileError, Cancelled
std::shared_ptr<const LabelSet> readLabelSet(const std::filesystem::path &file, Progress &progress);

/// Writes some pictures of a set as csv: file, person, own, hardest, confused_with, d_raw, d_score. Atomic. @throws FileError
void writePictures(const std::filesystem::path &csv, const LabelSet &set, const std::vector<int> &pictures);
/// The pictures named in the column `file` of such a csv, ascending. @throws FileError with the line of one that is not in the set
std::vector<int> readPictures(const std::filesystem::path &csv, const LabelSet &set);
/// Writes what is left without `excluded` as csv (path, person), with absolute paths: a data set that `dscope label` and `dscope train` read.
/// @throws FileError, Error for a set of records, whose pictures are no files
void writeCleanedList(const std::filesystem::path &csv, const LabelSet &set, const std::vector<bool> &excluded);

} // namespace dscope
