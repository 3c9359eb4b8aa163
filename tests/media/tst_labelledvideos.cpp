// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/picture.h"
#include "core/datasets/labelledvideos.h"

#include <QTemporaryDir>

#include <set>

using namespace dscope;
using namespace dscope::test;

namespace fs = std::filesystem;

namespace {

/// Finds what is among these names.
FindVideo among(const std::set<std::string> &names)
{
    return [names](const std::string &stem) { return names.contains(stem) ? std::optional<fs::path>("/v/" + stem + ".mp4") : std::nullopt; };
}

/// A label's name.
std::string classOf(const LabelledVideos &set, std::int32_t label)
{
    return label < 0 ? std::string("-") : set.classes.at(static_cast<std::size_t>(label));
}

constexpr const char *s_activityNet = R"({"version": "VERSION 1.2", "taxonomy": [], "database": {
  "abc": {"subset": "validation", "duration": 60.0, "url": "u", "annotations": [
    {"label": "Ski", "segment": [20.0, 30.0]}, {"label": "Long jump", "segment": [1.5, 9]}, {"label": "Ski", "segment": [40, 41]}]},
  "def": {"subset": "validation", "annotations": [{"label": "Archery", "segment": [0, 5]}]},
  "ghi": {"subset": "training", "annotations": [{"label": "Ski", "segment": [0, 5]}]},
  "jkl": {"subset": "testing", "annotations": []},
  "mno": {"subset": "validation", "annotations": []}}})";

} // namespace

/// Videos with labels, in the layouts of the sets that the field uses.
class TestLabelledvideos : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    Progress m_progress;

    fs::path at(const std::string &name) const { return fs::path(m_dir.path().toStdString()) / name; }
    /// A file that is called as a video is; none is opened.
    void video(const std::string &name) const { writeAtomically(at(name), std::string_view("x")); }

