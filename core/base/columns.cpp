// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/columns.h"

#include "core/base/text.h"

#include <algorithm>

namespace dscope {

std::string ColumnNames::listed() const
{
    std::string text;
    for (const std::string_view name : sure)
        text += (text.empty() ? "'" : ", '") + std::string(name) + "'";
    std::string others;
    for (const std::string_view name : perhaps)
        others += (others.empty() ? "'" : ", '") + std::string(name) + "'";
    return others.empty() ? text : text + ", or, for want of these, " + others;
}

const ColumnNames &pictureColumn()
{
    static const ColumnNames names{"picture",
                                   {"path", "file", "filename", "filepath", "image", "image_path", "image_file", "image_name", "img", "img_path", "img_file",
                                    "img_name", "picture", "picture_path", "images", "files", "paths"},
                                   {"name", "image_id", "url"}};
    return names;
}

const ColumnNames &personColumn()
{
    static const ColumnNames names{"person",
                                   {"person", "person_id", "person_name", "pid", "identity", "identity_id", "identity_name", "subject", "subject_id",
                                    "subject_name", "label", "class", "class_id", "class_name", "labels"},
                                   {"name", "id", "target"}};
    return names;
}

const ColumnNames &groupColumn()
{
    static const ColumnNames names{"group", {"group", "group_id", "template", "template_id"}, {}};
    return names;
}

const ColumnNames &cameraColumn()
{
    static const ColumnNames names{"camera", {"camera", "cam", "camera_id", "cam_id", "camera_name"}, {}};
    return names;
}

const ColumnNames &trackColumn()
{
    static const ColumnNames names{"track", {"track", "tracklet", "track_id", "tracklet_id", "track_name", "tracklet_name"}, {}};
    return names;
}

std::string columnKey(std::string_view name)
{
    std::string key = lowerCase(name);
    std::erase_if(key, [](char c) { return c == ' ' || c == '_' || c == '-' || c == '\t'; });
    return key;
}

bool isColumnName(std::string_view cell)
{
    const std::string key = columnKey(cell);
    for (const ColumnNames *column : {&pictureColumn(), &personColumn(), &groupColumn()})
        for (const auto *names : {&column->sure, &column->perhaps})
            if (std::any_of(names->begin(), names->end(), [&](std::string_view name) { return columnKey(name) == key; }))
                return true;
    return false;
}

} // namespace dscope
