// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/pagetest.h"
#include "ui/pages/evaluationpage.h"

#include <QtTest/QtTest>

#include <filesystem>

namespace dscope::test {

/// What tests of the page for evaluation share: the page in a window of its own with settings of its own, used as a person would, and a folder for files.
class EvaluationTest : public PageTest<EvaluationPage> {
    Q_OBJECT
protected:
    EvaluationTest() = default;
    ~EvaluationTest() override;

    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) const { QTest::keyClick(m_page.get(), key, modifiers); }
    /// With two runs and the live threshold.
    bool filled() const;
    /// Drags a file or a folder onto the page.
    void drop(const std::filesystem::path &file) const;

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_settings.isValid()); }
    /// A fresh folder, no settings, and a page that has the keyboard.
    void init();
    void cleanup();
};

} // namespace dscope::test
