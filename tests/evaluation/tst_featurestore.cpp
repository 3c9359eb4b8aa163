// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/sets/featurestore.h"

#include <QTemporaryDir>

#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <limits>
#include <mutex>

using namespace dscope;

namespace {

FeatureStoreInfo infoOf(std::int64_t pictures)
{
    FeatureStoreInfo info;
    info.benchmark = "made";
    info.base = "base";
    info.ddnet = "ddnet";
    info.device = "cpu";
    info.identity = "one";
    info.dim = 3;
    info.pictures = pictures;
    info.baseCost = {5, 11};
    info.ddnetCost = {2, 4};
    return info;
}

/// The pictures from `begin` on as they must always come out.
FeatureBlock blockOf(const FeatureStoreInfo &info, std::int64_t begin)
{
    FeatureBlock block;
    for (std::int64_t i = begin; i < std::min(info.pictures, begin + storeBlock); ++i) {
        Random random(7, static_cast<std::uint64_t>(i));
        const bool scored = i % 10 != 3;
        block.outcomes.push_back(scored ? Extracted::Scored : static_cast<Extracted>(1 + i % 4));
        block.dScores.push_back(scored ? static_cast<float>(random.uniform()) : 0.0F);
        block.detector.push_back(scored ? 0.9F : -1.0F);
        for (std::int64_t k = 0; k < info.dim; ++k)
            block.features.push_back(scored ? static_cast<float>(random.normal()) : 0.0F);
    }
    return block;
}

void writeAll(FeatureStoreWriter &writer, const FeatureStoreInfo &info, std::int64_t blocks = std::numeric_limits<std::int64_t>::max())
{
    for (; writer.count() < info.pictures && blocks > 0; --blocks)
        writer.add(blockOf(info, writer.count()));
}

std::string bytesOf(const std::filesystem::path &path)
{
    return readText(path);
}

} // namespace

class TestFeaturestore : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    std::filesystem::path path(const char *name) const { return std::filesystem::path(m_dir.path().toStdString()) / name; }

