// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/datasets/imageset.h"

#include "core/base/error.h"
#include "core/base/inputfile.h"
#include "core/base/picturelist.h"
#include "core/base/setlayout.h"
#include "core/base/text.h"
#include "core/base/unreadpicture.h"
#include "core/datasets/folders.h"
#include "core/datasets/ijb.h"
#include "core/image/reader.h"
#include "core/media/video.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

bool isCsv(const fs::path &path)
{
    return extensionOf(path) == ".csv" || extensionOf(path) == ".tsv";
}

/// Takes out pictures that stand twice in a group, or under several people.
void leaveOutRepeated(ImageSet &set, const fs::path &list, Progress &progress)
{
    std::vector<std::pair<std::uint32_t, std::uint32_t>> places;
    for (std::size_t g = 0; g < set.groups.size(); ++g)
        for (std::size_t i = 0; i < set.groups[g].items.size(); ++i)
            places.emplace_back(static_cast<std::uint32_t>(g), static_cast<std::uint32_t>(i));
    const RepeatedPictures repeated = repeatedPictures(
        places.size(), fs::path(), [&](std::size_t i) { return set.groups[places[i].first].items[places[i].second].file.string(); },
        [&](std::size_t i) { return std::size_t{places[i].first}; }, [&](std::size_t i) { return std::string_view(set.groups[places[i].first].label); },
        progress);
    if (repeated.again.count() + repeated.unclear.count() == 0)
        return;
    std::size_t place = 0;
    for (ImageGroup &group : set.groups)
        std::erase_if(group.items, [&](const ImageItem &) { return repeated.out[place++] != 0; });
    std::erase_if(set.groups, [](const ImageGroup &group) { return group.items.empty(); });
    for (std::string &text : repeated.told(list, "group"))
        set.warnings.push_back(std::move(text));
    if (set.groups.empty())
        throw FileError(list, "has no picture that stands under one person alone.");
}

ImageSet imagesOf(const fs::path &list, Progress &progress)
{
    ImageSet set;
    set.kind = "csv";
    const PicturePath::Folder shared = PicturePath::folder(list.parent_path());
    std::unordered_map<std::string, std::size_t> groupOf;
    WarningList renamed(5);
    set.warnings = readPictureList(list, {}, progress, [&](ListedPicture &&picture) {
        const auto [entry, isNew] = groupOf.try_emplace(picture.group, set.groups.size());
        if (isNew)
            set.groups.push_back(ImageGroup{picture.group, {}, {}});
        ImageGroup &group = set.groups[entry->second];
        if (group.label.empty())
            group.label = picture.person;
        else if (!picture.person.empty() && group.label != picture.person)
            renamed.add(
                FileError(list, picture.line,
                          "calls the group " + picture.group + " '" + picture.person + "', but it was '" + group.label + "' before; the first name stays.")
                    .what());
        group.items.push_back(ImageItem{PicturePath(shared, std::move(picture.file)), std::nullopt, std::nullopt, -1});
    });
    renamed.appendTo(set.warnings, "such lines in " + list.string());
    leaveOutRepeated(set, list, progress);
    return set;
}

} // namespace

SourceKind sourceKind(const fs::path &path)
{
    std::error_code problem;
    if (fs::is_directory(path, problem)) {
        if (ijbPrefix(path))
            return SourceKind::Ijb;
        try {
            if (holdsFoldersOfPictures(path))
                return SourceKind::FolderOfFolders;
        } catch (const FileError &) {
            // reading it will say why it cannot be listed
        }
        return SourceKind::Folder;
    }
    if (!fs::is_regular_file(path, problem))
        return SourceKind::Unknown;
    if (isCsv(path) && !pictureFormat(path)) // a picture is one whatever its name
        return SourceKind::Csv;
    if (looksLikeVideo(path))
        return SourceKind::Video;
    if (isPicture(path))
        return SourceKind::Picture;
    return looksLikePictureList(path) ? SourceKind::Csv : SourceKind::Unknown;
}

ImageSet readImageSet(const fs::path &path, Progress &progress)
{
    std::error_code problem;
    if (!fs::exists(path, problem))
        throw FileError(path, "does not exist.");
    switch (sourceKind(path)) {
    case SourceKind::Picture: {
        ImageSet set;
        set.kind = "pictures";
        set.groups.push_back(ImageGroup{path.filename().string(), {}, {ImageItem{path, std::nullopt, std::nullopt, -1}}});
        return set;
    }
    case SourceKind::Folder: return readFolder(path, progress);
    case SourceKind::FolderOfFolders: return readFolderOfFolders(path, progress);
    case SourceKind::Csv: return imagesOf(path, progress);
    case SourceKind::Ijb: return readIjb(path, ijbPrefix(path).value_or("ijbc_"), progress);
    case SourceKind::Video: throw FileError(path, "is a video; a list of pictures is needed here.");
    case SourceKind::Unknown:
        checkReadable(path);
        if (isFaceBin(path))
            throw FileError(path, aboutFaceBins);
        if (const std::optional<std::string> why = unreadPicture(path))
            throw FileError(path, *why);
        break;
    }
    throw FileError(path, "is neither a picture, a folder of pictures, a csv nor an IJB root (meta/ and loose_crop/).");
}

} // namespace dscope
