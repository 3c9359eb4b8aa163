// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/aggregation/aggregate.h"
#include "core/aggregation/twostage.h"
#include "core/analysis/secondscores.h"
#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/npy.h"
#include "core/image/reader.h"
#include "core/report/export.h"
#include "tests/support/analysis.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <cmath>

using namespace dscope;
namespace fs = std::filesystem;

class TestExport : public QObject {
    Q_OBJECT

    QTemporaryDir m_temporary;
    fs::path m_root{m_temporary.path().toStdString()};

private Q_SLOTS:
    void keptIsStrictWithAFallback()
    {
        Group group;
        for (const float score : {0.15F, 0.5F, 0.9F, 0.9F}) {
            group.elements.emplace_back();
            group.elements.back().dScore = score;
        }
        // A float32 0.15 widened is a little above the double 0.15.
        QCOMPARE(keptFaces(group, 0.15).count, std::int64_t(4));
        QCOMPARE(keptFaces(group, static_cast<double>(0.15F)).count, std::int64_t(3));
        const KeptFaces none = keptFaces(group, 0.95);
        QVERIFY(none.fallback);
        QVERIFY((none.kept == std::vector<bool>{false, false, true, false}));
        QCOMPARE(keptFaces(Group{}, 0.5).count, std::int64_t(0));
        QVERIFY((keptFaces(group, Keep::best(2)).kept == std::vector<bool>{false, false, true, true}));
        QVERIFY((keptFaces(group, Keep::best(1)).kept == std::vector<bool>{false, false, true, false}));
        QCOMPARE(keptFaces(group, Keep::best(9)).count, std::int64_t(4));
        // Sorted .9, .9, .5, .15: the earlier of equal ones first.
        QVERIFY((keptFaces(group, Keep::until(0.5)).kept == std::vector<bool>{false, false, true, false}));
        QVERIFY((keptFaces(group, Keep::until(1)).kept == std::vector<bool>{false, false, true, true}));
        QVERIFY((keptFaces(group, Keep::until(1.9)).kept == std::vector<bool>{false, true, true, true}));
        QCOMPARE(keptFaces(group, Keep::until(9)).count, std::int64_t(4));
        QVERIFY(!keptFaces(group, Keep::until(0.01)).fallback);
        QVERIFY(!keptFaces(group, Keep::best(1)).fallback);
        QCOMPARE(keptFaces(Group{}, Keep::best(2)).count, std::int64_t(0));
    }

    void topKIsSaidInJson()
    {
        const Json json = scoresJson(test::madeAnalysis(), Keep::best(3));
        QVERIFY(json.at("threshold").is_null());
        QCOMPARE(json.at("top_k").get<int>(), 3);
        QVERIFY(!scoresJson(test::madeAnalysis(), 0.4).contains("top_k"));
    }

    void anUnknownCostIsNull()
    {
        Analysis analysis = test::madeAnalysis();
        analysis.base.parameters = 12;
        analysis.base.cost = {};
        const Json models = scoresJson(analysis, 0.4).at("models");
        QVERIFY(models.at("base").at("mac").is_null() && models.at("base").at("flop").is_null());
        QCOMPARE(models.at("ddnet").at("mac").get<std::int64_t>(), analysis.ddnet.cost.mac);
    }

