// SPDX-License-Identifier: GPL-3.0-or-later
// Tracklets of people drawn from a pool and compared by retrieval, against values computed by hand.
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/evaluation/comparetracks.h"
#include "core/evaluation/draws.h"
#include "core/sets/poolfile.h"

#include <QTemporaryDir>

#include <cmath>
#include <numbers>
#include <set>

using namespace dscope;

namespace {

/// Tracklets of two people by two cameras each, their elements by angle in degrees: A 0 and 10, B 90 and 25. A's second one has a bad element at 200 more.
ComparedSet angles()
{
    ComparedSet made;
    TemplateFeatures &set = made.set;
    set.dim = 2;
    set.subjectNames = {"A", "B"};
    const auto add = [&](double angle, float dScore) {
        const double radians = angle * std::numbers::pi / 180;
        set.features.push_back(static_cast<float>(std::cos(radians)));
        set.features.push_back(static_cast<float>(std::sin(radians)));
        set.dScores.push_back(dScore);
    };
    const auto end = [&](int person, int camera) {
        set.ids.push_back(static_cast<std::int64_t>(set.ids.size()));
        set.subjects.push_back(person);
        set.cameras.push_back(camera);
        set.begin.push_back(static_cast<std::int64_t>(set.dScores.size()));
    };
    add(0, 0.9F);
    end(0, 1);
    add(10, 0.9F);
    add(200, 0.1F);
    end(0, 2);
    add(90, 0.9F);
    end(1, 1);
    add(25, 0.9F);
    end(1, 2);
    return made;
}

/// Two people by two cameras, four pictures of each, one value a picture that says which it is.
FacePool madePool(const std::string &first, const std::string &second)
{
    FacePool pool;
    pool.name = "made";
    pool.dim = 1;
    pool.people = {first, second};
    for (int person = 0; person < 2; ++person)
        for (int camera = 1; camera <= 2; ++camera)
            for (int picture = 0; picture < 4; ++picture) {
                pool.labels.push_back(person);
                pool.cameras.push_back(camera);
                pool.features.push_back(static_cast<float>(1 + 100 * person + 10 * camera + picture));
                pool.dScores.push_back(0.5F);
                pool.files.push_back(pool.people[static_cast<std::size_t>(person)] + "/" + std::to_string(camera) + "/" + std::to_string(picture));
            }
    return pool;
}

DrawOptions ofSize(std::int64_t size)
{
    DrawOptions options;
    options.size = size;
    return options;
}

void near(double value, double wanted)
{
    QVERIFY2(std::abs(value - wanted) < 1e-12, qPrintable(QStringLiteral("%1, not %2").arg(value, 0, 'g', 15).arg(wanted, 0, 'g', 15)));
}

} // namespace

