// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/media/madebenchmarks.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/analysis/evaluation.h"
#include "core/analysis/synth.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/image/reader.h"
#include "core/metrics/retrieval.h"
#include "core/tasks/reid/framename.h"
#include "core/tasks/reid/mars.h"
#include "core/tasks/reid/tracklets.h"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

using Rows = std::vector<std::vector<double>>;

MatMatrix tableOf(const Rows &rows, const char *name = "track_test_info")
{
    MatMatrix table{name, std::ssize(rows), rows.empty() ? 4 : std::ssize(rows.front()), {}};
    for (std::int64_t column = 0; column < table.columns; ++column)
        for (const auto &row : rows)
            table.values.push_back(row[static_cast<std::size_t>(column)]);
    return table;
}

/// Person and camera of a benchmark's tracklets as numbers.
struct Numbers {
    std::vector<std::int64_t> pids;
    std::vector<std::int64_t> cameras;
    Tracks tracks() const { return {pids, cameras}; }
};

Numbers numbersOf(const Benchmark &set, const std::vector<std::uint32_t> &places)
{
    Numbers numbers;
    for (const std::uint32_t t : places) {
        numbers.pids.push_back(set.subjects[t] < 0 ? -1 : std::stoll(set.subjectNames[static_cast<std::size_t>(set.subjects[t])]));
        numbers.cameras.push_back(set.cameras[t]);
    }
    return numbers;
}

} // namespace

class TestMars : public QObject, private MadeBenchmarks {
    Q_OBJECT

    /// Six tracklets: junk, a distractor, person 2 by cameras 1, 1 and 3, person 4 by camera 2; the fifth shares a frame with the fourth.
    fs::path mars(const Rows &rows = usual(), const std::vector<double> &queries = {3, 5, 6})
    {
        const fs::path root = fresh();
        put(root / "info" / "test_name.txt",
            "00-1C1T0001F001.jpg\n0000C2T0001F001.jpg\n0002C1T0001F001.jpg\r\n0002C1T0001F002.jpg\n0002C1T0002F001.jpg\n0002C3T0001F001.jpg\n"
            "0004C2T0001F001.jpg\n\n");
        writeMat(root / "info" / "tracks_test_info.mat", tableOf(rows));
        writeMat(root / "info" / "query_IDX.mat", {"query_IDX", 1, std::ssize(queries), queries});
        return root;
    }
    static Rows usual() { return {{1, 1, -1, 1}, {2, 2, 0, 2}, {3, 4, 2, 1}, {5, 5, 2, 1}, {5, 6, 2, 3}, {7, 7, 4, 2}}; }

