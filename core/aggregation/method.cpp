// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/aggregation/method.h"

#include "core/aggregation/nan.h"
#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/scores/secondlook.h"

#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

namespace dscope {

namespace {

constexpr double s_everything = -std::numeric_limits<double>::infinity();
constexpr std::int64_t s_mostK = 1'000'000'000;

bool isTop(Aggregator method)
{
    return method == Aggregator::Top1 || method == Aggregator::TopK;
}

/// All pictures weighed by a score.
bool isWeighted(const Method &method)
{
    return method.kind == Method::Kind::Scores && method.options.method == Aggregator::DdlNoRescale && !method.quality.empty();
}

/// t where nobody has said another.
double usualThreshold(const Method &method)
{
    return method.quality.empty() ? AggregateOptions{}.keep.threshold : s_everything;
}

[[noreturn]] void unknown(const std::string &text, const std::string &why)
{
    throw UsageError(
        "'" + text + "' is no way to aggregate: " + why
        + " There are average, max, top-1, top-k:K, random-k:K, uniform-k:K, norm, detector, quality:NAME, ddl, ddl-no-rescale, ddl+ and nan:FILE; after a "
          "colon, separated by commas: media-first, normalise, t=T, best=K, enough=E, whole (ddl), middle=D and power=P (ddl+), quality=NAME (top-1, top-k, "
          "ddl), seed=S and seeds=N (random-k), second or weights=NAME (the ddl methods, top-1, top-k), t2=T (of that second score).");
}

std::int64_t wholeNumber(const std::string &text, const std::string &word, std::int64_t least, double most)
{
    const std::optional<double> value = parseNumber(word);
    if (!value || *value != std::floor(*value) || *value < static_cast<double>(least) || *value > most)
        unknown(text, "'" + word + "' is not a whole number from " + std::to_string(least) + ".");
    return static_cast<std::int64_t>(*value);
}

std::string number(double value)
{
    return printed("%g", value);
}

/// Methods of all pictures that can be kept to those that D chooses.
bool canChoose(const Method &method)
{
    const Aggregator how = method.options.method;
    return method.kind == Method::Kind::Scores && (how == Aggregator::Average || how == Aggregator::Max || isTop(how));
}

/// Methods whose weights, or whose best, can come from a second score.
bool canWeigh(const Method &method)
{
    const Aggregator how = method.options.method;
    return method.kind == Method::Kind::Scores && method.quality.empty() && how != Aggregator::Average && how != Aggregator::Max;
}

void exclusive(const Method &method, Selection::Mode other, const std::string &text)
{
    if (method.options.keep.mode == other)
        unknown(text, "best and enough exclude each other.");
}

/// Takes one option of the two stages; false where it is none, or the method has no such option.
bool takeSecond(Method &method, const std::string &option, const std::string &text)
{
    const std::size_t equals = option.find('=');
    const std::string key = option.substr(0, equals);
    const std::string value = equals == std::string::npos ? std::string() : option.substr(equals + 1);
    if (option == "second" || (key == "weights" && !value.empty())) {
        if (!canWeigh(method))
            return false;
        method.weights = option == "second" ? secondLookName : value;
        method.choose = canChoose(method);
        return true;
    }
    if (key != "t2" || value.empty() || canChoose(method) || method.kind != Method::Kind::Scores)
        return false;
    const std::optional<double> t = parseNumber(value);
    if (!t || !std::isfinite(*t))
        unknown(text, "'" + value + "' is no threshold.");
    method.secondThreshold = *t;
    return true;
}

/// Takes one option; false where the method has no such option.
bool take(Method &method, const std::string &option, const std::string &text)
{
    const std::size_t equals = option.find('=');
    const std::string key = option.substr(0, equals);
    const std::string value = equals == std::string::npos ? std::string() : option.substr(equals + 1);
    AggregateOptions &options = method.options;
    const bool plain = equals == std::string::npos;
    if (option == "media-first")
        options.order = MediaOrder::MediaFirst;
    else if (option == "normalise")
        options.normaliseFeatures = true;
    else if (option == "whole" && options.method == Aggregator::Ddl)
        options.rescaleOverWhole = true;
    else if (key == "t" && !plain && (usesThreshold(method) || canChoose(method))) {
        const std::optional<double> t = parseNumber(value);
        if (!t || !std::isfinite(*t))
            unknown(text, "'" + value + "' is no threshold.");
        options.keep.threshold = *t;
        method.choose = canChoose(method);
    } else if ((key == "middle" || key == "power") && !plain && options.method == Aggregator::DdlPlus) {
        const std::optional<double> constant = parseNumber(value);
        const bool middle = key == "middle";
        if (!constant || !(*constant > 0) || !(middle ? *constant < 1 : *constant <= 1000))
            unknown(text, middle ? "middle lies between 0 and 1." : "power lies above 0 and is at most 1000.");
        (middle ? options.plusMiddle : options.plusPower) = *constant;
    } else if (key == "best" && !plain && (usesThreshold(method) || canChoose(method))) {
        exclusive(method, Selection::Mode::Enough, text);
        options.keep.setBest(wholeNumber(text, value, 1, static_cast<double>(s_mostK)));
        method.choose = canChoose(method);
    } else if (key == "enough" && !plain && (usesThreshold(method) || canChoose(method))) {
        const std::optional<double> enough = parseNumber(value);
        if (!enough || !(*enough > 0) || !std::isfinite(*enough))
            unknown(text, "'" + value + "' is no sum of D-scores above 0.");
        exclusive(method, Selection::Mode::TopK, text);
        options.keep.setEnough(*enough);
        method.choose = canChoose(method);
    } else if (key == "seed" && !plain && method.kind == Method::Kind::RandomK)
        method.seed = static_cast<std::uint64_t>(wholeNumber(text, value, 0, 0x1p52));
    else if (key == "seeds" && !plain && method.kind == Method::Kind::RandomK)
        method.seeds = static_cast<int>(wholeNumber(text, value, 1, Method::mostSeeds));
    else if (key == "quality" && !value.empty() && method.kind == Method::Kind::Scores
             && (options.method == Aggregator::Ddl || options.method == Aggregator::Average || isTop(options.method)))
        method.quality = value;
    else
        return takeSecond(method, option, text);
    return true;
}

} // namespace

bool usesThreshold(const Method &method)
{
    const Aggregator how = method.options.method;
    return method.kind == Method::Kind::Scores && (how == Aggregator::Ddl || how == Aggregator::DdlNoRescale || how == Aggregator::DdlPlus || method.choose);
}

bool isTwoStage(const Method &method)
{
    return method.kind == Method::Kind::Scores && (method.choose || !method.weights.empty());
}

std::string titleOf(const Method &method)
{
    if (!method.title.empty())
        return method.title;
    const AggregateOptions &options = method.options;
    std::string title;
    if (method.kind == Method::Kind::Nan)
        return "NAN";
    if (method.kind == Method::Kind::RandomK) {
        title = "random-K, K = " + std::to_string(options.k) + (method.seeds > 1 ? ", mean of " + std::to_string(method.seeds) + " draws" : "");
    } else if (method.kind == Method::Kind::EvenK) {
        title = "uniform-K, K = " + std::to_string(options.k);
    } else if (isWeighted(method)) {
        title = method.quality == "norm" ? "feature norm" : method.quality == "detector" ? "detector score" : method.quality;
        title += "-weighted";
    } else {
        switch (options.method) {
        case Aggregator::Average: title = "average"; break;
        case Aggregator::Max: title = "max"; break;
        case Aggregator::Top1: title = "top-1"; break;
        case Aggregator::TopK: title = "top-K, K = " + std::to_string(options.k); break;
        case Aggregator::Ddl: title = "DDL"; break;
        case Aggregator::DdlNoRescale: title = "DDL without re-scale"; break;
        case Aggregator::DdlPlus: title = "DDL+"; break;
        }
        if (method.options.method == Aggregator::Average && method.choose)
            title += " of the kept";
        if (!method.quality.empty())
            title += " by " + method.quality;
        if (!method.weights.empty())
            title += method.weights == secondLookName ? std::string(" by the second look") : ", weights by " + method.weights;
    }
    if (usesThreshold(method)) {
        if (!options.keep.moves())
            title += ", " + options.keep.words();
        else if (std::isfinite(options.keep.threshold))
            title += ", t = " + number(options.keep.threshold);
    }
    if (std::isfinite(method.secondThreshold))
        title += ", second t = " + number(method.secondThreshold);
    if (options.method == Aggregator::DdlPlus && (options.plusMiddle != AggregateOptions{}.plusMiddle || options.plusPower != AggregateOptions{}.plusPower))
        title += ", middle " + number(options.plusMiddle) + ", power " + number(options.plusPower);
    if (options.method == Aggregator::Ddl && options.rescaleOverWhole)
        title += ", re-scaled over the whole template";
    if (options.order == MediaOrder::MediaFirst)
        title += ", media first";
    if (options.normaliseFeatures)
        title += ", unit features";
    return title;
}

std::string nameOf(const Method &method)
{
    const AggregateOptions &options = method.options;
    if (method.kind == Method::Kind::Nan)
        return "nan:" + method.nanFile;
    std::string word;
    std::vector<std::string> parts;
    if (method.kind == Method::Kind::RandomK) {
        word = "random-k";
        parts.push_back(std::to_string(options.k));
        if (method.seed != Method{}.seed)
            parts.push_back("seed=" + std::to_string(method.seed));
        if (method.seeds != 1)
            parts.push_back("seeds=" + std::to_string(method.seeds));
    } else if (method.kind == Method::Kind::EvenK) {
        word = "uniform-k";
        parts.push_back(std::to_string(options.k));
    } else if (isWeighted(method)) {
        const bool own = method.quality == "norm" || method.quality == "detector";
        word = own ? method.quality : "quality";
        if (!own)
            parts.push_back(method.quality);
    } else {
        word = options.method == Aggregator::Top1 ? "top-1" : options.method == Aggregator::TopK ? "top-k" : name(options.method);
        if (options.method == Aggregator::TopK)
            parts.push_back(std::to_string(options.k));
        if (!method.quality.empty())
            parts.push_back("quality=" + method.quality);
        if (method.weights == secondLookName)
            parts.emplace_back("second");
        else if (!method.weights.empty())
            parts.push_back("weights=" + method.weights);
        if (options.method == Aggregator::Ddl && options.rescaleOverWhole)
            parts.emplace_back("whole");
    }
    if (options.method == Aggregator::DdlPlus && options.plusMiddle != AggregateOptions{}.plusMiddle)
        parts.push_back("middle=" + csvNumber(options.plusMiddle));
    if (options.method == Aggregator::DdlPlus && options.plusPower != AggregateOptions{}.plusPower)
        parts.push_back("power=" + csvNumber(options.plusPower));
    // Of a plain average it is t, best or enough that says it shall choose.
    const bool says = method.choose && method.weights.empty() && options.keep.moves();
    if (usesThreshold(method) && (options.keep.threshold != usualThreshold(method) || says))
        parts.push_back("t=" + csvNumber(options.keep.threshold));
    if (usesThreshold(method) && options.keep.mode == Selection::Mode::TopK)
        parts.push_back("best=" + std::to_string(options.keep.k));
    if (usesThreshold(method) && options.keep.mode == Selection::Mode::Enough)
        parts.push_back("enough=" + csvNumber(options.keep.enough));
    if (std::isfinite(method.secondThreshold))
        parts.push_back("t2=" + csvNumber(method.secondThreshold));
    if (options.order == MediaOrder::MediaFirst)
        parts.emplace_back("media-first");
    if (options.normaliseFeatures)
        parts.emplace_back("normalise");
    for (std::size_t i = 0; i < parts.size(); ++i)
        word += (i == 0 ? ":" : ",") + parts[i];
    return word;
}

Method methodNamed(const std::string &text)
{
    const std::size_t colon = text.find(':');
    const std::string word = text.substr(0, colon);
    Method method;
    if (word == "nan") {
        if (colon == std::string::npos || colon + 1 == text.size())
            unknown(text, "nan needs the file of a trained network.");
        method.kind = Method::Kind::Nan;
        method.nanFile = text.substr(colon + 1);
        method.nan = Nan::load(method.nanFile);
        return method;
    }
    std::vector<std::string> parts;
    for (std::size_t at = colon; at != std::string::npos;) {
        const std::size_t comma = text.find(',', at + 1);
        parts.push_back(text.substr(at + 1, comma == std::string::npos ? comma : comma - at - 1));
        at = comma;
    }
    std::size_t used = 0;
    const auto takeK = [&] {
        if (!parts.empty() && !parts.front().empty() && parts.front().find_first_not_of("0123456789") == std::string::npos)
            method.options.k = wholeNumber(text, parts[used++], 1, static_cast<double>(s_mostK));
    };
    if (word == "random-k") {
        method.kind = Method::Kind::RandomK;
        takeK();
    } else if (word == "uniform-k") {
        method.kind = Method::Kind::EvenK;
        takeK();
    } else if (word == "norm" || word == "detector" || word == "quality") {
        if (word == "quality" && (parts.empty() || parts.front().empty()))
            unknown(text, "quality needs the name of a score.");
        method.options.method = Aggregator::DdlNoRescale;
        method.quality = word == "quality" ? parts[used++] : word;
    } else if (word == "top-1") {
        method.options.method = Aggregator::Top1;
    } else if (word == "top-k" || word == "topk") {
        method.options.method = Aggregator::TopK;
        takeK();
    } else {
        try {
            method.options.method = aggregator(word);
        } catch (const UsageError &) {
            unknown(text, "nothing is called '" + word + "'.");
        }
    }
    // What stands in for D decides about the usual t, whichever was written first.
    method.options.keep.threshold = std::numeric_limits<double>::quiet_NaN();
    for (; used < parts.size(); ++used)
        if (!take(method, parts[used], text))
            unknown(text, "'" + word + "' has no option '" + parts[used] + "'.");
    if (std::isnan(method.options.keep.threshold))
        method.options.keep.threshold = usualThreshold(method);
    if (!method.weights.empty() && (!method.quality.empty() || method.options.rescaleOverWhole))
        unknown(text, "in two stages D chooses and only what is chosen has a second score, so neither quality nor whole goes with it.");
    if (method.weights.empty() && std::isfinite(method.secondThreshold))
        unknown(text, "t2 is a threshold of a second score; say second or weights=NAME too.");
    if (method.options.method == Aggregator::Average && !method.quality.empty() && !method.choose)
        unknown(text, "an average has a quality only to choose by; say t, best or enough too.");
    return method;
}

std::vector<Method> usualMethods(const TemplateFeatures &set)
{
    std::vector<std::string> names{"average", "max", "top-1", "top-k:5", "random-k:5", "norm"};
    if (!set.detector.empty())
        names.emplace_back("detector");
    for (const char *name : {"ddl", "ddl:whole", "ddl-no-rescale", "ddl+"})
        names.emplace_back(name);
    if (!set.media.empty())
        for (const char *name : {"average:media-first", "ddl:media-first"})
            names.emplace_back(name);
    std::vector<Method> methods;
    for (const std::string &name : names)
        methods.push_back(methodNamed(name));
    for (const auto &[name, scores] : set.quality) {
        if (name == secondLookName) {
            for (const char *two : {"ddl:second", "ddl+:second"})
                methods.push_back(methodNamed(two));
            continue;
        }
        for (const Aggregator how : {Aggregator::DdlNoRescale, Aggregator::Ddl}) {
            Method method;
            method.options.method = how;
            method.options.keep.threshold = s_everything;
            method.quality = name;
            methods.push_back(method);
        }
    }
    return methods;
}

bool asksForSecondLook(const std::vector<Method> &methods)
{
    return std::any_of(methods.begin(), methods.end(),
                       [](const Method &method) { return method.weights == secondLookName || method.quality == secondLookName; });
}

} // namespace dscope
