// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/base/files.h"
#include "core/damage/damageset.h"
#include "core/damage/kernels.h"
#include "core/damage/kinds.h"
#include "core/damage/paper.h"
#include "core/damage/sheet.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

using namespace dscope;

namespace {

/// Squares and ramps: something with detail in both directions.
Picture pattern(int width, int height)
{
    Picture picture(width, height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            picture.row(y)[3 * x] = static_cast<std::uint8_t>((x / 4 + y / 4) % 2 * 200 + 20);
            picture.row(y)[3 * x + 1] = static_cast<std::uint8_t>(2 * x);
            picture.row(y)[3 * x + 2] = static_cast<std::uint8_t>(2 * y);
        }
    return picture;
}

Picture flat(std::uint8_t value)
{
    Picture picture(112, 112);
    std::fill(picture.rgb.begin(), picture.rgb.end(), value);
    return picture;
}

double difference(const Picture &a, const Picture &b)
{
    double sum = 0;
    for (std::size_t i = 0; i < a.rgb.size(); ++i)
        sum += std::abs(int{a.rgb[i]} - int{b.rgb[i]});
    return sum / static_cast<double>(a.rgb.size());
}

unsigned long checked(unsigned long sum, const Picture &picture, Random &random)
{
    sum = crc32(sum, picture.rgb.data(), static_cast<unsigned>(picture.rgb.size()));
    const std::uint64_t next = random.next();
    return crc32(sum, reinterpret_cast<const unsigned char *>(&next), sizeof next);
}

std::vector<std::string> names(const char *list)
{
    const DamageSet set = DamageSet::named(list);
    std::vector<std::string> all;
    for (const DamageFamily *family : set.families())
        all.emplace_back(family->name);
    return all;
}

} // namespace

