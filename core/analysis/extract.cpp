// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/extract.h"

#include "core/analysis/ordered.h"
#include "core/analysis/scorer.h"
#include "core/analysis/session.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/inputfile.h"
#include "core/base/pictureheader.h"
#include "core/base/products.h"
#include "core/base/text.h"
#include "core/evaluation/classificationrun.h"
#include "core/evaluation/retrievalrun.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

/// Pictures that one thread takes at a time; storeBlock is a multiple, so that a store interrupted anywhere is gone on with in the same pieces.
constexpr std::int64_t s_piece = 8;
static_assert(storeBlock % s_piece == 0);

struct Piece {
    std::int64_t begin = 0;
    std::vector<std::string> damaged; ///< pictures that are used all the same, and why they are told of
    std::vector<Extracted> outcomes;
    std::vector<PendingElement> elements; ///< of those that have one; `group` is the picture's place
    Times times;
};

Piece work(const Benchmark &benchmark, std::int64_t begin, std::int64_t end, const AnalysisOptions &options, const WorkerNets &nets, Progress &progress)
{
    Piece piece;
    piece.begin = begin;
    for (std::int64_t i = begin; i < end; ++i) {
        progress.throwIfCancelled();
        const ImageItem &item = benchmark.pictures[static_cast<std::size_t>(i)];
        Extracted outcome = Extracted::Scored;
        std::error_code problem;
        if (!fs::exists(item.file, problem)) {
            outcome = Extracted::Missing;
        } else {
            try {
                std::vector<PendingElement> elements = pendingElements(item, options, nets, progress, piece.times);
                if (elements.empty()) {
                    outcome = Extracted::NoFace;
                } else {
                    elements.front().group = static_cast<std::size_t>(i);
                    if (!elements.front().warning.empty())
                        piece.damaged.push_back(elements.front().warning);
                    piece.elements.push_back(std::move(elements.front()));
                }
            } catch (const FileError &) {
                outcome = Extracted::Unreadable;
            } catch (const Error &) {
                outcome = Extracted::NoFace; // landmarks that coincide
            }
        }
        piece.outcomes.push_back(outcome);
    }
    scoreElements(piece.elements, nets, options.flip, progress, piece.times);
    return piece;
}

/// Collects a block of the store: outcomes as they come, elements through the Scorer, which on a GPU gathers full batches.
class Block {
public:
    Block(Session &session, std::int64_t begin, std::int64_t dim) : m_task(session.progress()), m_scorer(session), m_begin(begin), m_dim(dim) {}

    void add(Piece &&piece)
    {
        m_outcomes.insert(m_outcomes.end(), piece.outcomes.begin(), piece.outcomes.end());
        for (PendingElement &element : piece.elements)
            m_scorer.add(std::move(element));
    }
    std::int64_t end() const { return m_begin + static_cast<std::int64_t>(m_outcomes.size()); }

    FeatureBlock finish()
    {
        m_scorer.flush();
        if (const std::optional<std::string> enlarged = m_scorer.enlarged())
            m_task.notice(*enlarged);
        const std::size_t n = m_outcomes.size();
        const auto width = static_cast<std::size_t>(m_dim);
        FeatureBlock block;
        block.outcomes = std::move(m_outcomes);
        block.dScores.assign(n, 0);
        block.detector.assign(n, -1);
        block.features.assign(n * width, 0);
        for (const std::size_t element : m_scorer.notFinite())
            block.outcomes[element - static_cast<std::size_t>(m_begin)] = Extracted::NotFinite;
        const std::vector<PendingElement> &elements = m_scorer.elements();
        const bool scoresAlone = m_scorer.dim() == 0;
        if (!elements.empty() && (scoresAlone ? 1 : m_scorer.dim()) != m_dim)
            throw Error("The base network gives " + std::to_string(m_scorer.dim()) + " values; its description says " + std::to_string(m_dim) + ".");
        for (std::size_t i = 0; i < elements.size(); ++i) {
            const std::size_t at = elements[i].group - static_cast<std::size_t>(m_begin);
            const float score = elements[i].element.dScore;
            const auto row = scoresAlone ? std::span<const float>(&score, 1) : std::span<const float>(m_scorer.embeddings()).subspan(i * width, width);
            block.dScores[at] = score;
            block.detector[at] = std::isfinite(elements[i].element.detectorScore) ? elements[i].element.detectorScore : -1;
            std::copy(row.begin(), row.end(), block.features.begin() + static_cast<std::ptrdiff_t>(at * width));
        }
        return block;
    }

private:
    Progress &m_task;
    Scorer m_scorer;
    std::int64_t m_begin;
    std::int64_t m_dim;
    std::vector<Extracted> m_outcomes;
};

