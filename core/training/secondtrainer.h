// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/scores/features.h"
#include "core/scores/labeler.h"
#include "core/scores/secondlook.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace dscope {

/// How a second look is taught.
struct SecondTraining {
    std::vector<double> ridges{30, 100, 300, 1000, 3000, 10000, 30000}; ///< of which the best is taken; a single one is not questioned
    std::optional<SecondTarget> target;                                 ///< nothing: whichever is the better one
    int folds = 5;                                                      ///< of people
    std::uint64_t seed = 1;                                             ///< of the folds
    std::int64_t block = 4096;                                          ///< pictures read at a time; changes no bit of the result
    std::int64_t judged = 100'000; ///< pictures, evenly spread over the set, by which rules are compared; all where there are no more
};

/// What a ridge and a target did on people held out.
struct SecondCandidate {
    double ridge = 0;
    SecondTarget target = SecondTarget::DScore;
    double spearman = 0;
};

struct SecondResult {
    std::shared_ptr<const SecondLook> look;
    std::vector<SecondCandidate> candidates; ///< by target, then by ridge; empty where there was nobody to hold out
};

/// What a second look learns from, beside embeddings.
struct SecondLessons {
    std::span<const double> dScores;      ///< [N], normalised
    std::span<const std::uint8_t> taken;  ///< [N], 0: the picture has no target
    std::span<const std::int32_t> people; ///< [N], any integers
};

/// Fits the ridge regression of a second look (SecondLookSums). People are dealt into folds by Random(seed); for every fold the rules of all ridges and
/// both targets are fitted without it and predict it; the ridge and target whose predictions correlate best with the D-scores (Spearman, all folds together;
/// of equal ones the larger ridge and the D-score itself) are used on everybody, and make the second look. With one ridge and one target nothing is
/// chosen, but the correlation on people held out is found all the same. Where fewer than two people take part nobody is held out, and the ridge is 3000 if it
/// is among those allowed. The features are read three times, block by block, and never kept.
/// @param origin base, baseHash, set and targetsHash count @throws Error where sizes do not fit or no two pictures can be used; FileError, Cancelled
SecondResult trainSecondLook(const FeatureRows &features, const SecondLessons &lessons, const SecondTraining &options, SecondLookOrigin origin,
                             Progress &progress);

/// The embeddings of all copies of a target file's faces, in its order, made anew with the network that gave the targets. They go to a file, block by
/// block; a later call with the same network and targets goes on where one stopped.
/// @param facesRoot where the faces lie now; empty: where the targets say @param file where the embeddings go
/// @throws Error for another network, FileError for a face that cannot be read any more, Cancelled
void embedTargets(const Targets &targets, const std::string &targetsHash, Network &base, const std::filesystem::path &facesRoot,
                  const std::filesystem::path &file, Progress &progress);

} // namespace dscope
