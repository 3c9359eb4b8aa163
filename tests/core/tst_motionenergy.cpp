// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/motionenergy.h"
#include "tests/support/support.h"

#include <array>
#include <cstdint>
#include <vector>

using namespace dscope;

namespace {

/// 2 x 1 pixels.
Picture two(std::array<std::uint8_t, 6> rgb)
{
    Picture picture(2, 1);
    picture.rgb.assign(rgb.begin(), rgb.end());
    return picture;
}

} // namespace

class TestMotionenergy : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void byHand()
    {
        // |.299 * 10 - .587 * 20| = 8.75 and .114 * 100 = 11.4; then both back again, and on to nothing new.
        const Picture a = two({0, 20, 0, 1, 2, 3});
        const Picture b = two({10, 0, 0, 1, 2, 103});
        QCOMPARE(motionEnergy(Clip({a, b})), (8.75 + 11.4) / 2);
        QCOMPARE(motionEnergy(Clip({a, b, a})), (8.75 + 11.4) / 2);
        QCOMPARE(motionEnergy(Clip({a, b, b})), (8.75 + 11.4) / 4);
        const Picture black(31, 17);
        Picture white(31, 17);
        white.rgb.assign(white.rgb.size(), 255);
        QCOMPARE(motionEnergy(Clip({black, white, black, white})), 255.0);
    }

    void ofNothing()
    {
        QCOMPARE(motionEnergy(two({1, 2, 3, 4, 5, 6})), 0.0);
        QVERIFY_THROWS_EXCEPTION(Error, motionEnergy(Clip()));
    }

    /// It does not matter in which direction time runs.
    void reversed()
    {
        const Picture a = two({0, 20, 0, 1, 2, 3});
        const Picture b = two({10, 0, 0, 1, 2, 103});
        const Picture c = two({200, 7, 9, 41, 32, 23});
        QCOMPARE(motionEnergy(Clip({a, b, c})), motionEnergy(Clip({c, b, a})));
        QVERIFY(motionEnergy(Clip({a, c, b})) != motionEnergy(Clip({a, b, c})));
    }
};

DSCOPE_TEST(TestMotionenergy)
#include "tst_motionenergy.moc"
