// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/report/project.h"

#include <filesystem>
#include <vector>

namespace dscope::cli {

/// Whether --project FILE can be added to: asked before anything is computed. @throws UsageError for a name that does not end in .dscope, FileError for a
/// file that is there and cannot be read
void checkProject(const std::filesystem::path &file);
/// Adds runs behind those of a project, which is made when it is not there. A form that is still empty becomes what was evaluated.
/// @throws FileError
void addToProject(const std::filesystem::path &file, const EvaluationRequest &form, const std::vector<EvaluationRun> &runs,
                  const std::vector<std::string> &methods);

/// What is in a project, for `dscope info`. @throws FileError
Json projectInfo(const std::filesystem::path &file);

} // namespace dscope::cli
