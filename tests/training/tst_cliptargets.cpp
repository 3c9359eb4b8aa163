// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/says.h"
#include "tests/support/support.h"
#include "tests/training/madeclips.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/inputfile.h"
#include "core/nets/checkpoint.h"
#include "core/scores/labeler.h"
#include "core/training/cliptargets.h"

#include <ATen/ATen.h>

#include <QTemporaryDir>

#include <cmath>
#include <fstream>
#include <iterator>

using namespace dscope;
using dscope::test::MadeClips;
using dscope::test::refusal;

namespace {

/// Gives, for the clips in their order, class scores and features that are written down here.
class WrittenDown final : public Network {
public:
    explicit WrittenDown(std::vector<std::vector<float>> rows) : m_rows(std::move(rows))
    {
        m_spec.name = "written";
        m_spec.inputFrames = 8;
        m_spec.outputSize = static_cast<std::int64_t>(m_rows.front().size());
        m_hash = "abc";
    }
    std::vector<float> run(std::span<const Picture> frames, Progress &progress, int) override
    {
        std::vector<float> out;
        for (std::size_t i = 0; i < frames.size() / 8; ++i) {
            if (m_at == cancelAt)
                progress.cancel();
            progress.throwIfCancelled();
            out.insert(out.end(), m_rows[m_at].begin(), m_rows[m_at].end());
            ++m_at;
        }
        return out;
    }
    void restartAt(std::size_t row) { m_at = row; }
    std::size_t done() const { return m_at; }

    std::size_t cancelAt = 1000;

private:
    std::vector<std::vector<float>> m_rows;
    std::size_t m_at = 0;
};

ModelSpec writtenSpec()
{
    ModelSpec spec;
    spec.name = "written";
    spec.inputFrames = 8;
    spec.outputSize = 2;
    spec.classes = {"right", "left"}; // in another order than the set's
    return spec;
}

/// Two classes, two clips each: scores of "right" and "left", then a feature of two values.
const std::vector<std::vector<float>> s_rows{{0, 2, 1, 0}, {1, 1, 0.8F, 0.6F}, {3, 0, 0, 1}, {0, 0, 0.6F, 0.8F}};

std::string bytesOf(const std::filesystem::path &path)
{
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

} // namespace

class TestCliptargets : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    std::filesystem::path file(const std::string &name) const { return std::filesystem::path(m_dir.path().toStdString()) / name; }

    ClipTargets made(const std::string &work, int batch = 4) const
    {
        const MadeClips set(1, 2, {"left", "right"});
        WrittenDown base(s_rows);
        Progress progress;
        ClipLabelOptions options;
        options.batch = batch;
        options.suit = false;
        return labelClips(set, base, writtenSpec(), options, file(work), progress);
    }

private Q_SLOTS:
    /// By hand: the centroids are (.9, .3) and (.3, .9), of length sqrt(.9). Clip 0: cosines .9 / sqrt(.9) and .3 / sqrt(.9), D = 3; clip 1: .9 and .78 over
    /// sqrt(.9), D = 15 / 13; the other class is the same mirrored. mu = 27 / 13, sigma = 12 / 13, so that Eq. 4 gives sigmoid(1) and sigmoid(-1).
    void dScoresByHand()
    {
        const ClipTargets targets = made("hand.work");
        const std::vector<double> raw{3, 15.0 / 13, 3, 15.0 / 13};
        for (std::size_t i = 0; i < 4; ++i) {
            QVERIFY2(std::abs(targets.scores.raw[i] - raw[i]) < 1e-6, std::to_string(targets.scores.raw[i]).c_str());
            QVERIFY(std::abs(targets.scores.normalised[i] - 1 / (1 + std::exp(i % 2 == 0 ? -1.0 : 1.0))) < 1e-6);
            QCOMPARE(targets.scores.target[i], std::uint8_t{1});
        }
        QVERIFY(std::abs(targets.scores.mu - 27.0 / 13) < 1e-6);
        QVERIFY(std::abs(targets.scores.sigma - 12.0 / 13) < 1e-6);
        // The base knows "right" first: -log softmax of the second score for clips 0 and 1 ("left"), of the first for 2 and 3.
        const std::vector<double> loss{std::log1p(std::exp(-2.0)), std::log(2.0), std::log1p(std::exp(-3.0)), std::log(2.0)};
        for (std::size_t i = 0; i < 4; ++i)
            QVERIFY2(std::abs(targets.loss[i] - loss[i]) < 1e-6, std::to_string(targets.loss[i]).c_str());
        QCOMPARE(targets.videos.size(), std::size_t{2});
        QCOMPARE(targets.places[3].begin, std::int64_t{16});
    }

