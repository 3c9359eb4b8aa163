// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/tradeoffplot.h"

#include <QWidget>

class QComboBox;

namespace dscope {

/// The trade-off below its choices: what stands across and up, and whose price.
class TradeoffPanel : public QWidget {
    Q_OBJECT
public:
    explicit TradeoffPanel(ThresholdState *state, QWidget *parent = nullptr);

    TradeoffPlot *plot() const { return m_plot; }
    /// With `goesOn` the last curve stays until the new one is there.
    void setDocument(const DocumentPtr &document, bool goesOn);
    void setPrice(TradeoffPlot::Price price);

Q_SIGNALS:
    void priceChosen();

private:
    QComboBox *m_up;
    QComboBox *m_across;
    QComboBox *m_price;
    TradeoffPlot *m_plot;
};

} // namespace dscope
