// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/svg.h"

#include "core/base/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace dscope {

namespace {

constexpr double s_left = 64;
constexpr double s_right = 16;
constexpr double s_top = 34;
constexpr double s_bottom = 48;

std::string number(double value, int digits = 2)
{
    char buffer[64];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, digits);
    return std::string(buffer, end.ptr);
}

// As few digits as tell neighbouring ticks apart.
std::string tickText(double value, double step)
{
    const int digits = step >= 1 ? 0 : static_cast<int>(std::ceil(-std::log10(step) - 1e-9));
    return number(std::abs(value) < step * 1e-6 ? 0.0 : value, std::min(digits, 9));
}

class Canvas {
public:
    explicit Canvas(const PlotFrame &frame) : m_frame(frame)
    {
        m_out = "<svg class=\"plot\" viewBox=\"0 0 " + std::to_string(frame.width) + ' ' + std::to_string(frame.height) + "\" role=\"img\" aria-label=\""
            + escapeHtml(frame.title) + "\">\n";
        text(s_left, 18, "title", "start", frame.title);
        axis(true);
        axis(false);
    }

    double x(double value) const
    {
        const double share = (value - m_frame.xLow) / (m_frame.xHigh - m_frame.xLow);
        return s_left + std::clamp(share, 0.0, 1.0) * (m_frame.width - s_left - s_right);
    }
    double y(double value) const
    {
        const double share = (value - m_frame.yLow) / (m_frame.yHigh - m_frame.yLow);
        return m_frame.height - s_bottom - std::clamp(share, 0.0, 1.0) * (m_frame.height - s_top - s_bottom);
    }
    void line(double x1, double y1, double x2, double y2, const std::string &style)
    {
        m_out += "<line class=\"" + style + "\" x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) + "\" y2=\"" + number(y2) + "\"/>\n";
    }
    void text(double px, double py, const std::string &style, const std::string &anchor, const std::string &content, bool upright = false)
    {
        m_out += "<text class=\"" + style + "\" x=\"" + number(px) + "\" y=\"" + number(py) + "\" text-anchor=\"" + anchor + '"'
            + (upright ? " transform=\"rotate(-90 " + number(px) + ' ' + number(py) + ")\"" : std::string()) + '>' + escapeHtml(content) + "</text>\n";
    }
    void raw(const std::string &element) { m_out += element; }

    std::string finish()
    {
        if (m_frame.marker >= m_frame.xLow && m_frame.marker <= m_frame.xHigh) {
            const double at = x(m_frame.marker);
            line(at, s_top, at, m_frame.height - s_bottom, "marker");
            const bool rightHalf = at > m_frame.width / 2.0;
            text(at + (rightHalf ? -4 : 4), s_top + 10, "markertext", rightHalf ? "end" : "start", m_frame.markerLabel);
        }
        return m_out + "</svg>\n";
    }

private:
    void axis(bool horizontal)
    {
        const double low = horizontal ? m_frame.xLow : m_frame.yLow;
        const double high = horizontal ? m_frame.xHigh : m_frame.yHigh;
        const std::vector<double> ticks = niceTicks(low, high);
        const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : 1;
        const double bottom = m_frame.height - s_bottom;
        for (const double tick : ticks) {
            if (horizontal) {
                line(x(tick), s_top, x(tick), bottom, "grid");
                text(x(tick), bottom + 16, "tick", "middle", tickText(tick, step));
            } else {
                line(s_left, y(tick), m_frame.width - s_right, y(tick), "grid");
                text(s_left - 6, y(tick) + 4, "tick", "end", tickText(tick, step));
            }
        }
        if (horizontal) {
            line(s_left, bottom, m_frame.width - s_right, bottom, "axis");
            text((s_left + m_frame.width - s_right) / 2, m_frame.height - 10, "label", "middle", m_frame.xLabel);
        } else {
            line(s_left, s_top, s_left, bottom, "axis");
            text(14, (s_top + bottom) / 2, "label", "middle", m_frame.yLabel, true);
        }
    }

