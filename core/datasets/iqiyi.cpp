#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/grow.h"
#include "core/base/lines.h"
#include "core/datasets/benchmark.h"
#include "core/datasets/framelist.h"
#include "core/datasets/ijbfiles.h"
#include "core/evaluation/paperfigures.h"

#include <algorithm>
#include <unordered_set>

namespace dscope {

namespace fs = std::filesystem;

namespace {

/// A clip's name without slashes at its ends: "clip", "folder/clip".
std::string clipName(std::string_view text)
{
    while (!text.empty() && text.back() == '/')
        text.remove_suffix(1);
    while (text.size() > 1 && text.substr(0, 2) == "./")
        text.remove_prefix(2);
    return std::string(text);
}

} // namespace

Benchmark readIqiyi(const fs::path &root, const BenchmarkOptions &options, Task &task)
{
    Benchmark benchmark;
    benchmark.name = iqiyiName;
    benchmark.synthetic = isSynthetic(root);
    benchmark.fars = {1e-6, 1e-5, 1e-4, 1e-3, 1e-2};
    std::error_code problem;
    // A set that dscope synth made brings its own.
    const fs::path pairFile =
        options.pairs.empty() && options.identities.empty() && fs::is_regular_file(root / "pairs.txt", problem) ? root / "pairs.txt" : options.pairs;
    const fs::path identityFile =
        options.identities.empty() && fs::is_regular_file(root / "identities.csv", problem) ? root / "identities.csv" : options.identities;
    if (pairFile.empty() && identityFile.empty())
        throw UsageError("The pairs of iQIYI-VID-FACE are not public: give --pairs FILE ('clip clip 1' or 0 a line) or --identities FILE (a csv with columns "
                         "clip and identity).");
    const fs::path list = root / "filelist.txt";
    if (!fs::is_regular_file(list, problem))
        throw FileError(list, "is missing; it names a clip's folder a line.");
    FrameList clips = readFrameList(list, FrameLine::Clip, benchmark.warnings, task);

    std::unordered_map<std::string, std::string> identities;
    if (!identityFile.empty()) {
        const CsvTable table = readCsv(identityFile, {.ragged = true, .task = &task});
        const std::size_t clipColumn = table.requireColumn({"clip", "video", "template", "path", "file"});
        const std::size_t identityColumn = table.requireColumn(personColumn());
        std::unordered_set<std::string_view> known; // asked for where a clip is written as 12.0
        WarningList bad;
        for (const CsvTable::Row &row : table.rows) {
            task.throwIfCancelled();
            std::string clip = clipName(row.cells[clipColumn]);
            if (const std::string number(idText(clip)); number != clip) {
                if (known.empty())
                    known.insert(clips.clips.begin(), clips.clips.end());
                if (!known.contains(clip))
                    clip = number;
            }
            const std::string identity(idText(row.cells[identityColumn]));
            if (clip.empty() || identity.empty())
                bad.add(FileError(identityFile, row.line, "names no clip or no identity. The line was left out.").what());
            else if (!identities.emplace(clip, identity).second && identities[clip] != identity)
                bad.add(FileError(identityFile, row.line, "gives the clip " + clip + " another identity than before; the first one stays.").what());
        }
        bad.appendTo(benchmark.warnings, "such lines in " + identityFile.string());
    }

    BenchmarkBuilder builder(benchmark);
    std::unordered_map<std::string, std::uint32_t> templates;
    const fs::path faces = options.pictures.empty() ? root : options.pictures;
    benchmark.pictureFolder = faces;
    benchmark.pictureOrder = "that of the lines of " + list.string() + ", a clip's folder standing for its frames by name";
    const auto add = [&](const std::string &clip) {
        const auto identity = identities.find(clip);
        const std::uint32_t place =
            builder.addTemplate(static_cast<std::int64_t>(templates.size()), identity == identities.end() ? -1 : builder.subject(identity->second));
        templates.emplace(clip, place);
        return place;
    };
    addClips(
        clips, faces, benchmark, builder, [&](std::size_t clip) { add(clips.clips[clip]); }, [](const std::string &, const std::string &, ImageItem &) {},
        task);
    WarningList empty;
    for (std::size_t c = 0; c < clips.clips.size(); ++c)
        if (benchmark.begin[c] == benchmark.begin[c + 1])
            empty.add((faces / clips.clips[c]).string() + ": holds no frame; the clip scores lowest against all.");
    if (empty.count() == clips.clips.size())
        throw FileError(faces, "holds none of the " + std::to_string(clips.clips.size()) + " clips that " + list.string() + " names.");
    empty.appendTo(benchmark.warnings, "clips without a frame");
    if (empty.count() > 0)
        benchmark.warnings.push_back(std::to_string(empty.count()) + " of " + std::to_string(clips.clips.size()) + " clips have no frame.");

    BenchmarkSplit split;
    if (!pairFile.empty()) {
        WarningList unknown;
        readMetaLines(pairFile, "'clip clip 0|1'", benchmark.warnings, task, [&](std::string_view rest) -> const char * {
            const auto clipOf = [&] {
                std::string clip = clipName(nextWord(rest));
                return templates.contains(clip) ? clip : std::string(idText(clip));
            };
            const std::string first = clipOf();
            const std::string second = clipOf();
            const auto label = wordAsInteger(nextWord(rest));
            if (first.empty() || second.empty() || !label || *label < 0 || *label > 1 || !nextWord(rest).empty())
                return "is not two clips and a 0 or 1";
            std::uint32_t places[2] = {0, 0};
            for (const int side : {0, 1}) {
                const std::string &clip = side == 0 ? first : second;
                const auto found = templates.find(clip);
                if (found == templates.end()) {
                    unknown.add(pairFile.string() + ": names the clip " + clip + ", which " + list.string() + " does not; it scores lowest against all.");
                    places[side] = add(clip);
                } else {
                    places[side] = found->second;
                }
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
        for (const auto &[clip, identity] : identities)
            lost += templates.contains(clip) ? 0 : 1;
        if (lost > 0)
            benchmark.warnings.push_back(identityFile.string() + ": names " + std::to_string(lost) + " clips that " + list.string() + " does not.");
        split.pairs = pairsOfSubjects(benchmark, options.impostorPairs, options.seed, task);
    }
    benchmark.splits.push_back(std::move(split));
    emptyNodes(identities, task);
    emptyNodes(templates, task);
    emptyItems(clips.entries, task);
    takeEveryNth(benchmark, options.everyNth, task);
    return benchmark;
}

} // namespace dscope