class TestComparetracks : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// The average of A's second tracklet lies at -75 degrees. Found in place 2, 1, 1, 2: mAP (.5 + 1 + 1 + .5) / 4. Its best element alone lies at 10: 1, 1,
    /// 1, and of B by the second camera in place 3.
    void byHand()
    {
        const std::vector<ComparedSet> draws{angles()};
        Progress progress;
        CompareTracksOptions options;
        options.resamples = 0;
        const std::vector<ComparedTracks> rows = compareTracks(draws, {methodNamed("average"), methodNamed("top-1")}, options, "a part", progress);
        QCOMPARE(rows.size(), std::size_t{2});
        QCOMPARE(rows[0].part, std::string("a part"));
        near(rows[0].map, 0.75);
        near(rows[0].cmc1, 0.5);
        near(rows[0].mapGain, 0);
        near(rows[1].map, (3 + 1.0 / 3) / 4);
        near(rows[1].cmc1, 0.75);
        near(rows[1].mapGain, (3 + 1.0 / 3) / 4 - 0.75);
        near(rows[1].cmc1Gain, 0.25);
        near(rows[1].queries, 4);
        QCOMPARE(rows[1].mapInterval.resamples, std::int64_t{0});
        // The other rule of average precision: (precision at the match + precision before it) / 2, 1/6 in place 3.
        options.protocol = RetrievalProtocol::Official;
        near(compareTracks(draws, {methodNamed("top-1")}, options, "", progress).front().map, (3 + 1.0 / 6) / 4);
    }

    /// By squared L2 of what is no unit vector, lengths count: A's first element three times as long is farther from its second than B's is.
    void distances()
    {
        std::vector<ComparedSet> draws{angles()};
        draws[0].set.features[0] = 3;
        Progress progress;
        CompareTracksOptions options;
        options.resamples = 0;
        const std::vector<Method> top{methodNamed("top-1")};
        near(compareTracks(draws, top, options, "", progress).front().map, (3 + 1.0 / 3) / 4);
        options.distance = RetrievalDistance::SquaredL2;
        // A1 (3, 0): A2 at (.985, .174) is nearest, 1. A2: B2 .068, A1 4.1: A1 behind B1 (1.65) in place 3, 1/3. B1: B2 1.15, A2 1.65: 1. B2: A2, B1 1.15, A1:
        // 1/2.
        near(compareTracks(draws, top, options, "", progress).front().map, (1 + 1.0 / 3 + 1 + 0.5) / 4);
    }

    /// A method compared with itself gains nothing in every resample, whatever people and draws are drawn.
    void intervals()
    {
        const std::vector<ComparedSet> draws{angles(), angles()};
        Progress progress;
        CompareTracksOptions options;
        options.resamples = 200;
        const std::vector<ComparedTracks> rows = compareTracks(draws, {methodNamed("average"), methodNamed("top-1")}, options, "", progress);
        QCOMPARE(rows[0].mapGainInterval.low, 0.0);
        QCOMPARE(rows[0].mapGainInterval.high, 0.0);
        QCOMPARE(rows[1].mapInterval.resamples, std::int64_t{200});
        // People are drawn whole: only A (.75 and 1), only B (.75 and 2/3), or both.
        near(rows[1].mapInterval.low, 2.0 / 3);
        near(rows[1].mapInterval.high, 1);
        near(rows[1].mapGainInterval.low, 2.0 / 3 - 0.75);
        near(rows[1].mapGainInterval.high, 0.25);
        const std::vector<ComparedTracks> again = compareTracks(draws, {methodNamed("top-1")}, options, "", progress);
        QCOMPARE(again[0].mapInterval.low, rows[1].mapInterval.low);
    }

    void refuses()
    {
        Progress progress;
        std::vector<ComparedSet> draws{angles()};
        const std::vector<Method> average{methodNamed("average")};
        QVERIFY_EXCEPTION_THROWN(compareTracks({}, average, {}, "", progress), Error);
        draws[0].set.cameras = {1, 1, 1, 1}; // nobody is seen by a second camera
        QVERIFY_EXCEPTION_THROWN(compareTracks(draws, average, {}, "", progress), Error);
        draws[0].set.cameras.clear();
        QVERIFY_EXCEPTION_THROWN(compareTracks(draws, average, {}, "", progress), Error);
    }

    void draws()
    {
        const FacePool pool = madePool("A", "B");
        const ComparedSet drawn = drawTracklets(pool, ofSize(2), 0);
        QCOMPARE(drawn.set.templates(), std::int64_t{8}); // two of each person and camera
        QCOMPARE(drawn.pairs.size(), std::int64_t{0});
        std::set<float> seen;
        for (std::int64_t t = 0; t < 8; ++t)
            for (const float value : drawn.set.featuresOf(t)) {
                QVERIFY(seen.insert(value).second);
                const auto at = static_cast<std::size_t>(t);
                QCOMPARE(static_cast<int>(value) / 100, drawn.set.subjects[at]);
                QCOMPARE(static_cast<int>(value - 1) % 100 / 10, drawn.set.cameras[at]);
            }
        QCOMPARE(seen.size(), std::size_t{16});
        QCOMPARE(drawTracklets(pool, ofSize(4), 0).set.templates(), std::int64_t{4});
        QVERIFY_EXCEPTION_THROWN(drawTracklets(pool, ofSize(5), 0), Error);
        FacePool blind = pool;
        blind.cameras.clear();
        QVERIFY_EXCEPTION_THROWN(drawTracklets(blind, ofSize(2), 0), Error);
        blind.cameras = {1};
        QVERIFY_EXCEPTION_THROWN(blind.check(), Error);
    }

    void joins()
    {
        FacePool first = madePool("A", "B");
        FacePool second = madePool("C", "D");
        first.quality["both"].assign(16, 1);
        second.quality["both"].assign(16, 2);
        first.quality["one"].assign(16, 3);
        const FacePool all = joined({first, second});
        QCOMPARE(all.people, (std::vector<std::string>{"A", "B", "C", "D"}));
        QCOMPARE(all.faces(), std::int64_t{32});
        QCOMPARE(all.labels[16], 2);
        QCOMPARE(all.labels[31], 3);
        QCOMPARE(all.cameras[16], 1);
        QCOMPARE(all.files[16], std::string("C/1/0"));
        QCOMPARE(all.quality.size(), std::size_t{1});
        QCOMPARE(all.quality.at("both")[15], 1.F);
        QCOMPARE(all.quality.at("both")[16], 2.F);
        QVERIFY_EXCEPTION_THROWN(joined({first, madePool("B", "C")}), Error);
        second.dim = 2;
        second.features.resize(32);
        QVERIFY_EXCEPTION_THROWN(joined({first, second}), Error);
    }

    void poolFile()
    {
        QTemporaryDir folder;
        const std::filesystem::path file = folder.filePath(QStringLiteral("x.pool")).toStdString();
        const FacePool pool = madePool("A", "B");
        savePool(file, pool, {});
        QCOMPARE(loadPool(file).cameras, pool.cameras);
        FacePool blind = pool;
        blind.cameras.clear();
        savePool(file, blind, {});
        QVERIFY(loadPool(file).cameras.empty());
    }

    void tables()
    {
        const std::vector<ComparedSet> draws{angles()};
        Progress progress;
        const std::vector<ComparedTracks> rows = compareTracks(draws, {methodNamed("average"), methodNamed("top-1")}, {}, "1, clean", progress);
        CompareHeading heading;
        heading.set = "made";
        const std::string markdown = compareTracksMarkdown(rows, heading);
        QVERIFY(markdown.find("mAP in %") != std::string::npos);
        QVERIFY(markdown.find("| `top-1` | 83.3 (66.7 to 100.0) |") != std::string::npos);
        QVERIFY(markdown.find("| `top-1` | +8.3 (-8.3 to +25.0) |") != std::string::npos);
        const std::string csv = compareTracksCsv(rows);
        QCOMPARE(std::count(csv.begin(), csv.end(), '\n'), std::ptrdiff_t{3});
        const std::string header = csv.substr(0, csv.find('\n'));
        const std::string last = csv.substr(csv.rfind('\n', csv.size() - 2) + 1);
        QCOMPARE(std::count(header.begin(), header.end(), ','), std::count(last.begin(), last.end(), ',') - 1); // a comma in "1, clean"
        const Json json = compareTracksJson(rows, heading);
        QCOMPARE(json.at("schema").get<std::string>(), std::string("dscope.retrievals/1"));
        near(json.at("rows").at(1).at("cmc_1").get<double>(), 0.75);
    }
};

DSCOPE_TEST(TestComparetracks)
#include "tst_comparetracks.moc"
