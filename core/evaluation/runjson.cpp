#include "core/evaluation/run.h"

#include "core/base/error.h"
#include "core/evaluation/paperfigures.h"

#include <cmath>
#include <limits>

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

/// Reads the fields of one object; every complaint names the way down to it.
class Reader {
public:
    Reader(const Json &json, std::string where) : m_json(json), m_where(std::move(where))
    {
        if (!m_json.is_object())
            throw Error("An evaluation's '" + m_where + "' is no object.");
    }

    bool has(const char *field) const { return m_json.contains(field) && !m_json[field].is_null(); }
    std::string text(const char *field) const
    {
        const Json &value = at(field);
        if (!value.is_string())
            wrong(field, "text");
        return value.get<std::string>();
    }
    bool flag(const char *field) const
    {
        const Json &value = at(field);
        if (!value.is_boolean())
            wrong(field, "true or false");
        return value.get<bool>();
    }
    std::int64_t integer(const char *field) const
    {
        const Json &value = at(field);
        if (!value.is_number_integer())
            wrong(field, "a whole number");
        return value.get<std::int64_t>();
    }
    double real(const char *field) const { return realOf(at(field), field); }
    /// The inverse of known().
    double realOrUnknown(const char *field) const { return at(field).is_null() ? 0 : real(field); }
    std::vector<double> reals(const char *field) const
    {
        std::vector<double> values;
        for (const Json &value : list(field))
            values.push_back(realOf(value, field));
        return values;
    }
    std::vector<std::string> texts(const char *field) const
    {
        std::vector<std::string> values;
        for (const Json &value : list(field)) {
            if (!value.is_string())
                wrong(field, "a list of texts");
            values.push_back(value.get<std::string>());
        }
        return values;
    }
    const Json &list(const char *field) const
    {
        const Json &value = at(field);
        if (!value.is_array() || value.size() > s_most)
            wrong(field, "a list of at most 100000 entries");
        return value;
    }
    Reader object(const char *field) const { return Reader(at(field), m_where + "." + field); }
    /// Makes one thing of every entry of a list of objects.
    template<typename T, typename Make>
    std::vector<T> each(const char *field, const Make &make) const
    {
        std::vector<T> made;
        for (const Json &entry : list(field))
            made.push_back(make(Reader(entry, m_where + "." + field)));
        return made;
    }

private:
    const Json &at(const char *field) const
    {
        if (!m_json.contains(field))
            throw Error("An evaluation's '" + m_where + "' has no '" + field + "'.");
        return m_json[field];
    }
    [[noreturn]] void wrong(const char *field, const char *wanted) const
    {
        throw Error("An evaluation's '" + m_where + "." + field + "' is not " + wanted + ".");
    }
    double realOf(const Json &value, const char *field) const
    {
        if (value.is_number())
            return value.get<double>();
        const std::string word = value.is_string() ? value.get<std::string>() : std::string();
        if (word == "nan")
            return std::numeric_limits<double>::quiet_NaN();
        if (word == "inf" || word == "-inf")
            return word == "inf" ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
        wrong(field, "a number");
    }

    const Json &m_json;
    std::string m_where;
};

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

FarPoint farPoint(const Reader &from)
{
    FarPoint point;
    point.target = from.real("target");
    point.rule = farRule(from.text("rule"));
    point.tar = from.real("tar");
    point.realisedFar = from.real("realised_far");
    point.threshold = from.real("threshold");
    point.impostorsAccepted = from.integer("impostors_accepted");
    point.genuineAccepted = from.integer("genuine_accepted");
    point.impostors = from.integer("impostors");
    point.genuines = from.integer("genuines");
    return point;
}

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

Json toJson(const Eer &eer)
{
    return {{"value", number(eer.value)}, {"far", number(eer.far)}, {"frr", number(eer.frr)}, {"threshold", number(eer.threshold)}};
}

