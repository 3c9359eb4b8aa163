// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/datasets/benchmark.h"

#include <filesystem>

namespace dscope {

/// Tracklets of people as they are commonly laid out:
/// - folders person/camera/track/frame.jpg or person/camera/frame.jpg (PKU-Reid), or camera/person/frame.jpg with folders called cam... (PRID-2011's
///   multi_shot/cam_a/person_0001, iLIDS-VID's sequences/cam1/person001; their roots do as well);
/// - frames whose names say person and camera, in whatever folders: MARS's 0001C1T0001F001.jpg, a tracklet by its number, or those of DukeMTMC and Market-1501
///   (0001_c2_f0000001.jpg, 0001_c1s1_000451_03.jpg), a tracklet a person, camera and folder; person 0 is a distractor and -1 is junk, which are no queries;
/// - a csv with columns path, person, camera and, if a person has several tracklets in a camera, track.
///
/// Each tracklet is a template; its subject is its person. Every one is a query, and all are the gallery: the protocols leave the query's own camera out of
/// its person's. What cannot be used is listed among the warnings.
/// @throws FileError where nothing is laid out in one of these ways, or nobody is seen by two cameras; Cancelled
Benchmark readTracklets(const std::filesystem::path &root, const BenchmarkOptions &options, Progress &progress);

} // namespace dscope
