// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/scores/labeler.h"

#include <QWidget>

#include <filesystem>
#include <string>

class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace dscope {

/// What shall be labelled, and how.
struct LabelRequest {
    std::filesystem::path data;
    std::filesystem::path out; ///< the target file; what is done so far lies in out + ".work"
    std::string base;          ///< a model's name; empty: the best there is
    LabelOptions options;
    CentroidChoice choice; ///< what is not chosen here suits the set
};

/// The empty page for labels: what it is for in three steps, and the form to begin with.
class LabelSetup : public QWidget {
    Q_OBJECT
public:
    explicit LabelSetup(QWidget *parent = nullptr);

    void setStore(const ModelStore &store);
    void setData(const std::filesystem::path &path);
    LabelRequest request() const;
    /// While a run is under way the button that starts it stops it.
    void setRunning(bool running);
    /// Whether there are results to go back to.
    void setBackPossible(bool possible);
    /// Says whether a stopped run can be taken up.
    void updateState();
    /// A sentence below the button; empty: none.
    void setNote(const QString &note);

    void readSettings();
    void writeSettings() const;

Q_SIGNALS:
    void start();
    void stop();
    void openTargets();
    void back();

private:
    QFormLayout *buildForm();
    void askForData(bool folder);
    void askForOut();

    QLineEdit *m_data;
    QLineEdit *m_out;
    QComboBox *m_base;
    QComboBox *m_metric;
    QComboBox *m_centroids;
    QComboBox *m_target;
    QSpinBox *m_others;
    QSpinBox *m_copies;
    QComboBox *m_damage;
    QPushButton *m_start;
    QPushButton *m_back = nullptr;
    QLabel *m_note;
    QString m_ownNote;
    QString m_wantedBase;
    bool m_outByHand = false;
    bool m_running = false;
};

/// Where the targets of a data set go unless the user says otherwise: beside it, or into the user's data folder where it cannot be written.
std::filesystem::path defaultTargets(const std::filesystem::path &data);

} // namespace dscope
