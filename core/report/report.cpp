// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/report.h"

#include "core/analysis/scoredgroups.h"
#include "core/analysis/weights.h"
#include "core/base/text.h"
#include "core/report/export.h"
#include "core/report/svg.h"
#include "core/report/template.h"
#include "core/tasks/task.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <numeric>
#include <utility>

namespace dscope {

namespace {

std::string fixed(double value, int digits)
{
    char buffer[64];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, digits);
    return std::string(buffer, end.ptr);
}

std::string percent(double share, int digits = 1)
{
    return fixed(100 * share, digits) + " %";
}

std::string grouped(std::int64_t value)
{
    std::string text = std::to_string(value);
    for (std::int64_t at = static_cast<std::int64_t>(text.size()) - 3; at > (value < 0 ? 1 : 0); at -= 3)
        text.insert(static_cast<std::size_t>(at), 1, ',');
    return text;
}

std::string now()
{
    const std::time_t time = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&time, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
    return text;
}

std::string capital(const std::string &word)
{
    std::string text = word;
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
        text.front() = static_cast<char>(text.front() - 'a' + 'A');
    return text;
}

} // namespace

std::string reportPage(const std::string &title, const std::string &body)
{
    return Template::of("page.html").filled({{"title", title}, {"style", Template::of("style.css").text()}, {"time", now()}, {"body", body}});
}

namespace {

class Page {
public:
    Page(const Analysis &analysis, const ReportOptions &options, Progress &progress)
        : m_analysis(analysis), m_options(options), m_task(progress), m_live(liveGroups(analysis)), m_kind(taskNamed(analysis.options.task)),
          m_element(m_kind.element), m_elements(m_kind.elements)
    {
    }

    std::string make()
    {
        if (m_kind.stretched) // pictures keep their proportions
            m_out += "<style>figure img { height: auto; }</style>\n";
        summary();
        settings();
        models();
        plots();
        table();
        groups();
        warnings();
        return reportPage(m_options.title, m_out);
    }

private:
    static std::string piece(std::string_view block, std::initializer_list<std::pair<std::string_view, std::string_view>> values)
    {
        return Template::of("analysis.html", block).filled(values);
    }
    void row(const std::string &name, const std::string &value) { m_rows += piece("row", {{"name", name}, {"value", value}}); }
    /// What row() has put together since it was taken last.
    std::string takeRows() { return std::exchange(m_rows, {}); }

    void summary()
    {
        std::int64_t groupCount = 0;
        for (const Source &source : m_analysis.sources)
            groupCount += static_cast<std::int64_t>(source.groups.size());
        const bool byThreshold = m_options.keep.mode == Keep::Mode::Threshold;
        const LiveGroupsPoint point = m_live.at(m_options.keep);
        row(capital(m_elements),
            grouped(static_cast<std::int64_t>(m_analysis.elementCount())) + " in " + grouped(groupCount) + (groupCount == 1 ? " group" : " groups"));
        row(byThreshold ? "Threshold" : "Kept of each group",
            byThreshold                                     ? fixed(m_options.keep.threshold, 4)
                : m_options.keep.mode == Keep::Mode::Enough ? printed("the best until their D-scores sum to %g", m_options.keep.enough)
                                                            : m_options.keep.words());
        if (m_live.hasEmbeddings())
            row("Weights", weightsTitle(effectiveWeights(m_options.keep.weights, m_analysis.second)));
        if (!m_live.scores().empty()) {
            std::string kept = grouped(point.kept) + " (" + percent(point.keptShare) + ")";
            if (byThreshold)
                kept += ", of them " + grouped(point.fallbacks) + " single best "
                    + (point.fallbacks == 1 ? m_element + " of a group" : m_elements + " of groups") + " in which nothing passed";
            row("Kept", kept);
            const std::vector<float> &scores = m_live.scores();
            const double sum = std::accumulate(scores.begin(), scores.end(), 0.0);
            row("D-score",
                "mean " + fixed(sum / static_cast<double>(scores.size()), 4) + ", median " + fixed(static_cast<double>(scores[scores.size() / 2]), 4)
                    + ", lowest " + fixed(static_cast<double>(scores.front()), 4) + ", highest " + fixed(static_cast<double>(scores.back()), 4));
            if (m_live.hasEmbeddings()) {
                row("Cosine to the average of all",
                    fixed(point.cosine, 4) + " (mean over groups; the group's representation of its kept " + m_elements
                        + " against the plain average of all its " + m_elements + ")");
                if (m_live.classified() > 0)
                    row("Top-1", percent(point.accuracy, 2) + " of " + grouped(m_live.classified()) + " groups whose class is known");
                else if (m_live.hasLabels())
                    row("Verification accuracy",
                        percent(point.accuracy, 2) + " (genuine and impostor pairs weighed alike, best threshold on the cosine; "
                            + grouped(m_live.genuinePairs()) + " genuine of " + grouped(m_live.pairs()) + " pairs of groups)");
                if (m_live.hasPrices())
                    row("Break-even kept share", breakEven());
                if (const std::string warning = notWorth(m_live.worthOf(point)); !warning.empty())
                    row("Beside averaging all " + m_elements, warning);
            }
        }
        m_out += piece("summary", {{"rows", takeRows()}, {"sources", sources()}, {"elements", capital(m_elements)}});
    }

