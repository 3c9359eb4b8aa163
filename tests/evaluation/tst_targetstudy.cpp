// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/evaluation/targetstudy.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include <cmath>

using namespace dscope;

namespace {

constexpr std::int64_t s_dim = 12;

/// People of 7 pictures, then of 2, each face with two degraded versions: the more degraded, the more of a direction that all share and the shorter.
FacePool madePool(int judged, int small)
{
    FacePool pool;
    pool.name = "made people";
    pool.dim = s_dim;
    pool.versions = 2;
    for (int p = 0; p < judged + small; ++p) {
        pool.people.push_back("person " + std::to_string(p));
        for (int i = 0; i < (p < judged ? 7 : 2); ++i) {
            pool.labels.push_back(p);
            Random random(5, static_cast<std::uint64_t>(p * 100 + i));
            for (int version = 0; version <= pool.versions; ++version) {
                const double ruin = version == 0 ? random.uniform(0, 0.3) : random.uniform(0.2, 1);
                Random own(6, static_cast<std::uint64_t>(p));
                for (std::int64_t d = 0; d < s_dim; ++d)
                    pool.features.push_back(static_cast<float>((2 - ruin) * ((1 - ruin) * own.normal() + ruin * (d == 0 ? 4.0 : 0.0) + 0.2 * random.normal())));
            }
        }
    }
    pool.dScores.resize(static_cast<std::size_t>(pool.pictures()));
    return pool;
}

TargetStudy quick()
{
    TargetStudy study;
    study.ridge = 10;
    study.size = 3;
    study.draws = 3;
    study.resamples = 20;
    study.far = 0.01;
    return study;
}

} // namespace

class TestTargetstudy : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void comparesTargets()
    {
        const FacePool pool = madePool(40, 30);
        Progress progress;
        const std::vector<TargetVariant> variants = usualTargetVariants(pool);
        QVERIFY(variants.size() >= 8);
        const std::vector<TargetRow> rows = compareTargets(pool, variants, quick(), progress);
        QCOMPARE(rows.size(), variants.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const TargetRow &row = rows[i];
            QCOMPARE(row.title, variants[i].title);
            // Who has too few others gives no targets.
            const std::int64_t others = variants[i].options.atLeastOthers;
            QCOMPARE(row.people, std::int64_t{others <= 1 ? 70 : 40});
            QCOMPARE(row.pictures, std::int64_t{3 * (others <= 1 ? 40 * 7 + 30 * 2 : 40 * 7)});
            // What is predicted was made to be predictable; weights by the target itself are no worse than the plain mean.
            QVERIFY2(row.all > 0.6, qPrintable(QString::number(row.all)));
            QVERIFY(row.clean > 0 && row.predicted.tar > 0.5 && row.itself.tar > 0.5);
            QCOMPARE(row.predicted.interval.resamples, std::int64_t{20});
        }
        // Gains are over the first row, which has none over itself.
        QCOMPARE(rows[0].predicted.gain, 0.0);
        QCOMPARE(rows[0].itself.gain, 0.0);
        QCOMPARE(rows[2].predicted.gain, rows[2].predicted.tar - rows[0].predicted.tar);
        QCOMPARE(rows[0].predicted.gainInterval.high, 0.0);
        const std::string table = targetTable(rows, pool, quick(), "made-base");
        for (const TargetVariant &variant : variants)
            VERIFY_SAYS(table, "| " + variant.title + " | ");
        // The same again, to the last bit.
        const std::vector<TargetRow> again = compareTargets(pool, variants, quick(), progress);
        QCOMPARE(targetTable(again, pool, quick(), "made-base"), table);
    }

    /// Whoever is judged was not learnt from: where every fold has no more to learn from than noise, nothing is predicted.
    void peopleAreHeldOut()
    {
        FacePool pool = madePool(40, 0);
        Random random(4);
        for (std::size_t i = 0; i < pool.features.size(); ++i)
            pool.features[i] = static_cast<float>(random.normal()); // no person, no damage: the target is each picture's own accident
        Progress progress;
        TargetStudy study = quick();
        study.ridge = 1e-3;
        const std::vector<TargetRow> rows = compareTargets(pool, {usualTargetVariants(pool).front()}, study, progress);
        QVERIFY2(std::abs(rows[0].all) < 0.2, qPrintable(QString::number(rows[0].all)));
    }

    void refuses()
    {
        Progress progress;
        const auto said = [&](const FacePool &pool, const TargetStudy &study) {
            return test::refusal([&] { compareTargets(pool, usualTargetVariants(pool), study, progress); });
        };
        FacePool pool = madePool(5, 5);
        TargetStudy study = quick();
        study.judgedWith = 8;
        VERIFY_SAYS(said(pool, study), "Fewer than two people have 8 pictures");
        study = quick();
        study.folds = 1;
        VERIFY_SAYS(said(pool, study), "two folds");
        pool.versions = 0;
        pool.labels.clear();
        pool.features.clear();
        pool.dScores.clear();
        VERIFY_SAYS(said(pool, quick()), "degraded versions");
        QVERIFY_THROWS_EXCEPTION(Error, compareTargets(madePool(5, 5), {}, quick(), progress));
        progress.cancel();
        QVERIFY_THROWS_EXCEPTION(Cancelled, compareTargets(madePool(5, 5), usualTargetVariants(madePool(5, 5)), quick(), progress));
    }
};

DSCOPE_TEST(TestTargetstudy)
#include "tst_targetstudy.moc"