    void jsonFollowsTheSchema()
    {
        for (const bool video : {true, false}) {
            test::MadeAnalysis wish;
            wish.video = video;
            wish.labels = true;
            Analysis analysis = test::madeAnalysis(wish);
            analysis.sources[0].groups[0].elements[0].box.reset();
            analysis.sources[0].groups[0].elements[0].landmarks.reset();
            analysis.sources[0].groups[0].elements[0].detectorScore = -1;
            analysis.sources[0].groups[0].elements[1].dScore = 0.3F;
            const Json json = Json::parse(jsonText(scoresJson(analysis, 0.4)));
            QCOMPARE(json.at("schema").get<std::string>(), std::string("dscope.scores/1"));
            QCOMPARE(json.at("models").at("ddnet").at("sha256").get<std::string>(), analysis.ddnet.hash);
            const Json &source = json.at("sources").at(0);
            QCOMPARE(source.at("path").get<std::string>(), analysis.sources[0].path.string());
            QCOMPARE(source.at("warnings").size(), std::size_t(1));
            QCOMPARE(source.at("groups").size(), analysis.sources[0].groups.size());
            for (std::size_t g = 0; g < source.at("groups").size(); ++g) {
                const Json &group = source.at("groups")[g];
                const Group &made = analysis.sources[0].groups[g];
                QCOMPARE(group.at("id").get<std::string>(), made.id);
                const KeptFaces kept = keptFaces(made, 0.4);
                for (std::size_t e = 0; e < made.elements.size(); ++e) {
                    const Json &element = group.at("elements").at(e);
                    QCOMPARE(element.contains("frame") && element.contains("time_s"), video);
                    QCOMPARE(element.contains("file"), !video);
                    QCOMPARE(static_cast<float>(element.at("d_score").get<double>()), made.elements[e].dScore);
                    QCOMPARE(element.at("kept").get<bool>(), bool(kept.kept[e]));
                    if (g == 0 && e == 0) {
                        QVERIFY(element.at("box").is_null() && element.at("landmarks").is_null() && element.at("detector_score").is_null());
                        continue;
                    }
                    QCOMPARE(element.at("box").size(), std::size_t(4));
                    QCOMPARE(element.at("landmarks").size(), std::size_t(5));
                    QCOMPARE(element.at("landmarks")[4].size(), std::size_t(2));
                }
            }
            // As few digits as the number needs.
            QVERIFY(source.at("groups")[0].at("elements")[1].at("d_score").dump() == "0.3");
        }
    }

    void csvReadsBackAndIsGuarded()
    {
        Analysis analysis = test::madeAnalysis();
        analysis.sources[0].groups[0].id = "=cmd|' /C calc'!A0";
        analysis.sources[0].groups[1].id = "a \"quoted\", name\nof two lines";
        const fs::path path = m_root / "scores.csv";
        writeScores(path, ScoreFormat::Csv, analysis, 0.5);
        const CsvTable table = readCsv(path);
        QCOMPARE(table.rows.size(), analysis.elementCount());
        const std::size_t group = table.requireColumn({"group"});
        const std::size_t score = table.requireColumn({"d_score"});
        const std::size_t kept = table.requireColumn({"kept"});
        const std::size_t box = table.requireColumn({"box_x"});
        QCOMPARE(table.rows[0].cells[group], std::string("'=cmd|' /C calc'!A0"));
        QCOMPARE(table.rows[40].cells[group], analysis.sources[0].groups[1].id);
        for (std::size_t i = 0; i < table.rows.size(); ++i) {
            const Group &made = analysis.sources[0].groups[i / 40];
            QCOMPARE(static_cast<float>(*parseNumber(table.rows[i].cells[score])), made.elements[i % 40].dScore);
            QCOMPARE(static_cast<float>(*parseNumber(table.rows[i].cells[box])), made.elements[i % 40].box->x);
            QCOMPARE(table.rows[i].cells[kept], std::string(keptFaces(made, 0.5).kept[i % 40] ? "1" : "0"));
        }
    }

    void otherForms()
    {
        test::MadeAnalysis wish;
        wish.groups = 2;
        wish.facesPerGroup = 2;
        Analysis analysis = test::madeAnalysis(wish);
        int number = 0;
        for (Group &group : analysis.sources[0].groups) {
            group.id = std::to_string(20 + number);
            for (Element &element : group.elements) {
                element.frame = -1;
                element.file = "/x/" + std::to_string(++number) + ".jpg";
                element.media = 7;
                element.dScore = 0.25F;
            }
        }
        writeScores(m_root / "nist", ScoreFormat::Nist, analysis, 0.5);
        QCOMPARE(readText(m_root / "nist"), std::string("0 /x/1.jpg 0 0.25\n1 /x/2.jpg 0 0.25\n2 /x/3.jpg 0 0.25\n3 /x/4.jpg 0 0.25\n"));
        writeScores(m_root / "ofiq", ScoreFormat::Ofiq, analysis, 0.5);
        QCOMPARE(readText(m_root / "ofiq").substr(0, 74),
                 std::string("Filename;DScore;DScore.scalar;assessment_time_in_ms;\n/x/1.jpg;0.25;25;0.8;\n").substr(0, 74));
        analysis.sources[0].kind = "ijb";
        writeScores(m_root / "ijb", ScoreFormat::InsightFace, analysis, 0.5);
        QCOMPARE(readText(m_root / "ijb"), std::string("1.jpg 20 7 0.25\n2.jpg 20 7 0.25\n3.jpg 22 7 0.25\n4.jpg 22 7 0.25\n"));
        analysis.sources[0].groups[0].elements[0].file = "/x/with space.jpg";
        QVERIFY_THROWS_EXCEPTION(Error, writeScores(m_root / "nist2", ScoreFormat::Nist, analysis, 0.5));
        QVERIFY(!fs::exists(m_root / "nist2"));
        QVERIFY_THROWS_EXCEPTION(UsageError, scoreFormat("xml"));
    }

