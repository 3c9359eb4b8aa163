// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/jpeg.h"
#include "core/base/picture.h"
#include "core/base/random.h"
#include "core/base/sharpness.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>

using namespace dscope;

class TestPicture : public QObject {
    Q_OBJECT

    /// Smooth colours, as JPEG likes them.
    static Picture gradient(int width, int height)
    {
        Picture picture(width, height);
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) {
                std::uint8_t *pixel = picture.row(y) + 3 * x;
                pixel[0] = static_cast<std::uint8_t>(255 * x / width);
                pixel[1] = static_cast<std::uint8_t>(255 * y / height);
                pixel[2] = static_cast<std::uint8_t>(128 + 60 * std::sin(0.05 * (x + y)));
            }
        return picture;
    }

    static double meanDifference(const Picture &a, const Picture &b)
    {
        double sum = 0;
        for (std::size_t i = 0; i < a.rgb.size(); ++i)
            sum += std::abs(int{a.rgb[i]} - int{b.rgb[i]});
        return sum / static_cast<double>(a.rgb.size());
    }

private Q_SLOTS:
    void layout()
    {
        Picture picture(3, 2);
        QCOMPARE(picture.rgb.size(), std::size_t{18});
        picture.row(1)[3 * 2 + 1] = 9;
        QCOMPARE(picture.rgb[3 * (1 * 3 + 2) + 1], std::uint8_t{9});
        QVERIFY(Picture().empty());
        for (const auto &[w, h] : {std::pair{0, 5}, std::pair{5, -1}, std::pair{65536, 65536}})
            QVERIFY_THROWS_EXCEPTION(Error, Picture(w, h));
    }

    void roundTrip_data()
    {
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("height");
        QTest::addColumn<int>("quality");
        QTest::addColumn<double>("allowed");
        QTest::newRow("fine") << 112 << 112 << 95 << 1.5;
        QTest::newRow("coarse") << 112 << 112 << 75 << 4.0;
        QTest::newRow("odd size") << 37 << 53 << 92 << 2.5;
        QTest::newRow("one pixel") << 1 << 1 << 100 << 2.0;
    }

    void roundTrip()
    {
        QFETCH(int, width);
        QFETCH(int, height);
        QFETCH(int, quality);
        QFETCH(double, allowed);
        const Picture picture = gradient(width, height);
        const std::vector<std::uint8_t> bytes = encodeJpeg(picture, quality);
        const Picture back = decodeJpeg(bytes);
        QCOMPARE(back.width, width);
        QCOMPARE(back.height, height);
        const double difference = meanDifference(picture, back);
        QVERIFY2(difference < allowed, qPrintable(QString::number(difference)));
        QCOMPARE(encodeJpeg(picture, quality), bytes);
    }

    void colourOrder()
    {
        Picture red(16, 16);
        for (std::size_t i = 0; i < red.rgb.size(); i += 3)
            red.rgb[i] = 255;
        const Picture back = decodeJpeg(encodeJpeg(red, 95));
        QVERIFY(back.rgb[0] > 240 && back.rgb[1] < 15 && back.rgb[2] < 15);
    }

    void higherQualityIsCloser()
    {
        const Picture picture = gradient(64, 64);
        QVERIFY(meanDifference(picture, decodeJpeg(encodeJpeg(picture, 95))) < meanDifference(picture, decodeJpeg(encodeJpeg(picture, 20))));
    }

    void unreadable()
    {
        QVERIFY_THROWS_EXCEPTION(Error, decodeJpeg({}));
        QVERIFY_THROWS_EXCEPTION(Error, decodeJpeg(std::vector<std::uint8_t>(1000, 7)));
        QVERIFY_THROWS_EXCEPTION(Error, decodeJpeg({0xff, 0xd8, 0xff}));
        QVERIFY_THROWS_EXCEPTION(Error, encodeJpeg(Picture(), 90));
        const QTemporaryDir dir;
        const std::filesystem::path path = std::filesystem::path(dir.path().toStdString()) / "bad.jpg";
        writeAtomically(path, "no picture");
        try {
            readJpeg(path);
            QFAIL("no error was thrown");
        } catch (const FileError &error) {
            QVERIFY2(QByteArray(error.what()).contains("bad.jpg"), error.what());
        }
        const std::vector<std::uint8_t> good = encodeJpeg(gradient(20, 10), 90);
        writeAtomically(path, std::string(good.begin(), good.end()));
        QCOMPARE(readJpeg(path).width, 20);
    }

    void hugeSizeIsRefused()
    {
        std::vector<std::uint8_t> bytes = encodeJpeg(gradient(32, 32), 90);
        // The frame header: ff c0, length (2), precision (1), height (2), width (2).
        std::size_t at = 0;
        while (at + 9 < bytes.size() && !(bytes[at] == 0xff && bytes[at + 1] == 0xc0))
            ++at;
        QVERIFY(at + 9 < bytes.size());
        for (std::size_t i = 5; i < 9; ++i)
            bytes[at + i] = i % 2 == 1 ? 0xff : 0x00; // 65280 x 65280
        QVERIFY_THROWS_EXCEPTION(Error, decodeJpeg(bytes));
    }

    /// libjpeg only murmurs about damage; here it is told apart from a whole picture and from one that was cut short.
    void damageIsTold()
    {
        Picture picture(64, 64);
        for (std::size_t i = 0; i < picture.rgb.size(); ++i)
            picture.rgb[i] = static_cast<std::uint8_t>((i * 13 + i * i / 7) % 253);
        const std::vector<std::uint8_t> good = encodeJpeg(picture, 90);
        JpegDamage damage;
        const Picture whole = decodeJpeg(good, damage);
        QVERIFY(damage.what.empty() && !damage.cutShort && !damage.noEnd);

        std::vector<std::uint8_t> noEnd(good.begin(), good.end() - 2);
        QCOMPARE(decodeJpeg(noEnd, damage), whole);
        QVERIFY(damage.what.empty() && !damage.cutShort && damage.noEnd);

        const std::vector<std::uint8_t> half(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(good.size() / 2));
        decodeJpeg(half, damage);
        QVERIFY(!damage.what.empty() && damage.cutShort && !damage.noEnd);

        std::vector<std::uint8_t> ended = half;
        ended.insert(ended.end(), {0xff, 0xd9});
        decodeJpeg(ended, damage);
        QVERIFY(!damage.what.empty() && !damage.cutShort);

        // A flat picture in few bytes is good; one that claims more than a bit a block could give is not.
        std::vector<std::uint8_t> flat = encodeJpeg(Picture(2000, 2000), 50);
        decodeJpeg(flat, damage);
        QVERIFY(damage.what.empty());
        std::vector<std::uint8_t> small = encodeJpeg(Picture(16, 16), 50);
        constexpr std::uint8_t marker[] = {0xff, 0xc0};
        const auto frame = std::search(small.begin(), small.end(), std::begin(marker), std::end(marker));
        QVERIFY(frame != small.end());
        frame[5] = frame[7] = 0x3f; // 16,144 x 16,144
        QVERIFY_THROWS_EXCEPTION(Error, decodeJpeg(small, damage));
    }

    /// Cut or flipped bytes give a picture of the announced size or an Error, never anything else.
    void damaged()
    {
        const Picture picture = gradient(64, 48);
        const std::vector<std::uint8_t> good = encodeJpeg(picture, 85);
        int read = 0;
        int refused = 0;
        const auto attempt = [&](const std::vector<std::uint8_t> &bytes) {
            try {
                const Picture back = decodeJpeg(bytes);
                QCOMPARE(back.rgb.size(), std::size_t{3} * static_cast<std::size_t>(back.width) * static_cast<std::size_t>(back.height));
                ++read;
            } catch (const Error &error) {
                QVERIFY(std::string(error.what()).size() > 10);
                ++refused;
            }
        };
        for (std::size_t length = 0; length < good.size(); length += 7)
            attempt({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)});
        Random random(5);
        for (int i = 0; i < 500; ++i) {
            std::vector<std::uint8_t> bytes = good;
            for (int flips = 0; flips < 3; ++flips) {
                const std::size_t at = random.below(bytes.size());
                // The size fields stay: a big picture from a small file is hugeSizeIsRefused()'s subject and slow here.
                if (at < 150 || at > 175)
                    bytes[at] ^= static_cast<std::uint8_t>(1u << random.below(8));
            }
            attempt(bytes);
        }
        QVERIFY(read > 0 && refused > 0);
    }

    /// By hand: of a 4 x 3 picture two pixels have four neighbours.
    void laplacianVarianceIsThatOfTheGreyValues()
    {
        Picture picture(4, 3);
        const auto set = [&](int x, int y, std::uint8_t value) { std::fill_n(picture.row(y) + 3 * x, 3, value); };
        QCOMPARE(laplacianVariance(picture), 0.0);
        set(1, 1, 10);
        // -40 at (1, 1), 10 at (2, 1): mean -15, squares 850.
        QVERIFY(std::abs(laplacianVariance(picture) - (850 - 225)) < 1e-9);
        picture.row(1)[3] = 0;
        picture.row(1)[5] = 0; // green alone: .587 of it
        QVERIFY(std::abs(laplacianVariance(picture) - 0.587 * 0.587 * 625) < 1e-9);
        QVERIFY_THROWS_EXCEPTION(Error, laplacianVariance(Picture(2, 9)));
    }
};

DSCOPE_TEST(TestPicture)
#include "tst_picture.moc"
