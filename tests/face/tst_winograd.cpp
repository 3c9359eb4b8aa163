#include "core/face/winograd.h"
#include "tests/support/support.h"

#include <ATen/ATen.h>

#include <vector>

using namespace dscope;

/// Winograd's filtering against the plain operator in double.
class TestWinograd : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (!Winograd::fits(16, 16))
            QSKIP("this processor has neither AVX2 with FMA nor AVX-512");
    }

    void fits()
    {
        QVERIFY(Winograd::fits(64, 48));
        QVERIFY(!Winograd::fits(8, 16));
        QVERIFY(!Winograd::fits(64, 20));
        QVERIFY(!Winograd::fits(0, 16));
        QVERIFY(!Winograd::fits(512, 16));
    }

    void likeThePlainSum_data()
    {
        QTest::addColumn<int>("in");
        QTest::addColumn<int>("out");
        QTest::addColumn<int>("height");
        QTest::addColumn<int>("width");
        QTest::addColumn<float>("slope");
        QTest::newRow("merge") << 64 << 64 << 24 << 40 << 0.1F;
        QTest::newRow("context") << 64 << 48 << 12 << 20 << 1.F;
        QTest::newRow("16 channels") << 16 << 16 << 23 << 37 << 0.F;
        QTest::newRow("wide panels") << 32 << 160 << 9 << 14 << 0.1F;
        QTest::newRow("80 of 256") << 256 << 80 << 8 << 8 << 1.F;
        QTest::newRow("one pixel") << 16 << 16 << 1 << 1 << 0.1F;
        QTest::newRow("one row") << 32 << 16 << 1 << 50 << 0.1F;
        QTest::newRow("one column") << 16 << 32 << 50 << 1 << 0.1F;
        QTest::newRow("just over a tile") << 16 << 16 << 5 << 5 << 0.1F;
    }

    void likeThePlainSum()
    {
        QFETCH(int, in);
        QFETCH(int, out);
        QFETCH(int, height);
        QFETCH(int, width);
        QFETCH(float, slope);
        at::manual_seed(7);
        const at::Tensor picture = at::randn({1, in, height, width});
        const at::Tensor weight = at::randn({out, in, 3, 3}) * 0.1;
        const at::Tensor bias = at::randn({out});
        const at::Tensor sum = at::conv2d(picture.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble), 1, 1);
        const at::Tensor expected = at::where(sum < 0, sum * static_cast<double>(slope), sum);

        const at::Tensor rows = picture.permute({0, 2, 3, 1}).contiguous();
        const at::Tensor filters = weight.permute({0, 2, 3, 1}).contiguous();
        const Winograd conv(in, out, filters.data_ptr<float>(), bias.data_ptr<float>());
        QCOMPARE(conv.in(), in);
        QCOMPARE(conv.out(), out);
        // A guard behind the result shows writing past its end; the blocks are done one by one, the last one first.
        const std::size_t size = static_cast<std::size_t>(height) * width * out;
        std::vector<float> result(size + 64, 1e30F);
        for (std::int64_t block = Winograd::blocks(height, width); block-- > 0;)
            conv.run(rows.data_ptr<float>(), height, width, slope, result.data(), block, block + 1);
        for (std::size_t i = size; i < result.size(); ++i)
            QCOMPARE(result[i], 1e30F);
        const at::Tensor ours = at::from_blob(result.data(), {1, height, width, out}).permute({0, 3, 1, 2}).to(at::kDouble);
        const double worst = (ours - expected).abs().max().item<double>();
        const double largest = expected.abs().max().item<double>();
        QVERIFY2(worst < 1e-5 * largest, qPrintable(QStringLiteral("%1 of %2").arg(worst).arg(largest)));
    }
};

DSCOPE_TEST(TestWinograd)
#include "tst_winograd.moc"