    /// Clips outside of the segments are compared with the same centroids and move neither these nor mu and sigma. By hand: (1, 1) is as far from both, so D =
    /// 1 and Eq. 4 gives sigmoid((1 - 27 / 13) / (12 / 13)).
    void outsideOfSegments()
    {
        MadeClips set(1, 3, {"left", "right"});
        set.outsideFrom = set.where(2).begin;
        const std::vector<float> far{0, 0, 1, 1};
        WrittenDown base({s_rows[0], s_rows[1], far, s_rows[2], s_rows[3], far});
        Progress progress;
        ClipLabelOptions options;
        options.suit = false;
        const ClipTargets targets = labelClips(set, base, writtenSpec(), options, file("outside.work"), progress);
        const std::vector<double> raw{3, 15.0 / 13, 1, 3, 15.0 / 13, 1};
        for (std::size_t i = 0; i < raw.size(); ++i)
            QVERIFY2(std::abs(targets.scores.raw[i] - raw[i]) < 1e-6, std::to_string(targets.scores.raw[i]).c_str());
        QVERIFY(std::abs(targets.scores.normalised[2] - 1 / (1 + std::exp(14.0 / 12))) < 1e-6);
        QVERIFY(std::abs(targets.scores.mu - 27.0 / 13) < 1e-6);
        QCOMPARE(targets.scores.target[5], std::uint8_t{1});
        const std::vector<std::uint8_t> inside{1, 1, 0, 1, 1, 0};
        QVERIFY(targets.inside == inside);
        writeClipTargets(file("outside.safetensors"), targets);
        QVERIFY(readClipTargets(file("outside.safetensors")).inside == inside);
        QVERIFY(made("inside.work").inside.empty());
    }

    /// A base that knows other classes gives no losses, but D-scores all the same.
    void otherClassesHaveNoLoss()
    {
        const MadeClips set(1, 2, {"left", "down"});
        WrittenDown base(s_rows);
        Progress progress;
        ClipLabelOptions options;
        options.suit = false;
        const ClipTargets targets = labelClips(set, base, writtenSpec(), options, file("other.work"), progress);
        QVERIFY(targets.loss.empty());
        QVERIFY(std::abs(targets.scores.raw[0] - 3) < 1e-6);
        VERIFY_SAYS(dscope::test::joined(progress.notices()), "tells other classes apart");
    }

    /// Labelling that was stopped resumes at the last whole batch, asks the network for no clip twice, and ends with the same bytes.
    void resumes()
    {
        const MadeClips set(1, 2, {"left", "right"});
        writeClipTargets(file("whole.safetensors"), made("whole.work", 1));
        WrittenDown base(s_rows);
        base.cancelAt = 2;
        ClipLabelOptions options;
        options.batch = 1;
        options.suit = false;
        {
            Progress progress;
            QVERIFY_THROWS_EXCEPTION(Cancelled, labelClips(set, base, writtenSpec(), options, file("parts.work"), progress));
        }
        base.cancelAt = 1000;
        base.restartAt(2);
        Progress progress;
        const ClipTargets targets = labelClips(set, base, writtenSpec(), options, file("parts.work"), progress);
        QCOMPARE(base.done(), std::size_t{4});
        VERIFY_SAYS(dscope::test::joined(progress.notices()), "2 of 4 clips were embedded before");
        writeClipTargets(file("parts.safetensors"), targets);
        QVERIFY(bytesOf(file("parts.safetensors")) == bytesOf(file("whole.safetensors")));
    }

