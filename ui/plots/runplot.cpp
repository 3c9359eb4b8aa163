// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/runplot.h"

#include "ui/theme.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace dscope {

RunPlot::RunPlot(EvaluationState *state, const QString &name, QWidget *parent) : PlainPlot(name, parent), m_state(state)
{
    legend->setVisible(false);
    setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    axisRect()->setRangeZoomFactor(0.8, 0.8);
    setToolTip(tr("Wheel: closer. Drag: move. Double click: everything."));
    connect(state, &EvaluationState::runsChanged, this, &RunPlot::redraw);
    connect(state, &EvaluationState::currentChanged, this, &RunPlot::redrawInPlace);
    connect(state, &EvaluationState::farChanged, this, &RunPlot::redrawInPlace);
}

QCPScatterStyle::ScatterShape RunPlot::shapeOf(int colour)
{
    static constexpr std::array<QCPScatterStyle::ScatterShape, runColours> shapes{
        QCPScatterStyle::ssDisc, QCPScatterStyle::ssSquare, QCPScatterStyle::ssTriangle, QCPScatterStyle::ssDiamond, QCPScatterStyle::ssTriangleInverted,
        QCPScatterStyle::ssPlus, QCPScatterStyle::ssCross,  QCPScatterStyle::ssStar};
    return shapes[static_cast<std::size_t>(std::clamp(colour, 0, runColours - 1))];
}

QCPGraph *RunPlot::addCurve(const ShownRun &run, const QVector<double> &x, const QVector<double> &y, bool inLegend)
{
    QCPGraph *graph = addGraph();
    m_graphs.push_back(graph);
    graph->setPen(QPen(colourOf(run), run.id == m_state->current() ? 2.6 : 1.8));
    graph->setName(run.title.size() > 44 ? run.title.left(43) + QChar(0x2026) : run.title);
    graph->setData(x, y, true);
    graph->setAdaptiveSampling(true);
    if (inLegend)
        ++m_curves;
    else
        graph->removeFromLegend();
    return graph;
}

void RunPlot::redrawInPlace()
{
    for (QCPGraph *graph : m_graphs)
        removeGraph(graph);
    m_graphs.clear();
    m_curves = 0;
    const bool any = draw();
    setMessage(any ? QString() : emptyText());
    legend->setVisible(m_curves > 0);
    boundLegend();
    paintSoon();
}

void RunPlot::paintSoon()
{
    m_stale = !isVisible();
    if (!m_stale)
        replot(rpQueuedReplot);
}

void RunPlot::showEvent(QShowEvent *event)
{
    PlainPlot::showEvent(event);
    if (std::exchange(m_stale, false))
        replot(rpQueuedReplot);
}

void RunPlot::boundLegend()
{
    if (m_more != nullptr) {
        legend->take(m_more);
        delete m_more;
        m_more = nullptr;
        legend->simplify();
    }
    const int beyond = m_curves - s_legendMost;
    if (beyond <= 1) // "and 1 more" is no shorter than its name
        return;
    int run = 0;
    for (QCPGraph *graph : m_graphs) {
        QCPPlottableLegendItem *item = legend->itemWithPlottable(graph);
        if (item != nullptr && ++run > s_legendMost)
            legend->removeItem(item);
    }
    m_more = new QCPTextElement(this, tr("and %n more", nullptr, beyond), legend->font());
    m_more->setTextColor(subtleColour(palette()));
    m_more->setMargins(QMargins(2, 0, 2, 0));
    legend->addElement(legend->rowCount(), 0, m_more);
}

void RunPlot::redraw()
{
    redrawInPlace();
    fit();
}

void RunPlot::showAll()
{
    fit();
    replot(rpQueuedReplot);
}

void RunPlot::useLog(QCPAxis *axis, double from, double to)
{
    axis->setScaleType(QCPAxis::stLogarithmic);
    axis->setTicker(QSharedPointer<QCPAxisTickerLog>(new QCPAxisTickerLog));
    axis->setNumberFormat(QStringLiteral("eb"));
    axis->setNumberPrecision(0);
    axis->setRange(from, to);
    axis->grid()->setSubGridVisible(false);
}

