// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/orient.h"
#include "core/base/random.h"
#include "core/image/planescale.h"
#include "core/image/reader.h"
#include "core/media/converter.h"
#include "core/media/planes.h"
#include "tests/support/support.h"

#include <algorithm>
#include <array>
#include <cmath>

using namespace dscope;

namespace {

/// A frame of FFmpeg's own making (rows padded for vectors), every sample drawn at random: extremes are frequent.
FramePtr randomFrame(AVPixelFormat format, int width, int height, std::uint64_t seed)
{
    FramePtr frame = newFrame();
    frame->format = format;
    frame->width = width;
    frame->height = height;
    if (av_frame_get_buffer(frame.get(), 0) < 0)
        throw std::bad_alloc();
    const AVPixFmtDescriptor *description = av_pix_fmt_desc_get(format);
    Random random(seed);
    for (int plane = 0; plane < 3 && frame->data[plane] != nullptr; ++plane) {
        const int rows = plane == 0 ? height : AV_CEIL_RSHIFT(height, description->log2_chroma_h);
        for (int i = 0; i < rows * frame->linesize[plane]; ++i) {
            const std::uint64_t bits = random.next();
            frame->data[plane][i] = bits % 8 == 0 ? 0 : bits % 8 == 1 ? 255 : static_cast<std::uint8_t>(bits >> 8);
        }
    }
    return frame;
}

struct Shape {
    int halvedX = 1;
    int halvedY = 1;
    bool interleaved = false;
};

Shape shapeOf(int format)
{
    switch (format) {
    case AV_PIX_FMT_YUV422P:
    case AV_PIX_FMT_YUVJ422P: return {1, 0, false};
    case AV_PIX_FMT_YUV444P:
    case AV_PIX_FMT_YUVJ444P: return {0, 0, false};
    case AV_PIX_FMT_NV12: return {1, 1, true};
    default: return {1, 1, false};
    }
}

/// Chroma at a pixel: linear between samples that lie in the middle of their pixels, as a whole level.
double chromaAt(const AVFrame &frame, int plane, int x, int y)
{
    const Shape shape = shapeOf(frame.format);
    const int columns = AV_CEIL_RSHIFT(frame.width, shape.halvedX);
    const int rows = AV_CEIL_RSHIFT(frame.height, shape.halvedY);
    const auto sample = [&](int column, int row) -> int {
        column = std::clamp(column, 0, columns - 1);
        row = std::clamp(row, 0, rows - 1);
        if (shape.interleaved)
            return frame.data[1][row * frame.linesize[1] + 2 * column + plane - 1];
        return frame.data[plane][row * frame.linesize[plane] + column];
    };
    const auto neighbours = [](int at, int halved) { return halved == 0 ? std::pair(at, at) : std::pair(at / 2, at % 2 == 0 ? at / 2 - 1 : at / 2 + 1); };
    auto [nearX, farX] = neighbours(x, shape.halvedX);
    if (x == frame.width - 1)
        farX = nearX; // at the right edge there is nothing to interpolate with but the sample itself, also where the width is odd
    const auto [nearY, farY] = neighbours(y, shape.halvedY);
    const int sum = 9 * sample(nearX, nearY) + 3 * sample(farX, nearY) + 3 * sample(nearX, farY) + sample(farX, farY);
    return std::floor((sum + 8) / 16.0);
}

/// Red, green and blue by the definition of the matrix, unrounded, clipped to 0..255.
std::array<double, 3> exactly(const AVFrame &frame, int x, int y, double red, double blue, bool full)
{
    const double level = frame.data[0][y * frame.linesize[0] + x];
    const double luma = full ? level : (level - 16) * 255 / 219;
    const double scale = full ? 1 : 255.0 / 224;
    const double u = (chromaAt(frame, 1, x, y) - 128) * scale;
    const double v = (chromaAt(frame, 2, x, y) - 128) * scale;
    const double r = luma + 2 * (1 - red) * v;
    const double b = luma + 2 * (1 - blue) * u;
    const double g = (luma - red * r - blue * b) / (1 - red - blue);
    return {std::clamp(r, 0.0, 255.0), std::clamp(g, 0.0, 255.0), std::clamp(b, 0.0, 255.0)};
}

double meanDifference(const Picture &a, const Picture &b)
{
    double sum = 0;
    for (std::size_t i = 0; i < a.rgb.size(); ++i)
        sum += std::abs(int{a.rgb[i]} - int{b.rgb[i]});
    return sum / static_cast<double>(a.rgb.size());
}

/// Soft colours that move slowly, in planes of 4:2:0 BT.709: what cameras give.
FramePtr smoothFrame(int width, int height)
{
    FramePtr frame = randomFrame(AV_PIX_FMT_YUV420P, width, height, 1);
    frame->colorspace = AVCOL_SPC_BT709;
    for (int plane = 0; plane < 3; ++plane)
        for (int y = 0; y < (plane == 0 ? height : (height + 1) / 2); ++y)
            for (int x = 0; x < (plane == 0 ? width : (width + 1) / 2); ++x) {
                const double size = plane == 0 ? 1 : 2;
                const double wave = std::sin(size * x * (0.05 + 0.01 * plane)) * std::cos(size * y * 0.04 + plane);
                frame->data[plane][y * frame->linesize[plane] + x] = static_cast<std::uint8_t>(std::lround(126 + (plane == 0 ? 70 : 40) * wave));
            }
    return frame;
}

} // namespace

