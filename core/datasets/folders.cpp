// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/datasets/folders.h"

#include "core/base/error.h"
#include "core/base/inputfile.h"
#include "core/base/leftout.h"
#include "core/base/naturalorder.h"
#include "core/base/unreadpicture.h"
#include "core/image/reader.h"
#include "core/media/video.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <set>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr int deepest = 6; ///< levels of folders below the one that was opened

bool isHidden(const fs::path &path)
{
    const std::string name = path.filename().string(); // filename() is a temporary: a reference into it would dangle
    return !name.empty() && name.front() == '.';
}

bool isPictureFile(const fs::directory_entry &entry)
{
    return !isHidden(entry.path()) && isPicture(entry.path()); // by content where the name says nothing
}

/// Calls `use` for each entry until it returns false. A folder that cannot be listed to its end is a FileError.
template<typename F>
void forEachEntry(const fs::path &folder, F use)
{
    std::error_code problem;
    fs::directory_iterator entry(folder, problem);
    for (; !problem && entry != fs::directory_iterator(); entry.increment(problem))
        if (!use(*entry))
            return;
    if (problem)
        throw FileError(folder, "the folder cannot be listed: " + systemReason(problem.value()) + ".");
}

/// Files that are left out; videos are among them.
struct Others {
    LeftOut files;
    LeftOut unread; ///< pictures, of formats that are not read

    void add(const fs::path &path, const std::string &name) { (unreadPicture(path) ? unread : files).add(name); }
    void add(const Others &other)
    {
        files.add(other.files);
        unread.add(other.unread);
    }
    std::size_t count() const { return files.count() + unread.count(); }
};

struct Listing {
    std::vector<fs::path> pictures;
    std::vector<fs::path> folders;
    std::vector<fs::path> videos;
    Others others;
};

void sortNaturally(std::vector<fs::path> &paths)
{
    std::vector<std::pair<std::string, fs::path>> named;
    named.reserve(paths.size());
    for (fs::path &path : paths) {
        std::string name = path.filename().string();
        named.emplace_back(std::move(name), std::move(path));
    }
    std::sort(named.begin(), named.end(), [](const auto &a, const auto &b) { return naturalLess(a.first, b.first); });
    for (std::size_t i = 0; i < named.size(); ++i)
        paths[i] = std::move(named[i].second);
}

/// @param root what the names of files left out are relative to
Listing listingOf(const fs::path &folder, const fs::path &root, Progress &progress)
{
    Listing listing;
    forEachEntry(folder, [&](const fs::directory_entry &entry) {
        progress.throwIfCancelled();
        std::error_code problem;
        if (isHidden(entry.path()))
            return true;
        if (isPictureFile(entry))
            listing.pictures.push_back(entry.path());
        else if (entry.is_directory(problem))
            listing.folders.push_back(entry.path());
        else
            listing.others.add(entry.path(), entry.path().lexically_relative(root).string());
        if (looksLikeVideo(entry.path()) && entry.is_regular_file(problem))
            listing.videos.push_back(entry.path());
        return true;
    });
    sortNaturally(listing.pictures);
    sortNaturally(listing.folders);
    sortNaturally(listing.videos);
    return listing;
}

ImageGroup groupOf(const std::vector<fs::path> &pictures, const std::string &name, const std::string &label)
{
    ImageGroup group;
    group.id = name;
    group.label = label;
    group.items.reserve(pictures.size());
    for (const fs::path &picture : pictures)
        group.items.push_back(ImageItem{picture, std::nullopt, std::nullopt, -1});
    return group;
}

/// The folder's own name, also for "some/folder/" and ".".
std::string nameOf(const fs::path &folder)
{
    std::error_code problem;
    fs::path whole = fs::absolute(folder, problem).lexically_normal();
    if (!whole.has_filename())
        whole = whole.parent_path();
    return whole.has_filename() ? whole.filename().string() : whole.string();
}

void noteOthers(ImageSet &set, const fs::path &folder, const Others &others)
{
    if (others.files.count() > 0)
        set.warnings.push_back(folder.string() + ": " + others.files.sentence("file is no picture and was", "files are no pictures and were"));
    if (others.unread.count() > 0)
        set.warnings.push_back(
            folder.string() + ": "
            + others.unread.sentence("picture is of a format that is not read and was", "pictures are of formats that are not read and were"));
}

} // namespace

bool holdsPictures(const fs::path &folder)
{
    bool found = false;
    forEachEntry(folder, [&](const fs::directory_entry &entry) { return !(found = isPictureFile(entry)); });
    return found;
}

namespace {

/// A picture in one of the folders of this one, or in one of theirs. Looks into at most `budget` folders: a set of pictures shows itself soon,
/// and a disk full of other things must not be read through before anything happens.
bool holdsPicturesBelow(const fs::path &folder, int depth, int &budget)
{
    bool found = false;
    std::vector<fs::path> inner;
    forEachEntry(folder, [&](const fs::directory_entry &entry) {
        std::error_code problem;
        if (isHidden(entry.path()) || !entry.is_directory(problem))
            return true;
        if (--budget < 0)
            return false;
        try {
            found = holdsPictures(entry.path());
        } catch (const FileError &) {
            return true; // a folder that may not be read holds nothing for us; readFolderOfFolders names it
        }
        inner.push_back(entry.path());
        return !found;
    });
    for (auto next = inner.begin(); !found && depth > 1 && budget > 0 && next != inner.end(); ++next) {
        try {
            found = holdsPicturesBelow(*next, depth - 1, budget);
        } catch (const FileError &) {
            continue; // as above
        }
    }
    return found;
}

} // namespace

