// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/damage/border.h"
#include "core/damage/sheet.h"

#include <algorithm>
#include <cmath>
#include <numbers>

using namespace dscope;

namespace {

/// A bright picture of which only what lies within a tilted rectangle is there; the rest is black. @param jpeg through JPEG, as aligned faces are kept
Picture cut(double degrees, double left, double right, double top, double bottom, bool jpeg)
{
    Picture picture = drawnFace();
    for (std::uint8_t &value : picture.rgb)
        value = std::max<std::uint8_t>(value, 40);
    const double angle = degrees * std::numbers::pi / 180;
    for (int y = 0; y < 112; ++y)
        for (int x = 0; x < 112; ++x) {
            const double u = (x - 56) * std::cos(angle) + (y - 56) * std::sin(angle);
            const double v = (y - 56) * std::cos(angle) - (x - 56) * std::sin(angle);
            if (u < left || u > right || v < top || v > bottom)
                std::fill_n(picture.row(y) + 3 * x, 3, std::uint8_t{0});
        }
    return jpeg ? decodeJpeg(encodeJpeg(picture, 95)) : picture;
}

std::size_t blackPixels(const Picture &picture)
{
    std::size_t count = 0;
    for (std::size_t i = 0; i < picture.rgb.size(); i += 3)
        count += std::max({picture.rgb[i], picture.rgb[i + 1], picture.rgb[i + 2]}) <= 8 ? 1 : 0;
    return count;
}

} // namespace

