// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/onnx/onnxnetwork.h"
#include "core/tasks/reid/people/videopeople.h"
#include "tests/support/support.h"

#include <algorithm>
#include <set>

using namespace dscope;
using namespace dscope::test;

/// From a video to tracks of people.
class TestVideopeople : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { registerOnnx(); }

    void crops()
    {
        Picture picture(20, 10);
        for (int y = 0; y < 10; ++y)
            for (int x = 0; x < 20; ++x)
                picture.row(y)[3 * x] = static_cast<std::uint8_t>(10 * y + x);
        const PicturePixels pixels(picture);
        const Picture inside = personCrop(pixels, {2.4F, 3.4F, 4.2F, 5.F});
        QCOMPARE(inside.width, 5);  // 2 to 7
        QCOMPARE(inside.height, 5); // 3 to 8
        QCOMPARE(inside.row(0)[0], std::uint8_t{32});
        const Picture corner = personCrop(pixels, {-5, -5, 8, 9});
        QCOMPARE(corner.width, 3);
        QCOMPARE(corner.height, 4);
        QCOMPARE(corner.row(3)[6], std::uint8_t{32});
        QVERIFY(personCrop(pixels, {30, 3, 10, 10}).empty());
        QVERIFY(personCrop(pixels, {19, 3, 10, 10}).empty());
        QVERIFY(personCrop(pixels, {1e30F, 3, 1e30F, 10}).empty());
        QCOMPARE(personCrop(pixels, {-1e30F, -1e30F, 2e30F, 2e30F}).width, 20); // all of it
    }

    /// TUD-Campus, every second frame: eight people walk through it.
    void campus()
    {
        const std::filesystem::path video = sharedDir() / "data" / "reid" / "mot15" / "TUD-Campus" / "TUD-Campus.mp4";
        const std::filesystem::path weights = sharedDir() / "weights" / "yolox_nano_416.onnx";
        DSCOPE_NEED(video);
        DSCOPE_NEED(weights);
        PersonDetectorOptions faint;
        faint.faint = true;
        const auto detector = PersonDetector::load(weights, {}, faint);
        VideoPeopleOptions options;
        options.everyNth = 2;
        Progress progress;
        std::size_t seen = 0;
        const std::vector<PersonTrack> tracks = peopleOfVideo(video, *detector, options, progress, [&](const PersonView &view) {
            QTest::qCompare(view.number, seen, "number", "seen", __FILE__, __LINE__);
            ++seen;
            const bool fits = view.crop.width <= 640 && view.crop.height <= 480 && view.crop.width >= 2;
            QTest::qVerify(fits, "fits", "the crop lies in the frame", __FILE__, __LINE__);
            return std::vector<float>();
        });
        qInfo("%zu tracks of %zu people", tracks.size(), seen);
        QVERIFY(tracks.size() >= 5 && tracks.size() <= 14);
        std::set<std::size_t> numbers;
        std::int64_t first = -1;
        for (const PersonTrack &track : tracks) {
            QVERIFY(track.views.size() >= 3);
            QVERIFY(track.views.front().frame >= first);
            first = track.views.front().frame;
            for (std::size_t i = 0; i < track.views.size(); ++i) {
                QVERIFY(numbers.insert(track.views[i].number).second);
                QVERIFY(i == 0 || track.views[i].frame > track.views[i - 1].frame);
                QCOMPARE(track.views[i].frame % 2, std::int64_t{0});
                QVERIFY(track.views[i].crop.empty());
            }
        }
        QVERIFY(numbers.size() <= seen);
        QVERIFY(surelyDifferent(tracks[0].frames(), tracks[1].frames()));
        // Without anybody who looks: the same tracks.
        const std::vector<PersonTrack> again = peopleOfVideo(video, *detector, options, progress);
        QCOMPARE(again.size(), tracks.size());
        for (std::size_t i = 0; i < tracks.size(); ++i)
            QCOMPARE(again[i].frames().frames, tracks[i].frames().frames);
    }

    void cancelled()
    {
        const std::filesystem::path video = sharedDir() / "data" / "reid" / "mot15" / "TUD-Campus" / "TUD-Campus.mp4";
        DSCOPE_NEED(video);
        const auto detector = PersonDetector::hog();
        Progress progress;
        int calls = 0;
        QVERIFY_THROWS_EXCEPTION(Cancelled, peopleOfVideo(video, *detector, {}, progress, [&](const PersonView &) {
                                     ++calls;
                                     progress.cancel();
                                     return std::vector<float>();
                                 }));
        QVERIFY(calls >= 1 && calls < 30);
    }

    void noVideo()
    {
        const auto detector = PersonDetector::hog();
        Progress progress;
        QVERIFY_THROWS_EXCEPTION(FileError, peopleOfVideo(sourceDir() / "LICENSE", *detector, {}, progress));
    }
};

DSCOPE_TEST(TestVideopeople)
#include "tst_videopeople.moc"