void RunPlot::style()
{
    PlainPlot::style();
    for (QCPAxis *axis : axisRect()->axes())
        axis->grid()->setSubGridVisible(false);
    if (legend != nullptr)
        legend->setIconSize(18, 10);
}

void RunPlot::changeEvent(QEvent *event)
{
    PlainPlot::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        redrawInPlace(); // the curves' colours belong to the palette
}

void RunPlot::mouseDoubleClickEvent(QMouseEvent *event)
{
    showAll();
    event->accept();
}

// ---------------------------------------------------------------------------------------------------------------------------------------- DET

DetPlot::DetPlot(EvaluationState *state, QWidget *parent) : RunPlot(state, tr("DET"), parent)
{
    setObjectName(QStringLiteral("detPlot"));
    xAxis->setLabel(tr("False match rate (FAR)"));
    yAxis->setLabel(tr("False non-match rate (1 − TAR)"));
    useLog(xAxis, 1e-6, 1);
    useLog(yAxis, 1e-3, 1);
    axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignBottom | Qt::AlignLeft);
    style();
    redraw();
}

QString DetPlot::emptyText() const
{
    return tr("Here will be the errors at every threshold:\nhow often two people pass as one,\nagainst how often one person is not recognised.");
}

bool DetPlot::draw()
{
    m_leftmost = 1;
    m_lowest = 1;
    bool any = false;
    for (const ShownRun &run : m_state->runs()) {
        if (!run.shown || run.run->rocFar.empty())
            continue;
        QVector<double> x;
        QVector<double> y;
        for (std::size_t i = 0; i < run.run->rocFar.size() && i < run.run->rocTar.size(); ++i) {
            const double far = run.run->rocFar[i];
            const double miss = 1 - run.run->rocTar[i];
            if (!(far > 0) || !(miss > 0)) // neither has a place on a logarithmic axis
                continue;
            x << far;
            y << miss;
            m_leftmost = std::min(m_leftmost, far);
            m_lowest = std::min(m_lowest, miss);
        }
        QCPGraph *graph = addCurve(run, x, y);
        graph->setLineStyle(QCPGraph::lsStepLeft);
        any = true;
    }
    return any;
}

void DetPlot::fit()
{
    xAxis->setRange(std::max(1e-8, m_leftmost < 1 ? m_leftmost * 0.8 : 1e-6), 1);
    yAxis->setRange(std::max(1e-6, m_lowest < 1 ? m_lowest * 0.7 : 1e-3), 1);
}

// ----------------------------------------------------------------------------------------------------------------------------------- CMC

CmcPlot::CmcPlot(EvaluationState *state, QWidget *parent) : RunPlot(state, tr("CMC"), parent)
{
    setObjectName(QStringLiteral("cmcPlot"));
    xAxis->setLabel(tr("Rank"));
    yAxis->setLabel(tr("Identification rate (%)"));
    useLog(xAxis, 0.9, 110);
    QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
    for (const int rank : {1, 2, 5, 10, 20, 50, 100})
        ticker->addTick(rank, QString::number(rank));
    xAxis->setTicker(ticker);
    axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignBottom | Qt::AlignRight);
    style();
    redraw();
}

QString CmcPlot::emptyText() const
{
    return m_state->runs().empty()
        ? tr("Here will be the search in a gallery:\nhow often the right person is among the first k.\nIJB-A, IJB-B and IJB-C have galleries.")
        : tr("None of the shown runs has a search:\nonly IJB-A, IJB-B and IJB-C have galleries.");
}