class TestPlanes : public QObject {
    Q_OBJECT

    /// The frame's noise made so weak that no colour of it is clipped.
    static FramePtr gentle(FramePtr frame, AVPixelFormat format)
    {
        for (int plane = 0; plane < 3 && frame->data[plane] != nullptr; ++plane)
            for (int i = 0; i < frame->linesize[plane] * (plane == 0 ? frame->height : AV_CEIL_RSHIFT(frame->height, shapeOf(format).halvedY)); ++i)
                frame->data[plane][i] = static_cast<std::uint8_t>(plane == 0 ? 90 + frame->data[plane][i] / 4 : 112 + frame->data[plane][i] / 8);
        return frame;
    }

private Q_SLOTS:
    void initTestCase()
    {
        const FramePtr frame = randomFrame(AV_PIX_FMT_YUV420P, 4, 4, 1);
        if (!hasFastPath(*frame))
            QSKIP("libyuv's arithmetic is only set up for x86-64; swscale converts everything here");
    }

    void exactArithmetic_data()
    {
        QTest::addColumn<int>("format");
        QTest::addColumn<int>("space");
        QTest::addColumn<bool>("full");
        QTest::addColumn<double>("red");
        QTest::addColumn<double>("blue");
        const std::array<std::pair<const char *, int>, 5> formats{
            {{"420", AV_PIX_FMT_YUV420P}, {"422", AV_PIX_FMT_YUV422P}, {"444", AV_PIX_FMT_YUV444P}, {"nv12", AV_PIX_FMT_NV12}, {"j420", AV_PIX_FMT_YUVJ420P}}};
        for (const auto &[name, format] : formats) {
            const bool always = format == AV_PIX_FMT_YUVJ420P;
            for (const bool full : {false, true}) {
                if (always && !full)
                    continue;
                const auto row = [&](const char *matrix) -> QTestData & { return QTest::addRow("%s %s %s", name, matrix, full ? "full" : "limited"); };
                row("unnamed") << format << int{AVCOL_SPC_UNSPECIFIED} << full << 0.299 << 0.114;
                row("601") << format << int{AVCOL_SPC_SMPTE170M} << full << 0.299 << 0.114;
                row("601 pal") << format << int{AVCOL_SPC_BT470BG} << full << 0.299 << 0.114;
                row("709") << format << int{AVCOL_SPC_BT709} << full << 0.2126 << 0.0722;
                if (!full)
                    row("2020") << format << int{AVCOL_SPC_BT2020_NCL} << full << 0.2627 << 0.0593;
            }
        }
    }

