// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/datasets/benchmarklists.h"

#include "core/base/error.h"
#include "core/base/grow.h"
#include "core/base/lines.h"
#include "core/base/random.h"
#include "core/evaluation/paperfigures.h"
#include "core/sets/tidypairs.h"
#include "core/tasks/benchmarks.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t s_block = std::int64_t{1} << 16; // faces or pairs between two checks for cancellation

/// Pairs that were drawn already, at 8 to 16 bytes each: twenty million are common.
class DrawnPairs {
public:
    explicit DrawnPairs(std::int64_t most)
    {
        while ((std::size_t{1} << m_bits) < static_cast<std::size_t>(most) + static_cast<std::size_t>(most) / 2)
            ++m_bits;
        // Zeros that the system gives page by page, as they are asked for: filling 268 MB at once would take a while.
        m_slots.reset(static_cast<std::uint64_t *>(std::calloc(std::size_t{1} << m_bits, sizeof(std::uint64_t))));
        if (!m_slots)
            throw std::bad_alloc();
    }
    std::int64_t size() const { return m_size; }
    /// False where it is there already. @param a below b
    bool insert(std::uint32_t a, std::uint32_t b)
    {
        const std::uint64_t key = std::uint64_t{a} << 32 | b; // never 0, the mark of an empty slot
        std::size_t at = static_cast<std::size_t>(key * 0x9e3779b97f4a7c15ULL >> (64 - m_bits));
        for (; m_slots[at] != 0; at = (at + 1) & ((std::size_t{1} << m_bits) - 1))
            if (m_slots[at] == key)
                return false;
        m_slots[at] = key;
        ++m_size;
        return true;
    }

private:
    int m_bits = 4;
    struct Free {
        void operator()(std::uint64_t *slots) const { std::free(slots); }
    };
    std::unique_ptr<std::uint64_t[], Free> m_slots;
    std::int64_t m_size = 0;
};

} // namespace

BenchmarkBuilder::BenchmarkBuilder(Benchmark &benchmark)
    : m_benchmark(benchmark), m_pictures([&](std::uint32_t place) { return std::hash<std::string>()(benchmark.pictures[place].file.string()); },
                                         [&](std::uint32_t a, std::uint32_t b) {
                                             const ImageItem &one = benchmark.pictures[a];
                                             const ImageItem &other = benchmark.pictures[b];
                                             return one.box == other.box && one.file == other.file;
                                         }),
      m_subjects([&](std::uint32_t place) { return std::hash<std::string>()(benchmark.subjectNames[place]); },
                 [&](std::uint32_t a, std::uint32_t b) { return benchmark.subjectNames[a] == benchmark.subjectNames[b]; })
{
}

std::uint32_t BenchmarkBuilder::picture(ImageItem item)
{
    const auto next = static_cast<std::uint32_t>(m_benchmark.pictures.size());
    m_benchmark.pictures.push_back(std::move(item));
    const std::uint32_t place = m_pictures.insert(next);
    if (place != next)
        m_benchmark.pictures.pop_back();
    return place;
}

std::int32_t BenchmarkBuilder::subject(std::string_view name)
{
    if (name.empty())
        return -1;
    const auto next = static_cast<std::uint32_t>(m_benchmark.subjectNames.size());
    m_benchmark.subjectNames.emplace_back(name);
    const std::uint32_t place = m_subjects.insert(next);
    if (place != next)
        m_benchmark.subjectNames.pop_back();
    return static_cast<std::int32_t>(place);
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

void BenchmarkBuilder::dropLastTemplate()
{
    m_benchmark.ids.pop_back();
    m_benchmark.subjects.pop_back();
    m_benchmark.begin.pop_back();
    const auto faces = static_cast<std::size_t>(m_benchmark.begin.back());
    m_benchmark.faces.resize(faces);
    m_benchmark.media.resize(std::min(m_benchmark.media.size(), faces));
}

void BenchmarkBuilder::expect(std::size_t pictures)
{
    m_benchmark.pictures.reserve(pictures);
    m_pictures.reserve(pictures);
}

void takeEveryNth(Benchmark &benchmark, int n, Progress &progress)
{
    if (n <= 1)
        return;
    std::vector<std::uint32_t> faces;
    std::vector<std::int32_t> media;
    std::vector<std::uint32_t> places(benchmark.pictures.size(), 0); // of those that stay: 1, then their new place
    std::size_t from = 0;
    for (std::size_t t = 0; t + 1 < benchmark.begin.size(); ++t) {
        const auto to = static_cast<std::size_t>(benchmark.begin[t + 1]);
        for (std::size_t f = from; f < to; f += static_cast<std::size_t>(n)) {
            faces.push_back(benchmark.faces[f]);
            places[benchmark.faces[f]] = 1;
            if (!benchmark.media.empty())
                media.push_back(benchmark.media[f]);
        }
        from = to;
        benchmark.begin[t + 1] = static_cast<std::int64_t>(faces.size());
    }
    benchmark.listed = std::ssize(benchmark.pictures);
    std::vector<ImageItem> pictures;
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (i % 16384 == 0)
            progress.throwIfCancelled();
        if (places[i] == 0)
            continue;
        places[i] = static_cast<std::uint32_t>(pictures.size());
        pictures.push_back(std::move(benchmark.pictures[i]));
        benchmark.listPlaces.push_back(static_cast<std::uint32_t>(i));
    }
    for (std::uint32_t &picture : faces)
        picture = places[picture];
    std::swap(benchmark.pictures, pictures);
    emptyItems(pictures, progress);
    benchmark.faces = std::move(faces);
    benchmark.media = std::move(media);
}