private Q_SLOTS:
    void bothWays()
    {
        const FeatureStoreInfo info = infoOf(2 * storeBlock + 17);
        FeatureStoreWriter writer(path("a.dfeat"), info);
        writeAll(writer, info);
        QVERIFY(!std::filesystem::exists(path("a.dfeat")));
        writer.finish();
        const FeatureStore store(path("a.dfeat"));
        QVERIFY(store.info() == info);
        QCOMPARE(store.info().baseCost.flop, std::int64_t{11});
        std::mutex mutex;
        std::int64_t seen = 0;
        Progress progress;
        store.read(
            [&](std::int64_t begin, const FeatureBlock &block) {
                const FeatureBlock wanted = blockOf(info, begin);
                const std::lock_guard lock(mutex);
                seen += static_cast<std::int64_t>(block.size());
                QCOMPARE(block.features, wanted.features);
                QCOMPARE(block.dScores, wanted.dScores);
                QCOMPARE(block.detector, wanted.detector);
                QVERIFY(block.outcomes == wanted.outcomes);
            },
            progress);
        QCOMPARE(seen, info.pictures);
        // No pictures at all is a store too.
        const FeatureStoreInfo none = infoOf(0);
        FeatureStoreWriter(path("none.dfeat"), none).finish();
        QCOMPARE(FeatureStore(path("none.dfeat")).info().pictures, std::int64_t{0});
    }

    void goesOnWithTheSameBytes()
    {
        const FeatureStoreInfo info = infoOf(3 * storeBlock + 5);
        FeatureStoreWriter whole(path("whole.dfeat"), info);
        writeAll(whole, info);
        whole.finish();
        for (const std::int64_t cut : {std::int64_t{0}, std::int64_t{1}, std::int64_t{100}, std::int64_t{4000}, std::int64_t{-40}}) {
            {
                FeatureStoreWriter first(path("cut.dfeat"), info);
                writeAll(first, info, 3);
            }
            // Torn in the middle of a block: cut bytes are missing, or (negative) some more were written without meaning.
            const std::filesystem::path part = path("cut.dfeat.part");
            const auto size = static_cast<std::int64_t>(std::filesystem::file_size(part));
            std::filesystem::resize_file(part, static_cast<std::uintmax_t>(size - cut));
            FeatureStoreWriter second(path("cut.dfeat"), info);
            QCOMPARE(second.count(), cut > 0 ? 2 * storeBlock : 3 * storeBlock);
            writeAll(second, info);
            second.finish();
            QVERIFY(bytesOf(path("cut.dfeat")) == bytesOf(path("whole.dfeat")));
            std::filesystem::remove(path("cut.dfeat"));
        }
        // A block that was not brought to the disk whole (its digest does not fit) is written again.
        {
            FeatureStoreWriter first(path("cut.dfeat"), info);
            writeAll(first, info, 3);
        }
        {
            std::fstream part(path("cut.dfeat.part"), std::ios::in | std::ios::out | std::ios::binary);
            part.seekp(-100, std::ios::end);
            part.write("xxxx", 4);
        }
        FeatureStoreWriter second(path("cut.dfeat"), info);
        QCOMPARE(second.count(), 2 * storeBlock);
        writeAll(second, info);
        second.finish();
        QVERIFY(bytesOf(path("cut.dfeat")) == bytesOf(path("whole.dfeat")));
    }

    /// A process killed at any moment leaves what the next one goes on from.
    void killedAtAnyMoment()
    {
        const FeatureStoreInfo info = infoOf(40 * storeBlock);
        FeatureStoreWriter whole(path("killwhole.dfeat"), info);
        writeAll(whole, info);
        whole.finish();
        const std::string wanted = bytesOf(path("killwhole.dfeat"));
        for (int round = 0; round < 5; ++round) {
            const pid_t child = ::fork();
            if (child == 0) {
                FeatureStoreWriter writer(path("kill.dfeat"), info);
                writeAll(writer, info);
                ::_exit(0);
            }
            ::usleep(static_cast<useconds_t>(2000 + 3000 * round));
            ::kill(child, SIGKILL);
            int status = 0;
            ::waitpid(child, &status, 0);
        }
        FeatureStoreWriter last(path("kill.dfeat"), info);
        writeAll(last, info);
        last.finish();
        QVERIFY(bytesOf(path("kill.dfeat")) == wanted);
    }

    void anotherIdentityBeginsAnew()
    {
        FeatureStoreInfo info = infoOf(2 * storeBlock);
        {
            FeatureStoreWriter first(path("other.dfeat"), info);
            writeAll(first, info, 1);
        }
        info.identity = "two";
        FeatureStoreWriter second(path("other.dfeat"), info);
        QCOMPARE(second.count(), std::int64_t{0});
        // One process at a time.
        QVERIFY_EXCEPTION_THROWN(FeatureStoreWriter(path("other.dfeat"), info), FileError);
        QVERIFY_EXCEPTION_THROWN(second.finish(), Error);
        FeatureBlock small = blockOf(info, 0);
        small.dScores.pop_back();
        QVERIFY_EXCEPTION_THROWN(second.add(small), Error);
    }

    void survivesHostileFiles()
    {
        const FeatureStoreInfo info = infoOf(storeBlock + 9);
        FeatureStoreWriter writer(path("good.dfeat"), info);
        writeAll(writer, info);
        writer.finish();
        const std::string good = bytesOf(path("good.dfeat"));
        Random random(3);
        int refused = 0;
        for (int round = 0; round < 400; ++round) {
            std::string bad = good;
            if (round % 4 == 0)
                bad.resize(random.below(bad.size()));
            else
                for (std::uint64_t i = 0; i <= random.below(4); ++i)
                    bad[round % 2 == 0 ? random.below(400) : random.below(bad.size())] = static_cast<char>(random.below(256));
            writeAtomically(path("bad.dfeat"), bad);
            Progress progress;
            try {
                const FeatureStore store(path("bad.dfeat"));
                store.read([](std::int64_t, const FeatureBlock &) {}, progress);
                QCOMPARE(bad, good);
            } catch (const FileError &error) {
                QVERIFY(std::string(error.what()).find("bad.dfeat") != std::string::npos);
                ++refused;
            }
        }
        QVERIFY(refused > 350);
        // A header that announces more than there is must not be believed.
        std::string huge = good;
        const std::size_t at = huge.find("\"pictures\":265");
        QVERIFY(at != std::string::npos);
        huge.replace(at, 14, "\"pictures\":999");
        writeAtomically(path("bad.dfeat"), huge);
        QVERIFY_EXCEPTION_THROWN(FeatureStore(path("bad.dfeat")), FileError);
        writeAtomically(path("bad.dfeat"), std::string("DSFEATS1\xff\xff\xff\xff\xff\xff\xff\xff"));
        QVERIFY_EXCEPTION_THROWN(FeatureStore(path("bad.dfeat")), FileError);
        QVERIFY_EXCEPTION_THROWN(FeatureStore(path("absent.dfeat")), FileError);
    }
};

DSCOPE_TEST(TestFeaturestore)
#include "tst_featurestore.moc"