    void features()
    {
        const Analysis analysis = test::madeAnalysis();
        AggregateOptions options;
        options.keep.threshold = 0.6;
        writeFeatures(m_root / "f.npy", analysis, options);
        writeFeatures(m_root / "f.csv", analysis, options);
        const NpyArray array = readNpy(m_root / "f.npy");
        QVERIFY((array.shape == std::vector<std::int64_t>{6, 32}));
        const CsvTable ids = readCsv(m_root / "f.ids.csv");
        const CsvTable table = readCsv(m_root / "f.csv");
        QCOMPARE(ids.rows.size(), std::size_t(6));
        QCOMPARE(table.header.size(), ids.header.size() + 32);
        for (std::size_t row = 0; row < 6; ++row) {
            const Group &group = analysis.sources[0].groups[row];
            QCOMPARE(ids.rows[row].cells[2], group.id);
            std::vector<float> scores;
            for (const Element &element : group.elements)
                scores.push_back(element.dScore);
            const Aggregate wanted = aggregate(group.embeddings, 32, scores, options);
            QCOMPARE(ids.rows[row].cells[5], std::to_string(wanted.kept.size()));
            for (std::size_t d = 0; d < 32; ++d) {
                QCOMPARE(static_cast<float>(array.values[row * 32 + d]), static_cast<float>(wanted.feature[d]));
                QCOMPARE(static_cast<float>(*parseNumber(table.rows[row].cells[ids.header.size() + d])), static_cast<float>(wanted.feature[d]));
            }
        }
        QVERIFY_THROWS_EXCEPTION(UsageError, writeFeatures(m_root / "f.txt", analysis, options));
        Analysis bare = analysis;
        bare.dim = 0;
        QVERIFY_THROWS_EXCEPTION(Error, writeFeatures(m_root / "g.npy", bare, options));
    }

