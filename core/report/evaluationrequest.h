// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/datasets/benchmark.h"
#include "core/evaluation/statedcost.h"

#include <filesystem>
#include <string>
#include <utility>
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
    /// Scores of the pictures from elsewhere (csv, NIST, OFIQ, ERC or 4-column text), with the name by which `quality:NAME` asks for them.
    std::vector<std::pair<std::string, std::filesystem::path>> qualities;
    StatedCosts costs; ///< where the features do not say what a face costs, or say it wrongly
    std::string base;  ///< a model's name; empty: the best there is
    std::string ddnet;
    std::string device = "auto";
    bool flip = false;
    bool normaliseFirst = false;
    bool detectorScore = false;
    std::vector<std::string> methods; ///< by name, as methodNamed() reads them
    int resamples = 200;              ///< of the intervals; 0: none
    std::string distance;             ///< of a retrieval: "l2" or "cosine"; empty: l2

    bool operator==(const EvaluationRequest &) const = default;
};

} // namespace dscope
