// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/retrievalmodel.h"

#include "core/evaluation/retrievalrun.h"
#include "ui/convert.h"
#include "ui/plaintip.h"
#include "ui/theme.h"

#include <QFont>
#include <QLocale>

#include <algorithm>

namespace dscope {

QString protocolText(RetrievalProtocol protocol)
{
    switch (protocol) {
    case RetrievalProtocol::Official: return RetrievalModel::tr("official");
    case RetrievalProtocol::VideoReid: return RetrievalModel::tr("video-reid");
    case RetrievalProtocol::CrossCamera: return RetrievalModel::tr("cross-camera");
    }
    return {};
}

RetrievalModel::RetrievalModel(EvaluationState *state, QObject *parent) : QAbstractTableModel(parent), m_state(state)
{
    connect(state, &EvaluationState::runsChanged, this, &RetrievalModel::take);
    take();
}

void RetrievalModel::take()
{
    beginResetModel();
    m_rows.clear();
    m_columns.clear();
    std::vector<std::string> benchmarks;
    std::vector<std::int64_t> ranks;
    bool costs = false;
    for (const ShownRun &shown : m_state->runs()) {
        if (!isRetrieval(*shown.run))
            continue;
        if (std::find(benchmarks.begin(), benchmarks.end(), shown.run->benchmark) == benchmarks.end())
            benchmarks.push_back(shown.run->benchmark);
        costs = costs || shown.run->macPerFace > 0;
        for (const RetrievalFigures &figures : shown.run->retrieval)
            ranks.insert(ranks.end(), figures.ranks.begin(), figures.ranks.end());
    }
    m_several = benchmarks.size() > 1;
    for (const RetrievalProtocol protocol : retrievalProtocols) {
        std::vector<Row> rows;
        for (const ShownRun &shown : m_state->runs())
            for (std::size_t i = 0; isRetrieval(*shown.run) && i < shown.run->retrieval.size(); ++i)
                if (shown.run->retrieval[i].protocol == protocol)
                    rows.push_back({shown, i, protocol, shown.run->benchmark, {}});
        if (rows.empty())
            continue;
        if (m_live && m_live->point.by(protocol) != nullptr) {
            Row live;
            live.run.id = EvaluationState::liveId;
            live.protocol = protocol;
            rows.insert(rows.begin(), std::move(live));
        }
        for (const std::string &benchmark : protocol == RetrievalProtocol::VideoReid ? benchmarks : std::vector<std::string>())
            for (PaperRow &paper : paperRows(benchmark)) {
                Row row;
                row.run.id = -1;
                row.protocol = protocol;
                row.benchmark = benchmark;
                ranks.insert(ranks.end(), paper.ranks.begin(), paper.ranks.end());
                row.paper = std::move(paper);
                rows.push_back(std::move(row));
            }
        m_rows.insert(m_rows.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
    }
    std::sort(ranks.begin(), ranks.end());
    ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
    m_columns = {{Kind::Method, 0}};
    if (!m_rows.empty()) {
        m_columns.push_back({Kind::Protocol, 0});
        m_columns.push_back({Kind::Map, 0});
        for (const std::int64_t rank : ranks)
            m_columns.push_back({Kind::Rank, rank});
        m_columns.push_back({Kind::Kept, 0});
        if (costs)
            m_columns.push_back({Kind::Cost, 0});
    }
    endResetModel();
}

void RetrievalModel::setLive(const std::optional<LiveRetrievalRow> &live)
{
    const auto protocols = [](const std::optional<LiveRetrievalRow> &row) {
        std::vector<RetrievalProtocol> all;
        for (const LiveRetrievalFigures &figures : row ? row->point.figures : std::vector<LiveRetrievalFigures>())
            all.push_back(figures.protocol);
        return all;
    };
    const bool same = protocols(m_live) == protocols(live);
    m_live = live;
    if (!same)
        return take();
    for (int row = 0; row < rowCount(); ++row)
        if (idAt(row) == EvaluationState::liveId)
            Q_EMIT dataChanged(index(row, 0), index(row, columnCount() - 1));
}

void RetrievalModel::setPalette(const QPalette &palette)
{
    m_palette = palette;
    if (!m_rows.empty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1), {Qt::DecorationRole, Qt::ForegroundRole});
}

int RetrievalModel::idAt(int row) const
{
    return row >= 0 && row < rowCount() ? m_rows[static_cast<std::size_t>(row)].run.id : -1;
}

RetrievalProtocol RetrievalModel::protocolAt(int row) const
{
    return row >= 0 && row < rowCount() ? m_rows[static_cast<std::size_t>(row)].protocol : RetrievalProtocol::Official;
}

int RetrievalModel::rowOf(int id, RetrievalProtocol protocol) const
{
    for (int row = 0; row < rowCount(); ++row)
        if (id >= 0 && idAt(row) == id && protocolAt(row) == protocol)
            return row;
    return -1;
}

int RetrievalModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int RetrievalModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
}

