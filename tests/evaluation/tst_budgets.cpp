// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/aggregation/represent.h"
#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/evaluation/budgets.h"

#include <algorithm>
#include <cmath>
#include <map>

using namespace dscope;
using namespace dscope::test;

namespace {

/// Templates of six pictures, four of which are ruined; D knows it roughly, the second look nearly.
std::vector<ComparedSet> draws(int count, bool second)
{
    std::vector<ComparedSet> made;
    for (int draw = 0; draw < count; ++draw) {
        ComparedSet one;
        one.set.benchmark = "made";
        one.set.dim = 16;
        Random random(4, static_cast<std::uint64_t>(draw));
        for (int p = 0; p < 20; ++p) {
            one.set.subjectNames.push_back(std::to_string(p));
            Random centre(9, static_cast<std::uint64_t>(p));
            std::vector<double> mean(16);
            for (double &value : mean)
                value = centre.normal();
            for (int t = 0; t < 3; ++t) {
                for (int i = 0; i < 6; ++i) {
                    const bool good = i % 3 == 0;
                    for (const double value : mean)
                        one.set.features.push_back(static_cast<float>((good ? value : 0.15 * value) + (good ? 0.5 : 1.2) * random.normal()));
                    one.set.dScores.push_back(static_cast<float>((good ? 0.6 : 0.45) + 0.15 * random.normal()));
                    if (second)
                        one.set.quality["second"].push_back(static_cast<float>((good ? 0.6 : 0.2) + 0.02 * random.normal()));
                }
                one.set.begin.push_back(one.set.begin.back() + 6);
                one.set.ids.push_back(one.set.templates());
                one.set.subjects.push_back(p);
            }
        }
        for (std::uint32_t a = 0; a < 60; ++a)
            for (std::uint32_t b = a + 1; b < 60; ++b) {
                one.pairs.a.push_back(a);
                one.pairs.b.push_back(b);
                one.pairs.genuine.push_back(a / 3 == b / 3 ? 1 : 0);
            }
        if (second)
            one.set.qualityCost["second"] = {10, 20};
        made.push_back(std::move(one));
    }
    return made;
}

} // namespace

