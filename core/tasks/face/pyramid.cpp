// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/face/pyramid.h"

#include "core/image/reader.h"
#include "core/tasks/face/boxes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace dscope {

namespace {

constexpr int s_baseSide = 1024;
constexpr int s_overviewSide = 256;
constexpr int s_tileSide = 1600;
constexpr int s_tileOverlap = 224;
/// In the network's pixels; a larger face is found well at the level before.
constexpr float s_largestInTile = 160;
/// From one level to the next finer one: a face of 160 there has 27 here.
constexpr double s_mostStep = 6;
/// A finer level that is hardly larger than the one before shows nothing new.
constexpr double s_leastStep = 1.1;
/// A small face is enlarged for the second look by no more than this.
constexpr double s_mostEnlarged = 2.5;
/// In the network's pixels: smaller faces of small pictures and of frames are near its best size already, and are not looked at again.
constexpr double s_largeForOneLook = 100;
/// Faces of a picture that are looked at again, the strongest first.
constexpr std::size_t s_mostSecondLooks = 64;

double sizeOf(const Box &box)
{
    return std::sqrt(static_cast<double>(box.w) * static_cast<double>(box.h));
}

LevelSize atScale(int width, int height, double scale)
{
    const auto side = [scale](int full) { return std::clamp(static_cast<int>(std::lround(full * scale)), 1, full); };
    return {side(width), side(height)};
}

/// How far a face is from the size of which the network gives the best box, in octaves, and more for one it is not sure of.
double misfit(const Candidate &candidate, const DetectorReach &reach)
{
    const double inNetwork = std::max(1e-3, sizeOf(candidate.face.box) * static_cast<double>(candidate.scale));
    return std::abs(std::log2(inNetwork / static_cast<double>(reach.best))) + 8 * std::max(0.0, static_cast<double>(reach.sure - candidate.face.score));
}

bool sameFace(const Face &a, const Face &b, float nms)
{
    if (overlap(a.box, b.box) > nms)
        return true;
    const double small = std::min(sizeOf(a.box), sizeOf(b.box));
    if (std::max(sizeOf(a.box), sizeOf(b.box)) > 2 * small)
        return false;
    double apart = 0;
    for (std::size_t i = 0; i < a.landmarks.size(); ++i)
        apart += std::hypot(a.landmarks[i].x - b.landmarks[i].x, a.landmarks[i].y - b.landmarks[i].y) / 5;
    return apart < 0.2 * small;
}

/// The mean of all answers for one face, by score. Which of them is the strongest changes with the least change of the picture; their mean hardly does.
Face meanOf(const std::vector<Face> &answers, const Face &strongest)
{
    Face mean;
    mean.score = strongest.score;
    float sum = 0;
    for (const Face &answer : answers) {
        if (overlap(answer.box, strongest.box) < 0.6F)
            continue;
        sum += answer.score;
        const auto add = [&answer](float &to, float value) { to += answer.score * value; };
        add(mean.box.x, answer.box.x);
        add(mean.box.y, answer.box.y);
        add(mean.box.w, answer.box.w);
        add(mean.box.h, answer.box.h);
        for (std::size_t i = 0; i < mean.landmarks.size(); ++i) {
            add(mean.landmarks[i].x, answer.landmarks[i].x);
            add(mean.landmarks[i].y, answer.landmarks[i].y);
        }
    }
    for (float *value : {&mean.box.x, &mean.box.y, &mean.box.w, &mean.box.h})
        *value /= sum;
    for (Point &point : mean.landmarks)
        point = {point.x / sum, point.y / sum};
    return mean;
}

/// Most of `part` lies in the other's box, and its middle amid the other's eyes, nose and mouth.
bool isPartOf(const Face &part, const Face &whole)
{
    const Box &a = part.box;
    const Box &b = whole.box;
    if (a.w * a.h > 0.6F * b.w * b.h || part.score > whole.score + 0.3F)
        return false;
    const float w = std::min(a.x + a.w, b.x + b.w) - std::max(a.x, b.x);
    const float h = std::min(a.y + a.h, b.y + b.h) - std::max(a.y, b.y);
    if (w <= 0 || h <= 0 || w * h < 0.6F * a.w * a.h)
        return false;
    const auto [left, right] = std::minmax_element(whole.landmarks.begin(), whole.landmarks.end(), [](const Point &p, const Point &q) { return p.x < q.x; });
    const auto [top, bottom] = std::minmax_element(whole.landmarks.begin(), whole.landmarks.end(), [](const Point &p, const Point &q) { return p.y < q.y; });
    const float roomX = (right->x - left->x) / 2;
    const float roomY = (bottom->y - top->y) / 2;
    const float x = a.x + a.w / 2;
    const float y = a.y + a.h / 2;
    return x > left->x - roomX && x < right->x + roomX && y > top->y - roomY && y < bottom->y + roomY;
}

bool within(const Area &area, const Box &box)
{
    return static_cast<float>(area.x) >= box.x && static_cast<float>(area.y) >= box.y && static_cast<float>(area.x + area.width) <= box.x + box.w
        && static_cast<float>(area.y + area.height) <= box.y + box.h;
}

/// No channel changes by more than a few levels: nothing to be seen.
bool flat(const Picture &picture)
{
    std::array<std::uint8_t, 3> least{255, 255, 255};
    std::array<std::uint8_t, 3> most{0, 0, 0};
    for (int y = 0; y < picture.height; ++y) {
        const std::uint8_t *pixel = picture.row(y);
        for (int x = 0; x < picture.width; ++x, pixel += 3)
            for (std::size_t c = 0; c < 3; ++c) {
                least[c] = std::min(least[c], pixel[c]);
                most[c] = std::max(most[c], pixel[c]);
            }
        for (std::size_t c = 0; c < 3; ++c)
            if (most[c] - least[c] > 8)
                return false;
    }
    return true;
}

std::vector<std::pair<int, int>> spread(int length, int part, int overlap)
{
    if (length <= part)
        return {{0, length}};
    const int count = std::max(2, (length - overlap + part - overlap - 1) / std::max(1, part - overlap));
    std::vector<std::pair<int, int>> pieces;
    for (int i = 0; i < count; ++i)
        pieces.emplace_back(static_cast<int>(static_cast<std::int64_t>(length - part) * i / (count - 1)), part);
    return pieces;
}

class Pyramid {
public:
    Pyramid(const PixelSource &pixels, const DetectorOptions &options, const DetectorReach &reach,
            const std::function<std::vector<Face>(const Picture &)> &look, Progress *progress)
        : m_pixels(pixels), m_options(options), m_reach(reach), m_look(look), m_task(progress)
    {
    }

