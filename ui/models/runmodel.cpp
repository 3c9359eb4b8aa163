// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/runmodel.h"

#include "core/evaluation/classificationrun.h"
#include "ui/convert.h"
#include "ui/plaintip.h"
#include "ui/taskwords.h"

#include <QLocale>
#include <QPainter>
#include <QPixmap>

#include <algorithm>

namespace dscope {

QIcon swatch(const QColor &colour)
{
    QPixmap pixmap(14, 14);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    painter.drawRoundedRect(1, 1, 12, 12, 3, 3);
    painter.end();
    QIcon icon(pixmap);
    icon.addPixmap(pixmap, QIcon::Selected); // otherwise it is tinted, and then it is another run's colour
    return icon;
}

RunModel::RunModel(EvaluationState *state, QObject *parent) : QAbstractListModel(parent), m_state(state), m_runs(state->runs())
{
    connect(state, &EvaluationState::runsChanged, this, &RunModel::take);
}

void RunModel::take()
{
    const std::vector<ShownRun> &now = m_state->runs();
    const bool same =
        now.size() == m_runs.size() && std::equal(now.begin(), now.end(), m_runs.begin(), [](const ShownRun &a, const ShownRun &b) { return a.id == b.id; });
    if (same) {
        m_runs = now;
        if (!m_runs.empty())
            Q_EMIT dataChanged(index(0), index(rowCount() - 1));
        return;
    }
    beginResetModel();
    m_runs = now;
    endResetModel();
}

void RunModel::setPalette(const QPalette &palette)
{
    m_palette = palette;
    if (!m_runs.empty())
        Q_EMIT dataChanged(index(0), index(rowCount() - 1), {Qt::DecorationRole});
}

int RunModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_runs.size());
}

int RunModel::idAt(int row) const
{
    return row >= 0 && row < rowCount() ? m_runs[static_cast<std::size_t>(row)].id : -1;
}

int RunModel::rowOf(int id) const
{
    const auto found = std::find_if(m_runs.begin(), m_runs.end(), [id](const ShownRun &run) { return run.id == id; });
    return found == m_runs.end() ? -1 : static_cast<int>(found - m_runs.begin());
}

QVariant RunModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const ShownRun &shown = m_runs[static_cast<std::size_t>(index.row())];
    const EvaluationRun &run = *shown.run;
    const Task &task = taskOf(protocolOf(run));
    const QString set = toQString(run.benchmark) + (run.synthetic ? tr(" (synthetic)") : QString());
    switch (role) {
    case Qt::DisplayRole:
    case Qt::EditRole: return shown.title;
    case Qt::CheckStateRole: return QVariant::fromValue(shown.shown ? Qt::Checked : Qt::Unchecked);
    case Qt::DecorationRole: return swatch(runColour(shown.colour, m_palette));
    case SwatchRole: return runColour(shown.colour, m_palette);
    case Qt::ToolTipRole:
        return plainTip(tr("%1\n%2: %3 %4, %5 %6\nBase %7, DDNet %8")
                            .arg(toQString(run.method), set, QLocale().toString(static_cast<qlonglong>(run.templates)), groupsText(task),
                                 QLocale().toString(static_cast<qlonglong>(run.faces)), elementsText(task),
                                 run.base.empty() ? tr("not known") : toQString(run.base), run.ddnet.empty() ? tr("not known") : toQString(run.ddnet)));
    case Qt::AccessibleTextRole: return tr("%1 on %2, %3").arg(shown.title, set, shown.shown ? tr("shown") : tr("hidden"));
    case IdRole: return shown.id;
    case ColourRole: return shown.colour;
    default: return {};
    }
}

bool RunModel::setData(const QModelIndex &index, const QVariant &value, int role)
{
    const int id = index.isValid() ? idAt(index.row()) : -1;
    if (id < 0)
        return false;
    if (role == Qt::CheckStateRole) {
        m_state->setShown(id, value.toInt() == Qt::Checked);
        return true;
    }
    if (role == Qt::EditRole && !value.toString().trimmed().isEmpty()) {
        m_state->rename(id, value.toString());
        return true;
    }
    return false;
}

Qt::ItemFlags RunModel::flags(const QModelIndex &index) const
{
    return index.isValid() ? QAbstractListModel::flags(index) | Qt::ItemIsUserCheckable | Qt::ItemIsEditable : Qt::NoItemFlags;
}

} // namespace dscope
