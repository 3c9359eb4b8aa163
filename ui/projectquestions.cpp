// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/projectquestions.h"

#include "ui/convert.h"

#include <QFileDialog>
#include <QLocale>
#include <QPushButton>
#include <QStatusBar>

#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {
constexpr int messageMs = 8000;
} // namespace

QMessageBox *ProjectQuestions::make(const QString &name, QMessageBox::Icon icon, const QString &text, const QString &detail) const
{
    auto *box = new QMessageBox(icon, QStringLiteral("Dscope"), text, QMessageBox::NoButton, m_window);
    box->setObjectName(name);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    box->setInformativeText(detail);
    return box;
}

void ProjectQuestions::whichToOpen(const fs::path &file, TakePath take) const
{
    QFileDialog *dialog = askForFile(m_window, tr("Open a project"), {tr("Dscope projects (*.dscope)"), tr("All files (*)")}, std::move(take));
    dialog->setObjectName(QStringLiteral("projectOpenDialog"));
    if (!file.empty())
        dialog->setDirectory(toQString(file.parent_path()));
}

void ProjectQuestions::whereToSave(const fs::path &file, TakePath take) const
{
    const auto check = [questions = *this, take = std::move(take)](const fs::path &chosen) {
        if (isProject(chosen))
            return take(chosen);
        // By its name it would not be known as a project again.
        fs::path whole = chosen;
        whole += ".dscope";
        if (std::error_code problem; fs::exists(whole, problem))
            return questions.showFailure(tr("The project could not be saved."),
                                         tr("%1 is there already. Choose it in the list to replace it, or another name.").arg(toQString(whole)));
        take(whole);
    };
    askForTarget(m_window, tr("Save the project"), file.empty() ? tr("project.dscope") : toQString(file), {tr("Dscope projects (*.dscope)")}, check)
        ->setObjectName(QStringLiteral("projectSaveDialog"));
}

void ProjectQuestions::saveFirst(const QString &name, int runs, std::function<void()> save, std::function<void()> discard) const
{
    const auto id = QStringLiteral("projectQuestion");
    // One that was answered a moment ago is still a child.
    for (QMessageBox *asked : m_window->findChildren<QMessageBox *>(id))
        if (asked->isVisible())
            return asked->raise();
    QMessageBox *box =
        make(id, QMessageBox::Question, name.isEmpty() ? tr("Save the runs as a project first?") : tr("Save the changes to “%1” first?").arg(name),
             name.isEmpty() ? tr("%n run(s) of the evaluation are not saved.", nullptr, runs) : tr("The project has changed since it was last saved."));
    box->setStandardButtons(QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel);
    box->setDefaultButton(QMessageBox::Save);
    QObject::connect(box, &QMessageBox::finished, box, [save = std::move(save), discard = std::move(discard)](int answer) {
        if (answer == QMessageBox::Save)
            save();
        else if (answer == QMessageBox::Discard)
            discard();
    });
    box->open();
}

void ProjectQuestions::overwrite(const fs::path &file, std::function<void()> overwrite, std::function<void()> elsewhere) const
{
    QMessageBox *box =
        make(QStringLiteral("overwriteQuestion"), QMessageBox::Warning, tr("“%1” has been changed by another program.").arg(toQString(file.stem())),
             tr("What it holds now is lost from it when it is overwritten (it is kept beside it as %1~).").arg(toQString(file.filename())));
    box->addButton(QMessageBox::Cancel);
    const QPushButton *over = box->addButton(tr("&Overwrite"), QMessageBox::DestructiveRole);
    QPushButton *other = box->addButton(tr("Save &as…"), QMessageBox::AcceptRole);
    box->setDefaultButton(other);
    QObject::connect(over, &QPushButton::clicked, box, std::move(overwrite));
    QObject::connect(other, &QPushButton::clicked, box, std::move(elsewhere));
    box->open();
}

void ProjectQuestions::restore(const ProjectRecovery::Left &left, std::function<void()> restore, std::function<void()> discard) const
{
    const QString what = left.file.empty() ? tr("work that was not saved yet") : tr("“%1”").arg(toQString(left.file.stem()));
    QMessageBox *box =
        make(QStringLiteral("recoveryQuestion"), QMessageBox::Question, tr("Dscope ended unexpectedly. Restore %1?").arg(what),
             tr("A copy of %1 is there. Nothing on disk changes until you save.").arg(QLocale::system().toString(left.written, QLocale::ShortFormat)));
    QPushButton *yes = box->addButton(tr("&Restore"), QMessageBox::AcceptRole);
    QPushButton *no = box->addButton(tr("&Discard it"), QMessageBox::DestructiveRole);
    box->addButton(tr("Ask &later"), QMessageBox::RejectRole);
    yes->setObjectName(QStringLiteral("recoveryRestore"));
    no->setObjectName(QStringLiteral("recoveryDiscard"));
    box->setDefaultButton(yes);
    QObject::connect(yes, &QPushButton::clicked, box, std::move(restore));
    QObject::connect(no, &QPushButton::clicked, box, std::move(discard));
    box->open();
}

void ProjectQuestions::tell(const QString &text) const
{
    for (QStatusBar *bar : m_window->findChildren<QStatusBar *>())
        bar->showMessage(text, messageMs);
}

void ProjectQuestions::showFailure(const QString &headline, const QString &detail) const
{
    const auto id = QStringLiteral("projectFailure");
    // Saved again and again it fails for the same reason.
    for (const QMessageBox *shown : m_window->findChildren<QMessageBox *>(id))
        if (shown->isVisible() && shown->text() == headline && shown->informativeText() == detail)
            return;
    QMessageBox *box = make(id, QMessageBox::Warning, headline, detail);
    box->addButton(QMessageBox::Ok);
    box->setTextInteractionFlags(Qt::TextSelectableByMouse);
    box->open();
}

} // namespace dscope
