// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>

namespace dscope {

/// What reading and classifying a video by its clips costs, in processor seconds: only the chosen clips beside all of them and beside the ideal share, with K
/// clips spread over the video and with K in a row; then, where a base and a DDNet are named, video in and prediction out beside the stages alone.
/// @param base, ddnet empty: reading alone @param seconds a row
void clipVideoBench(const std::filesystem::path &video, const std::string &base, const std::string &ddnet, double seconds);

} // namespace dscope
