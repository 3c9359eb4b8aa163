// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/synth.h"

#include "core/analysis/madeset.h"
#include "core/analysis/madevideos.h"
#include "core/analysis/realfaces.h"
#include "core/analysis/synthaction.h"
#include "core/analysis/synthclips.h"
#include "core/analysis/synthvideos.h"
#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/text.h"
#include "core/datasets/benchmark.h"
#include "core/tasks/benchmarks.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <numeric>

namespace dscope {

namespace fs = std::filesystem;

namespace {

/// Template sizes that are skewed as those of real sets and sum to `faces`.
std::vector<std::int64_t> sizesOf(std::int64_t templates, std::int64_t faces, std::uint64_t seed)
{
    Random random = madeRandom(seed, MadeStream::Sizes, 0);
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(templates));
    constexpr double most = 400;
    for (std::int64_t &size : sizes)
        size = static_cast<std::int64_t>(std::clamp(std::round(std::exp(2.2 + 1.2 * random.normal())), 1.0, most));
    adjustSizes(sizes, faces, 1, faces, random);
    return sizes;
}

/// Galleries first (a template a person), then the probes, dealt round so that every person has some.
MadeSet makeIjbc(const SynthCounts &counts, std::uint64_t seed)
{
    const std::vector<std::int64_t> sizes = sizesOf(counts.templates(), counts.faces, seed);
    MadeSet set;
    for (std::int64_t t = 0; t < counts.templates(); ++t)
        addTemplate(set, t < counts.people ? t : (t - counts.people) % counts.people, sizes[static_cast<std::size_t>(t)], seed);
    return set;
}

std::string imageName(std::int64_t face)
{
    return std::to_string(face + 1) + ".jpg";
}

/// The probe's impostor galleries: `count` different ones, walking round with a step that shares no factor with their number.
void writePairs(const fs::path &file, const SynthCounts &counts, const MadeSet &set, std::uint64_t seed, Progress &progress)
{
    progress.stage("Writing " + std::to_string(counts.genuine + counts.impostor) + " pairs");
    std::int64_t left = counts.impostor;
    writeMadeLines(file, counts.probes, progress, [&](std::int64_t probe, std::string &text) {
        const std::int64_t t = counts.people + probe;
        const std::int64_t person = set.person[static_cast<std::size_t>(t)];
        if (probe < counts.genuine)
            text += std::to_string(person + 1) + ' ' + std::to_string(t + 1) + " 1\n";
        const std::int64_t share = left / (counts.probes - probe);
        Random random = madeRandom(seed, MadeStream::Pairs, probe);
        std::int64_t step = 1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(counts.people)));
        while (std::gcd(step, counts.people) != 1)
            ++step;
        std::int64_t at = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(counts.people)));
        for (std::int64_t done = 0; done < share; at = (at + step) % counts.people) {
            if (at == person)
                continue;
            text += std::to_string(at + 1) + ' ' + std::to_string(t + 1) + " 0\n";
            ++done;
        }
        left -= share;
        progress.checkpoint(probe, counts.probes);
    });
}

void writeIjbc(const fs::path &root, const SynthOptions &options, Progress &progress)
{
    const SynthCounts counts = syntheticIjbcCounts(options.scale);
    std::unique_ptr<RealFaces> real;
    if (!options.pictures.empty())
        real = std::make_unique<RealFaces>(options, counts.people, 2, progress);
    writeMadeMark(root,
                  "IJB-C's layout, " + std::to_string(counts.faces) + " faces in " + std::to_string(counts.templates()) + " templates of "
                      + std::to_string(counts.people) + " people, " + std::to_string(counts.genuine) + " genuine and " + std::to_string(counts.impostor)
                      + " impostor pairs.",
                  options);
    const MadeSet set = makeIjbc(counts, options.seed);
    const auto n = static_cast<std::int64_t>(set.faces.size());
    const fs::path meta = root / "meta";
    progress.stage("Writing the lists");
    const auto faceAt = [&](std::int64_t i) -> const MadeFace & { return set.faces[static_cast<std::size_t>(i)]; };
    writeMadeLines(meta / "ijbc_face_tid_mid.txt", n, progress, [&](std::int64_t i, std::string &text) {
        text += imageName(i) + ' ' + std::to_string(faceAt(i).tid) + ' ' + std::to_string(faceAt(i).media) + '\n';
    });
    writeMadeLines(meta / "ijbc_name_5pts_score.txt", n, progress, [&](std::int64_t i, std::string &text) {
        Random random = madeRandom(options.seed ^ 0xDE7EC7ULL, MadeStream::Face, i);
        const std::string score = printed("%.4f", 0.5 + 0.5 / (1 + std::exp(-1.5 - faceAt(i).quality - random.normal())));
        text += imageName(i) + " 38.2946 51.6963 73.5318 51.5014 56.0252 71.7366 41.5493 92.3655 70.7299 92.2041 " + score + '\n';
    });
    const auto searchList = [&](const std::string &name, std::int64_t first, std::int64_t last) {
        writeMadeLines(
            meta / name, last - first, progress,
            [&](std::int64_t k, std::string &text) {
                const auto t = static_cast<std::size_t>(first + k);
                for (auto i = set.begin[t]; i < set.begin[t + 1]; ++i)
                    text += std::to_string(t + 1) + ',' + std::to_string(set.person[t] + 1) + ',' + imageName(i) + '\n';
            },
            "TEMPLATE_ID,SUBJECT_ID,FILENAME\n");
    };
    searchList("ijbc_1N_gallery_G1.csv", 0, counts.first);
    searchList("ijbc_1N_gallery_G2.csv", counts.first, counts.people);
    searchList("ijbc_1N_probe_mixed.csv", counts.people, counts.templates());
    writePairs(meta / "ijbc_template_pair_label.txt", counts, set, options.seed, progress);
    if (!real) {
        writeMadeLines(root / "d_scores.txt", n, progress, [&](std::int64_t i, std::string &text) {
            text += imageName(i) + ' ' + std::to_string(faceAt(i).tid) + ' ' + std::to_string(faceAt(i).media) + ' '
                + csvNumber(madeDScore(options.seed, faceAt(i).quality, i)) + '\n';
        });
        writeMadeEmbeddings(root / "embeddings.npy", set, options.dim > 0 ? options.dim : 512, options.seed, progress);
        return;
    }
    progress.stage("Writing " + std::to_string(n) + " pictures");
    parallelFor(n, 8, progress, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t i = from; i < to; ++i) {
            const MadeFace &face = faceAt(i);
            const std::int64_t part = face.tid <= counts.people ? 0 : 1; // gallery and probes share no picture
            writeJpegFile(root / "loose_crop" / imageName(i), real->face(face.person, part, 2, i, face.quality < madeBadQuality, options.seed, i));
        }
    });
}

