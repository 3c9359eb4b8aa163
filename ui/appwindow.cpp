// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/appwindow.h"

#include "ui/convert.h"
#include "ui/pages/analysepage.h"
#include "ui/pages/evaluationpage.h"
#include "ui/pages/labelpage.h"
#include "ui/pages/modelpage.h"
#include "ui/pages/trainpage.h"
#include "ui/projectactions.h"
#include "ui/projectsession.h"
#include "ui/translation.h"
#include "ui/views/jobbar.h"
#include "ui/views/pageswitch.h"

#include <QAction>
#include <QButtonGroup>
#include <QCloseEvent>
#include <QCoreApplication>
#include <QDragEnterEvent>
#include <QHBoxLayout>
#include <QMenu>
#include <QMenuBar>
#include <QMimeData>
#include <QScreen>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace dscope {

namespace {
const auto geometryKey = QStringLiteral("window/frame");
const auto pageKey = QStringLiteral("page");

bool holdsProject(const QMimeData *data)
{
    const std::vector<std::filesystem::path> files = localFiles(*data);
    return std::any_of(files.begin(), files.end(), isProject);
}
} // namespace

AppWindow::AppWindow(ModelStore store, AnalysisOptions options, QWidget *parent)
    : QWidget(parent), m_rail(new QWidget(this)), m_buttons(new QButtonGroup(this)), m_pages(new QStackedWidget(this))
{
    installTranslation();
    setObjectName(QStringLiteral("appWindow"));
    auto *line = new QHBoxLayout(this);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(0);
    line->addWidget(m_rail);
    line->addWidget(m_pages, 1);
    m_pages->setObjectName(QStringLiteral("appPages"));
    buildRail();

    addPage(m_analyse = new AnalysePage(store, std::move(options)));
    addPage(m_label = new LabelPage(store));
    addPage(m_train = new TrainPage);
    m_train->setStore(store);
    addPage(m_models = new ModelPage(store));
    addPage(m_evaluate = new EvaluationPage(store));
    for (int i = 0; i < pageCount(); ++i) {
        page(i)->setDeviceText([this] { return m_analyse->deviceFound(); });
        connect(m_models, &ModelPage::storeChanged, page(i), &Page::setStore);
    }
    connect(m_train, &TrainPage::addModel, this, [this](const std::filesystem::path &file) {
        m_models->addFiles({file});
        showPage(m_models);
        m_models->choose(file.stem().string());
    });

    buildProject();
    QSize size(1500, 940);
    if (const QScreen *display = screen(); display != nullptr)
        size = size.boundedTo(display->availableSize()); // or its lower right corner would be out of reach
    resize(size);
    connect(m_buttons, &QButtonGroup::idClicked, this, qOverload<int>(&AppWindow::showPage));
    readSettings();
    updateIcons();
}

AppWindow::~AppWindow()
{
    delete m_project;
    m_project = nullptr;
    // What pages say while they go would reach a window half gone.
    for (int i = 0; i < pageCount(); ++i)
        page(i)->disconnect(this);
}

void AppWindow::buildRail()
{
    m_rail->setObjectName(QStringLiteral("rail"));
    m_rail->setAccessibleName(tr("Pages"));
    auto *column = new QVBoxLayout(m_rail);
    column->setContentsMargins(0, 6, 0, 6);
    column->setSpacing(2);
    m_switches = new QVBoxLayout;
    m_switches->setSpacing(2);
    column->addLayout(m_switches);
    column->addStretch(1);
    m_themeButton = new QToolButton(m_rail);
    m_themeButton->setObjectName(QStringLiteral("themeButton"));
    m_themeButton->setAutoRaise(true);
    m_themeButton->setIconSize({20, 20});
    m_themeButton->setToolTip(tr("Light or dark"));
    m_themeButton->setAccessibleName(tr("Light or dark colours"));
    connect(m_themeButton, &QToolButton::clicked, this, [this] { setTheme(isDark(palette()) ? Theme::Light : Theme::Dark); });
    column->addWidget(m_themeButton, 0, Qt::AlignHCenter);
}

void AppWindow::buildProject()
{
    setAcceptDrops(true);
    m_project = new ProjectSession(m_analyse, m_evaluate, this);
    connect(m_project, &ProjectSession::changed, this, &AppWindow::updateTitle);
    connect(m_project, &ProjectSession::opened, this, [this](const QString &name) {
        const bool evaluates = !m_evaluate->state().runs().empty() && m_analyse->projectPart().sources.empty();
        const int number = numberOf(name);
        showPage(number >= 0 ? page(number) : evaluates ? static_cast<Page *>(m_evaluate) : m_analyse);
    });
    const auto *actions = new ProjectActions(m_project, this);
    // A project is of the whole window, so each page's File menu begins with it, and each tells what is read or written.
    for (int i = 0; i < pageCount(); ++i) {
        auto *bar = new JobBar;
        bar->setObjectName(QStringLiteral("projectJob"));
        page(i)->statusBar()->addPermanentWidget(bar);
        connect(m_project, &ProjectSession::started, bar, &JobBar::follow);
        QMenu *file = page(i)->menuBar()->actions().first()->menu();
        QAction *before = file->actions().value(0);
        file->insertActions(before, actions->all());
        file->insertSeparator(before);
    }
}

