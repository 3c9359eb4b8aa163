// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/tasks/reid/people/persondecoding.h"
#include "tests/support/support.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace dscope;
using namespace dscope::test;

namespace {

constexpr float kLow = -40; ///< a logit that has no share of a softmax

RawOutput output(std::int64_t places, std::int64_t values)
{
    return {"o", {1, places, values}, std::vector<float>(static_cast<std::size_t>(places * values), 0.F)};
}

/// For an input of 64 x 32: 8 x 4, 4 x 2 and 2 x 1 places.
RawOutput yolox()
{
    return output(32 + 8 + 2, 7);
}

std::vector<RawOutput> nanoDet(bool inPairs)
{
    const std::vector<std::int64_t> places{32, 8, 2};
    std::vector<RawOutput> result;
    for (const std::int64_t count : places) {
        result.push_back(output(count, 2));
        if (inPairs)
            result.push_back(output(count, 16));
    }
    for (const std::int64_t count : places)
        if (!inPairs)
            result.push_back(output(count, 16));
    return result;
}

void set(RawOutput &to, std::int64_t place, const std::vector<float> &values)
{
    std::copy(values.begin(), values.end(), to.values.begin() + place * to.shape[2]);
}

DetectorInput input(float scaleX = 1, float scaleY = 1)
{
    return {64, 32, scaleX, scaleY, {}};
}

bool near(float a, float b, float by = 1e-3F)
{
    return std::abs(a - b) <= by;
}

} // namespace