bool holdsFoldersOfPictures(const fs::path &folder)
{
    int budget = 2000;
    return holdsPicturesBelow(folder, deepest, budget);
}

ImageSet readFolder(const fs::path &folder, Progress &progress)
{
    const Listing listing = listingOf(folder, folder, progress);
    if (listing.pictures.empty())
        throw FileError(folder, "holds no pictures (JPEG, PNG, WebP, BMP, TIFF, PNM, HEIC, AVIF, JPEG XL), nor do the folders in it.");
    ImageSet set;
    set.kind = "folder";
    set.groups.push_back(groupOf(listing.pictures, nameOf(folder), {}));
    noteOthers(set, folder, listing.others);
    return set;
}

ImageSet readFolderOfFolders(const fs::path &folder, Progress &progress)
{
    const Listing listing = listingOf(folder, folder, progress);
    ImageSet set;
    set.kind = "folder of folders";
    std::size_t empty = 0;
    Others others = listing.others;
    if (!listing.pictures.empty()) {
        // Loose pictures beside the folders are no one's: a group without a label.
        set.groups.push_back(groupOf(listing.pictures, nameOf(folder), {}));
        set.warnings.push_back(folder.string() + ": " + std::to_string(listing.pictures.size()) + " pictures lie beside the folders; they form the group '"
                               + set.groups.back().id + "' without a label.");
    }
    std::error_code problem;
    std::set<fs::path> seen{fs::weakly_canonical(folder, problem)}; // a link may lead back up
    std::size_t tooDeep = 0;
    const std::function<bool(const fs::path &, const std::string &, const std::string &, int)> add = [&](const fs::path &inner, const std::string &id,
                                                                                                         const std::string &label, int depth) {
        std::error_code unknown;
        if (!seen.insert(fs::weakly_canonical(inner, unknown)).second)
            return true;
        try {
            const Listing found = listingOf(inner, folder, progress);
            others.add(found.others);
            bool any = !found.pictures.empty();
            if (any)
                set.groups.push_back(groupOf(found.pictures, id, label));
            if (depth >= deepest)
                tooDeep += found.folders.size();
            else
                for (const fs::path &next : found.folders)
                    any = add(next, id + '/' + next.filename().string(), label, depth + 1) || any;
            return any;
        } catch (const FileError &error) {
            set.warnings.emplace_back(error.what());
            return true;
        }
    };
    for (std::size_t i = 0; i < listing.folders.size(); ++i) {
        progress.checkpoint(static_cast<std::int64_t>(i), static_cast<std::int64_t>(listing.folders.size()));
        const std::string name = listing.folders[i].filename().string();
        if (!add(listing.folders[i], name, name, 1))
            ++empty;
    }
    if (tooDeep > 0)
        set.warnings.push_back(folder.string() + ": folders more than " + std::to_string(deepest) + " levels down were not looked into ("
                               + std::to_string(tooDeep) + ").");
    if (set.groups.empty())
        throw FileError(folder, "holds no pictures (JPEG, PNG, WebP, BMP, TIFF, PNM, HEIC, AVIF, JPEG XL), nor do the folders in it.");
    if (empty > 0)
        set.warnings.push_back(folder.string() + ": " + std::to_string(empty) + (empty == 1 ? " folder holds" : " folders hold") + " no picture and "
                               + (empty == 1 ? "was" : "were") + " left out.");
    noteOthers(set, folder, others);
    return set;
}

namespace {

std::vector<fs::path> videosIn(const fs::path &folder, Progress &progress)
{
    Listing listing = listingOf(folder, folder, progress);
    std::vector<fs::path> videos = std::move(listing.videos);
    std::size_t others = listing.others.count() - videos.size();
    for (const fs::path &inner : listing.folders) {
        try {
            const Listing below = listingOf(inner, folder, progress);
            videos.insert(videos.end(), below.videos.begin(), below.videos.end());
            others += below.others.count() - below.videos.size();
        } catch (const FileError &error) {
            progress.notice(error.what());
        }
    }
    if (!videos.empty() && others > 0)
        progress.notice(folder.string() + ": " + std::to_string(others) + (others == 1 ? " file beside the videos was" : " files beside the videos were")
                        + " left out.");
    return videos;
}

} // namespace

std::vector<fs::path> expandFolders(const std::vector<fs::path> &paths, Progress &progress)
{
    std::vector<fs::path> result;
    for (const fs::path &path : paths) {
        std::vector<fs::path> videos;
        try {
            if (sourceKind(path) == SourceKind::Folder && !holdsPictures(path))
                videos = videosIn(path, progress);
        } catch (const FileError &) {
            // opening it will say why it cannot be listed
        }
        if (videos.empty())
            videos.push_back(path);
        for (fs::path &video : videos)
            if (std::find(result.begin(), result.end(), video) == result.end())
                result.push_back(std::move(video));
    }
    return result;
}

} // namespace dscope
