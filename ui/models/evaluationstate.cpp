// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/evaluationstate.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "ui/convert.h"
#include "ui/theme.h"

#include <QLocale>

#include <algorithm>
#include <array>
#include <cmath>

namespace dscope {

namespace {
constexpr std::array<const char *, runColours> colourNames{
    QT_TRANSLATE_NOOP("dscope::EvaluationState", "Blue"),   QT_TRANSLATE_NOOP("dscope::EvaluationState", "Vermilion"),
    QT_TRANSLATE_NOOP("dscope::EvaluationState", "Green"),  QT_TRANSLATE_NOOP("dscope::EvaluationState", "Purple"),
    QT_TRANSLATE_NOOP("dscope::EvaluationState", "Orange"), QT_TRANSLATE_NOOP("dscope::EvaluationState", "Sky blue"),
    QT_TRANSLATE_NOOP("dscope::EvaluationState", "Grey"),   QT_TRANSLATE_NOOP("dscope::EvaluationState", "Yellow")};
constexpr std::size_t mostTitle = 200;
} // namespace

QColor runColour(int number, const QPalette &palette)
{
    // Okabe and Ito's; on white the light ones are darkened, on dark the dark ones are lightened.
    static constexpr std::array<QRgb, runColours> light{0xff0072b2, 0xffd55e00, 0xff009e73, 0xffb8568f, 0xffb97a00, 0xff2b8cc7, 0xff4d4d4d, 0xff8f8700};
    static constexpr std::array<QRgb, runColours> dark{0xff4aa3e0, 0xfff07f33, 0xff2cc79c, 0xffdf92bd, 0xffe9ae35, 0xff8fd0f7, 0xffc8ccd2, 0xfff0e442};
    const auto at = static_cast<std::size_t>(((number % runColours) + runColours) % runColours);
    return QColor::fromRgb(isDark(palette) ? dark[at] : light[at]);
}

QString runColourName(int number)
{
    return EvaluationState::tr(colourNames[static_cast<std::size_t>(std::clamp(number, 0, runColours - 1))]);
}

QString farText(double far)
{
    const double exponent = std::log10(far);
    const double whole = std::round(exponent);
    if (far > 0 && std::abs(exponent - whole) < 1e-9 && whole < 0)
        return QStringLiteral("1e%1").arg(static_cast<int>(whole));
    return QString::number(far, 'g', 3);
}

/// A change of the list of runs: the lists share their runs, so both are held whole.
class RunsCommand : public QUndoCommand {
public:
    RunsCommand(EvaluationState *state, std::vector<ShownRun> before, std::vector<ShownRun> after, const QString &text)
        : QUndoCommand(text), m_state(state), m_before(std::move(before)), m_after(std::move(after))
    {
    }
    void undo() override { m_state->apply(m_before); }
    void redo() override { m_state->apply(m_after); }

private:
    EvaluationState *m_state;
    std::vector<ShownRun> m_before;
    std::vector<ShownRun> m_after;
};

class LiveMethodCommand : public QUndoCommand {
public:
    LiveMethodCommand(EvaluationState *state, const QString &before, const QString &after)
        : QUndoCommand(EvaluationState::tr("live method %1").arg(after)), m_state(state), m_before(before), m_after(after)
    {
    }
    void undo() override { m_state->applyMethod(m_before); }
    void redo() override { m_state->applyMethod(m_after); }

private:
    EvaluationState *m_state;
    QString m_before;
    QString m_after;
};

class LiveSplitCommand : public QUndoCommand {
public:
    LiveSplitCommand(EvaluationState *state, int before, int after)
        : QUndoCommand(after == EvaluationSet::allSplits ? EvaluationState::tr("all splits") : EvaluationState::tr("split %1").arg(after + 1)), m_state(state),
          m_before(before), m_after(after)
    {
    }
    void undo() override { m_state->applySplit(m_before); }
    void redo() override { m_state->applySplit(m_after); }

private:
    EvaluationState *m_state;
    int m_before;
    int m_after;
};

EvaluationState::EvaluationState(QObject *parent) : QObject(parent) {}

const ShownRun *EvaluationState::find(int id) const
{
    const auto found = std::find_if(m_runs.begin(), m_runs.end(), [id](const ShownRun &run) { return run.id == id; });
    return found == m_runs.end() ? nullptr : &*found;
}

std::vector<double> EvaluationState::fars() const
{
    std::vector<double> fars;
    for (const ShownRun &run : m_runs)
        for (const FarPoint &point : run.run->strict)
            fars.push_back(point.target);
    if (fars.empty())
        fars = VerificationOptions().fars;
    std::sort(fars.begin(), fars.end());
    // The same target from two files may differ in its last digits.
    fars.erase(std::unique(fars.begin(), fars.end(), [](double a, double b) { return std::abs(a - b) <= 1e-9 * b; }), fars.end());
    return fars;
}

int EvaluationState::freeColour(const std::vector<ShownRun> &runs) const
{
    std::array<int, runColours> used{};
    for (const ShownRun &run : runs)
        ++used[static_cast<std::size_t>(run.colour)];
    return static_cast<int>(std::min_element(used.begin(), used.end()) - used.begin());
}

void EvaluationState::addRuns(const std::vector<EvaluationRun> &runs, const std::vector<std::optional<Method>> &methods)
{
    std::vector<ShownRun> added;
    std::vector<ShownRun> all = m_runs;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        ShownRun shown;
        shown.run = std::make_shared<const EvaluationRun>(runs[i]);
        if (i < methods.size())
            shown.method = methods[i];
        shown.title = toQString(runs[i].method);
        shown.colour = freeColour(all);
        all.push_back(shown);
        added.push_back(std::move(shown));
    }
    addShown(std::move(added));
}

