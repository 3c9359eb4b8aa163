// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/damage/damageset.h"
#include "core/nets/model.h"
#include "core/training/secondtrainer.h"

#include <filesystem>
#include <optional>
#include <string>

namespace dscope {

/// A second look from a targets file to a file of its own: what `dscope train second` and the Train page do.
struct SecondFit {
    std::filesystem::path targets;
    std::filesystem::path features; ///< embeddings of all copies, by `label --features`; empty: made anew, in a folder beside `out` that is removed at the end
    std::filesystem::path faces;    ///< where the faces lie now; empty: where the targets say
    std::filesystem::path out;
    std::string base; ///< name or file; empty: the one that the targets name
    Device device{};
    std::optional<DamageSet> without; ///< copies with damage of these families are left out
    SecondTraining training;
};

/// Embeds the faces where there are no embeddings (a stopped run goes on where it was), fits (trainSecondLook()) and writes `out`.
/// @throws Error for a base that is not the targets', embeddings that do not fit them or families that cannot be told; FileError, Cancelled
SecondResult fitSecondLook(const SecondFit &fit, const ModelStore &store, Progress &progress);

/// Where a second look lies that is to be found for a base by its name: in the user's folder of models.
std::filesystem::path installedSecondLook(const std::string &base);

} // namespace dscope
