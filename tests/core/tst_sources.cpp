// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "tests/support/support.h"

#include <QProcess>
#include <QStandardPaths>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

using namespace dscope;
namespace fs = std::filesystem;

/// What must hold of every source: its licence, the layers, the formatting.
class TestSources : public QObject {
    Q_OBJECT

    static std::vector<fs::path> sources(const std::vector<const char *> &folders, const std::vector<const char *> &endings)
    {
        std::vector<fs::path> found;
        for (const char *folder : folders)
            for (const fs::directory_entry &entry : fs::recursive_directory_iterator(test::sourceDir() / folder))
                if (std::any_of(endings.begin(), endings.end(), [&](const char *ending) { return entry.path().extension() == ending; }))
                    found.push_back(entry.path());
        std::sort(found.begin(), found.end());
        return found;
    }

private Q_SLOTS:
    void saysItsLicence()
    {
        const std::vector<fs::path> all = sources({"app", "core", "ui", "tests", "setup"}, {".h", ".cpp", ".inc", ".py", ".sh"});
        QVERIFY(all.size() > 900);
        for (const fs::path &file : all) {
            const std::string text = readText(file);
            QVERIFY2(text.substr(0, 300).find("SPDX-License-Identifier: GPL-3.0-or-later") != std::string::npos, file.c_str());
        }
    }

    /// app -> ui -> core, never back; core has no Qt, and ui no torch.
    void layers()
    {
        const std::regex include("#include\\s*[<\\x22]([^>\\x22]+)[>\\x22]"); // \x22: a quotation mark
        int includes = 0;
        for (const fs::path &file : sources({"core", "ui"}, {".h", ".cpp"})) {
            const std::string name = file.lexically_relative(test::sourceDir()).generic_string();
            const bool core = name.starts_with("core/");
            const std::string text = readText(file);
            for (std::sregex_iterator one(text.begin(), text.end(), include), end; one != end; ++one) {
                const std::string what = (*one)[1];
                ++includes;
                const bool wrong = what.starts_with("app/") || what.starts_with("tests/") || (core && (what.starts_with("ui/") || what.starts_with("Q")))
                    || (!core && (what.starts_with("torch/") || what.starts_with("ATen/") || what.starts_with("c10/")));
                QVERIFY2(!wrong, (name + " includes " + what).c_str());
            }
        }
        QVERIFY(includes > 3000);
    }

    /// What the elements of a task are is known in its own folder alone; everything else asks core/tasks/.
    void tasksStayInTheirFolders()
    {
        const std::regex folder("#include \\x22core/tasks/[a-z]+/"); // \\x22: a quotation mark
        for (const fs::path &file : sources({"app", "core", "ui"}, {".h", ".cpp"})) {
            const std::string name = file.lexically_relative(test::sourceDir()).generic_string();
            if (!name.starts_with("core/tasks/"))
                QVERIFY2(!std::regex_search(readText(file), folder), name.c_str());
        }
    }

    /// The size of an aligned face is known to the task of faces alone (a task may say its own elements' of the same number); everything else asks the task or
    /// the network. (Comments and texts may name it.)
    void facesHaveTheirSizeFromTheirTask()
    {
        const std::regex said("//[^\n]*|\x22(\\\\.|[^\x22\\\\\n])*\x22");
        const std::regex size("(^|[^0-9A-Za-z_.])112([^0-9A-Za-z_]|$)");
        for (const fs::path &file : sources({"core"}, {".h", ".cpp"})) {
            const std::string name = file.lexically_relative(test::sourceDir()).generic_string();
            if (name.starts_with("core/tasks/face/") || name.ends_with("/task.cpp") || name == "core/training/reidtrainer.h"
                || name == "core/training/clipset.h") // the width of the paper's people, the sides of its clips
                continue;
            QVERIFY2(!std::regex_search(std::regex_replace(readText(file), said, ""), size), name.c_str());
        }
    }

    void formatted()
    {
        const QString tool = QStandardPaths::findExecutable(QStringLiteral("clang-format-14"));
        if (tool.isEmpty())
            QSKIP("clang-format-14 is not here: the formatting was not looked at");
        const std::vector<fs::path> all = sources({"app", "core", "ui", "tests"}, {".h", ".cpp", ".inc"});
        constexpr std::size_t some = 100;
        for (std::size_t from = 0; from < all.size(); from += some) {
            QStringList words{QStringLiteral("--dry-run"), QStringLiteral("-Werror")};
            for (std::size_t i = from; i < std::min(all.size(), from + some); ++i)
                words << QString::fromStdString(all[i].string());
            QProcess process;
            process.start(tool, words);
            QVERIFY(process.waitForFinished(-1));
            QVERIFY2(process.exitCode() == 0, process.readAllStandardError().left(600).constData());
        }
    }
};

DSCOPE_TEST(TestSources)
#include "tst_sources.moc"
