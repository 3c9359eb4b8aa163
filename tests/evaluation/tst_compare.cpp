// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/aggregation/represent.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/evaluation/compare.h"
#include "core/metrics/personpairs.h"
#include "core/metrics/verification.h"
#include "core/sets/poolfile.h"

#include <QElapsedTimer>
#include <QTemporaryDir>

#include <cmath>
#include <set>
#include <thread>

using namespace dscope;

namespace {

/// People of 4 to 13 faces in 8 dimensions, three degraded versions each, which are noisier and have lower D-scores.
FacePool pool(int people = 30)
{
    FacePool made;
    made.name = "made faces";
    made.dim = 8;
    made.versions = 3;
    Random random(5);
    for (int p = 0; p < people; ++p) {
        made.people.push_back("p" + std::to_string(p));
        std::vector<double> centre(8);
        for (double &value : centre)
            value = random.normal();
        for (int i = 0; i < 4 + p % 10; ++i) {
            made.labels.push_back(p);
            made.files.push_back("p" + std::to_string(p) + "/" + std::to_string(i) + ".jpg");
            for (int v = 0; v <= 3; ++v) {
                const double noise = v == 0 ? 0.4 : 1.5;
                for (const double value : centre)
                    made.features.push_back(static_cast<float>(value + noise * random.normal()));
                made.dScores.push_back(static_cast<float>(v == 0 ? random.uniform(0.5, 0.8) : random.uniform(0.05, 0.4)));
                made.quality["sharpness"].push_back(static_cast<float>(random.uniform()));
            }
        }
    }
    made.detector = made.quality["sharpness"];
    return made;
}

std::vector<ComparedSet> draws(const FacePool &from, int count, bool degraded, std::int64_t size = 4)
{
    std::vector<ComparedSet> made;
    for (int draw = 0; draw < count; ++draw)
        made.push_back(drawTemplates(from, {size, degraded, 0.65, 4, 1}, draw));
    return made;
}

} // namespace