void EvaluationState::addShown(std::vector<ShownRun> runs)
{
    if (runs.empty())
        return;
    std::vector<ShownRun> after = m_runs;
    const int count = static_cast<int>(runs.size());
    for (ShownRun &run : runs) {
        run.id = ++m_lastId;
        after.push_back(std::move(run));
    }
    change(std::move(after), tr("add %n run(s)", nullptr, count));
    setCurrent(m_lastId);
}

void EvaluationState::removeRuns(const std::vector<int> &ids)
{
    std::vector<ShownRun> after = m_runs;
    std::erase_if(after, [&](const ShownRun &run) { return std::find(ids.begin(), ids.end(), run.id) != ids.end(); });
    if (const int gone = static_cast<int>(m_runs.size() - after.size()); gone > 0)
        change(std::move(after), tr("remove %n run(s)", nullptr, gone));
}

void EvaluationState::rename(int id, const QString &title)
{
    std::vector<ShownRun> after = m_runs;
    const QString trimmed = title.trimmed().left(static_cast<qsizetype>(mostTitle));
    for (ShownRun &run : after)
        if (run.id == id && !trimmed.isEmpty())
            run.title = trimmed;
    if (after != m_runs)
        change(std::move(after), tr("rename a run"));
}

void EvaluationState::recolour(int id, int colour)
{
    std::vector<ShownRun> after = m_runs;
    for (ShownRun &run : after)
        if (run.id == id)
            run.colour = std::clamp(colour, 0, runColours - 1);
    if (after != m_runs)
        change(std::move(after), tr("recolour a run"));
}

void EvaluationState::setShown(int id, bool shown)
{
    std::vector<ShownRun> after = m_runs;
    for (ShownRun &run : after)
        if (run.id == id)
            run.shown = shown;
    if (after != m_runs)
        change(std::move(after), shown ? tr("show a run") : tr("hide a run"));
}

void EvaluationState::setCurrent(int id)
{
    if (id != liveId && find(id) == nullptr)
        return;
    if (id == m_current)
        return;
    m_current = id;
    Q_EMIT currentChanged(id);
}

void EvaluationState::setFar(double far)
{
    if (!(far > 0) || far == m_far)
        return;
    m_far = far;
    Q_EMIT farChanged(far);
}

void EvaluationState::setLiveMethod(const QString &name)
{
    if (name != m_liveMethod)
        undoStack()->push(new LiveMethodCommand(this, m_liveMethod, name));
}

void EvaluationState::setLiveSplit(int split)
{
    if (split != m_liveSplit)
        undoStack()->push(new LiveSplitCommand(this, m_liveSplit, split));
}

void EvaluationState::forgetLiveSplit()
{
    m_liveSplit = EvaluationSet::allSplits;
}

void EvaluationState::setLive(const QString &method, double threshold)
{
    undoStack()->beginMacro(tr("recommended threshold"));
    setLiveMethod(method);
    m_threshold.setThreshold(threshold);
    undoStack()->endMacro();
}

void EvaluationState::change(std::vector<ShownRun> after, const QString &text)
{
    undoStack()->push(new RunsCommand(this, m_runs, std::move(after), text));
}

