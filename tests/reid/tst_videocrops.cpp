// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/videocrops.h"
#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/image/reader.h"
#include "core/onnx/onnxnetwork.h"
#include "core/tasks/elements.h"
#include "core/training/trackletlist.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <map>
#include <set>

using namespace dscope;
using namespace dscope::test;

namespace {

bool apart(const std::vector<std::int64_t> &left, const std::vector<std::int64_t> &right)
{
    return seenAtOnce(left, right);
}

} // namespace

/// Crops of people cut out of videos, to teach networks with.
class TestVideocrops : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { registerOnnx(); }

    /// Four groups in a plane. The first two are alike, so are the last two; nobody else.
    void alikeGroupsAreOne()
    {
        const std::vector<std::vector<float>> means{{1, 0}, {0.95F, 0.1F}, {0, 1}, {0.1F, 2}};
        std::vector<std::vector<bool>> together(4, std::vector<bool>(4, false));
        QCOMPARE(joinedGroups(means, together, 0.9), (std::vector<int>{0, 0, 1, 1}));
        QCOMPARE(joinedGroups(means, together, 0.9999), (std::vector<int>{0, 1, 2, 3}));
        together[0][1] = together[1][0] = true; // seen at once
        QCOMPARE(joinedGroups(means, together, 0.9), (std::vector<int>{0, 1, 2, 2}));
        QCOMPARE(joinedGroups({}, {}, 0.9), std::vector<int>{});
    }

    /// Three alike groups of which the outer two were seen at once: the nearest pair becomes one, the third stays alone.
    void whoWasSeenAtOnceStaysApart()
    {
        const std::vector<std::vector<float>> means{{1, 0}, {1, 0.1F}, {1, 0.25F}};
        std::vector<std::vector<bool>> together(3, std::vector<bool>(3, false));
        together[0][2] = together[2][0] = true;
        QCOMPARE(joinedGroups(means, together, 0.9), (std::vector<int>{0, 0, 1}));
    }

    /// Only who is seen at once is somebody else for sure.
    void different()
    {
        QVERIFY(apart({{1, 2, 3}}, {{3, 4}}));
        QVERIFY(!apart({{1, 2, 3}}, {{4, 5}}));
        QVERIFY(!apart({{1, 2, 9}}, {{4, 5}})); // not seen while the other was
        QVERIFY(apart({{1, 5, 9}}, {{0, 2, 3, 9, 12}}));
        QVERIFY(!apart({}, {{1}}));
    }

    void cancelled()
    {
        const std::filesystem::path video = sharedDir() / "data" / "reid" / "mot15" / "TUD-Campus" / "TUD-Campus.mp4";
        DSCOPE_NEED(video);
        class Impatient : public Progress {
            void onProgress(std::int64_t done, std::int64_t) override
            {
                if (done >= 1)
                    cancel();
            }
        } progress;
        QTemporaryDir folder;
        VideoCropsOptions options;
        options.detector = "hog";
        QVERIFY_THROWS_EXCEPTION(Cancelled, cutOutOfVideos({video}, taskNamed("reid"), options, ModelStore(), folder.path().toStdString(), progress));
        QVERIFY(!std::filesystem::exists(std::filesystem::path(folder.path().toStdString()) / "crops.csv"));
    }

    void noVideo()
    {
        Progress progress;
        QTemporaryDir folder;
        VideoCropsOptions options;
        options.detector = "hog";
        QVERIFY_THROWS_EXCEPTION(Error,
                                 cutOutOfVideos({sourceDir() / "LICENSE"}, taskNamed("reid"), options, ModelStore(), folder.path().toStdString(), progress));
        QCOMPARE(progress.notices().size(), std::size_t{1});
    }

    void optionsAreChecked()
    {
        VideoCropsOptions options;
        options.most = 0;
        QVERIFY_EXCEPTION_THROWN(options.check(), UsageError);
    }

    /// TUD-Campus: eight people. What the list says is what lies there, and tracks keep to their bounds.
    void campus()
    {
        const std::filesystem::path video = sharedDir() / "data" / "reid" / "mot15" / "TUD-Campus" / "TUD-Campus.mp4";
        const std::filesystem::path weights = sharedDir() / "weights" / "yolox_nano_416.onnx";
        DSCOPE_NEED(video);
        DSCOPE_NEED(weights);
        QTemporaryDir temporary;
        const std::filesystem::path folder = temporary.path().toStdString();
        VideoCropsOptions options;
        options.detector = weights.string();
        options.everyNth = 2;
        options.least = 6;
        options.most = 4;
        Progress progress;
        const VideoCrops made = cutOutOfVideos({video}, taskNamed("reid"), options, ModelStore(), folder, progress);
        QCOMPARE(made.videos, std::int64_t{1});
        QVERIFY2(made.groups >= 3 && made.groups <= 12, qPrintable(QString::number(made.groups)));
        QCOMPARE(made.identities, made.groups); // without a base nobody is joined
        QVERIFY(made.apart.empty());
        QCOMPARE(made.elements, 4 * made.groups);

        const CsvTable list = readCsv(folder / "crops.csv");
        std::map<std::string, int> tracks;
        std::map<std::string, int> last;
        std::set<std::string> people;
        for (std::size_t i = 0; i < list.rows.size(); ++i) {
            const auto row = list.rows[i];
            const Picture crop = readPicture(folder / std::string(row.cells[0]));
            QVERIFY(crop.height > crop.width);
            people.insert(std::string(row.cells[1]));
            // The name says the same to those who read folders.
            const auto told = frameName(std::filesystem::path(std::string(row.cells[0])).filename().string());
            QVERIFY(told && told->camera == 1);
            QCOMPARE(std::string(row.cells[0]).substr(0, 5), std::string(row.cells[1]) + '/');
            ++tracks[std::string(row.cells[3])];
            const int frame = std::stoi(std::string(row.cells[4]));
            QCOMPARE(frame % 2, 0);
            const auto [before, first] = last.try_emplace(std::string(row.cells[3]), frame);
            QVERIFY(first || frame > before->second);
            before->second = frame;
        }
        QCOMPARE(static_cast<std::int64_t>(people.size()), made.identities);
        QCOMPARE(static_cast<std::int64_t>(tracks.size()), made.groups);
        for (const auto &[track, count] : tracks)
            QCOMPARE(count, 4);
        const std::vector<TrainingTracklet> read = readTracklets(folder, progress);
        QCOMPARE(static_cast<std::int64_t>(read.size()), made.groups);
        std::set<std::int64_t> readPeople;
        for (const TrainingTracklet &tracklet : read) {
            readPeople.insert(tracklet.person);
            QCOMPARE(tracklet.frames.size(), std::size_t{4});
        }
        QCOMPARE(static_cast<std::int64_t>(readPeople.size()), made.identities);
    }
};

DSCOPE_TEST(TestVideocrops)
#include "tst_videocrops.moc"
