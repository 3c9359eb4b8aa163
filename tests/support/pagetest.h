// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/ownsettings.h"

#include <QObject>
#include <QString>
#include <QTemporaryDir>

#include <filesystem>
#include <memory>

namespace dscope::test {

/// What tests of a page share: it, with settings of its own and a folder for files.
template<typename Page>
class PageTest : public QObject {
protected:
    template<typename T>
    T *find(const char *name) const
    {
        T *found = m_page->template findChild<T *>(QLatin1String(name));
        if (found == nullptr)
            qFatal("there is no %s", name);
        return found;
    }
    std::filesystem::path path(const char *name) const { return m_folder->filePath(QLatin1String(name)).toStdString(); }
    static QString toText(const std::filesystem::path &path) { return QString::fromStdString(path.string()); }

    OwnSettings m_settings;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Page> m_page;
};

} // namespace dscope::test
