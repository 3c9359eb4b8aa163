// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/inputfile.h"
#include "core/base/progress.h"
#include "core/nets/checkpoint.h"
#include "core/nets/library.h"
#include "core/scores/features.h"
#include "core/sets/featurestore.h"
#include "core/training/facelist.h"
#include "core/training/packedset.h"
#include "core/training/recordio.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

/// What is no regular file is refused by every reader at once: a pipe that nobody writes to would block for ever, /dev/zero never ends.
class TestInputFile : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    fs::path root() const { return m_dir.path().toStdString(); }
    fs::path pipe(const std::string &name) const
    {
        fs::path path = root() / name;
        std::error_code problem;
        fs::remove(path, problem);
        return ::mkfifo(path.c_str(), 0600) == 0 ? path : fs::path();
    }
private Q_SLOTS:
    void initTestCase() { QVERIFY(m_dir.isValid()); }

    void readsParts()
    {
        const fs::path path = root() / "parts";
        writeAtomically(path, "0123456789");
        const InputFile file(path);
        QCOMPARE(file.size(), std::uint64_t{10});
        char some[6] = {};
        QCOMPARE(file.readSome(7, some, 6), std::size_t{3});
        QCOMPARE(std::string(some), std::string("789"));
        file.read(2, some, 3);
        QCOMPARE(std::string(some, 3), std::string("234"));
        QVERIFY(refusal<FileError>([&] { file.read(8, some, 3); }).find("is cut off") != std::string::npos);
        const std::vector<std::uint8_t> start = firstBytes(path, 4);
        QCOMPARE(std::string(start.begin(), start.end()), std::string("0123"));
        QCOMPARE(firstBytes(path, 400).size(), std::size_t{10});
        QVERIFY(firstBytes(root() / "absent", 4).empty());
    }

    void everyKindIsNamed()
    {
        const fs::path socket = root() / "socket";
        const int file = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        QVERIFY(socket.native().size() < sizeof address.sun_path);
        std::strcpy(address.sun_path, socket.c_str());
        QCOMPARE(::bind(file, reinterpret_cast<const sockaddr *>(&address), sizeof address), 0);
        ::close(file);
        fs::create_symlink("round", root() / "round");
        const std::vector<std::pair<fs::path, std::string>> kinds{
            {root(), "is a folder"},      {pipe("kinds"), "is a named pipe"},    {socket, "is a socket"},
            {"/dev/zero", "is a device"}, {root() / "absent", "does not exist"}, {root() / "round", "is a link"}};
        for (const auto &[path, words] : kinds) {
            const std::string said = refusal<FileError>([&, at = path] { checkReadable(at); });
            QVERIFY2(said.find(words) != std::string::npos && said.find(path.string()) == 0, said.c_str());
            QCOMPARE(refusal<FileError>([&, at = path] { readText(at); }), said);
            QCOMPARE(refusal<FileError>([&, at = path] { readBytes(at, 100); }), said);
            QCOMPARE(refusal<FileError>([&, at = path] { openToRead(at); }), said);
            QVERIFY(firstBytes(path, 10).empty());
        }
    }

    void noReaderWaitsForAPipe()
    {
        Progress progress;
        const std::vector<std::pair<std::string, std::function<void(const fs::path &)>>> readers{
            {"a.safetensors", [](const fs::path &path) { readCheckpoint(path); }},
            {"a.pt", [](const fs::path &path) { describeFile(path); }},
            {"a.npy", [](const fs::path &path) { openFeatures(path); }},
            {"a.features", [](const fs::path &path) { FeatureStore store(path); }},
            {"a.pack", [](const fs::path &path) { PackedSet::open(path); }},
            {"a.rec", [&](const fs::path &path) { RecordFile::open(path, progress); }},
            {"b.rec", [&](const fs::path &path) { readFaceList(path, {}, progress); }},
            {"a.csv", [&](const fs::path &path) { readFaceList(path, {}, progress); }},
            {"hash", [](const fs::path &path) { sha256File(path); }},
        };
        for (const auto &[name, read] : readers) {
            const fs::path path = pipe(name);
            const std::string said = refusal<FileError>([&, call = read] { call(path); });
            QVERIFY2(said.find("is a named pipe") != std::string::npos, (name + ": " + said).c_str());
        }
        QVERIFY(!isTorchScript(pipe("script.pt")));
        // The index beside a record file as well.
        writeAtomically(root() / "c.rec", std::string(64, '\0'));
        pipe("c.idx");
        QVERIFY(refusal<FileError>([&] { RecordFile::open(root() / "c.rec", progress); }).find("c.idx: is a named pipe") != std::string::npos);
    }

    void reasonsAreEnglish()
    {
        QCOMPARE(systemReason(ENOSPC), std::string("No space left on device"));
        QCOMPARE(systemReason(99999), std::string("error 99999"));
    }
};

DSCOPE_TEST(TestInputFile)
#include "tst_inputfile.moc"
