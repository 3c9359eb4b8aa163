// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/analysis.h"

#include <QDialog>

#include <map>
#include <string>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QSpinBox;
class QTableWidget;

namespace dscope {

class ClipFields;

/// Which models are there and which are used, and how sources are looked at.
class AnalysisDialog : public QDialog {
    Q_OBJECT
public:
    AnalysisDialog(const ModelStore &store, const AnalysisOptions &options, QWidget *parent = nullptr);

    AnalysisOptions options() const;
    /// Whether pictures with damaged data are left out instead of warned of (refuseDamagedPictures()).
    bool strict() const;

private:
    QComboBox *chooser(const ModelStore &store, Role role, const std::string &chosen);
    void addDetectorFields(QFormLayout &form);
    void fillTable(const ModelStore &store);
    /// Shows the fields of what the networks look at: pictures, or clips.
    void followTask();

    AnalysisOptions m_options;
    std::map<QString, std::string> m_taskOf; ///< of the models known
    QFormLayout *m_form;
    QComboBox *m_task;
    QComboBox *m_base;
    QComboBox *m_ddnet;
    QComboBox *m_detector;
    ClipFields *m_clips;
    QSpinBox *m_everyNth;
    QDoubleSpinBox *m_minScore;
    QSpinBox *m_minFace;
    QSpinBox *m_maxSide;
    QCheckBox *m_runBase;
    QCheckBox *m_allFaces;
    QCheckBox *m_aligned;
    QCheckBox *m_strict;
    QCheckBox *m_useCache;
    QTableWidget *m_table;
};

} // namespace dscope
