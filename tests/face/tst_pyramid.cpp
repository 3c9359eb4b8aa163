// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/image/reader.h"
#include "core/tasks/face/boxes.h"
#include "core/tasks/face/pyramid.h"

#include <cmath>

using namespace dscope;

namespace {

const DetectorReach s_reach;

Face faceAt(float x, float y, float w, float h, float score)
{
    Face made;
    made.box = {x, y, w, h};
    made.score = score;
    const std::array<std::array<float, 2>, 5> places{{{0.3F, 0.4F}, {0.7F, 0.4F}, {0.5F, 0.6F}, {0.35F, 0.8F}, {0.65F, 0.8F}}};
    for (std::size_t i = 0; i < 5; ++i)
        made.landmarks[i] = {x + places[i][0] * w, y + places[i][1] * h};
    return made;
}

/// A grey picture with a fine pattern, so that no part of it is flat, and white squares for faces.
Picture withSquares(int width, int height, const std::vector<Box> &squares, bool pattern = true)
{
    Picture picture(width, height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            std::fill_n(picture.row(y) + std::ptrdiff_t{3} * x, 3, static_cast<std::uint8_t>(pattern && (x / 64 + y / 64) % 2 == 0 ? 60 : 90));
    for (const Box &box : squares)
        for (int y = std::max(0, static_cast<int>(box.y)); y < std::min<int>(height, static_cast<int>(box.y + box.h)); ++y)
            for (int x = std::max(0, static_cast<int>(box.x)); x < std::min<int>(width, static_cast<int>(box.x + box.w)); ++x)
                std::fill_n(picture.row(y) + std::ptrdiff_t{3} * x, 3, std::uint8_t{255});
    return picture;
}

/// A network that takes white squares for faces, with the weaknesses of a real one: it misses those below 20 pixels, and from 384 on its box is too small
/// by half. It notes what it was shown.
class SquareFinder {
public:
    std::vector<LevelSize> shown;

    std::vector<Face> operator()(const Picture &picture)
    {
        shown.push_back({picture.width, picture.height});
        std::vector<Face> faces;
        std::vector<std::uint8_t> seen(static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height), 0);
        const auto white = [&](int x, int y) { return picture.row(y)[3 * x] > 200; };
        for (int y = 0; y < picture.height; ++y)
            for (int x = 0; x < picture.width; ++x) {
                if (!white(x, y) || seen[static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width) + static_cast<std::size_t>(x)] != 0)
                    continue;
                // The first row is narrower where the square was resized: width and height are measured through its middle.
                int end = x;
                while (end < picture.width && white(end, y))
                    ++end;
                const int middle = (x + end) / 2;
                int bottom = y;
                while (bottom < picture.height && white(middle, bottom))
                    ++bottom;
                const int row = (y + bottom) / 2;
                int begin = middle;
                while (begin > 0 && white(begin - 1, row))
                    --begin;
                end = middle;
                while (end < picture.width && white(end, row))
                    ++end;
                for (int v = y; v < bottom; ++v)
                    std::fill_n(seen.begin() + static_cast<std::ptrdiff_t>(v) * picture.width + begin, end - begin, std::uint8_t{1});
                const auto w = static_cast<float>(end - begin);
                const auto h = static_cast<float>(bottom - y);
                const auto left = static_cast<float>(begin);
                const auto top = static_cast<float>(y);
                if (std::min(w, h) < 20)
                    continue;
                if (w > 384)
                    faces.push_back(faceAt(left + w / 4, top + h / 4, w / 2, h / 2, 0.97F));
                else
                    faces.push_back(faceAt(left, top, w, h, 0.99F));
            }
        return faces;
    }

    std::int64_t pixels() const
    {
        std::int64_t sum = 0;
        for (const LevelSize &size : shown)
            sum += std::int64_t{size.width} * size.height;
        return sum;
    }
};

