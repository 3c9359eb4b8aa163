#pragma once

#include "core/base/picture.h"
#include "core/base/task.h"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dscope::cli {

/// Scores aligned faces by how sure a face detector is of them.
using DetectorScore = std::function<std::vector<float>(std::span<const Picture> faces, Task &task)>;
/// Makes one of a detector's name (empty: the best there is), looked for in the model folders given and on a device.
using DetectorScoreMaker = std::function<DetectorScore(const std::string &detector, const std::vector<std::string> &folders, const std::string &device)>;

/// Gives `dscope compare --detect` a detector; the program without OpenCV has none.
void setDetectorScore(DetectorScoreMaker make);

} // namespace dscope::cli
