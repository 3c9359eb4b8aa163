// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace dscope {

/// Prints detection and tracking of a video's people beside its ground truth (gt.txt of MOT15) as one Markdown row each: our tracker, and a plain one that
/// joins boxes of frames in a row by overlap. @param detector an ONNX file, or "hog" @param from, to the first and last frame, counted from 1
void peopleBench(const std::string &detector, const std::filesystem::path &video, const std::filesystem::path &truth, std::int64_t from, std::int64_t to);

} // namespace dscope
