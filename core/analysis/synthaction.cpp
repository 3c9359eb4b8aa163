// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/synthaction.h"

#include "core/analysis/actionscene.h"
#include "core/analysis/madeset.h"
#include "core/analysis/madevideos.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/text.h"
#include "core/media/videowriter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numbers>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr double s_turn = 2 * std::numbers::pi;
constexpr std::int64_t s_trainingVideos = 30; ///< of a class, at scale 1
constexpr std::int64_t s_validationVideos = 10;
constexpr std::int64_t s_firstOfValidation = std::int64_t{1} << 24; ///< numbers of videos

/// What is drawn, each from a sequence of its own.
enum class Stream : std::uint64_t { Video = 0xAC7100, Scene, Others, Actor, Manner, Noise };

Random streamOf(std::uint64_t seed, Stream what, std::int64_t video, std::size_t shot = 0)
{
    constexpr int shots = 256; // of a video at most
    return Random(seed, (static_cast<std::uint64_t>(what) << 40) + static_cast<std::uint64_t>(video) * shots + shot);
}

std::int64_t frameCount(double seconds, int rate)
{
    return std::llround(seconds * rate);
}

/// The lengths of what shows nothing.
std::vector<std::int64_t> drawLengths(std::int64_t frames, int rate, Random &random)
{
    constexpr double shortest = 0.8; // seconds
    constexpr double longest = 2.6;
    std::vector<std::int64_t> lengths;
    while (frames > 0) {
        std::int64_t length = frameCount(random.uniform(shortest, longest), rate);
        if (frames - length < frameCount(shortest, rate))
            length = frames;
        lengths.push_back(length);
        frames -= length;
    }
    return lengths;
}

void drawConfusers(ActionVideo &video, Random &random)
{
    constexpr double share = 0.7; // of the videos
    constexpr std::uint64_t most = 3;
    if (!random.chance(share))
        return;
    const std::uint64_t wanted = 1 + random.below(most);
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < video.shots.size(); ++i)
        if (!video.shots[i].telling)
            places.push_back(i);
    random.shuffle(places);
    places.resize(std::min<std::size_t>(places.size(), wanted));
    for (const std::size_t place : places) {
        ActionShot &shot = video.shots[place];
        ActionShot::Confuser confuser;
        const std::uint64_t others = std::size(actionMotions.entries) - 1;
        const std::uint64_t further = 1 + random.below(others);
        confuser.motion = static_cast<ActionMotion>((static_cast<std::uint64_t>(video.motion) + further) % (others + 1));
        confuser.frames = frameCount(random.uniform(0.25, 0.4), video.rate);
        confuser.first = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(shot.frames - confuser.frames + 1)));
        shot.confuser = confuser;
    }
}

/// How an object moves in the way of a class, as drawn for one stretch.
struct Manner {
    ActionMotion motion = ActionMotion::Left;
    double height = 0; ///< of a frame, pixels
    double pace = 1;
    double a = 0; ///< both from 0 to 1
    double b = 0;
    double phase = 0; ///< 0 to 1
    bool downwards = false;
};

Manner drawManner(ActionMotion motion, int height, double pace, Random &random)
{
    Manner manner{motion, static_cast<double>(height), pace};
    manner.a = random.uniform();
    manner.b = random.uniform();
    manner.phase = random.uniform();
    manner.downwards = random.chance(0.5);
    return manner;
}

/// From -1 to 1 and back in straight lines, once for every whole number.
double triangle(double at)
{
    return 4 * std::abs(at - std::floor(at) - 0.5) - 1;
}

/// By how much an object has moved. @param t seconds from the middle of the stretch
ActionPose moved(const Manner &manner, double t)
{
    const double h = manner.height;
    const double own = t * manner.pace;
    const double straight = h * (0.35 + 0.2 * manner.a) * own;
    const double turned = (3.5 + 2.5 * manner.a) * own;
    const double grown = std::exp((0.5 + 0.3 * manner.a) * own);
    const double round = s_turn * manner.phase;
    const double radius = h * (0.12 + 0.06 * manner.a);
    const double orbit = (5 + 2.5 * manner.b) * own;
    switch (manner.motion) {
    case ActionMotion::Left: return {-straight, 0, 0, 1};
    case ActionMotion::Right: return {straight, 0, 0, 1};
    case ActionMotion::Up: return {0, -straight, 0, 1};
    case ActionMotion::Down: return {0, straight, 0, 1};
    case ActionMotion::TurnClockwise: return {0, 0, turned, 1};
    case ActionMotion::TurnCounterClockwise: return {0, 0, -turned, 1};
    case ActionMotion::Grow: return {0, 0, 0, grown};
    case ActionMotion::Shrink: return {0, 0, 0, 1 / grown};
    case ActionMotion::Bounce:
        return {0, h * (0.18 + 0.1 * manner.a) * (0.5 - std::abs(std::sin(std::numbers::pi * (own / (0.45 + 0.15 * manner.b) + manner.phase)))), 0, 1};
    case ActionMotion::Zigzag:
        return {h * (0.1 + 0.05 * manner.a) * triangle(own / (0.5 + 0.2 * manner.b) + manner.phase), h * 0.18 * (manner.downwards ? own : -own), 0, 1};
    case ActionMotion::OrbitClockwise: return {radius * std::cos(round + orbit), radius * std::sin(round + orbit), 0, 1};
    case ActionMotion::OrbitCounterClockwise: return {radius * std::cos(round - orbit), radius * std::sin(round - orbit), 0, 1};
    }
    return {};
}

