// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/run.h"

#include "core/base/error.h"
#include "core/base/jsonfields.h"
#include "core/evaluation/paperfigures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

namespace dscope {

namespace {

constexpr const char *s_schema = "dscope.evaluation/1";
constexpr const char *s_listSchema = "dscope.evaluations/1";
constexpr std::size_t s_most = 100'000; // entries of any list
constexpr std::size_t s_mostCells = 1'000'000;
constexpr std::int64_t s_mostClasses = 1'000;

Json number(double value)
{
    if (std::isnan(value))
        return "nan";
    if (std::isinf(value))
        return value > 0 ? "inf" : "-inf";
    return value;
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

/// The inverse of Writer::known().
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

/// The fields of a thing are listed once, by fields(io, thing); io writes them or reads them, and the thing is constant where they are written.
class Writer {
public:
    template<typename T, typename... Rest>
    void operator()(const char *field, const T &value, const Rest &...rest)
    {
        write(field, value);
        if constexpr (sizeof...(rest) > 0)
            (*this)(rest...);
    }
    /// Where there are any.
    template<typename T>
    void ifAny(const char *field, const std::vector<T> &values)
    {
        if (!values.empty())
            (*this)(field, values);
    }
    /// What older versions did not write.
    template<typename T>
    void newer(const char *field, const T &value)
    {
        (*this)(field, value);
    }
    /// What is 0 where it is not known, such as a price: null, which nobody takes for a network that costs nothing.
    void known(const char *field, double value) { json[field] = value > 0 ? number(value) : Json(nullptr); }

    Json json = Json::object();

private:
    template<typename T>
    void write(const char *field, const T &value)
    {
        json[field] = written(value);
    }
    template<typename T>
    void write(const char *field, const std::optional<T> &value)
    {
        if (value)
            write(field, *value);
    }
    static Json written(double value) { return number(value); }
    static Json written(bool value) { return value; }
    static Json written(std::int64_t value) { return value; }
    static Json written(const std::string &value) { return value; }
    static Json written(FarRule value) { return name(value); }
    static Json written(RetrievalProtocol value) { return name(value); }
    static Json written(RetrievalDistance value) { return name(value); }
    static Json written(const NotablePair &pair) { return Json::array({pair.a, pair.b, number(static_cast<double>(pair.score))}); }
    template<typename T>
    static Json written(const std::vector<T> &values)
    {
        Json list = Json::array();
        for (const T &value : values)
            list.push_back(written(value));
        return list;
    }
    template<typename T>
    static Json written(const T &value)
    {
        Writer inner;
        fields(inner, value);
        return std::move(inner.json);
    }
};

class Reader {
public:
    explicit Reader(const JsonFields &from) : m_from(from) {}

    template<typename T, typename... Rest>
    void operator()(const char *field, T &value, Rest &&...rest) const
    {
        read(field, value);
        if constexpr (sizeof...(rest) > 0)
            (*this)(std::forward<Rest>(rest)...);
    }
    template<typename T>
    void ifAny(const char *field, T &values) const
    {
        newer(field, values);
    }
    template<typename T>
    void newer(const char *field, T &value) const
    {
        if (m_from.has(field))
            read(field, value);
    }
    void known(const char *field, double &value) const { value = realOrUnknown(m_from, field); }

private:
    void read(const char *field, double &value) const { value = real(m_from, field); }
    void read(const char *field, bool &value) const { value = m_from.flag(field); }
    void read(const char *field, std::int64_t &value) const { value = integer(m_from, field); }
    void read(const char *field, std::string &value) const { value = m_from.text(field); }
    void read(const char *field, FarRule &value) const { value = farRule(m_from.text(field)); }
    void read(const char *field, std::vector<double> &values) const { values = reals(m_from, field); }
    void read(const char *field, std::vector<std::string> &values) const { values = m_from.texts(field, s_most); }
    void read(const char *field, std::vector<NotablePair> &pairs) const { pairs = notablePairs(m_from, field); }
    void read(const char *field, std::vector<RetrievalFigures> &figures) const
    {
        for (const JsonFields &entry : m_from.objects(field, s_most))
            figures.push_back(retrievalFigures(entry));
    }
    template<typename T>
    void read(const char *field, std::vector<T> &values) const
    {
        for (const JsonFields &entry : m_from.objects(field, s_most))
            fields(Reader(entry), values.emplace_back());
    }
    template<typename T>
    void read(const char *field, std::optional<T> &value) const
    {
        if (m_from.has(field))
            read(field, value.emplace());
    }
    template<typename T>
    void read(const char *field, T &value) const
    {
        fields(Reader(m_from.object(field)), value);
    }

    void read(const char *field, ClassificationFigures &figures) const { figures = classificationFigures(m_from.object(field)); }

    static RetrievalFigures retrievalFigures(const JsonFields &from);
    static ClassificationFigures classificationFigures(const JsonFields &from);

    const JsonFields &m_from;
};

/// Constant or not.
template<typename Given, typename T>
concept Is = std::same_as<std::remove_const_t<Given>, T>;

void fields(auto &&io, Is<FarPoint> auto &point)
{
    io("target", point.target, "rule", point.rule, "tar", point.tar, "realised_far", point.realisedFar, "threshold", point.threshold, "impostors_accepted",
       point.impostorsAccepted, "genuine_accepted", point.genuineAccepted, "impostors", point.impostors, "genuines", point.genuines);
}

void fields(auto &&io, Is<Interval> auto &interval)
{
    io("low", interval.low, "high", interval.high, "level", interval.level, "resamples", interval.resamples, "undefined", interval.undefined);
}

void fields(auto &&io, Is<Eer> auto &eer)
{
    io("value", eer.value, "far", eer.far, "frr", eer.frr, "threshold", eer.threshold);
}

void fields(auto &&io, Is<FpirPoint> auto &point)
{
    io("fpir", point.fpir, "tpir", point.tpir, "threshold", point.threshold, "hits", point.hits, "non_mated_accepted", point.nonMatedAccepted, "realised_fpir",
       point.realisedFpir);
}

void fields(auto &&io, Is<RankPoint> auto &point)
{
    io("k", point.k, "hits", point.hits);
}

void fields(auto &&io, Is<GallerySearch> auto &search)
{
    io("mated", search.mated, "non_mated", search.nonMated, "tpir", search.tpir, "rank", search.rank);
}

void fields(auto &&io, Is<Identification> auto &found)
{
    io("tpir", found.tpir, "rank", found.rank, "galleries", found.galleries);
    io.newer("cmc", found.cmc);
    io.newer("tpir_curve", found.curve);
}

void fields(auto &&io, Is<TenFold> auto &fold)
{
    io("accuracy", fold.accuracy, "threshold", fold.threshold, "mean", fold.mean, "deviation", fold.deviation);
    io.newer("standard_error", fold.error);
}

void fields(auto &&io, Is<DiscardCurve> auto &curve)
{
    io("e0", curve.e0, "threshold", curve.threshold, "pairs", curve.pairs, "discard", curve.discard, "fnmr", curve.fnmr);
}

void fields(auto &&io, Is<RecomputedPoint> auto &point)
{
    io("discard", point.discard, "realised", point.realised, "fnmr", point.fnmr, "threshold", point.threshold, "mated", point.mated, "non_mated",
       point.nonMated);
}

void fields(auto &&io, Is<RecomputedCurve> auto &curve)
{
    io("fmr", curve.fmr, "area", curve.area, "points", curve.points);
}

void fields(auto &&io, Is<SplitFigures> auto &split)
{
    io("name", split.name, "genuine", split.genuine, "impostor", split.impostor, "strict", split.strict, "insightface", split.insightface, "eer", split.eer,
       "search", split.search);
}

void fields(Writer &io, const RetrievalFigures &figures)
{
    io("protocol", figures.protocol, "distance", figures.distance, "queries", figures.queries, "unmatched", figures.unmatched, "gallery", figures.gallery,
       "map", figures.map, "ranks", figures.ranks, "cmc", figures.cmc, "curve", figures.curve);
    if (figures.mapInterval.resamples > 0)
        io("map_interval", figures.mapInterval);
    io.ifAny("cmc_intervals", figures.cmcIntervals);
}

/// The matrix by its cells that are not 0: [class, predicted class or their number, groups].
void fields(Writer &io, const ClassificationFigures &figures)
{
    io("groups", figures.groups, "classes", figures.classes, "draws", figures.draws, "top1", figures.top1, "top5", figures.top5, "mean", figures.mean(),
       "class_mean", figures.meanClass);
    if (figures.top1Interval.resamples > 0)
        io("top1_interval", figures.top1Interval, "mean_interval", figures.meanInterval, "class_mean_interval", figures.meanClassInterval, "seed",
           static_cast<std::int64_t>(figures.seed));
    if (figures.draws > 1)
        io("top1_deviation", figures.top1Deviation, "mean_deviation", figures.meanDeviation, "class_mean_deviation", figures.meanClassDeviation);
    io("per_class", figures.perClass);
    Json cells = Json::array();
    for (std::int64_t label = 0; label < figures.classes; ++label)
        for (std::int64_t top = 0; top <= figures.classes; ++top)
            if (const std::int64_t count = figures.confused(label, top); count > 0)
                cells.push_back({label, top, count});
    io.json["confusion"] = std::move(cells);
    if (figures.predictions.size() > s_mostCells)
        return; // a reader would refuse them
    Json predictions = Json::array();
    for (const Prediction &one : figures.predictions)
        predictions.push_back({one.label, one.top, one.rank});
    io.json["predictions"] = std::move(predictions);
}

/// A list of rows of three whole numbers.
std::vector<std::array<std::int64_t, 3>> threes(const JsonFields &from, const char *field, std::int64_t least)
{
    std::vector<std::array<std::int64_t, 3>> rows;
    for (const Json &entry : from.list(field, s_mostCells)) {
        std::array<std::int64_t, 3> row{};
        bool fits = entry.is_array() && entry.size() == row.size();
        for (std::size_t i = 0; fits && i < row.size(); ++i)
            fits = wholeNumber(entry[i], least, std::numeric_limits<std::int32_t>::max(), row[i]);
        if (!fits)
            from.wrong(std::string(field) + "[" + std::to_string(rows.size()) + "]", "three whole numbers");
        rows.push_back(row);
    }
    return rows;
}

ClassificationFigures Reader::classificationFigures(const JsonFields &from)
{
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    ClassificationFigures figures;
    figures.groups = from.whole("groups", 1, most);
    figures.classes = from.whole("classes", 1, s_mostClasses);
    figures.draws = from.whole("draws", 1, Method::mostSeeds);
    figures.top1 = from.number("top1", 0, 1);
    figures.top5 = from.number("top5", 0, 1);
    figures.meanClass = from.number("class_mean", 0, 1);
    const Reader reader(from);
    reader.newer("top1_interval", figures.top1Interval);
    reader.newer("mean_interval", figures.meanInterval);
    reader.newer("class_mean_interval", figures.meanClassInterval);
    if (from.has("seed"))
        figures.seed = static_cast<std::uint64_t>(from.whole("seed", 0, std::numeric_limits<std::int64_t>::max()));
    reader.newer("top1_deviation", figures.top1Deviation);
    reader.newer("mean_deviation", figures.meanDeviation);
    reader.newer("class_mean_deviation", figures.meanClassDeviation);
    figures.perClass = reals(from, "per_class");
    if (std::ssize(figures.perClass) != figures.classes)
        from.refuse("per_class", "there are " + std::to_string(figures.perClass.size()) + " shares for " + std::to_string(figures.classes) + " classes.");
    figures.confusion.assign(static_cast<std::size_t>(figures.classes * (figures.classes + 1)), 0);
    for (const auto &[label, top, count] : threes(from, "confusion", 0)) {
        if (label >= figures.classes || top > figures.classes)
            from.refuse("confusion", "a cell names a class that is not there.");
        figures.confusion[static_cast<std::size_t>(label * (figures.classes + 1) + top)] = count;
    }
    if (!from.has("predictions"))
        return figures;
    for (const auto &[label, top, rank] : threes(from, "predictions", -1)) {
        if (std::max(label, top) >= figures.classes || rank < 0 || rank > figures.classes)
            from.refuse("predictions", "one names a class that is not there.");
        figures.predictions.push_back({static_cast<std::int32_t>(label), static_cast<std::int32_t>(top), rank});
    }
    if (std::ssize(figures.predictions) % figures.draws != 0)
        from.refuse("predictions", "they are not as many for each of the " + std::to_string(figures.draws) + " draws.");
    return figures;
}

/// These have their ranges.
RetrievalFigures Reader::retrievalFigures(const JsonFields &from)
{
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    RetrievalFigures figures;
    const std::string protocol = from.text("protocol");
    const auto known = std::ranges::find_if(retrievalProtocols, [&](RetrievalProtocol one) { return name(one) == protocol; });
    if (known == retrievalProtocols.end())
        from.wrong("protocol", "official, video-reid or cross-camera");
    figures.protocol = *known;
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
    Reader(from).newer("map_interval", figures.mapInterval);
    Reader(from).newer("cmc_intervals", figures.cmcIntervals);
    if (figures.cmc.size() != figures.ranks.size())
        from.refuse("cmc", "it has " + std::to_string(figures.cmc.size()) + " values for " + std::to_string(figures.ranks.size()) + " ranks.");
    if (!figures.cmcIntervals.empty() && figures.cmcIntervals.size() != figures.ranks.size())
        from.refuse("cmc_intervals", "there are " + std::to_string(figures.cmcIntervals.size()) + " for " + std::to_string(figures.ranks.size()) + " ranks.");
    return figures;
}

void fields(auto &&io, Is<EvaluationRun> auto &run)
{
    io("benchmark", run.benchmark, "synthetic", run.synthetic, "protocol", run.protocol, "method", run.method, "base", run.base, "ddnet", run.ddnet, "device",
       run.device, "templates", run.templates, "faces", run.faces, "not_enrolled", run.notEnrolled, "genuine", run.genuine, "impostor", run.impostor,
       "threshold", run.threshold, "kept_share", run.keptShare);
    io.known("mac_per_face", run.macPerFace);
    io.known("flop_per_face", run.flopPerFace);
    io("strict", run.strict, "insightface", run.insightface, "intervals", run.intervals, "subjects", run.subjects, "eer", run.eer, "ten_fold", run.tenFold,
       "search", run.search);
    io.ifAny("retrieval", run.retrieval);
    io("classification", run.classification);
    io.ifAny("class_names", run.classNames);
    io("fpirs", run.fpirs, "discard", run.discard, "discard_quality", run.discardQuality, "discard_areas", run.discardAreas, "discard_limit", run.discardLimit,
       "recomputed", run.recomputed, "splits", run.splits, "strict_deviation", run.strictDeviation, "insightface_deviation", run.insightfaceDeviation,
       "roc_far", run.rocFar, "roc_tar", run.rocTar, "genuine_histogram", run.genuineHistogram, "impostor_histogram", run.impostorHistogram, "hardest_genuine",
       run.hardestGenuine, "hardest_impostor", run.hardestImpostor, "warnings", run.warnings, "seconds", run.seconds);
}

} // namespace

Json toJson(const EvaluationRun &run)
{
    Writer io;
    io("schema", std::string(s_schema));
    fields(io, run);
    return std::move(io.json);
}

EvaluationRun evaluationFromJson(const Json &json)
{
    const JsonFields from(json, {}, "run");
    if (from.text("schema") != s_schema)
        throw Error("An evaluation has the schema '" + from.text("schema") + "'; " + s_schema + " can be read.");
    EvaluationRun run;
    fields(Reader(from), run);
    // Files of before there was a standard error hold the folds that it follows from.
    if (run.tenFold && !from.object("ten_fold").has("standard_error") && run.tenFold->accuracy.size() > 1)
        run.tenFold->error = standardError(run.tenFold->accuracy);
    if (run.rocFar.size() != run.rocTar.size())
        throw Error("An evaluation's ROC has " + std::to_string(run.rocFar.size()) + " FARs but " + std::to_string(run.rocTar.size()) + " TARs.");
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
                if (!row.measure.empty())
                    entry["measure"] = row.measure;
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
