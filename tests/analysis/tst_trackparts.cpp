// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/analysis/trackparts.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/scores/secondlook.h"

#include <QTemporaryDir>

using namespace dscope;
using namespace dscope::test;

namespace {

/// A person seen in `count` frames from `first` on; the features are (frame, number of the track).
Group track(int number, std::int64_t first, int count)
{
    Group group;
    group.id = "person " + std::to_string(number);
    for (int i = 0; i < count; ++i) {
        Element element;
        element.frame = first + i;
        element.dScore = 0.5F + 0.01F * static_cast<float>(i);
        element.detectorScore = 0.9F;
        element.second = 0.25F;
        group.elements.push_back(element);
        group.embeddings.push_back(static_cast<float>(first + i));
        group.embeddings.push_back(static_cast<float>(number));
    }
    return group;
}

Source video(const std::string &path, std::vector<Group> groups)
{
    Source source;
    source.path = path;
    source.kind = "video";
    source.groups = std::move(groups);
    return source;
}

/// One video: 1 and 2 are seen together in frames 5 to 8, 3 later, 4 is too short.
Analysis crowd()
{
    Analysis analysis;
    analysis.dim = 2;
    analysis.sources.push_back(video("/v/a.mp4", {track(1, 0, 9), track(2, 5, 10), track(3, 30, 9), track(4, 7, 8)}));
    return analysis;
}

} // namespace

/// Thirds of tracks as templates.
class TestTrackParts : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void byHand()
    {
        const TrackParts made = trackParts(crowd(), {});
        QCOMPARE(made.tracks, std::int64_t{3});
        QCOMPARE(made.shortTracks, std::int64_t{1});
        const TemplateFeatures &set = made.parts.set;
        set.check();
        QCOMPARE(set.begin, (std::vector<std::int64_t>{0, 3, 6, 9, 12, 15, 18}));
        QCOMPARE(set.subjects, (std::vector<std::int32_t>{0, 0, 1, 1, 2, 2}));
        QCOMPARE(set.subjectNames[1], std::string("a.mp4, person 2"));
        // Of the ten faces of track 2 the first three and the last three: frames 5, 6, 7 and 12, 13, 14.
        std::vector<float> frames;
        for (std::size_t face = 6; face < 12; ++face)
            frames.push_back(set.features[2 * face]);
        QCOMPARE(frames, (std::vector<float>{5, 6, 7, 12, 13, 14}));
        QCOMPARE(set.dScores[9], 0.57F);
        QVERIFY(set.quality.empty());

        // Both thirds of each; thirds of 1 and 2, who are seen together. 3 may be either of them.
        const TemplatePairs &pairs = made.parts.pairs;
        QCOMPARE(made.genuine, std::int64_t{3});
        QCOMPARE(made.impostor, std::int64_t{4});
        std::vector<std::vector<std::uint32_t>> all;
        for (std::size_t i = 0; i < pairs.a.size(); ++i)
            all.push_back({pairs.a[i], pairs.b[i], pairs.genuine[i]});
        std::sort(all.begin(), all.end());
        QCOMPARE(all, (std::vector<std::vector<std::uint32_t>>{{0, 1, 1}, {0, 2, 0}, {0, 3, 0}, {1, 2, 0}, {1, 3, 0}, {2, 3, 1}, {4, 5, 1}}));
    }

    /// Three clips of two people: 2 x 1 of tracks and 4 across b and c are genuine, 4 + 4 of d are impostors; the crowd says nothing of who they are.
    void people()
    {
        Analysis analysis = crowd();
        for (const char *path : {"/v/b.mp4", "/v/c.mp4", "/v/d.mp4"})
            analysis.sources.push_back(video(path, {track(1, 0, 9)}));
        analysis.sources.push_back(video("/other/b.mp4", {track(1, 0, 9)}));
        TrackPartsOptions options;
        options.people = {{"/v/b.mp4", "X"}, {"/v/../v/c.mp4", "X"}, {"/v/d.mp4", "Y"}};
        const TrackParts made = trackParts(analysis, options);
        QCOMPARE(made.tracks, std::int64_t{7});
        QCOMPARE(made.genuine, std::int64_t{7 + 4});
        QCOMPARE(made.impostor, std::int64_t{4 + 8});
        QCOMPARE(made.parts.set.subjects, (std::vector<std::int32_t>{0, 0, 1, 1, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5}));
        QCOMPARE(made.others, std::int64_t{0});
        QCOMPARE(made.unseen, std::int64_t{0});
        Analysis twice = analysis; // one video by two names
        twice.sources.push_back(video("/v/./d.mp4", {track(1, 0, 9)}));
        QCOMPARE(trackParts(twice, options).tracks, std::int64_t{7});

        // Track 2 is the longest of a.mp4: 1, which is seen beside it, is somebody else, and 3 is Z again.
        options.people["/v/a.mp4"] = "Z";
        const TrackParts one = trackParts(analysis, options);
        QCOMPARE(one.tracks, std::int64_t{6});
        QCOMPARE(one.others, std::int64_t{1});
        QCOMPARE(one.genuine, std::int64_t{6 + 4 + 4});
        QCOMPARE(one.impostor, std::int64_t{8 + 2 * 4 * 3});
    }

    void secondLook()
    {
        Analysis analysis = crowd();
        analysis.second.origin.base = "made";
        analysis.second.cost = {8, 20};
        const TrackParts made = trackParts(analysis, {});
        QCOMPARE(made.parts.set.quality.at(secondLookName).size(), std::size_t{18});
        QCOMPARE(made.parts.set.qualityCost.at(secondLookName).mac, std::int64_t{8});
    }

    void refuses()
    {
        TrackPartsOptions options;
        options.atLeast = 11;
        VERIFY_SAYS(refusal([&] { trackParts(crowd(), options); }), "No track has 11 faces");
        TrackPartsOptions elsewhere;
        elsewhere.people = {{"/w/a.mp4", "X"}};
        VERIFY_SAYS(refusal([&] { trackParts(crowd(), elsewhere); }), "None of the 1 videos");
        Analysis alone = crowd();
        alone.sources.front().groups.resize(1);
        VERIFY_SAYS(refusal([&] { trackParts(alone, {}); }), "nobody is seen together");
        Analysis bare = crowd();
        bare.dim = 0;
        VERIFY_SAYS(refusal([&] { trackParts(bare, {}); }), "without a base");
        Analysis pictures = crowd();
        pictures.sources.front().kind = "folder";
        VERIFY_SAYS(refusal([&] { trackParts(pictures, {}); }), "Pictures have no tracks");
    }

    void list()
    {
        const QTemporaryDir folder;
        const std::filesystem::path csv = std::filesystem::path(folder.path().toStdString()) / "people.csv";
        writeAtomically(csv, "Video;Person\nb.mp4;X\n/v/c.mp4;Y\n");
        const auto people = readVideoPeople(csv);
        QCOMPARE(people.size(), std::size_t{2});
        QCOMPARE(people.at(std::filesystem::weakly_canonical(csv.parent_path()) / "b.mp4"), std::string("X"));
        QCOMPARE(people.at("/v/c.mp4"), std::string("Y"));
        writeAtomically(csv, "video,person\nb.mp4,X\n./b.mp4,Y\n");
        VERIFY_SAYS(refusal([&] { readVideoPeople(csv); }), "people.csv:3");
        writeAtomically(csv, "video,person\n,X\n");
        VERIFY_SAYS(refusal([&] { readVideoPeople(csv); }), "people.csv:2");
    }
};

DSCOPE_TEST(TestTrackParts)
#include "tst_trackparts.moc"
