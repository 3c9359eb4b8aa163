// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/jobs/trainingwork.h"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QToolButton;

namespace dscope {

/// The settings of a training run: what, from which data, with which network, loss and schedule, where.
class TrainSetup : public QWidget {
    Q_OBJECT
public:
    explicit TrainSetup(QWidget *parent = nullptr);

    TrainingRequest request() const;
    /// A targets file chooses a DDNet, unless a second look is chosen; anything else a base network.
    void setData(const std::filesystem::path &path);
    void setRunning(bool running);
    /// Looks again for a checkpoint beside the result.
    void updateState();
    void readSettings();
    void writeSettings() const;

Q_SIGNALS:
    void start();

private:
    void buildForm();
    void buildDetails(QFormLayout *form);
    void setKind(TrainingRequest::Kind kind);
    TrainingRequest::Kind kind() const;
    void takeDefaults();
    void suggestOut();
    void askForData(bool folder);
    void askForFeatures();
    void showRow(QWidget *field, bool shown);
    void askForOut();
    void addRow(QFormLayout *form, const QString &text, QWidget *field, const char *name, const QString &tip);

    QComboBox *m_kind;
    QLineEdit *m_data;
    QPushButton *m_folder;
    QPushButton *m_file;
    QWidget *m_featuresRow = nullptr;
    QLineEdit *m_features;
    QComboBox *m_architecture;
    QComboBox *m_loss;
    QDoubleSpinBox *m_margin;
    QSpinBox *m_epochs;
    QSpinBox *m_batch;
    QComboBox *m_optimiser;
    QDoubleSpinBox *m_rate;
    QComboBox *m_schedule;
    QComboBox *m_precision;
    QComboBox *m_device;
    QDoubleSpinBox *m_heldOut;
    QSpinBox *m_patience;
    QToolButton *m_more;
    QWidget *m_details;
    QDoubleSpinBox *m_warmup;
    QDoubleSpinBox *m_decay;
    QDoubleSpinBox *m_clip;
    QSpinBox *m_accumulate;
    QSpinBox *m_workers;
    QSpinBox *m_seed;
    QLineEdit *m_out;
    QCheckBox *m_goOn;
    QLabel *m_note;
    QPushButton *m_start;
    QWidget *m_fields;
    bool m_outByHand = false;
    bool m_running = false;
};

} // namespace dscope
