// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/scores/labeler.h"

#include "core/base/encoding.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/jsonfields.h"
#include "core/base/jsonlimits.h"
#include "core/base/outputlock.h"
#include "core/base/parallel.h"
#include "core/base/picturefile.h"
#include "core/base/text.h"
#include "core/damage/border.h"
#include "core/nets/checkpoint.h"
#include "core/scores/drawndamage.h"
#include "core/scores/features.h"
#include "core/scores/streamscores.h"
#include "core/scores/targetfile.h"
#include "core/training/augment.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <future>
#include <limits>
#include <memory>
#include <utility>

namespace dscope {

namespace {

constexpr const char *s_key = "dscope.targets";

} // namespace

Picture faceCopy(const Picture &face, std::size_t index, int copy, const LabelOptions &options, std::vector<const DamageFamily *> *drawn)
{
    const std::size_t stream = index * 1000 + static_cast<std::size_t>(copy);
    Random random(options.seed, stream);
    const auto damagedOrMirrored = [&](const Picture &shown) {
        return random.chance(options.degradedShare) ? options.families.damage(shown, random, drawn) : mirrored(shown);
    };
    if (!options.fillWedges)
        return copy == 0 ? face : damagedOrMirrored(face);
    // Numbers of its own, so that the same damage is drawn with and without.
    Random wedge(options.seed, 0x50000000000ULL + stream);
    const Picture filled = wedgeFilled(face, wedge);
    return copy == 0 ? filled : damagedOrMirrored(filled);
}

namespace {

constexpr std::size_t s_named = 5;   ///< files told of by name
constexpr std::size_t s_block = 170; ///< faces read and embedded at a time; of each as many copies as there are

/// The copies of some faces; an empty picture for a face that cannot be read, and why.
struct Block {
    std::vector<Picture> copies;
    std::vector<std::uint64_t> damage;                         ///< a copy each
    std::vector<std::pair<std::size_t, std::string>> problems; ///< face
};

Block readBlock(const FaceReader &reader, std::size_t begin, std::size_t end, const LabelOptions &options)
{
    const auto copies = static_cast<std::size_t>(options.copies);
    Block block;
    block.copies.resize((end - begin) * copies);
    block.damage.resize(block.copies.size());
    std::vector<std::string> problems(end - begin);
    Progress quiet;
    parallelFor(static_cast<std::int64_t>(end - begin), 8, quiet, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t j = from; j < to; ++j) {
            const auto at = static_cast<std::size_t>(j);
            try {
                const Picture face = reader.read(begin + at);
                for (std::size_t c = 0; c < copies; ++c) {
                    std::vector<const DamageFamily *> drawn;
                    block.copies[at * copies + c] = faceCopy(face, begin + at, static_cast<int>(c), options, &drawn);
                    block.damage[at * copies + c] = drawnFamilies(options.families, drawn);
                }
            } catch (const Error &error) {
                problems[at] = error.what();
            }
        }
    });
    for (std::size_t i = 0; i < problems.size(); ++i)
        if (!problems[i].empty())
            block.problems.emplace_back(begin + i, problems[i]);
    return block;
}

/// What the embeddings depend on.
std::string identityOf(const FaceList &faces, const Network &base, const LabelOptions &options)
{
    Sha256 hash;
    hash.add("label 1 " + base.hash() + toJson(base.spec()).dump() + (base.device().isCuda() ? " cuda " : " cpu ") + faces.root.string() + ' '
             + std::to_string(options.copies) + ' ' + printed("%f", options.degradedShare) + ' ' + std::to_string(options.seed)
             + (damagedPicturesRefused() ? " strict" : "") + (options.families.isPaper() ? "" : ' ' + options.families.text())
             + (options.fillWedges ? " filled" : "") + '\n');
    for (const std::string &file : faces.files)
        hash.add(file + '\n');
    return hash.hex();
}