    /// Every pixel within two levels of the definition, for sizes that are no multiple of anything, on noise full of extremes.
    void exactArithmetic()
    {
        QFETCH(int, format);
        QFETCH(int, space);
        QFETCH(bool, full);
        QFETCH(double, red);
        QFETCH(double, blue);
        double worst = 0;
        std::array<int, 4> where{};
        for (const auto &[width, height] : {std::pair(1, 1), {2, 2}, {3, 5}, {33, 17}, {64, 48}, {129, 71}, {200, 3}}) {
            const FramePtr frame = randomFrame(static_cast<AVPixelFormat>(format), width, height, static_cast<std::uint64_t>(width));
            frame->colorspace = static_cast<AVColorSpace>(space);
            frame->color_range = full && format != AV_PIX_FMT_YUVJ420P ? AVCOL_RANGE_JPEG : AVCOL_RANGE_UNSPECIFIED;
            QVERIFY(hasFastPath(*frame));
            const Picture picture = FrameConverter().convert(*frame);
            QCOMPARE(picture.width, width);
            QCOMPARE(picture.height, height);
            for (int y = 0; y < height; ++y)
                for (int x = 0; x < width; ++x) {
                    const std::array<double, 3> exact = exactly(*frame, x, y, red, blue, full);
                    for (std::size_t c = 0; c < 3; ++c)
                        if (const double off = std::abs(picture.row(y)[3 * x + static_cast<int>(c)] - exact[c]); off > worst) {
                            worst = off;
                            where = {width, height, x, y};
                        }
                }
        }
        QVERIFY2(worst <= 2, qPrintable(QStringLiteral("%1 levels in %2x%3 at %4,%5").arg(worst).arg(where[0]).arg(where[1]).arg(where[2]).arg(where[3])));
    }

    /// What libyuv does not do well enough is left to swscale.
    void otherKinds()
    {
        for (const AVPixelFormat format : {AV_PIX_FMT_YUV420P10LE, AV_PIX_FMT_YUV440P, AV_PIX_FMT_YUV411P, AV_PIX_FMT_GRAY8, AV_PIX_FMT_RGB24, AV_PIX_FMT_GBRP})
            QVERIFY(!hasFastPath(*randomFrame(format, 16, 16, 1)));
        const FramePtr frame = randomFrame(AV_PIX_FMT_YUV420P, 16, 16, 1);
        frame->colorspace = AVCOL_SPC_SMPTE240M;
        QVERIFY(!hasFastPath(*frame));
        frame->colorspace = AVCOL_SPC_BT2020_NCL;
        QVERIFY(hasFastPath(*frame));
        frame->color_range = AVCOL_RANGE_JPEG;
        QVERIFY(!hasFastPath(*frame));
        frame->color_range = AVCOL_RANGE_MPEG;
        frame->color_trc = AVCOL_TRC_SMPTE2084;
        QVERIFY(!hasFastPath(*frame));
    }

    /// Where colours change softly, linear chroma is what bicubic chroma is, to a few levels (across hard edges they differ by tens).
    void likeThePreciseWay()
    {
        const FramePtr frame = smoothFrame(322, 241);
        FrameConverter converter;
        const Picture fast = converter.convert(*frame);
        const Picture precise = converter.convertPrecisely(*frame);
        int worst = 0;
        for (int y = 4; y < 236; ++y)
            for (int i = 12; i < 3 * 318; ++i)
                worst = std::max(worst, std::abs(int{fast.row(y)[i]} - int{precise.row(y)[i]}));
        QVERIFY2(worst <= 4, qPrintable(QStringLiteral("%1 levels").arg(worst)));
        const double mean = meanDifference(fast, precise);
        QVERIFY2(mean < 1, qPrintable(QString::number(mean)));
    }

    void regions_data()
    {
        QTest::addColumn<int>("format");
        QTest::newRow("420") << int{AV_PIX_FMT_YUV420P};
        QTest::newRow("422") << int{AV_PIX_FMT_YUV422P};
        QTest::newRow("444") << int{AV_PIX_FMT_YUV444P};
        QTest::newRow("nv12") << int{AV_PIX_FMT_NV12};
    }