/// Accuracy at shares of the base's cost.
class TestBudgets : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// The share that is kept is the one asked for, and the next higher threshold would keep less.
    void threshold()
    {
        const std::vector<ComparedSet> sets = draws(3, false);
        for (const double share : {0.05, 1.0 / 6, 0.25, 0.3, 0.5, 0.75, 0.999, 1.0}) {
            const double t = sharesOf(sets, {}).thresholdForShare(share);
            std::int64_t kept = 0;
            std::int64_t less = 0;
            std::int64_t all = 0;
            for (const ComparedSet &one : sets)
                for (std::int64_t i = 0; i < one.set.templates(); ++i) {
                    bool fallback = false;
                    kept += std::ssize(keptElements(one.set.dScoresOf(i), t, fallback));
                    less += std::ssize(
                        keptElements(one.set.dScoresOf(i), std::nextafter(static_cast<double>(std::nextafter(static_cast<float>(t), 2.0F)), 2.0), fallback));
                    all += one.set.size(i);
                }
            const auto wanted = static_cast<std::int64_t>(std::ceil(share * static_cast<double>(all) - 1e-9));
            QVERIFY2(kept >= wanted, qPrintable(QString::number(share)));
            if (share > 1.0 / 6)
                QVERIFY(less < wanted && kept < wanted + 3); // equal scores are kept together
        }
        VERIFY_SAYS(refusal([] { sharesOf({}, {}); }), "pictures");
    }

    void rows()
    {
        std::vector<ComparedSet> sets = draws(4, true);
        CompareOptions options;
        options.fars = {0.01};
        options.resamples = 20;
        options.ddnetCost = {100, 200};
        options.baseCost = {1000, 2000};
        Progress progress;
        const std::vector<ComparedRow> rows = compareBudgets(sets, {0.25, 0.5, 1.0}, options, "made", progress);
        QCOMPARE(rows.size(), std::size_t{24});
        std::map<std::pair<std::string, double>, ComparedRow> by;
        for (const ComparedRow &row : rows)
            by[{row.title, row.budget}] = row;
        for (const double budget : {0.25, 0.5, 1.0}) {
            const ComparedRow &ddl = by.at({"DDL", budget});
            for (const char *title : {"average", "DDL+", "DDL by the second look", "DDL+ by the second look"})
                QCOMPARE(by.at({title, budget}).embeddedShare, ddl.embeddedShare);
            QVERIFY(std::abs(ddl.embeddedShare - budget) < 0.01);
            QVERIFY(std::abs(by.at({"random", budget}).embeddedShare - budget) < 0.01);
            QVERIFY(std::abs(ddl.macPerFace - (100 + 1000 * ddl.embeddedShare)) < 1e-9);
            QVERIFY(std::abs(by.at({"DDL by the second look", budget}).macPerFace - (100 + 1010 * ddl.embeddedShare)) < 1e-9);
            QVERIFY(std::abs(by.at({"random", budget}).macPerFace - 1000 * by.at({"random", budget}).embeddedShare) < 1e-9);
            QVERIFY(by.at({"DDL by the second look", budget}).tar > by.at({"random", budget}).tar);
            for (const char *title : {"DDL+, until enough", "DDL+ by the second look, until enough"})
                QVERIFY(std::abs(by.at({title, budget}).embeddedShare - budget) < 0.01);
            if (budget < 1) // templates of few good pictures get what those of many do not need
                QVERIFY(by.at({"DDL+ by the second look, until enough", budget}).tar > by.at({"DDL+ by the second look", budget}).tar);
        }
        QCOMPARE(by.at({"DDL+ by the second look, until enough", 1.0}).tar, by.at({"DDL+ by the second look", 1.0}).tar);
        // At the whole budget the average, chosen or by lot, is the average of all.
        QCOMPARE(by.at({"average", 1.0}).gain, 0.0);
        QCOMPARE(by.at({"random", 1.0}).gain, 0.0);
        QVERIFY(by.at({"DDL by the second look", 1.0}).tar > by.at({"DDL", 1.0}).tar);
        const std::string text = budgetMarkdown(rows, {"set", "base", "ddnet", "cpu", "How.", {}});
        for (const char *part : {"| method | 25 % | 50 % | 100 % |", "| random |", "| DDL+ by the second look |", "TAR in %, made, FAR 0.01",
                                 "| DDNet and base together", "| 110.0 |"})
            VERIFY_SAYS(text, part);
        const CsvTable csv = parseCsv(compareCsv(rows), "a.csv");
        QCOMPARE(csv.rows[0].cells[csv.requireColumn({"budget"})], std::string("0.25"));
        QVERIFY(parseNumber(csv.rows[0].cells[csv.requireColumn({"mac_per_face"})]).has_value());
    }

    /// Another score chooses in place of D: here one that knows the good pictures, so that it is D that is beaten.
    void anotherChooser()
    {
        std::vector<ComparedSet> sets = draws(4, true);
        for (ComparedSet &set : sets)
            set.set.quality["known"] = set.set.quality.at("second");
        CompareOptions options;
        options.fars = {0.01};
        options.resamples = 0;
        Progress progress;
        const auto tarOf = [&](const std::string &chooser, const std::string &title) {
            for (const ComparedRow &row : compareBudgets(sets, {1.0 / 3}, options, "made", progress, chooser))
                if (row.title == title) {
                    if (std::abs(row.embeddedShare - 1.0 / 3) > 0.01)
                        throw Error("the share is another");
                    return row.tar;
                }
            throw Error("there is no such row");
        };
        for (const char *title : {"average", "DDL+", "DDL by the second look", "DDL+ by the second look", "DDL+ by the second look, until enough"})
            QVERIFY2(tarOf("known", title) > tarOf({}, title), title);
        VERIFY_SAYS(refusal([&] { compareBudgets(sets, {0.5}, options, "made", progress, "second"); }), "what the base has made");
        sets.front().set.quality["known"].front() = std::nanf("");
        VERIFY_SAYS(refusal([&] { compareBudgets(sets, {0.5}, options, "made", progress, "known"); }), "every picture needs one from 0 to 1");
        VERIFY_SAYS(refusal([&] { compareBudgets(sets, {0.5}, options, "made", progress, "other"); }), "'other' to choose by");
    }

    void withoutASecondLook()
    {
        std::vector<ComparedSet> sets = draws(1, false);
        CompareOptions options;
        options.fars = {0.01};
        options.resamples = 0;
        Progress progress;
        const std::vector<ComparedRow> rows = compareBudgets(sets, {0.5}, options, "made", progress);
        QCOMPARE(rows.size(), std::size_t{5});
        QVERIFY(budgetMarkdown(rows, {}).find("together") == std::string::npos); // no price is known
        QVERIFY_EXCEPTION_THROWN(compareBudgets(sets, {0}, options, "made", progress), Error);
        QVERIFY_EXCEPTION_THROWN(compareBudgets(sets, {}, options, "made", progress), Error);
        progress.cancel();
        QVERIFY_EXCEPTION_THROWN(compareBudgets(sets, {0.5}, options, "made", progress), Cancelled);
    }
};

DSCOPE_TEST(TestBudgets)
#include "tst_budgets.moc"
