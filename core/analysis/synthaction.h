// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/synth.h"
#include "core/base/picture.h"
#include "core/base/progress.h"
#include "core/base/words.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

namespace dscope {

/// The classes of synthetic actions: ways of moving, which no single frame can tell apart.
enum class ActionMotion { Left, Right, Up, Down, TurnClockwise, TurnCounterClockwise, Grow, Shrink, Bounce, Zigzag, OrbitClockwise, OrbitCounterClockwise };
inline constexpr Words<ActionMotion, 12> actionMotions{"no synthetic action",
                                                       {{ActionMotion::Left, "moves left"},
                                                        {ActionMotion::Right, "moves right"},
                                                        {ActionMotion::Up, "moves up"},
                                                        {ActionMotion::Down, "moves down"},
                                                        {ActionMotion::TurnClockwise, "turns clockwise"},
                                                        {ActionMotion::TurnCounterClockwise, "turns counter-clockwise"},
                                                        {ActionMotion::Grow, "grows"},
                                                        {ActionMotion::Shrink, "shrinks"},
                                                        {ActionMotion::Bounce, "bounces"},
                                                        {ActionMotion::Zigzag, "zigzags"},
                                                        {ActionMotion::OrbitClockwise, "orbits clockwise"},
                                                        {ActionMotion::OrbitCounterClockwise, "orbits counter-clockwise"}}};

/// A stretch of a synthetic action from a cut to the next.
struct ActionShot {
    /// A short piece in which something moves as another class does.
    struct Confuser {
        ActionMotion motion = ActionMotion::Left;
        std::int64_t first = 0; ///< frame of the shot
        std::int64_t frames = 0;
    };

    std::int64_t first = 0; ///< frame of the video
    std::int64_t frames = 0;
    bool telling = false;                  ///< shows the class; such a shot is an annotated segment
    std::optional<Confuser> confuser = {}; ///< of one that does not
};

/// A synthetic video, drawn but not painted.
struct ActionVideo {
    std::int64_t number = 0; ///< from which everything but `motion` is drawn
    ActionMotion motion = ActionMotion::Left;
    int width = 0;
    int height = 0;
    int rate = 30; ///< frames per second
    int crf = 0;
    int gop = 0;
    std::vector<ActionShot> shots; ///< without gaps from frame 0

    std::int64_t frames() const { return shots.empty() ? 0 : shots.back().first + shots.back().frames; }
};

/// Draws a video. Of two videos of one number and different motions the shots are the same but for what confusers show.
ActionVideo drawActionVideo(std::uint64_t seed, std::int64_t number, ActionMotion motion);
/// Paints a shot, frame by frame, as it was before any encoder. @param take may not keep the picture
void paintActionShot(std::uint64_t seed, const ActionVideo &video, std::size_t shot, const std::function<void(const Picture &)> &take);

/// A set is made of videos that are drawn, so that there may be more to learn from than at scale 1.
inline constexpr double largestActionScale = 100;

/// How many videos of each class a set has at a scale; those to measure on are no more above 1.
struct ActionCounts {
    std::int64_t training = 0;
    std::int64_t validation = 0;
};
ActionCounts syntheticActionCounts(double scale);
/// The number of a video of a set, by its place in its subset.
std::int64_t actionVideoNumber(bool training, std::int64_t place);

/// writeSyntheticSet() of "action": untrimmed videos with segments, in ActivityNet's layout. The model stands in docs/synthetic.md.
void writeSyntheticActions(const std::filesystem::path &root, const SynthOptions &options, Progress &progress);

inline constexpr const char *actionExampleId = "example";
/// Writes the example of action recognition: one such video that is in no set, of seed 1, and the list with its segments. @throws FileError, Cancelled
void writeActionExample(const std::filesystem::path &root, Progress &progress);

} // namespace dscope