bool isSynthetic(const fs::path &root)
{
    std::error_code problem;
    return fs::exists(root / syntheticMark, problem);
}

std::vector<std::string> benchmarkWords()
{
    std::vector<std::string> words{"lfw", "ytf", "iqiyi", "ijba", "ijbb", "ijbc", "templates"};
    for (const TaskBenchmark &one : taskBenchmarks())
        words.emplace_back(one.word);
    return words;
}

namespace {

Benchmark readByWord(const std::string &word, const fs::path &root, const BenchmarkOptions &options, Progress &progress)
{
    if (word == "lfw")
        return readLfw(root, options, progress);
    if (word == "ytf")
        return readYtf(root, options, progress);
    if (word == "iqiyi")
        return readIqiyi(root, options, progress);
    if (word == "ijba")
        return readIjba(root, options, progress);
    if (word == "ijbb" || word == "ijbc")
        return readIjbBenchmark(root, word + "_", options, progress);
    if (word == "templates")
        return readLabelledTemplates(root, options, progress);
    if (const TaskBenchmark *one = taskBenchmark(word))
        return one->read(root, options, progress);
    std::string words;
    for (const std::string &known : benchmarkWords())
        words += (words.empty() ? "" : ", ") + known;
    throw UsageError("'" + word + "' is no benchmark; there are: " + words + ".");
}

} // namespace

void tidyBenchmark(Benchmark &benchmark, const fs::path &root, Progress &progress)
{
    const auto one = [&](std::uint32_t t) {
        const auto first = static_cast<std::size_t>(benchmark.begin[t]);
        const bool single = benchmark.begin[t + 1] - benchmark.begin[t] == 1; // LFW's templates are pictures
        return single ? pictureName(benchmark, benchmark.faces[first]) : "template " + std::to_string(benchmark.ids[t]);
    };
    for (BenchmarkSplit &split : benchmark.splits) {
        if (split.pairs.size() == 0 && (!split.search.empty() || !split.retrieval.empty()))
            continue;
        const std::string where = split.name.empty() ? std::string() : split.name + ": ";
        tidyPairs(
            split.pairs, benchmark.subjects, where, [&](std::uint32_t a, std::uint32_t b) { return one(a) + " and " + one(b); }, benchmark.warnings, progress);
        if (const std::string lacking = lackingKind(split.pairs); !lacking.empty())
            throw FileError(root,
                            (split.name.empty() ? "its list of pairs " : split.name + " ") + lacking
                                + (benchmark.warnings.empty() ? std::string() : " Of the lists: " + benchmark.warnings.back()));
    }
}

Benchmark readBenchmark(const std::string &word, const fs::path &root, const BenchmarkOptions &options, Progress &progress)
{
    std::error_code problem;
    if (!fs::exists(root, problem))
        throw FileError(root, "does not exist.");
    progress.stage("Reading " + root.string());
    Benchmark benchmark = readByWord(word, root, options, progress);
    if (word != "templates" && benchmark.videos.empty()) // whose pairs are made here, not listed, or that are not compared
        tidyBenchmark(benchmark, root, progress);
    return benchmark;
}

TemplatePairs pairsOfSubjects(const Benchmark &benchmark, std::int64_t impostorPairs, std::uint64_t seed, Progress &progress)
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
            progress.throwIfCancelled();
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
    const auto count = static_cast<std::size_t>(genuine) + static_cast<std::size_t>(std::min(impostor, impostorPairs));
    pairs.a.reserve(count);
    pairs.b.reserve(count);
    pairs.genuine.reserve(count);
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
    DrawnPairs drawn(impostorPairs);
    while (drawn.size() < impostorPairs) {
        std::uint32_t a = known[random.below(known.size())];
        std::uint32_t b = known[random.below(known.size())];
        if (a > b)
            std::swap(a, b);
        if (benchmark.subjects[a] != benchmark.subjects[b] && drawn.insert(a, b))
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

} // namespace dscope
