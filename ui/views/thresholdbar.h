// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/document.h"

#include <QWidget>

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QSlider;
class QSpinBox;

namespace dscope {

class ThresholdState;

/// The threshold as a slider and as a number, "keep best N %", the ways of keeping (threshold, top K, until enough), what the kept weigh, and one line on what
/// that keeps and costs.
class ThresholdBar : public QWidget {
    Q_OBJECT
public:
    explicit ThresholdBar(ThresholdState *state, QWidget *parent = nullptr);

    static constexpr int sliderSteps = 1000;

    void setDocument(DocumentPtr document);
    QSlider *slider() const { return m_slider; }
    QDoubleSpinBox *number() const { return m_number; }
    QDoubleSpinBox *share() const { return m_share; }
    QSpinBox *topK() const { return m_k; }
    QComboBox *way() const { return m_way; }
    QDoubleSpinBox *enough() const { return m_enough; }
    QComboBox *weights() const { return m_weights; }
    QString summary() const;
    /// What is to be known of the choice: that it saves nothing or loses accuracy, or what the default is.
    QString hint() const;

protected:
    void changeEvent(QEvent *event) override;

private:
    void setUpFields();
    void takeShare(double share);
    void follow();
    void offerWeights();
    QString lossText(const Worth &worth) const;
    QString lossHelp(const Worth &worth) const;
    void colourHint();

    ThresholdState *m_state;
    DocumentPtr m_document;
    QSlider *m_slider;
    QDoubleSpinBox *m_number;
    QDoubleSpinBox *m_share;
    QComboBox *m_way;
    QSpinBox *m_k;
    QDoubleSpinBox *m_enough;
    QComboBox *m_weights;
    QLabel *m_summary;
    QLabel *m_cost;
    QLabel *m_hint;
    bool m_offersSecond = false; ///< among the weights
    bool m_warns = false;        ///< the hint tells of a loss
};

} // namespace dscope
