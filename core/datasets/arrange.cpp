// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/grow.h"
#include "core/base/leftout.h"
#include "core/base/lines.h"
#include "core/base/parallel.h"
#include "core/datasets/benchmark.h"
#include "core/datasets/ijbfiles.h"
#include "core/scores/features.h"
#include "core/sets/qualityfile.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>
#include <ostream>

namespace dscope {

namespace fs = std::filesystem;

namespace {
constexpr std::int64_t s_block = std::int64_t{1} << 16; // faces or pictures between two checks for cancellation
}

FaceList elementsOf(const Benchmark &benchmark, std::vector<std::int32_t> *cameras)
{
    FaceList list;
    list.root = benchmark.pictureFolder;
    list.people = benchmark.subjectNames;
    for (std::int64_t t = 0; t < benchmark.templates(); ++t) {
        const auto at = static_cast<std::size_t>(t);
        if (benchmark.subjects[at] < 0)
            continue;
        for (auto face = static_cast<std::size_t>(benchmark.begin[at]); face < static_cast<std::size_t>(benchmark.begin[at + 1]); ++face) {
            list.files.push_back(pictureName(benchmark, benchmark.faces[face]));
            list.labels.push_back(benchmark.subjects[at]);
            if (cameras != nullptr && !benchmark.cameras.empty())
                cameras->push_back(benchmark.cameras[at]);
        }
    }
    if (list.files.empty())
        throw Error(benchmark.name + " has no picture of anybody who is known.");
    return list;
}

std::string pictureName(const Benchmark &benchmark, std::size_t picture)
{
    const std::string file = benchmark.pictures[picture].file.string();
    const std::string &folder = benchmark.pictureFolder.native();
    if (folder.empty() || !file.starts_with(folder))
        return file;
    const std::size_t slash = folder.back() == '/' ? folder.size() - 1 : folder.size();
    return slash < file.size() && file[slash] == '/' ? file.substr(slash + 1) : file;
}

void writePictureList(const Benchmark &benchmark, const fs::path &file, Progress &progress)
{
    const auto n = static_cast<std::int64_t>(benchmark.pictures.size());
    progress.stage("Writing " + std::to_string(n) + " names");
    writeAtomically(file, [&](std::ostream &out) {
        for (std::int64_t i = 0; i < n; ++i) {
            if (i % s_block == 0)
                progress.checkpoint(i, n);
            const std::string name = pictureName(benchmark, static_cast<std::size_t>(i));
            if (name.find_first_of("\r\n") != std::string::npos)
                throw FileError(benchmark.pictures[static_cast<std::size_t>(i)].file, "has a line break in its name, which a list cannot hold.");
            out << name << '\n';
        }
    });
}

GivenFeatures madeFeatures(const Benchmark &benchmark, const fs::path &root)
{
    GivenFeatures made;
    std::error_code problem;
    if (benchmark.synthetic && fs::exists(root / "embeddings.npy", problem)) {
        made.embeddings = root / "embeddings.npy";
        if (fs::exists(root / "d_scores.txt", problem))
            made.dScores = root / "d_scores.txt";
    }
    return made;
}

namespace {

/// Everything of a benchmark but the faces' numbers, which fill() gives: a picture's row, or none if it failed.
class Arrangement {
public:
    Arrangement(const Benchmark &benchmark, std::int64_t dim, Progress &progress) : m_benchmark(benchmark)
    {
        const std::size_t n = benchmark.faces.size();
        m_set.benchmark = benchmark.name;
        m_set.synthetic = benchmark.synthetic;
        m_set.dim = dim;
        growTo(m_set.features, n * static_cast<std::size_t>(dim), progress);
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
    TemplateFeatures finish(Progress &progress)
    {
        const auto width = static_cast<std::size_t>(m_set.dim);
        std::size_t to = 0;
        bool detected = true;
        for (std::int64_t t = 0; t < m_benchmark.templates(); ++t) {
            for (auto f = static_cast<std::size_t>(m_benchmark.begin[static_cast<std::size_t>(t)]);
                 f < static_cast<std::size_t>(m_benchmark.begin[static_cast<std::size_t>(t) + 1]); ++f) {
                if (f % static_cast<std::size_t>(s_block) == 0)
                    progress.throwIfCancelled();
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
        m_set.cameras = m_benchmark.cameras;
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

TemplateFeatures arrange(const Benchmark &benchmark, const FeatureStore &store, std::vector<std::string> &warnings, Progress &progress)
{
    if (store.info().pictures != static_cast<std::int64_t>(benchmark.pictures.size()))
        throw Error("The store holds " + std::to_string(store.info().pictures) + " pictures, " + benchmark.name + " has "
                    + std::to_string(benchmark.pictures.size()) + "; extract the features again.");
    if (store.info().dim < 2)
        throw Error("The features of " + benchmark.name + " have one value a picture: that is a score, and an embedding has more.");
    progress.stage("Reading features");
    Arrangement arrangement(benchmark, store.info().dim, progress);
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
        progress);
    warnings.insert(warnings.end(), benchmark.warnings.begin(), benchmark.warnings.end());
    const std::vector<std::string> failed = extractionWarnings(benchmark, outcomes);
    warnings.insert(warnings.end(), failed.begin(), failed.end());
    try {
        return arrangement.finish(progress);
    } catch (const Error &error) {
        throw Error(error.what() + (failed.empty() ? std::string() : " " + failed.front()));
    }
}

namespace {

/// D-scores by picture from `image tid mid score`: line i is picture i where both names agree, else it is found by image and template.
std::vector<float> readScoreText(const Benchmark &benchmark, const fs::path &file, std::vector<std::string> &warnings, Progress &progress)
{
    const auto nameOf = [&](std::size_t i) { return benchmark.pictures[i].file.filename().string(); };
    std::vector<float> scores(benchmark.pictures.size(), std::numeric_limits<float>::quiet_NaN());
    std::unordered_map<std::string, std::size_t> places;
    std::size_t at = 0;
    std::int64_t unknown = 0;
    readMetaLines(file, "'image template media score'", warnings, progress, [&](std::string_view rest) -> const char * {
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

/// D-scores by picture from `picture score`: line i is picture i where the names agree throughout; else, and in other formats, by matchQuality().
std::vector<float> readPictureScores(const Benchmark &benchmark, const fs::path &file, std::vector<std::string> &warnings, Progress &progress)
{
    const std::size_t n = benchmark.pictures.size();
    const bool thinned = !benchmark.listPlaces.empty();
    std::vector<float> scores;
    scores.reserve(n);
    {
        LineReader reader(file);
        bool inOrder = true;
        while (inOrder) {
            const auto line = reader.next();
            if (!line)
                break;
            if (reader.line() % s_block == 0)
                progress.throwIfCancelled();
            std::string_view rest = *line;
            const std::string_view name = nextWord(rest);
            const auto score = wordAsNumber(nextWord(rest));
            // -1 may stand for a failure: that takes all scores to tell.
            inOrder = score && *score != -1 && nextWord(rest).empty() && (scores.size() < n || thinned);
            const bool next = inOrder && scores.size() < n && name == pictureName(benchmark, scores.size());
            if (next)
                scores.push_back(*score);
            else
                inOrder = inOrder && thinned; // of a frame that is left out, unless the next one never comes
        }
        if (inOrder && scores.size() == n)
            return scores;
    }
    QualityFile quality = readQualityFile(file, progress);
    std::vector<std::string> names;
    names.reserve(n);
    for (std::size_t i = 0; i < n; ++i) {
        if (i % static_cast<std::size_t>(s_block) == 0)
            progress.throwIfCancelled();
        names.push_back(pictureName(benchmark, i));
    }
    QualityMatch match = matchQuality(quality, names, progress);
    if (match.failed + match.missing + (thinned ? 0 : match.unused) > 0)
        warnings.push_back("D-scores: " + describe(match, quality));
    emptyItems(names, progress);
    emptyItems(quality.pictures, progress);
    return std::move(match.scores);
}

} // namespace

TemplateFeatures arrangeEmbeddings(const Benchmark &benchmark, const fs::path &embeddings, const fs::path &dScores, std::vector<std::string> &warnings,
                                   Progress &progress)
{
    progress.stage("Reading embeddings");
    const std::unique_ptr<FeatureRows> rows = openFeatures(embeddings, &warnings);
    const auto n = static_cast<std::int64_t>(benchmark.pictures.size());
    const bool whole = !benchmark.listPlaces.empty() && rows->count() == benchmark.listed && rows->count() != n;
    if (rows->count() != n && !whole)
        throw FileError(embeddings,
                        "has " + std::to_string(rows->count()) + " rows; " + benchmark.name + " lists "
                            + (benchmark.listPlaces.empty() ? std::to_string(n) + " pictures, and one row each is needed, in their order, "
                                                            : std::to_string(benchmark.listed) + " pictures, of which every N-th frame makes "
                                       + std::to_string(n) + ", and a row for each of the one or of the other number is needed, in their order, ")
                            + benchmark.pictureOrder + ". `dscope evaluate ... --list-pictures FILE` writes their names in it."
                            + (benchmark.warnings.empty() ? std::string() : " Of the lists: " + benchmark.warnings.front()));
    if (rows->dim() < 1 || rows->dim() > 65536)
        throw FileError(embeddings, "has rows of " + std::to_string(rows->dim()) + " values.");
    warnings.insert(warnings.end(), benchmark.warnings.begin(), benchmark.warnings.end());
    std::vector<float> scores;
    if (!dScores.empty()) {
        scores = benchmark.pictureTemplate.empty() ? readPictureScores(benchmark, dScores, warnings, progress)
                                                   : readScoreText(benchmark, dScores, warnings, progress);
    } else if (std::none_of(benchmark.pictures.begin(), benchmark.pictures.end(), [](const ImageItem &item) { return item.detectorScore.has_value(); })) {
        scores.assign(benchmark.pictures.size(), 1);
        warnings.push_back("No D-scores were given, and " + benchmark.name
                           + " has no detector's scores: every picture counts as 1, so that methods that look at D-scores (DDL, top-1) tell nothing.");
    } else {
        for (const ImageItem &item : benchmark.pictures)
            scores.push_back(item.detectorScore.value_or(std::numeric_limits<float>::quiet_NaN()));
        warnings.push_back("No D-scores were given: the detector's scores stand in for them.");
    }
    const FeatureFit fit = rows->fit(progress);
    if (!fit.notice.empty())
        warnings.push_back(fit.notice);
    Arrangement arrangement(benchmark, rows->dim(), progress);
    const auto width = static_cast<std::size_t>(rows->dim());
    std::vector<std::int64_t> unscored;
    std::vector<std::int64_t> zero;
    std::mutex mutex;
    std::vector<std::int64_t> broken;
    const auto note = [&](std::vector<std::int64_t> &list, std::int64_t picture) {
        const std::lock_guard lock(mutex);
        list.push_back(picture);
    };
    parallelFor(n, 1024, progress, [&](std::int64_t begin, std::int64_t end) {
        std::vector<float> values(static_cast<std::size_t>(end - begin) * width);
        if (!whole)
            rows->read(begin, values);
        for (std::int64_t i = begin; i < end; ++i) {
            const std::span<float> row = std::span<float>(values).subspan(static_cast<std::size_t>(i - begin) * width, width);
            if (whole)
                rows->read(std::int64_t{benchmark.listPlaces[static_cast<std::size_t>(i)]}, row);
            const float score = scores[static_cast<std::size_t>(i)];
            if (std::isnan(score))
                note(unscored, i);
            else if (!std::all_of(row.begin(), row.end(), [](float value) { return std::isfinite(value); }))
                note(broken, i);
            else if (std::all_of(row.begin(), row.end(), [](float value) { return value == 0; }))
                note(zero, i);
            else
                arrangement.take(static_cast<std::size_t>(i), row, score, benchmark.pictures[static_cast<std::size_t>(i)].detectorScore.value_or(-1.F));
        }
    });
    std::string reasons;
    const auto tell = [&](std::vector<std::int64_t> &list, bool row, const std::string &one, const std::string &many, const char *more) {
        if (list.empty())
            return;
        std::sort(list.begin(), list.end());
        LeftOut names;
        for (const std::int64_t picture : list) {
            const std::string name = pictureName(benchmark, static_cast<std::size_t>(picture));
            const std::int64_t place = whole ? std::int64_t{benchmark.listPlaces[static_cast<std::size_t>(picture)]} : picture;
            names.add(row ? "row " + std::to_string(place) + " (" + name + ")" : name);
        }
        warnings.push_back((row ? embeddings.string() + ": " : std::string()) + names.sentence(one, many) + more);
        reasons += " " + warnings.back();
    };
    const std::string of = "of " + std::to_string(n) + " pictures ";
    tell(unscored, false, of + "has no score and was", of + "have no score and were",
         " They take part in no method, average included, so that all rest on the same pictures.");
    // Rows that are too far apart for one power of two, if there are such.
    const std::string beyond = fit.largest > 0 ? ", or numbers that float32 cannot hold (up to " + csvNumber(fit.largest) + ")," : "";
    const std::string below = fit.largest > 0 ? " or too small for float32 (down to " + csvNumber(fit.smallest) + "; make all rows unit vectors first)" : "";
    tell(broken, true, "of " + std::to_string(rows->count()) + " embeddings holds NaN or infinity" + beyond + " and was",
         "of " + std::to_string(rows->count()) + " embeddings hold NaN or infinity" + beyond + " and were", "");
    tell(zero, true, "of " + std::to_string(rows->count()) + " embeddings is all zeros" + below + ", which has no direction, and was",
         "of " + std::to_string(rows->count()) + " embeddings are all zeros" + below + ", which have no direction, and were", "");
    if (static_cast<std::int64_t>(unscored.size() + broken.size() + zero.size()) == n && n > 0)
        throw Error("Not one embedding of " + benchmark.name + " can be used." + reasons);
    return arrangement.finish(progress);
}

} // namespace dscope
