#pragma once

#include "core/base/task.h"
#include "ui/jobs/thumbnailcache.h"
#include "ui/models/evaluationset.h"

#include <QCoreApplication>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace dscope {

/// What the user wants evaluated.
struct EvaluationRequest {
    std::string benchmark; ///< a word of benchmarkWords()
    std::filesystem::path root;
    BenchmarkOptions files;
    /// A feature store, or an .npy or safetensors of embeddings in the benchmark's own order; empty: those that a made set brings along, else features
    /// are extracted, or taken from an earlier extraction of the same pictures by the same networks.
    std::filesystem::path features;
    std::filesystem::path dScores; ///< beside embeddings: `picture score` a line; IJB-B, IJB-C: `image template media score`
    std::string base;              ///< a model's name; empty: the best there is
    std::string ddnet;
    std::string device = "auto";
    bool flip = false;
    bool normaliseFirst = false;
    bool detectorScore = false;
    std::vector<std::string> methods; ///< by name, as methodNamed() reads them
    int resamples = 200;              ///< of the intervals; 0: none
};

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
