// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/media/madebenchmarks.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/analysis/evaluation.h"
#include "core/base/error.h"
#include "core/tasks/reid/framename.h"
#include "core/tasks/reid/tracklets.h"

#include <filesystem>
#include <string>
#include <vector>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

/// "person/camera: frame frame" of each tracklet; ? for junk.
std::vector<std::string> told(const Benchmark &set)
{
    std::vector<std::string> lines;
    for (std::uint32_t t = 0; t < static_cast<std::uint32_t>(set.templates()); ++t) {
        std::string line = set.subjects[t] < 0 ? "?" : set.subjectNames[static_cast<std::size_t>(set.subjects[t])];
        line += "/" + std::to_string(set.cameras[t]) + ":";
        for (const std::string &name : namesOf(set, t))
            line += " " + name;
        lines.push_back(line);
    }
    return lines;
}

using Lines = std::vector<std::string>;
using Places = std::vector<std::uint32_t>;

} // namespace

class TestTracklets : public QObject, private MadeBenchmarks {
    Q_OBJECT

    static Benchmark read(const fs::path &root, const BenchmarkOptions &options = {})
    {
        Progress progress;
        return readBenchmark("tracklets", root, options, progress);
    }
    static void says(const std::string &message, const std::string &text) { QVERIFY2(message.find(text) != std::string::npos, message.c_str()); }
    static void refused(const fs::path &root, const std::string &text)
    {
        says(refusal([&] { read(root); }), text);
    }
    void fill(const fs::path &root, const Lines &files)
    {
        for (const std::string &file : files)
            put(root / file);
    }

private Q_SLOTS:
    void readsNames()
    {
        const auto mars = [](const char *name, std::int64_t person, int camera, std::int64_t track) {
            const std::optional<FrameName> frame = marsFrameName(name);
            return frame && frame->person == person && frame->camera == camera && frame->track == track;
        };
        QVERIFY(mars("0001C1T0001F001.jpg", 1, 1, 1));
        QVERIFY(mars("00-1C6T0123F1000.jpg", -1, 6, 123));
        QVERIFY(mars("0000C2T0003F004", 0, 2, 3));
        for (const char *other :
             {"", "0001", "1C1T1F1.jpg", "0001C1T0001.jpg", "0001C1T0001F001x.jpg", "000aC1T0001F001.jpg", "0001CxT0001F001.jpg", "0001C99999999999T1F1.jpg"})
            QVERIFY2(!marsFrameName(other), other);
        QCOMPARE(marsFrame(-1, 2, 3, 4), std::string("00-1C2T0003F004.jpg"));
        QCOMPARE(marsFrame(12, 1, 1, 1234), std::string("0012C1T0001F1234.jpg"));
        const auto market = [](const char *name, std::int64_t person, int camera) {
            const std::optional<FrameName> frame = marketFrameName(name);
            return frame && frame->person == person && frame->camera == camera && frame->track == -1;
        };
        QVERIFY(market("0001_c2_f0000001.jpg", 1, 2));
        QVERIFY(market("0002_c1s1_000451_03.jpg", 2, 1));
        QVERIFY(market("-1_c1s1_000401_03.jpg", -1, 1));
        QVERIFY(market("0000_C6_F0099_X00093.jpg", 0, 6));
        for (const char *other : {"", "0001.jpg", "0001_cam1_1.jpg", "cam1_person001_00317.png", "0001_c1x.jpg", "-2_c1s1.jpg", "0001c1.jpg"})
            QVERIFY2(!marketFrameName(other), other);
    }

    void personCameraTrack()
    {
        const fs::path root = fresh();
        fill(root,
             {"007/c2/t10/1.jpg", "007/c2/t2/10.jpg", "007/c2/t2/9.jpg", "007/c4/t1/1.jpg", "008/c2/t1/1.png", "008/c2/t1/readme.txt", "loose.jpg",
              ".hid/x.jpg"});
        const Benchmark set = read(root);
        QCOMPARE(told(set), (Lines{"007/2: 9.jpg 10.jpg", "007/2: 1.jpg", "007/4: 1.jpg", "008/2: 1.png"}));
        QCOMPARE(set.name, std::string("tracklets"));
        QCOMPARE(set.task, std::string("reid"));
        QCOMPARE(set.splits.size(), std::size_t{1});
        QCOMPARE(set.splits[0].retrieval.queries, (Places{0, 1, 2, 3}));
        QCOMPARE(set.splits[0].retrieval.gallery, (Places{0, 1, 2, 3}));
        QCOMPARE(set.splits[0].pairs.size(), std::int64_t{0});
        QVERIFY(set.fars.empty());
        QCOMPARE(pictureName(set, 0), std::string("007/c2/t2/9.jpg"));
        QVERIFY(contains(set.warnings, "./: its 1 pictures lie in no person's camera"));
        QVERIFY(contains(set.warnings, "1 file is no picture and was left out: 008/c2/t1/readme.txt"));
        BenchmarkOptions options;
        options.everyNth = 2;
        QCOMPARE(told(read(root, options)), (Lines{"007/2: 9.jpg", "007/2: 1.jpg", "007/4: 1.jpg", "008/2: 1.png"}));
    }

