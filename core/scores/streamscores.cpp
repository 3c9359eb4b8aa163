// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/scores/streamscores.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/hostfloats.h"
#include "core/base/parallel.h"
#include "core/base/products.h"
#include "core/nets/batches.h"
#include "core/scores/classes.h"
#include "core/scores/hardestsearch.h"
#include "core/scores/scoreprogress.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace dscope {

namespace {

constexpr double s_rounding = 0x1p-24;        ///< of one float32 operation
constexpr std::int64_t s_least = 64;          ///< neither side of a block is made smaller than this when a GPU's memory is short
constexpr std::int64_t s_centroidPass = 4096; ///< features read at a time for the centroids
constexpr std::int64_t s_sharedPiece = 64;    ///< features that a thread takes at a time where several share a block
constexpr std::int64_t s_gpuBlocks = 16;      ///< that go through a GPU before what they gave is kept
constexpr std::int64_t s_gpuHands = 3;        ///< threads that feed it: while it searches for one, the next block is read and the last one is decided

/// What a block's work needs. Kept from block to block: fresh memory costs more than what is done with it.
struct Workspace {
    std::vector<float> rows;
    std::vector<double> features;
    std::vector<double> samples; ///< of unit length, for cosines
    std::vector<float> margins;
    HostFloats rounded;
    HardestSearch::Candidates candidates;

    explicit Workspace(const Device &device) : rounded(device) {}
};

class Streaming {
public:
    Streaming(const FeatureRows &features, std::span<const std::int32_t> labels, const StreamOptions &options)
        : m_features(features), m_options(options), m_classes(checked(features, labels), options.dscore), m_dim(static_cast<std::size_t>(features.dim())),
          m_cosine(options.dscore.metric == DScoreOptions::Metric::Cosine)
    {
        if (options.rows < 0 || options.centroids < 0 || options.part < 0)
            throw Error("The blocks of the D-score search must not be negative.");
        setBlocks(options.device);
        if (options.rows > 0)
            m_rows = wholePictures(options.rows);
        if (options.centroids > 0)
            m_columns = options.centroids;
    }

    DScores run(Progress &task)
    {
        const std::int64_t n = m_features.count();
        task.stage("Computing centroids");
        sumUp(task);
        task.stage("Comparing with the centroids");
        place(m_options.device);
        if (m_search.device() != m_options.device) {
            task.notice("The GPU has no room for the centroids: comparing on the CPU.");
            setBlocks(m_search.device());
        }
        m_result.own.resize(static_cast<std::size_t>(n));
        m_otherOwn.resize(static_cast<std::size_t>(n));
        m_result.hardest.resize(static_cast<std::size_t>(n));
        m_result.hardestClass.resize(static_cast<std::size_t>(n));
        std::int64_t begin = m_progress.takeUp(m_options.progress, m_options.progress.empty() ? std::string() : identity(), m_options.dscore.copies,
                                               static_cast<std::int32_t>(m_classes.count.size()), {m_result, m_otherOwn});
        task.checkpoint(begin, n);
        while (begin < n) {
            const std::int64_t count = std::min(m_rows * (m_search.device().isCuda() ? s_gpuBlocks : threads()), n - begin);
            try {
                blocks(begin, count, task);
            } catch (const c10::Error &error) {
                if (!isOutOfMemory(error))
                    throw;
                stepDown(task);
                continue;
            }
            m_progress.keep(begin, count, {m_result, m_otherOwn});
            begin += count;
            task.checkpoint(begin, n);
        }
        m_progress.close();
        finishDScores(m_result, m_otherOwn, std::move(m_classes), m_options.dscore, task);
        return std::move(m_result);
    }

private:
    static std::span<const std::int32_t> checked(const FeatureRows &features, std::span<const std::int32_t> labels)
    {
        if (features.count() != static_cast<std::int64_t>(labels.size()))
            throw Error("D-scores need one feature a label; there are " + std::to_string(features.count()) + " features and " + std::to_string(labels.size())
                        + " labels.");
        return labels;
    }

