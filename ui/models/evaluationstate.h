// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/evaluationset.h"
#include "ui/models/thresholdstate.h"

#include <QColor>
#include <QObject>
#include <QPalette>
#include <QString>

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace dscope {

/// One run as the page shows it. The run itself is never changed.
struct ShownRun {
    int id = 0;
    std::shared_ptr<const EvaluationRun> run;
    std::optional<Method> method; ///< for the weights of a template's pictures; a run from a file may lack it
    QString title;
    int colour = 0; ///< number in runColour()
    bool shown = true;
    std::shared_ptr<const Json> stored; ///< its entry in the project that it comes from; null: it comes from elsewhere

    bool operator==(const ShownRun &other) const
    {
        return id == other.id && run == other.run && title == other.title && colour == other.colour && shown == other.shown;
    }
};

/// How many colours there are for runs.
inline constexpr int runColours = 8;
/// Distinct for all kinds of colour vision (after Okabe and Ito), in a shade that is legible on the palette's ground.
QColor runColour(int number, const QPalette &palette);
QString runColourName(int number);

/// What the page for evaluation shows: the runs with names and colours, which of them and which FAR is looked at, and the live threshold
/// with its rule. Every change of runs, threshold and rule can be undone, in one history.
class EvaluationState : public QObject {
    Q_OBJECT
public:
    /// The pair lists and the ROC also know the live threshold's own curve, under this number.
    static constexpr int liveId = 0;

    explicit EvaluationState(QObject *parent = nullptr);

    ThresholdState &threshold() { return m_threshold; }
    const ThresholdState &threshold() const { return m_threshold; }
    QUndoStack *undoStack() { return m_threshold.undoStack(); }

    const std::vector<ShownRun> &runs() const { return m_runs; }
    const ShownRun *find(int id) const;
    /// The run whose details are shown; liveId: the live threshold.
    int current() const { return m_current; }
    const ShownRun *currentRun() const { return find(m_current); }
    /// FAR target at which the table, the trade-off and the hardest pairs are read.
    double far() const { return m_far; }
    /// All FAR targets of the runs, ascending, or the usual ones while there are none.
    std::vector<double> fars() const;
    /// The way that the live threshold weighs pictures, by name (nameOf()).
    const QString &liveMethod() const { return m_liveMethod; }
    /// The split of the set that the live threshold works on, from 0; EvaluationSet::allSplits: means over all.
    int liveSplit() const { return m_liveSplit; }

    void addRuns(const std::vector<EvaluationRun> &runs, const std::vector<std::optional<Method>> &methods);
    /// The same for runs with names and colours of their own, as read() gives them.
    void addShown(std::vector<ShownRun> runs);
    void removeRuns(const std::vector<int> &ids);
    void rename(int id, const QString &title);
    void recolour(int id, int colour);
    void setShown(int id, bool shown);
    void setCurrent(int id);
    void setFar(double far);
    void setLiveMethod(const QString &name);
    void setLiveSplit(int split);
    /// All splits again, without an undo step: for another set.
    void forgetLiveSplit();
    /// DDL, for a set that the chosen one asks too much of; nothing to undo.
    void forgetLiveMethod() { applyMethod(QStringLiteral("ddl")); }
    /// Threshold and rule in one step that can be undone.
    void setLive(const QString &method, double threshold);
    /// Replaces everything, without an undo step and without a history.
    void reset(std::vector<ShownRun> runs);
    /// The same with the live threshold and the FAR that belong to them; `current` is a place among the runs.
    void reset(std::vector<ShownRun> runs, std::size_t current, const QString &liveMethod, double threshold, double far);

    /// Runs that are not on disk as they are.
    bool isDirty() const { return m_runs != m_saved; }
    void setSaved();
    /// These are on disk, whatever has been changed since.
    void setSaved(std::vector<ShownRun> runs);
    /// What is here is on disk nowhere.
    void setUnsaved();

    /// schema dscope.evaluations/1, with names, colours and methods in "view". @throws FileError
    void save(const std::filesystem::path &file) const;
    /// Reads that, or a file with one run (dscope.evaluation/1). @throws FileError that names what is wrong
    static std::vector<ShownRun> read(const std::filesystem::path &file);

Q_SIGNALS:
    void runsChanged();
    void currentChanged(int id);
    void farChanged(double far);
    void liveMethodChanged();
    void liveSplitChanged();
    void savedChanged();

private:
    friend class RunsCommand;
    friend class LiveMethodCommand;
    friend class LiveSplitCommand;
    void change(std::vector<ShownRun> after, const QString &text);
    void apply(const std::vector<ShownRun> &runs);
    void applyMethod(const QString &name);
    void applySplit(int split);
    int freeColour(const std::vector<ShownRun> &runs) const;

    ThresholdState m_threshold;
    std::vector<ShownRun> m_runs;
    std::vector<ShownRun> m_saved;
    int m_current = liveId;
    int m_lastId = 0;
    double m_far = 1e-3;
    QString m_liveMethod = QStringLiteral("ddl");
    int m_liveSplit = EvaluationSet::allSplits;
};

/// "1e-4", as the field writes a FAR target.
QString farText(double far);

} // namespace dscope
