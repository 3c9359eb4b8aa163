// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/resample.h"
#include "core/training/augment.h"
#include "core/training/trackletsampler.h"

#include <algorithm>
#include <map>
#include <set>

using namespace dscope;

using Frames = std::vector<std::int64_t>;

class TestTrackletsampler : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// 19 people in batches of 8 x 4: 16 of them, each once with four of its tracklets; the same tracklet twice only where there are fewer.
    void peopleAndTracklets()
    {
        std::vector<std::int64_t> labels;
        std::map<std::int64_t, std::int64_t> owned;
        for (std::int64_t i = 0; i < 120; ++i) {
            const std::int64_t person = 100 + 3 * (i % 19 % (i < 60 ? 19 : 5)); // 5 people have many, the others three or four
            labels.push_back(person);
            ++owned[person];
        }
        QCOMPARE(owned.size(), std::size_t{19});
        std::set<std::int64_t> shown;
        bool repeated = false;
        for (std::int64_t epoch = 0; epoch < 30; ++epoch) {
            const Frames order = identityOrder(labels, 8, 4, 5, epoch);
            QCOMPARE(order.size(), std::size_t{64});
            QCOMPARE(order, identityOrder(labels, 8, 4, 5, epoch));
            std::set<std::int64_t> people;
            for (std::size_t at = 0; at < order.size(); at += 4) {
                const std::int64_t person = labels[static_cast<std::size_t>(order[at])];
                QVERIFY(people.insert(person).second);
                std::set<std::int64_t> different(order.begin() + static_cast<std::ptrdiff_t>(at), order.begin() + static_cast<std::ptrdiff_t>(at + 4));
                for (const std::int64_t tracklet : different)
                    QCOMPARE(labels[static_cast<std::size_t>(tracklet)], person);
                if (owned[person] >= 4)
                    QCOMPARE(different.size(), std::size_t{4});
                else
                    repeated = repeated || different.size() < 3;
            }
            shown.insert(order.begin(), order.end());
        }
        QVERIFY(repeated); // with replacement
        QCOMPARE(shown.size(), labels.size());
        QVERIFY(identityOrder(labels, 8, 4, 5, 0) != identityOrder(labels, 8, 4, 5, 1));
        QVERIFY(identityOrder(labels, 8, 4, 5, 0) != identityOrder(labels, 8, 4, 6, 0));
        QCOMPARE(identityOrder(labels, 20, 4, 5, 0).size(), std::size_t{0});
        QCOMPARE(identityOrder(labels, 19, 1, 5, 0).size(), std::size_t{19});
        QVERIFY_THROWS_EXCEPTION(UsageError, identityOrder(labels, 0, 4, 5, 0));
    }

    void clipsToTrainWith()
    {
        Random random(3);
        std::map<std::int64_t, int> begins;
        for (int i = 0; i < 6000; ++i) {
            const Frames clip = trainingClip(10, 4, random);
            QCOMPARE(clip.size(), std::size_t{4});
            for (std::size_t at = 1; at < 4; ++at)
                QCOMPARE(clip[at], clip[0] + static_cast<std::int64_t>(at));
            ++begins[clip[0]];
        }
        // 0 to 5, each a sixth of the time (1,000, deviation 29); never 6, though four frames would be left.
        QCOMPARE(begins.size(), std::size_t{6});
        QCOMPARE(begins.rbegin()->first, std::int64_t{5});
        for (const auto &entry : begins)
            QVERIFY(std::abs(entry.second - 1000) < 150);
        for (int i = 0; i < 20; ++i) {
            QCOMPARE(trainingClip(5, 4, random), (Frames{0, 1, 2, 3})); // 1 would do as well
            QCOMPARE(trainingClip(4, 4, random), (Frames{0, 1, 2, 3}));
            QCOMPARE(trainingClip(3, 4, random), (Frames{0, 1, 2, 0}));
            QCOMPARE(trainingClip(1, 4, random), (Frames{0, 0, 0, 0}));
            QCOMPARE(trainingClip(2, 5, random), (Frames{0, 1, 0, 1, 0}));
        }
        QVERIFY_THROWS_EXCEPTION(Error, trainingClip(0, 4, random));
    }

    void clipsToTestWith()
    {
        using Clips = std::vector<Frames>;
        QCOMPARE(testClips(10, 4), (Clips{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9, 8, 9}}));
        QCOMPARE(testClips(8, 4), (Clips{{0, 1, 2, 3}, {4, 5, 6, 7}}));
        QCOMPARE(testClips(9, 4), (Clips{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 8, 8, 8}}));
        QCOMPARE(testClips(7, 4), (Clips{{0, 1, 2, 3}, {4, 5, 6, 4}}));
        QCOMPARE(testClips(1, 4), (Clips{{0, 0, 0, 0}}));
        QCOMPARE(testClips(3, 1), (Clips{{0}, {1}, {2}}));
        QVERIFY_THROWS_EXCEPTION(Error, testClips(0, 4));
        QVERIFY_THROWS_EXCEPTION(Error, testClips(4, 0));
    }

    /// A picture of exactly 9/8 of the size says where the part of it was taken.
    void framesAreShown()
    {
        Picture frame(36, 72);
        for (int y = 0; y < frame.height; ++y)
            for (int x = 0; x < frame.width; ++x) {
                frame.row(y)[3 * x] = static_cast<std::uint8_t>(5 * x);
                frame.row(y)[3 * x + 1] = static_cast<std::uint8_t>(3 * y);
            }
        const Picture whole = resampled(frame, 32, 64);
        const Picture mirroredWhole = mirrored(whole);
        int wholes = 0;
        int mirrors = 0;
        std::map<int, int> lefts;
        std::map<int, int> tops;
        Random random(12);
        constexpr int draws = 2000;
        for (int i = 0; i < draws; ++i) {
            Picture shown = personShown(frame, 32, 64, random);
            QCOMPARE(shown.width, 32);
            QCOMPARE(shown.height, 64);
            const bool turned = shown.row(0)[0] > shown.row(0)[3];
            mirrors += turned ? 1 : 0;
            if (turned)
                shown = mirrored(shown);
            if (shown == whole) {
                ++wholes;
                continue;
            }
            const int left = shown.row(0)[0] / 5;
            const int top = shown.row(0)[1] / 3;
            ++lefts[left];
            ++tops[top];
            for (int y = 0; y < 64; ++y)
                QVERIFY(std::equal(shown.row(y), shown.row(y) + std::ptrdiff_t{3} * 32, frame.row(y + top) + std::ptrdiff_t{3} * left));
        }
        // Halves of 2,000 draws have a deviation of 22.
        QVERIFY(std::abs(wholes - draws / 2) < 110);
        QVERIFY(std::abs(mirrors - draws / 2) < 110);
        QCOMPARE(lefts.size(), std::size_t{5}); // 0 to 4, the ends half as often
        QCOMPARE(tops.size(), std::size_t{9});
        QVERIFY(lefts[0] < lefts[2] && lefts[4] < lefts[2]);
        QVERIFY_THROWS_EXCEPTION(Error, personShown({}, 32, 64, random));
    }
};

DSCOPE_TEST(TestTrackletsampler)
#include "tst_trackletsampler.moc"