    std::string sources() const
    {
        std::string rows;
        for (const Source &source : m_analysis.sources) {
            std::int64_t faces = 0;
            for (const Group &group : source.groups)
                faces += static_cast<std::int64_t>(group.elements.size());
            rows += piece("source",
                          {{"path", source.path.string()},
                           {"kind", source.kind},
                           {"groups", grouped(static_cast<std::int64_t>(source.groups.size()))},
                           {"faces", grouped(faces)},
                           {"frames", grouped(source.frames)},
                           {"seconds", source.isVideo() ? fixed(source.durationS, 2) : std::string()}});
        }
        return rows;
    }

    std::string breakEven() const
    {
        const double share = m_live.breakEvenShare();
        if (share <= 0)
            return "none: DDNet alone costs more than this base on all " + m_elements;
        return percent(share) + " (below it, DDNet on all and the base on the kept cost less than the base on all, in MAC)";
    }

    /// What a choice does not gain; empty where it saves and loses nothing.
    std::string notWorth(const Worth &worth) const
    {
        std::string text;
        if (worth.savesNothing())
            text = "saves nothing: DDNet on all and the base on the kept cost " + fixed(worth.costRatio, 2) + " times the base on all";
        if (worth.losesAccuracy())
            text += std::string(text.empty() ? "" : "; ") + "loses accuracy: " + percent(worth.accuracy, 2) + ", where the plain average of all " + m_elements
                + " gives " + percent(worth.averageAccuracy, 2);
        return text;
    }

    void settings()
    {
        const AnalysisOptions &options = m_analysis.options;
        row("Device", m_analysis.device + " (asked for: " + options.device + ")");
        if (m_kind.stretched)
            row("Task", std::string(m_kind.title) + ": pictures are taken as " + m_elements + ", in videos they are found");
        else
            row(capital(m_elements),
                options.aligned        ? "taken as aligned crops"
                    : options.allFaces ? "detected, all of each picture"
                                       : "detected, the largest and most central of each picture");
        row("Frames looked at", options.everyNth <= 1 ? "all" : "one of " + std::to_string(options.everyNth));
        row("Base network", options.runBase ? "run on all " + m_elements : "not run");
        row("Detector",
            "least score " + fixed(static_cast<double>(options.detectorOptions.minScore), 2) + ", overlap "
                + fixed(static_cast<double>(options.detectorOptions.nms), 2) + ", longer side at most "
                + (options.detectorOptions.maxSide > 0 ? std::to_string(options.detectorOptions.maxSide) + " pixels"
                                                       : std::string("as large as needed (frames 1024)"))
                + ", smallest face " + std::to_string(options.detectorOptions.minFace) + " pixels");
        row("Tracking",
            "overlap " + fixed(static_cast<double>(options.tracker.minOverlap), 2) + ", gap at most " + std::to_string(options.tracker.maxGap)
                + " frames, mended above cosine " + fixed(static_cast<double>(options.tracker.minSimilarity), 2) + ", at least "
                + std::to_string(options.tracker.minLength) + " frames; below " + std::to_string(options.tracker.sureLength)
                + " frames the detector must once give " + fixed(static_cast<double>(options.tracker.sureScore), 2));
        row("D-score of the targets", "raw mean " + fixed(m_analysis.mu, 4) + ", deviation " + fixed(m_analysis.sigma, 4));
        m_out += piece("settings", {{"rows", takeRows()}});
    }