    std::vector<Face> run()
    {
        const LevelPlan plan = planLevels(m_pixels.width(), m_pixels.height(), m_options, m_reach);
        lookAtWhole(plan);
        std::vector<Face> faces = mergeLevels(m_found, m_reach, m_options.nms);
        for (const LevelSize &level : plan.finer) {
            const bool enough =
                m_options.search == Mode::Main && std::any_of(faces.begin(), faces.end(), [this](const Face &face) { return face.score >= m_reach.sure; });
            if (enough)
                break;
            lookAtTiles(level, faces);
            faces = mergeLevels(m_found, m_reach, m_options.nms);
        }
        if (plan.overview && m_options.search != Mode::Frame)
            return secondLook(faces);
        // In a small picture and in a video's frame only the large faces are worth the time: their boxes are what one look gets wrong.
        const double scale = plan.base ? static_cast<double>(plan.base->width) / m_pixels.width() : 1;
        const auto large = std::stable_partition(faces.begin(), faces.end(), [&](const Face &face) { return sizeOf(face.box) * scale > s_largeForOneLook; });
        if (large == faces.begin())
            return faces;
        return secondLook({faces.begin(), large}, {large, faces.end()});
    }

private:
    using Mode = DetectorOptions::Search;

    Area all() const { return {0, 0, m_pixels.width(), m_pixels.height()}; }