private Q_SLOTS:
    void activityNet()
    {
        const LabelledVideos set = parseActivityNet(s_activityNet, "activity_net.v1-2.json", "", among({"v_abc", "ghi", "v_mno"}), m_progress);
        QCOMPARE(set.name, std::string("ActivityNet VERSION 1.2, validation"));
        QCOMPARE(set.classes, (std::vector<std::string>{"Archery", "Long jump", "Ski"})); // of all of the subset, there or not
        QCOMPARE(set.videos.size(), std::size_t{2});
        QCOMPARE(set.missing, std::int64_t{1});
        QVERIFY2(set.warnings.at(0).find("def") != std::string::npos, set.warnings.at(0).c_str());
        const LabelledVideo &video = set.videos[0];
        QCOMPARE(video.id, std::string("abc"));
        QCOMPARE(video.file, fs::path("/v/v_abc.mp4"));
        QVERIFY(video.untrimmed);
        QCOMPARE(classOf(set, video.label), std::string("Ski")); // 11 seconds against 7.5
        QCOMPARE(video.segments.size(), std::size_t{3});
        QCOMPARE(classOf(set, video.segments[0].label), std::string("Long jump"));
        QCOMPARE(video.segments[0].toS, 9.0);
        QCOMPARE(set.videos[1].label, -1);
        const LabelledVideos training = parseActivityNet(s_activityNet, "a.json", "train", among({"v_abc", "ghi"}), m_progress);
        QCOMPARE(training.videos.size(), std::size_t{1});
        QCOMPARE(training.videos[0].id, std::string("ghi"));
    }

    void activityNetRefused_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("said");
        QTest::newRow("no JSON") << QByteArray("{") << QByteArray("a.json:1: ");
        QTest::newRow("too deep") << QByteArray("{\"database\": ") + QByteArray(100, '[') + QByteArray(100, ']') + "}" << QByteArray("nested");
        QTest::newRow("a name twice") << QByteArray(R"({"database": {}, "database": {}})") << QByteArray("database");
        QTest::newRow("no database") << QByteArray("{}") << QByteArray("database");
        QTest::newRow("a segment of one") << QByteArray(R"({"database": {"a": {"subset": "validation", "annotations": [{"label": "x", "segment": [1]}]}}})")
                                          << QByteArray("database.a.annotations[0].segment");
        QTest::newRow("backwards") << QByteArray(R"({"database": {"a": {"subset": "validation", "annotations": [{"label": "x", "segment": [2, 1]}]}}})")
                                   << QByteArray("a beginning and an end in seconds");
        QTest::newRow("none there") << QByteArray(s_activityNet) << QByteArray("none of its 3 videos is there");
        QTest::newRow("no such subset") << QByteArray(R"({"database": {"a": {"subset": "training", "annotations": []}}})")
                                        << QByteArray("no video of the subset 'validation'; there are 'training'");
    }
    void activityNetRefused()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, said);
        const std::string error = refusal([&] { parseActivityNet(text.toStdString(), "a.json", "", among({}), m_progress); });
        QVERIFY2(error.find(said.toStdString()) != std::string::npos, error.c_str());
    }

    void kinetics()
    {
        const std::string list = "label,youtube_id,time_start,time_end,split\n"
                                 "long jump,abc,7,17,validate\nski,def-_1,0,10,validate\nski,ghi,3,13,train\nski,jkl,5,5,validate\narchery,mno,1,11,validate\n";
        const LabelledVideos set = parseKinetics(list, "k.csv", "", among({"abc_000007_000017", "def-_1", "ghi_000003_000013"}), m_progress);
        QCOMPARE(set.name, std::string("Kinetics, validation"));
        QCOMPARE(set.videos.size(), std::size_t{2});
        QCOMPARE(set.missing, std::int64_t{1});
        QCOMPARE(classOf(set, set.videos[0].label), std::string("long jump"));
        QVERIFY(!set.videos[0].toS && !set.videos[0].untrimmed);
        QCOMPARE(set.videos[1].fromS, 0.0); // not cut out: ten seconds of its video
        QCOMPARE(set.videos[1].toS, std::optional(10.0));
        std::string all;
        for (const std::string &warning : set.warnings)
            all += warning;
        QVERIFY2(all.find("k.csv:5: needs a youtube_id") != std::string::npos && all.find("mno") != std::string::npos, all.c_str());
        QCOMPARE(parseKinetics(list, "k.csv", "training", among({"ghi"}), m_progress).videos.size(), std::size_t{1});
        QVERIFY(refusal([&] { parseKinetics("youtube_id,split\n", "k.csv", "", among({}), m_progress); }).find("time_start") != std::string::npos);
    }

    /// What a clip shows: at least half of it in a segment; segments that overlap count once.
    void labelsOfClips()
    {
        LabelledVideo video;
        video.label = 4;
        QCOMPARE(clipLabel(video, 100, 200), 4);
        video.untrimmed = true;
        video.segments = {{1, 10, 12}, {1, 11, 13}, {2, 12.5, 20}};
        QCOMPARE(clipLabel(video, 8, 12), 1);      // half
        QCOMPARE(clipLabel(video, 7.9, 11.9), -1); // less
        QCOMPARE(clipLabel(video, 11, 12), 1);
        QCOMPARE(clipLabel(video, 9, 16), 2); // 3.5 of 7 seconds, of label 1 only 3
        QCOMPARE(clipLabel(video, 9, 17), 2);
        QCOMPARE(clipLabel(video, 7, 13), 1); // 3 of 6, although the segments' lengths together are 4
        QCOMPARE(clipLabel(video, 6.9, 12.9), -1);
        QCOMPARE(clipLabel(video, 30, 40), -1);
        video.segments.clear();
        QCOMPARE(clipLabel(video, 0, 0), -1);
    }

    void folderOfClasses()
    {
        video("classes/run/a.mp4");
        video("classes/run/b.mkv");
        video("classes/sit/c.webm");
        video("classes/sit/notes.txt");
        fs::create_directories(at("classes/sit/frames"));
        writeAtomically(at("classes/sit/frames/img_00001.jpg"), std::string_view("x"));
        const LabelledVideos set = readLabelledVideos(at("classes"), {}, m_progress);
        QCOMPARE(set.name, std::string("classes"));
        QCOMPARE(set.classes, (std::vector<std::string>{"run", "sit"}));
        std::string all;
        for (const LabelledVideo &one : set.videos)
            all += one.id + ' ' + classOf(set, one.label) + '\n';
        QCOMPARE(all, std::string("run/a run\nrun/b run\nsit/c sit\nsit/frames sit\n"));
        QVERIFY2(set.warnings.at(0).find("sit/notes.txt") != std::string::npos, set.warnings.at(0).c_str());
        QVERIFY(refusal([&] { readLabelledVideos(at("classes"), {.subset = "train"}, m_progress); }).find("no subsets") != std::string::npos);
        fs::create_directories(at("empty"));
        QVERIFY(refusal([&] { readLabelledVideos(at("empty"), {}, m_progress); }).find("holds no folder with videos") != std::string::npos);
        QVERIFY(refusal([&] { readLabelledVideos(at("nowhere"), {}, m_progress); }).find("does not exist") != std::string::npos);
    }

    void list()
    {
        video("list/x/one.mp4");
        video("list/two.mp4");
        writeAtomically(
            at("list/videos.csv"),
            std::string_view("path,label,start,end,split\nx/one.mp4,jump,1.5,4,train\ntwo.mp4,sit,,,val\ntwo.mp4,sit,5,4,val\nthree.mp4,sit,,,val\n"));
        const LabelledVideos set = readLabelledVideos(at("list"), {}, m_progress);
        QCOMPARE(set.videos.size(), std::size_t{2});
        QCOMPARE(set.videos[0].fromS, 1.5);
        QCOMPARE(set.videos[0].toS, std::optional(4.0));
        QVERIFY(!set.videos[1].toS);
        QCOMPARE(set.missing, std::int64_t{1});
        QCOMPARE(readLabelledVideos(at("list/videos.csv"), {.subset = "validation"}, m_progress).videos.size(), std::size_t{1});
        QVERIFY(refusal([&] { readLabelledVideos(at("list"), {.subset = "test"}, m_progress); }).find("there are 'train', 'val'") != std::string::npos);
    }

    /// The layout is told by what lies there; videos may lie at any depth, and frames stand for a video.
    void layouts()
    {
        writeAtomically(at("net/activity_net.v1-2.json"), std::string_view(s_activityNet));
        video("net/deep/er/v_abc.mp4");
        fs::create_directories(at("net/frames/v_def"));
        writeAtomically(at("net/frames/v_def/img_00001.jpg"), std::string_view("x"));
        const LabelledVideos net = readLabelledVideos(at("net"), {}, m_progress);
        QCOMPARE(net.videos.size(), std::size_t{2});
        QCOMPARE(net.videos[1].file, at("net/frames/v_def"));
        writeAtomically(at("kinetics/val.csv"), std::string_view("label,youtube_id,time_start,time_end,split\nski,abc,7,17,validate\n"));
        video("kinetics/val/ski/abc_000007_000017.mp4");
        const LabelledVideos kinetics = readLabelledVideos(at("kinetics"), {}, m_progress);
        QCOMPARE(kinetics.name, std::string("Kinetics, validation"));
        QCOMPARE(kinetics.videos.size(), std::size_t{1});
        writeAtomically(at("kinetics/train.csv"), std::string_view("label,youtube_id,time_start,time_end,split\n"));
        QVERIFY(refusal([&] { readLabelledVideos(at("kinetics"), {}, m_progress); }).find("has several lists: train.csv, val.csv") != std::string::npos);
        QCOMPARE(readLabelledVideos(at("kinetics"), {.list = at("kinetics/val.csv")}, m_progress).videos.size(), std::size_t{1});
    }

    /// The clips that lie in ../shared, as they lie there.
    void real()
    {
        DSCOPE_NEED(sharedDir() / "data" / "action" / "fight" / "fight");
        const LabelledVideos set = readLabelledVideos(sharedDir() / "data" / "action" / "fight", {.layout = VideoLayout::Classes}, m_progress);
        QCOMPARE(set.classes, (std::vector<std::string>{"fight", "noFight"}));
        QCOMPARE(set.videos.size(), std::size_t{80});
    }
};

DSCOPE_TEST(TestLabelledvideos)
#include "tst_labelledvideos.moc"
