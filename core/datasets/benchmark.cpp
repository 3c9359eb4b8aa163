#include "core/datasets/benchmark.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/random.h"
#include "core/datasets/ijb.h"
#include "core/datasets/ijbfiles.h"
#include "core/datasets/lines.h"
#include "core/discriminability/features.h"
#include "core/evaluation/paperfigures.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_set>

namespace dscope {

namespace fs = std::filesystem;

namespace {
constexpr std::int64_t s_block = std::int64_t{1} << 16; // faces or pairs between two looks at the task
}

std::uint32_t BenchmarkBuilder::picture(const std::string &key, const ImageItem &item)
{
    const auto [entry, fresh] = m_pictures.try_emplace(key, static_cast<std::uint32_t>(m_benchmark.pictures.size()));
    if (fresh)
        m_benchmark.pictures.push_back(item);
    return entry->second;
}

std::int32_t BenchmarkBuilder::subject(std::string_view name)
{
    if (name.empty())
        return -1;
    const auto [entry, fresh] = m_subjects.try_emplace(std::string(name), static_cast<std::int32_t>(m_benchmark.subjectNames.size()));
    if (fresh)
        m_benchmark.subjectNames.emplace_back(name);
    return entry->second;
}

std::uint32_t BenchmarkBuilder::addTemplate(std::int64_t id, std::int32_t subject)
{
    m_benchmark.ids.push_back(id);
    m_benchmark.subjects.push_back(subject);
    m_benchmark.begin.push_back(static_cast<std::int64_t>(m_benchmark.faces.size()));
    return static_cast<std::uint32_t>(m_benchmark.ids.size() - 1);
}

void BenchmarkBuilder::addFace(std::uint32_t picture, std::int64_t media)
{
    m_benchmark.faces.push_back(picture);
    if (media >= 0)
        m_benchmark.media.push_back(static_cast<std::int32_t>(media));
    m_benchmark.begin.back() = static_cast<std::int64_t>(m_benchmark.faces.size());
}

bool isSynthetic(const fs::path &root)
{
    std::error_code problem;
    return fs::exists(root / syntheticMark, problem);
}

std::vector<std::string> benchmarkWords()
{
    return {"lfw", "ytf", "iqiyi", "ijba", "ijbb", "ijbc", "templates"};
}

Benchmark readBenchmark(const std::string &word, const fs::path &root, const BenchmarkOptions &options, Task &task)
{
    std::error_code problem;
    if (!fs::exists(root, problem))
        throw FileError(root, "does not exist.");
    task.stage("Reading " + root.string());
    if (word == "lfw")
        return readLfw(root, options, task);
    if (word == "ytf")
        return readYtf(root, options, task);
    if (word == "iqiyi")
        return readIqiyi(root, options, task);
    if (word == "ijba")
        return readIjba(root, options, task);
    if (word == "ijbb" || word == "ijbc")
        return readIjbBenchmark(root, word + "_", options, task);
    if (word == "templates")
        return readLabelledTemplates(root, options, task);
    std::string words;
    for (const std::string &known : benchmarkWords())
        words += (words.empty() ? "" : ", ") + known;
    throw UsageError("'" + word + "' is no benchmark; there are: " + words + ".");
}

TemplatePairs pairsOfSubjects(const Benchmark &benchmark, std::int64_t impostorPairs, std::uint64_t seed, Task &task)
{
    std::vector<std::vector<std::uint32_t>> own(benchmark.subjectNames.size());
    std::vector<std::uint32_t> known;
    for (std::size_t t = 0; t < benchmark.subjects.size(); ++t)
        if (benchmark.subjects[t] >= 0) {
            own[static_cast<std::size_t>(benchmark.subjects[t])].push_back(static_cast<std::uint32_t>(t));
            known.push_back(static_cast<std::uint32_t>(t));
        }
    TemplatePairs pairs;
    const auto add = [&](std::uint32_t a, std::uint32_t b) {
        if (pairs.a.size() % static_cast<std::size_t>(s_block) == 0)
            task.throwIfCancelled();
        pairs.a.push_back(a);
        pairs.b.push_back(b);
        pairs.genuine.push_back(benchmark.subjects[a] == benchmark.subjects[b] ? 1 : 0);
    };
    double genuine = 0;
    for (const std::vector<std::uint32_t> &templates : own)
        genuine += 0.5 * static_cast<double>(templates.size()) * static_cast<double>(templates.size() - (templates.empty() ? 0 : 1));
    constexpr double mostGenuine = 5e7;
    if (genuine > mostGenuine)
        throw Error("The templates make " + std::to_string(static_cast<std::int64_t>(genuine)) + " genuine pairs, which is too many; give a list of pairs.");
    const double all = 0.5 * static_cast<double>(known.size()) * static_cast<double>(known.size() - (known.empty() ? 0 : 1));
    const auto impostor = static_cast<std::int64_t>(all - genuine);
    if (genuine == 0 || impostor <= 0)
        throw Error("Pairs need a person with two templates and two people with one; there are " + std::to_string(known.size()) + " templates of "
                    + std::to_string(own.size()) + " people.");
    if (impostor <= impostorPairs) {
        for (std::size_t i = 0; i < known.size(); ++i)
            for (std::size_t j = i + 1; j < known.size(); ++j)
                add(known[i], known[j]);
        return pairs;
    }
    for (const std::vector<std::uint32_t> &templates : own)
        for (std::size_t i = 0; i < templates.size(); ++i)
            for (std::size_t j = i + 1; j < templates.size(); ++j)
                add(templates[i], templates[j]);
    // Without repetition: the same pair drawn twice would count twice.
    Random random(seed, 0x70616972);
    std::unordered_set<std::uint64_t> drawn;
    drawn.reserve(static_cast<std::size_t>(impostorPairs));
    while (static_cast<std::int64_t>(drawn.size()) < impostorPairs) {
        std::uint32_t a = known[random.below(known.size())];
        std::uint32_t b = known[random.below(known.size())];
        if (a > b)
            std::swap(a, b);
        if (benchmark.subjects[a] != benchmark.subjects[b] && drawn.insert((std::uint64_t{a} << 32) | b).second)
            add(a, b);
    }
    return pairs;
}

std::vector<std::string> extractionWarnings(const Benchmark &benchmark, const std::vector<Extracted> &outcomes)
{
    std::vector<std::string> warnings;
    for (const Extracted kind : {Extracted::Missing, Extracted::Unreadable, Extracted::NoFace, Extracted::NotFinite}) {
        WarningList some(5);
        for (std::size_t i = 0; i < outcomes.size(); ++i)
            if (outcomes[i] == kind)
                some.add(benchmark.pictures[i].file.string() + ": " + describe(kind) + ".");
        if (some.count() == 0)
            continue;
        warnings.push_back(std::to_string(some.count()) + " of " + std::to_string(outcomes.size()) + " pictures: each " + describe(kind) + ".");
        some.appendTo(warnings, "such pictures");
    }
    return warnings;
}

namespace {

/// Everything of a benchmark but the faces' numbers, which fill() gives: a picture's row, or none if it failed.
class Arrangement {
public:
    Arrangement(const Benchmark &benchmark, std::int64_t dim) : m_benchmark(benchmark)
    {
        const std::size_t n = benchmark.faces.size();
        m_set.benchmark = benchmark.name;
        m_set.synthetic = benchmark.synthetic;
        m_set.dim = dim;
        m_set.features.resize(n * static_cast<std::size_t>(dim));
        m_set.dScores.resize(n);
        m_set.detector.assign(n, -1);
        m_taken.assign(n, 0);
        // The faces of each picture.
        m_first.assign(benchmark.pictures.size() + 1, 0);
        for (const std::uint32_t picture : benchmark.faces)
            ++m_first[picture + 1];
        std::partial_sum(m_first.begin(), m_first.end(), m_first.begin());
        m_faces.resize(n);
        std::vector<std::size_t> next(m_first.begin(), m_first.end() - 1);
        for (std::size_t f = 0; f < n; ++f)
            m_faces[next[benchmark.faces[f]]++] = static_cast<std::uint32_t>(f);
    }