    void setBlocks(const Device &device)
    {
        m_rows = wholePictures(device.isCuda() ? 16384 : 512);
        m_columns = device.isCuda() ? 16384 : 512;
    }

    /// A block holds all copies of its pictures, so that one can be left out as a whole.
    std::int64_t wholePictures(std::int64_t rows) const
    {
        const std::int64_t copies = m_options.dscore.copies;
        return (rows + copies - 1) / copies * copies;
    }

    std::size_t classOf(std::int64_t i) const { return static_cast<std::size_t>(m_classes.of[static_cast<std::size_t>(i)]); }
    std::span<const double> sum(std::size_t k) const { return std::span<const double>(m_sums).subspan(k * m_dim, m_dim); }

    /// Rows as they are read, and in double, normalised if that is asked for. @param piece rows that a thread takes at a time @throws Error that names the
    /// first with a value that is not finite
    void load(std::int64_t begin, std::int64_t count, std::int64_t piece, std::vector<float> &rows, std::vector<double> &features) const
    {
        rows.resize(static_cast<std::size_t>(count) * m_dim);
        features.resize(rows.size());
        m_features.read(begin, rows);
        std::atomic<std::int64_t> bad{count};
        Progress quiet;
        parallelFor(count, piece, quiet, [&](std::int64_t from, std::int64_t to) {
            for (std::int64_t i = from; i < to; ++i) {
                const auto row = std::span<const float>(rows).subspan(static_cast<std::size_t>(i) * m_dim, m_dim);
                if (!std::all_of(row.begin(), row.end(), [](float value) { return std::isfinite(value); })) {
                    for (std::int64_t before = bad; i < before && !bad.compare_exchange_weak(before, i);) {
                    }
                    return;
                }
                loadFeature(row, m_options.dscore, std::span<double>(features).subspan(static_cast<std::size_t>(i) * m_dim, m_dim));
            }
        });
        if (bad < count)
            throw Error("The feature of sample " + std::to_string(begin + bad) + " holds a value that is not a finite number.");
    }

    /// The sums of every class's features, in the order of the pictures, and from them the centroids as they are compared with. Each thread adds up
    /// classes of its own, so the order is that of one thread.
    void sumUp(Progress &task)
    {
        m_sums.assign(m_classes.count.size() * m_dim, 0.0);
        std::vector<float> rows;
        std::vector<double> features;
        std::mutex mutex;
        Progress quiet;
        const auto hands = static_cast<std::size_t>(threads());
        for (std::int64_t begin = 0; begin < m_features.count(); begin += s_centroidPass) {
            const std::int64_t count = std::min(s_centroidPass, m_features.count() - begin);
            load(begin, count, s_sharedPiece, rows, features);
            addToRest(begin, count, features);
            parallelFor(threads(), 1, quiet, [&](std::int64_t from, std::int64_t to) {
                double largest = 0;
                for (auto hand = static_cast<std::size_t>(from); hand < static_cast<std::size_t>(to); ++hand)
                    for (std::int64_t i = 0; i < count; ++i) {
                        const std::size_t k = classOf(begin + i);
                        if (k % hands != hand)
                            continue;
                        const double *feature = features.data() + static_cast<std::size_t>(i) * m_dim;
                        for (std::size_t d = 0; d < m_dim; ++d)
                            largest = std::max(largest, std::abs(feature[d]));
                        if (!isInCentroid(static_cast<std::size_t>(begin + i), m_options.dscore))
                            continue;
                        double *sum = m_sums.data() + k * m_dim;
                        for (std::size_t d = 0; d < m_dim; ++d)
                            sum[d] += feature[d];
                    }
                const std::lock_guard lock(mutex);
                m_largest = std::max(m_largest, largest);
            });
            task.checkpoint(begin + count, m_features.count());
        }
    }

