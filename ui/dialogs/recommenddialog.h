// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/threshold/recommend.h"

#include <QDialog>

#include <optional>

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QPushButton;
class QRadioButton;

namespace dscope {

/// Asks what is wanted of a threshold and shows what the trade-off curve recommends, again with every point that arrives.
class RecommendDialog : public QDialog {
    Q_OBJECT
public:
    explicit RecommendDialog(QWidget *parent = nullptr);

    void setCurve(const Tradeoff &curve, double far);
    const std::optional<Recommendation> &recommendation() const { return m_found; }

Q_SIGNALS:
    /// The recommended point changed (empty: none): to be ringed in the plot.
    void recommended(const std::optional<dscope::TradeoffPoint> &point);
    void applied(const dscope::TradeoffPoint &point);

private:
    void update();

    Tradeoff m_curve;
    double m_far = 1e-3;
    std::optional<Recommendation> m_found;
    QRadioButton *m_cheapest;
    QRadioButton *m_best;
    QDoubleSpinBox *m_within;
    QDoubleSpinBox *m_budget;
    QComboBox *m_unit;
    QComboBox *m_method;
    QLabel *m_sentence;
    QPushButton *m_apply;
};

} // namespace dscope
