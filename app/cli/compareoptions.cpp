// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/compareoptions.h"

#include "app/cli/options.h"
#include "app/cli/outputs.h"
#include "app/cli/people.h"
#include "app/cli/secondlook.h"
#include "app/cli/sources.h"
#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/evaluation/budgets.h"
#include "core/training/evaluate.h"

#include <algorithm>
#include <cstdio>
#include <optional>

namespace dscope::cli {

namespace {
const std::vector<std::string> s_forms{"md", "csv", "json"};
} // namespace

std::vector<Option> comparedOptions()
{
    return {repeated("method", "M", "a row of the table (default: all that there is)"),
            repeated("add", "M", "a row beside the usual ones"),
            repeated("nan", "FILE", "a network by `dscope train nan`"),
            repeated("quality", "NAME=FILE",
                     "scores of the pictures from a file: csv, NIST, OFIQ, ERC or four columns; the name detector makes them the detector's"),
            {"quality-format", "F", "auto, csv, nist, ofiq, erc or insightface (default auto)"},
            {"quality-column", "NAME", "the column of a csv or OFIQ file"},
            repeated("scorer", "NAME=MODEL", "a network that gives one value a picture, such as an ONNX file of a quality model, or a DDNet"),
            {"detector", "MODEL", "which one (default: the best there is)"},
            maxSideOption(),
            secondOption(),
            {"budgets", "P,P",
             "instead of methods: the accuracy at so many percent of the base's cost, such as 5,10,25,50,100, of random pictures, the average, DDL, ddl+ and, "
             "with a "
             "second look, both in two stages; ddl+ also until every template has enough"},
            {"choose-by", "NAME", "with --budgets: a score that chooses the pictures in place of D, such as that of a --scorer"},
            {"base", "MODEL", "a name or a file (default: the best there is)"},
            {"ddnet", "MODEL", "a name or a file (default: the one taught for the base)"},
            {"fars", "F,F", "default 0.01,0.001; of a benchmark: its own. Of tracklets: verification in place of retrieval"},
            numberOption("threshold", "T", "of ddl, ddl-no-rescale and ddl+ where they name none", 0, 1, AggregateOptions{}.keep.threshold),
            resamplesOption(200),
            repeated("out", "FILE", ".md, .csv or .json; - is standard output as Markdown (default)"),
            {"format", "FORM", "md, csv or json, where the name of --out does not say it"},
            seedOption(),
            deviceOption(),
            modelsOption()};
}

std::vector<Option> drawnOptions()
{
    return {
        {"laplacian", "", "add the usual measure of sharpness, the variance of the Laplacian, as the score laplacian"},
        {"detect", "", "run a face detector on every picture and use its score"},
        {"oracle", "", "add DDL by the true D-scores of these pictures, and how well the other scores follow them"},
        {"keep", "FILE.pool", "keep the faces as they were embedded and scored: a later call on that file takes seconds"},
        splitOption(),
        partOption("test"),
        whereOption(),
        familiesOption("paper"),
        wholeOption("at-least", "N", "only people with so many faces", 1, 1'000'000, 6),
        {"sizes", "N,N", "pictures per template (default 3,5,10)"},
        {"clean-only", "", "no degraded templates"},
        numberOption("degraded-share", "S", "of the pictures of degraded templates", 0, 1, TemplateStudy().degradedShare),
        wholeOption("versions", "N",
                    "degraded versions of every face, one of which is drawn (default 4); as many as --draws or more: each draw has damage of its own", 1, 1000),
        {"protocol", "P",
         "tracklets: official, video-reid (whose average precisions differ) or cross-camera, which leaves out all of the query's camera (default video-reid)"},
        {"distance", "D", "tracklets: cosine, or l2 (squared, of representations as they are) (default cosine)"},
        drawsOption(20)};
}

std::vector<Option> comparedBenchmarkOptions()
{
    return {{"pairs", "FILE", "as `dscope evaluate` takes it"},
            {"identities", "CSV", "as `dscope evaluate` takes it"},
            {"pictures", "FOLDER", "as `dscope evaluate` takes it"},
            wholeOption("every", "N", "videos: every N-th frame", 1, 1'000'000, 1),
            {"store", "FOLDER", "where features are kept (default: the cache)"},
            {"flip", "", "embeddings are f + f of the mirrored picture"},
            {"embeddings", "FILE", "a .npy, .npz or safetensors instead of extraction, a row a picture in the order of `dscope evaluate ... --list-pictures`"},
            {"d-scores", "FILE", "with --embeddings: lines `picture score`; IJB-B, IJB-C: `image tid mid score`"}};
}

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
