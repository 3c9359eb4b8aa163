// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/clip.h"
#include "core/base/error.h"
#include "tests/support/support.h"

#include <vector>

using namespace dscope;

class TestClip : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void stills()
    {
        Picture picture(3, 2);
        picture.rgb[4] = 9;
        const Clip clip = picture;
        QCOMPARE(clip.frames(), 1);
        QCOMPARE(clip.width(), 3);
        QCOMPARE(clip.height(), 2);
        QVERIFY(clip.frame(0) == picture);
        QVERIFY(clip == Clip(std::vector<Picture>{picture}));
        QVERIFY(Clip(Picture()).empty());
        QCOMPARE(Clip().width(), 0);
    }

    void frames()
    {
        const std::vector<Picture> pictures{Picture(4, 5), Picture(4, 5), Picture(4, 5)};
        const Clip clip(pictures);
        QCOMPARE(clip.frames(), 3);
        QVERIFY(std::vector<Picture>(clip.begin(), clip.end()) == pictures);
        QVERIFY_THROWS_EXCEPTION(Error, Clip(std::vector<Picture>{Picture(4, 5), Picture(5, 4)}));
        QVERIFY_THROWS_EXCEPTION(Error, Clip(std::vector<Picture>{Picture(4, 5), Picture()}));
    }
};

DSCOPE_TEST(TestClip)
#include "tst_clip.moc"