/// Embeds into the feature file at `path` what is not there yet. A face that cannot be read has rows of numbers that are none.
/// @param damage gets the families of the copies that are made here, and `known` which faces these are of
void embed(const FaceList &faces, Network &base, const LabelOptions &options, const std::filesystem::path &path, std::vector<std::uint64_t> &damage,
           std::vector<bool> &known, Progress &task)
{
    const std::size_t copies = static_cast<std::size_t>(options.copies);
    const auto dim = static_cast<std::size_t>(base.outputSize());
    FeatureWriter writer(path, base.outputSize(), identityOf(faces, base, options));
    // Whole blocks only, so that a run taken up works on the same batches as one that was not stopped.
    std::size_t next = static_cast<std::size_t>(writer.count()) / copies;
    if (next < faces.size())
        next -= next % s_block;
    writer.keepOnly(static_cast<std::int64_t>(next * copies));
    const FaceReader reader(faces, task);
    task.stage("Computing embeddings with " + base.spec().name);
    task.checkpoint(static_cast<std::int64_t>(next), static_cast<std::int64_t>(faces.size()));
    const auto read = [&](std::size_t begin) {
        return std::async(std::launch::async, [&, begin] { return readBlock(reader, begin, std::min(faces.size(), begin + s_block), options); });
    };
    std::future<Block> ahead;
    if (next < faces.size())
        ahead = read(next);
    std::size_t bad = 0;
    while (next < faces.size()) {
        const Block block = ahead.get();
        const std::size_t end = std::min(faces.size(), next + s_block);
        if (end < faces.size())
            ahead = read(end);
        for (const auto &[face, problem] : block.problems)
            if (++bad <= s_named)
                task.notice(problem);
        std::vector<Picture> good;
        for (const Picture &copy : block.copies)
            if (!copy.empty())
                good.push_back(copy);
        const std::vector<float> features = base.run(good, task, options.batch);
        std::vector<float> rows(block.copies.size() * dim, std::numeric_limits<float>::quiet_NaN());
        for (std::size_t i = 0, from = 0; i < block.copies.size(); ++i)
            if (!block.copies[i].empty()) {
                std::copy_n(features.begin() + static_cast<std::ptrdiff_t>(from), dim, rows.begin() + static_cast<std::ptrdiff_t>(i * dim));
                from += dim;
            }
        writer.add(rows);
        std::copy(block.damage.begin(), block.damage.end(), damage.begin() + static_cast<std::ptrdiff_t>(next * copies));
        std::fill(known.begin() + static_cast<std::ptrdiff_t>(next), known.begin() + static_cast<std::ptrdiff_t>(end), true);
        next = end;
        reader.tellDamage(task, false);
        task.checkpoint(static_cast<std::int64_t>(next), static_cast<std::int64_t>(faces.size()));
    }
    reader.tellDamage(task);
    if (bad > s_named)
        task.notice("... and " + std::to_string(bad - s_named) + " more files that cannot be used.");
    writer.finish();
}

/// Faces whose first copy has an embedding.
std::vector<std::size_t> usable(const FeatureRows &features, std::size_t faces, std::size_t copies)
{
    std::vector<std::size_t> result;
    const auto dim = static_cast<std::size_t>(features.dim());
    constexpr std::size_t most = 1024;
    std::vector<float> rows;
    for (std::size_t begin = 0; begin < faces; begin += most) {
        const std::size_t count = std::min(most, faces - begin);
        rows.resize(count * copies * dim);
        features.read(static_cast<std::int64_t>(begin * copies), rows);
        for (std::size_t i = 0; i < count; ++i)
            if (!std::isnan(rows[i * copies * dim]))
                result.push_back(begin + i);
    }
    return result;
}

} // namespace

