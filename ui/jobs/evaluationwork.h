// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/evaluationset.h"
#include "ui/jobs/thumbnailcache.h"

#include <QCoreApplication>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace dscope {

/// What became of a list of methods: rows, and a sentence for each that could not be made.
struct EvaluatedRows {
    std::vector<EvaluationRun> runs;
    std::vector<std::optional<Method>> methods;
    std::vector<std::string> problems;
};

/// The pictures of a set's faces by their place in it, cut out of them where the set says where the face is (its landmarks, aligned as the extraction
/// aligns them, or its box); behind them, once more, the same pictures whole. has() is false where the set came without pictures.
class EvaluationPictures final : public ThumbnailSource {
    Q_DECLARE_TR_FUNCTIONS(dscope::EvaluationPictures)
public:
    explicit EvaluationPictures(EvaluationSetPtr set) : m_set(std::move(set)) {}
    /// A face's number as an item of this source.
    static int itemOf(const EvaluationSet &set, int face, bool whole);
    bool has(int item) const override;
    QImage image(int item) const override;

    static constexpr int maxSide = 256; ///< whole frames are shrunk to this

private:
    void cutFace(std::size_t face, Picture &picture) const;

    EvaluationSetPtr m_set;
};

} // namespace dscope
