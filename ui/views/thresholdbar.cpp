// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/thresholdbar.h"

#include "core/analysis/weights.h"
#include "ui/convert.h"
#include "ui/models/thresholdstate.h"
#include "ui/taskwords.h"
#include "ui/theme.h"
#include "ui/views/elidedlabel.h"
#include "ui/views/numberbox.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>

#include <algorithm>
#include <cmath>

namespace dscope {

ThresholdBar::ThresholdBar(ThresholdState *state, QWidget *parent)
    : QWidget(parent), m_state(state), m_slider(new QSlider(Qt::Horizontal, this)), m_number(new NumberBox(this)), m_share(new NumberBox(this)),
      m_way(new QComboBox(this)), m_k(new QSpinBox(this)), m_enough(new NumberBox(this)), m_weights(new QComboBox(this)), m_summary(new ElidedLabel(this)),
      m_cost(new ElidedLabel(this)), m_hint(new ElidedLabel(this))
{
    setObjectName(QStringLiteral("thresholdBar"));
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(6, 4, 6, 4);
    column->setSpacing(3);
    auto *line = new QHBoxLayout;
    auto *caption = new QLabel(tr("Thre&shold"), this);
    caption->setBuddy(m_number);
    setUpFields();
    auto *weightsCaption = new QLabel(tr("&Weights"), this);
    weightsCaption->setBuddy(m_weights);
    auto *shareCaption = new QLabel(tr("Keep &best"), this);
    shareCaption->setBuddy(m_share);

    line->addWidget(caption);
    line->addWidget(m_slider, 1);
    line->addWidget(m_number);
    line->addSpacing(10);
    line->addWidget(shareCaption);
    line->addWidget(m_share);
    line->addSpacing(10);
    line->addWidget(m_way);
    line->addWidget(m_k);
    line->addWidget(m_enough);
    column->addLayout(line);
    m_summary->setObjectName(QStringLiteral("summary"));
    m_cost->setObjectName(QStringLiteral("cost"));
    m_hint->setObjectName(QStringLiteral("hint"));
    m_hint->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    // Not in the line above: together they would be wider than what a window of 1366 pixels has between its docks.
    auto *middle = new QHBoxLayout;
    middle->addWidget(m_summary, 1);
    middle->addWidget(weightsCaption);
    middle->addWidget(m_weights);
    column->addLayout(middle);
    auto *below = new QHBoxLayout;
    below->addWidget(m_cost, 4);
    below->addWidget(m_hint, 5);
    column->addLayout(below);

    connect(m_slider, &QSlider::sliderPressed, state, &ThresholdState::beginDrag);
    connect(m_slider, &QSlider::sliderReleased, state, &ThresholdState::endDrag);
    connect(m_slider, &QSlider::valueChanged, this, [this](int value) { m_state->setThreshold(static_cast<double>(value) / sliderSteps); });
    connect(m_number, &QDoubleSpinBox::valueChanged, this, [this](double value) { m_state->setThreshold(value); });
    connect(m_share, &QDoubleSpinBox::valueChanged, this, [this](double percent) {
        takeShare(percent / 100);
        follow();
    });
    connect(m_way, &QComboBox::currentIndexChanged, this, [this](int row) { m_state->setMode(static_cast<Keep::Mode>(m_way->itemData(row).toInt())); });
    connect(m_enough, &QDoubleSpinBox::valueChanged, this, [this](double enough) { m_state->setEnough(enough); });
    connect(m_k, &QSpinBox::valueChanged, this, [this](int k) { m_state->setTopK(k); });
    connect(m_weights, &QComboBox::activated, this,
            [this](int row) { m_state->setWeights(weightChoices[static_cast<std::size_t>(m_weights->itemData(row).toInt())]); });
    connect(state, &ThresholdState::changed, this, &ThresholdBar::follow);
    follow();
}

void ThresholdBar::setUpFields()
{
    m_slider->setObjectName(QStringLiteral("thresholdSlider"));
    m_slider->setAccessibleName(tr("Threshold"));
    m_slider->setRange(0, sliderSteps);
    m_slider->setPageStep(50);
    m_slider->setMinimumWidth(120);
    m_number->setObjectName(QStringLiteral("thresholdNumber"));
    m_number->setAccessibleName(tr("Threshold"));
    m_number->setRange(0, 1);
    m_number->setDecimals(3);
    m_number->setSingleStep(0.001);
    m_number->setKeyboardTracking(false);
    m_number->setToolTip(tr("What has a D-score above this is kept. [ and ] move it by 0.01, with Shift by 0.001."));
    m_share->setObjectName(QStringLiteral("keepShare"));
    m_share->setAccessibleName(tr("Keep best share"));
    m_share->setRange(0, 100);
    m_share->setDecimals(1);
    m_share->setSuffix(QStringLiteral("\u202f%"));
    m_share->setKeyboardTracking(false);
    m_share->setToolTip(tr("Moves the threshold, or the sum that is enough, so that this share of all is kept."));
    m_k->setObjectName(QStringLiteral("topK"));
    m_k->setAccessibleName(tr("K"));
    m_k->setRange(1, 1'000'000);
    m_k->setKeyboardTracking(false);
    m_way->setObjectName(QStringLiteral("keepWay"));
    m_way->setAccessibleName(tr("Way of keeping"));
    m_way->addItem(tr("above the threshold"), static_cast<int>(Keep::Mode::Threshold));
    m_way->addItem(tr("top K of each group"), static_cast<int>(Keep::Mode::TopK));
    m_way->addItem(tr("until enough in each group"), static_cast<int>(Keep::Mode::Enough));
    m_way->setToolTip(tr("Above the threshold: one D-score for all groups. Top K: the same number in every group. Until enough: of every group "
                         "the best, until their D-scores sum to the number beside; a group of good pictures needs few, one of poor pictures more. At the same "
                         "cost that is usually the most accurate, with weights that tell poor pictures apart (all but the average)."));
    m_enough->setObjectName(QStringLiteral("enough"));
    m_enough->setAccessibleName(tr("Sum of D-scores that is enough"));
    m_enough->setRange(Keep::leastEnough, Keep::mostEnough);
    m_enough->setDecimals(2);
    m_enough->setSingleStep(0.1);
    m_enough->setKeyboardTracking(false);
    m_enough->setToolTip(tr("The best of each group are kept until their D-scores sum to this."));
    m_weights->setObjectName(QStringLiteral("weights"));
    m_weights->setAccessibleName(tr("Weights"));
    offerWeights();
    m_weights->setToolTip(
        tr("How much each of those kept counts in the vector of its group. A DDNet or a second look may name the weights that suit it, which are taken at the "
           "start: on "
           "the people they were found on they were never worse than the plain average (dscope tune-rule). The second look reads D-scores off the base's own "
           "embedding; it knows damage that DDNet was never taught."));
}

void ThresholdBar::setDocument(DocumentPtr document)
{
    m_document = std::move(document);
    follow();
}

void ThresholdBar::takeShare(double share)
{
    if (!m_document || m_document->faceCount() == 0)
        return;
    if (m_state->keep().mode == Keep::Mode::Enough)
        m_state->setEnough(m_document->live().shares().enoughForShare(share));
    else
        m_state->setThreshold(m_document->live().shares().thresholdForShare(share));
}

void ThresholdBar::offerWeights()
{
    // Those by the second look where there is one, or where one is chosen: what is chosen must be seen.
    const bool twice = (m_document && m_document->live().hasSecondLook()) || m_state->keep().weights.secondLook;
    if (m_weights->count() > 0 && twice == m_offersSecond)
        return;
    m_offersSecond = twice;
    m_weights->clear();
    for (std::size_t i = 0; i < weightChoices.size(); ++i)
        if (twice || !weightChoices[i].secondLook)
            m_weights->addItem(weightsText(weightChoices[i]), static_cast<int>(i));
}

void ThresholdBar::follow()
{
    const Keep &keep = m_state->keep();
    const bool byThreshold = keep.mode == Keep::Mode::Threshold;
    const QSignalBlocker slider(m_slider);
    const QSignalBlocker number(m_number);
    const QSignalBlocker share(m_share);
    const QSignalBlocker way(m_way);
    const QSignalBlocker k(m_k);
    const QSignalBlocker enough(m_enough);
    m_slider->setValue(static_cast<int>(std::lround(keep.threshold * sliderSteps)));
    m_number->setValue(keep.threshold);
    m_way->setCurrentIndex(m_way->findData(static_cast<int>(keep.mode)));
    m_k->setValue(keep.k);
    m_k->setVisible(keep.mode == Keep::Mode::TopK);
    m_enough->setValue(keep.enough);
    m_enough->setVisible(keep.mode == Keep::Mode::Enough);
    offerWeights();
    const auto chosen = std::find(weightChoices.begin(), weightChoices.end(), keep.weights) - weightChoices.begin();
    m_weights->setCurrentIndex(m_weights->findData(static_cast<int>(chosen)));
    const bool there = m_document && m_document->faceCount() > 0;
    setEnabled(there);
    m_weights->setEnabled(there && m_document->live().hasEmbeddings());
    if (!there) {
        m_share->setValue(100);
        m_summary->clear();
        m_cost->clear();
        m_hint->clear();
        return;
    }
    const auto all = static_cast<qint64>(m_document->faceCount());
    const QLocale locale;
    QString text;
    QString cost;
    const LiveGroupsPoint point = m_document->pointAt(keep);
    const QString kept = locale.toString(static_cast<qint64>(point.kept));
    m_share->setValue(point.keptShare * 100);
    if (byThreshold)
        text = tr("Kept %1 of %2 (%3)").arg(kept, locale.toString(all), percentText(point.keptShare));
    else if (keep.mode == Keep::Mode::Enough)
        text = tr("Kept of each group until enough: %1 of %2 (%3)").arg(kept, locale.toString(all), percentText(point.keptShare));
    else
        text = tr("Kept the best %1 of each group: %2 of %3 (%4)").arg(keep.k).arg(kept, locale.toString(all), percentText(point.keptShare));
    if (point.fallbacks > 0)
        text += tr(", %n group(s) by their best one alone", nullptr, static_cast<int>(point.fallbacks));
    const double base = static_cast<double>(m_document->analysis().base.cost.mac);
    if (base > 0 && point.cost.macPerFace > 0) {
        cost = tr("%1 G MAC per %2, %3 × the base on all")
                   .arg(locale.toString(point.cost.macPerFace / 1e9, 'f', 3), elementText(m_document->task()),
                        locale.toString(point.cost.macPerFace / base, 'f', 2));
        if (m_document->live().hasEmbeddings())
            text += QStringLiteral("  ·  ") + tr("cosine to the average of all %1").arg(locale.toString(point.cosine, 'f', 4));
    }
    m_summary->setText(text);
    m_summary->setToolTip(text);
    m_cost->setText(cost);
    m_cost->setToolTip(cost);
    const Worth worth = m_document->live().worthOf(point);
    m_warns = worth.savesNothing() || worth.losesAccuracy();
    const bool isDefault = byThreshold && std::abs(keep.threshold - ThresholdState::defaultThreshold) < 5e-4;
    if (m_warns) {
        m_hint->setText(lossText(worth));
        m_hint->setToolTip(lossHelp(worth));
    } else {
        m_hint->setText(isDefault ? tr("the paper's default: drops only about 5 % of data like the training set") : QString());
        m_hint->setToolTip(isDefault ? tr("It lies 1.73 deviations below the training mean, so it saves little on good data. \"Keep best\" saves more.")
                                     : QString());
    }
    colourHint();
}

QString ThresholdBar::lossText(const Worth &worth) const
{
    const QString cost = tr("saves nothing: %1 × the base on all").arg(QLocale().toString(worth.costRatio, 'f', 2));
    const QString accuracy = tr("below the average of all: %1, not %2").arg(percentText(worth.accuracy, 2), percentText(worth.averageAccuracy, 2));
    if (worth.savesNothing() && worth.losesAccuracy())
        return accuracy + QStringLiteral("  ·  ") + cost;
    return worth.savesNothing() ? cost : accuracy;
}

QString ThresholdBar::lossHelp(const Worth &worth) const
{
    QStringList lines;
    if (worth.losesAccuracy())
        lines << (m_document && m_document->live().classifies()
                      ? tr("Averaging all clips, without DDNet, recognises more of these videos than this choice does. Try other weights or another threshold.")
                      : tr("Averaging all, without DDNet, tells these people apart better than this choice does. Try other weights or another threshold."));
    if (worth.savesNothing())
        lines << tr("DDNet has to look at all of them. Together with the base on those kept that costs as much as the base on all, or more: keep less.");
    return lines.join(QLatin1Char('\n'));
}

void ThresholdBar::colourHint()
{
    QPalette colours = palette();
    colours.setColor(QPalette::WindowText, m_warns ? thresholdColour(palette()) : subtleColour(palette()));
    m_hint->setPalette(colours);
}

QString ThresholdBar::summary() const
{
    return m_summary->text();
}

QString ThresholdBar::hint() const
{
    return m_hint->text();
}

void ThresholdBar::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_hint != nullptr)
        colourHint();
}

} // namespace dscope