/// The arithmetic around the detectors' networks, on outputs made by hand.
class TestPersondecoding : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Twice as wide as high into a square: the upper half, and the fill below; blue comes first.
    void letterbox()
    {
        Picture picture(4, 2);
        for (std::size_t i = 0; i < picture.rgb.size(); i += 3) {
            picture.rgb[i] = 10;
            picture.rgb[i + 1] = 20;
            picture.rgb[i + 2] = 30;
        }
        const DetectorInput boxed = letterboxed(PicturePixels(picture), 8, 8, 114);
        QCOMPARE(boxed.width, 8);
        QCOMPARE(boxed.height, 8);
        QCOMPARE(boxed.scaleX, 2.F);
        QCOMPARE(boxed.scaleY, 2.F);
        QCOMPARE(boxed.planes.size(), std::size_t{3 * 64});
        for (std::size_t channel = 0; channel < 3; ++channel)
            for (std::size_t y = 0; y < 8; ++y)
                for (std::size_t x = 0; x < 8; ++x)
                    QCOMPARE(boxed.planes[channel * 64 + y * 8 + x], y < 4 ? 30.F - 10.F * static_cast<float>(channel) : 114.F);
        // Higher than wide: the left part.
        const DetectorInput high = letterboxed(PicturePixels(Picture(2, 4)), 8, 8, 7);
        QCOMPARE(high.scaleX, 2.F);
        QCOMPARE(high.planes[3], 0.F);
        QCOMPARE(high.planes[4], 7.F);
        // The thinnest picture still has a line.
        const DetectorInput thin = letterboxed(PicturePixels(Picture(3000, 1)), 8, 8, 7);
        QCOMPARE(thin.planes[7], 0.F);
        QCOMPARE(thin.planes[8], 7.F);
        QVERIFY_THROWS_EXCEPTION(Error, letterboxed(PicturePixels(Picture()), 8, 8, 0));
        QVERIFY_THROWS_EXCEPTION(Error, letterboxed(PicturePixels(picture), 0, 8, 0));
    }

    void normalised()
    {
        DetectorInput one = input();
        one.planes = {10, 20, 30, 40, 50, 60}; // two pixels
        const float mean[3] = {10, 20, 30};
        const float deviation[3] = {2, 5, 10};
        normalise(one, mean, deviation);
        QCOMPARE(one.planes, (std::vector<float>{0, 5, 2, 4, 2, 3}));
    }

    /// Place (3, 2) of stride 8 and place (1, 0) of stride 32; a class other than the first does not count.
    void yoloxBoxes()
    {
        RawOutput out = yolox();
        set(out, 2 * 8 + 3, {0.5F, -0.25F, std::log(2.F), std::log(4.F), 0.8F, 0.5F, 0.F});
        set(out, 32 + 8 + 1, {0.F, 0.5F, 0.F, std::log(0.5F), 1.F, 0.9F, 0.F});
        set(out, 5, {0, 0, 0, 0, 1, 0.1F, 1}); // surely of the second class
        std::vector<Person> people = decodeYolox(out, input(), 0.3F);
        QCOMPARE(people.size(), std::size_t{2});
        // centre ((.5 + 3) 8, (-.25 + 2) 8) = (28, 14), sides 16 and 32
        QVERIFY(near(people[0].box.x, 20) && near(people[0].box.y, -2) && near(people[0].box.w, 16) && near(people[0].box.h, 32));
        QVERIFY(near(people[0].score, 0.4F));
        // centre ((0 + 1) 32, .5 32) = (32, 16), sides 32 and 16
        QVERIFY(near(people[1].box.x, 16) && near(people[1].box.y, 8) && near(people[1].box.w, 32) && near(people[1].box.h, 16));
        QVERIFY(near(people[1].score, 0.9F));
        // In a picture of twice the width and four times the height.
        people = decodeYolox(out, input(0.5F, 0.25F), 0.3F);
        QVERIFY(near(people[0].box.x, 40) && near(people[0].box.y, -8) && near(people[0].box.w, 32) && near(people[0].box.h, 128));
        QCOMPARE(decodeYolox(out, input(), 0.5F).size(), std::size_t{1});
    }

    /// Numbers that are none, and powers beyond every picture, are nobody.
    void yoloxHostile()
    {
        const float nan = std::numeric_limits<float>::quiet_NaN();
        const float infinite = std::numeric_limits<float>::infinity();
        RawOutput out = yolox();
        set(out, 0, {0, 0, nan, 0, 1, 1, 0});
        set(out, 1, {0, 0, 1000, 0, 1, 1, 0});
        set(out, 2, {nan, 0, 0, 0, 1, 1, 0});
        set(out, 3, {0, 0, 0, 0, nan, 1, 0});
        set(out, 4, {infinite, 0, 0, 0, 1, 1, 0});
        set(out, 5, {0, 0, 0, -infinite, 1, 1, 0});
        QVERIFY(plausiblePeople(decodeYolox(out, input(), 0.3F), 64, 32).empty());
    }

    void nanoDetBoxes_data()
    {
        QTest::addColumn<bool>("inPairs");
        QTest::newRow("in pairs") << true;
        QTest::newRow("classes first") << false;
    }

    /// Place (1, 1) of stride 16: its point is (24, 24). Distances: all weight on a bin, or half on each of two.
    void nanoDetBoxes()
    {
        QFETCH(bool, inPairs);
        std::vector<RawOutput> outs = nanoDet(inPairs);
        const std::size_t classes = inPairs ? 2 : 1;
        const std::size_t boxes = inPairs ? 3 : 4;
        set(outs[classes], 4 + 1, {0.7F, 0.1F});
        set(outs[boxes], 4 + 1,
            {kLow, 0, kLow, kLow, // left 1
             0, 0, kLow, kLow,    // up .5
             kLow, kLow, kLow, 9, // right 3
             1, 1, 1, 1});        // down 1.5
        QCOMPARE(personNetworkOf(outs, 64, 32, "x.onnx"), PersonNetwork::NanoDet);
        const std::vector<Person> people = decodeNanoDet(outs, input(0.5F, 1), 0.4F);
        QCOMPARE(people.size(), std::size_t{1});
        // left 24 - 16 = 8, top 24 - 8 = 16, right 24 + 48 = 72, bottom 24 + 24 = 48; the picture is twice as wide
        QVERIFY(near(people[0].box.x, 16) && near(people[0].box.y, 16) && near(people[0].box.w, 128) && near(people[0].box.h, 32));
        QCOMPARE(people[0].score, 0.7F);
        QVERIFY(decodeNanoDet(outs, input(), 0.71F).empty());
    }

    void whichNetwork()
    {
        QCOMPARE(personNetworkOf({yolox()}, 64, 32, "x.onnx"), PersonNetwork::Yolox);
        const auto refused = [](const std::vector<RawOutput> &outputs, const char *says) {
            try {
                personNetworkOf(outputs, 64, 32, "some.onnx");
            } catch (const FileError &error) {
                return std::string(error.what()).find("some.onnx") != std::string::npos && std::string(error.what()).find(says) != std::string::npos;
            }
            return false;
        };
        QVERIFY(refused({}, "none"));
        QVERIFY(refused({output(41, 7)}, "1 x 41 x 7")); // places of another input
        QVERIFY(refused({output(42, 5)}, "1 x 42 x 5")); // no class
        QVERIFY(refused({{"embedding", {1, 512}, std::vector<float>(512)}}, "1 x 512"));
        std::vector<RawOutput> outs = nanoDet(true);
        outs[3] = output(8, 18); // bins that are no four sides
        QVERIFY(refused(outs, "1 x 8 x 18"));
        outs = nanoDet(true);
        outs[4].shape = {};
        outs[4].values = {1};
        QVERIFY(refused(outs, "a single number"));
        outs = nanoDet(true);
        outs.pop_back();
        QVERIFY(refused(outs, "1 x 32 x 2"));
        outs = nanoDet(true);
        outs[0].values.pop_back(); // fewer than its shape says
        QVERIFY(refused(outs, "1 x 32 x 2"));
    }

    /// Overlaps of the first with the others: .6, 1/3, 0.
    void suppression()
    {
        const auto person = [](float x, float score) { return Person{{x, 0, 10, 10}, score, true}; };
        const std::vector<Person> people{person(0, 0.5F), person(2.5F, 0.9F), person(5, 0.4F), person(40, 0.1F)};
        // 2.5 and 0 share 75 of 125, as do 2.5 and 5.
        std::vector<Person> kept = suppressPeople(people, 0.5F);
        QCOMPARE(kept.size(), std::size_t{2});
        QCOMPARE(kept[0].box.x, 2.5F);
        QCOMPARE(kept[1].box.x, 40.F);
        QCOMPARE(suppressPeople(people, 0.61F).size(), std::size_t{4});
        // A stronger one takes part before the limit does.
        kept = suppressPeople(people, 0.61F, 1);
        QCOMPARE(kept.size(), std::size_t{1});
        QCOMPARE(kept[0].score, 0.9F);
        // What was suppressed suppresses nobody: 0 goes by 2.5, -2.5 stays though 0 overlaps it.
        QCOMPARE(suppressPeople({person(2.5F, 0.9F), person(0, 0.8F), person(-2.5F, 0.7F)}, 0.5F).size(), std::size_t{2});
    }

    void plausible()
    {
        const auto stays = [](const Box &box) { return !plausiblePeople({Person{box, 0.5F, true}}, 100, 50).empty(); };
        QVERIFY(stays({10, 10, 20, 40}));
        QVERIFY(stays({-10, 10, 30, 60})); // reaches out, its middle inside
        QVERIFY(!stays({-40, 10, 30, 30}));
        QVERIFY(!stays({10, 10, 1, 40}));
        QVERIFY(!stays({-80, 10, 260, 20}));
        QVERIFY(!stays({10, 10, -20, 40}));
        QVERIFY(!stays({std::numeric_limits<float>::quiet_NaN(), 10, 20, 40}));
    }
};

DSCOPE_TEST(TestPersondecoding)
#include "tst_persondecoding.moc"
