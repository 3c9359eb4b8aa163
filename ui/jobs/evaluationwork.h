#pragma once

#include "core/base/task.h"
#include "core/io/evaluationrequest.h"
#include "ui/jobs/thumbnailcache.h"
#include "ui/models/evaluationset.h"

#include <QCoreApplication>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace dscope {

/// Reads a benchmark and its features, extracting them where they are not there yet. @throws Error, FileError, UsageError, Cancelled
EvaluationSetPtr loadEvaluationSet(const EvaluationRequest &request, const ModelStore &store, Task &task);

/// One row: a method on a set, by the set's own protocol. @throws Error when the set lacks what the method asks for; Cancelled
EvaluationRun evaluateMethod(const EvaluationSet &set, const Method &method, int resamples, Task &task);

/// What became of a list of methods: rows, and a sentence for each that could not be made.
struct EvaluatedRows {
    std::vector<EvaluationRun> runs;
    std::vector<std::optional<Method>> methods;
    std::vector<std::string> problems;
};

/// The benchmark a folder looks like, as a word; empty where it could be anything.
std::string guessBenchmark(const std::filesystem::path &root);

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