std::vector<Face> search(const Picture &picture, SquareFinder &finder, const DetectorOptions &options = {}, Progress *progress = nullptr)
{
    return searchPyramid(
        PicturePixels(picture), options, s_reach, [&](const Picture &shown) { return finder(shown); }, progress);
}

} // namespace

/// Levels, tiles and what becomes of a face that several of them show.
class TestPyramid : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void levelsByHand()
    {
        DetectorOptions options;
        // A small picture is looked at as it is, and no more than that.
        LevelPlan plan = planLevels(250, 250, options, s_reach);
        QVERIFY(!plan.overview);
        QVERIFY((plan.base == LevelSize{250, 250}));
        QVERIFY(plan.finer.empty());
        plan = planLevels(6000, 4000, options, s_reach);
        QVERIFY((plan.overview == LevelSize{256, 171}));
        QVERIFY((plan.base == LevelSize{1024, 683}));
        QVERIFY((plan.finer == std::vector<LevelSize>{{6000, 4000}}));
        // A face of 160 pixels at a level has at least 26 at the one before.
        plan = planLevels(3000, 12000, options, s_reach);
        QCOMPARE(plan.finer.size(), std::size_t{2});
        QVERIFY((plan.finer.back() == LevelSize{3000, 12000}));
        QVERIFY(plan.finer.front().height <= 6 * 1024 && plan.finer.back().height <= 6 * plan.finer.front().height);
        // Larger faces alone ask for less: 100 pixels are 20 of a fifth of the picture, 3000 are too many at 1024.
        options.minFace = 100;
        QVERIFY((planLevels(6000, 4000, options, s_reach).finer == std::vector<LevelSize>{{1200, 800}}));
        options.minFace = 3000;
        plan = planLevels(6000, 4000, options, s_reach);
        QVERIFY(plan.overview && !plan.base && plan.finer.empty());
    }

    void framesStayAt1024UnlessAskedFor()
    {
        DetectorOptions options;
        options.search = DetectorOptions::Search::Frame;
        LevelPlan plan = planLevels(1920, 1080, options, s_reach);
        QVERIFY((plan.overview == LevelSize{256, 144}));
        QVERIFY((plan.base == LevelSize{1024, 576}));
        QVERIFY(plan.finer.empty());
        QCOMPARE(smallestFaceOfFrames(1920, 1080, options), 38);
        // No whole face in a frame of 768 x 432 is too large for it; one of 768 x 576 may be.
        QVERIFY(!planLevels(768, 432, options, s_reach).overview);
        QVERIFY(planLevels(768, 576, options, s_reach).overview);
        QVERIFY(planLevels(576, 768, options, s_reach).overview);
        QCOMPARE(smallestFaceOfFrames(640, 480, options), 20);
        options.maxSide = 1920;
        QVERIFY((planLevels(1920, 1080, options, s_reach).finer == std::vector<LevelSize>{{1920, 1080}}));
        QCOMPARE(smallestFaceOfFrames(1920, 1080, options), 20);
        options.maxSide = 640;
        plan = planLevels(1920, 1080, options, s_reach);
        QVERIFY((plan.base == LevelSize{640, 360}));
        QVERIFY(plan.finer.empty());
    }

    void tilesCoverThePicture_data()
    {
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("height");
        QTest::addColumn<double>("scale");
        for (const auto &[w, h, scale] :
             {std::tuple{6000, 4000, 1.0}, {1600, 1600, 1.0}, {1601, 20, 1.0}, {12000, 9000, 0.25}, {1, 5000, 1.0}, {2977, 2976, 1.0}})
            QTest::newRow(qPrintable(QStringLiteral("%1x%2 at %3").arg(w).arg(h).arg(scale))) << w << h << scale;
    }
    void tilesCoverThePicture()
    {
        QFETCH(int, width);
        QFETCH(int, height);
        QFETCH(double, scale);
        const std::vector<Tile> tiles = tilesOf(width, height, scale);
        std::int64_t cores = 0;
        const int room = static_cast<int>(112 / scale) - 1;
        for (const Tile &tile : tiles) {
            QVERIFY(tile.area.x >= 0 && tile.area.y >= 0 && tile.area.x + tile.area.width <= width && tile.area.y + tile.area.height <= height);
            QVERIFY(tile.area.width * scale <= 1600 && tile.area.height * scale <= 1600);
            cores += std::int64_t{tile.core.width} * tile.core.height;
            // Around a core there is half of the overlap, but at the picture's own edges.
            QVERIFY(tile.core.x == 0 || tile.core.x - tile.area.x >= room);
            QVERIFY(tile.core.y == 0 || tile.core.y - tile.area.y >= room);
            QVERIFY(tile.core.x + tile.core.width == width || tile.area.x + tile.area.width - tile.core.x - tile.core.width >= room);
            QVERIFY(tile.core.y + tile.core.height == height || tile.area.y + tile.area.height - tile.core.y - tile.core.height >= room);
            for (const Tile &other : tiles)
                if (&other != &tile)
                    QVERIFY(tile.core.x + tile.core.width <= other.core.x || other.core.x + other.core.width <= tile.core.x
                            || tile.core.y + tile.core.height <= other.core.y || other.core.y + other.core.height <= tile.core.y);
        }
        QCOMPARE(cores, std::int64_t{width} * height);
    }

    /// Two levels show one face with boxes that differ: the one nearer to the network's best size stays, with the higher score.
    void oneFaceFromTwoLevels()
    {
        const Face atBase = faceAt(100, 100, 250, 300, 0.999F); // 548 pixels for the network
        const Face inOverview = faceAt(60, 60, 350, 420, 0.95F);
        const std::vector<Face> faces = mergeLevels({{atBase, 2}, {inOverview, 0.25F}}, s_reach, 0.4F);
        QCOMPARE(faces.size(), std::size_t{1});
        QCOMPARE(faces.front().box, inOverview.box);
        QCOMPARE(faces.front().score, 0.999F);
        // Hardly overlapping, but the same eyes, nose and mouth.
        Face narrow = faceAt(180, 150, 120, 190, 0.9F);
        narrow.landmarks = inOverview.landmarks;
        QVERIFY(overlap(narrow.box, inOverview.box) < 0.4F);
        Face wide = inOverview;
        wide.box = {170, 150, 210, 280};
        QCOMPARE(mergeLevels({{narrow, 1}, {wide, 0.25F}}, s_reach, 0.9F).size(), std::size_t{1});
        // A level that the network is not sure of does not take the place of one it is.
        const Face unsure = faceAt(60, 60, 350, 420, 0.51F);
        QCOMPARE(mergeLevels({{atBase, 1}, {unsure, 0.28F}}, s_reach, 0.4F).front().box, atBase.box);
    }

    /// An eye or a mouth taken for a face goes; a face beside, in a corner of the box, or one that is surer than what surrounds it stays.
    void partsOfAFace()
    {
        const Face large = faceAt(100, 100, 400, 500, 0.99F);
        const Face eye = faceAt(170, 250, 110, 110, 0.8F);
        const Face mouth = faceAt(220, 420, 150, 120, 0.95F);
        const Face corner = faceAt(90, 90, 80, 90, 0.9F);
        const Face beside = faceAt(520, 100, 100, 120, 0.9F);
        const std::vector<Face> faces = mergeLevels({{large, 0.25F}, {eye, 1}, {mouth, 1}, {corner, 1}, {beside, 1}}, s_reach, 0.4F);
        QCOMPARE(faces.size(), std::size_t{3});
        QCOMPARE(faces[0].box, large.box);
        QVERIFY(std::none_of(faces.begin(), faces.end(), [&](const Face &face) { return face.box == eye.box || face.box == mouth.box; }));
        const Face vague = faceAt(100, 100, 400, 500, 0.52F);
        QCOMPARE(mergeLevels({{vague, 0.25F}, {mouth, 1}}, s_reach, 0.4F).size(), std::size_t{2});
        // Of one level, as without a pyramid: the strongest stays.
        QCOMPARE(mergeLevels({{faceAt(0, 0, 50, 60, 0.7F), 1}, {faceAt(5, 0, 50, 60, 0.9F), 1}}, s_reach, 0.4F).front().score, 0.9F);
        QVERIFY(mergeLevels({}, s_reach, 0.4F).empty());
    }

    void everySizeIsFoundOnce_data()
    {
        QTest::addColumn<int>("side");
        QTest::addColumn<int>("face");
        for (const auto &[side, face] : {std::pair{250, 100},
                                         {400, 390},
                                         {800, 700},
                                         {1024, 40},
                                         {1600, 24},
                                         {1600, 1500},
                                         {3000, 24},
                                         {3000, 150},
                                         {3000, 161},
                                         {3000, 700},
                                         {3000, 2900}})
            QTest::newRow(qPrintable(QStringLiteral("%1 in %2").arg(face).arg(side))) << side << face;
    }
    void everySizeIsFoundOnce()
    {
        QFETCH(int, side);
        QFETCH(int, face);
        // On the border between tiles as well.
        for (const float place : {0.5F, 0.31F}) {
            const auto at = std::floor(static_cast<float>(side - face) * place);
            const auto size = static_cast<float>(face);
            const Box box{at, at, size, size};
            SquareFinder finder;
            const std::vector<Face> faces = search(withSquares(side, side, {box}), finder);
            QCOMPARE(faces.size(), std::size_t{1});
            const float same = overlap(faces.front().box, box);
            QVERIFY2(same > 0.9F, qPrintable(QString::number(static_cast<double>(same))));
        }
    }

    /// The search for one face ends at the level that shows it; flat parts and the inside of a face are not looked at.
    void whatCannotHoldAFaceIsSkipped()
    {
        const Picture large = withSquares(4000, 4000, {{1500, 1500, 900, 900}, {200, 200, 30, 30}});
        DetectorOptions main;
        main.search = DetectorOptions::Search::Main;
        SquareFinder quick;
        QCOMPARE(search(large, quick, main).size(), std::size_t{1});
        QVERIFY(quick.pixels() < 1'500'000);
        SquareFinder thorough;
        QCOMPARE(search(large, thorough).size(), std::size_t{2});
        QVERIFY(thorough.pixels() > 16'000'000);
        // The small one alone: found by both.
        const Picture small = withSquares(4000, 4000, {{200, 200, 30, 30}});
        SquareFinder alone;
        QCOMPARE(search(small, alone, main).size(), std::size_t{1});
        // Most of it flat: only the tile with the face, the two first looks and the second one.
        SquareFinder flat;
        QCOMPARE(search(withSquares(4000, 4000, {{200, 200, 30, 30}}, false), flat).size(), std::size_t{1});
        QVERIFY(flat.pixels() < 4'500'000);
        // No tile is larger than 1600, so that memory is bounded.
        for (const LevelSize &size : thorough.shown)
            QVERIFY(size.width <= 1600 && size.height <= 1600);
    }

    void cancelledBetweenTwoLooks()
    {
        Progress progress;
        int looks = 0;
        const Picture picture = withSquares(4000, 4000, {});
        const auto look = [&](const Picture &) {
            if (++looks == 3)
                progress.cancel();
            return std::vector<Face>();
        };
        QVERIFY_THROWS_EXCEPTION(Cancelled, searchPyramid(PicturePixels(picture), {}, s_reach, look, &progress));
        QCOMPARE(looks, 3);
    }
};

DSCOPE_TEST(TestPyramid)
#include "tst_pyramid.moc"
