// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/ownsettings.h"
#include "ui/pages/evaluationpage.h"

#include <QObject>
#include <QString>
#include <QTemporaryDir>
#include <QtTest/QtTest>

#include <filesystem>
#include <memory>

namespace dscope::test {

/// What tests of the page for evaluation share: the page in a window of its own with settings of its own, used as a person would, and a folder for files.
class EvaluationTest : public QObject {
protected:
    EvaluationTest() = default;
    ~EvaluationTest() override;

    /// A fresh folder, no settings, and a page that has the keyboard.
    void begin();
    void end();

    template<typename T>
    T *find(const char *name) const
    {
        T *found = m_page->findChild<T *>(QLatin1String(name));
        if (found == nullptr)
            qFatal("there is no %s", name);
        return found;
    }
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) const { QTest::keyClick(m_page.get(), key, modifiers); }
    std::filesystem::path path(const char *name) const { return m_folder->filePath(QLatin1String(name)).toStdString(); }
    static QString toText(const std::filesystem::path &path) { return QString::fromStdString(path.string()); }
    /// Drags a file or a folder onto the page.
    void drop(const std::filesystem::path &file) const;

    OwnSettings m_settings;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<EvaluationPage> m_page;
};

} // namespace dscope::test
