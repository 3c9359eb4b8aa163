// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>

using namespace dscope;
namespace fs = std::filesystem;

/// No call in core and app that follows the user's locale: numbers in files, tables and labels have a point everywhere, and bytes are letters by their
/// value. core/base/text.cpp holds the one function that prints numbers, csv.h those that write and read them.
class TestLocale : public QObject {
    Q_OBJECT

    static std::string firstUse(const fs::path &file)
    {
        static const std::regex forbidden(R"((^|[^_A-Za-z0-9:.>])(std::|::)?(v?f?printf|v?sn?printf|strto(d|f|ld|flt)|sto(d|f|ld)|atof|is(alpha|alnum|digit|)"
                                          R"(space|upper|lower|punct|print|cntrl|xdigit)|to(upper|lower)|strerror|setlocale)\s*\()");
        static const std::regex error(R"((problem|code\(\)|error)\.message\(\)|scanf\s*\(.*%[0-9l]*[efgaEFGA])"); // whole numbers are the same everywhere
        const std::string text = readText(file);
        std::size_t number = 0;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            std::string line = text.substr(at, end - at);
            at = end + 1;
            ++number;
            line = line.substr(0, line.find("//"));
            if (std::regex_search(line, forbidden) || std::regex_search(line, error))
                return file.string() + ":" + std::to_string(number) + ": " + line;
        }
        return {};
    }

private Q_SLOTS:
    void nothingFollowsTheLocale()
    {
        const fs::path root = test::sourceDir();
        QVERIFY(fs::exists(root / "core"));
        int files = 0;
        for (const char *folder : {"core", "app"})
            for (const fs::directory_entry &entry : fs::recursive_directory_iterator(root / folder)) {
                const fs::path &path = entry.path();
                if (path.extension() != ".cpp" && path.extension() != ".h")
                    continue;
                // The one function that prints, the way FFmpeg hands over its messages, and the program's own decision for a plain locale.
                const std::string name = path.lexically_relative(root).generic_string();
                if (name == "core/base/text.cpp" || name == "core/base/text.h" || name == "core/media/ffmpeg.cpp" || name == "app/cli/window.cpp"
                    || name == "app/selfcheck/main.cpp")
                    continue;
                ++files;
                const std::string found = firstUse(path);
                QVERIFY2(found.empty(), found.c_str());
            }
        QVERIFY(files > 200);
    }

    /// std::to_string of a double prints by the locale, and looks like that of a whole number; the compiler tells them apart.
    void noNumberIsMadeTextByTheLibrary()
    {
        const std::string library = readText(DSCOPE_CORE_LIBRARY, std::uint64_t{1} << 34);
        QVERIFY(library.find("_ZN6dscope7printed") != std::string::npos);
        QVERIFY2(library.find("__to_xstring") == std::string::npos, "std::to_string() of a double or float: use printed() or csvNumber()");
    }

    void theSearchFindsThem()
    {
        const fs::path file = fs::path(m_dir.path().toStdString()) / "a.cpp";
        for (const std::string use :
             {"std::snprintf(text, 3, \"%f\", x);", "const double x = std::stod(text);", " printf(\"%g\", 1.0);", "c = std::tolower(c);", "if (isspace(c))",
              "x = strtod(a, &b);", "std::strerror(errno)", "problem.message()", "sscanf(text, \"%lf\", &x)"}) {
            writeAtomically(file, "int a;\n" + use + "\n");
            QVERIFY2(firstUse(file).find("a.cpp:2: ") != std::string::npos, use.c_str());
        }
        for (const std::string use :
             {"// printf(\"%f\")", "const auto text = printed(\"%f\", x);", "value.isDigit(c)", "isDigit(c)", "custom_stod(x)", "sscanf(text, \"%lld\", &n)"}) {
            writeAtomically(file, use);
            QVERIFY2(firstUse(file).empty(), use.c_str());
        }
    }

private:
    QTemporaryDir m_dir;
};

DSCOPE_TEST(TestLocale)
#include "tst_locale.moc"