    static std::string refused(const fs::path &root)
    {
        Progress progress;
        return refusal([&] { readBenchmark("mars", root, {}, progress); });
    }

private Q_SLOTS:
    void readsTheTestPart()
    {
        Progress progress;
        const fs::path root = mars();
        QCOMPARE(guessBenchmark(root), std::string("mars"));
        const Benchmark set = readBenchmark("mars", root, {}, progress);
        QCOMPARE(set.name, std::string("MARS"));
        QCOMPARE(set.task, std::string("reid"));
        QVERIFY(!set.synthetic && set.fars.empty() && set.media.empty());
        QCOMPARE(set.templates(), std::int64_t{6});
        QCOMPARE(set.ids, (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6}));
        QCOMPARE(set.cameras, (std::vector<std::int32_t>{1, 2, 1, 1, 3, 2}));
        QCOMPARE(numbersOf(set, {0, 1, 2, 3, 4, 5}).pids, (std::vector<std::int64_t>{-1, 0, 2, 2, 2, 4}));
        QCOMPARE(set.pictures.size(), std::size_t{7});
        QCOMPARE(pictureName(set, 0), std::string("00-1/00-1C1T0001F001.jpg"));
        QCOMPARE(set.pictures[2].file, root / "bbox_test" / "0002" / "0002C1T0001F001.jpg");
        QCOMPARE(namesOf(set, 2), (std::vector<std::string>{"0002C1T0001F001.jpg", "0002C1T0001F002.jpg"}));
        QCOMPARE(namesOf(set, 4), (std::vector<std::string>{"0002C1T0002F001.jpg", "0002C3T0001F001.jpg"}));
        QCOMPARE(set.splits.size(), std::size_t{1});
        QCOMPARE(set.splits[0].retrieval.queries, (std::vector<std::uint32_t>{2, 4, 5}));
        QCOMPARE(set.splits[0].retrieval.gallery, (std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5}));
        QCOMPARE(set.splits[0].pairs.size(), std::int64_t{0});
        // The fifth begins with a frame that is called after camera 1.
        QCOMPARE(set.warnings.size(), std::size_t{1});
        QVERIFY(contains(set.warnings, "row 5 is of person 2 and camera 3, its first frame is called 0002C1T0002F001.jpg"));
    }

    void keepsCamerasOfEveryNthFrame()
    {
        Progress progress;
        BenchmarkOptions options;
        options.everyNth = 2;
        const Benchmark set = readBenchmark("mars", mars(), options, progress);
        QCOMPARE(set.templates(), std::int64_t{6});
        QCOMPARE(set.cameras, (std::vector<std::int32_t>{1, 2, 1, 1, 3, 2}));
        QCOMPARE(namesOf(set, 2), (std::vector<std::string>{"0002C1T0001F001.jpg"}));
        QCOMPARE(set.pictures.size(), std::size_t{5});
        QCOMPARE(set.listPlaces, (std::vector<std::uint32_t>{0, 1, 2, 4, 6}));
        QCOMPARE(set.splits[0].retrieval.queries, (std::vector<std::uint32_t>{2, 4, 5}));
    }

    void namesTheRow()
    {
        const auto with = [&](std::size_t row, const std::vector<double> &values) {
            Rows rows = usual();
            rows[row] = values;
            return refused(mars(rows));
        };
        const auto says = [](const std::string &message, const std::string &text) { QVERIFY2(message.find(text) != std::string::npos, message.c_str()); };
        says(with(1, {2, 8, 0, 2}), "tracks_test_info.mat: row 2 goes from frame 2 to 8, but ");
        says(with(1, {2, 8, 0, 2}), "names 7 frames.");
        says(with(2, {4, 3, 2, 1}), "row 3 goes from frame 4 to 3;");
        says(with(0, {0, 1, -1, 1}), "row 1 goes from frame 0 to 1;");
        says(with(5, {7, 7, -2, 2}), "row 6 is of person -2;");
        says(with(5, {7, 7, 4, 0}), "row 6 is of camera 0;");
        says(with(5, {7, 7, 4.5, 1}), "row 6 gives 4.5 for its person");
        says(with(5, {7, 7, 4, std::nan("")}), "row 6 gives nan for its camera");
        says(with(5, {7, 1e12, 4, 1}), "row 6 gives 1e+12 for its last frame");
        says(refused(mars({{1, 2, 3}})), "has 3 columns");
        says(refused(mars({})), "names no tracklet");
        says(refused(mars(usual(), {3, 7})), "query_IDX.mat: row 2 asks for tracklet 7;");
        says(refused(mars(usual(), {1})), "row 1 asks for tracklet 1, which is junk");
        says(refused(mars(usual(), {3, 2})), "row 2 asks for tracklet 2, which is a distractor");
        says(refused(mars(usual(), {})), "names no query");
        says(refused(mars(usual(), {6})), "no query's person is seen by another camera");
        Rows shared(2000, {1, 7, 2, 1}); // 14,000 frames out of seven
        says(refused(mars(shared)), "four times as many frames");
        const auto withNames = [&](const std::string &names) {
            const fs::path root = mars();
            put(root / "info" / "test_name.txt", names);
            return refused(root);
        };
        says(withNames("0002C1T0001F001.jpg\n0002C1T0001F001.jpg\n"), "test_name.txt:2: names the frame 0002C1T0001F001.jpg again");
        says(withNames("0002C1T0001F001.jpg\n\n0002C1T0001F002.jpg\n"), "test_name.txt:2: is blank");
        says(withNames("../../etc/passwd\n"), "test_name.txt:1: '../../etc/passwd' is no frame's name");
        says(withNames("\n"), "names no frame");
        says(refused(fresh() / "none"), "does not exist");
        const fs::path bare = fresh();
        put(bare / "bbox_test" / "0001" / "0001C1T0001F001.jpg");
        says(refused(bare), "query_IDX.mat: is missing");
    }

    void countsAQueryOnce()
    {
        Progress progress;
        const Benchmark set = readBenchmark("mars", mars(usual(), {5, 3, 5}), {}, progress);
        QCOMPARE(set.splits[0].retrieval.queries, (std::vector<std::uint32_t>{4, 2}));
        QVERIFY(contains(set.warnings, "row 3 asks for tracklet 5 again"));
    }

    /// The real tables, with names made from their ranges.
    void readsTheRealOne()
    {
        const fs::path meta = sharedDir() / "meta" / "mars";
        DSCOPE_NEED(meta / "tracks_test_info.mat");
        const fs::path root = fresh();
        for (const std::string part : {"train", "test"}) {
            const fs::path table = meta / ("tracks_" + part + "_info.mat");
            fs::create_directories(root / "info");
            fs::copy_file(table, root / "info" / table.filename());
            const MatMatrix tracks = readMat(FileOrBytes(table));
            std::map<std::pair<double, double>, int> numbers;
            std::vector<std::string> names;
            for (std::int64_t row = 0; row < tracks.rows; ++row) {
                const auto last = static_cast<std::size_t>(tracks.at(row, 1));
                names.resize(std::max(names.size(), last));
                const int number = ++numbers[{tracks.at(row, 2), tracks.at(row, 3)}];
                for (auto frame = static_cast<std::size_t>(tracks.at(row, 0)); frame <= last; ++frame) {
                    char text[64];
                    const int person = static_cast<int>(tracks.at(row, 2));
                    const auto shown = static_cast<int>(frame - static_cast<std::size_t>(tracks.at(row, 0)) + 1);
                    if (person < 0)
                        std::snprintf(text, sizeof text, "00-1C%dT%04dF%03d.jpg", static_cast<int>(tracks.at(row, 3)), number, shown);
                    else
                        std::snprintf(text, sizeof text, "%04dC%dT%04dF%03d.jpg", person, static_cast<int>(tracks.at(row, 3)), number, shown);
                    names[frame - 1] = text;
                }
            }
            std::string list;
            for (const std::string &name : names)
                list += name + '\n';
            put(root / "info" / (part + "_name.txt"), list);
        }
        fs::copy_file(meta / "query_IDX.mat", root / "info" / "query_IDX.mat");

        Progress progress;
        const Benchmark set = readBenchmark("mars", root, {}, progress);
        QVERIFY2(set.warnings.empty(), set.warnings.empty() ? "" : set.warnings.front().c_str());
        QCOMPARE(set.templates(), std::int64_t{12180});
        QCOMPARE(set.pictures.size(), std::size_t{681089});
        QCOMPARE(set.splits[0].retrieval.queries.size(), std::size_t{1980});
        QCOMPARE(set.splits[0].retrieval.gallery.size(), std::size_t{12180});

        const auto unmatched = [&](std::size_t size, RetrievalProtocol protocol) {
            const std::vector<std::uint32_t> &queries = set.splits[0].retrieval.queries;
            std::vector<std::uint32_t> gallery;
            const std::set<std::uint32_t> asked(queries.begin(), queries.end());
            for (const std::uint32_t t : set.splits[0].retrieval.gallery)
                if (protocol == RetrievalProtocol::Official || (set.subjects[t] >= 0 && asked.count(t) == 0))
                    gallery.push_back(t);
            if (gallery.size() != size)
                qWarning("the gallery has %zu tracks", gallery.size());
            const std::vector<float> distances(queries.size() * gallery.size(), 0.0F);
            const Retrieval result = retrieve(distances, numbersOf(set, queries).tracks(), numbersOf(set, gallery).tracks(), protocol, 20, progress);
            return gallery.size() == size ? result.unmatched : std::int64_t{-1};
        };
        QCOMPARE(unmatched(9330, RetrievalProtocol::VideoReid), std::int64_t{140});
        QCOMPARE(unmatched(12180, RetrievalProtocol::Official), std::int64_t{0});

        const Benchmark train = readMarsTrain(root, {}, progress);
        QCOMPARE(train.templates(), std::int64_t{8298});
        QCOMPARE(train.subjectNames.size(), std::size_t{625});
        QVERIFY(train.splits.empty());
        QCOMPARE(train.cameras.size(), std::size_t{8298});
        QVERIFY(pictureName(train, 0).starts_with("0001/0001C1T0001F001"));
    }

    void madeOfTracklets()
    {
        const fs::path from = sharedDir() / "data" / "reid" / "pku";
        DSCOPE_NEED(from);
        make(from, 44, 88);
    }
    void madeOfMadeTracklets()
    {
        const fs::path from = fresh();
        for (int person = 1; person <= 8; ++person)
            for (const char *camera : {"c3", "c5"})
                for (int track = 1; track <= (camera[1] == '3' ? 2 : 1); ++track)
                    for (int frame = 1; frame <= 3; ++frame) {
                        Picture picture(4, 8);
                        std::fill(picture.rgb.begin(), picture.rgb.end(), static_cast<std::uint8_t>(20 * person + track));
                        writePicture(from / ("p" + std::to_string(person)) / camera / ("t" + std::to_string(track))
                                         / (std::to_string(frame) + (frame == 1 ? ".png" : ".jpg")),
                                     picture);
                    }
        make(from, 8, 24);
    }

    void refusesToMakeWhatItCannot()
    {
        Progress progress;
        const fs::path from = fresh();
        put(from / "1" / "c1" / "1.jpg");
        put(from / "1" / "c2" / "1.jpg");
        SynthOptions options;
        QVERIFY_EXCEPTION_THROWN(writeSyntheticSet("mars", fresh(), options, progress), UsageError);
        options.from = {from};
        QVERIFY(refusal([&] { writeSyntheticSet("mars", fresh(), options, progress); }).find("has 1 people; ") != std::string::npos);
        QVERIFY_EXCEPTION_THROWN(writeSyntheticSet("ijbc", fresh(), options, progress), UsageError);
        QVERIFY_EXCEPTION_THROWN(writeSyntheticSet("tracklets", fresh(), options, progress), UsageError);
        options.dim = 64;
        QVERIFY_EXCEPTION_THROWN(writeSyntheticSet("mars", fresh(), options, progress), UsageError);
    }

