#include "tests/support/evaluationtest.h"

#include <QCoreApplication>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QMimeData>
#include <QSettings>
#include <QUrl>

namespace dscope::test {

EvaluationTest::~EvaluationTest() = default;

void EvaluationTest::begin()
{
    QSettings().clear();
    m_folder = std::make_unique<QTemporaryDir>();
    m_page = std::make_unique<EvaluationPage>(ModelStore());
    m_page->resize(1300, 860);
    m_page->show();
    m_page->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(m_page.get()));
}

void EvaluationTest::end()
{
    m_page.reset();
    m_folder.reset();
}

void EvaluationTest::drop(const std::filesystem::path &file) const
{
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(toText(file))});
    QDragEnterEvent enter(QPoint(200, 200), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(m_page.get(), &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent event(QPointF(200, 200), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(m_page.get(), &event);
}

} // namespace dscope::test