    void personCamera()
    {
        const fs::path root = fresh();
        fill(root, {"anna/1/1.jpg", "anna/1/2.jpg", "anna/3/1.jpg", "bert/3/1.jpg"});
        QCOMPARE(told(read(root)), (Lines{"anna/1: 1.jpg 2.jpg", "anna/3: 1.jpg", "bert/3: 1.jpg"}));
    }

    /// PRID-2011 and iLIDS-VID, by their own roots and by the folder of the cameras.
    void cameraFirst()
    {
        const fs::path prid = fresh();
        fill(prid,
             {"multi_shot/cam_a/person_0001/0002.png", "multi_shot/cam_a/person_0001/0001.png", "multi_shot/cam_b/person_0001/0001.png",
              "multi_shot/cam_b/person_0002/0001.png", "single_shot/cam_a/person_0001.png"});
        const Lines expected{"person_0001/1: 0001.png 0002.png", "person_0001/2: 0001.png", "person_0002/2: 0001.png"};
        QCOMPARE(told(read(prid)), expected);
        QCOMPARE(told(read(prid / "multi_shot")), expected);
        const fs::path ilids = fresh();
        fill(ilids,
             {"i-LIDS-VID/sequences/cam1/person001/cam1_person001_00317.png", "i-LIDS-VID/sequences/cam2/person001/cam2_person001_00001.png",
              "i-LIDS-VID/images/cam1/person001/cam1_person001.png"});
        QCOMPARE(told(read(ilids)), (Lines{"person001/1: cam1_person001_00317.png", "person001/2: cam2_person001_00001.png"}));
    }

    void namesOfMarket()
    {
        const fs::path flat = fresh();
        fill(flat,
             {"0002_c1_f0000002.jpg", "0002_c1_f0000010.jpg", "0002_c3_f0000001.jpg", "0000_c1_f0000001.jpg", "-1_c1_f0000001.jpg", "odd.jpg", "Thumbs.db"});
        const Benchmark set = read(flat);
        QCOMPARE(
            told(set),
            (Lines{"?/1: -1_c1_f0000001.jpg", "0/1: 0000_c1_f0000001.jpg", "2/1: 0002_c1_f0000002.jpg 0002_c1_f0000010.jpg", "2/3: 0002_c3_f0000001.jpg"}));
        QCOMPARE(set.splits[0].retrieval.queries, (Places{2, 3}));
        QCOMPARE(set.splits[0].retrieval.gallery, (Places{0, 1, 2, 3}));
        QVERIFY(contains(set.warnings, "odd.jpg: does not say its person and camera"));
        QVERIFY(contains(set.warnings, "1 of 6 pictures were left out"));
        // A tracklet a folder, as in DukeMTMC-VideoReID.
        const fs::path folders = fresh();
        fill(folders,
             {"0002/0197/0002_C1_F0001_X12345.jpg", "0002/0197/0002_C1_F0002_X12346.jpg", "0002/0198/0002_C1_F0003_X12347.jpg",
              "0002/0199/0002_C5_F0001_X00001.jpg"});
        QCOMPARE(told(read(folders)),
                 (Lines{"2/1: 0002_C1_F0001_X12345.jpg 0002_C1_F0002_X12346.jpg", "2/1: 0002_C1_F0003_X12347.jpg", "2/5: 0002_C5_F0001_X00001.jpg"}));
    }

    void namesOfMars()
    {
        const fs::path root = fresh();
        fill(root,
             {"0001/0001C1T0001F002.jpg", "0001/0001C1T0001F001.jpg", "0001/0001C1T0002F001.jpg", "0001/0001C2T0001F001.jpg", "00-1/00-1C1T0001F001.jpg",
              "0000/0000C1T0001F001.jpg"});
        const Benchmark set = read(root);
        QCOMPARE(told(set),
                 (Lines{"0/1: 0000C1T0001F001.jpg", "?/1: 00-1C1T0001F001.jpg", "1/1: 0001C1T0001F001.jpg 0001C1T0001F002.jpg", "1/1: 0001C1T0002F001.jpg",
                        "1/2: 0001C2T0001F001.jpg"}));
        QCOMPARE(set.splits[0].retrieval.queries, (Places{2, 3, 4}));
    }

