#include "ui/mainwindow.h"

#include "core/base/files.h"
#include "ui/convert.h"
#include "ui/jobs/frameprovider.h"
#include "ui/jobs/job.h"
#include "ui/models/facemodel.h"
#include "ui/views/jobbar.h"
#include "ui/views/noticebar.h"
#include "ui/views/thumbnailwall.h"

#include <QCloseEvent>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QMessageBox>
#include <QMimeData>
#include <QSettings>
#include <QStatusBar>

#include <algorithm>
#include <cstdlib>

namespace dscope {

namespace {
constexpr qsizetype recentLimit = 10;
constexpr int settingsVersion = 1; ///< of the arrangement of panels; an older one is not restored
const auto recentKey = QStringLiteral("recent");
} // namespace

std::filesystem::path MainWindow::examplePath()
{
    std::vector<std::filesystem::path> folders;
    if (const char *samples = std::getenv("DSCOPE_SAMPLES"); samples != nullptr && *samples != '\0')
        folders.emplace_back(samples);
    folders.push_back(cacheDir() / "samples");
    for (const std::filesystem::path &folder : folders) {
        std::error_code error;
        if (std::filesystem::path file = folder / "carphone_pristine.mp4"; std::filesystem::is_regular_file(file, error))
            return file;
    }
    return {};
}

void MainWindow::openExample()
{
    if (const std::filesystem::path example = examplePath(); !example.empty())
        openSources({example});
}

void MainWindow::askForFiles()
{
    auto *dialog = new QFileDialog(this, tr("Open files"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    dialog->setNameFilters(
        {tr("Videos, pictures and lists (*.mp4 *.mkv *.mov *.avi *.webm *.m4v *.mpg *.ts *.jpg *.jpeg *.png *.webp *.bmp *.tif *.tiff *.csv)"),
         tr("All files (*)")});
    connect(dialog, &QFileDialog::filesSelected, this, [this](const QStringList &files) {
        std::vector<std::filesystem::path> paths;
        for (const QString &file : files)
            paths.push_back(toPath(file));
        openSources(paths);
    });
    dialog->open();
}

void MainWindow::askForFolder(const QString &title)
{
    auto *dialog = new QFileDialog(this, title);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &folder) { openSources({toPath(folder)}); });
    dialog->open();
}

void MainWindow::openSources(const std::vector<std::filesystem::path> &paths)
{
    std::vector<std::filesystem::path> all = m_paths;
    for (const std::filesystem::path &path : paths)
        if (std::find(all.begin(), all.end(), path) == all.end())
            all.push_back(path);
    if (paths.empty())
        return;
    remember(paths);
    analyseAll(std::move(all));
}

void MainWindow::analyseAll(std::vector<std::filesystem::path> paths)
{
    if (paths.empty())
        return closeAll();
    delete m_job; // the newest wish wins
    m_frames->pause();
    m_notices.clear();
    m_noticeBar->clear();
    m_job = Job::start(
        this, tr("Opening"),
        [paths, options = m_options, store = m_store](Task &task) -> DocumentPtr {
            Analysis analysis = analyse(paths, options, store, task);
            task.throwIfCancelled();
            return std::make_shared<const Document>(std::move(analysis));
        },
        [this, paths](DocumentPtr document) {
            m_paths = paths;
            setDocument(std::move(document));
            for (const Source &source : m_document->analysis().sources)
                if (source.groups.empty())
                    m_noticeBar->add(source.warnings.empty() ? tr("No face was found in %1.").arg(toQString(source.path)) : toQString(source.warnings.front()));
        });
    connect(m_job, &Job::notice, this, [this](const QString &text) {
        m_notices << text;
        m_noticeBar->add(text);
    });
    connect(m_job, &Job::finished, this, [this] {
        m_job = nullptr;
        Q_EMIT analysisFinished();
    });
    connect(m_job, &Job::cancelled, this, [this] {
        m_job = nullptr;
        statusBar()->showMessage(tr("Cancelled"), 4000);
    });
    connect(m_job, &Job::failed, this, [this](const QString &detail) {
        m_job = nullptr;
        showFailure(tr("This could not be opened."), detail);
        Q_EMIT analysisFailed(detail);
    });
    m_jobBar->follow(m_job);
}

void MainWindow::removeSource(int source)
{
    if (!m_document || source < 0 || source >= m_document->sourceCount())
        return;
    std::vector<std::filesystem::path> paths = m_paths;
    std::erase(paths, m_document->sourceData(source).path);
    analyseAll(std::move(paths));
}

void MainWindow::showFailure(const QString &headline, const QString &detail)
{
    auto *box = new QMessageBox(QMessageBox::Warning, QStringLiteral("Dscope"), headline, QMessageBox::Ok, this);
    box->setObjectName(QStringLiteral("failure"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(detail);
    box->setTextInteractionFlags(Qt::TextSelectableByMouse);
    box->open();
}

void MainWindow::dragEnterEvent(QDragEnterEvent *event)
{
    const QList<QUrl> urls = event->mimeData()->urls();
    if (std::any_of(urls.begin(), urls.end(), [](const QUrl &url) { return url.isLocalFile(); }))
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent *event)
{
    std::vector<std::filesystem::path> paths;
    for (const QUrl &url : event->mimeData()->urls())
        if (url.isLocalFile())
            paths.push_back(toPath(url.toLocalFile()));
    event->acceptProposedAction();
    openSources(paths);
}

void MainWindow::remember(const std::vector<std::filesystem::path> &paths)
{
    QSettings settings;
    QStringList recent = settings.value(recentKey).toStringList();
    for (const std::filesystem::path &path : paths) {
        const QString text = QFileInfo(toQString(path)).absoluteFilePath();
        recent.removeAll(text);
        recent.prepend(text);
    }
    settings.setValue(recentKey, QStringList(recent.mid(0, recentLimit)));
    fillRecent();
}

void MainWindow::fillRecent()
{
    m_recent->clear();
    const QStringList recent = QSettings().value(recentKey).toStringList();
    for (const QString &path : recent)
        addAction(m_recent, {}, QString(path).replace(QLatin1Char('&'), QStringLiteral("&&")), {}, {}, [this, path] { openSources({toPath(path)}); });
    m_recent->setEnabled(!recent.isEmpty());
    if (!recent.isEmpty()) {
        m_recent->addSeparator();
        addAction(m_recent, {}, tr("&Forget these"), {}, {}, [this] {
            QSettings().remove(recentKey);
            // Not from within the menu's own action.
            QMetaObject::invokeMethod(this, &MainWindow::fillRecent, Qt::QueuedConnection);
        });
    }
}

void MainWindow::readSettings()
{
    const QSettings settings;
    restoreGeometry(settings.value(QStringLiteral("window/geometry")).toByteArray());
    m_panelsArranged = restoreState(settings.value(QStringLiteral("window/state")).toByteArray(), settingsVersion);
    setTheme(static_cast<Theme>(std::clamp(settings.value(QStringLiteral("theme"), 0).toInt(), 0, 2)));
    m_wall->setZoom(settings.value(QStringLiteral("zoom"), m_wall->zoom()).toInt());
    setSort(std::clamp(settings.value(QStringLiteral("sort"), 0).toInt(), 0, 3),
            settings.value(QStringLiteral("ascending"), false).toBool() ? Qt::AscendingOrder : Qt::DescendingOrder);
    fillRecent();
}

void MainWindow::writeSettings()
{
    QSettings settings;
    settings.setValue(QStringLiteral("window/geometry"), saveGeometry());
    if (m_panelsShown) // else the panels are only hidden because nothing is open
        settings.setValue(QStringLiteral("window/state"), saveState(settingsVersion));
    settings.setValue(QStringLiteral("theme"), static_cast<int>(m_theme));
    settings.setValue(QStringLiteral("zoom"), m_wall->zoom());
    settings.setValue(QStringLiteral("sort"), static_cast<int>(m_faces->sort()));
    settings.setValue(QStringLiteral("ascending"), m_faces->order() == Qt::AscendingOrder);
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    m_frames->pause();
    if (m_job)
        m_job->cancel();
    writeSettings();
    event->accept();
}

} // namespace dscope