/// True if the first pictures that are there all have the size of an aligned element and come without landmarks or boxes.
bool looksAligned(const Benchmark &benchmark, const Task &task)
{
    constexpr int enough = 16;
    int seen = 0;
    for (std::size_t i = 0; i < benchmark.pictures.size() && i < 1000 && seen < enough; ++i) {
        const ImageItem &item = benchmark.pictures[i];
        if (item.landmarks || item.box)
            return false;
        const auto header = pictureHeader(firstBytes(item.file, std::size_t{1} << 16));
        if (!header)
            continue;
        if (header->width != task.shape.width || header->height != task.shape.height)
            return false;
        ++seen;
    }
    return seen > 0;
}

std::string fileWord(const std::string &text)
{
    std::string word;
    for (const char c : text)
        word += isLetterOrDigit(c) || c == '-' || c == '.' ? c : '_';
    return word.substr(0, 60);
}

} // namespace

bool looksAtDScores(const Method &method)
{
    const Aggregator how = method.options.method;
    return method.kind == Method::Kind::Scores && method.quality.empty() && (method.choose || (how != Aggregator::Average && how != Aggregator::Max));
}

AnalysisOptions withoutNeedlessDdnet(AnalysisOptions options, const ModelStore &store, Progress &progress)
{
    if (!options.ddnet.empty())
        return options;
    const ModelSpec base = chosenBase(options, store);
    try {
        store.best(Role::DdNet, base.name, base.task);
    } catch (const Error &) {
        options.ddnet = withoutDdnet;
        progress.notice("There is no DDNet for the base network " + base.name + ". None is needed for what was asked: there are no D-scores, and every "
                        + std::string(taskNamed(base.task).element) + " counts as 1.");
    }
    return options;
}

std::string storeName(const std::string &benchmark, const std::string &network, const std::string &identity)
{
    return fileWord(benchmark) + "-" + fileWord(network) + "-" + identity.substr(0, 16);
}

fs::path storeFolder()
{
    return cacheDir() / "features";
}

