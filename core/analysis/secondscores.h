// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/analysis.h"
#include "core/nets/library.h"
#include "core/scores/secondlook.h"

#include <filesystem>
#include <memory>
#include <string>

namespace dscope {

/// The second look that an analysis asks for (AnalysisOptions::second), for a base.
struct SecondLookChoice {
    std::shared_ptr<const SecondLook> look; ///< null: there is none, or none is wanted
    std::filesystem::path file;
    std::string hash;   ///< of the file
    std::string notice; ///< why the one that lies there is not used; empty: nothing to say
};
/// @param hash of the base's weights @throws Error, FileError where one was asked for and cannot be had
SecondLookChoice chooseSecondLook(const AnalysisOptions &options, const ModelSpec &base, const std::string &hash, const ModelStore &store);

/// Gives every face that the base has embedded its D-score by the second look (Element::second), and says in the analysis which one that was.
/// Faces without an embedding get NaN. @throws Error where the second look is not that of the analysis's base
void applySecondLook(Analysis &analysis, const SecondLook &look, const std::filesystem::path &file = {}, const std::string &hash = {});

} // namespace dscope