class TestBorder : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void wedgesAreFound_data()
    {
        QTest::addColumn<double>("degrees");
        QTest::addColumn<double>("left");
        QTest::addColumn<double>("right");
        QTest::addColumn<double>("top");
        QTest::addColumn<double>("bottom");
        QTest::addColumn<bool>("jpeg");
        for (const bool jpeg : {false, true}) {
            const char *how = jpeg ? "jpeg" : "exact";
            QTest::addRow("one side, %s", how) << 0.0 << -45.0 << 200.0 << -200.0 << 200.0 << jpeg;
            QTest::addRow("tilted, two sides, %s", how) << 12.0 << -40.0 << 200.0 << -42.0 << 200.0 << jpeg;
            QTest::addRow("tilted the other way, four sides, %s", how) << -21.0 << -38.0 << 41.0 << -45.0 << 43.0 << jpeg;
            QTest::addRow("a corner, %s", how) << 40.0 << -60.0 << 300.0 << -300.0 << 300.0 << jpeg;
        }
    }
    void wedgesAreFound()
    {
        QFETCH(double, degrees);
        QFETCH(double, left);
        QFETCH(double, right);
        QFETCH(double, top);
        QFETCH(double, bottom);
        QFETCH(bool, jpeg);
        const Picture clean = cut(0, -999, 999, -999, 999, jpeg);
        QVERIFY(!blackWedge(clean));
        const Picture picture = cut(degrees, left, right, top, bottom, jpeg);
        const auto wedge = blackWedge(picture);
        QVERIFY(wedge);
        // The wedge itself and, beside it, at most what was mixed with it.
        const Picture exact = cut(degrees, left, right, top, bottom, false);
        std::size_t missed = 0;
        std::size_t taken = 0;
        for (std::size_t i = 0; i < wedge->mask.size(); ++i) {
            const bool black = exact.rgb[3 * i] + exact.rgb[3 * i + 1] + exact.rgb[3 * i + 2] == 0;
            missed += black && wedge->mask[i] == 0 ? 1 : 0;
            taken += !black && wedge->mask[i] != 0 ? 1 : 0;
        }
        QVERIFY2(missed <= (jpeg ? 60U : 4U), std::to_string(missed).c_str());
        QVERIFY2(taken <= 112 * 4 * 2, std::to_string(taken).c_str());

        // Filled at random: outside of the wedge nothing changes, within it only "black" leaves black.
        bool left0 = false;
        int filled = 0;
        for (std::uint64_t seed = 0; seed < 24; ++seed) {
            Random random(seed);
            Random twin(seed);
            Random peek(seed);
            const Fill how = drawFill(peek);
            const Picture out = wedgeFilled(picture, random);
            QVERIFY(out == wedgeFilled(picture, twin));
            for (std::size_t i = 0; i < wedge->mask.size(); ++i)
                if (wedge->mask[i] == 0)
                    QVERIFY(std::equal(out.rgb.begin() + static_cast<std::ptrdiff_t>(3 * i), out.rgb.begin() + static_cast<std::ptrdiff_t>(3 * i + 3),
                                       picture.rgb.begin() + static_cast<std::ptrdiff_t>(3 * i)));
            if (how == Fill::Black)
                left0 = true;
            else if (how != Fill::Flat) {
                QVERIFY2(blackPixels(out) < 30, std::to_string(blackPixels(out)).c_str());
                ++filled;
            }
            // A picture without a wedge takes as many numbers.
            Random other(seed);
            QVERIFY(wedgeFilled(clean, other) == clean);
            QCOMPARE(other.next(), random.next());
        }
        QVERIFY(left0 && filled > 5);
    }

    /// Black that is no wedge: a round head before a black wall, black within the picture, a dark corner with a round border.
    void otherBlackIsLeft()
    {
        Picture round(112, 112);
        Picture within = drawnFace();
        Picture corner = drawnFace();
        for (int y = 0; y < 112; ++y)
            for (int x = 0; x < 112; ++x) {
                if (std::hypot(x - 55.5, y - 55.5) < 54)
                    std::fill_n(round.row(y) + 3 * x, 3, std::uint8_t{150});
                if (std::abs(x - 40) < 12 && std::abs(y - 60) < 20)
                    std::fill_n(within.row(y) + 3 * x, 3, std::uint8_t{0});
                // Concave: the black is round, what is left is not convex.
                if (std::hypot(x, y) < 40)
                    std::fill_n(corner.row(y) + 3 * x, 3, std::uint8_t{0});
            }
        QVERIFY(!blackWedge(round));
        QVERIFY(!blackWedge(within));
        // Only the part beyond a straight line could be one.
        if (const auto wedge = blackWedge(corner)) {
            std::size_t outside = 0;
            for (int y = 0; y < 112; ++y)
                for (int x = 0; x < 112; ++x)
                    outside += wedge->mask[static_cast<std::size_t>(112 * y + x)] != 0 && std::hypot(x, y) > 42 ? 1 : 0;
            QCOMPARE(outside, std::size_t{0});
        }
        QVERIFY(!blackWedge(Picture(112, 112))); // nothing but black
        QVERIFY(!blackWedge(Picture(5, 5)));
        QVERIFY(!blackWedge(Picture(1, 300)));
    }

    void fillsByHand()
    {
        // A row of five pixels, the first two missing.
        Picture picture(5, 1);
        for (int x = 0; x < 5; ++x)
            std::fill_n(picture.row(0) + 3 * x, 3, static_cast<std::uint8_t>(10 * (x + 1)));
        std::vector<std::uint8_t> nothing{1, 1, 0, 0, 0};
        Random random(1);
        Picture out = picture;
        fill(out, nothing, Fill::Replicated, random);
        QCOMPARE(int{out.rgb[0]}, 30);
        QCOMPARE(int{out.rgb[3]}, 30);
        QCOMPARE(int{out.rgb[6]}, 30);
        fill(out, nothing, Fill::Black, random);
        QCOMPARE(int{out.rgb[0]}, 0);
        QCOMPARE(int{out.rgb[12]}, 50);
        fill(out, nothing, Fill::Flat, random);
        QVERIFY(std::equal(out.rgb.begin(), out.rgb.begin() + 3, out.rgb.begin() + 3));
        fill(out, {1, 1, 1, 1, 1}, Fill::Replicated, random);
        QCOMPARE(blackPixels(out), std::size_t{5});
    }

    /// Reflection is at the photograph's side: what was beside it stands on the other side of it.
    void reflectionIsAtTheEdge()
    {
        const Picture picture = cut(0, -30.5, 200, -200, 200, false); // columns 0 to 25 are black
        Picture out;
        for (std::uint64_t seed = 0;; ++seed) {
            Random peek(seed);
            if (drawFill(peek) != Fill::Reflected)
                continue;
            Random random(seed);
            out = wedgeFilled(picture, random);
            break;
        }
        // The outermost column that is there, 26, was taken for mixed; the mirror stands at 27.
        for (int y = 0; y < 112; ++y)
            for (const int away : {3, 10, 20})
                QVERIFY(std::equal(out.row(y) + 3 * (27 - away), out.row(y) + 3 * (27 - away) + 3, picture.row(y) + 3 * (27 + away)));
    }
};

DSCOPE_TEST(TestBorder)
#include "tst_border.moc"
