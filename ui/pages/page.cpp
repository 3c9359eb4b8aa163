// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/page.h"

#include "core/base/error.h"
#include "core/base/outputfile.h"
#include "core/base/text.h"
#include "ui/convert.h"
#include "ui/dialogs/helpdialogs.h"
#include "ui/jobs/job.h"
#include "ui/plots/plainplot.h"
#include "ui/translation.h"
#include "ui/views/jobbar.h"
#include "ui/views/noticebar.h"
#include "ui/views/parts.h"

#include <QCloseEvent>
#include <QCoreApplication>
#include <QDragEnterEvent>
#include <QElapsedTimer>
#include <QEvent>
#include <QLabel>
#include <QMessageBox>
#include <QMimeData>
#include <QStatusBar>
#include <QThread>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace dscope {

Page::Page(const QString &name, const QString &title, const QString &tip, QWidget *parent)
    : QMainWindow(parent), m_name(name), m_title(title), m_tip(tip), m_actions(this), m_notices(new NoticeBar(this)), m_jobBar(new JobBar(this)),
      m_status(new QLabel(this))
{
    installTranslation();
    setObjectName(name + QStringLiteral("Page"));
    setAcceptDrops(true);
    statusBar()->addWidget(m_status, 1);
    statusBar()->addPermanentWidget(m_jobBar);
}

Page::~Page() = default;

QVBoxLayout *Page::buildCentre()
{
    auto *centre = new QWidget(this);
    QVBoxLayout *column = fillingColumn(centre, 0);
    column->addWidget(m_notices);
    setCentralWidget(centre);
    return column;
}

void Page::finishBuilding()
{
    addHelpMenu(
        this, [this] { return m_deviceText ? m_deviceText() : QString(); }, [this] { return furtherKeys(); });
    m_built = true;
    m_actions.updateIcons();
    followPalette();
}

void Page::endAll()
{
    hide();
    for (Job *job : findChildren<Job *>())
        delete job;
}

Job *Page::follow(Job *job, const QString &headline)
{
    m_job = job;
    connect(job, &Job::notice, this, &Page::note);
    const auto forget = [this] { m_job = nullptr; };
    connect(job, &Job::finished, this, forget);
    connect(job, &Job::cancelled, this, forget);
    connect(job, &Job::failed, this, forget);
    if (!headline.isEmpty())
        connect(job, &Job::failed, this, [this, headline](const QString &detail) { fail(headline, detail); });
    m_jobBar->follow(job);
    return job;
}

void Page::note(const QString &text)
{
    m_notices->add(text);
}

Job *Page::currentJob() const
{
    return m_job;
}

void Page::cancelJob()
{
    if (m_job)
        m_job->cancel();
}

bool Page::isBusy() const
{
    return m_job != nullptr;
}

bool Page::settle(int ms)
{
    QElapsedTimer timer;
    timer.start();
    int quiet = 0;
    while (timer.elapsed() < ms) {
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
        quiet = isBusy() ? 0 : quiet + 1;
        if (quiet >= 3)
            return true;
        QThread::msleep(5);
    }
    return false;
}

void Page::tell(const QString &text, int ms)
{
    statusBar()->showMessage(text, ms);
}

void Page::showFailure(const QString &headline, const QString &detail)
{
    auto *box = new QMessageBox(QMessageBox::Warning, QStringLiteral("Dscope"), headline, QMessageBox::Ok, this);
    box->setObjectName(QStringLiteral("failure"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    box->setInformativeText(detail);
    box->setTextInteractionFlags(Qt::TextSelectableByMouse);
    box->open();
}

void Page::fail(const QString &headline, const QString &detail)
{
    showFailure(headline, detail);
    Q_EMIT failed(detail);
}

void Page::write(const QString &title, const QString &name, const QStringList &filters, TakePath write, std::function<void()> then)
{
    const QString proposed = folder().isEmpty() ? name : QStringLiteral("%1/%2").arg(folder(), name);
    askForTarget(this, title, proposed, filters, [this, write = std::move(write), then = std::move(then)](const std::filesystem::path &path) {
        try {
            refuseInput(path, inputs());
            if (lowerCase(path.extension().string()) != ".png")
                refusePicture(path);
            write(path);
        } catch (const std::exception &error) {
            return showFailure(tr("The file could not be written."), toQString(describe(error)));
        }
        tell(tr("Written: %1").arg(toQString(path)));
        if (then)
            then();
        Q_EMIT written(toQString(path));
    });
}

void Page::exportPlot(PlainPlot *plot, bool pdf)
{
    QStringList filters{tr("PNG picture (*.png)"), tr("SVG drawing (*.svg)")};
    if (pdf)
        filters << tr("PDF (*.pdf)");
    write(tr("Export a plot"), plot->objectName() + QStringLiteral(".png"), filters,
          [plot](const std::filesystem::path &path) { plot->save(toQString(path)); });
}

void Page::whenSaved(std::function<void()> then, std::function<void()> otherwise)
{
    const std::optional<Question> question = unsaved();
    if (!question)
        return then();
    auto *box =
        new QMessageBox(QMessageBox::Question, QStringLiteral("Dscope"), question->text, QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, this);
    box->setObjectName(QStringLiteral("saveQuestion"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    box->setInformativeText(question->detail);
    box->setDefaultButton(QMessageBox::Save);
    connect(box, &QMessageBox::finished, this, [this, then = std::move(then), otherwise = std::move(otherwise)](int answer) {
        if (answer == QMessageBox::Save)
            return save(then, otherwise);
        if (answer == QMessageBox::Discard) {
            giveUp();
            return then();
        }
        if (otherwise)
            otherwise();
    });
    box->open();
}

void Page::save(std::function<void()> then, std::function<void()>)
{
    then();
}

bool Page::mayClose()
{
    if (!unsaved())
        return true;
    whenSaved([this] { window()->close(); });
    return false;
}

void Page::closeEvent(QCloseEvent *event)
{
    if (!mayClose())
        return event->ignore();
    cancelJob();
    leave();
    event->accept();
}

void Page::dragEnterEvent(QDragEnterEvent *event)
{
    if (takes(localFiles(*event->mimeData())))
        event->acceptProposedAction();
}

void Page::dropEvent(QDropEvent *event)
{
    const std::vector<std::filesystem::path> paths = localFiles(*event->mimeData());
    if (!takes(paths))
        return;
    event->acceptProposedAction();
    open(paths);
}

void Page::changeEvent(QEvent *event)
{
    QMainWindow::changeEvent(event);
    if (event->type() != QEvent::PaletteChange || !m_built)
        return;
    m_actions.updateIcons();
    followPalette();
}

} // namespace dscope
