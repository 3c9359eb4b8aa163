// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/aggregation/represent.h"
#include "core/base/error.h"

#include <cmath>

using namespace dscope;

namespace {

/// Three templates of 2, 0 and 1 faces in two dimensions.
TemplateFeatures small()
{
    TemplateFeatures set;
    set.benchmark = "made";
    set.dim = 2;
    set.features = {1, 0, 0, 1, 3, 4};
    set.dScores = {0.25F, 0.75F, 0.5F};
    set.begin = {0, 2, 2, 3};
    set.ids = {7, 8, 9};
    set.subjects = {0, 0, 1};
    set.subjectNames = {"a", "b"};
    return set;
}

} // namespace

class TestTemplates : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void representsByHand()
    {
        const TemplateFeatures set = small();
        set.check();
        Progress progress;
        Method average;
        average.options.method = Aggregator::Average;
        const std::vector<float> unit = represent(set, average, progress);
        QCOMPARE(unit.size(), std::size_t{6});
        QCOMPARE(unit[0], static_cast<float>(std::sqrt(0.5)));
        QCOMPARE(unit[1], static_cast<float>(std::sqrt(0.5)));
        QCOMPARE(unit[2], 0.0F);
        QCOMPARE(unit[4], 0.6F);
        QCOMPARE(unit[5], 0.8F);
        // Two kept pictures: Eq. 9 gives the worse one no weight, so DDL is top-1.
        const std::vector<float> ddl = represent(set, {}, progress);
        QCOMPARE(ddl[0], 0.0F);
        QCOMPARE(ddl[1], 1.0F);
    }

    void whoHasNoFaceScoresLowest()
    {
        const TemplateFeatures set = small();
        Progress progress;
        TemplatePairs pairs;
        pairs.a = {0, 0};
        pairs.b = {1, 2};
        pairs.genuine = {1, 0};
        QCOMPARE(pairs.genuineCount(), std::int64_t{1});
        const std::vector<float> scores = scorePairs(set, represent(set, {}, progress), pairs, progress);
        QCOMPARE(scores[0], notEnrolled);
        QCOMPARE(scores[1], 0.8F);
        std::vector<std::int32_t> a;
        std::vector<std::int32_t> b;
        pairSubjects(set, pairs, a, b);
        QCOMPARE(b, (std::vector<std::int32_t>{0, 1}));
    }

    void refusesWhatDoesNotFit()
    {
        TemplateFeatures set = small();
        set.dScores.pop_back();
        QVERIFY_EXCEPTION_THROWN(set.check(), Error);
        set = small();
        set.subjects[0] = 2;
        QVERIFY_EXCEPTION_THROWN(set.check(), Error);
        set = small();
        set.dScores[1] = NAN;
        QVERIFY_EXCEPTION_THROWN(set.check(), Error);
        set = small();
        Method method;
        method.options.order = MediaOrder::MediaFirst;
        Progress progress;
        QVERIFY_EXCEPTION_THROWN(represent(set, method, progress), Error);
    }
};

DSCOPE_TEST(TestTemplates)
#include "tst_templates.moc"