class TestDamage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Targets made before there were families are made again from their seeds: the old kinds give the bits, and draw the numbers, that they gave then.
    void oldKindsKeepTheirBits()
    {
        const std::array<unsigned long, 7> sums{0xcbbd2ec9, 0xacde8eb6, 0x4b77c887, 0x13c8c98f, 0x12ac9c52, 0x68b05cc0, 0xcfb78c4d};
        for (std::size_t kind = 0; kind < sums.size(); ++kind) {
            unsigned long sum = 0;
            for (const double severity : {0.0, 0.3, 0.7, 1.0})
                for (const auto &[width, height] : {std::pair(112, 112), std::pair(64, 128)}) {
                    Random random(7, kind);
                    const Picture worse = degraded(pattern(width, height), static_cast<Degradation>(kind), severity, random);
                    sum = checked(sum, worse, random);
                }
            QVERIFY2(sum == sums[kind], degradationName(static_cast<Degradation>(kind)).c_str());
        }
        unsigned long sum = 0;
        for (std::uint64_t i = 0; i < 60; ++i) {
            Random random(1, i);
            const Picture worse = randomlyDegraded(pattern(112, 112), random);
            sum = checked(sum, worse, random);
            Random again(1, i);
            QVERIFY(DamageSet().damage(pattern(112, 112), again) == worse);
        }
        QCOMPARE(sum, 0xaffa5f82UL);
    }

    void everyFamilyIsRepeatableAndGrows_data()
    {
        QTest::addColumn<QString>("name");
        for (const DamageFamily &family : damageFamilies())
            QTest::newRow(std::string(family.name).c_str()) << QString::fromUtf8(family.name.data(), static_cast<qsizetype>(family.name.size()));
    }
    void everyFamilyIsRepeatableAndGrows()
    {
        QFETCH(QString, name);
        const DamageFamily *family = damageFamily(name.toStdString());
        QVERIFY(family);
        const Picture clean = drawnFace();
        double before = 0;
        for (const double severity : {0.0, 0.5, 1.0}) {
            double now = 0;
            for (std::uint64_t seed = 0; seed < 6; ++seed) {
                Random first(seed, 2);
                Random second(seed, 2);
                const Picture worse = damaged(clean, *family, severity, first);
                QVERIFY(worse == damaged(clean, *family, severity, second));
                QCOMPARE(first.next(), second.next());
                QCOMPARE(worse.width, clean.width);
                QCOMPARE(worse.height, clean.height);
                now += difference(clean, worse);
            }
            QVERIFY2(now > 1.05 * before, qPrintable(QStringLiteral("%1 after %2 at %3").arg(now).arg(before).arg(severity)));
            before = now;
        }
        for (const auto &[width, height] : {std::pair(1, 1), std::pair(2, 17), std::pair(9, 8), std::pair(64, 128), std::pair(200, 30)})
            for (const double severity : {0.0, 1.0}) {
                Random random(3);
                const Picture worse = damaged(pattern(width, height), *family, severity, random);
                QCOMPARE(worse.width, width);
                QCOMPARE(worse.height, height);
            }
        Random random;
        VERIFY_SAYS(dscope::test::refusal([&] { damaged(clean, *family, 1.01, random); }), "between 0 and 1");
        VERIFY_SAYS(dscope::test::refusal([&] { damaged(clean, *family, std::nan(""), random); }), "between 0 and 1");
        VERIFY_SAYS(dscope::test::refusal([&] { damaged(Picture(), *family, 0.5, random); }), "empty");
    }

    /// Weights add up to 1: what has no detail has none to lose.
    void filtersKeepFlatPictures()
    {
        for (const char *name : {"shrink-area", "shrink-nearest", "shrink-bilinear", "shrink-bicubic", "shrink-blurred", "gaussian-blur", "defocus",
                                 "motion-blur", "shake", "combing", "halos", "stretch"}) {
            Random random(4);
            const Picture worse = damaged(flat(93), *damageFamily(name), 0.8, random);
            if (std::string_view(name) != "stretch") {
                QVERIFY2(difference(worse, flat(93)) < 1e-9, name);
            } else {
                QCOMPARE(int{worse.row(56)[3 * 56]}, 93);
            }
        }
    }

    void valuesByHand()
    {
        Random random(1);
        const auto value = [&](const char *name, double severity, std::uint8_t of) {
            const Picture out = damaged(flat(of), *damageFamily(name), severity, random);
            return int{out.row(50)[3 * 50]};
        };
        QCOMPARE(value("solarise", 1, 10), 245);    // a negative
        QCOMPARE(value("solarise", 0.5, 111), 111); // the border is 112
        QCOMPARE(value("solarise", 0.5, 112), 143);
        QCOMPARE(value("posterise", 1, 127), 0); // two levels
        QCOMPARE(value("posterise", 1, 128), 255);
        QCOMPARE(value("posterise", 0, 255), 255); // twelve
        QCOMPARE(value("posterise", 0, 21), 0);
        QCOMPARE(value("posterise", 0, 22), 23);       // 255 / 11
        QCOMPARE(value("over-exposure", 1, 130), 255); // .223 of light times 9 is above white
        // Twice the light of 100, which is .127: .254 of light is 138.
        QCOMPARE(value("over-exposure", std::log(2 / 1.5) / std::log(6.0), 100), 138);
        // Of green at luma 150: all channels the same where it is faded wholly.
        Picture green(112, 112);
        for (std::size_t i = 0; i < green.rgb.size(); i += 3)
            green.rgb[i + 1] = 200;
        const Picture grey = damaged(green, *damageFamily("faded"), 1, random);
        QCOMPARE(int{grey.rgb[0]}, 117); // .587 x 200
        QCOMPARE(int{grey.rgb[1]}, 117);
        QCOMPARE(int{grey.rgb[2]}, 117);
        // Hues turn around the same luma, which no direction changes.
        for (std::uint64_t seed = 0; seed < 4; ++seed) {
            Random own(seed);
            Picture dull = flat(120);
            for (std::size_t i = 0; i < dull.rgb.size(); i += 3)
                dull.rgb[i] = 140;
            const Picture turned = damaged(dull, *damageFamily("hue"), 0.6, own);
            const double luma = 0.299 * turned.rgb[0] + 0.587 * turned.rgb[1] + 0.114 * turned.rgb[2];
            QVERIFY2(std::abs(luma - (120 + 0.299 * 20)) < 1, std::to_string(luma).c_str());
        }
    }

    void noiseHasTheStatedDeviation()
    {
        const auto deviation = [](const char *name, double severity) {
            Random random(9);
            const Picture noisy = damaged(flat(128), *damageFamily(name), severity, random);
            double sum = 0;
            for (const std::uint8_t v : noisy.rgb)
                sum += (v - 128.0) * (v - 128.0);
            return std::sqrt(sum / static_cast<double>(noisy.rgb.size()));
        };
        QVERIFY(std::abs(deviation("gaussian-noise", 0) - 6) < 0.15);
        QVERIFY(std::abs(deviation("gaussian-noise", 0.5) - 33) < 0.6);
        const double grain = deviation("grain", 0.4); // about 25
        QVERIFY2(grain > 17 && grain < 35, std::to_string(grain).c_str());
        // A quarter of the pixels at most is hit, and each wholly.
        Random random(2);
        const Picture hit = damaged(flat(77), *damageFamily("impulses"), 1, random);
        std::size_t count = 0;
        for (std::size_t i = 0; i < hit.rgb.size(); i += 3)
            count += hit.rgb[i] != 77 || hit.rgb[i + 1] != 77 || hit.rgb[i + 2] != 77 ? 1 : 0;
        QVERIFY(std::abs(static_cast<double>(count) / (112 * 112) - 0.25) < 0.02);
    }

    void kernelsByHand()
    {
        // 4 pixels to 2: the middles are at .5 and 2.5.
        QCOMPARE(nearestTaps(4, 2)[1].first, 3);
        QCOMPARE(nearestTaps(2, 4)[1].first, 0);
        const Tap between = twoPointTaps(4, 2)[1];
        QCOMPARE(between.first, 2);
        QCOMPARE(between.weights, (std::vector<float>{0.5F, 0.5F}));
        // Keys' cubic half way between two pixels: -1/16, 9/16, 9/16, -1/16; enlarging by 2 meets quarters.
        const Tap cubic = cubicTaps(8, 8)[3];
        QCOMPARE(cubic.first, 1);
        const std::vector<float> expected{0, 0, 1, 0, 0};
        for (std::size_t i = 0; i < cubic.weights.size(); ++i)
            QVERIFY(std::abs(cubic.weights[i] - expected[i]) < 1e-6F);
        const Tap quarter = cubicTaps(8, 16)[7]; // its middle is at 3.25: cubic(1.25), (.25), (.75), (1.75)
        QCOMPARE(quarter.first, 2);
        const std::vector<float> quarters{-0.0703125F, 0.8671875F, 0.2265625F, -0.0234375F};
        for (std::size_t i = 0; i < quarters.size(); ++i)
            QVERIFY(std::abs(quarter.weights[i] - quarters[i]) < 1e-5F);
        // A point of light becomes a disc of the same light.
        Canvas point(21, 21);
        point.at(10, 10)[1] = 100;
        const Canvas disc = convolved(point, Kernel::disc(3));
        double sum = 0;
        for (int y = 0; y < 21; ++y)
            for (int x = 0; x < 21; ++x)
                sum += disc.at(x, y)[1];
        QVERIFY(std::abs(sum - 100) < 1e-3);
        QVERIFY(std::abs(disc.at(10, 10)[1] - disc.at(12, 11)[1]) < 1e-5);
        QCOMPARE(disc.at(14, 10)[1], 0.F);
    }

    /// Blocks are quantised: at a strong step most coefficients are gone, and colours are kept at half the resolution.
    void blocksLoseDetail()
    {
        Random random(1);
        const Picture clean = pattern(112, 112);
        const Picture coded = damaged(clean, *damageFamily("block-dct"), 1, random);
        std::set<std::array<std::uint8_t, 3>> before;
        for (std::size_t i = 0; i < clean.rgb.size(); i += 3)
            before.insert({clean.rgb[i], clean.rgb[i + 1], clean.rgb[i + 2]});
        QVERIFY(difference(clean, coded) > 8);
        // A flat block keeps its value within half a step of the DC, which is a sixteenth of it per pixel (and a third more by the dead zone).
        const Picture grey = damaged(flat(200), *damageFamily("block-dct"), 1, random);
        QVERIFY(difference(grey, flat(200)) <= 130.0 / 8);
        QVERIFY(damaged(flat(128), *damageFamily("block-dct"), 0.3, random) == flat(128));
    }

    void combingLeavesEveryOtherRow()
    {
        Random random(5);
        const Picture clean = drawnFace();
        const Picture combed = damaged(clean, *damageFamily("combing"), 0.7, random);
        int same = 0;
        for (int y = 0; y < 112; ++y)
            same += std::equal(clean.row(y), clean.row(y) + 336, combed.row(y)) ? 1 : 0;
        QCOMPARE(same, 56);
    }

    void setsAreNamed()
    {
        QVERIFY(DamageSet().isPaper());
        QVERIFY(DamageSet::named("paper").isPaper());
        QCOMPARE(DamageSet::named("paper").text(), std::string("paper"));
        QCOMPARE(names("all").size(), damageFamilies().size());
        QCOMPARE(names("motion"), (std::vector<std::string>{"motion-blur", "shake"}));
        QCOMPARE(names("glasses,motion,-shake"), (std::vector<std::string>{"motion-blur", "glasses"}));
        const std::vector<std::string> most = names("all,-compression");
        QCOMPARE(most.size(), damageFamilies().size() - 4);
        QVERIFY(std::find(most.begin(), most.end(), "jpeg-twice") == most.end());
        QCOMPARE(names("-compression"), most);
        const DamageSet set = DamageSet::named("focus,jpeg");
        QCOMPARE(set.text(), std::string("gaussian-blur,defocus,jpeg"));
        QCOMPARE(DamageSet::named(set.text()).text(), set.text());
        VERIFY_SAYS(dscope::test::refusal<UsageError>([] { DamageSet::named("jepg"); }),
                    "'jepg' is no family of damage. Known are paper, all, the groups resolution,");
        VERIFY_SAYS(dscope::test::refusal<UsageError>([] { DamageSet::named(""); }), "'' is no family");
        VERIFY_SAYS(dscope::test::refusal<UsageError>([] { DamageSet::named("jpeg,"); }), "'' is no family");
        VERIFY_SAYS(dscope::test::refusal<UsageError>([] { DamageSet::named("paper,jpeg"); }), "cannot be mixed");
        VERIFY_SAYS(dscope::test::refusal<UsageError>([] { DamageSet::named("motion,-motion-blur,-shake"); }), "leaves none");
    }

    void groupsAndNamesAreDistinct()
    {
        std::set<std::string_view> families;
        std::set<std::string_view> groups;
        std::string_view last;
        for (const DamageFamily &family : damageFamilies()) {
            QVERIFY2(families.insert(family.name).second, std::string(family.name).c_str());
            if (family.group != last) // a group is one run
                QVERIFY2(groups.insert(family.group).second, std::string(family.group).c_str());
            last = family.group;
        }
        for (const std::string_view group : groups)
            QVERIFY2(!families.contains(group), std::string(group).c_str());
    }

    /// What is drawn comes from the set alone: a set of one family gives that one, now and then twice.
    void setsDrawTheirOwn()
    {
        const DamageSet one = DamageSet::named("solarise");
        int twice = 0;
        for (std::uint64_t seed = 0; seed < 200; ++seed) {
            Random random(seed);
            const Picture drawn = one.damage(drawnFace(), random);
            Random same(seed);
            same.below(1);
            same.below(1);
            Picture expected = damaged(drawnFace(), *damageFamily("solarise"), same.uniform(), same);
            if (same.chance(0.3)) {
                same.below(1);
                same.below(1);
                expected = damaged(expected, *damageFamily("solarise"), same.uniform(), same);
                ++twice;
            }
            QVERIFY(drawn == expected);
        }
        QVERIFY2(twice > 35 && twice < 85, std::to_string(twice).c_str());
    }

    /// docs/damage.md has the table that the program prints.
    void pageIsTrue()
    {
        std::vector<const DamageFamily *> all;
        for (const DamageFamily &family : damageFamilies())
            all.push_back(&family);
        const std::string page = readText(dscope::test::sourceDir() / "docs" / "damage.md");
        VERIFY_SAYS(page, damageTable(all));
        const Picture face = drawnFace();
        const Picture sheet = damageSheet(face, {all[0], all[1]}, {0.5}, 1);
        QCOMPARE(sheet.width, 136 + 2 * 116);
        QCOMPARE(sheet.height, 20 + 2 * 116);
        QVERIFY(std::equal(face.row(7), face.row(7) + 336, sheet.row(20 + 7) + 3 * 136));
        VERIFY_SAYS(dscope::test::refusal([&] { damageSheet(Picture(600, 20), {all[0]}, {0.5}, 1); }), "600 x 20");
    }
};

DSCOPE_TEST(TestDamage)
#include "tst_damage.moc"