    /// What the network finds in `picture`, which shows `area` of the whole: in pixels of the whole, each once.
    std::vector<Face> facesIn(const Picture &picture, const Area &area) { return suppress(answersIn(picture, area), m_options.nms); }

    /// The same with all boxes that the network gives of a face.
    std::vector<Face> answersIn(const Picture &picture, const Area &area)
    {
        if (m_task != nullptr)
            m_task->throwIfCancelled();
        std::vector<Face> faces = m_look(picture);
        const float perX = static_cast<float>(area.width) / static_cast<float>(picture.width);
        const float perY = static_cast<float>(area.height) / static_cast<float>(picture.height);
        for (Face &face : faces) {
            const auto wholeX = [&](float x) { return toOriginal(x, area.width, picture.width) + static_cast<float>(area.x); };
            const auto wholeY = [&](float y) { return toOriginal(y, area.height, picture.height) + static_cast<float>(area.y); };
            face.box = {wholeX(face.box.x), wholeY(face.box.y), face.box.w * perX, face.box.h * perY};
            for (Point &point : face.landmarks)
                point = {wholeX(point.x), wholeY(point.y)};
        }
        return plausible(std::move(faces), m_pixels.width(), m_pixels.height(), m_options.minFace);
    }

    static float scaleOf(const Picture &picture, const Area &area)
    {
        // By the longer side, which rounding changes least.
        return area.width >= area.height ? static_cast<float>(picture.width) / static_cast<float>(area.width)
                                         : static_cast<float>(picture.height) / static_cast<float>(area.height);
    }

    void lookAtWhole(const LevelPlan &plan)
    {
        Picture base;
        if (plan.base) {
            base = m_pixels.scaled(plan.base->width, plan.base->height);
            const float scale = scaleOf(base, all());
            for (const Face &face : facesIn(base, all()))
                if (!plan.overview || sizeOf(face.box) * static_cast<double>(scale) <= static_cast<double>(m_reach.most))
                    m_found.push_back({face, scale});
        }
        if (const std::optional<LevelSize> overview = plan.overview ? plan.overview : overviewForLarge()) {
            const Picture small = base.empty() ? m_pixels.scaled(overview->width, overview->height) : resized(base, overview->width, overview->height);
            for (const Face &face : facesIn(small, all()))
                m_found.push_back({face, scaleOf(small, all())});
        }
    }

    /// Where no face can be too large for the base: the overview all the same if one is so large that its box will be better there.
    std::optional<LevelSize> overviewForLarge() const
    {
        const double longer = std::max(m_pixels.width(), m_pixels.height());
        const bool large = std::any_of(m_found.begin(), m_found.end(),
                                       [](const Candidate &one) { return sizeOf(one.face.box) * static_cast<double>(one.scale) > s_largeForOneLook; });
        if (!large || longer <= s_overviewSide)
            return {};
        return atScale(m_pixels.width(), m_pixels.height(), s_overviewSide / longer);
    }

    void lookAtTiles(const LevelSize &level, const std::vector<Face> &known)
    {
        const double scale = static_cast<double>(std::max(level.width, level.height)) / std::max(m_pixels.width(), m_pixels.height());
        for (const Tile &tile : tilesOf(m_pixels.width(), m_pixels.height(), scale)) {
            // Within a face there is no other one.
            if (std::any_of(known.begin(), known.end(), [&](const Face &face) { return face.score >= m_reach.sure && within(tile.area, face.box); }))
                continue;
            Picture part = m_pixels.region(tile.area);
            if (flat(part))
                continue;
            const LevelSize size = atScale(part.width, part.height, scale);
            if (size.width != part.width || size.height != part.height)
                part = resized(part, size.width, size.height);
            for (const Face &face : facesIn(part, tile.area)) {
                const float x = face.box.x + face.box.w / 2;
                const float y = face.box.y + face.box.h / 2;
                const Area &core = tile.core;
                const bool here = x >= static_cast<float>(core.x) && x <= static_cast<float>(core.x + core.width) && y >= static_cast<float>(core.y)
                    && y <= static_cast<float>(core.y + core.height);
                if (here && sizeOf(face.box) * scale <= static_cast<double>(s_largestInTile))
                    m_found.push_back({face, scaleOf(part, tile.area)});
            }
        }
    }