/// Where an object begins.
ActionPose drawPose(const ActionVideo &video, double room, Random &random)
{
    ActionPose pose;
    pose.x = video.width * random.uniform(0.5 - room, 0.5 + room);
    pose.y = video.height * random.uniform(0.5 - room, 0.5 + room);
    pose.angle = random.uniform(0, s_turn);
    pose.scale = std::exp(random.uniform(-0.25, 0.25));
    return pose;
}

std::vector<ActionPose> tellingPoses(const ActionVideo &video, std::int64_t frames, double pace, Random &actor, Random &random)
{
    const ActionPose middle = drawPose(video, 0.1, actor);
    const Manner manner = drawManner(video.motion, video.height, pace, random);
    std::vector<ActionPose> poses;
    for (std::int64_t i = 0; i < frames; ++i) {
        const ActionPose by = moved(manner, (static_cast<double>(i) - static_cast<double>(frames - 1) / 2) / video.rate);
        poses.push_back({middle.x + by.x, middle.y + by.y, middle.angle + by.angle, middle.scale * by.scale});
    }
    return poses;
}

/// An object that keeps changing its mind: straight on for 0.15 to 0.35 s, then in another direction, turning and growing in half of these pieces.
class RestlessObject {
public:
    RestlessObject(const ActionVideo &video, double strength, Random random) : m_video(video), m_strength(strength), m_random(random)
    {
        m_pose = drawPose(video, 0.25, m_random);
    }
    const ActionPose &pose() const { return m_pose; }
    void step()
    {
        if (m_left-- <= 0)
            decide();
        const double dt = 1.0 / m_video.rate;
        turnBack(m_pose.x, m_video.width, m_vx);
        turnBack(m_pose.y, m_video.height, m_vy);
        constexpr double largest = 0.7; // logarithm of the scale
        if (std::log(m_pose.scale) * m_growth > 0 && std::abs(std::log(m_pose.scale)) > largest)
            m_growth = -m_growth;
        m_pose.x += m_vx * dt;
        m_pose.y += m_vy * dt;
        m_pose.angle += m_turning * dt;
        m_pose.scale *= std::exp(m_growth * dt);
    }
    /// From one place of a manner to another.
    void follow(const ActionPose &from, const ActionPose &to)
    {
        m_pose.x += to.x - from.x;
        m_pose.y += to.y - from.y;
        m_pose.angle += to.angle - from.angle;
        m_pose.scale *= to.scale / from.scale;
    }

private:
    static void turnBack(double at, int size, double &speed)
    {
        if ((at < 0.15 * size && speed < 0) || (at > 0.85 * size && speed > 0))
            speed = -speed;
    }
    void decide()
    {
        m_left = std::max<std::int64_t>(2, frameCount(m_random.uniform(0.15, 0.35), m_video.rate)) - 1;
        const double heading = m_random.uniform(0, s_turn);
        const double speed = m_video.height * m_strength * m_random.uniform(0.3, 1.0);
        const bool turns = m_random.chance(0.5);
        const double turning = m_strength * m_random.uniform(-6, 6);
        const bool grows = m_random.chance(0.5);
        const double growth = m_strength * m_random.uniform(-0.8, 0.8);
        m_vx = speed * std::cos(heading);
        m_vy = speed * std::sin(heading);
        m_turning = turns ? turning : 0;
        m_growth = grows ? growth : 0;
    }

    const ActionVideo &m_video;
    double m_strength;
    Random m_random;
    ActionPose m_pose;
    std::int64_t m_left = 0;
    double m_vx = 0;
    double m_vy = 0;
    double m_turning = 0;
    double m_growth = 0;
};