    const PlotFrame &m_frame;
    std::string m_out;
};

PlotFrame sound(PlotFrame frame)
{
    if (!std::isfinite(frame.xLow) || !std::isfinite(frame.xHigh) || !(frame.xHigh > frame.xLow)) {
        frame.xLow = std::isfinite(frame.xLow) ? frame.xLow : 0;
        frame.xHigh = frame.xLow + 1;
    }
    if (!std::isfinite(frame.yLow) || !std::isfinite(frame.yHigh) || !(frame.yHigh > frame.yLow)) {
        frame.yLow = std::isfinite(frame.yLow) ? frame.yLow : 0;
        frame.yHigh = frame.yLow + 1;
    }
    return frame;
}

} // namespace

std::string escapeHtml(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (const char c : shown(text)) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else if (c == '\'')
            out += "&#39;";
        else
            out += c;
    }
    return out;
}

std::vector<double> niceTicks(double low, double high, int about)
{
    const double span = high - low;
    if (!std::isfinite(span) || span <= 0)
        return {low};
    const double rough = span / std::max(1, about);
    const double power = std::pow(10.0, std::floor(std::log10(rough)));
    const double scaled = rough / power;
    const double step = power * (scaled <= 1 ? 1 : scaled <= 2 ? 2 : scaled <= 5 ? 5 : 10);
    std::vector<double> ticks;
    for (double i = std::ceil(low / step - 1e-9); i * step <= high + step * 1e-9 && ticks.size() < 100; ++i)
        ticks.push_back(i * step);
    return ticks;
}

double niceCeiling(double value)
{
    if (!std::isfinite(value) || value <= 0)
        return 1;
    const double power = std::pow(10.0, std::floor(std::log10(value)));
    for (const double step : {1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0})
        if (value <= step * power * (1 + 1e-9))
            return step * power;
    return 10 * power;
}

std::string linePlot(const PlotFrame &given, const std::vector<PlotLine> &lines)
{
    const PlotFrame frame = sound(given);
    Canvas canvas(frame);
    // To the right of the middle, where curves that rise from the left leave room below them.
    const double legend = s_left + 0.42 * (frame.width - s_left - s_right);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string style = "line" + std::to_string(i % 4) + (lines[i].dashed ? " dashed" : "");
        std::string points;
        for (std::size_t p = 0; p < std::min(lines[i].x.size(), lines[i].y.size()); ++p)
            if (std::isfinite(lines[i].x[p]) && std::isfinite(lines[i].y[p]))
                points += number(canvas.x(lines[i].x[p])) + ',' + number(canvas.y(lines[i].y[p])) + ' ';
        canvas.raw("<polyline class=\"" + style + "\" points=\"" + points + "\"/>\n");
        const double row = frame.height - s_bottom - 10 - 16 * static_cast<double>(lines.size() - 1 - i);
        canvas.line(legend, row - 4, legend + 20, row - 4, style);
        canvas.text(legend + 26, row, "tick", "start", lines[i].name);
    }
    return canvas.finish();
}

std::string barPlot(const PlotFrame &given, const std::vector<double> &bars)
{
    const PlotFrame frame = sound(given);
    Canvas canvas(frame);
    const double step = (frame.xHigh - frame.xLow) / static_cast<double>(std::max<std::size_t>(bars.size(), 1));
    for (std::size_t i = 0; i < bars.size(); ++i) {
        if (!(bars[i] > 0))
            continue;
        const double left = canvas.x(frame.xLow + step * static_cast<double>(i));
        const double right = canvas.x(frame.xLow + step * static_cast<double>(i + 1));
        const double top = canvas.y(bars[i]);
        canvas.raw("<rect class=\"bar\" x=\"" + number(left) + "\" y=\"" + number(top) + "\" width=\"" + number(std::max(0.5, right - left - 0.5))
                   + "\" height=\"" + number(frame.height - s_bottom - top) + "\"/>\n");
    }
    return canvas.finish();
}

} // namespace dscope
