// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dscope {

/// Persons of re-identification sets that are none: what no query can find, and what is not looked at.
inline constexpr std::int64_t junkPerson = -1;
inline constexpr std::int64_t distractorPerson = 0;

/// What a frame's name says of it.
struct FrameName {
    std::int64_t person = 0; ///< -1: junk, 0: a distractor
    std::int32_t camera = 0;
    std::int64_t track = -1; ///< of this person and camera; -1: the name does not say
};

/// As in MARS: `0001C1T0001F001.jpg` is person 1, camera 1, tracklet 1; `00-1C1T0001F001.jpg` is junk.
std::optional<FrameName> marsFrameName(std::string_view name);
/// As in Market-1501 and DukeMTMC: `0001_c2_f0000001.jpg`, `0001_c1s1_000451_03.jpg` or `-1_c1s1_000401_03.jpg`.
std::optional<FrameName> marketFrameName(std::string_view name);

/// The folder of such frames in MARS: 0001, or 00-1.
std::string marsFolder(std::int64_t person);
/// The name of a frame in MARS. @param person at most 9999 @param camera 1 to 9 @param track, frame from 1
std::string marsFrame(std::int64_t person, std::int32_t camera, std::int64_t track, std::int64_t frame);

} // namespace dscope