std::vector<ActionPose> restlessPoses(const ActionVideo &video, const ActionShot &shot, double strength, const Random &random, Random &manners)
{
    RestlessObject object(video, strength, random);
    std::optional<Manner> manner;
    if (shot.confuser) {
        const double pace = manners.uniform(0.85, 1.2);
        manner = drawManner(shot.confuser->motion, video.height, pace, manners);
    }
    std::vector<ActionPose> poses;
    for (std::int64_t i = 0; i < shot.frames; ++i) {
        poses.push_back(object.pose());
        const std::int64_t within = manner ? i - shot.confuser->first : -1;
        if (within < 0 || within >= shot.confuser->frames) {
            object.step();
            continue;
        }
        const double before = (static_cast<double>(within) - static_cast<double>(shot.confuser->frames) / 2) / video.rate;
        object.follow(moved(*manner, before), moved(*manner, before + 1.0 / video.rate));
    }
    return poses;
}

/// An object and what it does in a shot.
struct Player {
    ActionObject object;
    std::vector<ActionPose> poses;
};

/// Those that are drawn last hide the others; the one that tells something, if any does, is the last.
std::vector<Player> drawPlayers(std::uint64_t seed, const ActionVideo &video, std::size_t place, Random &scene)
{
    const ActionShot &shot = video.shots[place];
    const double share = scene.uniform();
    const std::size_t count = share < 0.55 ? 1 : share < 0.85 ? 2 : 3;
    const double drawn = scene.uniform();
    const double strength = shot.telling ? 0.85 + 0.35 * drawn : drawn;
    Random others = streamOf(seed, Stream::Others, video.number, place);
    Random actor = streamOf(seed, Stream::Actor, video.number, place);
    Random manners = streamOf(seed, Stream::Manner, video.number, place);
    const ActionShot plain{shot.first, shot.frames};
    std::vector<Player> players;
    for (std::size_t i = 0; i < count; ++i) {
        const bool acts = i + 1 == count;
        const double radius = video.height * scene.uniform(0.12, 0.2);
        const double opacity = scene.uniform(0.45, 1);
        ActionObject object(radius, opacity, scene);
        std::vector<ActionPose> poses;
        if (!acts) {
            const double own = others.uniform(0, 1);
            const Random sequence(others.next());
            poses = restlessPoses(video, plain, own, sequence, manners);
        } else if (shot.telling) {
            poses = tellingPoses(video, shot.frames, strength, actor, manners);
        } else {
            poses = restlessPoses(video, shot, strength, actor, manners);
        }
        players.push_back({std::move(object), std::move(poses)});
    }
    return players;
}

/// Draws, paints and encodes one video.
MadeVideo writeVideo(const fs::path &root, std::uint64_t seed, const std::string &id, bool training, std::int64_t number, ActionMotion motion,
                     Progress &progress)
{
    const ActionVideo video = drawActionVideo(seed, number, motion);
    MadeVideo made;
    made.id = id;
    made.training = training;
    made.durationS = static_cast<double>(video.frames()) / video.rate;
    made.width = video.width;
    made.height = video.height;
    made.label = actionMotions.wordOf(video.motion);
    VideoWriter writer(madeVideoFile(root, id), video.width, video.height, {.rate = {video.rate, 1}, .crf = video.crf, .gop = video.gop});
    for (std::size_t s = 0; s < video.shots.size(); ++s) {
        const ActionShot &shot = video.shots[s];
        progress.throwIfCancelled();
        paintActionShot(seed, video, s, [&](const Picture &frame) { writer.add(frame); });
        if (shot.telling)
            made.segments.push_back({static_cast<double>(shot.first) / video.rate, static_cast<double>(shot.first + shot.frames) / video.rate});
    }
    writer.finish();
    return made;
}

std::vector<MadeVideo> writeVideos(const fs::path &root, const SynthOptions &options, const ActionCounts &counts, Progress &progress)
{
    const auto classes = std::ssize(actionMotions.entries);
    const std::int64_t training = classes * counts.training;
    std::vector<MadeVideo> made(static_cast<std::size_t>(training + classes * counts.validation));
    progress.stage("Writing " + std::to_string(made.size()) + " videos");
    parallelFor(std::ssize(made), 1, progress, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t i = from; i < to; ++i) {
            const bool trains = i < training;
            const std::int64_t place = trains ? i : i - training;
            const std::string id = printed(trains ? "t%05lld" : "v%05lld", static_cast<long long>(place));
            const auto motion = static_cast<ActionMotion>(place % classes);
            made[static_cast<std::size_t>(i)] = writeVideo(root, options.seed, id, trains, actionVideoNumber(trains, place), motion, progress);
        }
    });
    return made;
}

} // namespace