namespace {

/// @param scorer null: features by the base, D-scores by the DDNet; else scores alone, by this network
fs::path extract(const Benchmark &benchmark, const ExtractOptions &wanted, const ModelStore &models, const ModelSpec *scorer, Progress &progress)
{
    ExtractOptions options = wanted;
    options.analysis.task = benchmark.task;
    const Task &task = taskNamed(benchmark.task);
    if (!task.stretched && !options.analysis.aligned && options.guessAligned && looksAligned(benchmark, task)) {
        progress.notice("The pictures are " + std::to_string(task.shape.width) + " x " + std::to_string(task.shape.height)
                        + " and come without landmarks: they are taken as aligned " + std::string(task.elements) + ".");
        options.analysis.aligned = true;
    }
    if (!options.dScores && scorer == nullptr)
        options.analysis = withoutNeedlessDdnet(options.analysis, models, progress);
    options.analysis.runBase = scorer == nullptr;
    options.analysis.allFaces = false;
    options.analysis.second = "none"; // it reads what is extracted here
    if (scorer != nullptr)
        options.analysis.flip = false; // a score has no mirrored half
    Session session(options.analysis, models, progress, scorer);
    const bool detect = std::any_of(benchmark.pictures.begin(), benchmark.pictures.end(),
                                    [&](const ImageItem &item) { return elementSource(task).needsFinder(item, options.analysis.aligned); });

    progress.stage("Looking at " + std::to_string(benchmark.pictures.size()) + " pictures");
    ImageSet set;
    set.kind = "benchmark";
    set.groups.push_back({benchmark.name, {}, benchmark.pictures});
    FeatureStoreInfo info;
    info.identity =
        sha256((scorer == nullptr ? "features 1\n" : "scores 1\n") + session.modelKey(scorer == nullptr, detect) + pictureKey(set, session.options()));
    set = {};
    info.benchmark = benchmark.name;
    info.synthetic = benchmark.synthetic;
    info.base = scorer == nullptr ? session.usedBase().name : std::string();
    info.ddnet = session.usedDdnet().name;
    info.detector = detect ? session.usedDetector().name : std::string();
    info.flip = options.analysis.flip;
    info.pictures = static_cast<std::int64_t>(benchmark.pictures.size());
    const fs::path path = (options.folder.empty() ? storeFolder() : options.folder)
        / (storeName(benchmark.name, scorer == nullptr ? info.base : info.ddnet, info.identity) + ".dfeat");
    std::error_code problem;
    if (fs::exists(path, problem)) {
        try {
            const FeatureStore found(path);
            if (found.info().identity == info.identity) {
                // In the cache nobody keeps anything for good: what is damaged is made anew. A store in a folder of the user's own is read, and says so then.
                const std::optional<std::int64_t> damaged = options.folder.empty() ? found.damagedBlock(progress) : std::nullopt;
                if (!damaged)
                    return path;
                throw FileError(path, "block " + std::to_string(*damaged) + " is damaged (its digest does not fit).");
            }
        } catch (const FileError &error) {
            progress.notice(std::string(error.what()) + " The features are extracted again.");
        }
    }

    const Network *ddnet = session.ddnet();
    if (ddnet != nullptr) {
        info.device = ddnet->device().isCuda() ? "cuda" : "cpu";
        info.ddnetCost = ddnet->cost();
    }
    if (const Network *base = session.base(); base != nullptr) {
        info.device = base->device().isCuda() ? "cuda" : "cpu";
        info.dim = base->outputSize();
        const std::int64_t passes = info.flip ? 2 : 1;
        info.baseCost = {base->cost().mac * passes, base->cost().flop * passes};
    } else {
        info.dim = 1;
        if (ddnet == nullptr || ddnet->outputSize() != 1)
            throw Error("'" + info.ddnet + "' gives " + std::to_string(ddnet == nullptr ? 0 : ddnet->outputSize())
                        + " values per picture; a quality scorer gives one.");
    }
    FeatureStoreWriter writer(path, info);
    const std::int64_t total = info.pictures;
    const std::int64_t first = writer.count();
    if (first > 0)
        progress.notice(std::to_string(first) + " of " + std::to_string(total) + " pictures were extracted before; going on from there.");
    progress.stage((scorer == nullptr ? "Extracting features of " : "Scoring by " + info.ddnet + ": ") + std::to_string(total - first) + " pictures");
    progress.checkpoint(first, total);

    std::vector<WorkerNets> workers =
        session.makeWorkers((total - first + s_piece - 1) / s_piece, detect ? std::optional(DetectorOptions::Search::Main) : std::nullopt);
    using Line = OrderedPipeline<std::int64_t, Piece>;
    std::int64_t next = first;
    const auto produce = [&]() -> std::optional<std::int64_t> {
        if (next >= total)
            return std::nullopt;
        return std::exchange(next, next + s_piece);
    };
    std::vector<Line::Work> hands;
    for (const WorkerNets &nets : workers)
        hands.emplace_back([&benchmark, &session, &nets, total, begun = false](std::int64_t &&begin) mutable {
            if (!std::exchange(begun, true))
                useThisThreadOnly();
            return work(benchmark, begin, std::min(total, begin + s_piece), session.options(), nets, session.progress());
        });
    std::unique_ptr<Block> block;
    constexpr std::size_t named = 5;
    std::size_t damaged = 0;
    const auto consume = [&](Piece &&piece) {
        for (const std::string &text : piece.damaged)
            if (++damaged <= named)
                progress.notice(text);
        if (!block)
            block = std::make_unique<Block>(session, piece.begin, info.dim);
        block->add(std::move(piece));
        const std::int64_t done = block->end();
        if (done % storeBlock == 0 || done == total) {
            writer.add(block->finish());
            block.reset();
        }
        progress.checkpoint(done, total);
    };
    if (first < total)
        Line::run(produce, hands, consume, 2 * workers.size() + 2, progress);
    workers.clear();
    if (damaged > named)
        progress.notice("... and " + std::to_string(damaged - named) + " more damaged pictures are used (--strict leaves them out).");
    writer.finish();
    return path;
}

} // namespace

fs::path extractFeatures(const Benchmark &benchmark, const ExtractOptions &options, const ModelStore &models, Progress &progress)
{
    return extract(benchmark, options, models, nullptr, progress);
}

fs::path extractScores(const Benchmark &benchmark, const std::string &scorer, const ExtractOptions &options, const ModelStore &models, Progress &progress)
{
    const ModelSpec spec = scorerSpec(models, scorer);
    return extract(benchmark, options, models, &spec, progress);
}

void applySwitches(TemplateFeatures &set, const TemplateSwitches &switches, Progress &progress)
{
    const auto width = static_cast<std::size_t>(set.dim);
    const auto n = static_cast<std::size_t>(set.faces());
    if (switches.detectorScore && set.detector.size() != n)
        throw Error(set.benchmark + " has no detector's scores to multiply features with.");
    if (!switches.normaliseFirst && !switches.detectorScore)
        return;
    for (std::size_t f = 0; f < n; ++f) {
        if (f % 4096 == 0)
            progress.throwIfCancelled();
        const std::span<float> row = std::span<float>(set.features).subspan(f * width, width);
        double scale = 1;
        if (switches.normaliseFirst) {
            const double squares = squaredLength(row);
            scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
        }
        if (switches.detectorScore)
            scale *= static_cast<double>(set.detector[f]);
        for (float &value : row)
            value = static_cast<float>(value * scale);
    }
}

