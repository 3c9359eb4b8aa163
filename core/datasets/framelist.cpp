// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/datasets/framelist.h"

#include "core/base/error.h"
#include "core/datasets/folders.h"
#include "core/datasets/ijbfiles.h"
#include "core/image/reader.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

/// Without slashes at its end and `./` at its front.
std::string_view trimmedName(std::string_view text)
{
    while (!text.empty() && text.back() == '/')
        text.remove_suffix(1);
    while (text.size() > 1 && text.substr(0, 2) == "./")
        text.remove_prefix(2);
    return text;
}

std::string_view withoutBlanks(std::string_view text)
{
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && blank(text.back()))
        text.remove_suffix(1);
    return text;
}

} // namespace

std::unique_ptr<FrameList> parseFrameList(const ListSource &source, FrameLine kind, std::vector<std::string> &warnings, Progress &progress)
{
    const fs::path &file = source.name();
    auto made = std::make_unique<FrameList>();
    FrameList &list = *made;
    std::vector<std::uint8_t> whole; // clips whose folder is named
    std::int64_t twice = 0;
    const bool videos = kind == FrameLine::Video;
    readMetaLines(source, videos ? "'name/video/frame.jpg'" : "a clip's folder or a frame a line", warnings, progress,
                  [&](std::string_view line) -> const char * {
                      const std::string_view word = videos ? withoutBlanks(line) : nextWord(line);
                      if (!isSafeName(word))
                          return "names something outside of the set";
                      const std::string_view name = trimmedName(word);
                      if (name.empty())
                          return "names nothing";
                      const bool picture = looksLikePicture(fs::path(name));
                      if (videos && (!picture || std::count(name.begin(), name.end(), '/') != 2 || name.front() == '/' || name.find("//") != name.npos))
                          return "is no frame of a video";
                      const std::size_t slash = name.rfind('/');
                      if (picture && slash == std::string_view::npos)
                          return "names a frame that lies in no clip's folder";
                      const std::string_view clip = picture ? name.substr(0, slash) : name;
                      // Lines of one clip mostly follow each other.
                      std::uint32_t place = list.entries.empty() ? 0 : list.entries.back().clip;
                      if (list.entries.empty() || list.clips[place] != clip)
                          place = list.clips.add(clip);
                      whole.resize(list.clips.size(), 0);
                      if (!picture && whole[place] != 0) {
                          ++twice;
                          return nullptr;
                      }
                      if (!picture)
                          whole[place] = 1;
                      list.entries.push_back({place, picture ? list.frames.add(name.substr(slash + 1)) : PooledName()});
                      return nullptr;
                  });
    if (twice > 0)
        warnings.push_back(file.string() + ": " + std::to_string(twice) + " clips are there more than once; each counts once.");
    if (list.clips.size() == 0)
        throw FileError(file, std::string("names no ") + (videos ? "frame." : "clip.") + (warnings.empty() ? std::string() : " " + warnings.back()));
    return made;
}

void addClips(const FrameList &list, const fs::path &folder, Benchmark &benchmark, BenchmarkBuilder &builder,
              const std::function<void(std::size_t)> &addTemplate, const std::function<void(const std::string &, const std::string &, ImageItem &)> &complete,
              Progress &progress)
{
    const std::size_t clips = list.clips.size();
    std::vector<std::uint8_t> named(clips, 0);
    for (const FrameList::Entry &entry : list.entries)
        if (entry.frame.at != nullptr)
            named[entry.clip] = 1;
    builder.expect(list.entries.size());
    const PicturePath::Folder shared = PicturePath::folder(folder);
    std::vector<std::uint32_t> clipOf; // of each picture
    clipOf.reserve(list.entries.size());
    std::vector<std::uint32_t> begin(clips + 1, 0); // of each clip's pictures among `faces`
    std::int64_t twice = 0;
    const auto add = [&](std::uint32_t clip, const std::string &frame) {
        const std::string name(list.clips[clip]);
        ImageItem item;
        item.file = PicturePath(shared, name + '/' + frame);
        complete(name, frame, item);
        const std::size_t before = benchmark.pictures.size();
        builder.picture(std::move(item));
        if (benchmark.pictures.size() == before) {
            shared->takeBackLast();
            ++twice;
            return;
        }
        clipOf.push_back(clip);
        ++begin[clip + 1];
    };
    const auto total = static_cast<std::int64_t>(list.entries.size());
    constexpr std::int64_t between = 256;
    for (std::int64_t i = 0; i < total; ++i) {
        const FrameList::Entry &entry = list.entries[static_cast<std::size_t>(i)];
        if (i % between == 0 || entry.frame.at == nullptr)
            progress.checkpoint(i, total);
        if (entry.frame.at != nullptr) {
            add(entry.clip, std::string(NamePool::text(entry.frame)));
        } else if (named[entry.clip] == 0) {
            for (const std::string &frame : framesOf(folder / list.clips[entry.clip]))
                add(entry.clip, frame);
        }
    }
    if (twice > 0)
        benchmark.warnings.push_back(std::to_string(twice) + " lines name a frame again; each counts once.");
    // The pictures clip by clip, in their order.
    std::partial_sum(begin.begin(), begin.end(), begin.begin());
    std::vector<std::uint32_t> faces(clipOf.size());
    std::vector<std::uint32_t> next(begin.begin(), begin.end() - 1);
    const std::size_t first = benchmark.pictures.size() - clipOf.size();
    for (std::size_t i = 0; i < clipOf.size(); ++i)
        faces[next[clipOf[i]]++] = static_cast<std::uint32_t>(first + i);
    for (std::size_t clip = 0; clip < clips; ++clip) {
        if (clip % between == 0)
            progress.throwIfCancelled();
        addTemplate(clip);
        for (std::size_t i = begin[clip]; i < begin[clip + 1]; ++i)
            builder.addFace(faces[i]);
    }
}

} // namespace dscope