class TestCompare : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void drawsAreDisjointAndByPerson()
    {
        const FacePool from = pool();
        const ComparedSet clean = drawTemplates(from, {4, false, 0.65, 2, 1}, 0);
        clean.set.check();
        std::set<std::string> seen;
        for (std::int64_t t = 0; t < clean.set.templates(); ++t) {
            QCOMPARE(clean.set.size(t), std::int64_t{4});
            for (std::int64_t i = clean.set.begin[static_cast<std::size_t>(t)]; i < clean.set.begin[static_cast<std::size_t>(t) + 1]; ++i) {
                const std::string &picture = clean.set.names[static_cast<std::size_t>(i)];
                QVERIFY(seen.insert(picture).second);
                QVERIFY(picture.starts_with(clean.set.subjectNames[static_cast<std::size_t>(clean.set.subjects[static_cast<std::size_t>(t)])] + "/"));
                QVERIFY(clean.set.dScores[static_cast<std::size_t>(i)] >= 0.5F); // the faces themselves
                QCOMPARE(clean.set.detector[static_cast<std::size_t>(i)], clean.set.quality.at("sharpness")[static_cast<std::size_t>(i)]);
            }
        }
        // Of 4 ... 13 faces: one template below eight, two (at most) from there.
        QCOMPARE(clean.set.templates(), std::int64_t{3 * (4 * 1 + 6 * 2)});
        const auto n = clean.set.templates();
        QCOMPARE(clean.pairs.size(), n * (n - 1) / 2);
        QCOMPARE(clean.pairs.genuineCount(), std::int64_t{18});

        const ComparedSet worse = drawTemplates(from, {4, true, 0.65, 2, 1}, 0);
        double degraded = 0;
        for (const float d : worse.set.dScores)
            degraded += d < 0.5F ? 1 : 0;
        const double share = degraded / static_cast<double>(worse.set.dScores.size());
        QVERIFY2(std::abs(share - 0.65) < 0.12, qPrintable(QString::number(share)));
        QCOMPARE(drawTemplates(from, {4, true, 0.65, 2, 1}, 0).set.features, worse.set.features);
        QVERIFY(drawTemplates(from, {4, true, 0.65, 2, 1}, 1).set.features != worse.set.features);
        QVERIFY(drawTemplates(from, {4, true, 0.65, 2, 2}, 0).set.features != worse.set.features);

        QVERIFY_EXCEPTION_THROWN(drawTemplates(from, {50, false, 0.65, 2, 1}, 0), Error);
        QVERIFY_EXCEPTION_THROWN(drawTemplates(from, {0, false, 0.65, 2, 1}, 0), Error);
        FacePool broken = pool();
        broken.dScores.pop_back();
        QVERIFY_EXCEPTION_THROWN(drawTemplates(broken, {4, false, 0.65, 2, 1}, 0), Error);
        broken = pool();
        broken.labels[0] = 30;
        QVERIFY_EXCEPTION_THROWN(broken.check(), Error);
    }

    /// With as many degraded versions as draws, each draw has damage that no other has: of each face that is degraded the version of the draw's own number.
    void damageIsNewInEachDraw()
    {
        FacePool from = pool();
        for (std::size_t row = 0; row < from.dScores.size(); ++row)
            from.dScores[row] = static_cast<float>(row % 4); // the version
        for (int draw = 0; draw < 3; ++draw) {
            const ComparedSet made = drawTemplates(from, {4, true, 0.65, 2, 1, 3}, draw);
            const std::set<float> versions(made.set.dScores.begin(), made.set.dScores.end());
            QCOMPARE(versions, (std::set<float>{0, static_cast<float>(draw + 1)}));
            // Who is drawn, and who is degraded, is as ever.
            const ComparedSet usual = drawTemplates(from, {4, true, 0.65, 2, 1}, draw);
            QCOMPARE(made.set.names, usual.set.names);
            for (std::size_t i = 0; i < made.set.dScores.size(); ++i)
                QCOMPARE(made.set.dScores[i] > 0, usual.set.dScores[i] > 0);
        }
        // Too few versions: by lot among all.
        const ComparedSet lot = drawTemplates(from, {4, true, 0.65, 2, 1, 4}, 0);
        QCOMPARE(std::set<float>(lot.set.dScores.begin(), lot.set.dScores.end()), (std::set<float>{0, 1, 2, 3}));
    }

    /// Every figure beside the long way round.
    void figuresAgree()
    {
        const FacePool from = pool();
        const std::vector<ComparedSet> sets = draws(from, 3, true);
        CompareOptions options;
        options.fars = {0.05, 0.01};
        options.resamples = 50;
        Progress progress;
        const std::vector<Method> methods{methodNamed("average"), methodNamed("ddl"), methodNamed("ddl+")};
        const std::vector<ComparedRow> rows = compareMethods(sets, methods, options, "part", progress);
        QCOMPARE(rows.size(), std::size_t{6});
        for (std::size_t m = 0; m < 3; ++m) {
            std::vector<double> tar(2);
            double kept = 0;
            double all = 0;
            std::vector<PersonPairs> people;
            for (const ComparedSet &draw : sets) {
                const std::vector<float> scores = scorePairs(draw.set, represent(draw.set, methods[m], progress), draw.pairs, progress);
                const Roc roc = fullRoc(scores, draw.pairs.genuine);
                for (std::size_t k = 0; k < 2; ++k)
                    tar[k] += tarAtFar(roc, options.fars[k], FarRule::Strict).tar / 3;
                for (std::int64_t t = 0; t < draw.set.templates(); ++t) {
                    kept += static_cast<double>(aggregateTemplate(draw.set, t, methods[m]).kept.size());
                    all += static_cast<double>(draw.set.size(t));
                }
                std::vector<std::int32_t> a;
                std::vector<std::int32_t> b;
                pairSubjects(draw.set, draw.pairs, a, b);
                people.emplace_back(scores, a, b, 30);
            }
            Random random(1, 99);
            const std::vector<Interval> wanted = bootstrap(
                30, 50, 0.95, random, 2,
                [&](std::span<const std::int32_t> times, std::span<double> values) {
                    for (std::size_t k = 0; k < 2; ++k)
                        values[k] = (people[0].tarAtFar(options.fars[k], times) + people[1].tarAtFar(options.fars[k], times)
                                     + people[2].tarAtFar(options.fars[k], times))
                            / 3;
                },
                progress);
            for (std::size_t k = 0; k < 2; ++k) {
                const ComparedRow &row = rows[2 * m + k];
                QCOMPARE(row.part, std::string("part"));
                QCOMPARE(row.method, nameOf(methods[m]));
                QCOMPARE(row.far, options.fars[k]);
                QVERIFY(std::abs(row.tar - tar[k]) < 1e-12);
                QVERIFY(std::abs(row.keptShare - kept / all) < 1e-12);
                QVERIFY(std::abs(row.interval.low - wanted[k].low) < 1e-12 && std::abs(row.interval.high - wanted[k].high) < 1e-12);
                QVERIFY(std::abs(row.gain - (row.tar - rows[k].tar)) < 1e-12);
                QVERIFY(row.gainInterval.low <= row.gainInterval.high);
            }
        }
        // Beside itself nothing is gained, in any resample: the pairing is exact.
        QCOMPARE(rows[0].gainInterval.low, 0.0);
        QCOMPARE(rows[0].gainInterval.high, 0.0);
        QVERIFY2(rows[2].gain > 0, qPrintable(QString::number(rows[2].gain))); // most pictures are ruined here
    }

    void withoutSubjectsThereAreNoIntervals()
    {
        std::vector<ComparedSet> sets = draws(pool(), 1, false);
        sets[0].set.subjects[3] = -1;
        Progress progress;
        const std::vector<ComparedRow> rows = compareMethods(sets, {methodNamed("ddl")}, {}, {}, progress);
        QCOMPARE(rows[0].interval.resamples, std::int64_t{0});
        QVERIFY(compareCsv(rows).find(",,") != std::string::npos);
        QVERIFY(!compareJson(rows, {})["rows"][0].contains("interval"));
        QVERIFY_EXCEPTION_THROWN(compareMethods(sets, {}, {}, {}, progress), Error);
        QVERIFY_EXCEPTION_THROWN(compareMethods(sets, {methodNamed("quality:blur")}, {}, {}, progress), Error);
    }

    void tables()
    {
        ComparedRow row;
        row.part = "3, clean";
        row.method = "ddl";
        row.title = "DDL | all";
        row.far = 0.001;
        row.tar = 0.5;
        row.interval = {0.4, 0.6, 0.95, 200, 0};
        row.gain = -0.1;
        row.gainInterval = {-0.2, 0.05, 0.95, 200, 0};
        row.genuine = 20;
        row.impostor = 1000;
        row.realisedFar = 0.001;
        row.impostorsAccepted = 1;
        ComparedRow other = row;
        other.part = "5, clean";
        other.impostorsAccepted = 10;
        CompareHeading heading;
        heading.set = "faces";
        heading.notes = {"a note"};
        const std::string text = compareMarkdown({row, other}, heading);
        QVERIFY2(text.find("| DDL \\| all | `ddl` | 50.0 (40.0 to 60.0) ‡ | 50.0 (40.0 to 60.0) |") != std::string::npos, text.c_str());
        QVERIFY(text.find("| DDL \\| all | `ddl` | -10.0 (-20.0 to +5.0) ‡ |") != std::string::npos);
        QVERIFY(text.find("| 20 / 1000 |") != std::string::npos);
        QVERIFY(text.find("- a note\n") != std::string::npos);
        // The mark of figures that rest on a handful of impostors is explained where it stands, and nowhere else.
        QVERIFY(text.find("\n‡ Fewer than ten impostor pairs") != std::string::npos);
        QVERIFY(compareMarkdown({other}, heading).find("‡") == std::string::npos);
        const std::string csv = compareCsv({row});
        QVERIFY2(csv.find("\n\"3, clean\",ddl,DDL | all,0.001,0.5,0.4,0.6,-0.1,-0.2,0.05,0.001,1,20,1000,0,200,0,,\n") != std::string::npos, csv.c_str());
        const Json json = compareJson({row}, heading);
        QCOMPARE(json["schema"].get<std::string>(), std::string("dscope.comparison/1"));
        QCOMPARE(json["rows"][0]["interval"][1].get<double>(), 0.6);
    }

    void poolsAreKept()
    {
        QTemporaryDir dir;
        const std::filesystem::path path = std::filesystem::path(dir.path().toStdString()) / "a.pool";
        FacePool from = pool(5);
        from.quality["sharpness"][3] = NAN; // a picture without a score
        savePool(path, from, {{"base", "b"}});
        QVERIFY(looksLikePool(path));
        // By what it holds, not by what it is called.
        const std::filesystem::path renamed = path.parent_path() / "faces.safetensors";
        std::filesystem::copy_file(path, renamed);
        QVERIFY(looksLikePool(renamed));
        QCOMPARE(loadPool(renamed).files, from.files);
        writeAtomically(path.parent_path() / "list.pool", std::string_view("path,person\na.jpg,1\n"));
        QVERIFY(!looksLikePool(path.parent_path() / "list.pool"));
        QVERIFY(!looksLikePool(path.parent_path()) && !looksLikePool(path.parent_path() / "none.pool"));
        QVERIFY(!looksLikePool(dscope::test::sourceDir() / "models" / "ddnet_casia.safetensors"));
        std::map<std::string, std::string> about;
        const FacePool back = loadPool(path, &about);
        QCOMPARE(about, (std::map<std::string, std::string>{{"base", "b"}}));
        QCOMPARE(back.name, from.name);
        QCOMPARE(back.people, from.people);
        QCOMPARE(back.files, from.files);
        QCOMPARE(back.labels, from.labels);
        QCOMPARE(back.features, from.features);
        QCOMPARE(back.dScores, from.dScores);
        QCOMPARE(back.detector, from.detector);
        QVERIFY(std::isnan(back.quality.at("sharpness")[3]));
        QCOMPARE(back.quality.at("sharpness")[4], from.quality.at("sharpness")[4]);
        // A file that is cut or is something else is refused.
        const std::string whole = readText(path);
        for (std::size_t length = 0; length < whole.size(); length += whole.size() / 23) {
            writeAtomically(path, std::string_view(whole).substr(0, length));
            QVERIFY_EXCEPTION_THROWN(loadPool(path), FileError);
        }
        from.features[5] = std::numeric_limits<float>::infinity();
        savePool(path, from, {});
        QVERIFY_EXCEPTION_THROWN(loadPool(path), FileError);
        QVERIFY_EXCEPTION_THROWN(loadPool(dscope::test::sourceDir() / "models" / "ddnet_casia.safetensors"), FileError);
    }

    void stopsWhenAsked()
    {
        const FacePool from = pool(300);
        const std::vector<ComparedSet> sets = draws(from, 8, true);
        Progress progress;
        CompareOptions options;
        options.resamples = 100'000;
        std::thread stopper([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(500));
            progress.cancel();
        });
        QElapsedTimer timer;
        timer.start();
        QVERIFY_EXCEPTION_THROWN(compareMethods(sets, usualMethods(sets[0].set), options, {}, progress), Cancelled);
        stopper.join();
        QVERIFY2(timer.elapsed() < 2500, qPrintable(QString::number(timer.elapsed())));
    }
};

DSCOPE_TEST(TestCompare)
#include "tst_compare.moc"