    void listAsCsv()
    {
        const fs::path root = fresh();
        fill(root, {"a/1.jpg", "a/2.jpg", "a/3.jpg", "b/1.jpg", "b/2.jpg", "c/1.jpg"});
        put(root / "list.csv",
            "path,person,camera,track\na/1.jpg,7.0,2,x\nb/1.jpg,7,5,x\na/2.jpg,7,2,x\na/3.jpg,7,2,y\nb/2.jpg,,5,x\nnone.jpg,7,5,x\n"
            "a/1.jpg,8,2,x\nc/1.jpg,-1,2,z\n");
        const Benchmark set = read(root / "list.csv");
        QCOMPARE(told(set), (Lines{"7/2: 1.jpg 2.jpg", "7/5: 1.jpg", "7/2: 3.jpg", "?/2: 1.jpg"}));
        QCOMPARE(set.splits[0].retrieval.queries, (Places{0, 1, 2}));
        QCOMPARE(pictureName(set, 1), std::string("b/1.jpg"));
        QVERIFY(contains(set.warnings, "list.csv:6: names no picture, no person or no camera."));
        QVERIFY(contains(set.warnings, "list.csv:7: its picture 'none.jpg' is not there."));
        QVERIFY(contains(set.warnings, "list.csv:8: names the picture 'a/1.jpg' again."));
        QVERIFY(contains(set.warnings, "3 of 8 lines were left out"));
        // Without tracks a person has one in each camera; cameras without numbers are counted by name.
        put(root / "short.csv", "file;identity;cam\na/1.jpg;x;west\na/2.jpg;x;east\na/3.jpg;x;west\n");
        QCOMPARE(told(read(root / "short.csv")), (Lines{"x/2: 1.jpg 3.jpg", "x/1: 2.jpg"}));
        put(root / "none.csv", "path,person\na/1.jpg,x\n");
        refused(root / "none.csv", "camera");
        put(root / "lost.csv", "path,person,camera\nz.jpg,x,1\n");
        refused(root / "lost.csv", "names no tracklet that can be read.");
    }

    void refusesOtherLayouts()
    {
        const fs::path empty = fresh();
        fs::create_directories(empty / "a");
        refused(empty, "holds no pictures. Tracklets are read from folders person/camera/track/frame.jpg");
        const fs::path faces = fresh();
        fill(faces, {"ann/video/1.jpg", "ann/other/1.jpg"});
        refused(faces, "ann/other/: its 1 pictures lie in no person's camera. Tracklets are read from");
        const fs::path flat = fresh();
        fill(flat, {"1.jpg"});
        refused(flat, "laid out in no known way");
        const fs::path parts = fresh();
        fill(parts, {"bounding_box_train/0002_c1s1_000451_03.jpg", "query/0001_c1s1_001051_00.jpg", "query/0001_c2s1_001051_00.jpg"});
        refused(parts, "holds the parts of a set (bounding_box_train, query)");
        const fs::path alone = fresh();
        fill(alone, {"1/c1/1.jpg", "2/c2/1.jpg"});
        refused(alone, "nobody of its 2 people is seen by two cameras");
        put(alone / "x.bin");
        refused(alone / "x.bin", "is neither a folder nor a csv");
    }

    void readsPku()
    {
        const fs::path root = sharedDir() / "data" / "reid" / "pku";
        DSCOPE_NEED(root);
        const Benchmark set = read(root);
        QVERIFY2(set.warnings.empty(), set.warnings.empty() ? "" : set.warnings.front().c_str());
        QCOMPARE(set.subjectNames.size(), std::size_t{44});
        QCOMPARE(set.templates(), std::int64_t{88});
        QCOMPARE(set.pictures.size(), std::size_t{704});
        QCOMPARE(std::count(set.cameras.begin(), set.cameras.end(), 1), 44);
        QCOMPARE(std::count(set.cameras.begin(), set.cameras.end(), 2), 44);
        QCOMPARE(set.splits[0].retrieval.queries.size(), std::size_t{88});
    }
};

DSCOPE_TEST(TestTracklets)
#include "tst_tracklets.moc"
