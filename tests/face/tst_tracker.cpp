// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/tasks/face/tracker.h"
#include "tests/support/support.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

using namespace dscope;
using namespace dscope::test;

namespace {

/// A face of `person` in a frame, 60 pixels wide; the embedding is that person's axis plus a little noise.
TrackFace face(std::int64_t frame, float x, float y, int person = -1, Random *random = nullptr, double noise = 0.1)
{
    TrackFace result;
    result.frame = frame;
    result.face.box = {x, y, 60, 60};
    result.face.score = 1;
    if (person >= 0) {
        result.embedding.assign(16, 0);
        result.embedding[static_cast<std::size_t>(person)] = 1;
        if (random != nullptr)
            for (float &value : result.embedding)
                value += static_cast<float>(noise * random->normal());
    }
    return result;
}

} // namespace

/// The tracker on made-up scenes.
class TestTracker : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void nothing() { QVERIFY(trackFaces({}).empty()); }

    void oneStandsStill()
    {
        std::vector<TrackFace> faces;
        for (int i = 0; i < 10; ++i)
            faces.push_back(face(i, 100, 100));
        QCOMPARE(trackFaces(faces), std::vector<int>(10, 0));
    }

    void twoSideBySide()
    {
        std::vector<TrackFace> faces;
        std::vector<int> expected;
        for (int i = 0; i < 10; ++i) {
            // The detector lists them in changing order.
            const bool swapped = i % 3 == 1;
            faces.push_back(face(i, swapped ? 300 : 100, 100));
            faces.push_back(face(i, swapped ? 100 : 300, 100));
            expected.push_back(swapped ? 1 : 0);
            expected.push_back(swapped ? 0 : 1);
        }
        QCOMPARE(trackFaces(faces), expected);
    }

    /// Faster than the overlap reaches from the last box alone: the velocity carries it, once known.
    void velocityCarries()
    {
        std::vector<TrackFace> faces;
        float x = 0;
        for (int i = 0; i < 30; ++i) {
            x += std::min(45.F, 5.F + 3.F * static_cast<float>(i));
            faces.push_back(face(i, x, 50));
        }
        QCOMPARE(trackFaces(faces), std::vector<int>(30, 0));
    }

    /// Two walk through each other and go on: by velocity alone, and with embeddings too.
    void crossing_data()
    {
        QTest::addColumn<bool>("embeddings");
        QTest::newRow("boxes only") << false;
        QTest::newRow("with embeddings") << true;
    }

    void crossing()
    {
        QFETCH(bool, embeddings);
        Random random(7);
        std::vector<TrackFace> faces;
        std::vector<int> expected;
        for (int i = 0; i < 60; ++i) {
            const auto step = static_cast<float>(8 * i);
            faces.push_back(face(i, step, 100, embeddings ? 0 : -1, &random));
            faces.push_back(face(i, 480 - step, 104, embeddings ? 1 : -1, &random));
            expected.insert(expected.end(), {0, 1});
        }
        QCOMPARE(trackFaces(faces), expected);
    }

    /// At the crossing one hides the other for some frames.
    void crossingWithOcclusion()
    {
        Random random(8);
        std::vector<TrackFace> faces;
        std::vector<int> expected;
        for (int i = 0; i < 60; ++i) {
            const auto step = static_cast<float>(8 * i);
            faces.push_back(face(i, step, 100, 0, &random));
            expected.push_back(0);
            if (i < 28 || i > 33) {
                faces.push_back(face(i, 480 - step, 104, 1, &random));
                expected.push_back(1);
            }
        }
        QCOMPARE(trackFaces(faces), expected);
    }

    void gaps()
    {
        TrackerOptions options;
        options.maxGap = 4;
        const auto run = [&](int missing) {
            std::vector<TrackFace> faces;
            for (int i = 0; i < 5; ++i)
                faces.push_back(face(i, 100, 100));
            for (int i = 0; i < 5; ++i)
                faces.push_back(face(5 + missing + i, 100, 100));
            return trackFaces(faces, options);
        };
        QCOMPARE(run(4), std::vector<int>(10, 0));
        QCOMPARE(run(5), (std::vector<int>{0, 0, 0, 0, 0, 1, 1, 1, 1, 1}));
    }

    void mending()
    {
        Random random(9);
        std::vector<TrackFace> faces;
        std::vector<int> expected;
        // Person 0, later person 1 elsewhere, then person 0 again in another place.
        for (const auto &[start, x, person] : {std::tuple{0, 100.F, 0}, {100, 400.F, 1}, {200, 700.F, 0}})
            for (int i = 0; i < 6; ++i) {
                faces.push_back(face(start + i, x, 100, person, &random));
                expected.push_back(person);
            }
        QCOMPARE(trackFaces(faces), expected);
        TrackerOptions options;
        options.minSimilarity = 1;
        const std::vector<int> apart = trackFaces(faces, options);
        QCOMPARE(std::set<int>(apart.begin(), apart.end()).size(), std::size_t{3});
        for (TrackFace &item : faces)
            item.embedding.clear();
        const std::vector<int> blind = trackFaces(faces);
        QCOMPARE(std::set<int>(blind.begin(), blind.end()).size(), std::size_t{3});
    }

    /// Embeddings with a large mean in common: two people have a cosine of .86, which counts as none. Without that knowledge everybody is one person.
    void embeddingsWithACommonMean()
    {
        const auto scene = [](double noise) {
            Random random(4);
            std::vector<TrackFace> faces;
            for (const auto &[start, x, person] : {std::tuple{0, 100.F, 0}, {100, 400.F, 1}, {200, 700.F, 0}})
                for (int i = 0; i < 6; ++i) {
                    faces.push_back(face(start + i, x, 100, person, &random, noise));
                    for (float &value : faces.back().embedding)
                        value += 0.57F; // 16 values: 5.2 of squares beside 1 of the person
                }
            return faces;
        };
        const auto people = [](const std::vector<int> &persons) { return std::set<int>(persons.begin(), persons.end()).size(); };
        TrackerOptions options;
        QCOMPARE(people(trackFaces(scene(0.05), options)), std::size_t{1});
        options.impostorCosine = 0.864F;
        const std::vector<int> persons = trackFaces(scene(0.05), options);
        QCOMPARE(people(persons), std::size_t{2});
        QVERIFY(persons.front() == persons.back() && persons.front() != persons[6]);
        // Where somebody else stands in the same place the next frame, a track ends, as it does with other networks.
        std::vector<TrackFace> cut = scene(0.05);
        for (std::size_t i = 0; i < cut.size(); ++i) {
            cut[i].frame = static_cast<std::int64_t>(i);
            cut[i].face.box = {100, 100, 60, 60};
        }
        QCOMPARE(people(trackFaces(cut, options)), std::size_t{2});
        options.impostorCosine = 1;
        QVERIFY_THROWS_EXCEPTION(Error, trackFaces(cut, options));
    }

    /// A short piece that a person claims stays; one that nobody claims goes.
    void shortTracks()
    {
        std::vector<TrackFace> faces;
        for (int i = 0; i < 6; ++i)
            faces.push_back(face(i, 100, 100, 0));
        faces.push_back(face(50, 300, 100, 0));
        faces.push_back(face(60, 500, 100, 1));
        faces.push_back(face(61, 500, 100, 1));
        QCOMPARE(trackFaces(faces), (std::vector<int>{0, 0, 0, 0, 0, 0, 0, -1, -1}));
        TrackerOptions options;
        options.minLength = 1;
        QCOMPARE(trackFaces(faces, options), (std::vector<int>{0, 0, 0, 0, 0, 0, 0, 1, 1}));
    }

    /// A picture stored as a video of one frame gives its face, and so does each of a handful of frames; ten frames ask for the usual length.
    void shortVideos()
    {
        const auto run = [](std::int64_t frames, int faces, float score) {
            std::vector<TrackFace> all;
            for (int i = 0; i < faces; ++i) {
                all.push_back(face(i, 100, 100));
                all.back().face.score = score;
            }
            return trackFaces(all, forLength({}, frames)).front();
        };
        QCOMPARE(run(1, 1, 0.6F), 0);
        QCOMPARE(run(2, 2, 0.6F), 0);
        QCOMPARE(run(2, 1, 0.95F), 0);
        QCOMPARE(run(2, 1, 0.6F), -1);
        QCOMPARE(run(9, 9, 0.6F), 0);
        QCOMPARE(run(9, 1, 0.95F), 0);
        QCOMPARE(run(10, 2, 0.95F), -1);
        QCOMPARE(run(10, 3, 0.95F), 0);
        QCOMPARE(run(1000, 9, 0.6F), -1);
        TrackerOptions chosen;
        chosen.sureLength = 0;
        chosen.minLength = 5;
        QCOMPARE(forLength(chosen, 4).minLength, 1);
        QCOMPARE(forLength(chosen, 4).sureLength, 0);
        QCOMPARE(forLength(chosen, 40).minLength, 5);
    }

    /// Few faces, none of which the detector is sure of, are no person: a hand, a print on a shirt.
    void unsureTracks()
    {
        const auto run = [](int length, float best, const TrackerOptions &options = {}) {
            std::vector<TrackFace> faces;
            for (int i = 0; i < length; ++i) {
                faces.push_back(face(i, 100, 100));
                faces.back().face.score = i == 1 ? best : 0.6F;
            }
            return trackFaces(faces, options).front();
        };
        QCOMPARE(run(9, 0.89F), -1);
        QCOMPARE(run(9, 0.9F), 0);
        QCOMPARE(run(10, 0.6F), 0);
        TrackerOptions options;
        options.sureLength = 0;
        QCOMPARE(run(3, 0.6F, options), 0);
    }

    /// Twins, or a person beside a poster of themselves: the same embedding in the same frame stays two persons.
    void twinsStayApart()
    {
        std::vector<TrackFace> faces;
        std::vector<int> expected;
        for (int i = 0; i < 8; ++i) {
            faces.push_back(face(i, 100, 100, 0));
            faces.push_back(face(i, 400, 100, 0));
            expected.insert(expected.end(), {0, 1});
        }
        QCOMPARE(trackFaces(faces), expected);
    }

    /// After a cut another person sits in the same place: the boxes overlap, the embeddings tell.
    void cutOfScene()
    {
        Random random(11);
        std::vector<TrackFace> faces;
        std::vector<int> expected;
        for (int i = 0; i < 40; ++i) {
            const int person = i < 12 ? 0 : i < 30 ? 1 : 0;
            faces.push_back(face(i, 100, 100, person, &random));
            expected.push_back(person);
        }
        QCOMPARE(trackFaces(faces), expected);
    }

    /// Blurred frames with a meaningless embedding do not tear a track.
    void blurDoesNotCut()
    {
        Random random(12);
        std::vector<TrackFace> faces;
        for (int i = 0; i < 40; ++i) {
            faces.push_back(face(i, 100, 100, 0, &random));
            if (i % 7 == 3)
                for (float &value : faces.back().embedding)
                    value = static_cast<float>(random.normal());
        }
        QCOMPARE(trackFaces(faces), std::vector<int>(40, 0));
    }

    void refused()
    {
        const auto fails = [](const std::vector<TrackFace> &faces, const TrackerOptions &options = {}) {
            try {
                trackFaces(faces, options);
            } catch (const Error &) {
                return true;
            }
            return false;
        };
        QVERIFY(fails({face(3, 0, 0), face(2, 0, 0)}));
        std::vector<TrackFace> uneven{face(0, 0, 0, 1), face(1, 0, 0, 1)};
        uneven[1].embedding.push_back(0);
        QVERIFY(fails(uneven));
        TrackerOptions options;
        options.minLength = 0;
        QVERIFY(fails({}, options));
        options = {};
        options.sureScore = 2;
        QVERIFY(fails({}, options));
        std::vector<TrackFace> heavy{face(0, 0, 0, 1)};
        for (const float weight : {-0.1F, 1.1F, std::numeric_limits<float>::quiet_NaN()}) {
            heavy[0].weight = weight;
            QVERIFY(fails(heavy));
        }
        options = {};
        options.minOverlap = std::numeric_limits<float>::quiet_NaN();
        QVERIFY(fails({}, options));
    }

    void strangeNumbers()
    {
        const float nan = std::numeric_limits<float>::quiet_NaN();
        std::vector<TrackFace> faces;
        for (int i = 0; i < 6; ++i)
            faces.push_back(face(i, 100, 100, 0));
        faces[2].embedding.assign(16, nan);
        faces[3].embedding.assign(16, 0);
        faces[4].embedding.assign(16, std::numeric_limits<float>::infinity());
        QCOMPARE(trackFaces(faces), std::vector<int>(6, 0));
        faces[5].face.box = {nan, nan, nan, nan};
        QCOMPARE(trackFaces(faces).size(), std::size_t{6});
    }

    /// Two people whose faces are ruined half of the time, and so look alike: one comes when the other has gone. What is ruined must not join them.
    void ruinedFacesJoinNobody()
    {
        const auto scene = [](float ruined) {
            Random random(5);
            std::vector<TrackFace> faces;
            for (int frame = 0; frame < 40; ++frame)
                for (const int person : {0, 1}) {
                    const bool good = frame % 20 < 8; // of each of their two stays the first eight frames
                    if ((frame / 20) % 2 != person)
                        continue;
                    // All that is ruined has axis 9 in common, and is as much alike as pictures of one person.
                    TrackFace one = face(frame, person == 0 ? 100.F : 400.F, 100, good ? person : 9, &random, 0.05);
                    one.weight = good ? 1 : ruined;
                    faces.push_back(one);
                }
            return faces;
        };
        const std::vector<int> persons = trackFaces(scene(0.01F));
        for (std::size_t i = 0; i < persons.size(); ++i)
            QCOMPARE(persons[i], i < 20 ? 0 : 1);
        // Taken at face value the ruined faces of both are one more person.
        const std::vector<int> misled = trackFaces(scene(1));
        QVERIFY(misled[0] != misled[19] && misled[19] == misled[39] && misled[39] != misled[20]);

        // Somebody of whom there is nothing but ruined faces is nobody else's continuation, and somebody.
        std::vector<TrackFace> faces = scene(0.01F);
        for (int i = 0; i < 12; ++i) {
            faces.push_back(face(60 + i, 700, 100, 9));
            faces.back().weight = 0.01F;
        }
        QCOMPARE(trackFaces(faces).back(), 2);
    }

    /// Every twelfth frame is looked at: what overlaps goes on, what does not is joined by a single good embedding, and neither loses the faces.
    void everyNth()
    {
        for (const float x : {2.F, 90.F}) { // a little, and further than its own width
            std::vector<TrackFace> faces;
            for (int i = 0; i < 20; ++i) {
                faces.push_back(face(12 * i, 100 + x * static_cast<float>(i), 100, 4));
                faces.back().weight = 0.9F;
            }
            QCOMPARE(trackFaces(faces, forEvery({}, 12)), std::vector<int>(20, 0));
        }
        QCOMPARE(forEvery({}, 1).minLength, 3);
        QCOMPARE(forEvery({}, 2).minLength, 2);
        QCOMPARE(forEvery({}, 2).sureLength, 5);
        QCOMPARE(forEvery({}, 12).minLength, 1);
        QCOMPARE(forEvery({}, 12).sureLength, 2);
        QCOMPARE(forEvery({}, 1).maxGap, 8);
        QCOMPARE(forEvery({}, 10).maxGap, 19);
        QCOMPARE(forEvery({}, 1000).maxGap, 25);
    }

    /// Of one person in two places, at two times: mended as before, though every second face is ruined.
    void goodFacesAmongRuinedOnesMend()
    {
        std::vector<TrackFace> faces;
        for (int i = 0; i < 40; ++i) {
            faces.push_back(face(i < 20 ? i : i + 30, i < 20 ? 100.F : 500.F, 100, i % 2 == 0 ? 3 : 9));
            faces.back().weight = i % 2 == 0 ? 0.9F : 0.02F;
        }
        QCOMPARE(trackFaces(faces), std::vector<int>(40, 0));
        // A ruined face says nothing, so it does not end a track either, whatever it looks like.
        faces[21].embedding.assign(16, 0);
        faces[21].embedding[3] = -1;
        QCOMPARE(trackFaces(faces), std::vector<int>(40, 0));
    }

    /// Random scenes of up to six people who come, go, hide and cross: nobody twice in a frame, numbers in order of appearance without
    /// holes, persons of at least minLength faces, the same answer twice, and a shift of time changes nothing.
    void properties()
    {
        for (std::uint64_t seed = 0; seed < 60; ++seed) {
            Random random(seed, 1);
            TrackerOptions options;
            options.minLength = 1 + static_cast<int>(random.below(5));
            options.minSimilarity = static_cast<float>(random.uniform(0.2, 0.9));
            const int people = 1 + static_cast<int>(random.below(6));
            std::vector<TrackFace> faces;
            for (int frame = 0; frame < 120; ++frame)
                for (int person = 0; person < people; ++person) {
                    if (random.chance(0.2) || (frame / 20 + person) % 4 == 0)
                        continue;
                    const auto x = static_cast<float>(300 + 250 * std::sin(0.05 * frame + person) + 2 * random.normal());
                    faces.push_back(face(frame, x, static_cast<float>(100 + 20 * person), random.chance(0.9) ? person : -1, &random, 0.25));
                }
            const std::vector<int> persons = trackFaces(faces, options);
            QCOMPARE(persons.size(), faces.size());
            QCOMPARE(trackFaces(faces, options), persons);
            std::map<int, int> count;
            std::set<std::pair<std::int64_t, int>> seen;
            int next = 0;
            for (std::size_t i = 0; i < faces.size(); ++i) {
                QVERIFY(persons[i] >= -1);
                if (persons[i] < 0)
                    continue;
                QVERIFY2(seen.emplace(faces[i].frame, persons[i]).second, "one person twice in a frame");
                QVERIFY(persons[i] <= next);
                next = std::max(next, persons[i] + 1);
                ++count[persons[i]];
            }
            for (const auto &[person, number] : count)
                QVERIFY(number >= options.minLength);
            for (TrackFace &item : faces)
                item.frame += 1'000'000'000'000;
            QCOMPARE(trackFaces(faces, options), persons);
        }
    }

    /// With clear embeddings the persons come out exactly, however they walk.
    void findsThePeople()
    {
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            Random random(seed, 2);
            std::vector<TrackFace> faces;
            std::vector<int> truth;
            for (int frame = 0; frame < 300; ++frame)
                for (int person = 0; person < 4; ++person) {
                    if ((frame / 30 + person) % 3 == 0 || random.chance(0.1))
                        continue;
                    const auto x = static_cast<float>(400 + 300 * std::sin(0.03 * frame + 1.7 * person));
                    faces.push_back(face(frame, x, static_cast<float>(100 + 15 * person), person, &random, 0.12));
                    truth.push_back(person);
                }
            const std::vector<int> persons = trackFaces(faces);
            std::map<int, std::map<int, int>> table;
            for (std::size_t i = 0; i < faces.size(); ++i)
                ++table[persons[i]][truth[i]];
            int right = 0;
            for (const auto &[person, counts] : table)
                if (person >= 0)
                    right += std::max_element(counts.begin(), counts.end(), [](const auto &a, const auto &b) { return a.second < b.second; })->second;
            QCOMPARE(table.size() - table.count(-1), std::size_t{4});
            QVERIFY2(right >= static_cast<int>(0.97 * static_cast<double>(faces.size())), qPrintable(QStringLiteral("%1 of %2").arg(right).arg(faces.size())));
        }
    }
};

DSCOPE_TEST(TestTracker)
#include "tst_tracker.moc"
