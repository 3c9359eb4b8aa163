// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/training/augment.h"

#include <array>
#include <cmath>

using namespace dscope;

namespace {

/// Stripes and a ramp: something with detail in both directions.
Picture pattern()
{
    Picture picture(112, 112);
    for (int y = 0; y < 112; ++y)
        for (int x = 0; x < 112; ++x) {
            picture.row(y)[3 * x] = static_cast<std::uint8_t>((x / 4 + y / 4) % 2 * 200 + 20);
            picture.row(y)[3 * x + 1] = static_cast<std::uint8_t>(2 * x);
            picture.row(y)[3 * x + 2] = static_cast<std::uint8_t>(2 * y);
        }
    return picture;
}

double difference(const Picture &a, const Picture &b)
{
    double sum = 0;
    for (std::size_t i = 0; i < a.rgb.size(); ++i)
        sum += std::abs(int{a.rgb[i]} - int{b.rgb[i]});
    return sum / static_cast<double>(a.rgb.size());
}

} // namespace

class TestAugment : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Where the colours stay as they are, the upper rows are the first crop's and the lower ones the second's.
    void recomposedJoinsTwo()
    {
        const Picture a = pattern();
        const Picture b = mirrored(a);
        int plain = 0;
        int coloured = 0;
        for (std::uint64_t seed = 0; seed < 60; ++seed) {
            Random first(seed, 3);
            Random second(seed, 3);
            const Picture joined = recomposed(a, b, first);
            QVERIFY(joined == recomposed(a, b, second));
            const std::size_t row = 3 * 112;
            const bool upper = std::equal(joined.row(0), joined.row(0) + row, a.row(0));
            const bool lower = std::equal(joined.row(111), joined.row(111) + row, b.row(111));
            plain += upper && lower ? 1 : 0;
            coloured += !upper && !lower ? 1 : 0;
            if (upper) {
                QVERIFY(std::equal(joined.row(32), joined.row(32) + row, a.row(32))); // a third less half of the seam
            }
            if (lower) {
                QVERIFY(std::equal(joined.row(80), joined.row(80) + row, b.row(80)));
            }
        }
        QVERIFY2(plain >= 1 && coloured >= 15, qPrintable(QStringLiteral("%1, %2").arg(plain).arg(coloured)));
        Random random(1, 1);
        QVERIFY_EXCEPTION_THROWN(recomposed(a, Picture(10, 10), random), Error);
    }

    void everyKindIsRepeatableAndWorsens_data()
    {
        QTest::addColumn<int>("kind");
        for (int kind = 0; kind <= static_cast<int>(Degradation::MotionBlur); ++kind)
            QTest::newRow(degradationName(static_cast<Degradation>(kind)).c_str()) << kind;
    }
    void everyKindIsRepeatableAndWorsens()
    {
        QFETCH(int, kind);
        const Picture clean = pattern();
        double before = 0;
        for (const double severity : {0.0, 0.5, 1.0}) {
            Random first(1, 2);
            Random second(1, 2);
            const Picture worse = degraded(clean, static_cast<Degradation>(kind), severity, first);
            QVERIFY(worse == degraded(clean, static_cast<Degradation>(kind), severity, second));
            QCOMPARE(worse.width, 112);
            QCOMPARE(worse.height, 112);
            const double now = difference(clean, worse);
            QVERIFY2(now > before, qPrintable(QStringLiteral("%1 at %2").arg(now).arg(severity)));
            before = now;
        }
        Random random;
        QVERIFY_THROWS_EXCEPTION(Error, degraded(clean, static_cast<Degradation>(kind), 1.1, random));
        QVERIFY_THROWS_EXCEPTION(Error, degraded(clean, static_cast<Degradation>(kind), std::nan(""), random));
    }

    void filtersKeepFlatPictures()
    {
        Picture flat(112, 112);
        std::fill(flat.rgb.begin(), flat.rgb.end(), std::uint8_t{93});
        for (const Degradation kind : {Degradation::LowResolution, Degradation::Blur, Degradation::MotionBlur}) {
            Random random(4);
            QVERIFY(degraded(flat, kind, 0.7, random) == flat);
        }
    }

    void darknessScalesByHand()
    {
        Picture flat(112, 112);
        std::fill(flat.rgb.begin(), flat.rgb.end(), std::uint8_t{200});
        Random random(4);
        const Picture dark = degraded(flat, Degradation::Darkness, 0, random);
        double mean = 0;
        double squares = 0;
        for (const std::uint8_t value : dark.rgb) {
            mean += value;
            squares += (value - 100.0) * (value - 100.0);
        }
        mean /= static_cast<double>(dark.rgb.size());
        QVERIFY(std::abs(mean - 100) < 0.2);                                                    // 200 x 0.5
        QVERIFY(std::abs(std::sqrt(squares / static_cast<double>(dark.rgb.size())) - 4) < 0.2); // deviation 4
    }

    void mirroredTwiceIsTheSame()
    {
        const Picture clean = pattern();
        const Picture once = mirrored(clean);
        QVERIFY(!(once == clean));
        QVERIFY(mirrored(once) == clean);
        QCOMPARE(once.row(7)[0], clean.row(7)[3 * 111]);
    }

    /// One table for all values: equal pixels stay equal, brighter ones stay brighter, and nothing moves.
    void relitKeepsTheOrder()
    {
        const Picture clean = pattern();
        bool changed = false;
        for (std::uint64_t seed = 0; seed < 10; ++seed) {
            Random random(seed);
            const Picture other = relit(clean, random);
            changed = changed || !(other == clean);
            std::array<int, 256> table;
            table.fill(-1);
            for (std::size_t i = 0; i < clean.rgb.size(); ++i) {
                int &value = table[clean.rgb[i]];
                QVERIFY(value < 0 || value == other.rgb[i]);
                value = other.rgb[i];
            }
            int last = 0;
            for (const int value : table)
                if (value >= 0) {
                    QVERIFY(value >= last);
                    last = value;
                }
            Random again(seed);
            QVERIFY(relit(clean, again) == other);
        }
        QVERIFY(changed);
    }

    void blendLiesBetween()
    {
        Picture dark(112, 112);
        Picture light(112, 112);
        std::fill(light.rgb.begin(), light.rgb.end(), std::uint8_t{200});
        for (std::uint64_t seed = 0; seed < 10; ++seed) {
            Random random(seed);
            const Picture mix = blended(dark, light, random);
            for (const std::uint8_t value : mix.rgb)
                QVERIFY(value <= 200);
            double mean = 0;
            for (const std::uint8_t value : mix.rgb)
                mean += value / static_cast<double>(mix.rgb.size());
            QVERIFY(mean > 40 && mean < 160);
        }
        Random random;
        QVERIFY_THROWS_EXCEPTION(Error, blended(dark, Picture(64, 64), random));
    }
};

DSCOPE_TEST(TestAugment)
#include "tst_augment.moc"