std::string describe(const TemplateSwitches &switches)
{
    const auto word = [](bool on) { return on ? "yes" : "no"; };
    return std::string("flip (f + f of the mirrored picture): ") + word(switches.flip) + "; features made unit vectors first: " + word(switches.normaliseFirst)
        + "; detector score (times f): " + word(switches.detectorScore) + "; media averaged first: " + word(switches.mediaFirst);
}

std::vector<EvaluationRun> evaluateBenchmark(const Benchmark &benchmark, const TemplateFeatures &set, const std::vector<Method> &methods,
                                             const VerificationOptions &given, const TemplateSwitches &switches, const std::vector<std::string> &warnings,
                                             Progress &progress)
{
    if (benchmark.splits.empty())
        throw Error(benchmark.name + " has nothing to compare.");
    std::vector<EvaluationRun> runs;
    if (taskNamed(benchmark.task).protocol == Protocol::Classification) {
        for (const Method &method : methods) {
            EvaluationRun run = evaluateClassification(set, method, given, progress);
            run.warnings.insert(run.warnings.begin(), warnings.begin(), warnings.end());
            runs.push_back(std::move(run));
        }
        return runs;
    }
    for (const Method &method : methods) {
        const auto begin = std::chrono::steady_clock::now();
        std::vector<std::int32_t> kept;
        std::vector<float> unit;
        if (std::any_of(benchmark.splits.begin(), benchmark.splits.end(),
                        [](const BenchmarkSplit &split) { return split.pairs.size() > 0 || !split.search.empty() || split.retrieval.empty(); })) {
            progress.stage("Representing " + std::to_string(set.templates()) + " templates: " + titleOf(method));
            unit = represent(set, method, progress, &kept);
        }
        std::vector<EvaluationRun> parts;
        std::vector<std::string> names;
        for (const BenchmarkSplit &split : benchmark.splits) {
            VerificationOptions options = given;
            if (options.protocols.empty())
                options.protocols = benchmark.protocols;
            options.tenFold = benchmark.tenFold;
            EvaluationRun run;
            if (split.pairs.size() > 0) {
                progress.stage("Comparing " + std::to_string(split.pairs.size()) + " pairs: " + titleOf(method));
                const std::vector<float> scores = scorePairs(set, unit, split.pairs, progress);
                options.scores = scores;
                options.kept = kept;
                if (&split == &benchmark.splits.back() && split.search.empty())
                    unit = {}; // hundreds of megabytes that nobody asks for any more
                run = evaluateVerification(set, split.pairs, method, options, progress);
            } else if (split.retrieval.empty()) {
                run = describeRun(set, method, options, kept);
            }
            if (!split.retrieval.empty()) {
                EvaluationRun retrieved = evaluateRetrieval(set, split.retrieval.queries, split.retrieval.gallery, method, options, progress);
                if (split.pairs.size() > 0) {
                    run.retrieval = std::move(retrieved.retrieval);
                    run.protocol += "; " + retrieved.protocol;
                    run.warnings.insert(run.warnings.end(), retrieved.warnings.begin(), retrieved.warnings.end());
                } else {
                    run = std::move(retrieved);
                }
            }
            run.protocol += "; " + describe(switches);
            if (!split.search.empty()) {
                try {
                    run.search = evaluateSearch(set, unit, split.search, progress);
                    run.fpirs = split.search.fpirs;
                } catch (const Error &error) { // lists that cannot be searched do not take the 1:1 figures with them
                    run.warnings.push_back(std::string("There is no search: ") + error.what());
                }
            }
            parts.push_back(std::move(run));
            names.push_back(split.name);
        }
        // A mean over splits is one of all or of none.
        if (std::any_of(parts.begin(), parts.end(), [](const EvaluationRun &part) { return !part.search; }))
            for (EvaluationRun &part : parts)
                part.search.reset();
        EvaluationRun all = parts.size() == 1 ? std::move(parts.front()) : overSplits(parts, names);
        if (parts.size() > 1) { // the splits share templates; each was counted in every one
            all.templates = set.templates();
            all.faces = set.faces();
            all.notEnrolled = parts.front().notEnrolled;
        }
        all.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        all.warnings.insert(all.warnings.begin(), warnings.begin(), warnings.end());
        runs.push_back(std::move(all));
    }
    return runs;
}

} // namespace dscope
