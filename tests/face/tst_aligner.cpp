// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/reader.h"
#include "core/tasks/face/face.h"
#include "tests/face/lfw.h"

#include <cmath>
#include <complex>
#include <limits>

using namespace dscope;
using namespace dscope::test;

namespace {

const Landmarks kReference{{{38.2946F, 51.6963F}, {73.5318F, 51.5014F}, {56.0252F, 71.7366F}, {41.5493F, 92.3655F}, {70.7299F, 92.2041F}}};

/// The reference points under z -> turn z + shift.
Landmarks moved(std::complex<double> turn, std::complex<double> shift)
{
    Landmarks result;
    for (std::size_t i = 0; i < 5; ++i) {
        const std::complex<double> z = turn * std::complex<double>(kReference[i].x, kReference[i].y) + shift;
        result[i] = {static_cast<float>(z.real()), static_cast<float>(z.imag())};
    }
    return result;
}

/// A picture with red rising by the column, green by the row, and blue at 100: a crop of it says where every pixel came from.
Picture ramp(int width, int height, double perPixel)
{
    Picture picture(width, height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            picture.row(y)[3 * x] = static_cast<std::uint8_t>(std::lround(perPixel * x));
            picture.row(y)[3 * x + 1] = static_cast<std::uint8_t>(std::lround(perPixel * y));
            picture.row(y)[3 * x + 2] = 100;
        }
    return picture;
}

double meanDifference(const Picture &a, const Picture &b)
{
    double sum = 0;
    for (std::size_t i = 0; i < a.rgb.size(); ++i)
        sum += std::abs(static_cast<int>(a.rgb[i]) - static_cast<int>(b.rgb[i]));
    return sum / static_cast<double>(a.rgb.size());
}

} // namespace

