// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>
#include <QtTest/QtTest>

#include <filesystem>
#include <functional>
#include <string>

/// Registers a test class under the name of its file (tst_dscore.cpp is `dscore`); ctest runs one class at a time by that name.
/// Write DSCOPE_TEST(TestDscore) after the class, then include the moc file.
#define DSCOPE_TEST(Class) static const bool s_registered_##Class = ::dscope::test::registerTest(__FILE__, [] { return static_cast<QObject *>(new Class); });

namespace dscope::test {

/// Adds a test class to the executable's table. Called by DSCOPE_TEST before main.
bool registerTest(const char *file, std::function<QObject *()> make);
/// Runs the classes named in the arguments (all without any) and returns 0, 1 (failed) or 77 (all of it skipped).
int runTests(int argc, char **argv);

/// The folder of reference data: DSCOPE_SHARED, else `shared` beside the source tree; empty where neither is there.
std::filesystem::path sharedDir();
/// The golden inputs: DSCOPE_GOLDEN, else `golden` in sharedDir(); empty where neither is there.
std::filesystem::path goldenDir();
/// A message for QSKIP that says which file was looked for.
QByteArray missing(const std::filesystem::path &path);
/// The root of the source tree.
std::filesystem::path sourceDir();

} // namespace dscope::test

/// Skips the test function, with the reason, where `needed` (inside ../shared) does not exist.
#define DSCOPE_NEED(needed)                                                                                                                                    \
    do {                                                                                                                                                       \
        const std::filesystem::path needed_ = (needed);                                                                                                        \
        if (needed_.empty() || !std::filesystem::exists(needed_))                                                                                              \
            QSKIP(::dscope::test::missing(needed_).constData());                                                                                               \
    } while (false)
