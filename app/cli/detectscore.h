// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/base/picture.h"
#include "core/base/progress.h"
#include "core/nets/model.h"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace dscope::cli {

/// Scores aligned faces by how sure a face detector is of each in the middle of a grey frame twice its size; 0 where it finds none.
/// @param detector a name or a file; empty: the best there is @throws Error
std::function<std::vector<float>(std::span<const Picture> faces, Progress &progress)> detectorScore(const std::string &detector, const ModelStore &store,
                                                                                                    const Device &device);

} // namespace dscope::cli
