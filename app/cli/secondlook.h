// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"
#include "core/aggregation/method.h"
#include "core/scores/secondlook.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dscope::cli {

/// --second.
Option secondOption();

/// The network whose embeddings are at hand.
struct EmbeddedBy {
    std::string name;
    std::string hash; ///< empty: not known, so that only the length is compared
    std::int64_t dim = 0;
};

/// --second as EvaluationLoading::second: without it nothing is looked for where methods were chosen and none asks for it.
std::string secondWanted(const Arguments &arguments, const std::vector<Method> &methods);

/// The second look of these embeddings: --second FILE, else (also of --second auto) the one that lies where the base's does (secondLookFile()). Null where
/// there is none.
/// @param needed somebody asks for it: then it is an error that there is none, or that it is another network's. Otherwise the latter is a notice
/// @param where gets its file, where not null
/// @throws Error, FileError
std::shared_ptr<const SecondLook> secondLookOf(const Arguments &arguments, const ModelStore &store, const EmbeddedBy &base, bool needed, Progress &progress,
                                               std::filesystem::path *where = nullptr);

} // namespace dscope::cli