    /// A second look's scores stand beside D, and weigh what D keeps.
    void secondLook()
    {
        Analysis analysis = test::madeAnalysis();
        SecondLookOrigin origin;
        origin.base = analysis.base.name;
        origin.baseHash = analysis.base.hash;
        origin.ridge = 3000;
        std::vector<double> weights(66, 0.0);
        weights[0] = 0.1;
        const SecondLook look(weights, 0.5, origin);
        analysis.sources[0].groups[2].embeddings.clear(); // as where the base was not run
        writeScores(m_root / "first.csv", ScoreFormat::Csv, analysis, 0.5);
        QVERIFY(!scoresJson(analysis, 0.5).at("models").contains("second"));
        applySecondLook(analysis, look);
        const std::vector<Group> &groups = analysis.sources[0].groups;
        QVERIFY(std::isnan(groups[2].elements[0].second) && std::isfinite(groups[3].elements[0].second));
        QCOMPARE(groups[1].elements[1].second,
                 static_cast<float>(look.score(std::span<const float>(analysis.sources[0].groups[1].embeddings).subspan(32, 32))));
        writeScores(m_root / "second.csv", ScoreFormat::Csv, analysis, 0.5);
        const CsvTable table = readCsv(m_root / "second.csv");
        const std::size_t column = table.requireColumn({"d_second"});
        QCOMPARE(table.rows[2 * 40].cells[column], std::string());
        QCOMPARE(static_cast<float>(*parseNumber(table.rows[41].cells[column])), groups[1].elements[1].second);
        QCOMPARE(readCsv(m_root / "first.csv").header.size() + 1, table.header.size());
        const Json json = scoresJson(analysis, 0.5);
        QCOMPARE(json.at("models").at("second").at("ridge").get<double>(), 3000.0);
        QVERIFY(json.at("sources")[0].at("groups")[2].at("elements")[0].at("d_second").is_null());
        QVERIFY(json.at("sources")[0].at("groups")[1].at("elements")[1].at("d_second").is_number());

        analysis = test::madeAnalysis();
        QVERIFY_THROWS_EXCEPTION(Error, groupFeatures(analysis, {}, {true, 0.4}));
        applySecondLook(analysis, look);
        AggregateOptions options;
        options.keep.threshold = 0.6;
        const GroupFeatures made = groupFeatures(analysis, options, {true, 0.4});
        for (std::size_t g = 0; g < made.id.size(); ++g) {
            const Group &group = analysis.sources[0].groups[g];
            std::vector<float> scores;
            std::vector<float> second;
            for (const Element &element : group.elements) {
                scores.push_back(element.dScore);
                second.push_back(element.second);
            }
            const Aggregate wanted = aggregateTwoStage(group.embeddings, 32, scores, second, options, 0.4);
            QCOMPARE(made.kept[g], std::ssize(wanted.kept));
            for (std::size_t d = 0; d < 32; ++d)
                QCOMPARE(made.values[g * 32 + d], static_cast<float>(wanted.feature[d]));
        }
        // The window's average is that of the faces kept.
        options.method = Aggregator::Average;
        const GroupFeatures kept = groupFeatures(analysis, options, {.averageOfChosen = true});
        const GroupFeatures every = groupFeatures(analysis, options);
        QVERIFY(kept.kept[0] < every.kept[0] && every.kept[0] == 40);
        origin.baseHash = "another";
        QVERIFY_THROWS_EXCEPTION(Error, applySecondLook(analysis, SecondLook(weights, 0.5, origin)));
    }

    void bestPictures()
    {
        test::MadeAnalysis wish;
        wish.groups = 2;
        wish.facesPerGroup = 4;
        wish.video = false;
        wish.file = m_root / "people";
        Analysis analysis = test::madeAnalysis(wish);
        // Two groups whose names become the same folder, one of them hostile.
        analysis.sources[0].groups[0].id = "../../up";
        analysis.sources[0].groups[1].id = ".._.._up";
        for (Group &group : analysis.sources[0].groups)
            for (std::size_t i = 0; i < 4; ++i) {
                group.elements[i].dScore = 0.1F * static_cast<float>(i + 1);
                if (i != 3)
                    writePicture(group.elements[i].file, Picture(20, 10));
            }
        Progress progress;
        const fs::path out = m_root / "best";
        // Three best of four: face and picture each, but the very best picture of each group is gone.
        QCOMPARE(writeBest(out, analysis, 3, progress), std::int64_t(2 * (3 + 2)));
        QCOMPARE(progress.notices().size(), std::size_t(2));
        std::vector<fs::path> files;
        for (const auto &entry : fs::recursive_directory_iterator(out))
            if (entry.is_regular_file())
                files.push_back(fs::relative(entry.path(), out));
        QCOMPARE(files.size(), std::size_t(10));
        int first = 0;
        for (const fs::path &file : files) {
            QVERIFY(file.string().find("..") != 0);
            first += file.filename() == "001_0.4000_face.jpg" ? 1 : 0;
        }
        QCOMPARE(first, 2);
        QVERIFY(fs::exists(out / "people" / "_.._.._up" / "002_0.3000.jpg"));
    }

    void safeNames()
    {
        QCOMPARE(safeName("a/b\\c:d\n"), std::string("a_b_c_d_"));
        QCOMPARE(safeName(""), std::string("_"));
        QCOMPARE(safeName(".."), std::string("_.."));
        QCOMPARE(safeName("person 1"), std::string("person 1"));
        QVERIFY(safeName(std::string(99, 'a') + "\xC3\xA4\xC3\xA4").size() <= 100);
    }
};

DSCOPE_TEST(TestExport)
#include "tst_export.moc"
