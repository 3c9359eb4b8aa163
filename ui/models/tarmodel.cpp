// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/tarmodel.h"

#include "ui/convert.h"
#include "ui/theme.h"

#include <QFont>
#include <QLocale>

#include <algorithm>
#include <cmath>

namespace dscope {

namespace {
QString count(std::int64_t value)
{
    return QLocale().toString(static_cast<qlonglong>(value));
}

std::ptrdiff_t placeOf(const std::vector<FarPoint> &points, double far)
{
    for (std::size_t i = 0; i < points.size(); ++i)
        if (sameFar(points[i].target, far))
            return static_cast<std::ptrdiff_t>(i);
    return -1;
}

} // namespace

const FarPoint *pointAt(const std::vector<FarPoint> &points, double far)
{
    const std::ptrdiff_t at = placeOf(points, far);
    return at < 0 ? nullptr : &points[static_cast<std::size_t>(at)];
}

QString percentNumber(double share, int decimals)
{
    return std::isfinite(share) ? QLocale().toString(share * 100, 'f', decimals) : QStringLiteral("–");
}

TarModel::TarModel(EvaluationState *state, QObject *parent) : QAbstractTableModel(parent), m_state(state)
{
    connect(state, &EvaluationState::runsChanged, this, &TarModel::take);
    connect(state, &EvaluationState::farChanged, this, [this] {
        if (!m_rows.empty())
            Q_EMIT headerDataChanged(Qt::Horizontal, 0, columnCount() - 1);
    });
    take();
}

void TarModel::take()
{
    beginResetModel();
    m_rows.clear();
    if (m_liveRow && !m_state->runs().empty()) {
        Row row;
        row.run.id = EvaluationState::liveId;
        m_rows.push_back(std::move(row));
    }
    std::vector<std::string> benchmarks;
    bool tenFold = false;
    bool costs = false;
    for (const ShownRun &shown : m_state->runs()) {
        m_rows.push_back({shown, shown.run->benchmark, {}});
        if (std::find(benchmarks.begin(), benchmarks.end(), shown.run->benchmark) == benchmarks.end())
            benchmarks.push_back(shown.run->benchmark);
        tenFold = tenFold || shown.run->tenFold.has_value();
        costs = costs || shown.run->macPerFace > 0;
    }
    m_several = benchmarks.size() > 1;
    for (const std::string &benchmark : benchmarks)
        for (PaperRow &paper : paperRows(benchmark)) {
            tenFold = tenFold || paper.fars.empty();
            Row row;
            row.run.id = -1;
            row.benchmark = benchmark;
            row.paper = std::move(paper);
            m_rows.push_back(std::move(row));
        }
    m_columns = {Column()};
    if (!m_rows.empty()) {
        for (const double far : m_state->fars())
            m_columns.push_back({Kind::Far, far});
        if (tenFold)
            m_columns.push_back({Kind::TenFold, 0});
        m_columns.push_back({Kind::Eer, 0});
        m_columns.push_back({Kind::Kept, 0});
        if (costs)
            m_columns.push_back({Kind::Cost, 0});
    }
    endResetModel();
}

void TarModel::setLive(const std::optional<LiveRow> &live)
{
    const bool there = !m_rows.empty() && m_rows.front().run.id == EvaluationState::liveId;
    const bool wanted = live.has_value() && !m_state->runs().empty();
    m_liveRow = live;
    if (there && wanted) {
        Q_EMIT dataChanged(index(0, 0), index(0, columnCount() - 1));
    } else if (wanted) {
        beginInsertRows({}, 0, 0);
        Row row;
        row.run.id = EvaluationState::liveId;
        m_rows.insert(m_rows.begin(), std::move(row));
        endInsertRows();
    } else if (there) {
        beginRemoveRows({}, 0, 0);
        m_rows.erase(m_rows.begin());
        endRemoveRows();
    }
}

std::ptrdiff_t TarModel::livePlace(double far) const
{
    for (std::size_t i = 0; m_liveRow && i < m_liveRow->fars.size() && i < m_liveRow->tar.size(); ++i)
        if (sameFar(m_liveRow->fars[i], far))
            return static_cast<std::ptrdiff_t>(i);
    return -1;
}

QString TarModel::liveValue(const Column &column) const
{
    switch (column.kind) {
    case Kind::Method: return m_liveRow->title;
    case Kind::Far: {
        const std::ptrdiff_t at = livePlace(column.far);
        if (at < 0)
            return {};
        const auto place = static_cast<std::size_t>(at);
        if (place < m_liveRow->resolved.size() && !m_liveRow->resolved[place])
            return QStringLiteral("–");
        return (m_liveRow->exact ? QString() : QStringLiteral("≈ ")) + percentNumber(m_liveRow->tar[place]);
    }
    case Kind::Eer: return m_liveRow->eer >= 0 ? percentNumber(m_liveRow->eer) : QString();
    case Kind::Kept: return percentNumber(m_liveRow->keptShare, 1);
    case Kind::Cost: return m_liveRow->macPerFace > 0 ? QLocale().toString(m_liveRow->macPerFace / 1e6, 'f', 1) : QString();
    case Kind::TenFold: return {};
    }
    return {};
}

QString TarModel::liveDetail(const Column &column) const
{
    if (column.kind == Kind::Method)
        return m_liveRow->about;
    const std::ptrdiff_t at = column.kind == Kind::Far ? livePlace(column.far) : -1;
    if (at < 0)
        return {};
    const auto place = static_cast<std::size_t>(at);
    if (place < m_liveRow->resolved.size() && !m_liveRow->resolved[place])
        return tr("on release");
    if (place >= m_liveRow->low.size() || place >= m_liveRow->high.size() || !(m_liveRow->high[place] > m_liveRow->low[place]))
        return {};
    return m_liveRow->deviation ? QStringLiteral("± %1").arg(percentNumber((m_liveRow->high[place] - m_liveRow->low[place]) / 2))
                                : tr("%1 – %2").arg(percentNumber(m_liveRow->low[place]), percentNumber(m_liveRow->high[place]));
}

void TarModel::setPalette(const QPalette &palette)
{
    m_palette = palette;
    if (!m_rows.empty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1), {Qt::DecorationRole, Qt::ForegroundRole});
}

int TarModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int TarModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
}

int TarModel::idAt(int row) const
{
    return row >= 0 && row < rowCount() ? m_rows[static_cast<std::size_t>(row)].run.id : -1;
}

int TarModel::rowOf(int id) const
{
    for (int row = 0; row < rowCount(); ++row)
        if (id >= 0 && idAt(row) == id)
            return row;
    return -1;
}

double TarModel::farOf(int column) const
{
    return column >= 0 && column < columnCount() ? m_columns[static_cast<std::size_t>(column)].far : 0;
}

int TarModel::columnOf(double far) const
{
    for (int column = 0; column < columnCount(); ++column)
        if (farOf(column) > 0 && sameFar(farOf(column), far))
            return column;
    return -1;
}

QString TarModel::value(const Row &row, const Column &column) const
{
    if (row.run.id == EvaluationState::liveId)
        return m_liveRow ? liveValue(column) : QString();
    if (!row.run.run) {
        const PaperRow &paper = row.paper;
        switch (column.kind) {
        case Kind::Method:
            return tr("Paper, %1: %2").arg(toQString(paper.table), toQString(paper.method))
                + (m_several ? QStringLiteral(" · ") + toQString(row.benchmark) : QString());
        case Kind::Far:
            for (std::size_t i = 0; i < paper.fars.size() && i < paper.percent.size(); ++i)
                if (sameFar(paper.fars[i], column.far))
                    return percentNumber(paper.percent[i] / 100);
            return {};
        case Kind::TenFold: return paper.fars.empty() && !paper.percent.empty() ? percentNumber(paper.percent.front() / 100) : QString();
        default: return {};
        }
    }
    const EvaluationRun &run = *row.run.run;
    switch (column.kind) {
    case Kind::Method: {
        QString name = row.run.title;
        if (m_several)
            name += QStringLiteral(" · ") + toQString(run.benchmark);
        return name;
    }
    case Kind::Far: {
        const FarPoint *point = pointAt(run.strict, column.far);
        return point != nullptr ? percentNumber(point->tar) : QString();
    }
    case Kind::TenFold: return run.tenFold ? percentNumber(run.tenFold->mean) : QString();
    case Kind::Eer: return run.strict.empty() ? QString() : percentNumber(run.eer.value);
    case Kind::Kept: return percentNumber(run.keptShare, 1);
    case Kind::Cost: return run.macPerFace > 0 ? QLocale().toString(run.macPerFace / 1e6, 'f', 1) : QString();
    }
    return {};
}