    static std::string model(const char *role, const UsedModel &used)
    {
        if (used.name.empty())
            return {};
        const auto millions = [](std::int64_t value) { return value > 0 ? fixed(static_cast<double>(value) / 1e6, 1) : std::string(); };
        return piece("model",
                     {{"role", role},
                      {"name", used.name},
                      {"architecture", used.architecture},
                      {"parameters", used.parameters > 0 ? grouped(used.parameters) : std::string()},
                      {"mac", millions(used.cost.mac)},
                      {"flop", millions(used.cost.flop)},
                      {"ms", used.msPerPicture > 0 ? fixed(used.msPerPicture, 2) : std::string()},
                      {"hash", used.hash}});
    }

    std::string secondLook() const
    {
        const UsedSecondLook &used = m_analysis.second;
        if (!used.there())
            return {};
        return piece("secondlook",
                     {{"name", used.file.filename().string()},
                      {"ridge", fixed(used.origin.ridge, 0)},
                      {"pictures", grouped(used.origin.pictures)},
                      {"mac", fixed(static_cast<double>(used.cost.mac) / 1e6, 4)},
                      {"flop", fixed(static_cast<double>(used.cost.flop) / 1e6, 4)},
                      {"hash", used.hash}});
    }

    void models()
    {
        m_out += piece("models",
                       {{"rows", model("DDNet", m_analysis.ddnet) + model("Base", m_analysis.base) + model("Detector", m_analysis.detector) + secondLook()},
                        {"device", m_analysis.device}});
    }

    void plots()
    {
        const std::vector<float> &scores = m_live.scores();
        if (scores.empty())
            return;
        constexpr std::size_t bins = 50;
        std::vector<double> counts(bins, 0.0);
        for (const float score : scores)
            counts[std::min(bins - 1, static_cast<std::size_t>(std::max(0.0, static_cast<double>(score)) * bins))] += 1;
        PlotFrame histogram;
        histogram.title = "D-scores of all " + m_elements;
        histogram.xLabel = "D-score (0 to 1)";
        histogram.yLabel = m_elements;
        histogram.yHigh = niceCeiling(*std::max_element(counts.begin(), counts.end()));
        const bool byThreshold = m_options.keep.mode == Keep::Mode::Threshold;
        if (byThreshold) {
            histogram.marker = m_options.keep.threshold;
            histogram.markerLabel = "t = " + fixed(m_options.keep.threshold, 3);
        }
        m_out += "<h2>Plots</h2>\n<div class=\"plots\">\n" + barPlot(histogram, counts);

        const std::vector<LiveGroupsPoint> curve = m_live.curve(m_options.curvePoints, m_task, m_options.keep.weights);
        const LiveGroupsPoint here = m_live.at(m_options.keep);
        PlotFrame quality;
        quality.xLabel = "kept share of the " + m_elements + " (%)";
        quality.xHigh = 100;
        quality.marker = 100 * here.keptShare;
        quality.markerLabel = byThreshold ? histogram.markerLabel : m_options.keep.words();
        PlotFrame cost = quality;
        PlotLine cosine{m_live.hasLabels() ? "cosine to the average of all " + m_elements : "cosine", {}, {}, m_live.hasLabels()};
        PlotLine accuracy{m_live.classifies() ? "top-1" : "verification accuracy", {}, {}};
        PlotLine withDdnet{"DDNet on all + base on the kept", {}, {}};
        for (const LiveGroupsPoint &point : curve) {
            const double share = 100 * point.keptShare;
            for (PlotLine *line : {&cosine, &accuracy, &withDdnet})
                line->x.push_back(share);
            cosine.y.push_back(point.cosine);
            accuracy.y.push_back(point.accuracy);
            withDdnet.y.push_back(point.cost.macPerFace / 1e6);
        }
        if (m_live.hasEmbeddings()) {
            quality.title = m_live.hasLabels() ? "Trade-off: " + accuracy.name + " and cosine" : "Trade-off: cosine to the average of all " + m_elements;
            quality.yLabel = "share or cosine (1 is best)";
            double lowest = 1;
            for (const LiveGroupsPoint &point : curve)
                lowest = std::min({lowest, point.cosine, point.accuracy < 0 ? 1.0 : point.accuracy});
            quality.yLow = std::max(-1.0, std::floor(lowest * 10) / 10);
            quality.yLow = quality.yLow >= 1 ? 0.9 : quality.yLow;
            m_out += linePlot(quality, m_live.hasLabels() ? std::vector<PlotLine>{accuracy, cosine} : std::vector<PlotLine>{cosine});
            if (!m_live.hasPrices()) {
                m_out += "</div>\n";
                return;
            }
            cost.title = "Trade-off: cost a " + m_element;
            cost.yLabel = "MMAC per " + m_element;
            const double base = static_cast<double>(m_analysis.base.cost.mac) / 1e6;
            const double ddnet = static_cast<double>(m_analysis.ddnet.cost.mac) / 1e6;
            cost.yHigh = niceCeiling(base + ddnet);
            m_out += linePlot(cost, {withDdnet, PlotLine{"base on all, no DDNet", {0, 100}, {base, base}, true}});
        }
        m_out += "</div>\n";
    }