    /// Adds up what no centroid is made of, so that identity() hears of it.
    void addToRest(std::int64_t begin, std::int64_t count, const std::vector<double> &features)
    {
        m_rest.resize(m_dim);
        for (std::int64_t i = 0; i < count; ++i)
            if (!isInCentroid(static_cast<std::size_t>(begin + i), m_options.dscore))
                for (std::size_t d = 0; d < m_dim; ++d)
                    m_rest[d] += features[static_cast<std::size_t>(i) * m_dim + d];
    }

    /// A class's centroid in double, as it is compared with.
    void centroid(std::size_t k, std::span<double> out) const
    {
        for (std::size_t d = 0; d < m_dim; ++d)
            out[d] = m_sums[k * m_dim + d] / static_cast<double>(m_classes.inCentroid(k));
        if (m_cosine)
            toUnitLength(out);
    }

    /// What float32 is scaled by: unit vectors as they are, others so that neither large nor small features leave its range.
    double scale() const { return m_cosine || m_largest <= 0 ? 1.0 : std::exp2(-std::ceil(std::log2(m_largest))); }

    /// The centroids in float32 on the device; for distances also minus half their squared lengths.
    void place(const Device &device)
    {
        std::mutex mutex;
        m_longest = 0;
        Progress quiet;
        const auto classes = static_cast<std::int64_t>(m_classes.count.size());
        m_search.place(classes, static_cast<std::int64_t>(m_dim), m_cosine, device, [&](float *rows, float *halves) {
            parallelFor(classes, 256, quiet, [&](std::int64_t from, std::int64_t to) {
                std::vector<double> one(m_dim);
                double longest = 0;
                for (std::int64_t k = from; k < to; ++k) {
                    centroid(static_cast<std::size_t>(k), one);
                    float *row = rows + k * static_cast<std::int64_t>(m_dim);
                    double squares = 0;
                    for (std::size_t d = 0; d < m_dim; ++d) {
                        const double value = one[d] * scale();
                        row[d] = static_cast<float>(value);
                        squares += value * value;
                    }
                    halves[k] = static_cast<float>(-squares / 2);
                    longest = std::max(longest, std::sqrt(squares));
                }
                const std::lock_guard lock(mutex);
                m_longest = std::max(m_longest, longest);
            });
        });
    }

    void stepDown(Progress &task)
    {
        const std::int64_t least = wholePictures(s_least);
        if (m_rows > least || m_columns > s_least) {
            m_rows = std::max(std::min(m_rows, least), wholePictures(m_rows / 2));
            m_columns = std::max(std::min(m_columns, s_least), m_columns / 2);
            m_spare.clear();
            task.notice((m_search.device().isCuda() ? "The GPU is out of memory: comparing " : "There is not enough memory: comparing ")
                        + std::to_string(m_rows) + " pictures with " + std::to_string(m_columns) + " centroids at a time.");
        } else if (m_search.device().isCuda()) {
            task.notice("The GPU is out of memory even for small blocks: going on with the CPU.");
            m_spare.clear();
            place(Device{});
            setBlocks(m_search.device());
        } else {
            throw Error("There is not enough memory to compare the features with the centroids.");
        }
    }

