// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/analysepage.h"

#include "core/base/files.h"
#include "ui/convert.h"
#include "ui/jobs/frameprovider.h"
#include "ui/models/facemodel.h"
#include "ui/pages/analysisactions.h"
#include "ui/pages/devicechoice.h"
#include "ui/pages/emptypage.h"
#include "ui/plots/histogramplot.h"
#include "ui/views/detailpanel.h"
#include "ui/views/noticebar.h"
#include "ui/views/parts.h"
#include "ui/views/thresholdbar.h"
#include "ui/views/thumbnailwall.h"
#include "ui/views/timelinepanel.h"
#include "ui/views/tradeoffpanel.h"
#include "ui/views/wallpanel.h"

#include <QBuffer>
#include <QKeyEvent>
#include <QLabel>
#include <QSettings>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace dscope {

AnalysePage::AnalysePage(ModelStore store, AnalysisOptions options, QWidget *parent)
    : Page(QStringLiteral("analyse"), tr("Analyse"), tr("Score the faces of videos and pictures"), parent), m_panels(this)
{
    resize(1500, 940);
    applyTheme(m_theme);
    setWindowIcon(themedIcon(QStringLiteral("dscope"), palette()));
    buildCentre();
    m_sources = new AnalysisSources(this, m_views->frames(), std::move(store), std::move(options));
    m_panels.build(m_views->tree(), m_views->detail(), m_views->histogram(), m_views->timeline(), m_views->tradeoff());
    const AnalysisParts parts{this, &m_state, m_sources, m_views};
    m_project = new AnalysisProject(parts);
    m_actions = new AnalysisActions(parts, &m_panels);
    connectParts();
    readSettings();
    followDocument(nullptr, false);
    setDeviceText([this] { return deviceFound(); });
    finishBuilding();
    for (const std::string &problem : m_sources->store().problems())
        notices()->add(toQString(problem));
}

AnalysePage::~AnalysePage()
{
    endAll();
    m_views->endTradeoff();
    m_state.disconnect();
    m_state.undoStack()->disconnect();
}

void AnalysePage::buildCentre()
{
    m_pages = new QStackedWidget(this);
    Page::buildCentre()->addWidget(m_pages, 1);
    auto *empty = new EmptyPage(m_pages);
    empty->setExampleThere(!AnalysisSources::examplePath().empty());
    connect(empty, &EmptyPage::openFiles, this, [this] { m_actions->openFiles(); });
    connect(empty, &EmptyPage::openFolder, this, [this] { m_actions->openFolder(tr("Open a folder")); });
    connect(empty, &EmptyPage::openExample, this, [this] { m_actions->openExample(); });
    m_pages->addWidget(empty);

    m_views = new AnalysisViews(&m_state, this);
    auto *page = new QWidget(m_pages);
    QVBoxLayout *layout = fillingColumn(page);
    layout->addWidget(m_views->wall(), 1);
    layout->addWidget(m_views->thresholdBar());
    for (QWidget *box : m_views->thresholdBar()->findChildren<QWidget *>())
        box->installEventFilter(this);
    m_pages->addWidget(page);
}

void AnalysePage::connectParts()
{
    connect(m_sources, &AnalysisSources::documentChanged, this, &AnalysePage::followDocument);
    connect(m_sources, &AnalysisSources::settled, this, [this] {
        m_views->wall()->setGrowing(false);
        updateActions();
    });
    connect(m_sources, &AnalysisSources::finished, this, &AnalysePage::analysisFinished);
    connect(m_sources, &AnalysisSources::changed, this, &Page::projectChanged);
    connect(m_views->tradeoff(), &TradeoffPanel::priceChosen, this, &Page::projectChanged);
    connect(m_views->wall(), &WallPanel::sorted, this, &AnalysePage::updateActions);
    connect(m_actions, &AnalysisActions::themeChosen, this, &AnalysePage::setTheme);
}

void AnalysePage::followDocument(const DocumentPtr &document, bool goesOn)
{
    m_pages->setCurrentIndex(document ? 1 : 0);
    m_panels.show(document != nullptr);
    m_views->setDocument(document, goesOn);
    m_views->wall()->setGrowing(m_sources->isGrowing());
    updateTitle();
    updateActions();
    Q_EMIT projectChanged();
}

