#pragma once

#include "ui/models/document.h"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QSlider;
class QSpinBox;

namespace dscope {

class ThresholdState;

/// The threshold as a slider and as a number, "keep best N %", "top K", what the kept weigh, and one line on what that keeps and costs.
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
    QCheckBox *topKOn() const { return m_topK; }
    QComboBox *weights() const { return m_weights; }
    QString summary() const;
    /// What is to be known of the choice: that it saves nothing or loses accuracy, or what the default is.
    QString hint() const;

protected:
    void changeEvent(QEvent *event) override;

private:
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
    QCheckBox *m_topK;
    QSpinBox *m_k;
    QComboBox *m_weights;
    QLabel *m_summary;
    QLabel *m_cost;
    QLabel *m_hint;
    bool m_offersSecond = false; ///< among the weights
    bool m_warns = false; ///< the hint tells of a loss
};

} // namespace dscope
