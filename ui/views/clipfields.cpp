// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/clipfields.h"

#include "ui/convert.h"

#include <QComboBox>
#include <QGridLayout>
#include <QLocale>
#include <QSpinBox>

#include <array>

namespace dscope {

namespace {

enum Division { Usual, Count, Step };

constexpr std::array<Ratio, 11> s_rates{Ratio{5, 1},  Ratio{10, 1},        Ratio{25, 2}, Ratio{15, 1}, Ratio{24'000, 1001}, Ratio{24, 1},
                                        Ratio{25, 1}, Ratio{30'000, 1001}, Ratio{30, 1}, Ratio{50, 1}, Ratio{60, 1}};

/// As frameRate() reads it.
QString wordOf(const Ratio &rate)
{
    return rate.den == 1 ? QString::number(rate.num) : QStringLiteral("%1/%2").arg(rate.num).arg(rate.den);
}

void addRate(QComboBox &box, const Ratio &rate)
{
    box.addItem(ClipFields::tr("%1 frames per second").arg(QLocale::c().toString(rate.value(), 'g', 5)), wordOf(rate));
}

} // namespace

ClipFields::ClipFields(const QString &usual, QWidget *parent)
    : QWidget(parent), m_division(new QComboBox(this)), m_count(new QSpinBox(this)), m_step(new QSpinBox(this)), m_stride(new QSpinBox(this)),
      m_rate(new QComboBox(this)), m_crops(new QComboBox(this))
{
    m_division->setObjectName(QStringLiteral("clipDivision"));
    m_division->addItem(usual);
    m_division->addItem(tr("so many of a video, evenly:"));
    m_division->addItem(tr("one begins every so many frames:"));
    m_division->setToolTip(tr("How many clips a video becomes, or how far apart they begin"));
    const ClipOptions options;
    m_count->setObjectName(QStringLiteral("clipCount"));
    m_count->setAccessibleName(tr("Clips of a video"));
    m_count->setRange(1, 1'000'000);
    m_count->setValue(10);
    m_count->setSuffix(tr(" clips"));
    m_step->setObjectName(QStringLiteral("clipStep"));
    m_step->setAccessibleName(tr("Frames from one clip's beginning to the next one's"));
    m_step->setRange(1, 1'000'000);
    m_step->setValue(options.frames);
    m_step->setSuffix(tr(" frames"));
    m_stride->setObjectName(QStringLiteral("clipStride"));
    m_stride->setAccessibleName(tr("Stride of a clip"));
    m_stride->setRange(0, 4096);
    m_stride->setSpecialValueText(tr("the network's stride"));
    m_stride->setPrefix(tr("stride "));
    m_stride->setToolTip(tr("A clip has as many frames as the base takes: every n-th one at the rate beside this."));
    m_rate->setObjectName(QStringLiteral("clipRate"));
    m_rate->setAccessibleName(tr("Frames per second of clips"));
    m_rate->addItem(tr("the network's rate, else 30"));
    m_rate->setToolTip(tr("Frames per second at which a video is divided. Frames are repeated or left out, as FFmpeg's filter fps does it."));
    for (const Ratio &rate : s_rates)
        addRate(*m_rate, rate);
    m_crops->setObjectName(QStringLiteral("clipCrops"));
    m_crops->setAccessibleName(tr("Crops of a clip"));
    m_crops->addItem(tr("the middle of a frame"), 1);
    m_crops->addItem(tr("three crops"), 3);
    m_crops->setToolTip(tr("Three along the longer side are an element each; a multi-view test is ten clips of three crops, all kept."));
    auto *grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->addWidget(m_division, 0, 0, 1, 2);
    grid->addWidget(m_count, 0, 2);
    grid->addWidget(m_step, 0, 2);
    grid->addWidget(m_stride, 1, 0);
    grid->addWidget(m_rate, 1, 1);
    grid->addWidget(m_crops, 1, 2);
    for (int column = 0; column < 3; ++column)
        grid->setColumnStretch(column, 1);
    connect(m_division, &QComboBox::currentIndexChanged, this, &ClipFields::followDivision);
    followDivision();
}

void ClipFields::followDivision()
{
    m_count->setVisible(m_division->currentIndex() != Step);
    m_count->setEnabled(m_division->currentIndex() == Count);
    m_step->setVisible(m_division->currentIndex() == Step);
}

ClipChoice ClipFields::choice() const
{
    ClipChoice choice;
    if (m_division->currentIndex() == Count)
        choice.count = m_count->value();
    if (m_division->currentIndex() == Step)
        choice.step = m_step->value();
    choice.stride = m_stride->value();
    if (const QString rate = m_rate->currentData().toString(); !rate.isEmpty())
        choice.rate = frameRate(rate.toStdString());
    choice.crops = m_crops->currentData().toInt();
    return choice;
}

void ClipFields::setChoice(const ClipChoice &choice)
{
    m_division->setCurrentIndex(choice.count > 0 ? Count : choice.step > 0 ? Step : Usual);
    if (choice.count > 0)
        m_count->setValue(choice.count);
    if (choice.step > 0)
        m_step->setValue(choice.step);
    m_stride->setValue(choice.stride);
    if (choice.rate && m_rate->findData(wordOf(*choice.rate)) < 0)
        addRate(*m_rate, *choice.rate);
    m_rate->setCurrentIndex(choice.rate ? m_rate->findData(wordOf(*choice.rate)) : 0);
    if (m_crops->findData(choice.crops) < 0) // from the command line
        m_crops->addItem(tr("%1 crops").arg(choice.crops), choice.crops);
    m_crops->setCurrentIndex(m_crops->findData(choice.crops));
}

QWidget *ClipFields::first() const
{
    return m_division;
}

} // namespace dscope
