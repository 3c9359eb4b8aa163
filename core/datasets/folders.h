// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/datasets/imageset.h"

#include <string_view>

namespace dscope {

/// True if the folder itself holds a picture, or one of its folders does.
bool holdsPictures(const std::filesystem::path &folder);
/// Up to six levels down.
bool holdsFoldersOfPictures(const std::filesystem::path &folder);

/// A folder that holds no pictures, but videos (or folders of them), stands for its videos in name order; every other path for itself.
/// Each path comes once. A folder that cannot be listed stands for itself. @throws Cancelled
std::vector<std::filesystem::path> expandFolders(const std::vector<std::filesystem::path> &paths, Progress &progress);

ImageSet readFolder(const std::filesystem::path &folder, Progress &progress);
ImageSet readFolderOfFolders(const std::filesystem::path &folder, Progress &progress);

} // namespace dscope
