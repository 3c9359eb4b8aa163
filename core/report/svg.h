// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// One line of a plot.
struct PlotLine {
    std::string name;
    std::vector<double> x;
    std::vector<double> y;
    bool dashed = false;
};

/// A plot's frame. Colours come from the page's style sheet by class (`plot`, `grid`, `axis`, `line0`, `line1`, ..., `bar`, `marker`), so one
/// drawing serves light and dark.
struct PlotFrame {
    std::string title;
    std::string xLabel; ///< with its unit
    std::string yLabel;
    double xLow = 0;
    double xHigh = 1;
    double yLow = 0;
    double yHigh = 1;
    double marker = -1; ///< a vertical line at this x, if within
    std::string markerLabel;
    int width = 640;
    int height = 320;
};

/// Text made safe for HTML and SVG, attributes included. What could pose as something else is escaped as by shown().
std::string escapeHtml(std::string_view text);
/// Between three and ten round numbers that cover [low, high] (1, 2 or 5 times a power of ten apart).
std::vector<double> niceTicks(double low, double high, int about = 6);
/// The smallest round number not below `value`, for the end of an axis that begins at 0.
double niceCeiling(double value);

/// Lines with a legend, as an inline <svg> element.
std::string linePlot(const PlotFrame &frame, const std::vector<PlotLine> &lines);
/// Bars of equal width over [xLow, xHigh], as an inline <svg> element.
std::string barPlot(const PlotFrame &frame, const std::vector<double> &bars);

} // namespace dscope