Targets labelFaces(const FaceList &given, Network &base, const LabelOptions &options, const Device &device, const std::filesystem::path &work, Progress &task,
                   const std::filesystem::path &keepFeatures)
{
    FaceList taken; // lists of aligned faces, the large ones, are not copied
    if (const bool stretched = taskNamed(base.spec().task).stretched; stretched || given.stretched) {
        taken = given;
        taken.takeFor(base.spec());
    }
    const FaceList &faces = taken.files.empty() ? given : taken;
    if (options.copies < 1 || options.copies > 100)
        throw UsageError("The number of copies must lie between 1 and 100.");
    Targets targets;
    targets.faces.takeFor(base.spec());
    targets.options = options;
    targets.options.dscore.copies = options.copies;
    targets.base = base.spec();
    targets.baseHash = base.hash();
    const auto copies = static_cast<std::size_t>(options.copies);
    std::filesystem::create_directories(work);
    const OutputLock lock(work);
    // Named by what it is of: the embeddings of another list or network are not mistaken for these.
    const std::filesystem::path file = work / ("features-" + identityOf(faces, base, options).substr(0, 16) + ".safetensors");
    std::vector<std::uint64_t> damage(faces.size() * copies);
    std::vector<bool> known(faces.size());
    std::error_code problem;
    if (!std::filesystem::exists(file, problem))
        embed(faces, base, options, file, damage, known, task);
    if (!options.families.isPaper())
        findDrawnFamilies(faces, {}, options, known, damage, false, task); // of copies that a stopped run had embedded

    const std::unique_ptr<FeatureRows> all = openFeatures(file);
    if (all->count() != static_cast<std::int64_t>(faces.size() * copies) || all->dim() != base.outputSize())
        throw FileError(file, "does not hold the embeddings of this list; remove the folder to begin anew.");
    const std::vector<std::size_t> good = usable(*all, faces.size(), copies);
    if (good.empty())
        throw FileError(faces.root,
                        "not one picture gave an embedding that can be used: they cannot be read, or the network '" + base.spec().name
                            + "' gives something else than finite numbers for each.");
    // The copies of a face are made from its place in the list, so one that cannot be used must not move the others.
    targets.faces.root = faces.root;
    targets.faces.people = faces.people;
    std::vector<std::int64_t> rows;
    std::vector<std::int32_t> labels;
    for (const std::size_t face : good) {
        targets.faces.files.push_back(faces.files[face]);
        targets.faces.labels.push_back(faces.labels[face]);
        if (good.size() != faces.size())
            targets.places.push_back(static_cast<std::int64_t>(face));
        for (std::size_t c = 0; c < copies; ++c) {
            rows.push_back(static_cast<std::int64_t>(face * copies + c));
            labels.push_back(faces.labels[face]);
            if (!options.families.isPaper())
                targets.damage.push_back(damage[face * copies + c]);
        }
    }
    StreamOptions stream;
    stream.dscore = targets.options.dscore;
    stream.device = device;
    stream.progress = work / "dscores.progress";
    const std::unique_ptr<FeatureRows> chosen = chosenFeatures(*all, rows);
    targets.scores = streamDScores(*chosen, labels, stream, task);
    if (const std::string warning = selfWarning(targets.scores, targets.faces.labels, targets.options.dscore); !warning.empty()) {
        targets.scores.warnings.push_back(warning);
        task.notice(warning);
    }
    if (!keepFeatures.empty()) {
        FeatureWriter writer(keepFeatures, base.outputSize(), "labelled");
        writer.keepOnly(0);
        std::vector<float> block;
        for (std::int64_t begin = 0; begin < chosen->count(); begin += 4096) {
            block.resize(static_cast<std::size_t>(std::min<std::int64_t>(4096, chosen->count() - begin) * chosen->dim()));
            chosen->read(begin, block);
            writer.add(block);
        }
        writer.finish();
    }
    return targets;
}

void writeTargets(const std::filesystem::path &path, const Targets &targets)
{
    const DScores &scores = targets.scores;
    const LabelOptions &options = targets.options;
    Json about{{"schema", "dscope.targets/1"},
               {"files", detail::utf8Names(targets.faces.files)},
               {"people", detail::utf8Names(targets.faces.people)},
               {"copies", options.copies},
               {"degraded_share", options.degradedShare},
               {"seed", options.seed},
               {"families", options.families.text()},
               {"fill_wedges", options.fillWedges},
               {"leave_one_out", options.dscore.leaveOut != DScoreOptions::LeaveOut::None}}; // what an older program reads
    detail::describeRoot(about, targets.faces.root, path);
    detail::describeDScores(about, options.dscore, scores, targets.base, targets.baseHash);
    if (scores.bias.pictures > 0)
        about["self_bias"] = {{"pictures", scores.bias.pictures}, {"inside", scores.bias.inside}, {"outside", scores.bias.outside}};
    if (scores.bias.pictures > 0 && !std::isnan(scores.bias.correlation))
        about["self_bias"]["correlation"] = scores.bias.correlation;
    StateDict tensors = detail::scoreColumns(scores);
    tensors["label"] = detail::columnOf(targets.faces.labels, at::kInt);
    if (!targets.places.empty())
        tensors["place"] = detail::columnOf(targets.places, at::kLong);
    if (!targets.damage.empty())
        tensors["damage"] = detail::columnOf(std::vector<std::int64_t>(targets.damage.begin(), targets.damage.end()), at::kLong);
    writeSafetensors(path, tensors, {{s_key, about.dump()}});
}

