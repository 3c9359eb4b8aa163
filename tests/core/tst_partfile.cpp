// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/partfile.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

using namespace dscope;

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t s_pieces = 200;
const std::string s_head = "numbers of one to two hundred\n";

std::string piece(std::int64_t i)
{
    return std::to_string(1000 + i) + '\n';
}

/// Writes pieces of five bytes, and goes on after the last whole one of another run. @return with how many it began
std::int64_t writeAll(const fs::path &path, const std::string &head = s_head, std::int64_t upTo = s_pieces, unsigned int wait = 0)
{
    PartFile file(path);
    std::int64_t next = 0;
    if (file.takeUp(head)) {
        std::string found(5, '\0');
        while (next < s_pieces && file.readSome(head.size() + static_cast<std::uint64_t>(next) * 5, found.data(), 5) == 5 && found == piece(next))
            ++next;
    }
    const std::int64_t begun = next;
    file.cut(head.size() + static_cast<std::uint64_t>(next) * 5);
    for (; next < upTo; ++next) {
        file.append(piece(next).data(), 2);
        file.append(piece(next).data() + 2, 3);
        ::usleep(wait);
    }
    if (upTo == s_pieces)
        file.finish();
    return begun;
}

std::string whole(const std::string &head = s_head)
{
    std::string text = head;
    for (std::int64_t i = 0; i < s_pieces; ++i)
        text += piece(i);
    return text;
}

} // namespace

/// Files that are written piece by piece, and resumed.
class TestPartFile : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path path(const char *name) const { return fs::path(m_dir.path().toStdString()) / name; }
    fs::path part(const char *name) const { return path((std::string(name) + ".part").c_str()); }

private Q_SLOTS:
    void atOnce()
    {
        QCOMPARE(writeAll(path("new/folder/a")), 0);
        QCOMPARE(readText(path("new/folder/a")), whole());
        QVERIFY(!fs::exists(part("new/folder/a")));
        QCOMPARE(writeAll(path("new/folder/a"), "another\n"), 0); // in place of the former
        QCOMPARE(readText(path("new/folder/a")), whole("another\n"));
    }

    /// Whatever length the file had when its writer was killed, the next one ends with the same bytes.
    void cutOffAnywhere()
    {
        writeAll(path("cut"), s_head, 7);
        const std::string left = readText(part("cut"));
        QCOMPARE(std::int64_t(left.size()), std::int64_t(s_head.size()) + 7 * 5);
        for (std::size_t size = 0; size <= left.size(); ++size) {
            writeAtomically(part("cut"), left.substr(0, size));
            QCOMPARE(writeAll(path("cut")), size < s_head.size() ? 0 : std::int64_t(size - s_head.size()) / 5);
            QCOMPARE(readText(path("cut")), whole());
        }
    }

    /// What is damaged, or of other inputs, is written anew, from the first byte that is not as it was.
    void damagedAndOfOthers()
    {
        writeAll(path("bad"), s_head, 20);
        const std::string left = readText(part("bad"));
        for (std::size_t at = 0; at < left.size(); ++at) {
            std::string damaged = left;
            damaged[at] = '\0';
            writeAtomically(part("bad"), damaged);
            QCOMPARE(writeAll(path("bad")), at < s_head.size() ? 0 : std::int64_t(at - s_head.size()) / 5);
            QCOMPARE(readText(path("bad")), whole());
        }
        writeAll(path("bad"), s_head, 20);
        QCOMPARE(writeAll(path("bad"), "a longer head, of something else than what the file holds\n"), 0);
        QCOMPARE(readText(path("bad")), whole("a longer head, of something else than what the file holds\n"));
        // Longer than it will be: more than was asked for goes.
        writeAtomically(part("bad"), whole() + std::string(1000, 'x'));
        QCOMPARE(writeAll(path("bad")), s_pieces);
        QCOMPARE(readText(path("bad")), whole());
    }

    void killedAtAnyMoment()
    {
        for (unsigned int after = 0; after < 20'000; after += 500) {
            const pid_t child = ::fork();
            if (child == 0) {
                writeAll(path("kill"), s_head, s_pieces, 50);
                ::_exit(0);
            }
            ::usleep(after);
            ::kill(child, SIGKILL);
            int status = 0;
            ::waitpid(child, &status, 0);
        }
        writeAll(path("kill"));
        QCOMPARE(readText(path("kill")), whole());
    }

    /// An exception is no reason to lose what there is, unless that is not worth it.
    void left()
    {
        writeAll(path("left"), s_head, 3);
        QVERIFY(fs::exists(part("left")) && !fs::exists(path("left")));
        {
            PartFile file(path("left"));
            QVERIFY(file.takeUp(s_head));
            QCOMPARE(file.size(), std::uint64_t(s_head.size() + 15));
            file.write(0, "N", 1);
            file.sync();
        }
        QCOMPARE(readText(part("left")).substr(0, 8), std::string("Numbers "));
        PartFile(path("left")).remove();
        QVERIFY(!fs::exists(part("left")));
    }

    void refused()
    {
        const auto refused = [&](const char *name) { return test::refusal<FileError>([&] { PartFile file(path(name)); }); };
        {
            PartFile held(path("held"));
            QCOMPARE(refused("held"), path("held").string() + ": is being written by another process; wait for it or choose another name.");
        }
        QCOMPARE(refused("held"), std::string());
        QCOMPARE(::mkfifo(part("pipe").c_str(), 0600), 0);
        QVERIFY(refused("pipe").find("is a named pipe") != std::string::npos);
        fs::create_directory(part("folder"));
        QVERIFY(refused("folder").find("is a folder") != std::string::npos);
        writeAtomically(path("of others"), "theirs");
        fs::create_symlink(path("of others"), part("link"));
        QVERIFY(refused("link").find("cannot be written") != std::string::npos);
        QCOMPARE(readText(path("of others")), std::string("theirs"));
        QVERIFY(refused("of others/a").find("the folder cannot be made") != std::string::npos);
    }

    /// A full disk: what was written before stays.
    void fullDisk()
    {
        struct rlimit before {};
        QCOMPARE(::getrlimit(RLIMIT_FSIZE, &before), 0);
        struct rlimit small = before;
        small.rlim_cur = s_head.size() + 52;
        const auto handler = std::signal(SIGXFSZ, SIG_IGN);
        QCOMPARE(::setrlimit(RLIMIT_FSIZE, &small), 0);
        const std::string says = test::refusal<FileError>([&] { writeAll(path("full")); });
        QCOMPARE(::setrlimit(RLIMIT_FSIZE, &before), 0);
        std::signal(SIGXFSZ, handler);
        QVERIFY2(says.find("cannot be written") != std::string::npos && says.find("resumes there") != std::string::npos, says.c_str());
        QCOMPARE(writeAll(path("full")), 10);
        QCOMPARE(readText(path("full")), whole());
    }
};

DSCOPE_TEST(TestPartFile)
#include "tst_partfile.moc"
