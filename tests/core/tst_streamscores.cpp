// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/npy.h"
#include "core/base/random.h"
#include "core/nets/checkpoint.h"
#include "core/scores/streamscores.h"
#include "tests/support/support.h"
#include "tests/support/torchfiles.h"

#include <ATen/ATen.h>
#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <QTemporaryDir>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <limits>
#include <tuple>

using namespace dscope;

namespace fs = std::filesystem;

namespace {

/// A .npy as numpy writes it.
std::string npy(const std::string &descr, bool fortran, const std::string &shape, const std::string &data)
{
    std::string text = "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }\n";
    return std::string("\x93NUMPY\x01\0", 8) + static_cast<char>(text.size()) + '\0' + text + data;
}

/// Numbers of the type of `value`.
template<typename T>
std::string bytes(T value, std::initializer_list<double> numbers, bool big)
{
    std::string out;
    for (const double number : numbers) {
        value = static_cast<T>(number);
        std::string one(reinterpret_cast<const char *>(&value), sizeof value);
        if (big)
            std::reverse(one.begin(), one.end());
        out += one;
    }
    return out;
}

/// A safetensors of these: name, type, shape and bytes.
std::string tensors(const std::vector<std::tuple<std::string, std::string, std::string, std::string>> &list)
{
    std::string header = "{";
    std::string data;
    for (const auto &[name, dtype, shape, numbers] : list) {
        header += std::string(header.size() > 1 ? "," : "") + "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":["
            + std::to_string(data.size()) + "," + std::to_string(data.size() + numbers.size()) + "]}";
        data += numbers;
    }
    header += "}";
    std::string length(8, '\0');
    length[0] = static_cast<char>(header.size() & 255);
    length[1] = static_cast<char>(header.size() >> 8);
    return length + header + data;
}

struct Made {
    std::vector<float> features;
    std::vector<std::int32_t> labels;
    std::int64_t dim = 0;
};

/// @param copies that have one label each; n is a multiple
Made made(std::size_t n, std::uint64_t classes, std::int64_t dim, std::uint64_t seed, double noise = 0.7, std::size_t copies = 1)
{
    Random random(seed);
    Made result;
    result.dim = dim;
    for (std::size_t i = 0; i < n; i += copies)
        result.labels.insert(result.labels.end(), copies, static_cast<std::int32_t>(random.below(classes)) * 3 - 7);
    for (const std::int32_t label : result.labels) {
        Random centre(seed + 99, static_cast<std::uint64_t>(label + 7));
        for (std::int64_t d = 0; d < dim; ++d)
            result.features.push_back(static_cast<float>(centre.normal() + noise * random.normal() + 0.4));
    }
    return result;
}

DScores streamed(const Made &set, const StreamOptions &options = {})
{
    Progress task;
    return streamDScores(*featuresInMemory(set.features, set.dim), set.labels, options, task);
}

DScores direct(const Made &set, const DScoreOptions &options = {})
{
    Progress task;
    return computeDScores(set.features, set.dim, set.labels, options, task);
}

bool close(const std::vector<double> &a, const std::vector<double> &b)
{
    for (std::size_t i = 0; i < a.size(); ++i)
        if (std::abs(a[i] - b[i]) > 1e-11 * std::max(1.0, std::abs(b[i])))
            return false;
    return a.size() == b.size();
}

bool sameBits(const DScores &a, const DScores &b)
{
    return a.raw == b.raw && a.normalised == b.normalised && a.own == b.own && a.hardest == b.hardest && a.hardestClass == b.hardestClass
        && a.classes == b.classes && a.target == b.target && a.mu == b.mu && a.sigma == b.sigma && a.floored == b.floored && a.singleSample == b.singleSample
        && a.bias.inside == b.bias.inside && a.bias.outside == b.bias.outside && a.bias.pictures == b.bias.pictures
        && (a.bias.correlation == b.bias.correlation || (std::isnan(a.bias.correlation) && std::isnan(b.bias.correlation)));
}

/// Counts what is read, and cancels at a row.
class Watched final : public FeatureRows {
public:
    Watched(const Made &set, Progress *task = nullptr, std::int64_t cancelAt = -1)
        : m_rows(featuresInMemory(set.features, set.dim)), m_task(task), m_cancelAt(cancelAt)
    {
        m_count = m_rows->count();
        m_dim = m_rows->dim();
    }
    void read(std::int64_t begin, std::span<float> out) const override
    {
        ++reads;
        // The second time past a row is the comparison.
        if (m_cancelAt >= 0 && begin == m_cancelAt)
            m_task->cancel();
        m_rows->read(begin, out);
    }
    mutable std::atomic<int> reads{0};

private:
    std::unique_ptr<FeatureRows> m_rows;
    Progress *m_task;
    std::int64_t m_cancelAt;
};

} // namespace

class TestStreamscores : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path path(const char *name) const { return fs::path(m_dir.path().toStdString()) / name; }

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_dir.isValid()); }

    void sameAsInMemory_data()
    {
        QTest::addColumn<int>("metric");
        QTest::addColumn<bool>("normalise");
        QTest::addColumn<int>("leaveOut");
        QTest::addColumn<int>("copies"); // below 0: of which the clean ones alone make the centroids
        for (const int metric : {0, 1})
            for (const bool normalise : {false, true})
                for (const int leave : {0, 1, 2})
                    for (const int copies : {1, 4, -4})
                        QTest::addRow("%s%s, leave out %s, %d copies%s", metric == 0 ? "cosine" : "euclidean", normalise ? ", normalised" : "",
                                      leaveOutWords.wordOf(static_cast<DScoreOptions::LeaveOut>(leave)).c_str(), std::abs(copies),
                                      copies < 0 ? ", clean centroids" : "")
                            << metric << normalise << leave << copies;
    }
    /// Whatever the blocks, the answer is the same to the last bit, and the definition's.
    void sameAsInMemory()
    {
        QFETCH(int, metric);
        QFETCH(bool, normalise);
        QFETCH(int, leaveOut);
        QFETCH(int, copies);
        const Made set = made(432, 37, 24, 5, 0.7, static_cast<std::size_t>(std::abs(copies)));
        StreamOptions options;
        options.dscore.metric = metric == 0 ? DScoreOptions::Metric::Cosine : DScoreOptions::Metric::Euclidean;
        options.dscore.normaliseFeatures = normalise;
        options.dscore.leaveOut = static_cast<DScoreOptions::LeaveOut>(leaveOut);
        options.dscore.copies = std::abs(copies);
        options.dscore.centroids = copies < 0 ? DScoreOptions::Centroids::Clean : DScoreOptions::Centroids::All;
        const DScores expected = direct(set, options.dscore);
        const DScores once = streamed(set, options);
        QVERIFY(close(once.own, expected.own) && close(once.hardest, expected.hardest) && close(once.raw, expected.raw));
        QVERIFY(close(once.normalised, expected.normalised));
        QCOMPARE(once.hardestClass, expected.hardestClass);
        QCOMPARE(once.classes, expected.classes);
        QCOMPARE(once.target, expected.target);
        QVERIFY(std::abs(once.mu - expected.mu) < 1e-11 && std::abs(once.sigma - expected.sigma) < 1e-11);
        Random random(8);
        for (int i = 0; i < (copies == 1 ? 12 : 4); ++i) {
            options.rows = 1 + static_cast<std::int64_t>(random.below(i % 4 < 2 ? 20 : 600));
            options.centroids = 1 + static_cast<std::int64_t>(random.below(i % 2 == 0 ? 6 : 60));
            options.part = static_cast<std::int64_t>(random.below(9)); // as a GPU has more than one a block
            QVERIFY2(sameBits(streamed(set, options), once), qPrintable(QStringLiteral("%1 x %2").arg(options.rows).arg(options.centroids)));
        }
    }

    /// Centroids that float32 cannot tell apart, and some that are equal: double decides, then the lowest class.
    void nearTies()
    {
        Random random(3);
        Made set;
        set.dim = 64;
        std::vector<float> centre;
        for (int d = 0; d < 64; ++d)
            centre.push_back(static_cast<float>(random.normal()));
        for (std::int32_t k = 0; k < 200; ++k)
            for (int i = 0; i < 2; ++i) {
                set.labels.push_back(k);
                for (std::size_t d = 0; d < 64; ++d)
                    set.features.push_back(centre[d] * (k % 3 == 0 ? 1.F : 1.F + static_cast<float>(random.below(5)) * 1e-7F));
            }
        for (const auto metric : {DScoreOptions::Metric::Cosine, DScoreOptions::Metric::Euclidean}) {
            StreamOptions options;
            options.dscore.metric = metric;
            options.dscore.epsilon = 1e-9;
            const DScores expected = direct(set, options.dscore);
            const DScores found = streamed(set, options);
            // Their products in double differ in the last bits by the order of summation; the distances chosen are as near.
            for (std::size_t i = 0; i < set.labels.size(); ++i)
                QVERIFY(std::abs(found.hardest[i] - expected.hardest[i]) < 1e-14);
            options.rows = 7;
            options.centroids = 13;
            QVERIFY(sameBits(streamed(set, options), found));
        }
        // Exact ties: the lowest class that is not one's own.
        Made equal;
        equal.dim = 2;
        for (std::int32_t k = 0; k < 30; ++k)
            for (int i = 0; i < 2; ++i) {
                equal.labels.push_back(k);
                equal.features.insert(equal.features.end(), {1.F, 2.F});
            }
        StreamOptions options;
        options.centroids = 4;
        const DScores tied = streamed(equal, options);
        QCOMPARE(tied.hardestClass[0], 1);
        QCOMPARE(tied.hardestClass[1], 1);
        for (std::size_t i = 2; i < 60; ++i)
            QCOMPARE(tied.hardestClass[i], 0);
    }

    /// Far from the origin distances lose float32's digits, and features may be large or small: the answer does not suffer.
    void hardScales()
    {
        for (const float factor : {1e-12F, 1.F, 1e12F})
            for (const float away : {0.F, 300.F}) {
                Made set = made(120, 15, 16, 4);
                for (float &value : set.features)
                    value = (value + away) * factor;
                StreamOptions options;
                options.dscore.metric = DScoreOptions::Metric::Euclidean;
                options.dscore.epsilon = 1e-30;
                options.rows = 50;
                options.centroids = 4;
                const DScores expected = direct(set, options.dscore);
                const DScores found = streamed(set, options);
                QCOMPARE(found.hardestClass, expected.hardestClass);
                QVERIFY(close(found.raw, expected.raw));
            }
    }

    void zeroVectors()
    {
        Made set = made(60, 6, 8, 2);
        std::fill(set.features.begin(), set.features.begin() + 16, 0.F);
        const DScores found = streamed(set);
        QVERIFY(close(found.raw, direct(set).raw));
        QCOMPARE(found.hardestClass, direct(set).hardestClass);
    }

    /// Cancelled in the middle and called again: the same bits, and what was done is not done again.
    void resumes()
    {
        const Made set = made(500, 20, 12, 6);
        StreamOptions options;
        options.rows = 50;
        options.centroids = 9;
        const DScores whole = streamed(set, options);
        options.progress = path("some/progress");
        int first = 0; // blocks of the ten done before the end; as many threads as there are finish theirs
        {
            Progress task;
            const Watched rows(set, &task, 300);
            QVERIFY_THROWS_EXCEPTION(Cancelled, streamDScores(rows, set.labels, options, task));
            first = rows.reads.load() - 1; // one pass over all is for the centroids
            QVERIFY(first >= 7 && first <= 10);
        }
        QVERIFY(fs::file_size(options.progress) > 300 * 28);
        {
            Progress task;
            const Watched rows(set);
            QVERIFY(sameBits(streamDScores(rows, set.labels, options, task), whole));
            QCOMPARE(rows.reads.load(), 1 + 10 - first);
        }
        {
            Progress task;
            const Watched rows(set);
            QVERIFY(sameBits(streamDScores(rows, set.labels, options, task), whole));
            QCOMPARE(rows.reads.load(), 1); // all of it was kept
        }
        // A cut-off record, and other blocks from there on.
        fs::resize_file(options.progress, fs::file_size(options.progress) - 28 * 105 - 7);
        options.rows = 33;
        QVERIFY(sameBits(streamed(set, options), whole));
        // Other options, other features, or no such file: nothing is taken up.
        StreamOptions euclidean = options;
        euclidean.dscore.metric = DScoreOptions::Metric::Euclidean;
        StreamOptions fresh = euclidean;
        fresh.progress.clear();
        QVERIFY(sameBits(streamed(set, euclidean), streamed(set, fresh)));
        Made other = set;
        other.features[17] += 0.5F;
        fresh.dscore = options.dscore;
        QVERIFY(sameBits(streamed(other, options), streamed(other, fresh)));
        writeAtomically(options.progress, "this is no progress");
        QVERIFY(sameBits(streamed(set, options), whole));
    }

    /// Cut off inside a picture's copies, with blocks that would part them; and a degraded copy of another kind, which no centroid knows of.
    void resumesByPictures()
    {
        Made set = made(300, 12, 10, 9, 0.7, 3);
        StreamOptions options;
        options.rows = 40;
        options.centroids = 5;
        options.dscore.copies = 3;
        options.dscore.centroids = DScoreOptions::Centroids::Clean;
        options.dscore.leaveOut = DScoreOptions::LeaveOut::Picture;
        const DScores whole = streamed(set, options);
        options.progress = path("pictures");
        QVERIFY(sameBits(streamed(set, options), whole));
        fs::resize_file(options.progress, fs::file_size(options.progress) - 28 * 100); // 200 samples are left, and no picture ends there
        options.rows = 7;
        QVERIFY(sameBits(streamed(set, options), whole));
        set.features[10 * 4 + 2] += 1; // copy 1 of picture 1
        StreamOptions fresh = options;
        fresh.progress.clear();
        const DScores other = streamed(set, fresh);
        QVERIFY(other.own[4] != whole.own[4] && other.own[3] == whole.own[3]);
        QVERIFY(sameBits(streamed(set, options), other));
    }

    void refuses()
    {
        const auto fails = [](const Made &set, const StreamOptions &options = {}) {
            try {
                streamed(set, options);
            } catch (const Error &) {
                return true;
            }
            return false;
        };
        Made set = made(30, 4, 5, 1);
        QVERIFY(!fails(set));
        StreamOptions options;
        options.rows = -1;
        QVERIFY(fails(set, options));
        options = {};
        options.dscore.epsilon = 0;
        QVERIFY(fails(set, options));
        Made broken = set;
        broken.features[77] = std::numeric_limits<float>::quiet_NaN();
        try {
            streamed(broken);
            QFAIL("not a number was taken");
        } catch (const Error &error) {
            QVERIFY2(std::string(error.what()).find("sample 15") != std::string::npos, error.what());
        }
        broken = set;
        broken.labels.pop_back();
        QVERIFY(fails(broken));
        broken = set;
        broken.labels.assign(30, 4);
        QVERIFY(fails(broken));
    }

    // --- files ----------------------------------------------------------------------------------------------------------------

    void featureFiles()
    {
        const Made set = made(100, 7, 6, 3);
        const fs::path file = path("f.safetensors");
        {
            FeatureWriter writer(file, 6, "a set");
            writer.add(std::span<const float>(set.features).first(6 * 40));
            QVERIFY(!fs::exists(file));
            QVERIFY_THROWS_EXCEPTION(Error, writer.add(std::span<const float>(set.features).first(7)));
        }
        {
            // Cut off in the middle of a row, then taken up.
            fs::resize_file(path("f.safetensors.part"), fs::file_size(path("f.safetensors.part")) - 5);
            FeatureWriter writer(file, 6, "a set");
            QCOMPARE(writer.count(), std::int64_t{39});
            writer.add(std::span<const float>(set.features).subspan(6 * 39));
            QCOMPARE(writer.count(), std::int64_t{100});
            writer.finish();
        }
        QVERIFY(!fs::exists(path("f.safetensors.part")));
        const auto rows = openFeatures(file);
        QCOMPARE(rows->count(), std::int64_t{100});
        QCOMPARE(rows->dim(), std::int64_t{6});
        std::vector<float> some(6 * 3);
        rows->read(50, some);
        QVERIFY(std::equal(some.begin(), some.end(), set.features.begin() + 300));
        // It is an ordinary safetensors file.
        const Checkpoint checkpoint = readCheckpoint(file);
        const at::Tensor tensor = checkpoint.tensors.at("features");
        QCOMPARE(tensor.sizes().vec(), (std::vector<std::int64_t>{100, 6}));
        QVERIFY(std::equal(set.features.begin(), set.features.end(), tensor.data_ptr<float>()));
        // Of another set: begun anew.
        {
            FeatureWriter writer(file, 6, "a set");
            writer.add(std::span<const float>(set.features).first(60));
        }
        QCOMPARE(FeatureWriter(file, 6, "another set").count(), std::int64_t{0});

        writeNpy(path("f.npy"), {100, 6}, set.features);
        const auto npy = openFeatures(path("f.npy"));
        QCOMPARE(npy->count(), std::int64_t{100});
        npy->read(97, some);
        QVERIFY(std::equal(some.begin(), some.end(), set.features.begin() + 6 * 97));
        Progress task;
        QVERIFY(sameBits(streamDScores(*npy, set.labels, {}, task), streamed(set)));
    }

    /// Whatever numpy saved is the same features, with a word where it was converted.
    void featuresOfOtherForms()
    {
        const std::string plain = npy("<f4", false, "(3, 2)", bytes(0.F, {1, 2, 3, 4, 5, 6}, false));
        const std::string f4 = bytes(0.F, {1, 2, 3, 4, 5, 6}, false);
        const std::string four = bytes(0.F, {1, 2, 3, 4}, false);
        const std::vector<std::pair<std::string, std::string>> forms{
            {plain, ""},
            {npy("<f8", false, "(3, 2)", bytes(0., {1, 2, 3, 4, 5, 6}, false)), "float64"},
            {npy("<f2", false, "(3, 2)", bytes(c10::Half(), {1, 2, 3, 4, 5, 6}, false)), "float16"},
            {npy(">f4", false, "(3, 2)", bytes(0.F, {1, 2, 3, 4, 5, 6}, true)), "big-endian"},
            {npy("<f4", true, "(3, 2)", bytes(0.F, {1, 3, 5, 2, 4, 6}, false)), "Fortran order"},
            {npy(">f8", true, "(3, 2)", bytes(0., {1, 3, 5, 2, 4, 6}, true)), "Fortran order"},
            {npy("<f4", false, "(3, 1, 2)", bytes(0.F, {1, 2, 3, 4, 5, 6}, false)), "shape (3, 1, 2)"},
            {npy("<f4", false, "(3, 2, 1, 1)", bytes(0.F, {1, 2, 3, 4, 5, 6}, false)), "shape (3, 2, 1, 1)"},
            {npy("<f4", false, "(1, 3, 2)", bytes(0.F, {1, 2, 3, 4, 5, 6}, false)), "shape (1, 3, 2)"},
            {npy("|V2", false, "(3, 2)", bytes(c10::BFloat16(), {1, 2, 3, 4, 5, 6}, false)), "bfloat16"},
            {npy(">f2", true, "(3, 1, 2)", bytes(c10::Half(), {1, 3, 5, 2, 4, 6}, true)), "shape (3, 1, 2), float16, big-endian, Fortran order"},
            {test::zipOf({{"arr_0.npy", plain}}), "array arr_0"},
            {test::zipOf({{"arr_0.npy", plain}}, true), "array arr_0"},
            {test::zipOf({{"labels.npy", npy("<i4", false, "(3,)", std::string(12, '\1'))}, {"vec.npy", plain}}),
             "its array vec is used (there are also: labels)"},
            {test::zipOf({{"box.npy", npy("<f4", false, "(2, 2)", four)},
                          {"features.npy", npy("|V2", false, "(3, 1, 2)", bytes(c10::BFloat16(), {1, 2, 3, 4, 5, 6}, false))}},
                         true),
             "its array features is used (there are also: box), read as float32 [3, 2] from shape (3, 1, 2), bfloat16"},
            {tensors({{"features", "F32", "[3,2]", f4}}), ""},
            {tensors({{"features", "F16", "[3,2]", bytes(c10::Half(), {1, 2, 3, 4, 5, 6}, false)}}), "read as float32 [3, 2] from float16"},
            {tensors({{"features", "BF16", "[3,2]", bytes(c10::BFloat16(), {1, 2, 3, 4, 5, 6}, false)}}), "bfloat16"},
            {tensors({{"features", "F64", "[3,2]", bytes(0., {1, 2, 3, 4, 5, 6}, false)}}), "float64"},
            {tensors({{"features", "F32", "[3,1,2]", f4}}), "shape (3, 1, 2)"},
            {tensors({{"embeddings", "F32", "[1,3,2]", f4}}), "its tensor embeddings is used, read as float32 [3, 2] from shape (1, 3, 2)"},
            {tensors({{"Embedding", "F32", "[3,2]", f4}}), "its tensor Embedding is used"},
            {tensors({{"ids", "I64", "[3]", std::string(24, '\1')}, {"vectors", "F32", "[3,2]", f4}, {"score", "F32", "[3,1]", std::string(12, '\0')}}),
             "its tensor vectors is used (there are also: ids, score)"},
            {tensors({{"box", "F32", "[2,2]", four}, {"features", "F32", "[3,2]", f4}}), "its tensor features is used (there are also: box)"},
            {tensors({{"features", "F32", "[2,2]", four}, {"embeddings", "F32", "[3,2]", f4}}), "(there are also: features)"},
            {tensors({{"features", "I32", "[2,2]", four}, {"a", "F32", "[3,2]", f4}}), "its tensor a is used"}};
        for (const auto &[file, word] : forms) {
            writeAtomically(path("form"), file);
            std::vector<std::string> notices;
            const auto rows = openFeatures(path("form"), &notices);
            QCOMPARE(rows->count(), std::int64_t{3});
            QCOMPARE(rows->dim(), std::int64_t{2});
            std::vector<float> all(6);
            rows->read(0, all);
            QCOMPARE(all, (std::vector<float>{1, 2, 3, 4, 5, 6}));
            std::vector<float> last(4);
            rows->read(1, last);
            QCOMPARE(last, (std::vector<float>{3, 4, 5, 6}));
            QCOMPARE(notices.size(), std::size_t{word.empty() ? 0U : 1U});
            if (!word.empty())
                QVERIFY2(notices[0].find(word) != std::string::npos, notices[0].c_str());
        }
        const std::vector<std::pair<std::string, std::string>> refused{
            {npy("<f4", false, "(6, 1)", bytes(0.F, {1, 2, 3, 4, 5, 6}, false)), "one value"},
            {npy("<f4", false, "(6, 1, 1)", bytes(0.F, {1, 2, 3, 4, 5, 6}, false)), "one value"},
            {npy("<f4", false, "(1, 2, 3, 1, 1)", bytes(0.F, {1, 2, 3, 4, 5, 6}, false)).substr(0, 40), "cut off"},
            {npy("<f4", false, "(2, 3, 2)", bytes(0.F, {1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6}, false)), "(2, 3, 2)"},
            {npy("<f4", false, "(6,)", bytes(0.F, {1, 2, 3, 4, 5, 6}, false)), "two axes"},
            {npy("<i4", false, "(3, 2)", bytes(0, {1, 2, 3, 4, 5, 6}, false)), "whole numbers"},
            {npy("|O", false, "(3, 2)", bytes(0, {1, 2, 3, 4, 5, 6}, false)), "objects"},
            {tensors({{"a", "F32", "[3,2]", f4}, {"b", "F32", "[3,2]", f4}}),
             "several tensors that could be embeddings, none of them called embeddings or features: a, b. Save"},
            {tensors({{"labels", "I64", "[3]", std::string(24, '\1')}, {"ids", "I32", "[3,2]", f4}}),
             "holds no tensor of embeddings (floating-point numbers of two axes, pictures and values), only labels, ids."},
            {tensors({{"features", "F32", "[0,2]", ""}}), "or none"},
            {tensors({{"features", "I32", "[3,2]", f4}}), "its tensor 'features' holds whole numbers or other things ('I32'); embeddings are float16"},
            {tensors({{"features", "F32", "[3,1]", bytes(0.F, {1, 2, 3}, false)}}), "its tensor 'features' has rows of one value"},
            {tensors({{"features", "F32", "[6]", f4}}), "its tensor 'features' is of shape (6); two axes are needed"},
            {tensors({{"features", "F64", "[3,2]", f4}}), "has offsets that do not fit"},
            {test::zipOf({{"a.npy", plain}, {"b.npy", plain}}), "several arrays that could be embeddings"},
            {test::zipOf({{"ids.npy", npy("<i4", false, "(3, 2)", f4)}, {"n.npy", "no array"}}), "holds no array of embeddings"},
            {test::zipOf({{"notes.txt", plain}}), "without a .npy"},
            {test::zipOf({{"arr_0.npy", plain}}).substr(0, 100), "damaged archive"}};
        for (const auto &[file, word] : refused) {
            writeAtomically(path("form"), file);
            try {
                openFeatures(path("form"));
                QFAIL(word.c_str());
            } catch (const FileError &error) {
                QVERIFY2(std::string(error.what()).find(word) != std::string::npos, error.what());
            }
        }
    }

    void damagedFeatureFiles()
    {
        const auto fails = [&](const std::string &bytes) {
            writeAtomically(path("bad"), bytes);
            try {
                openFeatures(path("bad"));
            } catch (const FileError &error) {
                return std::string(error.what()).find("bad") != std::string::npos;
            }
            return false;
        };
        QVERIFY_THROWS_EXCEPTION(FileError, openFeatures(path("nowhere")));
        QVERIFY_THROWS_EXCEPTION(FileError, openFeatures(m_dir.path().toStdString()));
        QVERIFY(fails(""));
        QVERIFY(fails("short"));
        QVERIFY(fails(std::string(100, 'x')));
        const auto st = [](const std::string &header, std::size_t data) {
            std::string bytes(8, '\0');
            bytes[0] = static_cast<char>(header.size());
            return bytes + header + std::string(data, 'a');
        };
        const std::string good = R"({"features":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}})";
        QVERIFY(!fails(st(good, 16)));
        QVERIFY(fails(st(good, 15)));
        QVERIFY(fails(st(good.substr(0, 40), 16)));
        QVERIFY(fails(st(R"({"other":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})", 16)));
        QVERIFY(fails(st(R"({"other":{"dtype":"F32","shape":[2,2],"data_offsets":[16,0]}})", 16)));
        QVERIFY(fails(st(R"({"features":{"dtype":"F16","shape":[2,2],"data_offsets":[0,16]}})", 16)));
        QVERIFY(fails(st(R"({"features":{"dtype":"F32","shape":[-2,2],"data_offsets":[0,16]}})", 16)));
        QVERIFY(fails(st(R"({"features":{"dtype":"F32","shape":[4611686018427387904,2],"data_offsets":[0,16]}})", 16)));
        QVERIFY(fails(st(R"({"features":{"dtype":"F32","shape":[2,2],"data_offsets":[900,916]}})", 16)));
        writeNpy(path("one.npy"), {4}, {1, 2, 3, 4});
        QVERIFY_THROWS_EXCEPTION(FileError, openFeatures(path("one.npy")));
        QVERIFY(fails("\x93NUMPY\x01"));
    }
};

DSCOPE_TEST(TestStreamscores)
#include "tst_streamscores.moc"
