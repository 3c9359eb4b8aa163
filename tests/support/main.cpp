#include "tests/support/support.h"

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
    return dscope::test::runTests(argc, argv);
}