void AppWindow::addPage(Page *page)
{
    const int number = m_pages->addWidget(page);
    auto *button = new PageSwitch(page->pageName(), page->title(), m_rail);
    m_buttons->addButton(button, number);
    m_switches->addWidget(button);
    auto *action = new QAction(page->title(), this);
    action->setObjectName(QStringLiteral("page_") + page->pageName());
    action->setShortcut(pageSequence(number));
    connect(action, &QAction::triggered, this, [this, number] { showPage(number); });
    addAction(action);
    button->setToolTip(QStringLiteral("%1 (%2)").arg(page->tip(), action->shortcut().toString(QKeySequence::NativeText)));
    connect(page, &QWidget::windowTitleChanged, this, &AppWindow::updateTitle);
    page->installEventFilter(this);
}

int AppWindow::pageCount() const
{
    return m_pages->count();
}

Page *AppWindow::page(int number) const
{
    return static_cast<Page *>(m_pages->widget(number));
}

int AppWindow::numberOf(const QString &name) const
{
    for (int i = 0; i < pageCount(); ++i)
        if (page(i)->pageName() == name)
            return i;
    return -1;
}

int AppWindow::currentPage() const
{
    return m_pages->currentIndex();
}

void AppWindow::showPage(int number)
{
    if (number < 0 || number >= pageCount())
        return;
    QWidget *before = m_pages->currentWidget();
    m_pages->setCurrentIndex(number);
    m_buttons->button(number)->setChecked(true);
    m_project->setPage(page(number)->pageName());
    // Keys typed from now on are for this page; where it had the keyboard last time it gets it back there.
    if (before != page(number) || !page(number)->isAncestorOf(focusWidget())) {
        QWidget *last = page(number)->focusWidget();
        (last != nullptr ? last : page(number))->setFocus(Qt::OtherFocusReason);
    }
    updateTitle();
}

void AppWindow::showPage(QWidget *page)
{
    showPage(m_pages->indexOf(page));
}

void AppWindow::setTheme(Theme theme)
{
    m_analyse->setTheme(theme);
}

void AppWindow::openSources(const std::vector<std::filesystem::path> &paths)
{
    if (const auto project = std::find_if(paths.begin(), paths.end(), isProject); project != paths.end()) {
        // First, because it replaces what is open; what else was named comes to it.
        std::vector<std::filesystem::path> others = paths;
        others.erase(others.begin() + (project - paths.begin()));
        return m_project->whenSaved([this, file = *project, others = std::move(others)] { m_project->open(file, [this, others] { openSources(others); }); });
    }
    std::vector<std::filesystem::path> sources;
    for (const std::filesystem::path &path : paths) {
        Page *wanting = nullptr;
        for (int i = 0; i < pageCount() && wanting == nullptr; ++i)
            if (page(i)->wants(path))
                wanting = page(i);
        if (wanting == nullptr) {
            sources.push_back(path);
            continue;
        }
        showPage(wanting);
        wanting->open({path});
    }
    if (sources.empty())
        return;
    showPage(m_analyse);
    m_analyse->open(sources);
}

void AppWindow::updateIcons()
{
    m_themeButton->setIcon(themedIcon(QStringLiteral("theme"), palette()));
    setWindowIcon(themedIcon(QStringLiteral("dscope"), palette()));
}

void AppWindow::updateTitle()
{
    if (m_project == nullptr)
        return;
    QString title = m_pages->currentWidget()->windowTitle();
    bool modified = m_pages->currentWidget()->isWindowModified();
    if (title.isEmpty())
        title = QStringLiteral("Dscope");
    if (!m_project->file().empty()) {
        title = tr("%1[*] – %2").arg(m_project->name(), title.remove(QStringLiteral("[*]")));
        modified = modified || m_project->isModified();
    }
    setWindowTitle(title);
    setWindowModified(modified);
}

void AppWindow::readSettings()
{
    const QSettings settings;
    restoreGeometry(settings.value(geometryKey).toByteArray());
    showPage(std::max(0, numberOf(settings.value(pageKey).toString())));
}

void AppWindow::writeSettings()
{
    QSettings settings;
    settings.setValue(geometryKey, saveGeometry());
    settings.setValue(pageKey, page(currentPage())->pageName());
}

void AppWindow::closeEvent(QCloseEvent *event)
{
    if (m_project->isSaving() || m_project->losesAnything()) {
        event->ignore();
        return m_project->whenSaved([this] { close(); });
    }
    // First those that may have a question, and only then the rest.
    for (int i = pageCount(); i-- > 0;) {
        QCloseEvent asked;
        QCoreApplication::sendEvent(page(i), &asked);
        if (!asked.isAccepted()) {
            showPage(i);
            return event->ignore();
        }
    }
    m_project->finish();
    writeSettings();
    event->accept();
}

void AppWindow::dragEnterEvent(QDragEnterEvent *event)
{
    if (holdsProject(event->mimeData()))
        event->acceptProposedAction();
}

void AppWindow::dropEvent(QDropEvent *event)
{
    event->acceptProposedAction();
    openSources(localFiles(*event->mimeData()));
}

bool AppWindow::eventFilter(QObject *object, QEvent *event)
{
    // A page tells of its title, but not of the mark that something in it is not saved.
    if (event->type() == QEvent::ModifiedChange)
        updateTitle();
    // A project is the window's, whatever page it is dropped on.
    if (event->type() == QEvent::DragEnter && holdsProject(static_cast<QDragEnterEvent *>(event)->mimeData())) {
        dragEnterEvent(static_cast<QDragEnterEvent *>(event));
        return true;
    }
    if (event->type() == QEvent::Drop && holdsProject(static_cast<QDropEvent *>(event)->mimeData())) {
        dropEvent(static_cast<QDropEvent *>(event));
        return true;
    }
    return QWidget::eventFilter(object, event);
}

void AppWindow::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_themeButton != nullptr)
        updateIcons();
}

} // namespace dscope