    /// Each face is looked at once more, in the part around it, at the network's best size: so it gets the same box and score whatever the size of the
    /// picture. What is not found again was none, unless it is all there is: a face hard to see. @param others join them as they are
    std::vector<Face> secondLook(const std::vector<Face> &faces, const std::vector<Face> &others = {})
    {
        std::vector<Candidate> seen;
        std::vector<Face> missed;
        for (const Face &face : others)
            seen.push_back({face, 1});
        for (std::size_t i = 0; i < faces.size(); ++i) {
            const Face &face = faces[i];
            if (i >= s_mostSecondLooks) {
                seen.push_back({face, 1});
                continue;
            }
            const Area area = around(face.box);
            if (area.width < 2 || area.height < 2)
                continue;
            const double scale = std::min(s_mostEnlarged, static_cast<double>(m_reach.best) / std::max(1.0, sizeOf(face.box)));
            const auto scaled = [scale](int full) { return std::max(1, static_cast<int>(std::lround(full * scale))); };
            const Picture part = resized(m_pixels.region(area), scaled(area.width), scaled(area.height));
            const std::vector<Face> answers = answersIn(part, area);
            const std::vector<Face> again = suppress(answers, m_options.nms);
            const auto same = std::find_if(again.begin(), again.end(), [&](const Face &other) { return sameFace(other, face, m_options.nms); });
            if (same != again.end())
                seen.push_back({meanOf(answers, *same), scaleOf(part, area)});
            else
                missed.push_back(face);
        }
        if (seen.empty())
            return missed;
        return mergeLevels(std::move(seen), m_reach, m_options.nms);
    }

    /// Two and a half times a box, as far as it lies in the picture.
    Area around(const Box &box) const
    {
        const double side = 2.5 * static_cast<double>(std::max(box.w, box.h));
        const double x = static_cast<double>(box.x) + box.w / 2.0;
        const double y = static_cast<double>(box.y) + box.h / 2.0;
        const auto edge = [](double at, int most) { return static_cast<int>(std::clamp(std::lround(at), 0L, static_cast<long>(most))); };
        const int left = edge(x - side / 2, m_pixels.width());
        const int top = edge(y - side / 2, m_pixels.height());
        return {left, top, edge(x + side / 2, m_pixels.width()) - left, edge(y + side / 2, m_pixels.height()) - top};
    }

    const PixelSource &m_pixels;
    const DetectorOptions &m_options;
    const DetectorReach &m_reach;
    const std::function<std::vector<Face>(const Picture &)> &m_look;
    Progress *m_task;
    std::vector<Candidate> m_found;
};

} // namespace

LevelPlan planLevels(int width, int height, const DetectorOptions &options, const DetectorReach &reach)
{
    const double longer = std::max(width, height);
    int limit = options.maxSide;
    if (limit == 0)
        limit = options.search == DetectorOptions::Search::Frame ? s_baseSide : std::max(width, height);
    const double base = std::min({1.0, s_baseSide / longer, limit / longer});
    LevelPlan plan;
    // In a frame, where time counts, the largest face is one that is seen whole; faces are 1.3 times as high as wide.
    const double largest = options.search == DetectorOptions::Search::Frame ? std::min(0.88 * height, 1.14 * width) : longer;
    if (base * largest > static_cast<double>(reach.most))
        plan.overview = atScale(width, height, s_overviewSide / longer);
    if (!plan.overview || options.minFace * base <= static_cast<double>(reach.most))
        plan.base = atScale(width, height, base);
    const double finest = std::min({1.0, limit / longer, static_cast<double>(reach.least) / std::max(1, options.minFace)});
    if (finest / base < s_leastStep)
        return plan;
    const int steps = static_cast<int>(std::ceil(std::log(finest / base) / std::log(s_mostStep) - 1e-9));
    for (int i = 1; i <= steps; ++i)
        plan.finer.push_back(atScale(width, height, base * std::pow(finest / base, static_cast<double>(i) / steps)));
    return plan;
}