namespace {

/// A seed is any number of 64 bits.
std::uint64_t seedIn(const JsonFields &about)
{
    const Json &seed = about.at("seed");
    if (!seed.is_number_unsigned())
        about.wrong("seed", "a whole number from 0");
    return seed.get<std::uint64_t>();
}

} // namespace

/// How far the picture's own share in its centroid goes, where that was measured.
static void readSelfBias(const JsonFields &about, DScores &scores)
{
    if (!about.has("self_bias"))
        return;
    const JsonFields bias = about.object("self_bias");
    scores.bias = {bias.whole("pictures", 0, std::numeric_limits<std::int64_t>::max()), bias.number("inside"), bias.number("outside"),
                   bias.has("correlation") ? bias.number("correlation", -1.001, 1.001) : std::nan("")};
}

static Targets targetsOf(const Checkpoint &file, const std::filesystem::path &path)
{
    const auto described = file.metadata.find(s_key);
    if (described == file.metadata.end())
        throw FileError(path,
                        file.metadata.contains("dscope.cliptargets") ? "holds targets of clips of videos, not of pictures; `dscope train ddnet` reads them."
                                                                     : "is no target file of `dscope label`.");
    Targets targets;
    {
        constexpr std::size_t mostNames = std::size_t{1} << 31;
        const Json description = parseJson(described->second, path);
        const JsonFields about(description, path);
        if (about.text("schema") != "dscope.targets/1")
            throw FileError(path, "has the unknown schema '" + about.text("schema") + "'.");
        targets.faces.root = detail::rootIn(about, path);
        targets.faces.files = about.texts("files", mostNames);
        targets.faces.people = about.texts("people", mostNames);
        for (std::vector<std::string> *names : {&targets.faces.files, &targets.faces.people})
            for (std::string &name : *names)
                name = nameFromUtf8(name);
        targets.options.copies = static_cast<int>(about.whole("copies", 1, 100));
        targets.options.degradedShare = about.number("degraded_share", 0, 1);
        targets.options.seed = seedIn(about);
        try {
            targets.options.families = DamageSet::named(about.text("families", "paper"));
        } catch (const Error &error) {
            throw FileError(path, std::string("was made with other damage than this program knows: ") + error.what());
        }
        targets.options.fillWedges = about.flag("fill_wedges", false);
        DScoreOptions &dscore = targets.options.dscore;
        dscore.copies = targets.options.copies;
        detail::readDScores(about, path, dscore, targets.scores, targets.base, targets.baseHash);
        readSelfBias(about, targets.scores);
        targets.faces.takeFor(targets.base);
    }
    const auto faces = static_cast<std::int64_t>(targets.faces.files.size());
    const auto total = faces * targets.options.copies;
    detail::readScoreColumns(file.tensors, total, path, targets.scores);
    targets.faces.labels = detail::columnIn<std::int32_t>(file.tensors, "label", at::kInt, faces, path);
    if (file.tensors.contains("place")) {
        targets.places = detail::columnIn<std::int64_t>(file.tensors, "place", at::kLong, faces, path);
        if (std::any_of(targets.places.begin(), targets.places.end(), [](std::int64_t place) { return place < 0; }))
            throw FileError(path, "its places are out of range.");
    }
    if (file.tensors.contains("damage") && !targets.options.families.isPaper()) {
        const std::vector<std::int64_t> damage = detail::columnIn<std::int64_t>(file.tensors, "damage", at::kLong, total, path);
        targets.damage.assign(damage.begin(), damage.end());
    }
    for (const std::int32_t label : targets.faces.labels)
        if (label < 0 || label >= static_cast<std::int32_t>(targets.faces.people.size()))
            throw FileError(path, "names a person that is not in its list.");
    return targets;
}

Targets readTargets(const std::filesystem::path &path)
{
    return targetsOf(readCheckpoint(path), path);
}

Targets parseTargets(std::span<const std::uint8_t> bytes, const std::filesystem::path &path)
{
    return targetsOf(parseCheckpoint(bytes, path), path);
}

} // namespace dscope
