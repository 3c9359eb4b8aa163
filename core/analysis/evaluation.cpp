// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/evaluation.h"

#include "core/analysis/extractclips.h"
#include "core/analysis/scorer.h"
#include "core/analysis/secondscores.h"
#include "core/analysis/session.h"
#include "core/base/error.h"
#include "core/base/grow.h"
#include "core/base/inputfile.h"
#include "core/base/text.h"
#include "core/evaluation/statedcost.h"
#include "core/nets/library.h"
#include "core/tasks/benchmarks.h"

#include <algorithm>
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

/// Tells who asked that work is kept, while it lives.
class Keeping {
public:
    explicit Keeping(const std::function<void(bool)> &tell) : m_tell(tell)
    {
        if (m_tell)
            m_tell(true);
    }
    ~Keeping()
    {
        if (m_tell)
            m_tell(false);
    }
    Keeping(const Keeping &) = delete;
    Keeping &operator=(const Keeping &) = delete;

private:
    const std::function<void(bool)> &m_tell;
};

/// One set on its way from files to memory.
class Loader {
public:
    Loader(const EvaluationRequest &request, const EvaluationLoading &loading, const ModelStore &store, Progress &progress)
        : m_request(request), m_loading(loading), m_store(store), m_progress(progress), m_needsSecond(asksForSecondLook(loading.methods))
    {
    }

    std::shared_ptr<EvaluationSet> load()
    {
        if (m_needsSecond && m_loading.second == "none")
            throw UsageError("--second none, and a method that needs the second look, exclude each other.");
        const bool wantsSecond = m_needsSecond || (!m_loading.second.empty() && m_loading.second != "none");
        if (wantsSecond && m_request.flip)
            throw UsageError("A second look reads the embedding of a picture, not the sum of two: leave out --flip, or the methods that ask for it.");
        auto benchmark = std::make_shared<Benchmark>(readBenchmark(m_request.benchmark, m_request.root, m_request.files, m_progress));
        if (benchmark->splits.empty())
            throw Error(benchmark->name + " has nothing to compare.");
        if (!m_loading.retrievalOption.empty()
            && std::all_of(benchmark->splits.begin(), benchmark->splits.end(), [](const BenchmarkSplit &split) { return split.retrieval.empty(); }))
            throw UsageError(m_loading.retrievalOption + " is a matter of retrieval (queries against a gallery), which " + benchmark->name + " does not have.");
        m_set = std::make_shared<EvaluationSet>();
        m_set->switches.normaliseFirst = m_request.normaliseFirst;
        m_set->switches.detectorScore = m_request.detectorScore;
        GivenFeatures given{m_request.features, m_request.dScores};
        if (given.embeddings.empty()) {
            const GivenFeatures made = madeFeatures(*benchmark, m_request.root);
            given.embeddings = made.embeddings;
            if (given.dScores.empty())
                given.dScores = made.dScores;
        }
        if (!benchmark->videos.empty())
            takeClips(*benchmark, given);
        else if (!given.embeddings.empty() && !isStore(given.embeddings))
            takeEmbeddings(*benchmark, given);
        else
            takeStore(*benchmark, given.embeddings, given.dScores);
        addQualities(*benchmark);
        finish(std::move(benchmark));
        return std::move(m_set);
    }

private:
    void takeEmbeddings(const Benchmark &benchmark, const GivenFeatures &given)
    {
        if (m_request.flip)
            throw UsageError("Flip (--flip) is a matter of extraction; the embeddings of " + given.embeddings.string() + " are there already.");
        m_features = arrangeEmbeddings(benchmark, given.embeddings, given.dScores, m_set->warnings, m_progress);
        m_set->file = given.embeddings;
        m_set->dScores = given.dScores;
        m_set->bare = true;
        m_set->base = given.embeddings.filename().string();
        m_set->ddnet = !given.dScores.empty() ? given.dScores.filename().string() : m_features.detector.empty() ? "none" : "detector's scores";
        m_set->costNote = takeStatedCosts(m_request.costs, true, m_set->baseCost, m_set->ddnetCost);
        addSecondOfEmbeddings();
    }

