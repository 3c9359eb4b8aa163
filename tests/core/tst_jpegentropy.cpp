// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/jpeg.h"
#include "core/base/jpegentropy.h"
#include "core/base/picturefile.h"
#include "core/base/random.h"
#include "tests/support/support.h"

#include <algorithm>
#include <iterator>

using namespace dscope;

/// What coded data show of damage that libjpeg passes over.
class TestJpegEntropy : public QObject {
    Q_OBJECT

    enum Kind { Slope, Noise, BlackAndWhite, White, Primary };
    static Picture made(Kind kind, int width = 120, int height = 100)
    {
        Random random(7);
        Picture picture(width, height);
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
                for (int c = 0; c < 3; ++c) {
                    const bool field = (x / 17 + y / 13) % 2 == 0;
                    const int value = kind == Slope ? 255 * x / width
                        : kind == Noise             ? static_cast<int>(random.below(256))
                        : kind == BlackAndWhite     ? (field ? 255 : 0)
                        : kind == White             ? 255
                                                    : ((x / 20 + y / 20) % 3 == c ? 255 : 0);
                    picture.row(y)[3 * x + c] = static_cast<std::uint8_t>(value);
                }
        return picture;
    }
    static std::size_t find(const std::vector<std::uint8_t> &bytes, std::uint8_t marker)
    {
        const std::uint8_t both[] = {0xff, marker};
        return static_cast<std::size_t>(std::search(bytes.begin(), bytes.end(), std::begin(both), std::end(both)) - bytes.begin());
    }

private Q_SLOTS:
    void cleanup() { refuseDamagedPictures(false); }

    /// The extremes of brightness and colour, coarse and fine, are no damage.
    void wholeOnes()
    {
        for (const Kind kind : {Slope, Noise, BlackAndWhite, White, Primary})
            for (const int quality : {1, 5, 20, 50, 75, 90, 95, 100})
                for (const int width : {1, 7, 8, 16, 121}) {
                    const std::vector<std::uint8_t> bytes = encodeJpeg(made(kind, width), quality);
                    const std::string said = jpegContradiction(bytes);
                    QVERIFY2(said.empty(),
                             qPrintable(QStringLiteral("%1, quality %2, width %3: %4").arg(kind).arg(quality).arg(width).arg(QString::fromStdString(said))));
                }
    }

    void impossibleBrightness()
    {
        std::vector<std::uint8_t> bytes = encodeJpeg(made(BlackAndWhite), 90);
        const std::size_t table = find(bytes, 0xdb);
        QVERIFY(table + 5 < bytes.size());
        bytes[table + 5] = 200; // the step of the DC values
        JpegDamage damage;
        decodeJpeg(bytes, damage);
        QVERIFY2(damage.what.empty(), "libjpeg says it itself: the walk is not needed");
        QCOMPARE(jpegContradiction(bytes), std::string("it has values that no picture has"));
        std::vector<std::string> warnings;
        (void)decodePicture(bytes, "a.jpg", &warnings);
        QCOMPARE(warnings, std::vector<std::string>{"the picture's data are damaged (it has values that no picture has); parts of it may be wrong."});
        refuseDamagedPictures(true);
        QVERIFY_THROWS_EXCEPTION(FileError, decodePicture(bytes, "a.jpg"));
    }

    /// Holes of some bytes that libjpeg decodes without a word: many shift what follows so far that it shows.
    void holes()
    {
        const std::vector<std::uint8_t> good = encodeJpeg(made(BlackAndWhite, 400, 300), 90);
        const std::size_t begin = find(good, 0xda) + 14;
        int silent = 0;
        int shown = 0;
        for (std::size_t at = begin; at + 100 < good.size(); at += 61) {
            std::vector<std::uint8_t> bytes = good;
            std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 8, std::uint8_t{0x55});
            JpegDamage damage;
            try {
                decodeJpeg(bytes, damage);
            } catch (const Error &) {
                continue; // it says so
            }
            if (!damage.what.empty())
                continue;
            ++silent;
            shown += jpegContradiction(bytes).empty() ? 0 : 1;
        }
        QVERIFY2(silent >= 10 && 4 * shown >= silent, qPrintable(QStringLiteral("%1 of %2").arg(shown).arg(silent)));
    }

    /// Any bytes end, with or without a word.
    void hostile()
    {
        const std::vector<std::uint8_t> good = encodeJpeg(made(Slope), 85);
        Random random(11);
        for (int i = 0; i < 2000; ++i) {
            std::vector<std::uint8_t> bytes = good;
            for (int flips = 0; flips < 4; ++flips)
                bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.below(256));
            bytes.resize(random.below(bytes.size()) + 1);
            (void)jpegContradiction(bytes);
        }
        QVERIFY(jpegContradiction({}).empty());
    }
};

DSCOPE_TEST(TestJpegEntropy)
#include "tst_jpegentropy.moc"