bool CmcPlot::draw()
{
    m_lowest = 1;
    m_last = 1;
    bool any = false;
    for (const ShownRun &run : m_state->runs()) {
        if (!run.shown || !run.run->search || run.run->search->rank.empty())
            continue;
        const Identification &search = *run.run->search;
        QVector<double> x;
        QVector<double> y;
        const bool whole = !search.cmc.empty();
        if (whole) {
            for (std::size_t k = 0; k < search.cmc.size(); ++k) {
                x << static_cast<double>(k + 1);
                y << 100 * search.cmc[k];
            }
            m_last = std::max(m_last, static_cast<double>(search.cmc.size()));
            m_lowest = std::min(m_lowest, search.cmc.front());
            addCurve(run, x, y)->setLineStyle(QCPGraph::lsStepLeft);
            x.clear();
            y.clear();
        }
        for (std::size_t i = 0; i < search.rank.size(); ++i) {
            const bool known = !search.galleries.empty() && i < search.galleries.front().rank.size();
            const double rank = known ? static_cast<double>(search.galleries.front().rank[i].k) : static_cast<double>(i + 1);
            if (!std::isfinite(search.rank[i]))
                continue;
            x << rank;
            y << 100 * search.rank[i];
            m_lowest = std::min(m_lowest, search.rank[i]);
            m_last = std::max(m_last, rank);
        }
        QCPGraph *graph = addCurve(run, x, y, !whole);
        if (whole)
            graph->setLineStyle(QCPGraph::lsNone);
        graph->setScatterStyle(QCPScatterStyle(shapeOf(run.colour), colourOf(run), 8));
        any = true;
    }
    return any;
}

void CmcPlot::fit()
{
    xAxis->setRange(0.9, 1.1 * std::max(5.0, m_last));
    const double room = std::max(0.01, 1 - m_lowest);
    yAxis->setRange(std::max(0.0, 100 * (m_lowest - 0.25 * room)), 100 + 5 * room);
    if (m_last == 1)
        yAxis->setRange(0, 100);
}

// ---------------------------------------------------------------------------------------------------------------------------- open-set search

SearchPlot::SearchPlot(EvaluationState *state, QWidget *parent) : RunPlot(state, tr("Search"), parent)
{
    setObjectName(QStringLiteral("searchPlot"));
    xAxis->setLabel(tr("Strangers who find somebody (FPIR)"));
    yAxis->setLabel(tr("Known people found, rank 1 (TPIR, %)"));
    useLog(xAxis, 1e-4, 1);
    axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignBottom | Qt::AlignRight);
    style();
    redraw();
}

QString SearchPlot::emptyText() const
{
    return m_state->runs().empty()
        ? tr("Here will be the search with strangers among the probes:\nhow many known people are found\nat each share of strangers who find somebody.")
        : tr("None of the shown runs has this curve:\nonly IJB-A, IJB-B and IJB-C have galleries,\nand runs of older versions hold the table's targets alone.");
}

bool SearchPlot::draw()
{
    m_lowest = 1;
    m_leftmost = 1;
    bool any = false;
    for (const ShownRun &run : m_state->runs()) {
        if (!run.shown || !run.run->search)
            continue;
        const Identification &search = *run.run->search;
        // To the left of one stranger the curve says nothing.
        double least = 0;
        for (const GallerySearch &gallery : search.galleries)
            least = std::max(least, gallery.nonMated > 0 ? 1 / static_cast<double>(gallery.nonMated) : 0.0);
        QVector<double> x;
        QVector<double> y;
        const std::vector<double> &fpirs = searchCurveFpirs();
        for (std::size_t i = 0; i < fpirs.size() && i < search.curve.size(); ++i)
            if (fpirs[i] >= least && std::isfinite(search.curve[i])) {
                x << fpirs[i];
                y << 100 * search.curve[i];
                m_leftmost = std::min(m_leftmost, fpirs[i]);
                m_lowest = std::min(m_lowest, search.curve[i]);
            }
        QVector<double> markX;
        QVector<double> markY;
        for (std::size_t i = 0; i < search.tpir.size() && i < run.run->fpirs.size(); ++i)
            if (run.run->fpirs[i] > 0 && std::isfinite(search.tpir[i])) {
                markX << run.run->fpirs[i];
                markY << 100 * search.tpir[i];
                m_leftmost = std::min(m_leftmost, markX.back());
                m_lowest = std::min(m_lowest, search.tpir[i]);
            }
        if (x.isEmpty() && markX.isEmpty())
            continue;
        if (!x.isEmpty())
            addCurve(run, x, y);
        QCPGraph *marks = addCurve(run, markX, markY, x.isEmpty());
        marks->setLineStyle(QCPGraph::lsNone);
        marks->setScatterStyle(QCPScatterStyle(shapeOf(run.colour), colourOf(run), 8));
        any = true;
    }
    return any;
}