/// Alignment against transforms worked out by hand.
class TestAligner : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void identity()
    {
        const Picture picture = ramp(112, 112, 2);
        QVERIFY(alignFace(picture, kReference) == picture);
    }

    /// For a network with a larger input: the same crop, finer. A pixel of it lies where the reference points, scaled, say.
    void largerCrops()
    {
        const Picture picture = ramp(112, 112, 2);
        for (const int side : {160, 224}) {
            const Picture crop = alignFace(picture, kReference, side);
            QCOMPARE(crop.width, side);
            QCOMPARE(crop.height, side);
            for (const auto &[x, y] : {std::pair{10, 20}, {80, 90}, {150, 100}}) {
                const auto expected = [side](int at) { return 2 * ((at + 0.5) * 112 / side - 0.5); };
                QVERIFY(std::abs(crop.row(y)[3 * x] - expected(x)) <= 1);
                QVERIFY(std::abs(crop.row(y)[3 * x + 1] - expected(y)) <= 1);
            }
        }
        // Twice the size, halved again, is what the face is at 112.
        const Picture source = ramp(125, 125, 2);
        const Landmarks landmarks = moved({0.8, 0.2}, {9, 3});
        QVERIFY(meanDifference(resized(alignFace(source, landmarks, 224), 112, 112), alignFace(source, landmarks)) < 1.5);
        QVERIFY(alignFace(source, landmarks, 112) == alignFace(source, landmarks));
    }

    void translation()
    {
        const Picture picture = ramp(130, 130, 1);
        const Picture crop = alignFace(picture, moved(1, {7, 11}));
        QCOMPARE(crop.width, 112);
        QCOMPARE(crop.height, 112);
        for (const auto &[x, y] : {std::pair{0, 0}, {50, 60}, {111, 111}}) {
            QCOMPARE(int(crop.row(y)[3 * x]), x + 7);
            QCOMPARE(int(crop.row(y)[3 * x + 1]), y + 11);
            QCOMPARE(int(crop.row(y)[3 * x + 2]), 100);
        }
    }

    void similarity_data()
    {
        QTest::addColumn<double>("scale");
        QTest::addColumn<double>("degrees");
        for (const double scale : {0.5, 1.0, 1.3, 1.9, 2.5, 3.7, 6.0, 11.0})
            for (const double degrees : {0.0, 30.0, 90.0, -135.0})
                QTest::addRow("%.1f times, %.0f degrees", scale, degrees) << scale << degrees;
    }

    /// Whatever the size and the turn of the face in the picture, crop pixel c shows the picture at turn c + shift.
    void similarity()
    {
        QFETCH(double, scale);
        QFETCH(double, degrees);
        const int side = 1900;
        const double perPixel = 250.0 / side;
        const std::complex<double> turn = std::polar(scale, degrees * M_PI / 180);
        const std::complex<double> centre(side / 2.0, side / 2.0);
        const std::complex<double> shift = centre - turn * std::complex<double>(55.5, 55.5);
        const Picture crop = alignFace(ramp(side, side, perPixel), moved(turn, shift));
        double worst = 0;
        for (int y = 0; y < 112; y += 3)
            for (int x = 0; x < 112; x += 3) {
                const std::complex<double> from = turn * std::complex<double>(x, y) + shift;
                worst = std::max({worst, std::abs(crop.row(y)[3 * x] - perPixel * from.real()), std::abs(crop.row(y)[3 * x + 1] - perPixel * from.imag())});
                QCOMPARE(int(crop.row(y)[3 * x + 2]), 100);
            }
        // Two roundings to whole grey values, and what float landmarks and the interpolation's 1/32 pixel add.
        QVERIFY2(worst < 1.2, qPrintable(QString::number(worst)));
    }

    /// A least-squares fit: noise that no similarity can follow is left over, the rest is found. By hand: a pattern added to the five
    /// points that is orthogonal to translations, rotation and scaling changes nothing.
    void leastSquares()
    {
        // For points z_i with mean m: d_i is orthogonal when sum d_i = 0 and sum conj(z_i - m) d_i = 0.
        std::array<std::complex<double>, 5> z;
        std::complex<double> mean;
        for (std::size_t i = 0; i < 5; ++i) {
            z[i] = {kReference[i].x, kReference[i].y};
            mean += z[i] / 5.0;
        }
        std::array<std::complex<double>, 5> d{{{1, 0}, {0, 2}, {-1, 1}, {2, -1}, {0, 0}}};
        std::complex<double> sum, product;
        double spread = 0;
        for (std::size_t i = 0; i < 5; ++i)
            sum += d[i] / 5.0;
        for (std::size_t i = 0; i < 5; ++i) {
            d[i] -= sum;
            product += std::conj(z[i] - mean) * d[i];
            spread += std::norm(z[i] - mean);
        }
        for (std::size_t i = 0; i < 5; ++i)
            d[i] -= product / spread * (z[i] - mean);
        // Fitting from the landmarks to the reference shrinks by the leftover's share: |z|^2 / (|z|^2 + |d|^2).
        double extra = 0;
        Landmarks landmarks;
        for (std::size_t i = 0; i < 5; ++i) {
            extra += std::norm(d[i]);
            landmarks[i] = {static_cast<float>(z[i].real() + d[i].real()), static_cast<float>(z[i].imag() + d[i].imag())};
        }
        const double scale = spread / (spread + extra);
        QVERIFY(scale < 0.999);
        const Picture crop = alignFace(ramp(125, 125, 2), landmarks);
        for (const auto &[x, y] : {std::pair{20, 20}, {90, 30}, {60, 100}}) {
            const std::complex<double> from = (std::complex<double>(x, y) - mean) / scale + mean;
            QVERIFY(std::abs(crop.row(y)[3 * x] - 2 * from.real()) < 1.5);
            QVERIFY(std::abs(crop.row(y)[3 * x + 1] - 2 * from.imag()) < 1.5);
        }
    }

    /// No reflection: mirrored landmarks give a turned face, never a mirrored one.
    void neverMirrors()
    {
        Landmarks mirrored = kReference;
        for (Point &point : mirrored)
            point.x = 111 - point.x;
        const Picture crop = alignFace(ramp(112, 112, 2), mirrored);
        // Orientation: (d red / dx)(d green / dy) - (d red / dy)(d green / dx) > 0 wherever the crop lies inside the picture.
        const auto at = [&](int x, int y, int channel) { return static_cast<double>(crop.row(y)[3 * x + channel]); };
        const double determinant =
            (at(60, 56, 0) - at(52, 56, 0)) * (at(56, 60, 1) - at(56, 52, 1)) - (at(56, 60, 0) - at(56, 52, 0)) * (at(60, 56, 1) - at(52, 56, 1));
        QVERIFY(determinant > 0);
    }

    /// A checkerboard of one-pixel squares shrinks to grey: any sampling without an area filter would show black, white or moire.
    void noAliasing_data()
    {
        QTest::addColumn<double>("scale");
        QTest::addColumn<double>("degrees");
        for (const double scale : {2.0, 3.0, 4.0, 5.3, 8.0, 12.5})
            for (const double degrees : {0.0, 17.0, 45.0})
                QTest::addRow("%.1f times, %.0f degrees", scale, degrees) << scale << degrees;
    }

    void noAliasing()
    {
        QFETCH(double, scale);
        QFETCH(double, degrees);
        const int side = 2200;
        Picture board(side, side);
        for (int y = 0; y < side; ++y)
            for (int x = 0; x < side; ++x)
                std::fill_n(board.row(y) + 3 * x, 3, static_cast<std::uint8_t>((x + y) % 2 == 0 ? 255 : 0));
        const std::complex<double> turn = std::polar(scale, degrees * M_PI / 180);
        const std::complex<double> shift = std::complex<double>(side / 2.0 + 0.3, side / 2.0 - 0.2) - turn * std::complex<double>(55.5, 55.5);
        const Picture crop = alignFace(board, moved(turn, shift));
        double sum = 0;
        double square = 0;
        for (const std::uint8_t value : crop.rgb) {
            sum += value;
            square += static_cast<double>(value) * value;
        }
        const double mean = sum / static_cast<double>(crop.rgb.size());
        const double deviation = std::sqrt(std::max(0.0, square / static_cast<double>(crop.rgb.size()) - mean * mean));
        QVERIFY2(std::abs(mean - 127.5) < 3, qPrintable(QString::number(mean)));
        QVERIFY2(deviation < 30, qPrintable(QString::number(deviation)));
    }

    void borderIsBlack()
    {
        Picture white(112, 112);
        std::fill(white.rgb.begin(), white.rgb.end(), std::uint8_t{255});
        const Picture crop = alignFace(white, moved(1, {-40, 0}));
        QCOMPARE(int(crop.row(50)[3 * 10]), 0);
        QCOMPARE(int(crop.row(50)[3 * 38]), 0);
        QCOMPARE(int(crop.row(50)[3 * 41]), 255);
        const Picture outside = alignFace(white, moved(1, {5000, 5000}));
        QVERIFY(outside == Picture(112, 112));
        const Picture far = alignFace(white, moved(1e6, {-1e9, 3e9}));
        QCOMPARE(far.width, 112);
    }

    void largePictures()
    {
        // Wider than OpenCV's warp takes at once (32767): only the face's own part is touched.
        Picture wide(40000, 120);
        for (int y = 0; y < wide.height; ++y)
            std::fill_n(wide.row(y) + 3 * 39000, 3000, static_cast<std::uint8_t>(200));
        const Picture crop = alignFace(wide, moved(1, {39500, 4}));
        QCOMPARE(int(crop.row(56)[3 * 56]), 200);
    }

    void refused()
    {
        const Picture picture(50, 50);
        Landmarks same;
        same.fill({20, 20});
        QVERIFY(messageOf([&] { alignFace(picture, same); }).contains(QStringLiteral("coincide")));
        Landmarks broken = kReference;
        broken[3].y = std::numeric_limits<float>::quiet_NaN();
        QVERIFY(messageOf([&] { alignFace(picture, broken); }).contains(QStringLiteral("finite")));
        broken[3].y = std::numeric_limits<float>::infinity();
        QVERIFY(messageOf([&] { alignFace(picture, broken); }).contains(QStringLiteral("finite")));
    }

    /// Our crops of the 500 originals against the reference's crops. Those were warped without an area filter and saved as JPEG, so a
    /// few grey values remain.
    void lfw()
    {
        DSCOPE_NEED(sharedDir() / "data" / "lfw_raw");
        const std::vector<LfwFace> faces = lfwFaces();
        QVERIFY(!faces.empty());
        double sum = 0;
        double worst = 0;
        for (const LfwFace &face : faces) {
            const double difference = meanDifference(alignFace(readPicture(face.original), face.landmarks), readPicture(face.aligned));
            sum += difference;
            worst = std::max(worst, difference);
        }
        qInfo("mean difference %.2f, worst %.2f of 255", sum / static_cast<double>(faces.size()), worst);
        QVERIFY(sum / static_cast<double>(faces.size()) < 4);
        QVERIFY(worst < 12);
    }
};

DSCOPE_TEST(TestAligner)
#include "tst_aligner.moc"