QString TarModel::detail(const Row &row, const Column &column) const
{
    if (row.run.id == EvaluationState::liveId)
        return m_liveRow ? liveDetail(column) : QString();
    const QString plusMinus = QStringLiteral("± %1");
    if (!row.run.run) {
        if (column.kind == Kind::Far)
            for (std::size_t i = 0; i < row.paper.fars.size() && i < row.paper.deviation.size(); ++i)
                if (sameFar(row.paper.fars[i], column.far))
                    return plusMinus.arg(QLocale().toString(row.paper.deviation[i], 'f', 1));
        return {};
    }
    const EvaluationRun &run = *row.run.run;
    if (column.kind == Kind::Method)
        return toQString(run.benchmark) + (run.synthetic ? tr(" (synthetic)") : QString())
            + (run.base.empty() ? QString() : QStringLiteral(" · ") + toQString(run.base));
    if (column.kind == Kind::TenFold && run.tenFold)
        return plusMinus.arg(percentNumber(run.tenFold->error));
    if (column.kind != Kind::Far)
        return {};
    const std::ptrdiff_t at = placeOf(run.strict, column.far);
    if (at < 0)
        return {};
    const auto place = static_cast<std::size_t>(at);
    if (place < run.intervals.size())
        return tr("%1 – %2").arg(percentNumber(run.intervals[place].low), percentNumber(run.intervals[place].high));
    if (place < run.strictDeviation.size())
        return plusMinus.arg(percentNumber(run.strictDeviation[place]));
    return {};
}

QString TarModel::explanation(const Row &row, const Column &column) const
{
    if (row.run.id == EvaluationState::liveId)
        return tr("What the live threshold gives where it stands; \"Keep as a run\" makes a row of it.");
    if (!row.run.run) {
        QStringList lines{value(row, Column())};
        for (const std::string &note : paperNotes(row.benchmark))
            lines << toQString(note);
        return lines.join(QLatin1Char('\n'));
    }
    const EvaluationRun &run = *row.run.run;
    if (column.kind == Kind::Method)
        return QStringLiteral("%1\n%2").arg(toQString(run.method), toQString(run.protocol));
    if (column.kind != Kind::Far)
        return {};
    const FarPoint *strict = pointAt(run.strict, column.far);
    const FarPoint *other = pointAt(run.insightface, column.far);
    if (strict == nullptr)
        return {};
    const auto line = [&](const QString &rule, const FarPoint &point) {
        return tr("%1: TAR %2 % at a realised FAR of %3, %4 of %5 impostor pairs accepted")
            .arg(rule, percentNumber(point.tar), QLocale().toString(point.realisedFar, 'g', 4), count(point.impostorsAccepted), count(point.impostors));
    };
    QStringList lines{line(tr("Strict rule"), *strict)};
    if (other != nullptr)
        lines << line(tr("InsightFace rule"), *other);
    lines << tr("%1 genuine pairs; accept at a score of %2 or more").arg(count(strict->genuines), QLocale().toString(strict->threshold, 'f', 4));
    if (!isResolved(*strict))
        lines << tr("At most %1 impostor pairs may be let in here: so few that one pair more or less moves this figure")
                     .arg(QLocale().toString(std::floor(strict->target * static_cast<double>(strict->impostors) + 1e-9), 'f', 0));
    const std::ptrdiff_t at = placeOf(run.strict, column.far);
    if (static_cast<std::size_t>(at) < run.intervals.size()) {
        const Interval &interval = run.intervals[static_cast<std::size_t>(at)];
        lines << tr("%1 % interval by bootstrap over people, %2 resamples").arg(QLocale().toString(interval.level * 100, 'g', 3), count(interval.resamples));
    }
    return lines.join(QLatin1Char('\n'));
}