    void table()
    {
        if (m_live.scores().empty())
            return;
        std::vector<LiveGroupsPoint> points{m_live.at(m_options.keep)};
        for (int i = 0; i < m_options.tableRows; ++i) {
            m_task.throwIfCancelled();
            points.push_back(
                m_live.at(Keep(m_live.shares().thresholdForShare(1.0 - static_cast<double>(i) / m_options.tableRows)).weighed(m_options.keep.weights)));
        }
        std::stable_sort(points.begin(), points.end(),
                         [](const LiveGroupsPoint &left, const LiveGroupsPoint &right) { return left.keptShare > right.keptShare; });
        for (const LiveGroupsPoint &point : points) {
            const bool chosen = point.keep == m_options.keep;
            const std::string how = point.keep.mode == Keep::Mode::Threshold ? fixed(point.keep.threshold, 4) : point.keep.words();
            const auto priced = [&](double value) { return m_live.hasPrices() ? fixed(value / 1e6, 1) : std::string(); };
            m_rows += piece("point",
                            {{"keep", chosen ? "<b>" + how + "</b>" : how},
                             {"kept", grouped(point.kept)},
                             {"share", percent(point.keptShare)},
                             {"mac", priced(point.cost.macPerFace)},
                             {"flop", priced(point.cost.flopPerFace)},
                             {"ms", point.ms > 0 ? fixed(point.ms, 2) : std::string()},
                             {"cosine", m_live.hasEmbeddings() ? fixed(point.cosine, 4) : std::string()},
                             {"accuracy", point.accuracy >= 0 ? percent(point.accuracy, 2) : std::string()},
                             {"fallbacks", grouped(point.fallbacks)}});
        }
        m_out += piece("tradeoff", {{"rows", takeRows()}, {"element", m_element}, {"elements", m_elements}});
    }

    std::string figure(const Element &element, bool kept) const
    {
        const std::string where =
            element.frame >= 0 ? "frame " + std::to_string(element.frame) + ", " + fixed(element.timeS, 2) + " s" : element.file.filename().string();
        const std::string second = std::isfinite(element.second) ? " (second look " + fixed(static_cast<double>(element.second), 4) + ")" : std::string();
        return piece("figure",
                     {{"class", kept ? "" : " class=\"out\""},
                      {"picture",
                       element.thumbnail ? "<img alt=\"" + m_element + "\" src=\"data:image/jpeg;base64," + base64(*element.thumbnail) + "\">" : std::string()},
                      {"score", fixed(static_cast<double>(element.dScore), 4) + second},
                      {"where", where}});
    }

