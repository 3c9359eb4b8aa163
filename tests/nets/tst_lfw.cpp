// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/csv.h"
#include "core/image/reader.h"
#include "core/tasks/face/face.h"
#include "core/training/pairaccuracy.h"

#include <cmath>

using namespace dscope;

namespace {
std::shared_ptr<Network> load(const char *name)
{
    const ModelStore store({dscope::test::sourceDir() / "models", dscope::test::sharedDir() / "weights"});
    return Network::load(store.find(name, Role::Base), {});
}
} // namespace

class TestLfw : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { setThreads(0); }

    /// Both public MobileFaceNets through our loader, preprocessing and metric, against the figures measured elsewhere.
    void tenFold_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<double>("expected");
        QTest::newRow("CASIA") << QStringLiteral("mobilefacenet-casia") << 98.92;
        QTest::newRow("MS1M") << QStringLiteral("mobilefacenet-ms1m") << 99.28;
    }
    void tenFold()
    {
        QFETCH(QString, name);
        QFETCH(double, expected);
        const auto shared = dscope::test::sharedDir();
        DSCOPE_NEED(shared / "data" / "pairs.txt");
        DSCOPE_NEED(shared / "weights" / "mobilefacenet_casia_068_xiaoccer.pt");
        Progress progress;
        const auto net = load(qPrintable(name));
        const PairAccuracy result = lfwAccuracy(*net, shared / "data" / "lfw_112", shared / "data" / "pairs.txt", progress);
        QCOMPARE(result.genuine, std::int64_t{3000});
        QCOMPARE(result.impostor, std::int64_t{3000});
        qInfo("%s: %.2f %% on LFW, 10 folds (%.2f elsewhere)", qPrintable(name), 100 * result.accuracy, expected);
        QVERIFY2(std::abs(100 * result.accuracy - expected) <= 0.3, qPrintable(QString::number(100 * result.accuracy)));
    }

    /// Crops that we align from the originals' landmarks embed like the crops of lfw_112.
    void ourCropsEmbedLikeTheReference()
    {
        const auto shared = dscope::test::sharedDir();
        DSCOPE_NEED(shared / "data" / "lfw_112.csv");
        DSCOPE_NEED(shared / "data" / "lfw_raw");
        const CsvTable table = readCsv(shared / "data" / "lfw_112.csv");
        const std::size_t identity = table.requireColumn({"identity"});
        const std::size_t file = table.requireColumn({"file"});
        const std::size_t x0 = table.requireColumn({"x0"});
        std::vector<Picture> ours;
        std::vector<Picture> theirs;
        for (const CsvTable::Row &row : table.rows) {
            const auto raw = shared / "data" / "lfw_raw" / row.cells[identity] / (std::string(row.cells[file]) + ".jpg");
            if (!std::filesystem::exists(raw) || ours.size() >= 100)
                continue;
            Landmarks landmarks;
            for (std::size_t i = 0; i < 5; ++i)
                landmarks[i] = {static_cast<float>(parseNumber(row.cells[x0 + 2 * i]).value()),
                                static_cast<float>(parseNumber(row.cells[x0 + 2 * i + 1]).value())};
            ours.push_back(alignFace(readPicture(raw), landmarks));
            theirs.push_back(readPicture(shared / "data" / "lfw_112" / row.cells[identity] / (std::string(row.cells[file]) + ".jpg")));
        }
        QVERIFY(ours.size() == 100);
        Progress progress;
        const auto net = load("mobilefacenet-casia");
        const std::vector<float> a = net->run(ours, progress);
        const std::vector<float> b = net->run(theirs, progress);
        double mean = 0;
        for (std::size_t i = 0; i < ours.size(); ++i) {
            double ab = 0, aa = 0, bb = 0;
            for (std::size_t j = i * 128; j < (i + 1) * 128; ++j) {
                ab += a[j] * b[j];
                aa += a[j] * a[j];
                bb += b[j] * b[j];
            }
            mean += ab / std::sqrt(aa * bb) / static_cast<double>(ours.size());
        }
        qInfo("mean cosine of our crops and lfw_112: %.4f over %zu faces", mean, ours.size());
        QVERIFY2(mean > 0.97, qPrintable(QString::number(mean)));
    }
};

DSCOPE_TEST(TestLfw)
#include "tst_lfw.moc"