    /// Nobody knows whose embeddings these are, unless somebody says so: then that network's second look, or the one that is named, reads them.
    void addSecondOfEmbeddings()
    {
        fs::path file = m_loading.second == "auto" || m_loading.second == "none" ? std::string() : m_loading.second;
        const bool wanted = m_needsSecond || m_loading.second == "auto";
        if (file.empty() && wanted && !m_request.base.empty() && m_loading.allOrNothing) // the window has no name for them
            file = secondLookFile(m_store.find(m_request.base, Role::Base), m_store);
        if (!file.empty()) {
            m_set->warnings.emplace_back("Whether the second look is that of the network that gave these embeddings cannot be known.");
            takeSecond(*loadSecondLook(file, m_request.base.empty() ? m_set->base : m_request.base, {}, m_features.dim));
        } else if (wanted && m_loading.allOrNothing) {
            throw UsageError("Whose embeddings these are is not known; name their second look with --second.");
        }
    }

    void takeStore(const Benchmark &benchmark, fs::path file, const fs::path &dScores)
    {
        if (!dScores.empty())
            throw UsageError("D-scores of their own (--d-scores) go with embeddings; " + (file.empty() ? std::string("an extraction") : file.string())
                             + " has its own.");
        std::optional<ModelSpec> base;
        bool flip = m_request.flip;
        if (file.empty()) {
            ExtractOptions how = extraction();
            how.analysis.task = benchmark.task;
            base = chosenBase(how.analysis, m_store);
            secondOf(*base, flip); // that it is there, before anything long
            const Keeping keeping(m_loading.keeping);
            file = extractFeatures(benchmark, how, m_store, m_progress);
        }
        const FeatureStore extracted(file);
        const FeatureStoreInfo &info = extracted.info();
        m_set->file = file;
        m_set->base = info.base;
        m_set->ddnet = info.ddnet;
        m_set->device = info.device;
        if (m_request.flip && !info.flip)
            throw UsageError("Flip (--flip) is a matter of extraction; the features of " + file.string() + " are there already, without it.");
        m_set->switches.flip = flip = info.flip;
        m_set->baseCost = info.baseCost;
        m_set->ddnetCost = info.ddnetCost;
        m_features = arrange(benchmark, extracted, m_set->warnings, m_progress);
        for (const ModelSpec &model : m_store.models()) // the one that the store names, which may not be here any more
            if (!base && model.role == Role::Base && model.name == m_set->base && model.available())
                base = model;
        if (base) {
            const SecondLookChoice choice = secondOf(*base, flip);
            if (!choice.notice.empty())
                m_set->warnings.push_back(choice.notice);
            if (choice.look)
                takeSecond(*choice.look);
        } else if (!m_loading.second.empty() && m_loading.second != "auto" && m_loading.second != "none") {
            m_set->warnings.emplace_back("Whether the second look is that of the network that gave these features cannot be known: it is not here.");
            takeSecond(*loadSecondLook(m_loading.second, m_set->base, {}, m_features.dim));
        } else if (m_needsSecond || m_loading.second == "auto") {
            throw Error("The base network " + shownName(m_set->base) + " that gave these features is not here, and so is not its second look.");
        }
        m_set->costNote = takeStatedCosts(m_request.costs, false, m_set->baseCost, m_set->ddnetCost);
    }

    /// Videos: class scores of their clips, extracted or from an earlier extraction.
    void takeClips(const Benchmark &benchmark, const GivenFeatures &given)
    {
        if (!given.dScores.empty())
            throw UsageError("D-scores of their own (--d-scores) go with embeddings of pictures; clips have theirs from the extraction.");
        if (m_needsSecond)
            throw UsageError("There is no second look at clips.");
        fs::path file = given.embeddings;
        if (file.empty()) {
            const Keeping keeping(m_loading.keeping);
            file = extractClips(benchmark, extraction(), m_store, m_progress);
        }
        const ClipStore scored(file);
        const ClipStoreInfo &info = scored.info();
        m_set->file = file;
        m_set->base = info.base;
        m_set->ddnet = info.ddnet;
        m_set->device = info.device;
        m_set->division = info.clips;
        m_set->switches.flip = m_request.flip;
        m_set->baseCost = info.baseCost;
        m_set->ddnetCost = info.ddnetCost;
        m_features = arrangeClips(benchmark, scored, m_set->warnings, m_progress);
        m_set->costNote = takeStatedCosts(m_request.costs, false, m_set->baseCost, m_set->ddnetCost);
    }

    ExtractOptions extraction() const
    {
        ExtractOptions how = m_loading.extract;
        how.analysis.base = m_request.base;
        how.analysis.ddnet = m_request.ddnet;
        how.analysis.device = m_request.device;
        how.analysis.flip = m_request.flip;
        how.dScores = m_loading.methods.empty() || std::any_of(m_loading.methods.begin(), m_loading.methods.end(), looksAtDScores);
        return how;
    }

