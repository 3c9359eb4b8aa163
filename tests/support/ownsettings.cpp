// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/ownsettings.h"

#include <QCoreApplication>
#include <QSettings>

namespace dscope::test {

OwnSettings::OwnSettings()
{
    QCoreApplication::setOrganizationName(QStringLiteral("dscope-test"));
    QCoreApplication::setApplicationName(QStringLiteral("dscope-test"));
    QSettings::setDefaultFormat(QSettings::IniFormat);
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_folder.path());
}

} // namespace dscope::test
