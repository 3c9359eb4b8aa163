#include "ui/jobs/evaluationwork.h"

#include "core/analysis/scorer.h"
#include "core/analysis/secondscores.h"
#include "core/analysis/session.h"
#include "core/base/error.h"
#include "core/base/inputfile.h"
#include "core/base/text.h"
#include "core/evaluation/statedcost.h"
#include "core/face/face.h"
#include "core/image/reader.h"
#include "core/nets/library.h"
#include "core/nets/model.h"
#include "ui/convert.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

bool isStore(const fs::path &file)
{
    const std::vector<std::uint8_t> mark = firstBytes(file, 8);
    return std::string_view(reinterpret_cast<const char *>(mark.data()), mark.size()) == "DSFEATS1";
}

/// False only where that is sure: what cannot be read is told of later.
bool asksForDScores(const std::string &method)
{
    try {
        return looksAtDScores(methodNamed(method));
    } catch (const Error &) {
        return true;
    }
}

bool asksForSecondLook(const std::string &method)
{
    try {
        const Method asked = methodNamed(method);
        return asked.weights == secondLookName || asked.quality == secondLookName;
    } catch (const Error &) {
        return false; // told of when it is its turn
    }
}

/// The second look of the base, where it has one; it has to, where a method asks for it.
SecondLookChoice secondLookFor(const EvaluationRequest &request, const ModelSpec &base, const ModelStore &store)
{
    AnalysisOptions options;
    options.flip = request.flip;
    if (std::any_of(request.methods.begin(), request.methods.end(), asksForSecondLook))
        options.second = "auto";
    return chooseSecondLook(options, base, modelHash(base.path), store);
}

/// Its D-scores of features that are there. @param extracted the base that has given them in this call; nothing: the one that their store names, which may not be here any more
void addSecondLook(const EvaluationRequest &request, const std::optional<ModelSpec> &extracted, const ModelStore &store, EvaluationSet &set, TemplateFeatures &features)
{
    std::optional<ModelSpec> base = extracted;
    for (const ModelSpec &model : store.models())
        if (!base && model.role == Role::Base && model.name == set.base && model.available())
            base = model;
    if (!base) {
        if (std::any_of(request.methods.begin(), request.methods.end(), asksForSecondLook))
            throw Error("The base network " + shownName(set.base) + " that gave these features is not here, and so is not its second look.");
        return;
    }
    EvaluationRequest as = request;
    as.flip = set.switches.flip;
    const SecondLookChoice choice = secondLookFor(as, *base, store);
    if (!choice.notice.empty())
        set.warnings.push_back(choice.notice);
    if (!choice.look)
        return;
    if (choice.look->dim() != features.dim)
        throw Error("The second look reads embeddings of " + std::to_string(choice.look->dim()) + " values; these have " + std::to_string(features.dim) + ".");
    features.quality[secondLookName] = choice.look->scores(features.features);
    features.qualityCost[secondLookName] = choice.look->cost();
}

/// Names and prices of what made the features of a store.
void describeStore(const FeatureStore &store, EvaluationSet &set)
{
    const FeatureStoreInfo &info = store.info();
    set.base = info.base;
    set.ddnet = info.ddnet;
    set.device = info.device;
    set.switches.flip = info.flip;
    set.baseCost = info.baseCost;
    set.ddnetCost = info.ddnetCost;
}

} // namespace

EvaluationSetPtr loadEvaluationSet(const EvaluationRequest &request, const ModelStore &store, Task &task)
{
    auto benchmark = std::make_shared<Benchmark>(readBenchmark(request.benchmark, request.root, request.files, task));
    if (benchmark->splits.empty())
        throw Error(benchmark->name + " has nothing to compare.");
    auto set = std::make_shared<EvaluationSet>();
    set->switches.flip = request.flip;
    set->switches.normaliseFirst = request.normaliseFirst;
    set->switches.detectorScore = request.detectorScore;
    TemplateFeatures features;
    GivenFeatures given{request.features, request.dScores};
    if (given.embeddings.empty())
        given = madeFeatures(*benchmark, request.root);
    if (!given.embeddings.empty() && !isStore(given.embeddings)) {
        features = arrangeEmbeddings(*benchmark, given.embeddings, given.dScores, set->warnings, task);
        set->base = given.embeddings.filename().string();
        set->ddnet = !given.dScores.empty() ? given.dScores.filename().string() : features.detector.empty() ? "none" : "detector's scores";
        set->switches.flip = false; // whatever made the file has decided that
        set->costNote = takeStatedCosts(request.costs, true, set->baseCost, set->ddnetCost);
    } else {
        fs::path file = request.features;
        std::optional<ModelSpec> base;
        if (file.empty()) {
            ExtractOptions options;
            options.analysis.base = request.base;
            options.analysis.ddnet = request.ddnet;
            base = chosenBase(options.analysis, store);
            secondLookFor(request, *base, store); // that it is there, before anything long
            options.analysis.device = request.device;
            options.analysis.flip = request.flip;
            options.dScores = request.methods.empty() || std::any_of(request.methods.begin(), request.methods.end(), asksForDScores);
            file = extractFeatures(*benchmark, options, store, task);
        }
        const FeatureStore extracted(file);
        describeStore(extracted, *set);
        features = arrange(*benchmark, extracted, set->warnings, task);
        addSecondLook(request, base, store, *set, features);
        set->costNote = takeStatedCosts(request.costs, false, set->baseCost, set->ddnetCost);
    }
    for (const auto &[name, path] : request.qualities) {
        ExtractOptions options;
        options.analysis.device = request.device;
        addQuality(features, *benchmark, name, path, options, store, set->warnings, task);
    }
    applySwitches(features, set->switches, task);
    set->takeFaces(benchmark->pictures);
    // Their work is done, and at the size of IJB-C they weigh a hundred megabytes.
    benchmark->faces = {};
    benchmark->pictures = {};
    benchmark->media = {};
    benchmark->pictureTemplate = {};
    set->benchmark = std::move(benchmark);
    set->features = std::make_shared<const TemplateFeatures>(std::move(features));
    set->check();
    return set;
}

