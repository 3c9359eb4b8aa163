// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// The names that a column of a csv goes by. They are compared by columnKey(). docs/formats.md has the same lists.
struct ColumnNames {
    std::string_view what;                 ///< "picture"
    std::vector<std::string_view> sure;    ///< the best first
    std::vector<std::string_view> perhaps; ///< taken where there is none of these, and told of

    /// "'path', 'file', ... (or 'name')"
    std::string listed() const;
};

const ColumnNames &pictureColumn();
const ColumnNames &personColumn();
const ColumnNames &groupColumn();
/// Of a tracklet's picture, beside the person: a list without groups has a group for each person, camera and track.
const ColumnNames &cameraColumn();
const ColumnNames &trackColumn();

/// A column's name as it is compared: small letters, without blanks, `_` and `-`.
std::string columnKey(std::string_view name);
/// Whether a cell is one of the names of these columns.
bool isColumnName(std::string_view cell);

} // namespace dscope
