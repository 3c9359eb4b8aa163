// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/budgets.h"

#include "core/aggregation/enough.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "core/scores/secondlook.h"

#include <algorithm>
#include <functional>

namespace dscope {

namespace {

constexpr const char *s_lots = "lots";

/// A number drawn for every picture, by which pictures are chosen blindly.
void drawLots(std::span<ComparedSet> draws, std::uint64_t seed)
{
    for (std::size_t d = 0; d < draws.size(); ++d) {
        Random random(seed, 0x6c6f740000ULL + d); // "lot"
        std::vector<float> &lots = draws[d].set.quality[s_lots];
        lots.resize(static_cast<std::size_t>(draws[d].set.faces()));
        for (float &lot : lots)
            lot = static_cast<float>(random.uniform());
    }
}

Method methodOf(const char *title, Aggregator how, double threshold, const std::string &quality, const std::string &weights)
{
    Method method;
    method.title = title;
    method.options.method = how;
    method.options.keep.threshold = threshold;
    method.quality = quality;
    method.weights = weights;
    method.choose = how == Aggregator::Average;
    return method;
}

/// A score by which a budget can be spent: every picture has it, and before the base has seen any.
void checkChooser(const TemplateFeatures &set, const std::string &chooser)
{
    const auto found = set.quality.find(chooser);
    if (found == set.quality.end())
        throw Error("There is no score called '" + chooser + "' to choose by.");
    if (chooser == secondLookName)
        throw Error("A second look cannot choose what the base looks at: it reads what the base has made.");
    if (!std::all_of(found->second.begin(), found->second.end(), [](float score) { return score >= 0 && score <= 1; }))
        throw Error("The score called '" + chooser
                    + "' cannot choose: every picture needs one from 0 to 1, as D-scores are, because it also weighs and is summed.");
}

} // namespace

KeptShares sharesOf(std::span<const ComparedSet> draws, const std::string &quality)
{
    KeptShares shares;
    std::vector<float> descending;
    std::vector<double> sums;
    for (const ComparedSet &draw : draws)
        for (std::int64_t t = 0; t < draw.set.templates(); ++t) {
            const std::vector<float> &scores = quality.empty() ? draw.set.dScores : draw.set.quality.at(quality);
            const auto place = static_cast<std::size_t>(t);
            descending.assign(scores.begin() + draw.set.begin[place], scores.begin() + draw.set.begin[place + 1]);
            std::sort(descending.begin(), descending.end(), std::greater<>());
            sums.clear();
            appendSumsBefore(sums, descending);
            shares.add(descending, sums);
        }
    shares.sort();
    if (shares.scores().empty())
        throw Error("A budget needs pictures to be spent on.");
    return shares;
}

std::vector<ComparedRow> compareBudgets(std::span<ComparedSet> draws, const std::vector<double> &budgets, const CompareOptions &options,
                                        const std::string &part, Progress &progress, const std::string &chooser)
{
    if (draws.empty() || budgets.empty())
        throw Error("A comparison of budgets needs templates and a budget.");
    if (!chooser.empty())
        for (const ComparedSet &draw : draws)
            checkChooser(draw.set, chooser);
    drawLots(draws, options.seed);
    const bool second = std::all_of(draws.begin(), draws.end(), [](const ComparedSet &draw) { return draw.set.quality.contains(secondLookName); });
    std::vector<ComparedRow> rows;
    const KeptShares shares = sharesOf(draws, chooser);
    const KeptShares lots = sharesOf(draws, s_lots);
    for (const double budget : budgets) {
        if (!(budget > 0 && budget <= 1))
            throw Error("A budget is a share above 0 and at most 1.");
        const double t = shares.thresholdForShare(budget);
        std::vector<Method> methods{methodOf("random", Aggregator::Average, lots.thresholdForShare(budget), s_lots, {}),
                                    methodOf("average", Aggregator::Average, t, chooser, {}), methodOf("DDL", Aggregator::Ddl, t, chooser, {}),
                                    methodOf("DDL+", Aggregator::DdlPlus, t, chooser, {})};
        if (second) {
            methods.push_back(methodOf("DDL by the second look", Aggregator::Ddl, t, chooser, secondLookName));
            methods.push_back(methodOf("DDL+ by the second look", Aggregator::DdlPlus, t, chooser, secondLookName));
        }
        const double enough = shares.enoughForShare(budget);
        for (const bool twice : {false, true}) {
            if (twice && !second)
                continue;
            Method method = methodOf(twice ? "DDL+ by the second look, until enough" : "DDL+, until enough", Aggregator::DdlPlus,
                                     AggregateOptions{}.keep.threshold, chooser, twice ? secondLookName : std::string());
            method.options.keep.setEnough(enough);
            methods.push_back(std::move(method));
        }
        for (ComparedRow &row : compareMethods(draws, methods, options, part, progress)) {
            row.budget = budget;
            if (!chooser.empty()) // whose cost is not known
                row.macPerFace = 0;
            rows.push_back(std::move(row));
        }
    }
    return rows;
}

std::string budgetMarkdown(const std::vector<ComparedRow> &rows, const CompareHeading &heading)
{
    std::string out = markdownHeading(heading);
    const std::vector<double> budgets = distinct(rows, &ComparedRow::budget);
    const auto find = [&](const std::string &part, double far, const std::string &title, double budget) -> const ComparedRow * {
        const auto found = std::find_if(
            rows.begin(), rows.end(), [&](const ComparedRow &row) { return row.part == part && row.far == far && row.title == title && row.budget == budget; });
        return found == rows.end() ? nullptr : &*found;
    };
    const auto line = [&](const std::string &title, const auto &cell) {
        out += "| " + title + " |";
        for (const double budget : budgets)
            out += " " + cell(budget) + " |";
        out += "\n";
    };
    for (const std::string &part : distinct(rows, &ComparedRow::part))
        for (const double far : distinct(rows, &ComparedRow::far)) {
            out += "TAR in %, " + markdownText(part) + ", FAR " + printed("%g", far) + ", at shares of the base's cost\n\n";
            line("method", [](double budget) { return printed("%g %%", 100 * budget); });
            line("---", [](double) { return std::string("---"); });
            for (const std::string &title : distinct(rows, &ComparedRow::title))
                line(markdownText(title), [&](double budget) {
                    const ComparedRow *row = find(part, far, title, budget);
                    return row == nullptr ? std::string("-") : comparedCell(row->tar, row->interval, "%.1f");
                });
            line("through the base, % of the pictures (random)", [&](double budget) {
                const ComparedRow *chosen = find(part, far, "DDL", budget);
                const ComparedRow *random = find(part, far, "random", budget);
                return chosen == nullptr || random == nullptr ? std::string("-")
                                                              : printed("%.1f (%.1f)", 100 * chosen->embeddedShare, 100 * random->embeddedShare);
            });
            line("the same, until enough", [&](double budget) {
                const ComparedRow *row = find(part, far, "DDL+, until enough", budget);
                return row == nullptr ? std::string("-") : printed("%.1f", 100 * row->embeddedShare);
            });
            const ComparedRow *whole = find(part, far, "random", budgets.front());
            if (whole != nullptr && whole->macPerFace > 0 && whole->embeddedShare > 0) {
                const double base = whole->macPerFace / whole->embeddedShare; // lots cost nothing
                line("DDNet and base together, % of the base on all", [&](double budget) {
                    const ComparedRow *row = find(part, far, "DDL", budget);
                    return row == nullptr ? std::string("-") : printed("%.1f", 100 * row->macPerFace / base);
                });
            }
            out += "\n";
        }
    return out;
}

} // namespace dscope
