// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/run.h"

#include "core/base/error.h"
#include "core/base/jsonfields.h"
#include "core/evaluation/paperfigures.h"

#include <cmath>
#include <limits>
#include <optional>

namespace dscope {

namespace {

constexpr const char *s_schema = "dscope.evaluation/1";
constexpr const char *s_listSchema = "dscope.evaluations/1";
constexpr std::size_t s_most = 100'000; // entries of any list

Json number(double value)
{
    if (std::isnan(value))
        return "nan";
    if (std::isinf(value))
        return value > 0 ? "inf" : "-inf";
    return value;
}

/// What is 0 where it is not known, such as a price: null, which nobody takes for a network that costs nothing.
Json known(double value)
{
    return value > 0 ? number(value) : Json(nullptr);
}

Json numbers(const std::vector<double> &values)
{
    Json list = Json::array();
    for (const double value : values)
        list.push_back(number(value));
    return list;
}

std::int64_t integer(const JsonFields &from, const char *field)
{
    return from.whole(field, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
}

/// The inverse of number(); nothing for what is none.
std::optional<double> numberIn(const Json &value)
{
    if (value.is_number())
        return value.get<double>();
    const std::string word = value.is_string() ? value.get<std::string>() : std::string();
    if (word == "nan")
        return std::numeric_limits<double>::quiet_NaN();
    if (word == "inf" || word == "-inf")
        return word == "inf" ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
    return std::nullopt;
}

double real(const JsonFields &from, const char *field)
{
    const std::optional<double> value = numberIn(from.at(field));
    if (!value)
        from.wrong(field, "a number");
    return *value;
}

/// The inverse of known().
double realOrUnknown(const JsonFields &from, const char *field)
{
    const auto found = from.json().find(field);
    return found != from.json().end() && found->is_null() ? 0 : real(from, field);
}

std::vector<double> reals(const JsonFields &from, const char *field)
{
    std::vector<double> values;
    for (const Json &entry : from.list(field, s_most)) {
        const std::optional<double> value = numberIn(entry);
        if (!value)
            from.wrong(std::string(field) + "[" + std::to_string(values.size()) + "]", "a number");
        values.push_back(*value);
    }
    return values;
}

/// Makes one thing of every entry of a list of objects.
template<typename T, typename Make>
std::vector<T> each(const JsonFields &from, const char *field, const Make &make)
{
    std::vector<T> made;
    for (const JsonFields &entry : from.objects(field, s_most))
        made.push_back(make(entry));
    return made;
}

Json toJson(const FarPoint &point)
{
    return {{"target", point.target},
            {"rule", name(point.rule)},
            {"tar", number(point.tar)},
            {"realised_far", number(point.realisedFar)},
            {"threshold", number(point.threshold)},
            {"impostors_accepted", point.impostorsAccepted},
            {"genuine_accepted", point.genuineAccepted},
            {"impostors", point.impostors},
            {"genuines", point.genuines}};
}

FarPoint farPoint(const JsonFields &from)
{
    FarPoint point;
    point.target = real(from, "target");
    point.rule = farRule(from.text("rule"));
    point.tar = real(from, "tar");
    point.realisedFar = real(from, "realised_far");
    point.threshold = real(from, "threshold");
    point.impostorsAccepted = integer(from, "impostors_accepted");
    point.genuineAccepted = integer(from, "genuine_accepted");
    point.impostors = integer(from, "impostors");
    point.genuines = integer(from, "genuines");
    return point;
}

Json toJson(const RetrievalFigures &value);
Json toJson(const FpirPoint &value);
Json toJson(const RankPoint &value);
Json toJson(const GallerySearch &value);
Json toJson(const Interval &value);
Json toJson(const NotablePair &value);
Json toJson(const DiscardCurve &value);
Json toJson(const RecomputedPoint &value);
Json toJson(const RecomputedCurve &value);
Json toJson(const SplitFigures &value);

template<typename T>
Json listOf(const std::vector<T> &items)
{
    Json list = Json::array();
    for (const T &item : items)
        list.push_back(toJson(item));
    return list;
}

Json toJson(const Interval &interval)
{
    return {{"low", number(interval.low)},
            {"high", number(interval.high)},
            {"level", interval.level},
            {"resamples", interval.resamples},
            {"undefined", interval.undefined}};
}

Interval intervalOf(const JsonFields &from)
{
    return {real(from, "low"), real(from, "high"), real(from, "level"), integer(from, "resamples"), integer(from, "undefined")};
}

Json toJson(const RetrievalFigures &figures)
{
    Json json{{"protocol", name(figures.protocol)}, {"distance", name(figures.distance)}, {"queries", figures.queries}, {"unmatched", figures.unmatched},
              {"gallery", figures.gallery},         {"map", number(figures.map)},         {"ranks", figures.ranks},     {"cmc", numbers(figures.cmc)},
              {"curve", numbers(figures.curve)}};
    if (figures.mapInterval.resamples > 0)
        json["map_interval"] = toJson(figures.mapInterval);
    if (!figures.cmcIntervals.empty())
        json["cmc_intervals"] = listOf(figures.cmcIntervals);
    return json;
}

RetrievalFigures retrievalFigures(const JsonFields &from)
{
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    RetrievalFigures figures;
    const std::string protocol = from.text("protocol");
    figures.protocol = protocol == name(RetrievalProtocol::VideoReid) ? RetrievalProtocol::VideoReid : RetrievalProtocol::Official;
    if (protocol != name(figures.protocol))
        from.wrong("protocol", "official or video-reid");
    const std::string distance = from.text("distance");
    figures.distance = distance == name(RetrievalDistance::Cosine) ? RetrievalDistance::Cosine : RetrievalDistance::SquaredL2;
    if (distance != name(figures.distance))
        from.wrong("distance", "squared L2 or cosine");
    figures.queries = from.whole("queries", 0, most);
    figures.unmatched = from.whole("unmatched", 0, most);
    figures.gallery = from.whole("gallery", 0, most);
    figures.map = from.number("map", 0, 1);
    figures.ranks = from.wholes("ranks", s_most, 1, most);
    figures.cmc = from.numbers("cmc", s_most, 0, 1);
    figures.curve = from.numbers("curve", s_most, 0, 1);
    if (from.has("map_interval"))
        figures.mapInterval = intervalOf(from.object("map_interval"));
    if (from.has("cmc_intervals"))
        figures.cmcIntervals = each<Interval>(from, "cmc_intervals", intervalOf);
    if (figures.cmc.size() != figures.ranks.size())
        from.refuse("cmc", "it has " + std::to_string(figures.cmc.size()) + " values for " + std::to_string(figures.ranks.size()) + " ranks.");
    if (!figures.cmcIntervals.empty() && figures.cmcIntervals.size() != figures.ranks.size())
        from.refuse("cmc_intervals", "there are " + std::to_string(figures.cmcIntervals.size()) + " for " + std::to_string(figures.ranks.size()) + " ranks.");
    return figures;
}

Json toJson(const Eer &eer)
{
    return {{"value", number(eer.value)}, {"far", number(eer.far)}, {"frr", number(eer.frr)}, {"threshold", number(eer.threshold)}};
}

Eer eerOf(const JsonFields &from)
{
    return {real(from, "value"), real(from, "far"), real(from, "frr"), real(from, "threshold")};
}

Json toJson(const FpirPoint &point)
{
    return {{"fpir", point.fpir},
            {"tpir", number(point.tpir)},
            {"threshold", number(point.threshold)},
            {"hits", point.hits},
            {"non_mated_accepted", point.nonMatedAccepted},
            {"realised_fpir", number(point.realisedFpir)}};
}

Json toJson(const RankPoint &point)
{
    return {{"k", point.k}, {"hits", point.hits}};
}

Json toJson(const GallerySearch &search)
{
    return {{"mated", search.mated}, {"non_mated", search.nonMated}, {"tpir", listOf(search.tpir)}, {"rank", listOf(search.rank)}};
}

Json toJson(const Identification &found)
{
    return {{"tpir", numbers(found.tpir)},
            {"rank", numbers(found.rank)},
            {"galleries", listOf(found.galleries)},
            {"cmc", numbers(found.cmc)},
            {"tpir_curve", numbers(found.curve)}};
}

Identification identification(const JsonFields &from)
{
    Identification found;
    found.tpir = reals(from, "tpir");
    found.rank = reals(from, "rank");
    // What an older version wrote has neither.
    if (from.has("cmc"))
        found.cmc = reals(from, "cmc");
    if (from.has("tpir_curve"))
        found.curve = reals(from, "tpir_curve");
    found.galleries = each<GallerySearch>(from, "galleries", [](const JsonFields &one) {
        GallerySearch search;
        search.mated = integer(one, "mated");
        search.nonMated = integer(one, "non_mated");
        search.tpir = each<FpirPoint>(one, "tpir", [](const JsonFields &p) {
            return FpirPoint{real(p, "fpir"),         real(p, "tpir"), real(p, "threshold"), integer(p, "hits"), integer(p, "non_mated_accepted"),
                             real(p, "realised_fpir")};
        });
        search.rank = each<RankPoint>(one, "rank", [](const JsonFields &p) { return RankPoint{integer(p, "k"), integer(p, "hits")}; });
        return search;
    });
    return found;
}

Json toJson(const NotablePair &pair)
{
    return Json::array({pair.a, pair.b, number(static_cast<double>(pair.score))});
}

std::vector<NotablePair> notablePairs(const JsonFields &from, const char *field)
{
    std::vector<NotablePair> pairs;
    for (const Json &entry : from.list(field, s_most)) {
        const bool fits = entry.is_array() && entry.size() == 3 && entry[0].is_number_unsigned() && entry[1].is_number_unsigned() && entry[2].is_number()
            && entry[0].get<std::uint64_t>() <= std::numeric_limits<std::uint32_t>::max()
            && entry[1].get<std::uint64_t>() <= std::numeric_limits<std::uint32_t>::max();
        if (!fits)
            from.wrong(std::string(field) + "[" + std::to_string(pairs.size()) + "]", "two places and a score");
        pairs.push_back({entry[0].get<std::uint32_t>(), entry[1].get<std::uint32_t>(), entry[2].get<float>()});
    }
    return pairs;
}

Json toJson(const DiscardCurve &curve)
{
    return {
        {"e0", curve.e0}, {"threshold", number(curve.threshold)}, {"pairs", curve.pairs}, {"discard", numbers(curve.discard)}, {"fnmr", numbers(curve.fnmr)}};
}

Json toJson(const RecomputedPoint &point)
{
    return {{"discard", point.discard}, {"realised", point.realised}, {"fnmr", number(point.fnmr)}, {"threshold", number(point.threshold)},
            {"mated", point.mated},     {"non_mated", point.nonMated}};
}

Json toJson(const RecomputedCurve &curve)
{
    return {{"fmr", curve.fmr}, {"area", number(curve.area)}, {"points", listOf(curve.points)}};
}

Json toJson(const SplitFigures &split)
{
    Json json{{"name", split.name},
              {"genuine", split.genuine},
              {"impostor", split.impostor},
              {"strict", listOf(split.strict)},
              {"insightface", listOf(split.insightface)},
              {"eer", toJson(split.eer)}};
    if (split.search)
        json["search"] = toJson(*split.search);
    return json;
}

} // namespace

Json toJson(const EvaluationRun &run)
{
    Json json{{"schema", s_schema},
              {"benchmark", run.benchmark},
              {"synthetic", run.synthetic},
              {"protocol", run.protocol},
              {"method", run.method},
              {"base", run.base},
              {"ddnet", run.ddnet},
              {"device", run.device},
              {"templates", run.templates},
              {"faces", run.faces},
              {"not_enrolled", run.notEnrolled},
              {"genuine", run.genuine},
              {"impostor", run.impostor},
              {"threshold", number(run.threshold)},
              {"kept_share", number(run.keptShare)},
              {"mac_per_face", known(run.macPerFace)},
              {"flop_per_face", known(run.flopPerFace)},
              {"strict", listOf(run.strict)},
              {"insightface", listOf(run.insightface)},
              {"intervals", listOf(run.intervals)},
              {"subjects", run.subjects},
              {"eer", toJson(run.eer)}};
    if (run.tenFold)
        json["ten_fold"] = {{"accuracy", numbers(run.tenFold->accuracy)},
                            {"threshold", numbers(run.tenFold->threshold)},
                            {"mean", number(run.tenFold->mean)},
                            {"deviation", number(run.tenFold->deviation)},
                            {"standard_error", number(run.tenFold->error)}};
    if (run.search)
        json["search"] = toJson(*run.search);
    if (!run.retrieval.empty())
        json["retrieval"] = listOf(run.retrieval);
    json["fpirs"] = numbers(run.fpirs);
    json["discard"] = listOf(run.discard);
    json["discard_quality"] = run.discardQuality;
    json["discard_areas"] = numbers(run.discardAreas);
    json["discard_limit"] = number(run.discardLimit);
    json["recomputed"] = listOf(run.recomputed);
    json["splits"] = listOf(run.splits);
    json["strict_deviation"] = numbers(run.strictDeviation);
    json["insightface_deviation"] = numbers(run.insightfaceDeviation);
    json["roc_far"] = numbers(run.rocFar);
    json["roc_tar"] = numbers(run.rocTar);
    json["genuine_histogram"] = numbers(run.genuineHistogram);
    json["impostor_histogram"] = numbers(run.impostorHistogram);
    json["hardest_genuine"] = listOf(run.hardestGenuine);
    json["hardest_impostor"] = listOf(run.hardestImpostor);
    json["warnings"] = run.warnings;
    json["seconds"] = number(run.seconds);
    return json;
}

EvaluationRun evaluationFromJson(const Json &json)
{
    const JsonFields from(json, {}, "run");
    if (from.text("schema") != s_schema)
        throw Error("An evaluation has the schema '" + from.text("schema") + "'; " + s_schema + " can be read.");
    EvaluationRun run;
    run.benchmark = from.text("benchmark");
    run.synthetic = from.flag("synthetic");
    run.protocol = from.text("protocol");
    run.method = from.text("method");
    run.base = from.text("base");
    run.ddnet = from.text("ddnet");
    run.device = from.text("device");
    run.templates = integer(from, "templates");
    run.faces = integer(from, "faces");
    run.notEnrolled = integer(from, "not_enrolled");
    run.genuine = integer(from, "genuine");
    run.impostor = integer(from, "impostor");
    run.threshold = real(from, "threshold");
    run.keptShare = real(from, "kept_share");
    run.macPerFace = realOrUnknown(from, "mac_per_face");
    run.flopPerFace = realOrUnknown(from, "flop_per_face");
    run.strict = each<FarPoint>(from, "strict", farPoint);
    run.insightface = each<FarPoint>(from, "insightface", farPoint);
    run.intervals = each<Interval>(from, "intervals", intervalOf);
    run.subjects = integer(from, "subjects");
    run.eer = eerOf(from.object("eer"));
    if (from.has("ten_fold")) {
        const JsonFields fold = from.object("ten_fold");
        run.tenFold = TenFold{reals(fold, "accuracy"), reals(fold, "threshold"), real(fold, "mean"), real(fold, "deviation"), 0};
        // Files of before there was one hold the folds that it follows from.
        if (fold.has("standard_error"))
            run.tenFold->error = real(fold, "standard_error");
        else if (run.tenFold->accuracy.size() > 1)
            run.tenFold->error = standardError(run.tenFold->accuracy);
    }
    if (from.has("search"))
        run.search = identification(from.object("search"));
    if (from.has("retrieval"))
        run.retrieval = each<RetrievalFigures>(from, "retrieval", retrievalFigures);
    run.fpirs = reals(from, "fpirs");
    run.discard = each<DiscardCurve>(from, "discard", [](const JsonFields &one) {
        DiscardCurve curve;
        curve.e0 = real(one, "e0");
        curve.threshold = real(one, "threshold");
        curve.pairs = integer(one, "pairs");
        curve.discard = reals(one, "discard");
        curve.fnmr = reals(one, "fnmr");
        return curve;
    });
    run.discardQuality = from.text("discard_quality");
    run.discardAreas = reals(from, "discard_areas");
    run.discardLimit = real(from, "discard_limit");
    run.recomputed = each<RecomputedCurve>(from, "recomputed", [](const JsonFields &one) {
        RecomputedCurve curve;
        curve.fmr = real(one, "fmr");
        curve.area = real(one, "area");
        curve.points = each<RecomputedPoint>(one, "points", [](const JsonFields &p) {
            return RecomputedPoint{real(p, "discard"),   real(p, "realised"), real(p, "fnmr"),
                                   real(p, "threshold"), integer(p, "mated"), integer(p, "non_mated")};
        });
        return curve;
    });
    run.splits = each<SplitFigures>(from, "splits", [](const JsonFields &one) {
        SplitFigures split;
        split.name = one.text("name");
        split.genuine = integer(one, "genuine");
        split.impostor = integer(one, "impostor");
        split.strict = each<FarPoint>(one, "strict", farPoint);
        split.insightface = each<FarPoint>(one, "insightface", farPoint);
        split.eer = eerOf(one.object("eer"));
        if (one.has("search"))
            split.search = identification(one.object("search"));
        return split;
    });
    run.strictDeviation = reals(from, "strict_deviation");
    run.insightfaceDeviation = reals(from, "insightface_deviation");
    run.rocFar = reals(from, "roc_far");
    run.rocTar = reals(from, "roc_tar");
    if (run.rocFar.size() != run.rocTar.size())
        throw Error("An evaluation's ROC has " + std::to_string(run.rocFar.size()) + " FARs but " + std::to_string(run.rocTar.size()) + " TARs.");
    run.genuineHistogram = reals(from, "genuine_histogram");
    run.impostorHistogram = reals(from, "impostor_histogram");
    run.hardestGenuine = notablePairs(from, "hardest_genuine");
    run.hardestImpostor = notablePairs(from, "hardest_impostor");
    run.warnings = from.texts("warnings", s_most);
    run.seconds = real(from, "seconds");
    return run;
}

Json toJson(const std::vector<EvaluationRun> &runs)
{
    Json list = Json::array();
    for (const EvaluationRun &run : runs)
        list.push_back(toJson(run));
    Json paper = Json::object();
    for (const EvaluationRun &run : runs)
        for (const PaperRow &row : paperRows(run.benchmark)) {
            if (!paper.contains(run.benchmark))
                paper[run.benchmark] = {{"notes", paperNotes(run.benchmark)}, {"rows", Json::array()}};
            if (paper[run.benchmark]["rows"].size() < paperRows(run.benchmark).size()) {
                Json entry{{"table", row.table}, {"method", row.method}, {"fars", row.fars}, {"percent", row.percent}, {"deviation", row.deviation}};
                if (!row.ranks.empty())
                    entry["ranks"] = row.ranks; // of percent but the first, which is mAP
                paper[run.benchmark]["rows"].push_back(std::move(entry));
            }
        }
    return {{"schema", s_listSchema}, {"runs", std::move(list)}, {"paper", std::move(paper)}};
}

std::vector<EvaluationRun> evaluationsFromJson(const Json &json)
{
    const JsonFields from(json, {});
    if (from.text("schema") != s_listSchema)
        throw Error("The file has the schema '" + from.text("schema") + "'; " + s_listSchema + " can be read.");
    std::vector<EvaluationRun> runs;
    for (const Json &run : from.list("runs", s_most))
        runs.push_back(evaluationFromJson(run));
    return runs;
}

} // namespace dscope
