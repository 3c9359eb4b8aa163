// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/retrieval.h"
#include "tests/core/golden.h"

using namespace dscope;
using namespace dscope::test;

/// Both MARS protocols against an independent reference.
class TestGoldenRetrieval : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void agrees_data()
    {
        QTest::addColumn<int>("protocol");
        QTest::addColumn<QString>("key");
        QTest::newRow("official") << static_cast<int>(RetrievalProtocol::Official) << QStringLiteral("official");
        QTest::newRow("video-reid") << static_cast<int>(RetrievalProtocol::VideoReid) << QStringLiteral("video_reid");
    }

    void agrees()
    {
        QFETCH(int, protocol);
        QFETCH(QString, key);
        DSCOPE_NEED(goldenDir());
        const std::filesystem::path dir = goldenDir() / "retrieval";
        DSCOPE_NEED(dir / "expected.json");
        const Json expected = readJson(dir / "expected.json")[key.toStdString()];
        const auto queryPids = integers<std::int64_t>(readNpy(dir / "query_pids.npy"));
        const auto queryCams = integers<std::int64_t>(readNpy(dir / "query_cams.npy"));
        const auto galleryPids = integers<std::int64_t>(readNpy(dir / "gallery_pids.npy"));
        const auto galleryCams = integers<std::int64_t>(readNpy(dir / "gallery_cams.npy"));
        std::int64_t ranks = 0;
        for (const auto &[k, value] : expected["cmc"].items())
            ranks = std::max<std::int64_t>(ranks, std::stoll(k));
        QVERIFY(ranks > 0);
        Progress progress;
        const Retrieval result = retrieve(floats(readNpy(dir / "distances.npy")), {queryPids, queryCams}, {galleryPids, galleryCams},
                                          static_cast<RetrievalProtocol>(protocol), ranks, progress);
        QVERIFY2(near(result.map, expected["mAP"].get<double>()), qPrintable(QString::number(result.map, 'g', 17)));
        QCOMPARE(result.queries, expected["queries"].get<std::int64_t>());
        for (const auto &[k, value] : expected["cmc"].items())
            QVERIFY2(near(result.cmc[static_cast<std::size_t>(std::stoll(k) - 1)], value.get<double>()), k.c_str());
    }
};

DSCOPE_TEST(TestGoldenRetrieval)
#include "tst_golden_retrieval.moc"
