// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QKeySequence>
#include <QList>

namespace dscope {

/// What a key of the window means: the same on every page that has it, and nothing else anywhere.
enum class Shortcut {
    None,
    New,
    Open,
    OpenFolder,
    Save,
    SaveCleaned,
    Export,
    Report,
    Close,
    Quit,
    Undo,
    Redo,
    SelectAll,
    CopyPaths,
    Exclude, ///< or remove what is chosen
    TakeBack,
    ShowAll,
    ZoomIn,
    ZoomOut,
    ZoomWhole,
    PlayPause,
    Raise,
    Lower,
    RaiseFine,
    LowerFine,
    KeepBest,
    TopK,
    Enough,
    DefaultThreshold,
    Recommend,
    KeepRun,
    Start,
    Pause,
    Cancel,
    RunAgain,
    Try,
    Settings,
    Help,
    ProjectNew,
    ProjectOpen,
    ProjectSave,
    ProjectSaveAs,
    Count
};

/// The table: the sequences of each meaning, the one that menus show first.
QList<QKeySequence> sequencesOf(Shortcut meaning);
/// Ctrl+1 and on: the pages.
QKeySequence pageSequence(int page);
/// Alt+1 and on: the views of a page; the tenth is Alt+0.
QKeySequence viewSequence(int view);

} // namespace dscope
