// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/compareoptions.h"

#include "app/cli/outputs.h"
#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/evaluation/budgets.h"

#include <algorithm>
#include <cstdio>
#include <optional>

namespace dscope::cli {

namespace {
const std::vector<std::string> s_forms{"md", "csv", "json"};
} // namespace

std::pair<std::string, std::string> scoreNamed(const std::string &option, const std::string &text)
{
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
        throw UsageError("--" + option + " needs NAME=FILE, not '" + text + "'.");
    const std::string name = text.substr(0, equals);
    if (name.find(',') != std::string::npos || name == "norm" || name == "lots" || (name == "detector" && option != "quality"))
        throw UsageError("'" + name + "' cannot be the name of a score.");
    return {name, text.substr(equals + 1)};
}

std::vector<double> compareFars(const std::string &text)
{
    std::vector<double> values;
    for (const std::string &part : split(text, ',')) {
        const std::optional<double> value = parseNumber(part);
        if (!value || !(*value > 0 && *value <= 1))
            throw UsageError("--fars needs shares such as 0.01,0.001, not '" + text + "'.");
        values.push_back(*value);
    }
    if (values.empty())
        throw UsageError("--fars needs a FAR at least.");
    return values;
}

std::vector<Method> compareMethodsOf(const Arguments &arguments, const TemplateFeatures &set, bool oracle)
{
    std::vector<Method> methods;
    for (const std::string &name : arguments.all("method"))
        methods.push_back(methodNamed(name));
    if (methods.empty())
        methods = usualMethods(set);
    for (const std::string &name : arguments.all("add"))
        methods.push_back(methodNamed(name));
    for (const std::string &file : arguments.all("nan"))
        methods.push_back(methodNamed("nan:" + file));
    const double t = arguments.number("threshold", AggregateOptions{}.keep.threshold, 0, 1);
    for (Method &method : methods)
        if (usesThreshold(method) && method.quality.empty() && method.options.keep.threshold == AggregateOptions{}.keep.threshold)
            method.options.keep.threshold = t;
    // What the study itself adds is a row of its own, not an external score.
    std::erase_if(methods, [](const Method &method) { return method.quality == trueScoreName && method.title.empty(); });
    if (oracle) {
        Method method;
        method.title = "DDL, true D-scores (oracle)";
        method.quality = trueScoreName;
        method.options.keep.threshold = t;
        methods.push_back(method);
    }
    std::vector<Method> once;
    for (const Method &method : methods)
        if (std::none_of(once.begin(), once.end(), [&](const Method &other) { return nameOf(other) == nameOf(method); }))
            once.push_back(method);
    return once;
}

std::vector<double> budgetsOf(const Arguments &arguments)
{
    std::vector<double> shares;
    if (!arguments.has("budgets"))
        return shares;
    for (const char *option : {"method", "add", "nan", "threshold"})
        if (arguments.has(option))
            throw UsageError(std::string("--") + option + " and --budgets exclude each other: a budget has its own methods and thresholds.");
    for (const std::string &part : split(arguments.text("budgets"), ',')) {
        const std::optional<double> percent = parseNumber(part);
        if (!percent || !(*percent > 0 && *percent <= 100))
            throw UsageError("--budgets needs percentages of the base's cost such as 5,10,25,50,100, not '" + arguments.text("budgets") + "'.");
        shares.push_back(*percent / 100);
    }
    std::sort(shares.begin(), shares.end());
    shares.erase(std::unique(shares.begin(), shares.end()), shares.end());
    if (shares.empty())
        throw UsageError("--budgets needs a percentage at least.");
    return shares;
}

void checkChooser(const Arguments &arguments, bool pool)
{
    if (!arguments.has("choose-by"))
        return;
    const std::string name = arguments.text("choose-by");
    if (!arguments.has("budgets"))
        throw UsageError("--choose-by goes with --budgets; a method names its score itself, such as ddl:quality=" + name + ".");
    const auto given = [&](const char *option) {
        const std::vector<std::string> all = arguments.all(option);
        return std::any_of(all.begin(), all.end(), [&](const std::string &one) { return one.starts_with(name + "="); });
    };
    if (name == "detector")
        throw UsageError("A detector's score cannot choose: it does not say how well a face is recognised. Name a --scorer whose scores lie between 0 and 1.");
    if (!pool && !given("scorer") && !given("quality"))
        throw UsageError("Nothing gives a score called '" + name + "' to choose by; name one with --scorer or --quality.");
}

std::string chooserNote(const Arguments &arguments)
{
    return "Pictures were chosen by '" + arguments.text("choose-by") + "' in place of D, which also weighs them in DDL and DDL+.";
}

void writeTables(const Arguments &arguments, const CompareHeading &heading, const std::function<std::string()> &markdown,
                 const std::function<std::string()> &csv, const std::function<Json()> &json)
{
    std::vector<std::string> outs = arguments.all("out");
    if (outs.empty())
        outs.emplace_back("-");
    Outputs outputs;
    for (const std::string &out : outs) {
        const std::string form = outputForm(arguments, out, s_forms);
        outputs.emplace_back(out, form);
        const std::string text = form == "csv" ? csv() : form == "json" ? jsonText(json()) : markdown();
        if (out == "-") {
            std::fputs(text.c_str(), stdout);
        } else {
            writeAtomically(out, text);
            say("written: " + out);
        }
    }
    tellNotes(heading.notes, outputs);
}

void writeComparison(const Arguments &arguments, const std::vector<ComparedRow> &rows, const CompareHeading &heading)
{
    writeTables(
        arguments, heading, [&] { return arguments.has("budgets") ? budgetMarkdown(rows, heading) : compareMarkdown(rows, heading); },
        [&] { return compareCsv(rows); }, [&] { return compareJson(rows, heading); });
}

void checkComparisonOuts(const Arguments &arguments)
{
    for (const std::string &out : arguments.all("out"))
        outputForm(arguments, out, s_forms);
}

} // namespace dscope::cli
