// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/hostile.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <csignal>
#include <fstream>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace dscope::test;

namespace {

/// What a run of the driver (tests_fuzz) took.
struct Run {
    int status = 0;        ///< as waitpid gives it
    std::int64_t peak = 0; ///< bytes resident at most
};

/// The limits are no measure, they keep a run that has gone wrong from harming the machine.
Run run(const std::string &target, const std::string &file)
{
    constexpr rlim_t seconds = 60; // of processor time
    constexpr rlim_t memory = rlim_t{6} << 30;
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit time{seconds, seconds};
        const rlimit data{memory, memory};
        ::setrlimit(RLIMIT_CPU, &time);
        ::setrlimit(RLIMIT_DATA, &data);
        const rlimit none{0, 0};
        ::setrlimit(RLIMIT_CORE, &none);
        const int nowhere = ::open("/dev/null", O_WRONLY);
        ::dup2(nowhere, STDOUT_FILENO);
        ::execl(DSCOPE_FUZZ_DRIVER, DSCOPE_FUZZ_DRIVER, target.c_str(), file.c_str(), static_cast<char *>(nullptr));
        ::_exit(127);
    }
    Run result;
    rusage usage{};
    ::wait4(child, &result.status, 0, &usage);
    result.peak = static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
    return result;
}

QByteArray ending(int status)
{
    return WIFSIGNALED(status) ? QByteArray("was ended by signal ") + QByteArray::number(WTERMSIG(status))
                               : QByteArray("ended with ") + QByteArray::number(WEXITSTATUS(status));
}

} // namespace

/// The rule for every parser: its peak memory stays below 200 MB + 16 times the file's size, over that of a program that has done nothing, and it ends by
/// itself with a result or a refusal of our own words.
class TestHostile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        const std::string small = file("small", "{}");
        const Run idle = run("json", small);
        QVERIFY2(WIFEXITED(idle.status) && WEXITSTATUS(idle.status) == 0, ending(idle.status).constData());
        m_idle = idle.peak;
    }

    void memoryStaysInProportion_data()
    {
        QTest::addColumn<int>("place");
        for (std::size_t i = 0; i < hostileInputs().size(); ++i)
            QTest::newRow(hostileInputs()[i].name.c_str()) << static_cast<int>(i);
    }

    void memoryStaysInProportion()
    {
        QFETCH(int, place);
        const HostileInput &input = hostileInputs()[static_cast<std::size_t>(place)];
        const std::string content = input.make();
        const std::string path = file(input.name, content);
        const Run result = run(input.target, path);
        ::unlink(path.c_str());
        const std::int64_t allowed = 200'000'000 + 16 * static_cast<std::int64_t>(content.size());
        const QByteArray took = QByteArray::number((result.peak - m_idle) / 1'000'000) + " MB over an idle start, " + QByteArray::number(allowed / 1'000'000)
            + " allowed for " + QByteArray::number(content.size()) + " bytes";
        qInfo("%s", took.constData());
        const bool ended = WIFEXITED(result.status) && WEXITSTATUS(result.status) == 0;
        const bool within = result.peak - m_idle < allowed;
        QVERIFY2(ended && within, (ending(result.status) + ", " + took).constData());
    }

private:
    std::string file(const std::string &name, const std::string &content) const
    {
        const std::string path = m_folder.filePath(QString::fromStdString(name)).toStdString();
        std::ofstream out(path, std::ios::binary);
        out << content;
        return path;
    }

    QTemporaryDir m_folder;
    std::int64_t m_idle = 0;
};

DSCOPE_TEST(TestHostile)
#include "tst_hostile.moc"
