// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/tradeoffplot.h"

#include "core/threshold/livethreshold.h"
#include "ui/convert.h"
#include "ui/jobs/job.h"
#include "ui/models/thresholdstate.h"
#include "ui/taskwords.h"
#include "ui/theme.h"

#include <QLocale>

#include <algorithm>
#include <cmath>

namespace dscope {

TradeoffPlot::TradeoffPlot(ThresholdState *state, QWidget *parent) : Plot(state, tr("Trade-off"), parent)
{
    setObjectName(QStringLiteral("tradeoff"));
    legend->setVisible(false);
    m_line = new QCPCurve(xAxis, yAxis);
    m_dot = addGraph();
    m_dot->setLayer(m_moving);
    m_dot->setLineStyle(QCPGraph::lsNone);
    m_even = new QCPItemStraightLine(this);
    m_evenLabel = new QCPItemText(this);
    m_evenLabel->setPadding(QMargins(4, 1, 4, 1));
    m_threshold = new QCPItemStraightLine(this);
    m_threshold->setLayer(m_moving);
    m_label = new QCPItemText(this);
    m_label->setLayer(m_moving);
    m_label->setPadding(QMargins(5, 1, 5, 1));
    connect(state, &ThresholdState::changed, this, [this](const Keep &keep) {
        if (keep.weights != m_weights && m_document) {
            computeCurve(); // the old one stays until then
            return;
        }
        moveMarker();
        m_moving->replot();
    });
    style();
    setDocument(nullptr);
}

void TradeoffPlot::setDocument(DocumentPtr document, bool goesOn)
{
    const bool had = hasAccuracy();
    m_document = std::move(document);
    if (!goesOn || !m_document || m_document->analysis().dim <= 0)
        m_curve.clear();
    if (!hasTimes() && m_across == Across::Ms)
        m_across = Across::KeptShare;
    if (!hasAccuracy())
        m_up = Up::Cosine;
    else if (!had && m_document->live().classifies())
        m_up = Up::Accuracy; // the cosine of class scores says little
    computeCurve();
}

void TradeoffPlot::computeCurve()
{
    delete m_job; // the curve of what was open before is of no use to anybody
    m_job = nullptr;
    m_fresh = false;
    m_weights = m_state->keep().weights;
    if (!m_document || m_document->faceCount() == 0) {
        setMessage(tr("Nothing scored yet"));
    } else if (m_document->analysis().dim <= 0) {
        setMessage(tr("The base network was not run, so there is\nno representation to compare. Run the analysis\nagain with it (Analysis menu)."));
    } else {
        setMessage(m_curve.empty() ? tr("Computing the curve…") : QString());
        m_job = Job::start(
            this, tr("Trade-off curve"),
            [document = m_document, weights = m_weights](Progress &progress) { return document->live().curve(curvePoints, progress, weights); },
            [this](std::vector<LiveGroupsPoint> curve) {
                m_curve = std::move(curve);
                m_fresh = true;
                setMessage({});
                draw();
                Q_EMIT curveReady();
            });
        connect(m_job, &Job::failed, this, [this](const QString &detail) { setMessage(tr("The curve could not be computed.\n%1").arg(detail)); });
        connect(m_job, &Job::over, this, [this] { m_job = nullptr; });
    }
    draw();
}

bool TradeoffPlot::hasTimes() const
{
    return m_document && m_document->analysis().base.msPerPicture > 0 && m_document->analysis().ddnet.msPerPicture > 0;
}

bool TradeoffPlot::hasAccuracy() const
{
    return m_document && m_document->live().hasLabels();
}

void TradeoffPlot::setAcross(Across across)
{
    m_across = across;
    // Nobody has measured IResNet-100 here.
    if (across == Across::Ms)
        m_price = Price::BaseInUse;
    draw();
}

void TradeoffPlot::setUp(Up up)
{
    m_up = hasAccuracy() ? up : Up::Cosine;
    draw();
}

void TradeoffPlot::setPrice(Price price)
{
    m_price = m_across == Across::Ms ? Price::BaseInUse : price;
    draw();
}

double TradeoffPlot::ddnetUnit() const
{
    if (!m_document)
        return 0;
    const UsedModel &ddnet = m_document->analysis().ddnet;
    switch (m_across) {
    case Across::Flop: return static_cast<double>(ddnet.cost.flop) / 1e9;
    case Across::Ms: return ddnet.msPerPicture;
    default: return static_cast<double>(ddnet.cost.mac) / 1e9;
    }
}

double TradeoffPlot::baseUnit() const
{
    if (!m_document)
        return 0;
    const UsedModel &base = m_document->analysis().base;
    const bool ours = m_price == Price::BaseInUse;
    switch (m_across) {
    case Across::Flop: return ours ? static_cast<double>(base.cost.flop) / 1e9 : static_cast<double>(iresnet100Flop) / 1e9;
    case Across::Ms: return base.msPerPicture;
    default: return ours ? static_cast<double>(base.cost.mac) / 1e9 : static_cast<double>(iresnet100Mac) / 1e9;
    }
}

double TradeoffPlot::breakEvenShare() const
{
    const double base = baseUnit();
    return base > 0 ? 1 - ddnetUnit() / base : 0;
}

double TradeoffPlot::cost(double keptShare) const
{
    return m_across == Across::KeptShare ? keptShare * 100 : ddnetUnit() + keptShare * baseUnit();
}

double TradeoffPlot::baseCost() const
{
    return m_across == Across::KeptShare ? breakEvenShare() * 100 : baseUnit();
}

double TradeoffPlot::value(const LiveGroupsPoint &point) const
{
    return m_up == Up::Accuracy ? point.accuracy * 100 : point.cosine;
}

void TradeoffPlot::draw()
{
    const QString element = elementText(m_document ? m_document->task() : tasks().front());
    switch (m_across) {
    case Across::KeptShare: xAxis->setLabel(tr("Kept share (%)")); break;
    case Across::Flop:
        xAxis->setLabel(m_price == Price::IResNet100 ? tr("Mean cost per %1 (GFLOP; base: 2 × 12.1 G MAC)").arg(element)
                                                     : tr("Mean cost per %1 (GFLOP)").arg(element));
        break;
    case Across::Mac: xAxis->setLabel(tr("Mean cost per %1 (G MAC)").arg(element)); break;
    case Across::Ms: xAxis->setLabel(tr("Mean time per %1, measured (ms)").arg(element)); break;
    }
    yAxis->setLabel(m_up == Up::Accuracy ? (m_document && m_document->live().classifies() ? tr("Top-1 (%)") : tr("Balanced accuracy (%)"))
                                         : tr("Cosine to average of all"));

    QVector<double> x;
    QVector<double> y;
    double low = 0;
    double high = 1;
    for (const LiveGroupsPoint &point : m_curve) {
        x << cost(point.keptShare);
        y << value(point);
        low = x.size() == 1 ? y.back() : std::min(low, y.back());
        high = x.size() == 1 ? y.back() : std::max(high, y.back());
    }
    m_line->setData(x, y);
    const double left = m_across == Across::KeptShare ? 0 : std::max(0.0, cost(0) - 0.05 * baseUnit());
    const double right = std::max(cost(1), baseCost());
    const double across = right > left ? right - left : 1;
    xAxis->setRange(left - 0.02 * across, right + 0.04 * across);
    const double room = std::max(high - low, m_up == Up::Accuracy ? 1.0 : 0.002);
    yAxis->setRange(low - 0.08 * room, high + 0.16 * room);

    const bool priced = m_document && baseUnit() > 0 && ddnetUnit() > 0;
    const bool cheaper = breakEvenShare() > 0;
    m_even->setVisible(priced && (cheaper || m_across != Across::KeptShare));
    m_evenLabel->setVisible(priced);
    const double even = baseCost();
    m_even->point1->setCoords(even, 0);
    m_even->point2->setCoords(even, 1);
    if (cheaper || m_across != Across::KeptShare) {
        m_evenLabel->setText(m_across == Across::KeptShare ? tr("break-even %1").arg(percentText(breakEvenShare())) : tr("base on all, no DDNet"));
    } else {
        m_evenLabel->setText(tr("never cheaper than this base on all"));
    }
    moveMarker();
    replot(rpQueuedReplot);
}

void TradeoffPlot::moveMarker()
{
    const bool there = m_document && !m_curve.empty();
    const bool byThreshold = m_state->keep().mode == Keep::Mode::Threshold;
    m_dot->setVisible(there);
    m_label->setVisible(there);
    m_threshold->setVisible(there);
    if (!there)
        return;
    // The best K of each group, and those that are enough, are no point of the curve, which belongs to thresholds: the dot shows how far beside it they lie.
    m_now = m_document->pointAt(m_state->keep());
    const double at = cost(m_now.keptShare);
    m_threshold->point1->setCoords(at, 0);
    m_threshold->point2->setCoords(at, 1);
    m_threshold->setPen(QPen(thresholdColour(palette()), byThreshold ? 2 : 1.5, byThreshold ? Qt::SolidLine : Qt::DotLine));
    m_dot->setData({at}, {value(m_now)}, true);
    if (const QCPRange range = yAxis->range(); value(m_now) < range.lower)
        yAxis->setRangeLower(value(m_now) - 0.08 * (range.upper - value(m_now)));
    const QString reached = m_up == Up::Accuracy ? percentText(m_now.accuracy, 2) : QLocale().toString(m_now.cosine, 'f', 4);
    if (byThreshold)
        m_label->setText(tr("t = %1: %2 at %3 kept").arg(scoreText(m_state->threshold()), reached, percentText(m_now.keptShare)));
    else if (m_state->keep().mode == Keep::Mode::Enough)
        m_label->setText(tr("enough %1: %2 at %3 kept").arg(enoughText(m_state->keep().enough), reached, percentText(m_now.keptShare)));
    else
        m_label->setText(tr("best %1 of each group: %2 at %3 kept").arg(m_state->keep().k).arg(reached, percentText(m_now.keptShare)));
    m_markerAt = at;
    placeLabels();
}

void TradeoffPlot::placeLabels()
{
    placeBeside(m_evenLabel, std::max(0.0, baseCost()), true, Qt::AlignBottom);
    placeBeside(m_label, m_markerAt, m_markerAt > xAxis->range().center(), Qt::AlignTop);
}

void TradeoffPlot::style()
{
    Plot::style();
    m_line->setPen(QPen(keptColour(palette()), 2));
    m_line->setScatterStyle(QCPScatterStyle::ssNone);
    m_dot->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(palette().color(QPalette::Base), 1.5), thresholdColour(palette()), 11));
    m_even->setPen(QPen(subtleColour(palette()), 1.4, Qt::DashLine));
    QColor ground = palette().color(QPalette::Base);
    ground.setAlpha(215);
    m_evenLabel->setBrush(ground);
    m_evenLabel->setColor(subtleColour(palette()));
    m_evenLabel->setFont(font());
    m_label->setBrush(ground);
    m_label->setColor(thresholdColour(palette()));
    m_label->setFont(font());
    moveMarker();
}

QPoint TradeoffPlot::markerPoint() const
{
    if (m_curve.empty() || m_state->keep().mode != Keep::Mode::Threshold)
        return {};
    return {qRound(xAxis->coordToPixel(cost(m_now.keptShare))), axisRect()->center().y()};
}

double TradeoffPlot::thresholdAt(const QPoint &point) const
{
    const double at = xAxis->pixelToCoord(point.x());
    const double share = m_across == Across::KeptShare ? at / 100 : baseUnit() > 0 ? (at - ddnetUnit()) / baseUnit() : 1;
    return m_document->live().shares().thresholdForShare(std::clamp(share, 0.0, 1.0));
}

} // namespace dscope