    /// What is written is read, all of it.
    void roundTrip()
    {
        ClipTargets targets = made("round.work");
        targets.parts[1] = {1.5, 9.25};
        targets.clips.rate = "30000/1001";
        writeClipTargets(file("round.safetensors"), targets);
        QVERIFY(isClipTargets(file("round.safetensors")));
        VERIFY_SAYS(refusal([&] { readTargets(file("round.safetensors")); }), "holds targets of clips of videos, not of pictures");
        const ClipTargets read = readClipTargets(file("round.safetensors"));
        QVERIFY(read.videos == targets.videos);
        QVERIFY(read.groups == targets.groups);
        QVERIFY(read.classes == targets.classes);
        QVERIFY(read.labels == targets.labels);
        QVERIFY(read.scores.raw == targets.scores.raw);
        QVERIFY(read.scores.normalised == targets.scores.normalised);
        QVERIFY(read.loss == targets.loss);
        QCOMPARE(read.parts[1].fromS, 1.5);
        QCOMPARE(read.parts[1].toS, 9.25);
        QCOMPARE(read.clips.rate, targets.clips.rate);
        QCOMPARE(read.clips.frames, 8);
        QCOMPARE(read.clips.stride, 2);
        QCOMPARE(read.base.name, std::string("written"));
        QVERIFY(read.base.classes == targets.base.classes);
        QCOMPARE(read.baseHash, std::string("abc"));
        QCOMPARE(read.places[3].toS, targets.places[3].toS);
        QCOMPARE(read.scores.mu, targets.scores.mu);
    }

    /// Damaged and hostile files are refused by a sentence, whatever of them is wrong.
    void hostileFiles()
    {
        const ClipTargets good = made("hostile.work");
        const auto refused = [&](const std::function<void(ClipTargets &)> &spoil) {
            ClipTargets targets = good;
            spoil(targets);
            writeClipTargets(file("bad.safetensors"), targets);
            return refusal<FileError>([&] { readClipTargets(file("bad.safetensors")); });
        };
        VERIFY_SAYS(refused([](ClipTargets &t) { t.labels[1] = 2; }), "names a class that is not in its list");
        VERIFY_SAYS(refused([](ClipTargets &t) { t.labels[1] = -1; }), "names a class that is not in its list");
        VERIFY_SAYS(refused([](ClipTargets &t) { t.places[1].video = 7; }), "names a video that is not in its list");
        VERIFY_SAYS(refused([](ClipTargets &t) { t.places[1].video = -1; }), "names a video that is not in its list");
        VERIFY_SAYS(refused([](ClipTargets &t) { t.places[1].begin = std::int64_t{1} << 60; }), "places are out of range");
        VERIFY_SAYS(refused([](ClipTargets &t) { t.places[1].toS = std::nan(""); }), "places are out of range");
        VERIFY_SAYS(refused([](ClipTargets &t) { t.scores.normalised[0] = std::nan(""); }), "scores are out of range");
        VERIFY_SAYS(refused([](ClipTargets &t) { t.loss[0] = std::nan(""); }), "scores are out of range");
        VERIFY_SAYS(refused([](ClipTargets &t) { t.scores.raw.pop_back(); }), "holds no 'raw' of 4 values");
        VERIFY_SAYS(refused([](ClipTargets &t) { t.scores.sigma = 0; }), "values out of range");
        VERIFY_SAYS(refused([](ClipTargets &t) { t.groups.pop_back(); }), "a group for each video");
        VERIFY_SAYS(refused([](ClipTargets &t) { t.clips.stride = 0; }), "'clips.stride'");

        writeClipTargets(file("good.safetensors"), good);
        const std::string bytes = bytesOf(file("good.safetensors"));
        const auto parsed = [&](const std::string &some) {
            return refusal([&] { parseClipTargets({reinterpret_cast<const std::uint8_t *>(some.data()), some.size()}, "bad"); });
        };
        QVERIFY(parsed(bytes).empty());
        for (const std::size_t size : {std::size_t{0}, std::size_t{7}, std::size_t{100}, bytes.size() / 2, bytes.size() - 1})
            QVERIFY(!parsed(bytes.substr(0, size)).empty());
        writeSafetensors(file("none.safetensors"), {{"a", at::ones({2})}}, {});
        QVERIFY(!isClipTargets(file("none.safetensors")));
        VERIFY_SAYS(refusal([&] { readClipTargets(file("none.safetensors")); }), "is no target file of clips");
        writeSafetensors(file("later.safetensors"), {{"a", at::ones({2})}}, {{"dscope.cliptargets", R"({"schema":"dscope.cliptargets/9"})"}});
        VERIFY_SAYS(refusal([&] { readClipTargets(file("later.safetensors")); }), "unknown schema");
    }
};

DSCOPE_TEST(TestCliptargets)
#include "tst_cliptargets.moc"
