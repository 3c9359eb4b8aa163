// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/templatepairdialog.h"

#include "ui/convert.h"
#include "ui/delegates/framedelegate.h"
#include "ui/jobs/thumbnailcache.h"
#include "ui/models/framemodel.h"
#include "ui/models/templatetext.h"
#include "ui/theme.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QListView>
#include <QLocale>
#include <QScrollBar>
#include <QSplitter>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace dscope {

namespace {
constexpr std::int64_t looks = 8; ///< at the disk, a template
}

TemplatePairDialog::TemplatePairDialog(EvaluationSetPtr set, const NotablePair &pair, bool genuine, double threshold, const Method &method,
                                       ThumbnailCache *cache, QWidget *parent)
    : QDialog(parent), m_set(std::move(set)), m_cache(cache)
{
    setObjectName(QStringLiteral("templatePair"));
    setWindowTitle(genuine ? tr("One person, two templates") : tr("Two people, two templates"));
    resize(1060, 620);
    const TemplateFeatures &features = *m_set->features;
    // A few looks at the disk tell whether the pictures are there: one that is missing must not hide the others.
    for (const std::uint32_t place : {pair.a, pair.b})
        for (std::int64_t i = 0; i < std::min(looks, features.size(place)) && !m_pictures; ++i) {
            const auto at = static_cast<std::size_t>(features.begin[place] + i);
            m_pictures = cache != nullptr && at < features.names.size() && QFileInfo::exists(toQString(features.names[at]));
        }
    auto *column = new QVBoxLayout(this);
    const bool accepted = pair.score >= static_cast<float>(threshold);
    const QString verdict = genuine ? (accepted ? tr("accepted, rightly") : tr("rejected, though it is one person"))
                                    : (accepted ? tr("accepted, though they are two people") : tr("rejected, rightly"));
    auto *head =
        new QLabel(tr("Score <b>%1</b>, accepted from %2: %3. Weights by %4.")
                       .arg(QLocale().toString(pair.score, 'f', 4), QLocale().toString(threshold, 'f', 4), verdict, toQString(titleOf(method)).toHtmlEscaped()),
                   this);
    head->setObjectName(QStringLiteral("pairVerdict"));
    head->setWordWrap(true);
    column->addWidget(head);
    auto *across = new QSplitter(Qt::Horizontal, this);
    across->setChildrenCollapsible(false);
    across->addWidget(makeSide(0, pair.a, method));
    across->addWidget(makeSide(1, pair.b, method));
    column->addWidget(across, 1);
    if (!m_pictures) {
        auto *note = new QLabel(tr("The pictures are not at hand (features without their files), so only the scores are shown."), this);
        note->setForegroundRole(QPalette::PlaceholderText);
        note->setWordWrap(true);
        column->addWidget(note);
    }
    auto *foot = new QHBoxLayout;
    if (m_pictures && m_set->knowsFaces()) {
        auto *whole = new QCheckBox(tr("&Whole pictures"), this);
        whole->setObjectName(QStringLiteral("pairWhole"));
        whole->setToolTip(tr("Show the pictures whole instead of the faces cut out of them as the networks see them"));
        connect(whole, &QCheckBox::toggled, this, &TemplatePairDialog::setWhole);
        foot->addWidget(whole);
    }
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    foot->addWidget(buttons, 1);
    column->addLayout(foot);
}

void TemplatePairDialog::setWhole(bool whole)
{
    for (const int side : {0, 1}) {
        m_models[static_cast<std::size_t>(side)]->setWhole(whole);
        wantThumbnails(side);
    }
}

QWidget *TemplatePairDialog::makeSide(int side, std::uint32_t place, const Method &method)
{
    const auto at = static_cast<std::size_t>(side);
    auto *box = new QWidget(this);
    auto *column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    const TemplateShares shares = sharesOf(*m_set->features, place, method);
    m_models[at] = new FrameModel(this);
    m_models[at]->setTemplate(m_set, place, shares);
    const auto all = static_cast<int>(shares.dScores.size());
    QString text = QStringLiteral("<b>%1</b> · %2").arg(templateText(*m_set->features, place).toHtmlEscaped(), tr("%n picture(s)", nullptr, all));
    if (shares.fallback)
        text += tr(", nothing passed: the best one stands alone");
    else if (shares.kept < all)
        text += tr(", %n kept", nullptr, static_cast<int>(shares.kept));
    auto *title = new QLabel(text, box);
    title->setWordWrap(true);
    column->addWidget(title);
    if (m_pictures) {
        auto *list = new QListView(box);
        list->setViewMode(QListView::IconMode);
        list->setMovement(QListView::Static);
        list->setResizeMode(QListView::Adjust);
        list->setUniformItemSizes(true);
        list->setSpacing(4);
        list->setItemDelegate(new FrameDelegate(m_cache, list));
        connect(list->verticalScrollBar(), &QScrollBar::valueChanged, this, [this, side] { wantThumbnails(side); });
        connect(m_cache, &ThumbnailCache::arrived, list->viewport(), qOverload<>(&QWidget::update));
        m_views[at] = list;
    } else {
        auto *tree = new QTreeView(box);
        tree->setRootIsDecorated(false);
        tree->setUniformRowHeights(true);
        tree->setAllColumnsShowFocus(true);
        m_views[at] = tree;
    }
    m_views[at]->setObjectName(QStringLiteral("pairFrames%1").arg(side));
    m_views[at]->setAccessibleName(side == 0 ? tr("Pictures of the first template, best first") : tr("Pictures of the second template, best first"));
    m_views[at]->setModel(m_models[at]);
    if (auto *tree = qobject_cast<QTreeView *>(m_views[at]); tree != nullptr) {
        tree->header()->setStretchLastSection(false);
        tree->header()->setSectionResizeMode(0, QHeaderView::Stretch);
        tree->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
        tree->header()->setSectionResizeMode(2, QHeaderView::ResizeToContents);
    }
    m_views[at]->viewport()->installEventFilter(this);
    column->addWidget(m_views[at], 1);
    return box;
}

void TemplatePairDialog::wantThumbnails(int side)
{
    if (!m_pictures)
        return;
    const QAbstractItemView *view = m_views[static_cast<std::size_t>(side)];
    const FrameModel *model = m_models[static_cast<std::size_t>(side)];
    // What is seen, then what follows.
    const int from = std::max(0, view->indexAt({12, 12}).row());
    std::vector<int> faces;
    for (int row = from; row < std::min(model->rowCount(), from + 60); ++row)
        faces.push_back(model->pictureAt(row));
    m_cache->want(view, faces, qRound(FrameDelegate::side * devicePixelRatioF()));
}

bool TemplatePairDialog::eventFilter(QObject *object, QEvent *event)
{
    if (event->type() == QEvent::Resize)
        for (const int side : {0, 1})
            if (m_views[static_cast<std::size_t>(side)] != nullptr && object == m_views[static_cast<std::size_t>(side)]->viewport())
                wantThumbnails(side);
    return QDialog::eventFilter(object, event);
}

void TemplatePairDialog::showEvent(QShowEvent *event)
{
    QDialog::showEvent(event);
    wantThumbnails(0);
    wantThumbnails(1);
}

} // namespace dscope