    /// The second look of a base, where it has one; it has to, where a method asks for it.
    SecondLookChoice secondOf(const ModelSpec &base, bool flip) const
    {
        AnalysisOptions options;
        options.flip = flip;
        options.second = m_needsSecond && m_loading.second.empty() ? "auto" : m_loading.second;
        return chooseSecondLook(options, base, modelHash(base.path), m_store);
    }

    void takeSecond(const SecondLook &look)
    {
        if (look.dim() != m_features.dim)
            throw Error("The second look reads embeddings of " + std::to_string(look.dim()) + " values; these have " + std::to_string(m_features.dim) + ".");
        m_features.quality[secondLookName] = look.scores(m_features.features);
        m_features.qualityCost[secondLookName] = look.cost();
    }

    void addQualities(const Benchmark &benchmark)
    {
        if (m_request.qualities.empty())
            return;
        const Keeping keeping(m_loading.keeping); // a network's scores are kept as features are
        ExtractOptions how = m_loading.extract;
        how.analysis.device = m_request.device;
        for (const auto &[name, path] : m_request.qualities)
            addQuality(m_features, benchmark, name, path, how, m_store, m_set->warnings, m_progress);
    }

    /// The benchmark's lists have done their work: the features hold what is needed of them.
    void finish(std::shared_ptr<Benchmark> benchmark)
    {
        if (m_loading.keepNames)
            m_set->takeFaces(benchmark->pictures);
        else
            emptyItems(m_features.names, m_progress);
        emptyItems(benchmark->pictures, m_progress);
        release(benchmark->faces);
        release(benchmark->media);
        release(benchmark->pictureTemplate);
        giveBackMemory();
        applySwitches(m_features, m_set->switches, m_progress);
        m_set->benchmark = std::move(benchmark);
        m_set->features = std::make_shared<TemplateFeatures>(std::move(m_features));
        m_set->check();
    }

    const EvaluationRequest &m_request;
    const EvaluationLoading &m_loading;
    const ModelStore &m_store;
    Progress &m_progress;
    bool m_needsSecond;
    std::shared_ptr<EvaluationSet> m_set;
    TemplateFeatures m_features;
};

} // namespace

std::shared_ptr<EvaluationSet> loadEvaluationSet(const EvaluationRequest &request, const EvaluationLoading &loading, const ModelStore &store,
                                                 Progress &progress)
{
    return Loader(request, loading, store, progress).load();
}

std::vector<EvaluationRun> evaluateMethods(const EvaluationSet &set, const std::vector<Method> &methods, VerificationOptions options, Progress &progress)
{
    if (options.fars.empty() && !set.benchmark->fars.empty())
        options.fars = set.benchmark->fars;
    if (options.fars.empty())
        options.fars = VerificationOptions().fars;
    options.baseCost = set.baseCost;
    options.ddnetCost = set.ddnetCost;
    std::vector<std::string> warnings = set.warnings;
    const std::vector<BenchmarkSplit> &splits = set.benchmark->splits;
    const bool classification = taskNamed(set.benchmark->task).protocol == Protocol::Classification;
    if (classification
        || std::all_of(splits.begin(), splits.end(), [](const BenchmarkSplit &split) { return split.pairs.size() == 0 && !split.retrieval.empty(); }))
        options.e0s.clear(); // there are no pairs to discard
    if (!set.bare && set.ddnet == "none" && !options.e0s.empty()) {
        options.e0s.clear();
        warnings.emplace_back("There is no error-versus-discard curve: without a DDNet there are no D-scores to discard by.");
    }
    std::vector<EvaluationRun> runs;
    for (const Method &method : methods) {
        TemplateSwitches switches = set.switches;
        switches.mediaFirst = method.options.order == MediaOrder::MediaFirst;
        EvaluationRun &run = runs.emplace_back(evaluateBenchmark(*set.benchmark, *set.features, {method}, options, switches, warnings, progress).front());
        run.base = set.base;
        run.ddnet = set.ddnet;
        run.device = set.device;
        if (!set.division.empty())
            run.protocol += "; clips: " + set.division;
        if (!set.costNote.empty() && set.baseCost.mac > 0)
            run.protocol += "; costs: " + set.costNote;
    }
    return runs;
}

std::string guessBenchmark(const fs::path &root)
{
    std::error_code problem;
    const auto has = [&](const char *name) { return fs::exists(root / name, problem); };
    if (!fs::is_directory(root, problem))
        return {};
    for (const TaskBenchmark &one : taskBenchmarks())
        if (std::any_of(one.marks.begin(), one.marks.end(), [&](std::string_view name) { return has(std::string(name).c_str()); }))
            return std::string(one.word);
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

} // namespace dscope