    void groups()
    {
        m_out += "<h2>Groups</h2>\n<p class=\"soft\">" + capital(m_elements) + " that are not kept are dimmed.</p>\n";
        int shown = 0;
        std::int64_t more = 0;
        for (const Source &source : m_analysis.sources)
            for (const Group &group : source.groups) {
                if (shown >= m_options.maxGroups) {
                    ++more;
                    continue;
                }
                ++shown;
                m_task.throwIfCancelled();
                one(source, group);
            }
        if (more > 0)
            m_out += "<p>" + grouped(more) + " more groups are not shown.</p>\n";
    }

    void one(const Source &source, const Group &group)
    {
        const std::size_t n = group.elements.size();
        const KeptFaces faces = keptFaces(group, m_options.keep);
        double sum = 0;
        for (const Element &element : group.elements)
            sum += static_cast<double>(element.dScore);
        m_out += piece("group",
                       {{"name", group.label.empty() || group.label == group.id ? group.id : group.id + " (" + group.label + ")"},
                        {"source", source.path.filename().string()},
                        {"summary",
                         grouped(static_cast<std::int64_t>(n)) + (n == 1 ? " " + m_element : " " + m_elements) + ", mean D-score "
                             + fixed(n > 0 ? sum / static_cast<double>(n) : 0, 4) + ", kept " + grouped(faces.count)
                             + (faces.fallback ? " (nothing passed; the best one stands in)" : "")}});
        std::vector<std::size_t> order(n);
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(),
                         [&](std::size_t left, std::size_t right) { return group.elements[left].dScore > group.elements[right].dScore; });
        const auto each = static_cast<std::size_t>(std::max(0, m_options.picturesPerGroup));
        const std::size_t best = std::min(each, n);
        const std::size_t worst = std::min(each, n - best);
        const auto row = [&](const char *which, std::size_t begin, std::size_t end) {
            std::string figures;
            for (std::size_t i = begin; i < end; ++i)
                figures += figure(group.elements[order[i]], faces.kept[order[i]]);
            m_out += piece("faces", {{"which", which}, {"faces", figures}});
        };
        row("Best", 0, best);
        if (worst > 0)
            row("Worst", n - worst, n);
    }

    void warnings()
    {
        m_out += "<h2>Warnings</h2>\n";
        bool any = false;
        const auto list = [&](const std::string &heading, const std::vector<std::string> &texts) {
            if (texts.empty())
                return;
            any = true;
            std::string items;
            const std::size_t shown = std::min(texts.size(), static_cast<std::size_t>(std::max(0, m_options.maxWarnings)));
            for (std::size_t i = 0; i < shown; ++i)
                items += "<li>" + escapeHtml(texts[i]) + "</li>\n";
            if (shown < texts.size())
                items += "<li>and " + grouped(static_cast<std::int64_t>(texts.size() - shown)) + " more</li>\n";
            m_out += piece("warnings", {{"heading", heading}, {"items", items}});
        };
        list("This run", m_options.notices);
        for (const Source &source : m_analysis.sources)
            list(source.path.string(), source.warnings);
        if (!any)
            m_out += "<p>None.</p>\n";
    }

    const Analysis &m_analysis;
    const ReportOptions &m_options;
    Progress &m_task;
    const LiveGroups m_live;
    const Task &m_kind;
    const std::string m_element; ///< the task's words
    const std::string m_elements;
    std::string m_rows;
    std::string m_out;
};

} // namespace

std::string reportHtml(const Analysis &analysis, const ReportOptions &options, Progress &progress)
{
    return Page(analysis, options, progress).make();
}

void writeReport(const std::filesystem::path &path, const Analysis &analysis, const ReportOptions &options, Progress &progress)
{
    writeText(path, reportHtml(analysis, options, progress));
}

std::string base64(const std::vector<std::uint8_t> &bytes)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const unsigned a = bytes[i];
        const unsigned b = i + 1 < bytes.size() ? bytes[i + 1] : 0U;
        const unsigned c = i + 2 < bytes.size() ? bytes[i + 2] : 0U;
        text += letters[a >> 2];
        text += letters[(a & 3) << 4 | b >> 4];
        text += i + 1 < bytes.size() ? letters[(b & 15) << 2 | c >> 6] : '=';
        text += i + 2 < bytes.size() ? letters[c & 63] : '=';
    }
    return text;
}

} // namespace dscope