EvaluationRun evaluateMethod(const EvaluationSet &set, const Method &method, int resamples, Task &task)
{
    VerificationOptions options;
    if (!set.benchmark->fars.empty())
        options.fars = set.benchmark->fars;
    options.resamples = resamples;
    options.baseCost = set.baseCost;
    options.ddnetCost = set.ddnetCost;
    TemplateSwitches switches = set.switches;
    switches.mediaFirst = method.options.order == MediaOrder::MediaFirst;
    EvaluationRun run = evaluateBenchmark(*set.benchmark, *set.features, {method}, options, switches, set.warnings, task).front();
    run.base = set.base;
    run.ddnet = set.ddnet;
    run.device = set.device;
    if (!set.costNote.empty() && set.baseCost.mac > 0)
        run.protocol += "; costs: " + set.costNote;
    return run;
}

std::string guessBenchmark(const fs::path &root)
{
    std::error_code problem;
    const auto has = [&](const char *name) { return fs::exists(root / name, problem); };
    if (!fs::is_directory(root, problem))
        return {};
    if (has("splits.txt") || has("aligned_images_DB") || has("frame_images_DB"))
        return "ytf";
    if (has("pairs.txt"))
        return "lfw";
    if (has("IJB-A_11_sets") || has("IJB-A_1N_sets"))
        return "ijba";
    if (has("meta/ijbc_face_tid_mid.txt"))
        return "ijbc";
    if (has("meta/ijbb_face_tid_mid.txt"))
        return "ijbb";
    if (has("filelist.txt"))
        return "iqiyi";
    return {};
}

bool EvaluationPictures::has(int item) const
{
    const std::vector<std::string> &names = m_set->features->names;
    const auto faces = static_cast<int>(m_set->features->faces());
    const int face = item >= faces ? item - faces : item;
    return face >= 0 && static_cast<std::size_t>(face) < names.size() && !names[static_cast<std::size_t>(face)].empty();
}

int EvaluationPictures::itemOf(const EvaluationSet &set, int face, bool whole)
{
    return whole ? face + static_cast<int>(set.features->faces()) : face;
}

QImage EvaluationPictures::image(int item) const
{
    const auto faces = static_cast<int>(m_set->features->faces());
    const bool whole = item >= faces;
    const auto face = static_cast<std::size_t>(whole ? item - faces : item);
    const fs::path file = m_set->features->names[face];
    std::error_code problem;
    if (!fs::exists(file, problem))
        return missingThumbnail(tr("picture not found"), tr("There is no such file: %1").arg(toQString(file)));
    Picture picture;
    try {
        picture = readPicture(file);
    } catch (const std::exception &error) {
        return missingThumbnail(tr("picture cannot be read"), toQString(describe(error)));
    }
    if (!whole)
        cutFace(face, picture);
    return toQImage(picture, maxSide);
}

void EvaluationPictures::cutFace(std::size_t face, Picture &picture) const
{
    const std::vector<std::uint32_t> &places = m_set->features->pictures;
    if (face >= places.size())
        return;
    const std::size_t at = places[face];
    try {
        if (at < m_set->landmarks.size() && m_set->landmarks[at])
            picture = alignFace(picture, *m_set->landmarks[at]);
        else if (at < m_set->boxes.size() && m_set->boxes[at])
            picture = cropFace(picture, *m_set->boxes[at]);
    } catch (const Error &) {
        // Landmarks or a box of no use: the whole picture says more than none.
    }
}

} // namespace dscope
