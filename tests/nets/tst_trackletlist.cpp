// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/picture.h"
#include "core/training/trackletlist.h"

#include <QTemporaryDir>

using namespace dscope;

class TestTrackletlist : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    std::filesystem::path root() const { return m_dir.path().toStdString(); }
    void picture(const std::string &name) const
    {
        const std::vector<std::uint8_t> bytes = encodeJpeg(Picture(8, 16), 90);
        writeAtomically(root() / name, std::string_view(reinterpret_cast<const char *>(bytes.data()), bytes.size()));
    }

private Q_SLOTS:
    void names_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("tracklet"); ///< empty: no such name
        QTest::addColumn<int>("camera");
        const auto row = [](const char *name, const char *tracklet, int camera) {
            QTest::newRow(name) << QString::fromLatin1(name) << QString::fromLatin1(tracklet) << camera;
        };
        row("0001C1T0001F001.jpg", "0001C1T0001", 1);
        row("0065C6T0012F1234.png", "0065C6T0012", 6);
        row("-1C2T0003F005.jpg", "-1C2T0003", 2);
        row("0001C12T1F1", "0001C12T1", 12);
        row("0001C1T0001F001x.jpg", "", 0);
        row("0001C1T0001.jpg", "", 0);
        row("0001C123456T0001F001.jpg", "", 0);
        row("0001CT0001F001.jpg", "", 0);
        row("0001", "", 0);
        row("C1T1F1.jpg", "", 0);
        row("", "", 0);
    }
    void names()
    {
        QFETCH(QString, name);
        QFETCH(QString, tracklet);
        QFETCH(int, camera);
        const auto told = frameName(name.toStdString());
        QCOMPARE(told.has_value(), !tracklet.isEmpty());
        if (told) {
            QCOMPARE(told->tracklet, tracklet.toStdString());
            QCOMPARE(told->camera, camera);
        }
    }

    void folders()
    {
        for (const char *name : {"p/0002/0002C1T0001F002.jpg", "p/0002/0002C1T0001F001.jpg", "p/0002/0002C3T0002F001.jpg", "p/0001/b/2.jpg", "p/0001/b/1.jpg",
                                 "p/0001/a/9.jpg", "p/0003/x.jpg", "p/0003/y.jpg"})
            picture(name);
        writeAtomically(root() / "p/0002/note.txt", "no picture");
        writeAtomically(root() / "p/list.txt", "no folder");
        std::filesystem::create_directories(root() / "p/0000");
        Progress progress;
        const std::vector<TrainingTracklet> found = readTracklets(root() / "p", progress);
        QCOMPARE(found.size(), std::size_t{5});
        const std::vector<std::int64_t> people{0, 0, 1, 1, 2};
        const std::vector<int> cameras{0, 0, 1, 3, 0};
        const std::vector<std::vector<std::string>> frames{
            {"9.jpg"}, {"1.jpg", "2.jpg"}, {"0002C1T0001F001.jpg", "0002C1T0001F002.jpg"}, {"0002C3T0002F001.jpg"}, {"x.jpg", "y.jpg"}};
        for (std::size_t i = 0; i < found.size(); ++i) {
            QCOMPARE(found[i].person, people[i]);
            QCOMPARE(found[i].camera, cameras[i]);
            QCOMPARE(found[i].frames.size(), frames[i].size());
            for (std::size_t f = 0; f < frames[i].size(); ++f)
                QCOMPARE(found[i].frames[f].filename().string(), frames[i][f]);
        }
        QCOMPARE(progress.notices().size(), std::size_t{1});
        QVERIFY(progress.notices()[0].find("note.txt") != std::string::npos && progress.notices()[0].find("list.txt") != std::string::npos);
        QVERIFY_THROWS_EXCEPTION(FileError, readTracklets(root() / "p/0001/a", progress));
        QVERIFY_THROWS_EXCEPTION(FileError, readTracklets(root() / "nowhere", progress));
    }
};

DSCOPE_TEST(TestTrackletlist)
#include "tst_trackletlist.moc"
