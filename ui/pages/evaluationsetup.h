// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/model.h"
#include "core/report/evaluationrequest.h"
#include "core/tasks/task.h"
#include "ui/jobs/evaluationwork.h"

#include <QWidget>

#include <filesystem>
#include <string>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace dscope {

class ClipFields;
class MethodChoice;

/// The empty page for evaluation: what it is for in three steps, and the form to begin with.
class EvaluationSetup : public QWidget {
    Q_OBJECT
public:
    explicit EvaluationSetup(QWidget *parent = nullptr);

    void setStore(const ModelStore &store);
    /// A benchmark's folder (its kind is guessed), or a file of features.
    void setData(const std::filesystem::path &path);
    EvaluationRequest request() const;
    /// Fills in the whole form. What it has no field for (pictures elsewhere, every n-th frame) stays with the folder until another one is entered.
    void setRequest(const EvaluationRequest &request);
    void setRunning(bool running);
    void setBackPossible(bool possible);
    void setNote(const QString &note);
    /// The method that weighs by a quality file of that name.
    static std::string qualityMethod(const std::string &name);

    void readSettings();
    void writeSettings() const;

Q_SIGNALS:
    void start();
    void stop();
    void openRuns();
    void back();

private:
    void buildForm(QFormLayout *form);
    void buildMethods(QFormLayout *form);
    void updateState();
    QWidget *pathRow(QLineEdit *field, bool folder, const QString &title, const QString &filter);
    void setRowVisible(QWidget *field, bool visible);
    const Task &task() const;
    /// What depends on the task: networks, methods, words.
    void followTask();
    void fillModels();

    QComboBox *m_benchmark;
    QLineEdit *m_root;
    QLineEdit *m_pairs;
    QLineEdit *m_identities;
    QLineEdit *m_features;
    QLineEdit *m_scores;
    QLineEdit *m_quality;
    QDoubleSpinBox *m_baseCost;
    QDoubleSpinBox *m_ddnetCost;
    QWidget *m_costs = nullptr;
    QComboBox *m_base;
    QComboBox *m_ddnet;
    QCheckBox *m_flip;
    QCheckBox *m_normalise;
    QCheckBox *m_detector;
    MethodChoice *m_methods;
    QComboBox *m_distance;
    QComboBox *m_subset;
    ClipFields *m_clips;
    QLabel *m_third = nullptr; ///< of the three steps
    ModelStore m_store;
    std::string m_task; ///< that the fields are of
    QSpinBox *m_resamples;
    QPushButton *m_start;
    QPushButton *m_back;
    QLabel *m_note;
    QFormLayout *m_form = nullptr;
    QString m_wantedBase;
    QString m_wantedDdnet;
    BenchmarkOptions m_files; ///< what the form has no field for
    bool m_running = false;
};

} // namespace dscope
