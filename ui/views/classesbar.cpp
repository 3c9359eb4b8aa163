// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/classesbar.h"

#include "ui/views/parts.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>

#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace dscope {

namespace {

constexpr int s_steps = 1000; ///< of the slider

} // namespace

ClassesBar::ClassesBar(EvaluationState *state, QWidget *parent) : QWidget(parent), m_state(state)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(8, 4, 8, 4);
    column->setSpacing(3);
    auto *line = new QHBoxLayout;
    m_method = new QComboBox(this);
    m_method->setObjectName(QStringLiteral("classesMethod"));
    m_method->setAccessibleName(tr("How kept clips are weighed"));
    m_method->setToolTip(m_method->accessibleName());
    m_mode = new QComboBox(this);
    m_mode->setObjectName(QStringLiteral("classesMode"));
    m_mode->setAccessibleName(tr("Which clips are kept"));
    m_mode->addItem(tr("best K of each video"));
    m_mode->addItem(tr("D-score above t"));
    m_k = new QSpinBox(this);
    m_k->setObjectName(QStringLiteral("classesK"));
    m_k->setAccessibleName(tr("K"));
    m_k->setRange(1, 1'000'000);
    m_k->setPrefix(tr("K = "));
    m_k->setKeyboardTracking(false); // what is half typed is no choice
    m_k->setToolTip(tr("Clips of each video that the base sees: those of the largest D-scores"));
    m_slider = new QSlider(Qt::Horizontal, this);
    m_slider->setObjectName(QStringLiteral("classesSlider"));
    m_slider->setAccessibleName(tr("Threshold on the D-score"));
    m_slider->setRange(0, s_steps);
    m_slider->setPageStep(50);
    m_slider->setMinimumWidth(140);
    m_threshold = new QDoubleSpinBox(this);
    m_threshold->setObjectName(QStringLiteral("classesThreshold"));
    m_threshold->setAccessibleName(tr("Threshold on the D-score"));
    m_threshold->setRange(0, 1);
    m_threshold->setDecimals(3);
    m_threshold->setSingleStep(0.01);
    m_threshold->setPrefix(tr("t = "));
    m_threshold->setKeyboardTracking(false);
    m_keep = new QPushButton(tr("Keep as run"), this);
    m_keep->setObjectName(QStringLiteral("classesKeep"));
    m_keep->setToolTip(tr("Adds this choice to the runs, with intervals and everything else (Ctrl+Shift+R)"));
    for (QWidget *field : std::initializer_list<QWidget *>{m_method, m_mode, m_k, m_slider, m_threshold})
        line->addWidget(field, field == m_slider ? 1 : 0);
    line->addStretch(0);
    line->addWidget(m_keep);
    column->addLayout(line);
    m_readout = makeNarrowLabel(this, QStringLiteral("classesReadout"));
    column->addWidget(m_readout);

    connect(m_method, &QComboBox::activated, this, [this] { m_state->setLiveMethod(m_method->currentData().toString()); });
    connect(m_mode, &QComboBox::activated, this, [this](int at) { m_state->threshold().setMode(at == 0 ? Keep::Mode::TopK : Keep::Mode::Threshold); });
    connect(m_k, &QSpinBox::valueChanged, this, [this](int k) {
        if (!m_following)
            m_state->threshold().setTopK(k);
    });
    connect(m_slider, &QSlider::sliderPressed, this, [this] { m_state->threshold().beginDrag(); });
    connect(m_slider, &QSlider::sliderReleased, this, [this] { m_state->threshold().endDrag(); });
    connect(m_slider, &QSlider::valueChanged, this, [this](int value) {
        if (!m_following)
            m_state->threshold().setThreshold(static_cast<double>(value) / s_steps);
    });
    connect(m_threshold, &QDoubleSpinBox::valueChanged, this, [this](double value) {
        if (!m_following)
            m_state->threshold().setThreshold(value);
    });
    connect(m_keep, &QPushButton::clicked, this, &ClassesBar::keepWanted);
    connect(state, &EvaluationState::liveMethodChanged, this, &ClassesBar::follow);
    connect(&state->threshold(), &ThresholdState::changed, this, &ClassesBar::follow);
    follow();
}

void ClassesBar::setMethods(const QStringList &names, const QStringList &titles)
{
    {
        const QSignalBlocker blocked(m_method);
        m_method->clear();
        for (qsizetype i = 0; i < names.size(); ++i)
            m_method->addItem(titles[i], names[i]);
    }
    follow();
}

void ClassesBar::setReady(bool ready)
{
    m_ready = ready;
    follow();
}

void ClassesBar::setReadout(const QString &text)
{
    m_readout->setText(text);
}

/// Fields as the state has it.
void ClassesBar::follow()
{
    m_following = true;
    const Keep &keep = m_state->threshold().keep();
    const bool best = keep.mode == Keep::Mode::TopK;
    m_mode->setCurrentIndex(best ? 0 : 1);
    m_k->setValue(keep.k);
    m_slider->setValue(static_cast<int>(std::lround(keep.threshold * s_steps)));
    m_threshold->setValue(keep.threshold);
    m_k->setVisible(best);
    m_slider->setVisible(!best);
    m_threshold->setVisible(!best);
    m_method->setCurrentIndex(std::max(0, m_method->findData(m_state->liveMethod())));
    for (QWidget *field : std::initializer_list<QWidget *>{m_method, m_mode, m_k, m_slider, m_threshold, m_keep})
        field->setEnabled(m_ready);
    m_following = false;
}

} // namespace dscope
