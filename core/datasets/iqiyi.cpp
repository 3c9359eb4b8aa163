// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/lines.h"
#include "core/datasets/benchmarklists.h"
#include "core/datasets/framelist.h"
#include "core/datasets/ijbfiles.h"
#include "core/datasets/nametable.h"
#include "core/evaluation/paperfigures.h"

#include <algorithm>
#include <optional>

namespace dscope {

namespace fs = std::filesystem;

namespace {

/// A clip's name without slashes at its ends: "clip", "folder/clip".
std::string_view clipName(std::string_view text)
{
    while (!text.empty() && text.back() == '/')
        text.remove_suffix(1);
    while (text.size() > 1 && text.substr(0, 2) == "./")
        text.remove_prefix(2);
    return text;
}

/// Who clips show, as a csv says.
struct Identities {
    NameTable clips;
    NameTable people;
    std::vector<std::uint32_t> personOf; ///< [clips]

    std::string_view of(std::string_view clip) const
    {
        const std::optional<std::uint32_t> place = clips.find(clip);
        return place ? people[personOf[*place]] : std::string_view();
    }
};

/// @param known the clips that there are
void readIdentities(const ListSource &list, const NameTable &known, Identities &identities, std::vector<std::string> &warnings, Progress &progress)
{
    const fs::path &file = list.name();
    const CsvTable table = list.table({.ragged = true, .progress = &progress});
    const std::size_t clipColumn = table.requireColumn({"clip", "video", "template", "path", "file"});
    const std::size_t identityColumn = table.requireColumn(personColumn());
    WarningList bad;
    for (const CsvTable::Row &row : table.rows) {
        progress.throwIfCancelled();
        std::string_view clip = clipName(row.cells[clipColumn]);
        if (const std::string_view number = idText(clip); number != clip && !known.contains(clip))
            clip = number; // written as 12.0
        const std::string_view identity = idText(row.cells[identityColumn]);
        if (clip.empty() || identity.empty()) {
            bad.add(FileError(file, row.line, "names no clip or no identity. The line was left out.").what());
            continue;
        }
        const std::uint32_t place = identities.clips.add(clip);
        if (place == identities.personOf.size())
            identities.personOf.push_back(identities.people.add(identity));
        else if (identities.people[identities.personOf[place]] != identity)
            bad.add(FileError(file, row.line, "gives the clip " + std::string(clip) + " another identity than before; the first one stays.").what());
    }
    bad.appendTo(warnings, "such lines in " + file.string());
}

} // namespace

Benchmark readIqiyi(const fs::path &root, const BenchmarkOptions &options, Progress &progress)
{
    IqiyiLists lists;
    lists.pairs = ListSource::file(options.pairs);
    lists.identities = ListSource::file(options.identities);
    // A set that dscope synth made brings its own.
    if (const ListSource own = ListSource::file(root / "pairs.txt"); options.pairs.empty() && options.identities.empty() && own.isThere())
        lists.pairs = own;
    if (const ListSource own = ListSource::file(root / "identities.csv"); options.identities.empty() && own.isThere())
        lists.identities = own;
    if (lists.pairs.name().empty() && lists.identities.name().empty())
        throw UsageError("The pairs of iQIYI-VID-FACE are not public: give --pairs FILE ('clip clip 1' or 0 a line) or --identities FILE (a csv with columns "
                         "clip and identity).");
    lists.clips = ListSource::file(root / "filelist.txt");
    if (!lists.clips.isThere())
        throw FileError(lists.clips.name(), "is missing; it names a clip's folder a line.");
    return parseIqiyi(lists, root, options, progress);
}

Benchmark parseIqiyi(const IqiyiLists &lists, const fs::path &root, const BenchmarkOptions &options, Progress &progress)
{
    Benchmark benchmark;
    benchmark.name = iqiyiName;
    benchmark.synthetic = isSynthetic(root);
    benchmark.fars = {1e-6, 1e-5, 1e-4, 1e-3, 1e-2};
    const fs::path &list = lists.clips.name();
    const std::unique_ptr<FrameList> frames = parseFrameList(lists.clips, FrameLine::Clip, benchmark.warnings, progress);
    NameTable &clips = frames->clips; // in the order of the templates
    const std::size_t listed = clips.size();
    Identities identities;
    if (!lists.identities.name().empty())
        readIdentities(lists.identities, clips, identities, benchmark.warnings, progress);

    BenchmarkBuilder builder(benchmark);
    const fs::path faces = options.pictures.empty() ? root : options.pictures;
    benchmark.pictureFolder = faces;
    benchmark.pictureOrder = "that of the lines of " + list.string() + ", a clip's folder standing for its frames by name";
    const auto add = [&](std::uint32_t clip) { builder.addTemplate(clip, builder.subject(identities.of(clips[clip]))); };
    addClips(
        *frames, faces, benchmark, builder, [&](std::size_t clip) { add(static_cast<std::uint32_t>(clip)); },
        [](const std::string &, const std::string &, ImageItem &) {}, progress);
    WarningList empty;
    for (std::size_t c = 0; c < listed; ++c)
        if (benchmark.begin[c] == benchmark.begin[c + 1])
            empty.add((faces / clips[c]).string() + ": holds no frame; the clip scores lowest against all.");
    if (empty.count() == listed)
        throw FileError(faces, "holds none of the " + std::to_string(listed) + " clips that " + list.string() + " names.");
    empty.appendTo(benchmark.warnings, "clips without a frame");
    if (empty.count() > 0)
        benchmark.warnings.push_back(std::to_string(empty.count()) + " of " + std::to_string(listed) + " clips have no frame.");

    BenchmarkSplit split;
    if (const fs::path &pairFile = lists.pairs.name(); !pairFile.empty()) {
        WarningList unknown;
        readMetaLines(lists.pairs, "'clip clip 0|1'", benchmark.warnings, progress, [&](std::string_view rest) -> const char * {
            const auto clipOf = [&] {
                const std::string_view clip = clipName(nextWord(rest));
                return clips.contains(clip) ? clip : idText(clip);
            };
            const std::string_view sides[2] = {clipOf(), clipOf()};
            const auto label = wordAsInteger(nextWord(rest));
            if (sides[0].empty() || sides[1].empty() || !label || *label < 0 || *label > 1 || !nextWord(rest).empty())
                return "is not two clips and a 0 or 1";
            std::uint32_t places[2] = {0, 0};
            for (const int side : {0, 1}) {
                const std::size_t before = clips.size();
                places[side] = clips.add(sides[side]);
                if (places[side] < before)
                    continue;
                unknown.add(pairFile.string() + ": names the clip " + std::string(sides[side]) + ", which " + list.string()
                            + " does not; it scores lowest against all.");
                add(places[side]);
            }
            split.pairs.a.push_back(places[0]);
            split.pairs.b.push_back(places[1]);
            split.pairs.genuine.push_back(*label == 1 ? 1 : 0);
            return nullptr;
        });
        unknown.appendTo(benchmark.warnings, "unknown clips");
        if (split.pairs.a.empty())
            throw FileError(pairFile, "names no pair.");
    } else {
        std::size_t lost = 0;
        for (std::size_t i = 0; i < identities.clips.size(); ++i)
            lost += clips.contains(identities.clips[i]) ? 0 : 1;
        if (lost > 0)
            benchmark.warnings.push_back(lists.identities.name().string() + ": names " + std::to_string(lost) + " clips that " + list.string() + " does not.");
        split.pairs = pairsOfSubjects(benchmark, options.impostorPairs, options.seed, progress);
    }
    benchmark.splits.push_back(std::move(split));
    takeEveryNth(benchmark, options.everyNth, progress);
    return benchmark;
}

} // namespace dscope
