// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/analysis.h"
#include "ui/theme.h"

#include <QList>
#include <QWidget>

#include <filesystem>
#include <vector>

class QActionGroup;
class QButtonGroup;
class QStackedWidget;
class QToolButton;
class QVBoxLayout;

namespace dscope {

class EvaluationPage;
class LabelPage;
class Page;
class AnalysePage;
class ModelPage;
class ProjectSession;
class TrainPage;

/// The program's window: a slim rail on the left that switches between pages, each of which brings its own menus, tools and undo history.
/// What it asks of a page is in Page. The keys Ctrl+1, Ctrl+2, ... choose a page; the last one is remembered.
class AppWindow : public QWidget {
    Q_OBJECT
public:
    explicit AppWindow(ModelStore store, AnalysisOptions options = {}, QWidget *parent = nullptr);
    ~AppWindow() override;

    AnalysePage *analysePage() const { return m_analyse; }
    LabelPage *labelPage() const { return m_label; }
    TrainPage *trainPage() const { return m_train; }
    ModelPage *modelPage() const { return m_models; }
    EvaluationPage *evaluationPage() const { return m_evaluate; }
    ProjectSession *project() const { return m_project; }
    int pageCount() const;
    Page *page(int number) const;
    int currentPage() const;
    /// Shows a page and gives it the keyboard.
    void showPage(int number);
    void showPage(QWidget *page);

    void setTheme(Theme theme);
    /// Opens what was named on the command line or dropped: a project in place of all that is open, target files on the page for labels, evaluations on
    /// theirs, everything else for analysis.
    void openSources(const std::vector<std::filesystem::path> &paths);

protected:
    void closeEvent(QCloseEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    void changeEvent(QEvent *event) override;
    bool eventFilter(QObject *object, QEvent *event) override;

private:
    void addPage(Page *page);
    void buildRail();
    void buildProject();
    /// A page by its name, -1: there is none.
    int numberOf(const QString &name) const;
    void updateIcons();
    void updateTitle();
    void readSettings();
    void writeSettings();

    QWidget *m_rail;
    QVBoxLayout *m_switches = nullptr;
    QButtonGroup *m_buttons;
    QStackedWidget *m_pages;
    QToolButton *m_themeButton = nullptr;
    AnalysePage *m_analyse = nullptr;
    LabelPage *m_label = nullptr;
    TrainPage *m_train = nullptr;
    ModelPage *m_models = nullptr;
    EvaluationPage *m_evaluate = nullptr;
    ProjectSession *m_project = nullptr;
};

} // namespace dscope
