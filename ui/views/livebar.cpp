// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/livebar.h"

#include "ui/taskwords.h"
#include "ui/theme.h"
#include "ui/views/elidedlabel.h"
#include "ui/views/numberbox.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QSlider>

#include <algorithm>
#include <cmath>
#include <utility>

namespace dscope {

LiveBar::LiveBar(EvaluationState *state, QWidget *parent)
    : QWidget(parent), m_state(state), m_method(new QComboBox(this)), m_slider(new QSlider(Qt::Horizontal, this)), m_number(new NumberBox(this)),
      m_split(new QComboBox(this)), m_far(new QComboBox(this)), m_prices(new QComboBox(this)), m_recommend(new QPushButton(tr("Re&commend…"), this)),
      m_keep(new QPushButton(tr("&Keep as a run"), this)), m_tag(new QLabel(this)), m_accuracy(new QLabel(this)), m_detail(new ElidedLabel(this))
{
    setObjectName(QStringLiteral("liveBar"));
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(10, 6, 10, 6);
    column->setSpacing(4);
    auto *line = new QHBoxLayout;
    line->setSpacing(6);
    const auto captioned = [&](const QString &text, QWidget *field) {
        auto *caption = new QLabel(text, this);
        caption->setBuddy(field);
        line->addWidget(caption);
        return caption;
    };
    setUpFields();
    captioned(tr("&Live threshold"), m_number);
    line->addWidget(m_slider, 1);
    line->addWidget(m_number);
    line->addWidget(m_method);
    line->addWidget(m_split);
    m_farCaption = captioned(tr("&at FAR"), m_far);
    line->addWidget(m_far);
    line->addWidget(m_prices);
    line->addWidget(m_recommend);
    line->addWidget(m_keep);
    column->addLayout(line);
    auto *below = new QHBoxLayout;
    m_tag->setObjectName(QStringLiteral("liveTag"));
    m_accuracy->setObjectName(QStringLiteral("liveAccuracy"));
    QFont big = m_accuracy->font();
    big.setBold(true);
    m_accuracy->setFont(big);
    m_detail->setObjectName(QStringLiteral("liveDetail"));
    // As wide as the longest, so that nothing jumps while dragging.
    int widest = 0;
    for (const QString &text : {tr("estimate"), tr("not resolved"), tr("exact"), tr("computing…")})
        widest = std::max(widest, fontMetrics().horizontalAdvance(text));
    m_tag->setMinimumWidth(widest + 6);
    below->addWidget(m_tag);
    below->addWidget(m_accuracy);
    below->addSpacing(8);
    below->addWidget(m_detail, 1);
    column->addLayout(below);

    connect(m_slider, &QSlider::sliderPressed, &state->threshold(), &ThresholdState::beginDrag);
    connect(m_slider, &QSlider::sliderReleased, &state->threshold(), &ThresholdState::endDrag);
    connect(m_slider, &QSlider::valueChanged, this, [this](int value) { m_state->threshold().setThreshold(static_cast<double>(value) / sliderSteps); });
    connect(m_number, &QDoubleSpinBox::valueChanged, this, [this](double value) { m_state->threshold().setThreshold(value); });
    connect(m_method, &QComboBox::activated, this, [this] { m_state->setLiveMethod(m_method->currentData().toString()); });
    connect(m_split, &QComboBox::activated, this, [this] { m_state->setLiveSplit(m_split->currentData().toInt()); });
    connect(m_far, &QComboBox::activated, this, [this] { m_state->setFar(m_far->currentData().toDouble()); });
    connect(m_prices, &QComboBox::activated, this, &LiveBar::pricesChanged);
    connect(m_recommend, &QPushButton::clicked, this, &LiveBar::recommendWanted);
    connect(m_keep, &QPushButton::clicked, this, &LiveBar::keepWanted);
    connect(&state->threshold(), &ThresholdState::changed, this, &LiveBar::follow);
    connect(state, &EvaluationState::liveMethodChanged, this, &LiveBar::follow);
    connect(state, &EvaluationState::liveSplitChanged, this, &LiveBar::follow);
    connect(state, &EvaluationState::farChanged, this, &LiveBar::follow);
    setReady(false);
    follow();
}

void LiveBar::setUpFields()
{
    m_method->setObjectName(QStringLiteral("liveMethod"));
    m_method->setAccessibleName(tr("How those kept are weighed"));
    m_method->setToolTip(tr("How those kept are weighed"));
    m_slider->setObjectName(QStringLiteral("liveSlider"));
    m_slider->setAccessibleName(tr("Threshold on the D-score"));
    m_slider->setToolTip(tr("Drag: accuracy and cost follow at once as an estimate; the exact value comes when you let go"));
    m_slider->setRange(0, sliderSteps);
    m_slider->setPageStep(50);
    m_slider->setMinimumWidth(160);
    m_number->setObjectName(QStringLiteral("liveNumber"));
    m_number->setAccessibleName(tr("Threshold on the D-score"));
    m_number->setRange(0, 1);
    m_number->setDecimals(3);
    m_number->setSingleStep(0.001);
    m_number->setKeyboardTracking(false);
    m_number->setToolTip(tr("What has a D-score above this is kept. [ and ] move it by 0.01, with Shift by 0.001."));
    m_split->setObjectName(QStringLiteral("liveSplit"));
    m_split->setAccessibleName(tr("Split of the benchmark"));
    m_split->setToolTip(tr("On which pairs the live threshold and the trade-off work: one split of the benchmark, or the mean over all with its deviation"));
    m_split->hide();
    m_far->setObjectName(QStringLiteral("liveFar"));
    m_far->setAccessibleName(tr("False acceptance rate at which accuracy is read"));
    m_far->setToolTip(tr("The false acceptance rate at which accuracy is read, here and in the plots"));
    m_prices->setObjectName(QStringLiteral("livePrices"));
    m_prices->setAccessibleName(tr("Prices"));
    m_prices->addItem(tr("priced as the base"));
    m_prices->addItem(tr("as IResNet-100"));
    setPriceNote({});
    m_recommend->setObjectName(QStringLiteral("liveRecommend"));
    m_recommend->setToolTip(tr("The cheapest threshold near the best accuracy, or the best accuracy within a budget (Ctrl+R)"));
    m_keep->setObjectName(QStringLiteral("liveKeep"));
    m_keep->setToolTip(tr("Adds this threshold to the runs, with intervals and everything else (Ctrl+Shift+R)"));
    // As wide always, whatever is chosen or was in them when they were first shown; the slider has the rest.
    for (const auto &[box, letters] : {std::pair(m_method, 13), std::pair(m_split, 8), std::pair(m_far, 4), std::pair(m_prices, 14)}) {
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        box->setMinimumContentsLength(letters);
    }
}

void LiveBar::setTask(const Task &task)
{
    const QString elements = elementsText(task);
    m_method->setAccessibleName(tr("How the kept %1 are weighed").arg(elements));
    m_method->setToolTip(m_method->accessibleName());
    m_number->setToolTip(tr("What has a D-score above this is kept, of %1. [ and ] move it by 0.01, with Shift by 0.001.").arg(elements));
    const bool pairs = task.protocol == Protocol::Verification;
    if (!pairs)
        m_slider->setToolTip(tr("Drag: accuracy and cost follow, all queries ranked anew"));
    for (QWidget *field : std::initializer_list<QWidget *>{m_far, m_farCaption, m_prices, m_recommend})
        field->setVisible(pairs);
}

void LiveBar::setMethods(const QStringList &names, const QStringList &titles)
{
    const QSignalBlocker blocker(m_method);
    m_method->clear();
    for (qsizetype i = 0; i < names.size(); ++i)
        m_method->addItem(titles[i], names[i]);
    m_method->view()->setMinimumWidth(m_method->view()->sizeHintForColumn(0) + 24); // the box itself may be narrower
    follow();
}

void LiveBar::setFars(const std::vector<double> &fars)
{
    const QSignalBlocker blocker(m_far);
    m_far->clear();
    for (const double far : fars)
        m_far->addItem(farText(far), far);
    follow();
}

void LiveBar::setSplits(const QStringList &names)
{
    const QSignalBlocker blocker(m_split);
    m_split->clear();
    m_split->addItem(tr("all splits"), EvaluationSet::allSplits);
    for (qsizetype i = 0; i < names.size(); ++i)
        m_split->addItem(names[i], static_cast<int>(i));
    m_split->view()->setMinimumWidth(m_split->view()->sizeHintForColumn(0) + 24);
    m_split->setVisible(names.size() > 1);
    follow();
}

void LiveBar::setReady(bool ready)
{
    for (QWidget *field : std::initializer_list<QWidget *>{m_method, m_slider, m_number, m_prices, m_recommend, m_keep})
        field->setEnabled(ready);
    if (!ready)
        setReadout(Sureness::None, {}, tr("Open a benchmark with its features to move the threshold: runs from a file hold figures alone."));
}

void LiveBar::setPriced(bool priced)
{
    if (!priced)
        m_prices->setCurrentIndex(1);
    m_prices->setItemData(0, priced ? QVariant() : QVariant(0), Qt::UserRole - 1); // greyed
}

void LiveBar::setPriceNote(const QString &note)
{
    const QString what = tr("What one face costs the base network: as the one in use, or as the paper's size of network (12.09 G MAC)");
    m_prices->setToolTip(note.isEmpty() ? what : tr("%1\nAssumed: %2.").arg(what, note));
}

bool LiveBar::asIResNet100() const
{
    return m_prices->currentIndex() == 1;
}

void LiveBar::setReadout(Sureness sureness, const QString &accuracy, const QString &detail)
{
    m_sureness = sureness;
    switch (sureness) {
    case Sureness::None: m_tag->clear(); break;
    case Sureness::Late: m_tag->setText(tr("computing…")); break;
    case Sureness::Estimate: m_tag->setText(tr("estimate")); break;
    case Sureness::NotResolved: m_tag->setText(tr("not resolved")); break;
    case Sureness::Exact: m_tag->setText(tr("exact")); break;
    }
    m_tag->setVisible(sureness != Sureness::None);
    m_accuracy->setVisible(!accuracy.isEmpty());
    m_accuracy->setText(accuracy);
    m_detail->setText(detail);
    m_detail->setToolTip(detail);
    colour();
}

QString LiveBar::accuracy() const
{
    return m_accuracy->text();
}

QString LiveBar::detail() const
{
    return m_detail->text();
}

void LiveBar::colour()
{
    QPalette tag = palette();
    tag.setColor(QPalette::WindowText, m_sureness == Sureness::Exact ? subtleColour(palette()) : thresholdColour(palette()));
    m_tag->setPalette(tag);
    QPalette rest = palette();
    if (m_sureness == Sureness::None)
        rest.setColor(QPalette::WindowText, subtleColour(palette()));
    m_detail->setPalette(rest);
}

void LiveBar::follow()
{
    const QSignalBlocker slider(m_slider);
    const QSignalBlocker number(m_number);
    const double t = m_state->threshold().threshold();
    m_slider->setValue(static_cast<int>(std::lround(t * sliderSteps)));
    m_number->setValue(t);
    m_method->setCurrentIndex(std::max(0, m_method->findData(m_state->liveMethod())));
    m_split->setCurrentIndex(std::max(0, m_split->findData(m_state->liveSplit())));
    for (int i = 0; i < m_far->count(); ++i)
        if (std::abs(m_far->itemData(i).toDouble() - m_state->far()) <= 1e-9 * m_state->far())
            m_far->setCurrentIndex(i);
}

void LiveBar::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_detail != nullptr)
        colour();
}

} // namespace dscope
