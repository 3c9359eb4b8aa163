// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/halfwritten.h"
#include "core/base/outputfile.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <csignal>
#include <iterator>
#include <ostream>
#include <set>
#include <string>
#include <thread>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

/// What writing does to what is there already: links, modes, pipes, devices, and the files that are read.
class TestOutputFile : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    fs::path root() const { return m_dir.path().toStdString(); }
    static std::ptrdiff_t entries(const fs::path &folder) { return std::distance(fs::directory_iterator(folder), fs::directory_iterator()); }
    static mode_t modeOf(const fs::path &path)
    {
        struct stat info {};
        return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
    }
    /// A device of this test's own with the numbers of /dev/full or /dev/null: the real one is never put at risk.
    static bool makeDevice(const fs::path &path, unsigned minor)
    {
        if (::mknod(path.c_str(), S_IFCHR | 0666, makedev(1, minor)) != 0)
            return false;
        const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
        if (file >= 0)
            ::close(file);
        return file >= 0; // nodev mounts refuse
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_dir.isValid());
        std::signal(SIGPIPE, SIG_IGN);
    }

    void linksAreWrittenThrough()
    {
        const fs::path folder = root() / "links";
        fs::create_directories(folder / "far");
        writeAtomically(folder / "far" / "target", "old");
        fs::create_symlink("far/target", folder / "near");
        fs::create_symlink("near", folder / "chain");
        writeAtomically(folder / "chain", "new");
        QVERIFY(fs::is_symlink(folder / "chain") && fs::is_symlink(folder / "near"));
        QVERIFY(!fs::is_symlink(folder / "far" / "target"));
        QCOMPARE(readText(folder / "far" / "target"), std::string("new"));
        fs::create_symlink(folder / "far" / "made", folder / "dangling");
        writeAtomically(folder / "dangling", "made");
        QVERIFY(fs::is_symlink(folder / "dangling"));
        QCOMPARE(readText(folder / "far" / "made"), std::string("made"));
        fs::create_symlink("round", folder / "round");
        QVERIFY(refusal<FileError>([&] { writeAtomically(folder / "round", "x"); }).find("leads in a circle") != std::string::npos);
        QCOMPARE(entries(folder / "far"), std::ptrdiff_t{2}); // nothing half-written beside them
        QCOMPARE(fileTarget(folder / "chain"), folder / "far" / "target");
    }

    void modesAreKept()
    {
        const fs::path path = root() / "modes";
        writeAtomically(path, "1");
        const mode_t mask = ::umask(0);
        ::umask(mask);
        QCOMPARE(modeOf(path), static_cast<mode_t>(0666 & ~mask));
        for (const mode_t mode : {0600, 0640, 0755}) {
            QCOMPARE(::chmod(path.c_str(), mode), 0);
            writeAtomically(path, "2");
            QCOMPARE(modeOf(path), mode);
        }
        ::umask(027);
        writeAtomically(root() / "masked", "3");
        ::umask(mask);
        QCOMPARE(modeOf(root() / "masked"), static_cast<mode_t>(0640));
        // Until it is whole nobody else reads it.
        mode_t meanwhile = 0;
        writeAtomically(root() / "whole", [&](std::ostream &out) {
            out << "x" << std::flush;
            for (const fs::directory_entry &entry : fs::directory_iterator(root()))
                if (entry.path().filename().string().starts_with("whole.part"))
                    meanwhile = modeOf(entry.path());
        });
        QCOMPARE(meanwhile, static_cast<mode_t>(0600));
    }

    void ownersAreKept()
    {
        if (::geteuid() != 0)
            QSKIP("only root can give a file away");
        const fs::path path = root() / "owned";
        writeAtomically(path, "1");
        QCOMPARE(::chown(path.c_str(), 1234, 4321), 0);
        writeAtomically(path, "2");
        struct stat info {};
        QCOMPARE(::stat(path.c_str(), &info), 0);
        QCOMPARE(info.st_uid, uid_t{1234});
        QCOMPARE(info.st_gid, gid_t{4321});
    }

    void pipesAreWrittenInto()
    {
        const fs::path pipe = root() / "pipe";
        QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
        std::string read;
        std::thread reader([&] {
            const int file = ::open(pipe.c_str(), O_RDONLY | O_CLOEXEC);
            char bytes[4096];
            for (ssize_t got = 0; (got = ::read(file, bytes, sizeof bytes)) > 0;)
                read.append(bytes, static_cast<std::size_t>(got));
            ::close(file);
        });
        const std::string text(300'000, 'x');
        writeAtomically(pipe, text);
        reader.join();
        QCOMPARE(read.size(), text.size());
        QVERIFY(fs::is_fifo(pipe));

        std::thread leaver([&] { ::close(::open(pipe.c_str(), O_RDONLY | O_CLOEXEC)); });
        const std::string said = refusal<FileError>([&] { writeAtomically(pipe, text); });
        leaver.join();
        QVERIFY2(said.find("nobody reads it") != std::string::npos, said.c_str());
        QVERIFY(fs::is_fifo(pipe));
        QVERIFY(refusal<FileError>([&] { fileTarget(pipe); }).find("needs a regular file") != std::string::npos);
    }

    void descriptorsOfThisProcess()
    {
        int ends[2] = {};
        QCOMPARE(::pipe(ends), 0);
        writeAtomically("/proc/self/fd/" + std::to_string(ends[1]), "through");
        char bytes[16] = {};
        QCOMPARE(::read(ends[0], bytes, sizeof bytes), ssize_t{7});
        QCOMPARE(std::string(bytes), std::string("through"));
        ::close(ends[0]);
        ::close(ends[1]);
    }

    void devicesStayDevices()
    {
        const fs::path full = root() / "full";
        const fs::path null = root() / "null";
        if (!makeDevice(full, 7) || !makeDevice(null, 3))
            QSKIP("devices cannot be made here");
        const std::string said = refusal<FileError>([&] { writeAtomically(full, "x"); });
        QVERIFY2(said.find("No space left on device") != std::string::npos, said.c_str());
        writeAtomically(null, "x");
        fs::create_symlink(full, root() / "toFull");
        QVERIFY(!refusal<FileError>([&] { writeAtomically(root() / "toFull", "x"); }).empty());
        for (const fs::path &device : {full, null})
            QVERIFY(fs::is_character_file(device));
        checkWritable(null);
    }

    void saysBeforeTheWork()
    {
        writeAtomically(root() / "plain", "x");
        QVERIFY(refusal<FileError>([&] { checkWritable(root() / "plain" / "a"); }).find("no folder") != std::string::npos);
        QVERIFY(refusal<FileError>([&] { checkWritable(root()); }).find("is a folder") != std::string::npos);
        // Access rights say nothing there to root.
        QVERIFY(refusal<FileError>([&] { checkWritable("/proc/dscope-test/out.json"); }).find("nothing can be made in the folder /proc") != std::string::npos);
        checkWritable(root() / "not" / "yet" / "there");
        QVERIFY(!fs::exists(root() / "not"));
        for (const fs::directory_entry &entry : fs::directory_iterator(root()))
            QVERIFY2(entry.path().filename().string().rfind(".dscope-", 0) != 0, entry.path().c_str());
        QVERIFY(!fs::exists(root() / "not"));
        if (::geteuid() == 0)
            QSKIP("root may write everywhere");
        QCOMPARE(::chmod((root() / "plain").c_str(), 0400), 0);
        QVERIFY(refusal<FileError>([&] { checkWritable(root() / "plain"); }).find("may not be written") != std::string::npos);
        fs::create_directory(root() / "closed");
        QCOMPARE(::chmod((root() / "closed").c_str(), 0500), 0);
        QVERIFY(refusal<FileError>([&] { checkWritable(root() / "closed" / "a"); }).find("nothing can be made") != std::string::npos);
    }

    void whatIsReadIsNotOverwritten()
    {
        const fs::path input = root() / "input";
        writeAtomically(input, "read");
        fs::create_symlink(input, root() / "alias");
        fs::create_hard_link(input, root() / "twin");
        for (const fs::path &out : {input, root() / "alias", root() / "twin", root() / "." / "input"})
            QVERIFY(refusal<FileError>([&] { refuseInput(out, {root() / "absent", input}); }).find("not overwritten") != std::string::npos);
        refuseInput(root() / "plain", {input});
        refuseInput(root() / "absent", {input, root() / "absent"});
        for (const std::string start : {"\xff\xd8\xff\xe0", "\x89PNG\r\n", "RIFF1234WEBP", "xxxxftypisom", "\x1A\x45\xDF\xA3"}) {
            writeAtomically(root() / "media", start + "0123456789");
            QVERIFY(refusal<FileError>([&] { refusePicture(root() / "media"); }).find("not overwritten") != std::string::npos);
        }
        for (const std::string start : {"", "path,label\n", "{\"schema\": 1}"}) {
            writeAtomically(root() / "media", start);
            refusePicture(root() / "media");
        }
    }

    void nothingFollowsAPlantedTemporary()
    {
        // Names cannot be guessed, and what is there under such a name is never opened.
        const fs::path folder = root() / "planted";
        std::set<std::string> names;
        for (int i = 0; i < 5; ++i)
            writeAtomically(folder / "a", [&](std::ostream &out) {
                out << i;
                for (const fs::directory_entry &entry : fs::directory_iterator(folder))
                    if (entry.path().filename() != "a")
                        names.insert(entry.path().filename().string());
            });
        QCOMPARE(names.size(), std::size_t{5});
        QCOMPARE(entries(folder), std::ptrdiff_t{1});
        const std::string longest(250, 'n');
        writeAtomically(folder / longest, "x");
        QCOMPARE(readText(folder / longest), std::string("x"));
    }

    void whatIsHalfWrittenCanBeRemovedAtOnce()
    {
        const fs::path half = root() / "half";
        writeAtomically(half, "x");
        {
            const HalfWritten listed(half);
            removeHalfWritten();
        }
        QVERIFY(!fs::exists(half));
        writeAtomically(half, "x");
        removeHalfWritten(); // it is whole, and listed no more
        QVERIFY(fs::exists(half));
    }
};

DSCOPE_TEST(TestOutputFile)
#include "tst_outputfile.moc"