/// A set that is no task's own.
struct Maker {
    std::string_view word;
    SynthNeeds needs;
    void (*make)(const fs::path &root, const SynthOptions &options, Progress &progress);
};

const std::vector<Maker> &makers()
{
    static const std::vector<Maker> all{{"ijbc", {.scale = true, .pictures = true}, writeIjbc},
                                        {"ytf", {.scale = true, .pictures = true}, writeMadeYtf},
                                        {"iqiyi", {.scale = true, .pictures = true}, writeMadeIqiyi},
                                        {"action", {.scale = true}, writeSyntheticActions},
                                        {"pace", {.from = true, .several = true}, writeSyntheticPace},
                                        {"telling", {.scale = true, .from = true, .several = true, .background = true}, writeSyntheticTelling}};
    return all;
}

/// @throws UsageError for what a word has no use for, and for data that it cannot do without
void checkNeeds(const std::string &word, const SynthOptions &options)
{
    const SynthNeeds needs = syntheticNeeds(word);
    const std::string set = "A set '" + word + "'";
    if (needs.from && options.from.empty())
        throw UsageError(set + " is made of data that you have; say where they lie with --from.");
    if (!needs.from && !options.from.empty())
        throw UsageError("--from is not for '" + word + "', which is drawn" + (needs.pictures ? ", or made of --pictures." : "."));
    if (!needs.several && options.from.size() > 1)
        throw UsageError(set + " is made of one place; --from was given several times.");
    if (!needs.pictures && (!options.pictures.empty() || options.dim != 0))
        throw UsageError(set + " has no faces; --pictures and --dim are for those of faces.");
    if (!needs.scale && options.scale != 1)
        throw UsageError(set + " is as large as the data of --from; --scale is not for it.");
    if (!needs.background && !options.background.empty())
        throw UsageError("--background is for 'telling' alone.");
}

} // namespace

SynthCounts syntheticIjbcCounts(double scale)
{
    checkSynthScale(scale);
    SynthCounts counts;
    counts.people = scaledCount(3531, scale, 10);
    counts.first = std::clamp<std::int64_t>(scaledCount(1772, scale, 5), 1, counts.people - 1);
    counts.probes = scaledCount(19593, scale, 2 * counts.people);
    counts.faces = scaledCount(469375, scale, counts.templates());
    counts.genuine = std::min(counts.probes, scaledCount(19557, scale, counts.people));
    counts.impostor = std::min(counts.probes * (counts.people - 1), scaledCount(15638932, scale, counts.people));
    return counts;
}

std::vector<std::string> syntheticWords()
{
    std::vector<std::string> words;
    for (const Maker &one : makers())
        words.emplace_back(one.word);
    for (const TaskBenchmark &one : taskBenchmarks())
        if (one.make != nullptr)
            words.emplace_back(one.word);
    return words;
}

SynthNeeds syntheticNeeds(const std::string &word)
{
    const std::vector<Maker> &all = makers();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Maker &one) { return one.word == word; });
    return found != all.end() ? found->needs : SynthNeeds{.from = true};
}

void writeSyntheticSet(const std::string &word, const fs::path &root, const SynthOptions &options, Progress &progress)
{
    if (word != "action") // drawn, so that there is no end to it; it looks itself
        checkSynthScale(options.scale);
    if (options.dim != 0 && (options.dim < 2 || options.dim > 4096))
        throw UsageError("--dim lies between 2 and 4096.");
    std::error_code problem;
    if (fs::exists(root, problem) && !isSynthetic(root) && !fs::is_empty(root, problem))
        throw FileError(root, "is not empty and holds no set of this kind; choose another folder.");
    const std::vector<std::string> words = syntheticWords();
    if (std::find(words.begin(), words.end(), word) == words.end()) {
        std::string all;
        for (const std::string &known : words)
            all += (all.empty() ? "" : ", ") + known;
        throw UsageError("'" + word + "' cannot be made; there are " + all + ".");
    }
    checkNeeds(word, options);
    // What a set that was made here before brings along must not be taken for this one's, even if this one is never finished.
    if (isSynthetic(root))
        for (const char *name : {"embeddings.npy", "d_scores.txt", "filelist.txt", "identities.csv", "info/query_IDX.mat", "info/tracks_test_info.mat",
                                 "info/tracks_train_info.mat", madeListName})
            fs::remove(root / name, problem);
    if (const TaskBenchmark *ofTask = taskBenchmark(word))
        return ofTask->make(root, options.from.front(), options.seed, progress);
    for (const Maker &one : makers())
        if (one.word == word)
            one.make(root, options, progress);
}

} // namespace dscope