void EvaluationState::apply(const std::vector<ShownRun> &runs)
{
    m_runs = runs;
    const bool lost = m_current != liveId && find(m_current) == nullptr;
    if (lost)
        m_current = m_runs.empty() ? liveId : m_runs.back().id;
    const std::vector<double> targets = fars();
    const auto near = [this](double target) { return std::abs(target - m_far) <= 1e-9 * m_far; };
    const bool elsewhere = std::none_of(targets.begin(), targets.end(), near);
    if (elsewhere) // the target in the middle of a logarithmic scale
        m_far = targets[targets.size() / 2];
    Q_EMIT runsChanged();
    if (lost)
        Q_EMIT currentChanged(m_current);
    if (elsewhere)
        Q_EMIT farChanged(m_far);
}

void EvaluationState::applyMethod(const QString &name)
{
    m_liveMethod = name;
    Q_EMIT liveMethodChanged();
}

void EvaluationState::applySplit(int split)
{
    if (split == m_liveSplit)
        return;
    m_liveSplit = split;
    Q_EMIT liveSplitChanged();
}

void EvaluationState::reset(std::vector<ShownRun> runs)
{
    undoStack()->clear();
    for (ShownRun &run : runs)
        run.id = ++m_lastId;
    m_saved = runs;
    m_current = runs.empty() ? liveId : runs.front().id;
    apply(runs);
    Q_EMIT currentChanged(m_current);
    Q_EMIT savedChanged();
}

void EvaluationState::reset(std::vector<ShownRun> runs, std::size_t current, const QString &liveMethod, double threshold, double far)
{
    m_threshold.reset(Keep(std::clamp(threshold, 0.0, 1.0)));
    m_liveMethod = liveMethod;
    m_far = far; // where no run has it, apply() chooses another
    reset(std::move(runs));
    if (current < m_runs.size())
        setCurrent(m_runs[current].id);
    Q_EMIT liveMethodChanged();
    Q_EMIT farChanged(m_far);
}

void EvaluationState::setSaved()
{
    setSaved(m_runs);
}

void EvaluationState::setSaved(std::vector<ShownRun> runs)
{
    m_saved = std::move(runs);
    Q_EMIT savedChanged();
}

void EvaluationState::setUnsaved()
{
    m_saved.clear();
    Q_EMIT savedChanged();
}

void EvaluationState::save(const std::filesystem::path &file) const
{
    std::vector<EvaluationRun> runs;
    Json views = Json::array();
    for (const ShownRun &run : m_runs) {
        runs.push_back(*run.run);
        Json view = {{"title", run.title.toStdString()}, {"colour", run.colour}, {"shown", run.shown}};
        if (run.method)
            view["method"] = nameOf(*run.method);
        views.push_back(std::move(view));
    }
    Json json = toJson(runs);
    json["view"] = std::move(views);
    writeJson(file, json);
}

std::vector<ShownRun> EvaluationState::read(const std::filesystem::path &file)
{
    const Json json = readJson(file);
    std::vector<EvaluationRun> runs;
    try {
        if (json.is_object() && json.contains("schema") && json["schema"] == "dscope.evaluation/1")
            runs.push_back(evaluationFromJson(json));
        else
            runs = evaluationsFromJson(json);
    } catch (const Error &error) {
        throw FileError(file, error.what());
    }
    if (runs.empty())
        throw FileError(file, "there is no run in it.");
    const Json views = json.contains("view") && json["view"].is_array() ? json["view"] : Json::array();
    std::vector<ShownRun> shown;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        ShownRun one;
        one.title = toQString(runs[i].method).left(static_cast<qsizetype>(mostTitle));
        one.run = std::make_shared<const EvaluationRun>(std::move(runs[i]));
        one.colour = static_cast<int>(i % runColours);
        // How a run was shown is a nicety: what cannot be read of it is left at its default.
        if (const Json view = i < views.size() && views[i].is_object() ? views[i] : Json::object(); !view.empty()) {
            if (view.contains("title") && view["title"].is_string() && !view["title"].get<std::string>().empty())
                one.title = toQString(view["title"].get<std::string>()).left(static_cast<qsizetype>(mostTitle));
            if (view.contains("colour") && view["colour"].is_number_integer())
                one.colour = static_cast<int>(std::clamp<std::int64_t>(view["colour"].get<std::int64_t>(), 0, runColours - 1));
            if (view.contains("shown") && view["shown"].is_boolean())
                one.shown = view["shown"].get<bool>();
            if (view.contains("method") && view["method"].is_string()) {
                try {
                    one.method = methodNamed(view["method"].get<std::string>());
                } catch (const Error &) {
                    // Its network is elsewhere now: the figures stand all the same.
                }
            }
        }
        shown.push_back(std::move(one));
    }
    return shown;
}

} // namespace dscope
