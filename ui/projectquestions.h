// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/dialogs/filedialogs.h"
#include "ui/projectrecovery.h"

#include <QCoreApplication>
#include <QMessageBox>

#include <filesystem>
#include <functional>

namespace dscope {

/// What the user is asked and told about the project of a window. What is to be done follows an answer; nothing where the user has changed their mind.
class ProjectQuestions {
    Q_DECLARE_TR_FUNCTIONS(dscope::ProjectQuestions)
public:
    explicit ProjectQuestions(QWidget *window) : m_window(window) {}

    /// @param file that is open; its folder is where one begins
    void whichToOpen(const std::filesystem::path &file, TakePath take) const;
    /// @param file that is open, or none
    void whereToSave(const std::filesystem::path &file, TakePath take) const;
    /// Before a project without a name (an empty one) is lost its runs are what matters. @param save, discard what the answers lead to
    void saveFirst(const QString &name, int runs, std::function<void()> save, std::function<void()> discard) const;
    /// Another program has changed the file.
    void overwrite(const std::filesystem::path &file, std::function<void()> overwrite, std::function<void()> elsewhere) const;
    void restore(const ProjectRecovery::Left &left, std::function<void()> restore, std::function<void()> discard) const;

    /// On whichever page the user is.
    void tell(const QString &text) const;
    void showFailure(const QString &headline, const QString &detail) const;

private:
    /// A box of this name that goes by itself, in plain text.
    QMessageBox *make(const QString &name, QMessageBox::Icon icon, const QString &text, const QString &detail) const;

    QWidget *m_window;
};

} // namespace dscope
