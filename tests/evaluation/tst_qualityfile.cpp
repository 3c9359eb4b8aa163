// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/csv.h"
#include "core/base/encoding.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/sets/qualityfile.h"

#include <QTemporaryDir>

#include <cmath>

using namespace dscope;

class TestQualityFile : public QObject {
    Q_OBJECT

    Progress progress;

    QTemporaryDir m_dir;

    std::filesystem::path write(const std::string &text) const
    {
        const std::filesystem::path path = std::filesystem::path(m_dir.path().toStdString()) / "q.txt";
        writeAtomically(path, text);
        return path;
    }

private Q_SLOTS:
    void formats_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("format");
        QTest::addColumn<QString>("pictures");
        QTest::addColumn<QString>("scores");
        QTest::newRow("csv") << "path,score\na/1.jpg,0.5\n\"b, c/2.jpg\",1e-2\n"
                             << "csv"
                             << "a/1.jpg|b, c/2.jpg"
                             << "0.5 0.01";
        QTest::newRow("csv, other columns") << "identity,file,x,d_score\r\nq,a.jpg,3,0.25\r\n"
                                            << "csv"
                                            << "a.jpg"
                                            << "0.25";
        QTest::newRow("csv, -1 failed") << "file,quality\na.jpg,-1\nb.jpg,0\n"
                                        << "csv"
                                        << "a.jpg|b.jpg"
                                        << "nan 0";
        QTest::newRow("csv, -1 is a score") << "file,quality\na.jpg,-1\nb.jpg,-2.5\n"
                                            << "csv"
                                            << "a.jpg|b.jpg"
                                            << "-1 -2.5";
        QTest::newRow("NIST") << "12 a/1.jpg 0 34\n13 a/2.jpg 1 -1\n14 b/3.jpg 0 -1\n"
                              << "nist"
                              << "a/1.jpg|a/2.jpg|b/3.jpg"
                              << "34 nan nan";
        QTest::newRow("NIST, header and blanks") << "id image returnCode quality\n1 a b/x y.jpg 0 7\n"
                                                 << "nist"
                                                 << "a b/x y.jpg"
                                                 << "7";
        QTest::newRow("OFIQ") << "Filename;Sharpness;Sharpness.scalar;UnifiedQualityScore;UnifiedQualityScore.scalar;assessment_time_in_ms;\n"
                                 "./d/1.png;0.1;3;0.5;81;12.5;\nd/2.png;-1;-1;-1;-1;3;\n"
                              << "ofiq"
                              << "d/1.png|d/2.png"
                              << "81 nan";
        QTest::newRow("OFIQ, one measure") << "Filename;Sharpness;Sharpness.scalar;assessment_time_in_ms;\nx.png;0.1;3;1;\n"
                                           << "ofiq"
                                           << "x.png"
                                           << "3";
        QTest::newRow("ERC") << "a/1.jpg 0.75\n\nC:\\x\\2.jpg\t3\n"
                             << "erc"
                             << "a/1.jpg|C:/x/2.jpg"
                             << "0.75 3";
        QTest::newRow("four columns") << "1.jpg 1 69544 0.99\n2.jpg 1 69544 0.5\n"
                                      << "insightface"
                                      << "1.jpg|2.jpg"
                                      << "0.99 0.5";
        QTest::newRow("twice the same") << "1.jpg 0.5\n1.jpg 0.5\n2.jpg 0.25"
                                        << "erc"
                                        << "1.jpg|2.jpg"
                                        << "0.5 0.25";
        QTest::newRow("byte-order mark") << "\xEF\xBB\xBF"
                                            "1.jpg 0.5\n"
                                         << "erc"
                                         << "1.jpg"
                                         << "0.5";
    }
    void formats()
    {
        QFETCH(QString, text);
        QFETCH(QString, format);
        QFETCH(QString, pictures);
        QFETCH(QString, scores);
        for (const QualityFormat asked : {QualityFormat::Auto, qualityFormat(format.toStdString())}) {
            const QualityFile file = readQualityFile(write(text.toStdString()), progress, asked);
            QCOMPARE(QString::fromStdString(name(file.format)), format);
            QStringList names;
            for (const std::string &picture : file.pictures)
                names << QString::fromStdString(picture);
            QCOMPARE(names.join(QLatin1Char('|')), pictures);
            const QStringList wanted = scores.split(QLatin1Char(' '));
            QCOMPARE(static_cast<qsizetype>(file.scores.size()), wanted.size());
            std::int64_t failures = 0;
            for (qsizetype i = 0; i < wanted.size(); ++i) {
                const float score = file.scores[static_cast<std::size_t>(i)];
                failures += std::isnan(score) ? 1 : 0;
                if (wanted[i] == QLatin1String("nan"))
                    QVERIFY(std::isnan(score));
                else
                    QCOMPARE(score, wanted[i].toFloat());
            }
            QCOMPARE(file.failures, failures);
        }
    }

    /// Either end of the work can be left at once.
    void canBeCancelled()
    {
        Progress cancelled;
        cancelled.cancel();
        for (const char *text : {"a 1\n", "file,score\na,1\n"})
            QVERIFY_EXCEPTION_THROWN(readQualityFile(write(text), cancelled), Cancelled);
        const QualityFile file = readQualityFile(write("a 1\n"), progress);
        QVERIFY_EXCEPTION_THROWN(matchQuality(file, std::vector<std::string>{"a"}, cancelled), Cancelled);
    }

    void columnsByName()
    {
        const std::filesystem::path path = write("image,blur,sharp\na,1,2\n");
        QCOMPARE(readQualityFile(path, progress, QualityFormat::Auto, "sharp").scores, std::vector<float>{2});
        QVERIFY_EXCEPTION_THROWN(readQualityFile(path, progress), FileError);
        QVERIFY_EXCEPTION_THROWN(readQualityFile(path, progress, QualityFormat::Auto, "x"), FileError);
        QVERIFY_EXCEPTION_THROWN(readQualityFile(write("a 1\n"), progress, QualityFormat::Auto, "x"), UsageError);
    }

    void mistakesNameTheLine_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("where");
        QTest::newRow("no number") << "a 1\nb x\n"
                                   << ":2:";
        QTest::newRow("not finite") << "a 1\nb inf\n"
                                    << ":2:";
        QTest::newRow("too large") << "a 1\nb 1e300\n"
                                   << ":2:";
        QTest::newRow("one word") << "a 1\n\nb\n"
                                  << ":3:";
        QTest::newRow("two scores") << "a 1\nb 1\n./a 2\n"
                                    << ":3:";
        QTest::newRow("short csv row") << "file,score\na,1\nb\n"
                                       << ":3:";
        QTest::newRow("no picture") << "file,score\n,1\n"
                                    << ":2:";
        QTest::newRow("NIST without a code") << "1 a.jpg 0 3\n2 b.jpg x 3\n"
                                             << ":2:";
        QTest::newRow("NIST too short") << "1 a.jpg 0 3\n2 b.jpg 3\n"
                                        << ":2:";
        QTest::newRow("only a header") << "file,score\n"
                                       << "no scores";
        QTest::newRow("what is it") << "a b c d e\n"
                                    << "cannot be told|can be told";
        QTest::newRow("empty") << ""
                               << "can be told";
    }
    void mistakesNameTheLine()
    {
        QFETCH(QString, text);
        QFETCH(QString, where);
        try {
            readQualityFile(write(text.toStdString()), progress);
            QFAIL("nothing was thrown");
        } catch (const Error &error) {
            bool found = false;
            for (const QString &part : where.split(QLatin1Char('|')))
                found = found || QString::fromUtf8(error.what()).contains(part);
            QVERIFY2(found, error.what());
        }
    }

    void matchesByWhatIsUnique()
    {
        QualityFile file;
        file.path = "q.txt";
        file.pictures = {"set/a/1.jpg", "set/a/2.jpg", "set/b/1.jpg", "frame_7.png", "other.jpg"};
        file.scores = {1, 2, 3, 4, NAN};
        file.format = QualityFormat::Erc;
        // Whole; by folder and file; the same twice; by file without extension; a name in the file whose tool failed; not there.
        const std::vector<std::string> names{"set/a/1.jpg", "a/2.jpg", "a/2.jpg", "x/b/1.jpg", "v/frame_7.jpg", "z/other.jpg", "nobody.jpg"};
        const QualityMatch match = matchQuality(file, names, progress);
        QCOMPARE(match.matched, std::int64_t{5});
        QCOMPARE(match.failed, std::int64_t{1});
        QCOMPARE(match.missing, std::int64_t{1});
        QCOMPARE(match.unused, std::int64_t{0});
        QCOMPARE(match.firstMissing, std::string("nobody.jpg"));
        for (const auto &[i, score] : {std::pair(0, 1.0F), std::pair(1, 2.0F), std::pair(2, 2.0F), std::pair(3, 3.0F), std::pair(4, 4.0F)})
            QCOMPARE(match.scores[static_cast<std::size_t>(i)], score);
        QVERIFY(std::isnan(match.scores[5]) && std::isnan(match.scores[6]));
        QVERIFY(describe(match, file).find("5 of 7") != std::string::npos);

        // "1.jpg" alone could be either of two: neither is guessed. Two names of one file name never share a score by it.
        const std::vector<std::string> vague{"1.jpg", "p/2.jpg", "q/2.jpg", "set/a/1.jpg"};
        const QualityMatch careful = matchQuality(file, vague, progress);
        QCOMPARE(careful.matched, std::int64_t{1});
        QCOMPARE(careful.missing, std::int64_t{3});
        QVERIFY_EXCEPTION_THROWN(matchQuality(file, std::vector<std::string>{"nothing", "like", "it"}, progress), FileError);

        // Frames of videos: number and frame are those of others too, the name before them tells them apart.
        file.pictures = {"/data/ytf/Ann/0/0.1.jpg", "/data/ytf/Bob/0/0.1.jpg", "/data/ytf/Bob/1/0.1.jpg"};
        file.scores = {1, 2, 3};
        const QualityMatch frames =
            matchQuality(file, std::vector<std::string>{"Bob/0/0.1.jpg", "Ann/0/0.1.jpg", "mine/Bob/1/0.1.jpg", "Cid/0/0.1.jpg"}, progress);
        QCOMPARE(frames.matched, std::int64_t{3});
        QCOMPARE(frames.missing, std::int64_t{1});
        QCOMPARE((std::vector<float>{frames.scores[0], frames.scores[1], frames.scores[2]}), (std::vector<float>{2, 1, 3}));
    }

    /// What Dscope writes of names is read back: a byte that is no UTF-8, a backslash, a name that could pose as a formula, quotes.
    void ownEscapes()
    {
        const std::vector<std::string> names{"K\xF6ln/1.jpg", "Bonn/1.jpg", "=a.jpg", "q\"1\".jpg", "b\\x41.jpg", "xE4.jpg"};
        std::string text = "path,d_score\n";
        for (std::size_t i = 0; i < names.size(); ++i)
            text += csvText(utf8Name(names[i])) + ",0." + std::to_string(i + 1) + '\n';
        const QualityFile file = readQualityFile(write(text), progress);
        const QualityMatch match = matchQuality(file, names, progress);
        QCOMPARE(match.matched, std::int64_t{6});
        for (std::size_t i = 0; i < names.size(); ++i)
            QVERIFY(std::abs(match.scores[i] - 0.1F * static_cast<float>(i + 1)) < 1e-6F);
        // From elsewhere, by folder and file.
        const QualityMatch other = matchQuality(file, std::vector<std::string>{"/set/K\xF6ln/1.jpg", "/set/Bonn/1.jpg", "/set/a/=a.jpg"}, progress);
        QCOMPARE(other.matched, std::int64_t{3});
        QVERIFY(std::abs(other.scores[0] - 0.1F) < 1e-6F && std::abs(other.scores[1] - 0.2F) < 1e-6F && std::abs(other.scores[2] - 0.3F) < 1e-6F);
        // A name that is there as it stands is not undone.
        const QualityMatch plain =
            matchQuality(readQualityFile(write("path,score\n'=a.jpg,1\n=a.jpg,2\n"), progress), std::vector<std::string>{"'=a.jpg", "=a.jpg"}, progress);
        QCOMPARE(plain.scores, (std::vector<float>{1, 2}));
    }

    void names()
    {
        for (const char *word : {"auto", "csv", "nist", "ofiq", "erc", "insightface"})
            QCOMPARE(name(qualityFormat(word)), std::string(word));
        QVERIFY_EXCEPTION_THROWN(qualityFormat("xml"), UsageError);
    }
};

DSCOPE_TEST(TestQualityFile)
#include "tst_qualityfile.moc"
