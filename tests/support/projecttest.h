// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/analysis.h"
#include "core/report/project.h"
#include "tests/support/ownsettings.h"

#include <QObject>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>
#include <QtTest/QtTest>

#include <filesystem>
#include <memory>
#include <string>

class QAction;
class QMessageBox;

namespace dscope {
class AppWindow;
class EvaluationPage;
class ProjectSession;
} // namespace dscope

namespace dscope::test {

/// What tests of projects share: the program's window in a test folder with settings and a cache of its own, used as a person would.
class ProjectTest : public QObject {
    Q_OBJECT
protected:
    ProjectTest();
    ~ProjectTest() override;

    /// A window in place of the one there is.
    void start(const ModelStore &store = ModelStore(), const AnalysisOptions &options = {});

    EvaluationPage *page() const;
    ProjectSession *project() const;
    QAction *action(const char *name) const;
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) const;
    std::filesystem::path path(const char *name) const { return m_folder->filePath(QLatin1String(name)).toStdString(); }
    static QString toText(const std::filesystem::path &path) { return QString::fromStdString(path.string()); }
    /// A run's place in the list.
    int rowOf(int id) const;
    static QString notices(QWidget *page);
    /// What asks the user right now.
    QList<QMessageBox *> boxes() const;
    /// The copies for recovery.
    QStringList copies() const;

    /// The page for evaluation with two runs and the live threshold.
    bool filled();
    /// Gives the dialog for saving a name, in the test's folder, and accepts it.
    bool typeName(const char *name);
    /// Ctrl+Alt+S, until it is on disk.
    bool saveByKeys();
    /// The same for a project without a name.
    bool saveByKeys(const char *name);
    /// As from the command line or dropped, until it is on show.
    bool opens(const std::filesystem::path &file);
    /// A project with two runs, made without a window.
    void writeRuns(const char *name) const;

    OwnSettings m_settings;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<AppWindow> m_window;

private Q_SLOTS:
    /// A fresh folder, no settings, and a window.
    void init();
    void cleanup();

private:
    QByteArray m_cacheBefore;
};

} // namespace dscope::test