ActionVideo drawActionVideo(std::uint64_t seed, std::int64_t number, ActionMotion motion)
{
    Random random = streamOf(seed, Stream::Video, number);
    ActionVideo video;
    video.number = number;
    video.motion = motion;
    video.width = 128 + 8 * static_cast<int>(random.below(5));
    video.height = video.width * 3 / 4;
    constexpr std::array<int, 3> rates{24, 25, 30};
    video.rate = rates[random.below(rates.size())];
    video.crf = 20 + static_cast<int>(random.below(13));
    video.gop = 12 + static_cast<int>(random.below(49));
    const std::int64_t frames = frameCount(random.uniform(12, 20), video.rate);
    const std::int64_t telling = std::llround(static_cast<double>(frames) * random.uniform(0.10, 0.25));
    constexpr double usual = 1.2; // seconds of a telling shot
    const std::int64_t count = std::max<std::int64_t>(1, std::llround(static_cast<double>(telling) / (usual * video.rate)));
    std::vector<std::pair<std::int64_t, bool>> lengths;
    for (const std::int64_t length : drawLengths(frames - telling, video.rate, random))
        lengths.emplace_back(length, false);
    for (std::int64_t i = 0; i < count; ++i)
        lengths.emplace_back(telling / count + (i < telling % count ? 1 : 0), true);
    random.shuffle(lengths);
    std::int64_t first = 0;
    for (const auto &[length, tells] : lengths) {
        video.shots.push_back({first, length, tells});
        first += length;
    }
    drawConfusers(video, random);
    return video;
}

void paintActionShot(std::uint64_t seed, const ActionVideo &video, std::size_t shot, const std::function<void(const Picture &)> &take)
{
    Random scene = streamOf(seed, Stream::Scene, video.number, shot);
    const ActionGround ground(scene);
    const double height = video.height;
    double x = scene.uniform(0, 256);
    double y = scene.uniform(0, 256);
    const double heading = scene.uniform(0, s_turn);
    const double speed = height * scene.uniform(0, 0.15) / video.rate; // pixels a frame
    const bool shakes = scene.chance(0.4);
    const double shaking = height * scene.uniform(0.003, 0.01);
    const double gain = scene.uniform(0.8, 1.2);
    const double sigma = scene.uniform(1.5, 4);
    const ActionSensor sensor(gain, sigma);
    std::vector<Player> players = drawPlayers(seed, video, shot, scene);
    Random noise = streamOf(seed, Stream::Noise, video.number, shot);
    Picture frame(video.width, video.height);
    for (std::int64_t i = 0; i < video.shots[shot].frames; ++i) {
        const double right = scene.normal() * (shakes ? shaking : 0);
        const double down = scene.normal() * (shakes ? shaking : 0);
        ground.paint(frame, x - right, y - down);
        for (const Player &player : players) {
            ActionPose pose = player.poses[static_cast<std::size_t>(i)];
            pose.x += right;
            pose.y += down;
            player.object.paint(frame, pose);
        }
        sensor.expose(frame, noise);
        take(frame);
        x += speed * std::cos(heading);
        y += speed * std::sin(heading);
    }
}

ActionCounts syntheticActionCounts(double scale)
{
    if (!(scale > 0 && scale <= largestActionScale))
        throw UsageError("The scale of synthetic actions lies above 0 and is at most 100.");
    // What is measured on does not grow: the same videos, however many there are to learn from.
    return {scaledCount(s_trainingVideos, scale, 1), scaledCount(s_validationVideos, std::min(scale, 1.0), 1)};
}

std::int64_t actionVideoNumber(bool training, std::int64_t place)
{
    return training ? place : s_firstOfValidation + place;
}

void writeSyntheticActions(const fs::path &root, const SynthOptions &options, Progress &progress)
{
    const ActionCounts counts = syntheticActionCounts(options.scale);
    const std::size_t classes = std::size(actionMotions.entries);
    writeMadeMark(root,
                  "ActivityNet's layout, " + std::to_string(classes) + " rendered ways of moving, " + std::to_string(counts.training)
                      + " videos of each for training and " + std::to_string(counts.validation) + " for validation, of which 10 to 25 % show it.",
                  options);
    if (const std::string notice = videoCodecNotice(); !notice.empty())
        progress.notice(notice);
    writeMadeList(root, "1.2, synthetic actions", writeVideos(root, options, counts, progress));
}

void writeActionExample(const fs::path &root, Progress &progress)
{
    constexpr std::uint64_t seed = 1;
    constexpr std::int64_t number = std::int64_t{1} << 25; // of neither subset
    SynthOptions options;
    options.seed = seed;
    writeMadeMark(root, "ActivityNet's layout, the example of action recognition: one video of a rendered way of moving.", options);
    writeMadeList(root, "1.2, synthetic actions", {writeVideo(root, seed, actionExampleId, false, number, ActionMotion::Bounce, progress)});
}

} // namespace dscope