void SearchPlot::fit()
{
    xAxis->setRange(m_leftmost < 1 ? 0.8 * m_leftmost : 1e-4, 1);
    const double room = std::max(0.01, 1 - m_lowest);
    yAxis->setRange(std::max(0.0, 100 * (m_lowest - 0.25 * room)), 100 + 5 * room);
    if (m_leftmost >= 1)
        yAxis->setRange(0, 100);
}

// ------------------------------------------------------------------------------------------------------------------- error versus discard

namespace {
/// Where nearly all pairs are gone one false non-match is a large share: that end does not set the scale.
constexpr double s_shownInFull = 0.95;
} // namespace

DiscardPlot::DiscardPlot(EvaluationState *state, QWidget *parent) : RunPlot(state, tr("Error versus discard"), parent)
{
    setObjectName(QStringLiteral("discardPlot"));
    xAxis->setLabel(tr("Pairs of lowest quality discarded (%)"));
    yAxis->setLabel(tr("False non-match rate (%)\nsolid: threshold fixed, dashed: set anew"));
    xAxis->setRange(0, 100);
    style();
    redraw();
}

QString DiscardPlot::emptyText() const
{
    return m_state->runs().empty()
        ? tr("Here will be what the D-score is worth as a measure of quality:\nhow fast errors vanish as the pairs of lowest quality are left out\n"
             "(solid: threshold fixed; dashed: set anew on the rest).")
        : tr("None of the shown runs has this curve.");
}

bool DiscardPlot::draw()
{
    m_highest = 0;
    bool any = false;
    for (const ShownRun &run : m_state->runs()) {
        if (!run.shown || (run.run->discard.empty() && run.run->recomputed.empty()))
            continue;
        bool first = true;
        for (const DiscardCurve &curve : run.run->discard) {
            QVector<double> x;
            QVector<double> y;
            for (std::size_t i = 0; i < curve.discard.size() && i < curve.fnmr.size(); ++i) {
                x << 100 * curve.discard[i];
                y << 100 * curve.fnmr[i];
                if (curve.discard[i] <= s_shownInFull)
                    m_highest = std::max(m_highest, y.back());
            }
            addCurve(run, x, y, first)->setLineStyle(QCPGraph::lsStepLeft);
            first = false;
        }
        for (const RecomputedCurve &curve : run.run->recomputed) {
            // One of them is enough to be legible: that of the chosen FAR, or the first.
            const bool chosen = std::abs(curve.fmr - m_state->far()) <= 1e-9 * m_state->far();
            const bool none = std::none_of(run.run->recomputed.begin(), run.run->recomputed.end(),
                                           [this](const RecomputedCurve &one) { return std::abs(one.fmr - m_state->far()) <= 1e-9 * m_state->far(); });
            if (!chosen && !(none && &curve == &run.run->recomputed.front()))
                continue;
            QVector<double> x;
            QVector<double> y;
            for (const RecomputedPoint &point : curve.points) {
                if (!std::isfinite(point.fnmr))
                    continue;
                x << 100 * point.discard;
                y << 100 * point.fnmr;
                if (point.discard <= s_shownInFull)
                    m_highest = std::max(m_highest, y.back());
            }
            QCPGraph *graph = addCurve(run, x, y, first);
            QPen pen = graph->pen();
            pen.setStyle(Qt::DashLine);
            graph->setPen(pen);
            first = false;
        }
        any = true;
    }
    return any;
}

void DiscardPlot::fit()
{
    xAxis->setRange(0, 100);
    yAxis->setRange(0, m_highest > 0 ? m_highest * 1.15 : 2);
}

} // namespace dscope