bool TarModel::isBest(std::size_t row, const Column &column) const
{
    const Row &mine = m_rows[row];
    if (!mine.run.run || column.kind != Kind::Far)
        return false;
    const FarPoint *own = pointAt(mine.run.run->strict, column.far);
    int others = 0;
    for (const Row &other : m_rows) {
        if (!other.run.run || other.benchmark != mine.benchmark)
            continue;
        const FarPoint *point = pointAt(other.run.run->strict, column.far);
        if (own == nullptr || (point != nullptr && point->tar > own->tar))
            return false;
        ++others;
    }
    return others > 1;
}

QVariant TarModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount())
        return {};
    const Row &row = m_rows[static_cast<std::size_t>(index.row())];
    const Column &column = m_columns[static_cast<std::size_t>(index.column())];
    const bool isLive = row.run.id == EvaluationState::liveId;
    const bool isPaper = !row.run.run && !isLive;
    switch (role) {
    case Qt::DisplayRole: return value(row, column);
    case DetailRole: return detail(row, column);
    case Qt::ToolTipRole: return explanation(row, column);
    case Qt::TextAlignmentRole: return column.kind == Kind::Method ? QVariant(Qt::AlignLeft | Qt::AlignVCenter) : QVariant(Qt::AlignRight | Qt::AlignVCenter);
    case Qt::DecorationRole:
        if (column.kind != Kind::Method || isPaper)
            return {};
        return isLive ? thresholdColour(m_palette) : runColour(row.run.colour, m_palette);
    case Qt::ForegroundRole: {
        if (isLive)
            return {};
        const FarPoint *point = isPaper || column.kind != Kind::Far ? nullptr : pointAt(row.run.run->strict, column.far);
        return isPaper || (point != nullptr && !isResolved(*point)) ? QVariant(subtleColour(m_palette)) : QVariant();
    }
    case Qt::FontRole: {
        QFont font;
        font.setItalic(isPaper);
        font.setBold(isBest(static_cast<std::size_t>(index.row()), column));
        return font;
    }
    case Qt::AccessibleTextRole: {
        const QString more = detail(row, column);
        return more.isEmpty() ? value(row, column) : QStringLiteral("%1, %2").arg(value(row, column), more);
    }
    case IdRole: return row.run.id;
    case FarRole: return column.far;
    case PaperRole: return isPaper;
    default: return {};
    }
}

QVariant TarModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount())
        return {};
    const Column &column = m_columns[static_cast<std::size_t>(section)];
    if (role == Qt::TextAlignmentRole)
        return column.kind == Kind::Method ? QVariant(Qt::AlignLeft | Qt::AlignVCenter) : QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::FontRole) {
        QFont font;
        font.setBold(column.kind == Kind::Far && sameFar(column.far, m_state->far()));
        return font;
    }
    if (role == Qt::ToolTipRole) {
        switch (column.kind) {
        case Kind::Far: return tr("True acceptance rate in percent by the strict rule: the last point of the ROC whose FAR does not exceed the target");
        case Kind::TenFold: return tr("Mean accuracy over the benchmark's ten folds, and its standard error");
        case Kind::Eer: return tr("Equal error rate in percent");
        case Kind::Kept: return tr("Share of the faces that the base network has to see");
        case Kind::Cost: return tr("Million multiply-accumulates per face: DDNet on all, the base on the kept ones");
        default: return {};
        }
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (column.kind) {
    case Kind::Method: return tr("Method (TAR in %)");
    case Kind::Far: return tr("FAR %1").arg(farText(column.far));
    case Kind::TenFold: return tr("Ten-fold %");
    case Kind::Eer: return tr("EER %");
    case Kind::Kept: return tr("Kept %");
    case Kind::Cost: return tr("M MAC/face");
    }
    return {};
}

} // namespace dscope