const RetrievalFigures *RetrievalModel::figuresOf(const Row &row) const
{
    return row.run.run ? &row.run.run->retrieval[row.at] : nullptr;
}

const LiveRetrievalFigures *RetrievalModel::liveOf(const Row &row) const
{
    return row.run.id == EvaluationState::liveId && m_live ? m_live->point.by(row.protocol) : nullptr;
}

std::optional<double> RetrievalModel::share(const Row &row, const Column &column) const
{
    const auto at = [&](double map, const std::vector<double> &cmc, const std::vector<std::int64_t> &ranks) -> std::optional<double> {
        if (column.kind == Kind::Map)
            return map;
        for (std::size_t i = 0; column.kind == Kind::Rank && i < ranks.size() && i < cmc.size(); ++i)
            if (ranks[i] == column.rank)
                return cmc[i];
        return std::nullopt;
    };
    if (const RetrievalFigures *figures = figuresOf(row); figures != nullptr)
        return at(figures->map, figures->cmc, figures->ranks);
    if (const LiveRetrievalFigures *figures = liveOf(row); figures != nullptr)
        return at(figures->map, figures->cmc, m_live->ranks);
    if (row.run.id == -1 && !row.paper.percent.empty()) {
        std::vector<double> cmc;
        for (std::size_t i = 1; i < row.paper.percent.size(); ++i)
            cmc.push_back(row.paper.percent[i] / 100);
        return at(row.paper.percent.front() / 100, cmc, row.paper.ranks);
    }
    return std::nullopt;
}

QString RetrievalModel::value(const Row &row, const Column &column) const
{
    const bool live = row.run.id == EvaluationState::liveId && m_live;
    const EvaluationRun *run = row.run.run.get();
    const auto cost = [](double mac) { return mac > 0 ? QLocale().toString(mac / 1e6, 'f', 1) : QString(); };
    switch (column.kind) {
    case Kind::Method: {
        const QString name = run != nullptr ? row.run.title
            : live                          ? m_live->title
                                            : tr("Paper, %1: %2").arg(toQString(row.paper.table), toQString(row.paper.method));
        return m_several && !live ? name + QStringLiteral(" · ") + toQString(row.benchmark) : name;
    }
    case Kind::Protocol: return protocolText(row.protocol);
    case Kind::Map:
    case Kind::Rank: {
        const std::optional<double> found = share(row, column);
        return found ? percentNumber(*found, run == nullptr && !live ? 1 : 2) : QString();
    }
    case Kind::Kept: return run != nullptr ? percentNumber(run->keptShare, 1) : live ? percentNumber(m_live->point.keptShare, 1) : QString();
    case Kind::Cost: return run != nullptr ? cost(run->macPerFace) : live ? cost(m_live->macPerElement) : QString();
    }
    return {};
}

QString RetrievalModel::detail(const Row &row, const Column &column) const
{
    const RetrievalFigures *figures = figuresOf(row);
    if (figures == nullptr) {
        const LiveRetrievalFigures *live = liveOf(row);
        return live == nullptr              ? QString()
            : column.kind == Kind::Method   ? m_live->about
            : column.kind == Kind::Protocol ? tr("%n quer(ies)", nullptr, static_cast<int>(live->queries))
                                            : QString();
    }
    const auto spread = [](const Interval &interval) {
        return interval.resamples > 0 ? tr("%1 – %2").arg(percentNumber(interval.low), percentNumber(interval.high)) : QString();
    };
    switch (column.kind) {
    case Kind::Method:
        return toQString(row.benchmark) + (row.run.run->synthetic ? tr(" (synthetic)") : QString())
            + (row.run.run->base.empty() ? QString() : QStringLiteral(" · ") + toQString(row.run.run->base));
    case Kind::Protocol: return tr("%n quer(ies)", nullptr, static_cast<int>(figures->queries));
    case Kind::Map: return spread(figures->mapInterval);
    case Kind::Rank:
        for (std::size_t i = 0; i < figures->ranks.size() && i < figures->cmcIntervals.size(); ++i)
            if (figures->ranks[i] == column.rank)
                return spread(figures->cmcIntervals[i]);
        return {};
    default: return {};
    }
}