    /// A part has the same bits as the whole there, at every edge and parity and in every orientation.
    void regions()
    {
        QFETCH(int, format);
        const FramePtr frame = randomFrame(static_cast<AVPixelFormat>(format), 71, 45, 9);
        const Picture stored = FrameConverter().convert(*frame);
        Random random(5);
        for (int orientation = 1; orientation <= 8; ++orientation) {
            const auto pixels = framePixels(*frame, orientation);
            const Picture whole = oriented(stored, orientation);
            QCOMPARE(pixels->width(), whole.width);
            QCOMPARE(pixels->height(), whole.height);
            QVERIFY(pixels->whole() == whole);
            const PicturePixels expected(whole);
            for (int i = 0; i < 150; ++i) {
                Area area;
                area.x = static_cast<int>(random.next() % static_cast<std::uint64_t>(whole.width));
                area.y = static_cast<int>(random.next() % static_cast<std::uint64_t>(whole.height));
                area.width = 1 + static_cast<int>(random.next() % static_cast<std::uint64_t>(whole.width - area.x));
                area.height = 1 + static_cast<int>(random.next() % static_cast<std::uint64_t>(whole.height - area.y));
                QVERIFY2(pixels->region(area) == expected.region(area),
                         qPrintable(QStringLiteral("orientation %1: %2,%3 %4x%5").arg(orientation).arg(area.x).arg(area.y).arg(area.width).arg(area.height)));
            }
            QVERIFY_THROWS_EXCEPTION(Error, pixels->region({0, 0, whole.width + 1, 1}));
            QVERIFY_THROWS_EXCEPTION(Error, pixels->region({-1, 0, 1, 1}));
            QVERIFY_THROWS_EXCEPTION(Error, expected.region({0, 0, 1, 0}));
        }
    }

    /// The pixels live on when the decoder has its frame back.
    void keepTheFrame()
    {
        FramePtr frame = randomFrame(AV_PIX_FMT_YUV420P, 40, 30, 2);
        const Picture whole = FrameConverter().convert(*frame);
        const auto pixels = framePixels(*frame, 1);
        frame.reset();
        QVERIFY(pixels->whole() == whole);
    }

    /// Shrinking the planes gives what shrinking the RGB picture gives, turned frames included.
    void scaled()
    {
        const FramePtr frame = smoothFrame(640, 360);
        for (const int orientation : {1, 3, 6, 8}) {
            const auto pixels = framePixels(*frame, orientation);
            const Picture whole = pixels->whole();
            const Picture same = pixels->scaled(whole.width, whole.height);
            QCOMPARE(same.width, whole.width);
            QVERIFY(meanDifference(same, whole) < 0.7);
            QVERIFY(meanDifference(same, oriented(FrameConverter().convertPrecisely(*frame), orientation)) < 0.4);
            for (const double factor : {0.9, 0.53, 0.25}) {
                const int width = static_cast<int>(whole.width * factor);
                const int height = static_cast<int>(whole.height * factor);
                const Picture small = pixels->scaled(width, height);
                QCOMPARE(small.width, width);
                QCOMPARE(small.height, height);
                QVERIFY2(meanDifference(small, resized(whole, width, height)) < 1, qPrintable(QString::number(factor)));
            }
            QVERIFY(meanDifference(pixels->scaled(40, 20), resized(whole, 40, 20)) < 1);
            QVERIFY(pixels->scaled(whole.width + 100, whole.height) == resized(whole, whole.width + 100, whole.height));
        }
    }

    /// On noise, colour edges included, where nothing is clipped: what swscale's precise conversion gives, shrunk.
    void scaledNoise()
    {
        for (const AVPixelFormat format : {AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV422P, AV_PIX_FMT_NV12, AV_PIX_FMT_YUV444P}) {
            constexpr int width = 160, height = 90;
            const FramePtr frame = gentle(randomFrame(format, width, height, 4), format);
            const Picture small = framePixels(*frame, 1)->scaled(70, 40);
            const Picture expected = resized(FrameConverter().convertPrecisely(*frame), 70, 40);
            int worst = 0;
            for (std::size_t i = 0; i < small.rgb.size(); ++i)
                worst = std::max(worst, std::abs(int{small.rgb[i]} - int{expected.rgb[i]}));
            QVERIFY2(worst <= 2, qPrintable(QStringLiteral("format %1: %2 levels").arg(int{format}).arg(worst)));
        }
        // Odd and tiny frames: against the libyuv conversion, shrunk; the two filters for chroma differ.
        for (const auto &[width, height] : {std::pair(161, 91), {67, 45}}) {
            const auto pixels = framePixels(*gentle(randomFrame(AV_PIX_FMT_YUV420P, width, height, 2), AV_PIX_FMT_YUV420P), 1);
            const double mean = meanDifference(pixels->scaled(5, 4), resized(pixels->whole(), 5, 4));
            QVERIFY2(mean < 2, qPrintable(QString::number(mean)));
        }
        for (const auto &[width, height] : {std::pair(3, 3), {2, 5}, {5, 2}}) {
            const Picture small = framePixels(*randomFrame(AV_PIX_FMT_YUV420P, width, height, 2), 1)->scaled(2, 2);
            QCOMPARE(small.width, 2);
            QCOMPARE(small.height, 2);
        }
        // At its own size a frame goes a shorter way, to the same levels.
        for (const auto &[width, height] : {std::pair(160, 90), {33, 17}, {2, 2}, {1, 1}, {1, 5}, {6, 1}}) {
            const FramePtr frame = randomFrame(AV_PIX_FMT_YUV420P, width, height, 6);
            const PlaneView chroma{frame->data[1], frame->linesize[1], (width + 1) / 2, (height + 1) / 2};
            const PlaneShare share{2, 2, width, height};
            std::vector<float> longer(static_cast<std::size_t>(width) * height), shorter(static_cast<std::size_t>(width) + 1);
            scalePlane(chroma, width, height, longer.data(), share);
            PlaneRows rows(chroma, share);
            for (int y = 0; y < height; ++y) {
                rows.row(y, shorter.data());
                for (int x = 0; x < width; ++x)
                    QVERIFY(std::abs(shorter[static_cast<std::size_t>(x)] - longer[static_cast<std::size_t>(y * width + x)]) < 0.001F);
            }
            const Picture same = framePixels(*frame, 1)->scaled(width, height);
            QCOMPARE(same.width, width);
            QCOMPARE(same.height, height);
        }
        std::vector<std::uint8_t> plane(16);
        std::vector<float> out(4);
        QVERIFY_THROWS_EXCEPTION(Error, scalePlane({plane.data(), 4, 4, 4}, 2, 2, out.data(), {2, 2, 10, 8}));
    }