QVector<std::pair<QString, QString>> AnalysePage::furtherKeys() const
{
    return {{tr("Thumbnails larger or smaller"), tr("Ctrl+wheel")}, {tr("Zoom the timeline; drag it; whole again"), tr("wheel; drag; double click")}};
}

const QString &AnalysePage::deviceFound() const
{
    return m_actions->device()->found();
}

void AnalysePage::note(const QString &text)
{
    m_sources->remember(text);
    Page::note(text);
}

std::vector<std::filesystem::path> AnalysePage::inputs() const
{
    return filesReadFor(document()->analysis());
}

void AnalysePage::updateTitle()
{
    const DocumentPtr &shown = document();
    QString name;
    if (shown && shown->sourceCount() > 0) {
        const std::filesystem::path &path = shown->sourceData(0).path;
        name = toQString(path.filename().empty() ? path : path.filename());
        if (shown->sourceCount() > 1)
            name = tr("%1 and %n more", nullptr, shown->sourceCount() - 1).arg(name);
    }
    setWindowTitle(name.isEmpty() ? QStringLiteral("Dscope") : QStringLiteral("%1 – Dscope").arg(name));
    if (!shown)
        return status()->clear();
    const Analysis &analysis = shown->analysis();
    QStringList used;
    for (const UsedModel *model : {&analysis.ddnet, &analysis.base, &analysis.detector})
        if (!model->name.empty())
            used << toQString(model->name);
    status()->setText(tr("%1  ·  on %2").arg(used.join(QStringLiteral(", ")), toQString(analysis.device)));
}

void AnalysePage::updateActions()
{
    m_actions->update(m_theme);
}

void AnalysePage::setTheme(Theme theme)
{
    m_theme = theme;
    QSettings().setValue(QStringLiteral("theme"), static_cast<int>(theme)); // not only on closing: a choice is a choice
    applyTheme(theme);
    updateActions();
}

bool AnalysePage::isBusy() const
{
    return Page::isBusy() || m_sources->isAnyWaiting() || m_views->isBusy();
}

bool AnalysePage::saveScreenshot(const std::filesystem::path &path)
{
    settle(5000);
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    if (!grab().toImage().save(&buffer, "PNG"))
        return false;
    writeAtomically(path, std::string_view(buffer.data().constData(), static_cast<std::size_t>(buffer.data().size())));
    return true;
}

bool AnalysePage::eventFilter(QObject *object, QEvent *event)
{
    // A number field would take [ and ] for text; they are the window's.
    if (event->type() == QEvent::ShortcutOverride) {
        const int key = static_cast<QKeyEvent *>(event)->key();
        if (key == Qt::Key_BracketLeft || key == Qt::Key_BracketRight || key == Qt::Key_BraceLeft || key == Qt::Key_BraceRight) {
            event->ignore();
            return true;
        }
    }
    return Page::eventFilter(object, event);
}

void AnalysePage::readSettings()
{
    const QSettings settings;
    // The arrangement of panels is restored into the size it was made for.
    if (const QSize size = settings.value(QStringLiteral("window/size")).toSize(); size.width() >= 400 && size.height() >= 300)
        resize(size);
    m_panels.readSettings();
    setTheme(static_cast<Theme>(std::clamp(settings.value(QStringLiteral("theme"), 0).toInt(), 0, 2)));
    ThumbnailWall *wall = m_views->wall()->wall();
    wall->setZoom(settings.value(QStringLiteral("zoom"), wall->zoom()).toInt());
    m_views->wall()->setSort(static_cast<FaceModel::Sort>(std::clamp(settings.value(QStringLiteral("sort"), 0).toInt(), 0, FaceModel::sorts - 1)),
                             settings.value(QStringLiteral("ascending"), false).toBool() ? Qt::AscendingOrder : Qt::DescendingOrder);
}

void AnalysePage::leave()
{
    m_views->frames()->pause();
    QSettings settings;
    settings.setValue(QStringLiteral("window/size"), size());
    m_panels.writeSettings();
    settings.setValue(QStringLiteral("theme"), static_cast<int>(m_theme));
    settings.setValue(QStringLiteral("zoom"), m_views->wall()->wall()->zoom());
    settings.setValue(QStringLiteral("sort"), static_cast<int>(m_views->faces()->sort()));
    settings.setValue(QStringLiteral("ascending"), m_views->faces()->order() == Qt::AscendingOrder);
}

} // namespace dscope
