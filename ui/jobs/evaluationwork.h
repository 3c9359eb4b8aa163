#pragma once

#include "core/base/task.h"
#include "core/io/evaluationrequest.h"
#include "ui/jobs/thumbnailcache.h"
#include "ui/models/evaluationset.h"

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

/// The pictures of a set's faces by their place in it; has() is false where the set came without pictures.
class EvaluationPictures final : public ThumbnailSource {
public:
    explicit EvaluationPictures(EvaluationSetPtr set) : m_set(std::move(set)) {}
    bool has(int item) const override;
    QImage image(int item) const override;

    static constexpr int maxSide = 256; ///< whole frames are shrunk to this

private:
    EvaluationSetPtr m_set;
};

} // namespace dscope