    void planeScale_data()
    {
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("height");
        QTest::newRow("same") << 91 << 67;
        QTest::newRow("a little") << 83 << 66;
        QTest::newRow("to 8 / 15") << 48 << 35;
        QTest::newRow("a third") << 30 << 22;
        QTest::newRow("much") << 5 << 3;
        QTest::newRow("to one") << 1 << 1;
        QTest::newRow("wider, lower") << 140 << 30;
        QTest::newRow("larger") << 200 << 150;
    }

    /// Against the sums in double: area filter along a side that shrinks, linear along one that grows.
    void planeScale()
    {
        QFETCH(int, width);
        QFETCH(int, height);
        constexpr int w = 91, h = 67, stride = 100;
        Random random(3);
        std::vector<std::uint8_t> plane(stride * h);
        for (std::uint8_t &value : plane)
            value = static_cast<std::uint8_t>(random.next() % 3 == 0 ? 255 : random.next() & 0xFF);
        std::vector<float> out(static_cast<std::size_t>(width) * height);
        scalePlane({plane.data(), stride, w, h}, width, height, out.data());
        const auto weights = [](int from, int to, int at) {
            std::vector<double> result(static_cast<std::size_t>(from), 0);
            const double ratio = static_cast<double>(from) / to;
            for (int i = 0; i < from; ++i) {
                if (to <= from)
                    result[static_cast<std::size_t>(i)] = std::max(0.0, std::min(i + 1.0, (at + 1) * ratio) - std::max<double>(i, at * ratio)) / ratio;
                else
                    result[static_cast<std::size_t>(i)] = std::max(0.0, 1 - std::abs(std::clamp((at + 0.5) * ratio - 0.5, 0.0, from - 1.0) - i));
            }
            return result;
        };
        double worst = 0;
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) {
                const std::vector<double> down = weights(h, height, y);
                const std::vector<double> across = weights(w, width, x);
                double sum = 0;
                for (int j = 0; j < h; ++j)
                    for (int i = 0; i < w && down[static_cast<std::size_t>(j)] > 0; ++i)
                        sum += down[static_cast<std::size_t>(j)] * across[static_cast<std::size_t>(i)] * plane[static_cast<std::size_t>(j * stride + i)];
                worst = std::max(worst, std::abs(sum - static_cast<double>(out[static_cast<std::size_t>(y * width + x)])));
            }
        QVERIFY2(worst < 0.001, qPrintable(QString::number(worst)));
        QVERIFY_THROWS_EXCEPTION(Error, scalePlane({plane.data(), stride, w, 0}, width, height, out.data()));
        QVERIFY_THROWS_EXCEPTION(Error, scalePlane({plane.data(), stride, w, h}, 0, height, out.data()));
    }
};

DSCOPE_TEST(TestPlanes)
#include "tst_planes.moc"
