// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/tradeoffpanel.h"

#include "ui/views/parts.h"

#include <QComboBox>
#include <QHBoxLayout>

namespace dscope {

TradeoffPanel::TradeoffPanel(ThresholdState *state, QWidget *parent) : QWidget(parent)
{
    QVBoxLayout *column = fillingColumn(this);
    auto *head = new QHBoxLayout;
    head->setContentsMargins(4, 2, 4, 0);
    const auto makeBox = [this](const QString &name, const QString &text, const QStringList &items) {
        auto *box = new QComboBox(this);
        box->setObjectName(name);
        box->setAccessibleName(text);
        box->addItems(items);
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        box->setMinimumContentsLength(8);
        return box;
    };
    m_across = makeBox(QStringLiteral("across"), tr("Across"), {tr("Kept share"), tr("GFLOP per element"), tr("G MAC per element"), tr("ms per element")});
    m_up = makeBox(QStringLiteral("up"), tr("Up"), {tr("Cosine"), tr("Accuracy")});
    m_up->setToolTip(
        tr("Cosine between each group's representation at the threshold and the average of all of it; or, where groups have labels, "
           "(TAR + 1 - FAR) / 2 of verifying groups against each other at the best threshold on their cosine. Of videos with a class it is top-1."));
    m_price = makeBox(QStringLiteral("price"), tr("Price of the base"), {tr("Base in use"), tr("As IResNet-100 (12.1 G MAC)")});
    m_price->setToolTip(tr("With a small base DDNet on all can cost more than it saves. This shows the same threshold at the price of a large one."));
    for (QComboBox *box : {m_up, m_across, m_price})
        head->addWidget(box, 1);
    column->addLayout(head);
    m_plot = new TradeoffPlot(state, this);
    column->addWidget(m_plot, 1);
    connect(m_across, &QComboBox::activated, this, [this](int across) {
        m_plot->setAcross(static_cast<TradeoffPlot::Across>(across));
        m_price->setCurrentIndex(static_cast<int>(m_plot->price()));
        m_price->setEnabled(m_plot->across() != TradeoffPlot::Across::Ms);
    });
    connect(m_up, &QComboBox::activated, this, [this](int up) { m_plot->setUp(static_cast<TradeoffPlot::Up>(up)); });
    connect(m_price, &QComboBox::activated, this, [this](int price) {
        m_plot->setPrice(static_cast<TradeoffPlot::Price>(price));
        Q_EMIT priceChosen();
    });
}

void TradeoffPanel::setDocument(const DocumentPtr &document, bool goesOn)
{
    m_plot->setDocument(document, goesOn);
    m_across->setCurrentIndex(static_cast<int>(m_plot->across()));
    m_up->setCurrentIndex(static_cast<int>(m_plot->up()));
    // What cannot be had here is not offered.
    const auto offer = [](QComboBox *box, int item, bool there) { box->setItemData(item, there ? QVariant() : QVariant(0), Qt::UserRole - 1); };
    const auto accuracy = static_cast<int>(TradeoffPlot::Up::Accuracy);
    offer(m_across, static_cast<int>(TradeoffPlot::Across::Ms), m_plot->hasTimes());
    offer(m_up, accuracy, m_plot->hasAccuracy());
    m_up->setItemData(accuracy,
                      m_plot->hasAccuracy() ? QVariant()
                                            : QVariant(tr("needs groups with labels: for verification two of them alike, for videos the class of one")),
                      Qt::ToolTipRole);
}

void TradeoffPanel::setPrice(TradeoffPlot::Price price)
{
    m_plot->setPrice(price);
    m_price->setCurrentIndex(static_cast<int>(m_plot->price()));
}

} // namespace dscope
