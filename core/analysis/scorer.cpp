// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/scorer.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/nets/library.h"
#include "core/nets/recognise.h"
#include "core/sets/featurestore.h"
#include "core/sets/qualityfile.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

/// Of each face of a set, from a store of extractScores(). NaN: the picture has none.
std::vector<float> scoresOf(const TemplateFeatures &set, const Benchmark &benchmark, const FeatureStore &store, Progress &progress)
{
    constexpr float none = std::numeric_limits<float>::quiet_NaN();
    std::vector<float> ofPicture(benchmark.pictures.size(), none);
    store.read(
        [&](std::int64_t begin, const FeatureBlock &block) {
            for (std::size_t i = 0; i < block.size(); ++i)
                if (block.outcomes[i] == Extracted::Scored)
                    ofPicture[static_cast<std::size_t>(begin) + i] = block.dScores[i];
        },
        progress);
    if (set.pictures.size() != static_cast<std::size_t>(set.faces()))
        throw Error(set.benchmark + " does not say which picture a face is of, so that no network can score them.");
    std::vector<float> scores;
    scores.reserve(set.pictures.size());
    for (const std::uint32_t picture : set.pictures)
        scores.push_back(picture < ofPicture.size() ? ofPicture[picture] : none);
    return scores;
}

} // namespace

ModelSpec scorerSpec(const ModelStore &store, const std::string &nameOrPath)
{
    const auto known = [&](Role role) {
        return std::any_of(store.models().begin(), store.models().end(), [&](const ModelSpec &spec) { return spec.role == role && spec.name == nameOrPath; });
    };
    if (known(Role::DdNet) || (!known(Role::Base) && !fs::is_regular_file(nameOrPath)))
        return store.find(nameOrPath, Role::DdNet);
    ModelSpec spec;
    try {
        spec = store.find(nameOrPath, Role::Base);
    } catch (const Error &) {
        if (known(Role::Base))
            throw;
        return store.find(nameOrPath, Role::DdNet); // its message is the one to show: a scorer is more like a DDNet
    }
    useQualityHead(spec); // a base network that was trained with one
    return spec;
}

std::shared_ptr<Network> loadScorer(const ModelStore &store, const std::string &nameOrPath, const Device &device)
{
    std::shared_ptr<Network> network = Network::load(scorerSpec(store, nameOrPath), device, {.use = Use::Score});
    if (network->outputSize() != 1)
        throw Error("'" + nameOrPath + "' gives " + std::to_string(network->outputSize())
                    + " values per picture; a quality scorer gives one. (Where a file has several outputs, its description, " + sidecarOf(nameOrPath).string()
                    + ", says which is taken.)");
    return network;
}

bool isScorer(const fs::path &file)
{
    const std::string extension = file.extension().string();
    return extension == ".onnx" || extension == ".safetensors" || extension == ".pt" || extension == ".pth" || extension == ".pt2" || extension == ".ts"
        || extension == ".tar" || extension == ".ckpt";
}

void addQuality(TemplateFeatures &set, const Benchmark &benchmark, const std::string &name, const fs::path &source, const ExtractOptions &options,
                const ModelStore &store, std::vector<std::string> &warnings, Progress &progress)
{
    const auto isName = [&] {
        return std::any_of(store.models().begin(), store.models().end(), [&](const ModelSpec &spec) { return spec.name == source.string(); });
    };
    std::error_code problem;
    if (!isScorer(source) && (fs::exists(source, problem) || !isName())) {
        const QualityFile file = readQualityFile(source, progress);
        QualityMatch match = matchQuality(file, set.names, progress);
        warnings.push_back("Quality " + name + ": " + describe(match, file) + " No cost contains them.");
        set.quality[name] = std::move(match.scores);
        return;
    }
    const FeatureStore scored(extractScores(benchmark, source.string(), options, store, progress));
    std::vector<float> scores = scoresOf(set, benchmark, scored, progress);
    const auto without = static_cast<std::size_t>(std::count_if(scores.begin(), scores.end(), [](float score) { return std::isnan(score); }));
    if (without == scores.size())
        throw Error("Not one picture of " + benchmark.name + " could be scored by " + source.string()
                    + ": none was found where the lists say, or none shows a face.");
    warnings.push_back("Quality " + name + ": " + std::to_string(scores.size() - without) + " of " + std::to_string(scores.size()) + " faces have a score of "
                       + source.filename().string() + ", whose " + csvNumber(std::round(static_cast<double>(scored.info().ddnetCost.mac) / 1e5) / 10)
                       + " M MAC per face are in the cost of every method that asks it.");
    set.quality[name] = std::move(scores);
    set.qualityCost[name] = scored.info().ddnetCost;
}

} // namespace dscope
