// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/trackletlist.h"

#include "core/base/entries.h"
#include "core/base/error.h"
#include "core/base/leftout.h"
#include "core/base/picturefile.h"
#include "core/base/setlayout.h"
#include "core/base/text.h"

#include <map>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

/// Digits from a place on; how many there are.
std::size_t digitsAt(std::string_view text, std::size_t at)
{
    std::size_t count = 0;
    while (at + count < text.size() && isDigit(text[at + count]))
        ++count;
    return count;
}

bool hidden(const fs::path &path)
{
    return path.filename().string().starts_with('.');
}

} // namespace

std::optional<TrackletFrame> frameName(std::string_view name)
{
    std::size_t at = name.starts_with("-1") ? 2 : digitsAt(name, 0);
    if (at == 0)
        return std::nullopt;
    TrackletFrame found;
    for (const char letter : {'C', 'T', 'F'}) {
        const std::size_t digits = at < name.size() && name[at] == letter ? digitsAt(name, at + 1) : 0;
        if (digits == 0)
            return std::nullopt;
        if (letter == 'C') {
            if (digits > 4)
                return std::nullopt;
            for (std::size_t i = 0; i < digits; ++i)
                found.camera = 10 * found.camera + (name[at + 1 + i] - '0');
        }
        if (letter == 'F')
            found.tracklet = name.substr(0, at);
        at += 1 + digits;
    }
    return at == name.size() || name[at] == '.' ? std::optional(found) : std::nullopt;
}

std::vector<TrainingTracklet> readTracklets(const fs::path &folder, Progress &progress)
{
    std::vector<TrainingTracklet> tracklets;
    LeftOut others;
    std::int64_t person = 0;
    std::vector<std::string> people;
    for (const fs::directory_entry &entry : sortedEntries(folder))
        if (std::error_code problem; !hidden(entry.path()) && entry.is_directory(problem))
            people.push_back(entry.path().filename().string());
    if (const std::string wrong = partsNotPeople(people); !wrong.empty())
        throw FileError(folder, wrong);
    for (const fs::directory_entry &entry : sortedEntries(folder)) {
        std::error_code problem;
        if (hidden(entry.path()))
            continue;
        if (!entry.is_directory(problem)) {
            others.add(entry.path().filename().string());
            continue;
        }
        const std::string name = entry.path().filename().string();
        // By the folder or the name in front; in the order of the names.
        std::map<std::string, TrainingTracklet> own;
        const auto add = [&](const std::string &key, const fs::directory_entry &file, const std::string &inner) {
            if (!isPicture(file.path())) {
                others.add(inner);
                return;
            }
            TrainingTracklet &tracklet = own[key];
            tracklet.person = person;
            if (const auto told = frameName(file.path().filename().string()))
                tracklet.camera = told->camera;
            tracklet.frames.push_back(file.path());
        };
        for (const fs::directory_entry &within : sortedEntries(entry.path())) {
            progress.throwIfCancelled();
            if (hidden(within.path()))
                continue;
            const std::string inner = within.path().filename().string();
            if (within.is_directory(problem)) {
                for (const fs::directory_entry &file : sortedEntries(within.path()))
                    if (!hidden(file.path()))
                        add("/" + inner, file, name + "/" + inner + "/" + file.path().filename().string());
                continue;
            }
            const auto told = frameName(inner);
            add(told ? told->tracklet : std::string(), within, name + "/" + inner);
        }
        for (auto &item : own)
            tracklets.push_back(std::move(item.second));
        person += own.empty() ? 0 : 1;
    }
    if (others.count() > 0)
        progress.notice(folder.string() + ": " + others.sentence("file is no picture of a person and was", "files are no pictures of people and were"));
    if (tracklets.empty())
        throw FileError(folder, "holds no tracklets: a folder for each person is needed, as in MARS's bbox_train, with frames or a folder for each tracklet.");
    return tracklets;
}

} // namespace dscope