    /// A picture that succeeded. Different pictures may come from different threads.
    void take(std::size_t picture, std::span<const float> feature, float dScore, float detector)
    {
        for (std::size_t i = m_first[picture]; i < m_first[picture + 1]; ++i) {
            const std::size_t f = m_faces[i];
            std::copy(feature.begin(), feature.end(), m_set.features.begin() + static_cast<std::ptrdiff_t>(f * feature.size()));
            m_set.dScores[f] = dScore;
            m_set.detector[f] = detector;
            m_taken[f] = 1;
        }
    }

    /// Closes the gaps of those that failed.
    TemplateFeatures finish(Task &task)
    {
        const auto width = static_cast<std::size_t>(m_set.dim);
        std::size_t to = 0;
        bool detected = true;
        for (std::int64_t t = 0; t < m_benchmark.templates(); ++t) {
            for (auto f = static_cast<std::size_t>(m_benchmark.begin[static_cast<std::size_t>(t)]);
                 f < static_cast<std::size_t>(m_benchmark.begin[static_cast<std::size_t>(t) + 1]); ++f) {
                if (f % static_cast<std::size_t>(s_block) == 0)
                    task.throwIfCancelled();
                if (m_taken[f] == 0)
                    continue;
                if (to != f) {
                    std::copy_n(m_set.features.begin() + static_cast<std::ptrdiff_t>(f * width), width,
                                m_set.features.begin() + static_cast<std::ptrdiff_t>(to * width));
                    m_set.dScores[to] = m_set.dScores[f];
                    m_set.detector[to] = m_set.detector[f];
                }
                if (!m_benchmark.media.empty())
                    m_set.media.push_back(m_benchmark.media[f]);
                m_set.names.push_back(m_benchmark.pictures[m_benchmark.faces[f]].file.string());
                m_set.pictures.push_back(m_benchmark.faces[f]);
                detected = detected && m_set.detector[to] >= 0;
                ++to;
            }
            m_set.begin.push_back(static_cast<std::int64_t>(to));
        }
        m_set.features.resize(to * width);
        m_set.dScores.resize(to);
        m_set.detector.resize(detected ? to : 0);
        m_set.ids = m_benchmark.ids;
        m_set.subjects = m_benchmark.subjects;
        m_set.subjectNames = m_benchmark.subjectNames;
        if (to == 0)
            throw Error("Not one picture of " + m_benchmark.name + " gave a face.");
        m_set.check();
        return std::move(m_set);
    }

private:
    const Benchmark &m_benchmark;
    TemplateFeatures m_set;
    std::vector<std::uint8_t> m_taken;
    std::vector<std::size_t> m_first;
    std::vector<std::uint32_t> m_faces;
};

} // namespace

TemplateFeatures arrange(const Benchmark &benchmark, const FeatureStore &store, std::vector<std::string> &warnings, Task &task)
{
    if (store.info().pictures != static_cast<std::int64_t>(benchmark.pictures.size()))
        throw Error("The store holds " + std::to_string(store.info().pictures) + " pictures, " + benchmark.name + " has "
                    + std::to_string(benchmark.pictures.size()) + "; extract the features again.");
    task.stage("Reading features");
    Arrangement arrangement(benchmark, store.info().dim);
    std::vector<Extracted> outcomes(benchmark.pictures.size());
    const auto width = static_cast<std::size_t>(store.info().dim);
    store.read(
        [&](std::int64_t begin, const FeatureBlock &block) {
            for (std::size_t i = 0; i < block.size(); ++i) {
                const std::size_t picture = static_cast<std::size_t>(begin) + i;
                outcomes[picture] = block.outcomes[i];
                if (block.outcomes[i] == Extracted::Scored)
                    arrangement.take(picture, std::span<const float>(block.features).subspan(i * width, width), block.dScores[i], block.detector[i]);
            }
        },
        task);
    warnings.insert(warnings.end(), benchmark.warnings.begin(), benchmark.warnings.end());
    const std::vector<std::string> failed = extractionWarnings(benchmark, outcomes);
    warnings.insert(warnings.end(), failed.begin(), failed.end());
    try {
        return arrangement.finish(task);
    } catch (const Error &error) {
        throw Error(error.what() + (failed.empty() ? std::string() : " " + failed.front()));
    }
}

namespace {

/// D-scores by picture from `image tid mid score`: line i is picture i where both names agree, else it is found by image and template.
std::vector<float> readScoreText(const Benchmark &benchmark, const fs::path &file, std::vector<std::string> &warnings, Task &task)
{
    const auto nameOf = [&](std::size_t i) { return benchmark.pictures[i].file.filename().string(); };
    std::vector<float> scores(benchmark.pictures.size(), std::numeric_limits<float>::quiet_NaN());
    std::unordered_map<std::string, std::size_t> places;
    std::size_t at = 0;
    std::int64_t unknown = 0;
    readMetaLines(file, "'image template media score'", warnings, task, [&](std::string_view rest) -> const char * {
        const std::string_view name = nextWord(rest);
        const auto tid = wordAsInteger(nextWord(rest));
        const auto mid = wordAsInteger(nextWord(rest));
        const auto score = wordAsNumber(nextWord(rest));
        if (!tid || !mid || !score || !nextWord(rest).empty())
            return "is not an image, two whole numbers and a score";
        const std::size_t slash = name.rfind('/');
        const std::string_view last = slash == std::string_view::npos ? name : name.substr(slash + 1);
        if (at < scores.size() && benchmark.pictureTemplate[at] == *tid && nameOf(at) == last) {
            scores[at++] = *score;
            return nullptr;
        }
        if (places.empty())
            for (std::size_t i = 0; i < scores.size(); ++i)
                places.emplace(nameOf(i) + ' ' + std::to_string(benchmark.pictureTemplate[i]), i);
        const auto found = places.find(std::string(last) + ' ' + std::to_string(*tid));
        if (found == places.end()) {
            ++unknown;
            return nullptr;
        }
        scores[found->second] = *score;
        at = found->second + 1;
        return nullptr;
    });
    if (unknown > 0)
        warnings.push_back(file.string() + ": " + std::to_string(unknown) + " lines name a picture that " + benchmark.name + " does not have.");
    return scores;
}

} // namespace

TemplateFeatures arrangeEmbeddings(const Benchmark &benchmark, const fs::path &embeddings, const fs::path &dScores, std::vector<std::string> &warnings,
                                   Task &task)
{
    if (benchmark.pictureTemplate.empty())
        throw UsageError("Embeddings without pictures are read for IJB-B and IJB-C, whose lists give their order; " + benchmark.name + " has none.");
    task.stage("Reading embeddings");
    const std::unique_ptr<FeatureRows> rows = openFeatures(embeddings);
    const auto n = static_cast<std::int64_t>(benchmark.pictures.size());
    if (rows->count() != n)
        throw FileError(embeddings,
                        "has " + std::to_string(rows->count()) + " rows; " + benchmark.name + " lists " + std::to_string(n)
                            + " pictures, and one row each is needed, in their order.");
    if (rows->dim() < 1 || rows->dim() > 65536)
        throw FileError(embeddings, "has rows of " + std::to_string(rows->dim()) + " values.");
    warnings.insert(warnings.end(), benchmark.warnings.begin(), benchmark.warnings.end());
    std::vector<float> scores;
    if (!dScores.empty()) {
        scores = readScoreText(benchmark, dScores, warnings, task);
    } else {
        for (const ImageItem &item : benchmark.pictures)
            scores.push_back(item.detectorScore.value_or(std::numeric_limits<float>::quiet_NaN()));
        warnings.push_back("No D-scores were given: the detector's scores stand in for them.");
    }
    Arrangement arrangement(benchmark, rows->dim());
    const auto width = static_cast<std::size_t>(rows->dim());
    std::atomic<std::int64_t> unscored{0};
    std::atomic<std::int64_t> broken{0};
    parallelFor(n, 1024, task, [&](std::int64_t begin, std::int64_t end) {
        std::vector<float> values(static_cast<std::size_t>(end - begin) * width);
        rows->read(begin, values);
        for (std::int64_t i = begin; i < end; ++i) {
            const std::span<const float> row = std::span<const float>(values).subspan(static_cast<std::size_t>(i - begin) * width, width);
            const float score = scores[static_cast<std::size_t>(i)];
            if (std::isnan(score))
                ++unscored;
            else if (!std::all_of(row.begin(), row.end(), [](float value) { return std::isfinite(value); }))
                ++broken;
            else
                arrangement.take(static_cast<std::size_t>(i), row, score, benchmark.pictures[static_cast<std::size_t>(i)].detectorScore.value_or(-1.F));
        }
    });
    if (unscored > 0)
        warnings.push_back(std::to_string(unscored) + " of " + std::to_string(n) + " pictures have no score and were left out.");
    if (broken > 0)
        warnings.push_back(std::to_string(broken) + " embeddings hold something that is no finite number and were left out.");
    return arrangement.finish(task);
}

} // namespace dscope