int smallestFaceOfFrames(int width, int height, const DetectorOptions &options)
{
    const int limit = options.maxSide > 0 ? options.maxSide : s_baseSide;
    const double scale = std::min(1.0, static_cast<double>(limit) / std::max({1, width, height}));
    return std::max(options.minFace, static_cast<int>(std::lround(static_cast<double>(DetectorReach().least) / scale)));
}

std::vector<Tile> tilesOf(int width, int height, double scale)
{
    const auto full = [scale](int side) { return static_cast<int>(std::min(1e9, std::floor(side / scale))); };
    const auto columns = spread(width, full(s_tileSide), full(s_tileOverlap));
    const auto rows = spread(height, full(s_tileSide), full(s_tileOverlap));
    // A core ends in the middle of the overlap with the next part.
    const auto core = [](const std::vector<std::pair<int, int>> &pieces, std::size_t i, int length) {
        const auto border = [&](std::size_t next) { return (pieces[next - 1].first + pieces[next - 1].second + pieces[next].first) / 2; };
        const int begin = i == 0 ? 0 : border(i);
        return std::pair{begin, (i + 1 == pieces.size() ? length : border(i + 1)) - begin};
    };
    std::vector<Tile> tiles;
    for (std::size_t r = 0; r < rows.size(); ++r)
        for (std::size_t c = 0; c < columns.size(); ++c) {
            const auto [x, w] = core(columns, c, width);
            const auto [y, h] = core(rows, r, height);
            tiles.push_back({{columns[c].first, rows[r].first, columns[c].second, rows[r].second}, {x, y, w, h}});
        }
    return tiles;
}

std::vector<Face> mergeLevels(std::vector<Candidate> candidates, const DetectorReach &reach, float nms)
{
    const auto fitsBetter = [&](const Candidate &a, const Candidate &b) { return misfit(a, reach) < misfit(b, reach); };
    const bool oneLevel = std::all_of(candidates.begin(), candidates.end(), [&](const Candidate &one) { return one.scale == candidates.front().scale; });
    if (oneLevel) // the stronger box is the better one
        std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate &a, const Candidate &b) { return a.face.score > b.face.score; });
    else
        std::stable_sort(candidates.begin(), candidates.end(), fitsBetter);
    std::vector<Face> once;
    for (const Candidate &candidate : candidates) {
        const auto same = std::find_if(once.begin(), once.end(), [&](const Face &face) {
            return oneLevel ? overlap(face.box, candidate.face.box) > nms : sameFace(face, candidate.face, nms);
        });
        if (same == once.end())
            once.push_back(candidate.face);
        else
            same->score = std::max(same->score, candidate.face.score);
    }
    std::stable_sort(once.begin(), once.end(), [](const Face &a, const Face &b) { return a.score > b.score; });
    std::vector<Face> faces;
    for (const Face &face : once)
        if (std::none_of(once.begin(), once.end(), [&](const Face &other) { return isPartOf(face, other); }))
            faces.push_back(face);
    return faces;
}

std::vector<Face> searchPyramid(const PixelSource &pixels, const DetectorOptions &options, const DetectorReach &reach,
                                const std::function<std::vector<Face>(const Picture &)> &look, Progress *progress)
{
    if (pixels.empty())
        return {};
    return Pyramid(pixels, options, reach, look, progress).run();
}

} // namespace dscope
