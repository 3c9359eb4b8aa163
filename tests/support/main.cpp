// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include <QLocale>

#ifdef DSCOPE_TEST_GUI
#include <QApplication>
using Application = QApplication;
#else
#include <QCoreApplication>
using Application = QCoreApplication;
#endif

int main(int argc, char **argv)
{
    Application app(argc, argv);
    // Qt takes up the locale of the C library, which stays as it is here: core's numbers must not depend on it. The window's are those of usePlainNumbers()
    // but for the grouping of digits.
    QLocale::setDefault(QLocale::c());
    return dscope::test::runTests(argc, argv);
}
