// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/datasets/imageset.h"
#include "core/datasets/listsource.h"

#include <optional>
#include <string>
#include <vector>

namespace dscope {

/// "ijbb_" or "ijbc_" if this folder has meta/<prefix>face_tid_mid.txt, else nothing.
std::optional<std::string> ijbPrefix(const std::filesystem::path &root);

/// Reads an IJB-B or IJB-C root: meta/<prefix>face_tid_mid.txt (image, template, media), meta/<prefix>name_5pts_score.txt (image, ten
/// coordinates, detector score) and loose_crop/. Groups are templates in ascending order of their number.
/// Labels: the SUBJECT_ID of any meta/<prefix>*.csv with TEMPLATE_ID and SUBJECT_ID; for the templates left, the classes that the
/// genuine pairs of meta/<prefix>template_pair_label.txt join, named "subject-of-<lowest template>". A template in no genuine pair has none.
/// @throws FileError
ImageSet readIjb(const std::filesystem::path &root, const std::string &prefix, Progress &progress);

/// The lists of such a root.
struct IjbSetLists {
    ListSource templates;           ///< face_tid_mid.txt
    ListSource points;              ///< name_5pts_score.txt
    ListSource pairs;               ///< template_pair_label.txt
    std::vector<ListSource> tables; ///< the csv files
};
/// The same by these. @param crops where the pictures are
ImageSet parseIjbSet(const IjbSetLists &lists, const std::filesystem::path &crops, Progress &progress);

} // namespace dscope
