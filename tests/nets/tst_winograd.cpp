// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/winograd.h"
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
        QTest::addColumn<int>("count");
        QTest::addColumn<int>("in");
        QTest::addColumn<int>("out");
        QTest::addColumn<int>("height");
        QTest::addColumn<int>("width");
        QTest::addColumn<bool>("activation");
        QTest::addColumn<bool>("shortcut");
        QTest::newRow("merge") << 1 << 64 << 64 << 24 << 40 << true << false;
        QTest::newRow("context") << 1 << 64 << 48 << 12 << 20 << false << false;
        QTest::newRow("16 channels") << 1 << 16 << 16 << 23 << 37 << true << false;
        QTest::newRow("wide panels") << 2 << 32 << 160 << 9 << 14 << true << true;
        QTest::newRow("80 of 256") << 1 << 256 << 80 << 8 << 8 << false << true;
        QTest::newRow("one pixel") << 1 << 16 << 16 << 1 << 1 << true << false;
        QTest::newRow("one row") << 1 << 32 << 16 << 1 << 50 << true << false;
        QTest::newRow("one column") << 1 << 16 << 32 << 50 << 1 << true << false;
        QTest::newRow("just over a tile") << 1 << 16 << 16 << 5 << 5 << true << false;
        QTest::newRow("blocks over several pictures") << 7 << 32 << 32 << 14 << 14 << true << true;
        QTest::newRow("pictures of one pixel") << 50 << 16 << 16 << 1 << 1 << false << true;
    }

    void likeThePlainSum()
    {
        QFETCH(int, count);
        QFETCH(int, in);
        QFETCH(int, out);
        QFETCH(int, height);
        QFETCH(int, width);
        QFETCH(bool, activation);
        QFETCH(bool, shortcut);
        at::manual_seed(7);
        const at::Tensor picture = at::randn({count, in, height, width});
        const at::Tensor weight = at::randn({out, in, 3, 3}) * 0.1;
        const at::Tensor bias = at::randn({out});
        const at::Tensor slopes = at::rand({out}) - 0.3;
        const at::Tensor added = at::randn({count, out, height, width});
        at::Tensor expected = at::conv2d(picture.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble), 1, 1);
        if (activation)
            expected = at::prelu(expected, slopes.to(at::kDouble));
        if (shortcut)
            expected = expected + added;

        const at::Tensor rows = picture.permute({0, 2, 3, 1}).contiguous();
        const at::Tensor plus = added.permute({0, 2, 3, 1}).contiguous();
        const at::Tensor filters = weight.permute({0, 2, 3, 1}).contiguous();
        const Winograd conv(in, out, filters.data_ptr<float>(), bias.data_ptr<float>());
        QCOMPARE(conv.in(), in);
        QCOMPARE(conv.out(), out);
        // A guard behind the result shows writing past its end; the blocks are done one by one, the last one first.
        const std::size_t size = static_cast<std::size_t>(count) * height * width * out;
        std::vector<float> result(size + 64, 1e30F);
        const Winograd::Work work{
            rows.data_ptr<float>(), count, height, width, activation ? slopes.data_ptr<float>() : nullptr, shortcut ? plus.data_ptr<float>() : nullptr,
            result.data()};
        for (std::int64_t block = Winograd::blocks(count, height, width); block-- > 0;)
            conv.run(work, block, block + 1);
        for (std::size_t i = size; i < result.size(); ++i)
            QCOMPARE(result[i], 1e30F);
        const at::Tensor ours = at::from_blob(result.data(), {count, height, width, out}).permute({0, 3, 1, 2}).to(at::kDouble);
        const double worst = (ours - expected).abs().max().item<double>();
        const double largest = expected.abs().max().item<double>();
        QVERIFY2(worst < 1e-5 * largest, qPrintable(QStringLiteral("%1 of %2").arg(worst).arg(largest)));
    }
};

DSCOPE_TEST(TestWinograd)
#include "tst_winograd.moc"
