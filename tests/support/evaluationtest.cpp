// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/evaluationtest.h"
#include "tests/support/widgets.h"

#include <QCoreApplication>
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
    dropOn(*m_page, file);
}

} // namespace dscope::test
