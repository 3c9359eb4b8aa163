// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTemporaryDir>

namespace dscope::test {

/// Keeps a test's settings apart from the user's: from its making on QSettings() means a file in a folder of its own, which goes with it. As a member of a
/// test class it serves the class.
class OwnSettings {
public:
    OwnSettings();
    bool isValid() const { return m_folder.isValid(); }
    QString path() const { return m_folder.path(); }

private:
    QTemporaryDir m_folder;
};

} // namespace dscope::test