private:
    /// Makes a set and reads it back.
    void make(const fs::path &from, std::size_t people, std::size_t tracks)
    {
        Progress progress;
        SynthOptions options;
        options.from = {from};
        options.seed = 3;
        const fs::path root = fresh();
        writeSyntheticSet("mars", root, options, progress);
        QCOMPARE(guessBenchmark(root), std::string("mars"));
        const Benchmark source = readTracklets(from, {}, progress);
        const Benchmark test = readMars(root, {}, progress);
        const Benchmark train = readMarsTrain(root, {}, progress);
        QVERIFY(test.synthetic && train.synthetic);
        QVERIFY(test.warnings.empty() && train.warnings.empty()); // names and tables say the same
        QCOMPARE(source.subjectNames.size(), people);
        QCOMPARE(static_cast<std::size_t>(test.templates() + train.templates()), tracks);
        QCOMPARE(test.pictures.size() + train.pictures.size(), source.pictures.size());
        for (const Benchmark *part : {&test, &train})
            for (const ImageItem &item : part->pictures) {
                const std::string bytes = readText(item.file);
                QVERIFY(bytes.starts_with("\xff\xd8\xff"));
            }
        const std::size_t aside = std::max<std::size_t>(2, people / 10);
        const Numbers numbers = numbersOf(test, test.splits[0].retrieval.gallery);
        std::set<std::int64_t> testPeople(numbers.pids.begin(), numbers.pids.end());
        QVERIFY(testPeople.erase(-1) == 1 && testPeople.erase(0) == 1);
        QCOMPARE(train.subjectNames.size(), (people - aside) / 2);
        QCOMPARE(testPeople.size(), people - aside - (people - aside) / 2);
        for (const std::string &name : train.subjectNames)
            QVERIFY(std::stoll(name) >= 1 && testPeople.count(std::stoll(name)) == 0);
        // One query a person and camera.
        std::set<std::pair<std::int64_t, std::int64_t>> asked;
        const Numbers queries = numbersOf(test, test.splits[0].retrieval.queries);
        for (std::size_t i = 0; i < queries.pids.size(); ++i)
            QVERIFY(queries.pids[i] > 0 && asked.emplace(queries.pids[i], queries.cameras[i]).second);
        std::set<std::pair<std::int64_t, std::int64_t>> present;
        for (std::size_t i = 0; i < numbers.pids.size(); ++i)
            if (numbers.pids[i] > 0)
                present.emplace(numbers.pids[i], numbers.cameras[i]);
        QVERIFY(asked == present);
        QCOMPARE(std::set<std::int64_t>(numbers.cameras.begin(), numbers.cameras.end()), (std::set<std::int64_t>{1, 2}));
        // The same again from the same seed; another one deals otherwise.
        const fs::path again = fresh();
        writeSyntheticSet("mars", again, options, progress);
        for (const char *name : {"info/query_IDX.mat", "info/tracks_test_info.mat", "info/test_name.txt", "info/tracks_train_info.mat"})
            QVERIFY(readText(again / name) == readText(root / name));
        QVERIFY(fs::exists(again / syntheticMark));
    }
};

DSCOPE_TEST(TestMars)
#include "tst_mars.moc"
