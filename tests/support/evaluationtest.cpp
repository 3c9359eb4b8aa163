// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/evaluationtest.h"
#include "tests/support/madeevaluation.h"
#include "tests/support/widgets.h"
#include "ui/jobs/job.h"
#include "ui/jobs/liveengine.h"

#include <QCoreApplication>
#include <QSettings>
#include <QUrl>

namespace dscope::test {

EvaluationTest::~EvaluationTest() = default;

void EvaluationTest::init()
{
    QSettings().clear();
    m_folder = std::make_unique<QTemporaryDir>();
    m_page = std::make_unique<EvaluationPage>(ModelStore());
    showActive(*m_page, 1300, 860);
}

void EvaluationTest::cleanup()
{
    m_page.reset();
    m_folder.reset();
}

bool EvaluationTest::filled() const
{
    m_page->evaluate(madeEvaluation(), {"average", "ddl"}, 50);
    return m_page->settle(60'000) && m_page->engine()->isReady();
}

void EvaluationTest::drop(const std::filesystem::path &file) const
{
    dropOn(*m_page, file);
}

} // namespace dscope::test
