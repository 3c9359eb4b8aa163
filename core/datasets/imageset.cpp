#include "core/datasets/imageset.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/inputfile.h"
#include "core/base/setlayout.h"
#include "core/base/text.h"
#include "core/base/unreadpicture.h"
#include "core/datasets/folders.h"
#include "core/datasets/ijb.h"
#include "core/base/lines.h"
#include "core/image/reader.h"
#include "core/media/video.h"

#include <algorithm>
#include <unordered_map>

namespace dscope {

namespace fs = std::filesystem;

namespace {

bool isCsv(const fs::path &path)
{
    return extensionOf(path) == ".csv" || extensionOf(path) == ".tsv";
}

ImageSet readPictureList(const fs::path &file, Task &task)
{
    ImageSet set;
    set.kind = "csv";
    std::vector<std::string> problems;
    const CsvTable table = parseCsv(readText(file), file, {.badRows = &problems, .task = &task});
    WarningList bad;
    for (const std::string &problem : problems)
        bad.add(problem + " The line was left out.");
    const std::size_t pathColumn = table.requireColumn({"path", "file", "image", "filename", "picture"});
    const auto labelColumn = table.column({"label", "subject", "identity", "person", "class"});
    const auto ownGroup = table.column({"group", "template"});
    // A list of pictures and people alone: each person is a group.
    const std::size_t groupColumn = ownGroup ? *ownGroup : labelColumn ? *labelColumn : table.requireColumn({"group", "template", "label", "person"});
    const fs::path base = file.parent_path();
    const PicturePath::Folder shared = PicturePath::folder(base);
    FileLookup lookup;
    WarningList missing;
    std::unordered_map<std::string, std::size_t> groupOf;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        constexpr std::size_t linesBetweenChecks = 4096;
        if (i % linesBetweenChecks == 0)
            task.checkpoint(static_cast<std::int64_t>(i), static_cast<std::int64_t>(table.rows.size()));
        const CsvTable::Row &row = table.rows[i];
        std::string name(row.cells[pathColumn]);
        const std::string id(row.cells[groupColumn]);
        if (name.empty() || id.empty() || name.find('\0') != std::string::npos) {
            bad.add(FileError(file, row.line, name.empty() ? "names no picture. The line was left out." : "names no group. The line was left out.").what());
            continue;
        }
        const auto there = [&] {
            const fs::path picture = base / name; // an absolute name replaces the base
            return lookup.exists(picture.parent_path().string(), picture.filename().string());
        };
        if (!there() && (name = listedPicture(base, name), !there())) {
            missing.add(FileError(file, row.line, "the picture " + (base / name).string() + " does not exist.").what());
            continue;
        }
        const auto [entry, isNew] = groupOf.try_emplace(id, set.groups.size());
        if (isNew)
            set.groups.push_back(ImageGroup{id, {}, {}});
        ImageGroup &group = set.groups[entry->second];
        if (labelColumn && !row.cells[*labelColumn].empty()) {
            const std::string label(row.cells[*labelColumn]);
            if (group.label.empty())
                group.label = label;
            else if (group.label != label)
                bad.add(FileError(file, row.line, "calls the group " + id + " '" + label + "', but it was '" + group.label + "' before; the first name stays.")
                            .what());
        }
        group.items.push_back(ImageItem{PicturePath(shared, std::move(name)), std::nullopt, std::nullopt, -1});
    }
    bad.appendTo(set.warnings, "malformed lines in " + file.string());
    missing.appendTo(set.warnings, "missing pictures");
    if (missing.count() > 0)
        set.warnings.push_back(std::to_string(missing.count()) + " of " + std::to_string(table.rows.size()) + " pictures are missing.");
    if (set.groups.empty())
        throw FileError(file,
                        table.rows.empty() ? std::string("has no usable line below its header.")
                                           : "none of its pictures can be found; relative names count from the csv's folder."
                                + (set.warnings.empty() ? std::string() : " " + set.warnings.front()));
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
    return isPicture(path) ? SourceKind::Picture : SourceKind::Unknown;
}

ImageSet readImageSet(const fs::path &path, Task &task)
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
    case SourceKind::Folder: return readFolder(path, task);
    case SourceKind::FolderOfFolders: return readFolderOfFolders(path, task);
    case SourceKind::Csv: return readPictureList(path, task);
    case SourceKind::Ijb: return readIjb(path, ijbPrefix(path).value_or("ijbc_"), task);
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
