// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/jobs/modelwork.h"

#include <QWidget>

#include <vector>

class QLabel;
class QPushButton;
class QTabWidget;
class QTableWidget;
class QTreeView;

namespace dscope {

class InputEditor;

/// One network: the facts on top, and in tabs what it is made of, how its input is prepared, a trial on a picture, and its speed.
class ModelView : public QWidget {
    Q_OBJECT
public:
    explicit ModelView(QWidget *parent = nullptr);

    InputEditor *input() const { return m_input; }
    /// Another network, of which nothing more is known yet.
    void setSpec(const ModelSpec &spec);
    const ModelSpec &spec() const { return m_spec; }
    /// The input is on disk as the fields have it.
    void setSaved();
    void setInsight(ModelInsight insight);
    /// The tab for trials or the one for speed comes to the front.
    void showTrial() const;
    void showSpeed() const;
    void setTrial(const ModelTrial &trial);
    void setTimings(const std::vector<ModelTiming> &timings);

Q_SIGNALS:
    void saveWanted();
    void pictureWanted();
    void timingWanted();

protected:
    void changeEvent(QEvent *event) override;

private:
    QWidget *buildContent();
    QWidget *buildInput();
    QWidget *buildTrial();
    QWidget *buildSpeed();
    void fillFacts();
    QString factsText() const;

    ModelSpec m_spec;
    ModelInsight m_insight;
    LayerModel *m_layers;
    QLabel *m_title;
    QLabel *m_facts;
    QLabel *m_problem;
    QTabWidget *m_tabs;
    QTreeView *m_table = nullptr;
    QLabel *m_tableNote = nullptr;
    InputEditor *m_input = nullptr;
    QLabel *m_sidecar = nullptr;
    QLabel *m_crop = nullptr;
    QLabel *m_prepared = nullptr;
    QLabel *m_verdict = nullptr;
    QTableWidget *m_speed = nullptr;
};

} // namespace dscope