    /// On the CPU each thread takes a block of its own from beginning to end: inside one product they would wait for each other. A GPU is fed by a few
    /// threads, so that it does not wait while a block is read or decided.
    void blocks(std::int64_t begin, std::int64_t count, Progress &task)
    {
        if (!m_search.device().isCuda()) {
            Progress quiet;
            return parallelFor(count, m_rows, quiet, [&](std::int64_t from, std::int64_t to) {
                const OneThread alone;
                block(begin + from, to - from);
            });
        }
        const std::int64_t pieces = (count + m_rows - 1) / m_rows;
        std::atomic<std::int64_t> next{0};
        std::mutex mutex;
        std::exception_ptr first;
        const auto work = [&] {
            for (std::int64_t piece = next++; piece < pieces; piece = next++) {
                try {
                    task.throwIfCancelled();
                    block(begin + piece * m_rows, std::min(m_rows, count - piece * m_rows));
                } catch (...) {
                    const std::lock_guard lock(mutex);
                    if (!first)
                        first = std::current_exception();
                    next = pieces;
                }
            }
        };
        std::vector<std::thread> others;
        try {
            while (std::ssize(others) + 1 < std::min(pieces, s_gpuHands))
                others.emplace_back(work);
        } catch (const std::system_error &) {
            // No more threads to be had: those there are do the work.
        }
        work();
        for (std::thread &other : others)
            other.join();
        if (first)
            std::rethrow_exception(first);
    }

    /// A workspace for as long as it is held.
    class Borrowed {
    public:
        explicit Borrowed(Streaming &from) : m_from(from)
        {
            const std::lock_guard lock(m_from.m_spareMutex);
            if (m_from.m_spare.empty()) {
                m_space = std::make_unique<Workspace>(m_from.m_search.device());
            } else {
                m_space = std::move(m_from.m_spare.back());
                m_from.m_spare.pop_back();
            }
        }
        ~Borrowed()
        {
            const std::lock_guard lock(m_from.m_spareMutex);
            m_from.m_spare.push_back(std::move(m_space));
        }
        Borrowed(const Borrowed &) = delete;
        Borrowed &operator=(const Borrowed &) = delete;
        Workspace &operator*() { return *m_space; }

    private:
        Streaming &m_from;
        std::unique_ptr<Workspace> m_space;
    };

    void block(std::int64_t begin, std::int64_t count)
    {
        Borrowed borrowed(*this);
        Workspace &space = *borrowed;
        // In double once, for the answers; rounded, for the search.
        const std::int64_t piece = m_search.device().isCuda() ? s_sharedPiece : count; // on the CPU each thread has a block of its own
        load(begin, count, piece, space.rows, space.features);
        const std::vector<double> &features = space.features;
        const std::vector<double> &compared = m_cosine ? space.samples : space.features;
        std::vector<float> &margins = space.margins;
        margins.resize(static_cast<std::size_t>(count));
        space.rounded.resize(features.size());
        float *rounded = space.rounded.values().data();
        const double factor = scale();
        if (m_cosine)
            space.samples.resize(features.size());
        Progress quiet;
        parallelFor(count, piece, quiet, [&](std::int64_t from, std::int64_t to) {
            for (std::int64_t i = from; i < to; ++i) {
                const std::size_t at = static_cast<std::size_t>(i) * m_dim;
                if (m_cosine) {
                    std::copy_n(features.begin() + static_cast<std::ptrdiff_t>(at), m_dim, space.samples.begin() + static_cast<std::ptrdiff_t>(at));
                    toUnitLength(std::span<double>(space.samples).subspan(at, m_dim));
                }
                double squares = 0;
                for (std::size_t d = 0; d < m_dim; ++d) {
                    const double value = compared[at + d] * factor;
                    rounded[at + d] = static_cast<float>(value);
                    squares += value * value;
                }
                margins[static_cast<std::size_t>(i)] = margin(std::sqrt(squares));
            }
        });

        auto &candidates = space.candidates;
        candidates.resize(std::max(candidates.size(), static_cast<std::size_t>(count)));
        for (auto &near : candidates)
            near.clear();
        const std::vector<float> best = m_search.run(rounded, std::span(m_classes.of).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(count)),
                                                     margins, m_columns, m_options.part, candidates);