QString RetrievalModel::explanation(const Row &row, const Column &column) const
{
    if (row.run.id == EvaluationState::liveId)
        return tr("What the live threshold gives where it stands; \"Keep as a run\" makes a row of it.");
    const RetrievalFigures *figures = figuresOf(row);
    if (figures == nullptr) {
        QStringList lines{value(row, Column())};
        for (const std::string &note : paperNotes(row.benchmark))
            lines << toQString(note);
        return lines.join(QLatin1Char('\n'));
    }
    if (column.kind == Kind::Method)
        return QStringLiteral("%1\n%2").arg(toQString(row.run.run->method), toQString(row.run.run->protocol));
    const QLocale locale;
    const auto count = [&](std::int64_t number) { return locale.toString(static_cast<qlonglong>(number)); };
    QStringList lines{tr("%1 queries counted, %2 without a match, %3 tracklets in the gallery, by %4")
                          .arg(count(figures->queries), count(figures->unmatched), count(figures->gallery),
                               figures->distance == RetrievalDistance::SquaredL2 ? tr("squared L2") : tr("cosine distance"))};
    if (figures->mapInterval.resamples > 0 && (column.kind == Kind::Map || column.kind == Kind::Rank))
        lines << tr("%1 % interval by bootstrap over people, %2 resamples")
                     .arg(locale.toString(figures->mapInterval.level * 100, 'g', 3), count(figures->mapInterval.resamples));
    return lines.join(QLatin1Char('\n'));
}

bool RetrievalModel::isBest(const Row &row, const Column &column) const
{
    if (figuresOf(row) == nullptr || (column.kind != Kind::Map && column.kind != Kind::Rank))
        return false;
    const std::optional<double> own = share(row, column);
    int others = 0;
    for (const Row &other : m_rows) {
        if (figuresOf(other) == nullptr || other.benchmark != row.benchmark || other.protocol != row.protocol)
            continue;
        const std::optional<double> theirs = share(other, column);
        if (!own || (theirs && *theirs > *own))
            return false;
        ++others;
    }
    return others > 1;
}

QVariant RetrievalModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount())
        return {};
    const Row &row = m_rows[static_cast<std::size_t>(index.row())];
    const Column &column = m_columns[static_cast<std::size_t>(index.column())];
    const bool isLive = row.run.id == EvaluationState::liveId;
    const bool isPaper = row.run.id == -1;
    switch (role) {
    case Qt::DisplayRole: return value(row, column);
    case DetailRole: return detail(row, column);
    case Qt::ToolTipRole: return plainTip(explanation(row, column));
    case Qt::TextAlignmentRole:
        return column.kind == Kind::Method || column.kind == Kind::Protocol ? QVariant(Qt::AlignLeft | Qt::AlignVCenter)
                                                                            : QVariant(Qt::AlignRight | Qt::AlignVCenter);
    case Qt::DecorationRole:
        if (column.kind != Kind::Method || isPaper)
            return {};
        return isLive ? thresholdColour(m_palette) : runColour(row.run.colour, m_palette);
    case Qt::ForegroundRole: return isPaper ? QVariant(subtleColour(m_palette)) : QVariant();
    case Qt::FontRole: {
        QFont font;
        font.setItalic(isPaper);
        font.setBold(isBest(row, column));
        return font;
    }
    case Qt::AccessibleTextRole: {
        const QString more = detail(row, column);
        return more.isEmpty() ? value(row, column) : QStringLiteral("%1, %2").arg(value(row, column), more);
    }
    case IdRole: return row.run.id;
    case PaperRole: return isPaper;
    default: return {};
    }
}

QVariant RetrievalModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount())
        return {};
    const Column &column = m_columns[static_cast<std::size_t>(section)];
    if (role == Qt::TextAlignmentRole)
        return column.kind == Kind::Method || column.kind == Kind::Protocol ? QVariant(Qt::AlignLeft | Qt::AlignVCenter)
                                                                            : QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole) {
        switch (column.kind) {
        case Kind::Protocol:
            return tr("Protocols that disagree: official takes the whole gallery, video-reid leaves the queries out of it, cross-camera leaves out whatever "
                      "the query's camera took");
        case Kind::Map: return tr("Mean average precision over the queries, in percent");
        case Kind::Rank: return tr("Share of the queries whose first match is among the first %1, in percent").arg(column.rank);
        case Kind::Kept: return tr("Share of the person crops that the base network has to see");
        case Kind::Cost: return tr("Million multiply-accumulates per person crop: DDNet on all, the base on the kept ones");
        default: return {};
        }
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (column.kind) {
    case Kind::Method: return tr("Method (figures in %)");
    case Kind::Protocol: return tr("Protocol");
    case Kind::Map: return tr("mAP");
    case Kind::Rank: return tr("CMC-%1").arg(column.rank);
    case Kind::Kept: return tr("Kept %");
    case Kind::Cost: return tr("M MAC/crop");
    }
    return {};
}

} // namespace dscope
