// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/shortcuts.h"

#include <QCoreApplication>

namespace dscope {

namespace {
struct Texts {
    Q_DECLARE_TR_FUNCTIONS(Shortcuts)
};
} // namespace

QList<QKeySequence> sequencesOf(Shortcut meaning)
{
    const auto one = [](const QString &text) { return QList<QKeySequence>{QKeySequence(text)}; };
    switch (meaning) {
    case Shortcut::None:
    case Shortcut::Count: return {};
    case Shortcut::New: return {QKeySequence::New};
    case Shortcut::Open: return {QKeySequence::Open};
    case Shortcut::OpenFolder: return one(Texts::tr("Ctrl+Shift+O"));
    case Shortcut::Save: return {QKeySequence::Save};
    case Shortcut::SaveCleaned: return one(Texts::tr("Ctrl+Shift+S"));
    case Shortcut::Export: return one(Texts::tr("Ctrl+E"));
    case Shortcut::Report: return one(Texts::tr("Ctrl+Shift+E"));
    case Shortcut::Close: return {QKeySequence::Close};
    case Shortcut::Quit: return {QKeySequence::Quit};
    case Shortcut::Undo: return QKeySequence::keyBindings(QKeySequence::Undo);
    case Shortcut::Redo: return QKeySequence::keyBindings(QKeySequence::Redo);
    case Shortcut::SelectAll: return {QKeySequence::SelectAll};
    case Shortcut::CopyPaths: return one(Texts::tr("Ctrl+Shift+C"));
    case Shortcut::Exclude: return {QKeySequence::Delete};
    case Shortcut::TakeBack: return {QKeySequence(Qt::SHIFT | Qt::Key_Delete)};
    case Shortcut::ShowAll: return {QKeySequence(Qt::Key_Escape)};
    case Shortcut::ZoomIn: return {QKeySequence::ZoomIn, QKeySequence(Texts::tr("Ctrl+="))};
    case Shortcut::ZoomOut: return {QKeySequence::ZoomOut};
    case Shortcut::ZoomWhole: return one(Texts::tr("Ctrl+0"));
    case Shortcut::PlayPause: return {QKeySequence(Qt::Key_Space)};
    case Shortcut::Raise: return {QKeySequence(Qt::Key_BracketRight)};
    case Shortcut::Lower: return {QKeySequence(Qt::Key_BracketLeft)};
    // A press of Shift and a bracket is looked up as Shift+] and as } at once, and on other layouts as Shift+} and as ]. Two of these at an action, or at two,
    // would be ambiguous, and then nothing happens. A brace alone is found wherever there is one.
    case Shortcut::RaiseFine: return {QKeySequence(Qt::Key_BraceRight)};
    case Shortcut::LowerFine: return {QKeySequence(Qt::Key_BraceLeft)};
    case Shortcut::KeepBest: return one(Texts::tr("Ctrl+B"));
    case Shortcut::TopK: return one(Texts::tr("Ctrl+K"));
    case Shortcut::Enough: return one(Texts::tr("Ctrl+Shift+K"));
    case Shortcut::DefaultThreshold: return one(Texts::tr("Ctrl+D"));
    case Shortcut::Recommend: return one(Texts::tr("Ctrl+R"));
    case Shortcut::KeepRun: return one(Texts::tr("Ctrl+Shift+R"));
    case Shortcut::Start: return one(Texts::tr("Ctrl+Return"));
    case Shortcut::Pause: return one(Texts::tr("Ctrl+P"));
    case Shortcut::Cancel: return one(Texts::tr("Ctrl+."));
    case Shortcut::RunAgain: return {QKeySequence::Refresh};
    case Shortcut::Try: return one(Texts::tr("Ctrl+T"));
    case Shortcut::Settings: return one(Texts::tr("Ctrl+M"));
    case Shortcut::Help: return {QKeySequence::HelpContents};
    case Shortcut::ProjectNew: return one(Texts::tr("Ctrl+Alt+N"));
    case Shortcut::ProjectOpen: return one(Texts::tr("Ctrl+Alt+O"));
    case Shortcut::ProjectSave: return one(Texts::tr("Ctrl+Alt+S"));
    case Shortcut::ProjectSaveAs: return one(Texts::tr("Ctrl+Alt+Shift+S"));
    }
    return {};
}

QKeySequence pageSequence(int page)
{
    return QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_1 + page));
}

QKeySequence viewSequence(int view)
{
    return QKeySequence(Qt::ALT | (view == 9 ? Qt::Key_0 : static_cast<Qt::Key>(Qt::Key_1 + view)));
}

} // namespace dscope
