// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/reid/people/personcrop.h"
#include "tests/support/support.h"

using namespace dscope;

/// The part of a frame that is a person.
class TestPersoncrop : public QObject {
    Q_OBJECT

private Q_SLOTS:
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
};

DSCOPE_TEST(TestPersoncrop)
#include "tst_personcrop.moc"