Eer eerOf(const Reader &from)
{
    return {from.real("value"), from.real("far"), from.real("frr"), from.real("threshold")};
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

Identification identification(const Reader &from)
{
    Identification found;
    found.tpir = from.reals("tpir");
    found.rank = from.reals("rank");
    // What an older version wrote has neither.
    if (from.has("cmc"))
        found.cmc = from.reals("cmc");
    if (from.has("tpir_curve"))
        found.curve = from.reals("tpir_curve");
    found.galleries = from.each<GallerySearch>("galleries", [](const Reader &one) {
        GallerySearch search;
        search.mated = one.integer("mated");
        search.nonMated = one.integer("non_mated");
        search.tpir = one.each<FpirPoint>("tpir", [](const Reader &p) {
            return FpirPoint{p.real("fpir"), p.real("tpir"), p.real("threshold"), p.integer("hits"), p.integer("non_mated_accepted"), p.real("realised_fpir")};
        });
        search.rank = one.each<RankPoint>("rank", [](const Reader &p) { return RankPoint{p.integer("k"), p.integer("hits")}; });
        return search;
    });
    return found;
}

Json toJson(const NotablePair &pair)
{
    return Json::array({pair.a, pair.b, number(static_cast<double>(pair.score))});
}

std::vector<NotablePair> notablePairs(const Reader &from, const char *field)
{
    std::vector<NotablePair> pairs;
    for (const Json &entry : from.list(field)) {
        const bool fits = entry.is_array() && entry.size() == 3 && entry[0].is_number_unsigned() && entry[1].is_number_unsigned() && entry[2].is_number()
            && entry[0].get<std::uint64_t>() <= std::numeric_limits<std::uint32_t>::max()
            && entry[1].get<std::uint64_t>() <= std::numeric_limits<std::uint32_t>::max();
        if (!fits)
            throw Error(std::string("An evaluation's '") + field + "' holds something that is not two places and a score.");
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
    const Reader from(json, "run");
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
    run.templates = from.integer("templates");
    run.faces = from.integer("faces");
    run.notEnrolled = from.integer("not_enrolled");
    run.genuine = from.integer("genuine");
    run.impostor = from.integer("impostor");
    run.threshold = from.real("threshold");
    run.keptShare = from.real("kept_share");
    run.macPerFace = from.realOrUnknown("mac_per_face");
    run.flopPerFace = from.realOrUnknown("flop_per_face");
    run.strict = from.each<FarPoint>("strict", farPoint);
    run.insightface = from.each<FarPoint>("insightface", farPoint);
    run.intervals = from.each<Interval>("intervals", [](const Reader &one) {
        return Interval{one.real("low"), one.real("high"), one.real("level"), one.integer("resamples"), one.integer("undefined")};
    });
    run.subjects = from.integer("subjects");
    run.eer = eerOf(from.object("eer"));
    if (from.has("ten_fold")) {
        const Reader fold = from.object("ten_fold");
        run.tenFold = TenFold{fold.reals("accuracy"), fold.reals("threshold"), fold.real("mean"), fold.real("deviation"), 0};
        // Files of before there was one hold the folds that it follows from.
        if (fold.has("standard_error"))
            run.tenFold->error = fold.real("standard_error");
        else if (run.tenFold->accuracy.size() > 1)
            run.tenFold->error = standardError(run.tenFold->accuracy);
    }
    if (from.has("search"))
        run.search = identification(from.object("search"));
    run.fpirs = from.reals("fpirs");
    run.discard = from.each<DiscardCurve>("discard", [](const Reader &one) {
        DiscardCurve curve;
        curve.e0 = one.real("e0");
        curve.threshold = one.real("threshold");
        curve.pairs = one.integer("pairs");
        curve.discard = one.reals("discard");
        curve.fnmr = one.reals("fnmr");
        return curve;
    });
    run.discardQuality = from.text("discard_quality");
    run.discardAreas = from.reals("discard_areas");
    run.discardLimit = from.real("discard_limit");
    run.recomputed = from.each<RecomputedCurve>("recomputed", [](const Reader &one) {
        RecomputedCurve curve;
        curve.fmr = one.real("fmr");
        curve.area = one.real("area");
        curve.points = one.each<RecomputedPoint>("points", [](const Reader &p) {
            return RecomputedPoint{p.real("discard"), p.real("realised"), p.real("fnmr"), p.real("threshold"), p.integer("mated"), p.integer("non_mated")};
        });
        return curve;
    });
    run.splits = from.each<SplitFigures>("splits", [](const Reader &one) {
        SplitFigures split;
        split.name = one.text("name");
        split.genuine = one.integer("genuine");
        split.impostor = one.integer("impostor");
        split.strict = one.each<FarPoint>("strict", farPoint);
        split.insightface = one.each<FarPoint>("insightface", farPoint);
        split.eer = eerOf(one.object("eer"));
        if (one.has("search"))
            split.search = identification(one.object("search"));
        return split;
    });
    run.strictDeviation = from.reals("strict_deviation");
    run.insightfaceDeviation = from.reals("insightface_deviation");
    run.rocFar = from.reals("roc_far");
    run.rocTar = from.reals("roc_tar");
    if (run.rocFar.size() != run.rocTar.size())
        throw Error("An evaluation's ROC has " + std::to_string(run.rocFar.size()) + " FARs but " + std::to_string(run.rocTar.size()) + " TARs.");
    run.genuineHistogram = from.reals("genuine_histogram");
    run.impostorHistogram = from.reals("impostor_histogram");
    run.hardestGenuine = notablePairs(from, "hardest_genuine");
    run.hardestImpostor = notablePairs(from, "hardest_impostor");
    run.warnings = from.texts("warnings");
    run.seconds = from.real("seconds");
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
            if (paper[run.benchmark]["rows"].size() < paperRows(run.benchmark).size())
                paper[run.benchmark]["rows"].push_back(
                    {{"table", row.table}, {"method", row.method}, {"fars", row.fars}, {"percent", row.percent}, {"deviation", row.deviation}});
        }
    return {{"schema", s_listSchema}, {"runs", std::move(list)}, {"paper", std::move(paper)}};
}

std::vector<EvaluationRun> evaluationsFromJson(const Json &json)
{
    const Reader from(json, "file");
    if (from.text("schema") != s_listSchema)
        throw Error("The file has the schema '" + from.text("schema") + "'; " + s_listSchema + " can be read.");
    std::vector<EvaluationRun> runs;
    for (const Json &run : from.list("runs"))
        runs.push_back(evaluationFromJson(run));
    return runs;
}

} // namespace dscope