        const std::int64_t copies = m_options.dscore.copies;
        parallelFor(count, wholePictures(piece), quiet, [&](std::int64_t from, std::int64_t to) {
            std::vector<double> other(m_dim);
            OwnCentroid own(m_options.dscore, m_dim);
            for (std::int64_t i = from; i < to; ++i) {
                const auto row = static_cast<std::size_t>(i);
                const std::span<const double> sample = std::span<const double>(compared).subspan(row * m_dim, m_dim);
                auto &near = candidates[row];
                std::sort(near.begin(), near.end());
                bool any = false;
                double closest = 0;
                std::int32_t which = -1;
                for (const auto &[k, value] : near) {
                    if (value < best[row] - margins[row])
                        continue;
                    centroid(static_cast<std::size_t>(k), other);
                    const double found = m_cosine ? dot(sample, other) : distance(sample, other);
                    // Strictly closer: the lowest index wins a tie.
                    if (!any || (m_cosine ? found > closest : found < closest)) {
                        closest = found;
                        which = k;
                        any = true;
                    }
                }
                const auto to_ = static_cast<std::size_t>(begin + i);
                const std::size_t mine = classOf(begin + i);
                m_result.hardest[to_] = closest;
                m_result.hardestClass[to_] = which;
                const std::int64_t copy = i % copies;
                if (copy == 0)
                    own.setPicture(std::span<const double>(features).subspan(row * m_dim, static_cast<std::size_t>(copies) * m_dim));
                const OwnCentroid::Found found =
                    own.compare(static_cast<std::size_t>(copy), sample, std::span<const double>(features).subspan(row * m_dim, m_dim), sum(mine),
                                m_classes.inCentroid(mine));
                m_result.own[to_] = found.own;
                m_otherOwn[to_] = found.other;
            }
        });
    }

    /// Twice what float32 can be wrong by for a sample of this length, so that the true best is always among those within it of the best found.
    float margin(double length) const
    {
        const double terms = static_cast<double>(m_dim) + 8;
        const double error = terms * s_rounding * (m_cosine ? 1.001 : length * m_longest + m_longest * m_longest / 2);
        return static_cast<float>(2 * error + std::numeric_limits<float>::min());
    }

    /// What the outcomes depend on. The sums stand for the features.
    std::string identity() const
    {
        Sha256 hash;
        const auto add = [&hash](const auto &values) { hash.add(values.data(), values.size() * sizeof(values[0])); };
        hash.add(std::to_string(m_features.count()) + ' ' + std::to_string(m_dim) + ' ' + (m_cosine ? "cosine " : "euclidean ")
                 + (m_options.dscore.normaliseFeatures ? "normalised " : "as they are ") + leaveOutWords.wordOf(m_options.dscore.leaveOut) + ' '
                 + centroidWords.wordOf(m_options.dscore.centroids) + ' ' + std::to_string(m_options.dscore.copies) + ' ');
        add(m_classes.of);
        add(m_sums);
        add(m_rest);
        return hash.hex();
    }

    const FeatureRows &m_features;
    const StreamOptions &m_options;
    ClassIndex m_classes;
    std::size_t m_dim;
    bool m_cosine;
    std::int64_t m_rows = 0;
    std::int64_t m_columns = 0;
    DScores m_result;
    std::vector<double> m_otherOwn; ///< see OwnCentroid::Found
    std::vector<double> m_sums;     ///< [K, dim] of the features in the centroids
    std::vector<double> m_rest;     ///< [dim] of all others
    double m_largest = 0;           ///< absolute value of the features
    double m_longest = 0;           ///< centroid, scaled
    HardestSearch m_search;
    std::mutex m_spareMutex;
    std::vector<std::unique_ptr<Workspace>> m_spare;
    ScoreProgress m_progress;
};

} // namespace

DScores streamDScores(const FeatureRows &features, std::span<const std::int32_t> labels, const StreamOptions &options, Progress &task)
{
    return Streaming(features, labels, options).run(task);
}

double searchFlop(std::int64_t pictures, std::int64_t classes, std::int64_t dim)
{
    return 2.0 * static_cast<double>(pictures) * static_cast<double>(classes) * static_cast<double>(dim);
}

} // namespace dscope
