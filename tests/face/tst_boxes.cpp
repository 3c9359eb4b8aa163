// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/tasks/face/boxes.h"

#include <cmath>
#include <limits>

using namespace dscope;

namespace {

Face face(float x, float y, float w, float h, float score)
{
    Face made;
    made.box = {x, y, w, h};
    made.score = score;
    made.landmarks.fill({x + w / 2, y + h / 2});
    return made;
}

} // namespace

class TestBoxes : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void overlapByHand()
    {
        QCOMPARE(overlap({0, 0, 10, 10}, {0, 0, 10, 10}), 1.F);
        QCOMPARE(overlap({0, 0, 10, 10}, {5, 0, 10, 10}), 50.F / 150.F);
        QCOMPARE(overlap({0, 0, 10, 10}, {2, 2, 5, 5}), 0.25F);
        QCOMPARE(overlap({0, 0, 10, 10}, {10, 0, 10, 10}), 0.F); // they only touch
        QCOMPARE(overlap({0, 0, 10, 10}, {0, 0, 0, 10}), 0.F);
        QCOMPARE(overlap({0, 0, 10, 10}, {0, 0, -3, 10}), 0.F);
    }

    void suppressionKeepsTheStrongest()
    {
        const std::vector<Face> faces{face(0, 0, 10, 10, 0.6F), face(1, 0, 10, 10, 0.9F), face(5, 0, 10, 10, 0.8F), face(40, 0, 10, 10, 0.5F)};
        const std::vector<Face> kept = suppress(faces, 0.4F);
        QCOMPARE(kept.size(), std::size_t{2});
        QCOMPARE(kept[0].score, 0.9F);
        QCOMPARE(kept[1].score, 0.5F);
        // Over 2/3 of each other only: 9 / 11 goes, 6 / 14 stays.
        QCOMPARE(suppress(faces, 0.7F).size(), std::size_t{3});
        // What a suppressed face would have hidden stays: only faces that stayed suppress.
        const std::vector<Face> chain{face(0, 0, 10, 10, 0.9F), face(5, 0, 10, 10, 0.8F), face(10, 0, 10, 10, 0.7F)};
        QCOMPARE(suppress(chain, 0.3F).size(), std::size_t{2});
        QCOMPARE(suppress(faces, 1.F, 2).size(), std::size_t{2});
        QVERIFY(suppress({}, 0.4F).empty());
    }

    void impossibleFacesGo()
    {
        Face unreal = face(0, 0, 20, 20, 0.9F);
        unreal.landmarks[2].y = std::numeric_limits<float>::quiet_NaN();
        Face endless = face(0, 0, 20, 20, 0.9F);
        endless.box.w = std::numeric_limits<float>::infinity();
        const std::vector<Face> kept =
            plausible({unreal, endless, face(95, 10, 20, 20, 1), face(-15, 10, 20, 20, 1), face(80, 80, 20, 20, 1), face(5, 5, 9, 40, 1)}, 100, 100, 10);
        QCOMPARE(kept.size(), std::size_t{1});
        QCOMPARE(kept.front().box.x, 80.F);
    }

    void inputSizesByHand()
    {
        QCOMPARE(inputSize(Picture(640, 360)).paddedWidth, 640);
        QCOMPARE(inputSize(Picture(640, 360)).paddedHeight, 384);
        QCOMPARE(inputSize(Picture(1, 33)).paddedWidth, 32);
        QCOMPARE(inputSize(Picture(1, 33)).paddedHeight, 64);
    }

    void optionsOutOfRangeAreNamed_data()
    {
        QTest::addColumn<QString>("name");
        for (const char *name : {"minScore", "nms", "maxSide", "minFace"})
            QTest::newRow(name) << QString::fromLatin1(name);
    }
    void optionsOutOfRangeAreNamed()
    {
        QFETCH(QString, name);
        DetectorOptions options;
        checkOptions(options);
        const std::string key = optionsKey(options);
        if (name == QStringLiteral("minScore"))
            options.minScore = std::numeric_limits<float>::quiet_NaN();
        else if (name == QStringLiteral("nms"))
            options.nms = 1.5F;
        else if (name == QStringLiteral("maxSide"))
            options.maxSide = 10;
        else
            options.minFace = -1;
        QVERIFY(optionsKey(options) != key);
        try {
            checkOptions(options);
            QFAIL("nothing was thrown");
        } catch (const Error &error) {
            QVERIFY2(QString::fromUtf8(error.what()).contains(name), error.what());
        }
    }

    void pixelCentresAreKept()
    {
        QCOMPARE(toOriginal(0.F, 100, 100), 0.F);
        // Twice as large: the middle of the first two pixels is that of the small one.
        QCOMPARE(toOriginal(0.F, 200, 100), 0.5F);
        QCOMPARE(toOriginal(99.F, 200, 100), 198.5F);
    }
};

DSCOPE_TEST(TestBoxes)
#include "tst_boxes.moc"
