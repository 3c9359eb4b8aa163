// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/tasks/reid/people/persontracker.h"
#include "tests/support/support.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>

using namespace dscope;
using namespace dscope::test;

namespace {

Person person(float x, float y = 100, float score = 0.9F, bool sure = true)
{
    return {{x, y, 40, 100}, score, sure};
}

std::vector<float> axis(std::size_t which)
{
    std::vector<float> result(4, 0.F);
    result[which] = 1;
    return result;
}

/// Hands over what `make` gives for the frames 0 .. frames - 1.
std::vector<int> tracked(int frames, const std::function<std::vector<Person>(int)> &make, const PersonTrackerOptions &options = {})
{
    PersonTracker tracker(options);
    for (int i = 0; i < frames; ++i)
        tracker.add(i, make(i));
    return tracker.tracks();
}

std::string refusal(const std::function<void()> &what)
{
    try {
        what();
    } catch (const Error &error) {
        return error.what();
    }
    return {};
}

} // namespace

/// The tracker of people on made-up scenes.
class TestPersontracker : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void nothing()
    {
        PersonTracker tracker;
        QVERIFY(tracker.tracks().empty());
        tracker.add(3, {});
        QVERIFY(tracker.tracks().empty());
        QCOMPARE(tracker.people(), std::size_t{0});
    }

    void oneStandsStill()
    {
        QCOMPARE(tracked(10, [](int) { return std::vector<Person>{person(100)}; }), std::vector<int>(10, 0));
    }

    /// Whoever comes first in a frame's list.
    void twoSideBySide()
    {
        std::vector<int> expected;
        for (int i = 0; i < 10; ++i) {
            expected.push_back(i % 3 == 1 ? 1 : 0);
            expected.push_back(i % 3 == 1 ? 0 : 1);
        }
        QCOMPARE(tracked(10,
                         [](int i) {
                             return i % 3 == 1 ? std::vector<Person>{person(300), person(100)} : std::vector<Person>{person(100), person(300)};
                         }),
                 expected);
    }

    /// Two walk through each other, each keeping on its way.
    void crossing()
    {
        const std::vector<int> tracks = tracked(60, [](int i) {
            const auto t = static_cast<float>(i);
            return std::vector<Person>{person(100 + 5 * t, 100), person(400 - 5 * t, 116)};
        });
        for (std::size_t i = 0; i < tracks.size(); ++i)
            QCOMPARE(tracks[i], static_cast<int>(i % 2));
    }

    /// While they cross, one of them is hidden: the other keeps its track, and the first is taken up again where it went on.
    void occlusion()
    {
        std::vector<int> who;
        const std::vector<int> tracks = tracked(60, [&](int i) {
            const auto t = static_cast<float>(i);
            std::vector<Person> people{person(100 + 5 * t, 100)};
            who.push_back(0);
            if (i < 26 || i > 34) {
                people.push_back(person(400 - 5 * t, 116));
                who.push_back(1);
            }
            return people;
        });
        QCOMPARE(tracks, who);
    }

    void gap_data()
    {
        QTest::addColumn<int>("length");
        QTest::addColumn<bool>("bridged");
        QTest::newRow("none") << 0 << true;
        QTest::newRow("five") << 5 << true;
        QTest::newRow("as long as may be") << 8 << true;
        QTest::newRow("longer") << 9 << false;
    }

    /// Walking on unseen.
    void gap()
    {
        QFETCH(int, length);
        QFETCH(bool, bridged);
        PersonTrackerOptions options;
        options.maxGap = 8;
        const std::vector<int> tracks = tracked(
            60, [&](int i) { return i >= 30 && i < 30 + length ? std::vector<Person>() : std::vector<Person>{person(100 + 6 * static_cast<float>(i))}; },
            options);
        QCOMPARE(tracks.front(), 0);
        QCOMPARE(tracks.back(), bridged ? 0 : 1);
    }

    /// Faster than boxes overlap from frame to frame, once the velocity is known.
    void velocityCarries()
    {
        float x = 0;
        const std::vector<int> tracks = tracked(30, [&](int i) {
            x += std::min(45.F, 5.F + 2.F * static_cast<float>(i));
            return std::vector<Person>{person(x)};
        });
        QCOMPARE(tracks, std::vector<int>(30, 0));
    }

    /// People of whom the detector is not sure carry a track on to the next sure one, begin none, and do not take up one that was lost.
    void faint()
    {
        const auto few = [](int i) { return std::vector<Person>{person(100, 100, i % 10 < 5 ? 0.9F : 0.2F, i % 10 < 5)}; };
        QCOMPARE(tracked(25, few), std::vector<int>(25, 0));
        std::vector<int> expected(30, 0);
        std::fill(expected.end() - 5, expected.end(), -1); // nobody sure comes after them
        QCOMPARE(tracked(30, few), expected);
        QCOMPARE(tracked(20, [](int) { return std::vector<Person>{person(100, 100, 0.2F, false)}; }), std::vector<int>(20, -1));
        const std::vector<int> lost =
            tracked(30, [](int i) { return i >= 10 && i < 13 ? std::vector<Person>() : std::vector<Person>{person(100, 100, i < 10 ? 0.9F : 0.2F, i < 10)}; });
        QCOMPARE(std::count(lost.begin(), lost.end(), 0), 10);
        QCOMPARE(std::count(lost.begin(), lost.end(), -1), 17);
    }

    /// A faint box beside a sure one of the same person does not take the track.
    void sureFirst()
    {
        const std::vector<int> tracks = tracked(20, [](int) { return std::vector<Person>{person(104, 100, 0.3F, false), person(112)}; });
        for (std::size_t i = 0; i < tracks.size(); ++i)
            QCOMPARE(tracks[i], i % 2 == 0 ? -1 : 0);
    }

    /// The same box twice is one person.
    void sameBoxTwice()
    {
        const std::vector<int> tracks = tracked(20, [](int) { return std::vector<Person>{person(100, 100, 0.5F), person(101, 100, 0.9F)}; });
        for (std::size_t i = 0; i < tracks.size(); ++i)
            QCOMPARE(tracks[i], i % 2 == 0 ? -1 : 0);
    }

    void shortTracks()
    {
        PersonTrackerOptions options;
        options.minLength = 5;
        const auto some = [&](int frames) {
            return tracked(
                30,
                [&](int i) {
                    return i < frames ? std::vector<Person>{person(100), person(400)} : std::vector<Person>{person(400)};
                },
                options);
        };
        const std::vector<int> four = some(4);
        QCOMPARE(std::count(four.begin(), four.end(), -1), 4);
        QCOMPARE(four.back(), 0); // numbers have no holes
        const std::vector<int> five = some(5);
        QCOMPARE(std::count(five.begin(), five.end(), -1), 0);
        QCOMPARE(five.back(), 1);
    }

    /// Chosen together: greedily the best pair would leave the second person without a track.
    void assignedTogether()
    {
        // Tracks stand at 100 and 124. Then there are people at 113, which overlaps the second more (.55) than the first (.51), and at 137, which overlaps the
        // second alone enough (.51).
        const std::vector<int> tracks = tracked(12, [](int i) {
            return i < 11 ? std::vector<Person>{person(100), person(124, 101)} : std::vector<Person>{person(113), person(137, 101)};
        });
        QCOMPARE(tracks[22], 0);
        QCOMPARE(tracks[23], 1);
    }

    /// With embeddings another person in the same place is another track, and one who comes back elsewhere goes on with his.
    void embeddings()
    {
        PersonTrackerOptions options;
        options.cutSimilarity = 0.3F;
        PersonTracker tracker(options);
        const auto add = [&](int frame, float x, std::size_t who) {
            const std::vector<Person> people{person(x)};
            const std::vector<std::vector<float>> embedding{axis(who)};
            tracker.add(frame, people, embedding);
        };
        for (int i = 0; i < 10; ++i)
            add(i, 100, 0);
        for (int i = 10; i < 20; ++i)
            add(i, 100, 1);
        for (int i = 60; i < 70; ++i)
            add(i, 250, 0); // 150 pixels away after 51 frames
        for (int i = 70; i < 80; ++i)
            add(i, 100, 2);
        const std::vector<int> tracks = tracker.tracks();
        for (std::size_t i = 0; i < tracks.size(); ++i)
            QCOMPARE(tracks[i], (std::vector<int>{0, 1, 0, 2})[i / 10]);
        // Without them it is place alone.
        PersonTracker blind;
        for (int i = 0; i < 20; ++i)
            blind.add(i, std::vector<Person>{person(100)});
        for (int i = 60; i < 70; ++i)
            blind.add(i, std::vector<Person>{person(250)});
        QCOMPARE(blind.tracks().at(19), 0);
        QCOMPARE(blind.tracks().back(), 1);
    }

    /// Whatever comes, a track has one person a frame, and the same input gives the same tracks.
    void noTwoOfAFrame()
    {
        for (int round = 0; round < 20; ++round) {
            const auto make = [&] {
                Random random(1, static_cast<std::uint64_t>(round));
                PersonTracker tracker;
                std::vector<int> frameOf;
                for (int i = 0; i < 60; ++i) {
                    std::vector<Person> people;
                    const auto count = static_cast<int>(random.uniform() * 8);
                    for (int p = 0; p < count; ++p) {
                        people.push_back(person(static_cast<float>(300 * random.uniform()), static_cast<float>(100 * random.uniform()),
                                                static_cast<float>(random.uniform()), random.uniform() < 0.7));
                        frameOf.push_back(i);
                    }
                    tracker.add(i, people);
                }
                return std::pair(tracker.tracks(), frameOf);
            };
            const auto [tracks, frameOf] = make();
            QCOMPARE(make().first, tracks);
            std::set<std::pair<int, int>> seen;
            for (std::size_t i = 0; i < tracks.size(); ++i)
                if (tracks[i] >= 0)
                    QVERIFY(seen.insert({frameOf[i], tracks[i]}).second);
            QVERIFY(!seen.empty());
        }
    }

    void everyNth()
    {
        PersonTrackerOptions options;
        options.maxGap = 8;
        options.minLength = 5;
        QCOMPARE(forEvery(options, 1).maxGap, 8);
        QCOMPARE(forEvery(options, 10).maxGap, 19);
        QCOMPARE(forEvery(options, 2).minLength, 3);
        QCOMPARE(forEvery(options, 10).minLength, 1);
        QVERIFY(!refusal([&] { forEvery(options, 0); }).empty());
        PersonTracker tracker(forEvery(options, 5));
        for (int i = 0; i < 10; ++i)
            tracker.add(5 * i, std::vector<Person>{person(static_cast<float>(100 + 15 * i))});
        QCOMPARE(tracker.tracks(), std::vector<int>(10, 0));
    }

    void refused()
    {
        PersonTracker tracker;
        tracker.add(5, std::vector<Person>{person(1)}, std::vector<std::vector<float>>{axis(0)});
        const auto says = [&](int frame, const std::vector<Person> &people, const std::vector<std::vector<float>> &embeddings, const char *what) {
            return refusal([&] { tracker.add(frame, people, embeddings); }).find(what) != std::string::npos;
        };
        QVERIFY(says(5, {}, {}, "frame 5 after frame 5"));
        QVERIFY(says(6, {person(1)}, {axis(0), axis(1)}, "2 embeddings for 1 people"));
        QVERIFY(says(6, {person(1)}, {{1.F, 2.F}}, "of 4 and of 2"));
        QVERIFY(says(6, {person(std::numeric_limits<float>::quiet_NaN())}, {}, "not finite"));
        // What was refused left nothing behind.
        tracker.add(6, std::vector<Person>{person(1)});
        QCOMPARE(tracker.people(), std::size_t{2});
        // Boxes without an area are nobody.
        tracker.add(7, std::vector<Person>{{{0, 0, 0, 0}, 1, true}, {{0, 0, -5, 9}, 1, true}});
        QCOMPARE(tracker.people(), std::size_t{4});
    }

    void options_data()
    {
        QTest::addColumn<QString>("named");
        for (const char *one : {"minOverlap", "faintOverlap", "gaps", "sameBox", "minLength", "similarities"})
            QTest::newRow(one) << QString::fromLatin1(one);
    }

    void options()
    {
        QFETCH(QString, named);
        PersonTrackerOptions options;
        options.check();
        const std::string name = named.toStdString();
        if (name == "minOverlap")
            options.minOverlap = 0;
        else if (name == "faintOverlap")
            options.faintOverlap = 1.5F;
        else if (name == "gaps")
            options.maxGap = -1;
        else if (name == "sameBox")
            options.sameBox = std::nanf("");
        else if (name == "minLength")
            options.minLength = 0;
        else
            options.minSimilarity = 2;
        QVERIFY(refusal([&] { PersonTracker tracker(options); }).find(name) != std::string::npos);
    }
};

DSCOPE_TEST(TestPersontracker)
#include "tst_persontracker.moc"
