// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/base/progress.h"
#include "core/datasets/picturepath.h"
#include "core/datasets/seldom.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace dscope {

/// One picture of a set, not yet read.
struct ImageItem {
    PicturePath file;
    Seldom<Landmarks> landmarks; ///< given by the set (IJB): alignment needs no detector
    std::optional<float> detectorScore;
    std::int64_t media = -1; ///< IJB media id, else -1
    Seldom<Box> box = {};    ///< which face of the picture is meant, when the set says so; it is looked for around the box
};

/// A group of pictures: a folder, a csv group, a template.
struct ImageGroup {
    std::string id;
    std::string label; ///< who or what it shows, when the set says so; else empty
    std::vector<ImageItem> items;
};

/// A set of groups and what was wrong with it.
struct ImageSet {
    std::string kind; ///< "pictures", "folder", "folder of folders", "csv", "ijb"
    std::vector<ImageGroup> groups;
    std::vector<std::string> warnings; ///< unreadable entries, missing files: listed, never fatal
};

/// What a path is, told without reading pictures.
enum class SourceKind { Video, Picture, Folder, FolderOfFolders, Csv, Ijb, Unknown };
SourceKind sourceKind(const std::filesystem::path &path);

/// Reads the list of pictures behind a path of any kind but Video:
/// - a picture: one group of one;
/// - a folder of pictures: one group named by the folder; a folder of folders: one group (and label) each, pictures in name order.
///   Deeper ones (person/clip/frame.jpg) make a group of each folder with pictures, named by its way down, labelled by the uppermost;
/// - a csv with columns path (or file), group, optional label: relative paths from the csv's folder;
/// - an IJB-B or IJB-C root (meta/ and loose_crop/; protocols.md, section 2): one group a template, label = subject where
///   the template/pair files tell it, landmarks, detector score and media id from meta.
/// @throws FileError when nothing usable is there.
ImageSet readImageSet(const std::filesystem::path &path, Progress &progress);

} // namespace dscope
