// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/training/facelist.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace dscope {

/// What a made benchmark is like.
struct SynthOptions {
    double scale = 1;                        ///< of the published sizes: people, templates, faces and pairs shrink alike; above 0, at most 1
    std::filesystem::path pictures;          ///< 112 x 112 faces by person (readFaceList()), which are degraded; empty: embeddings and D-scores alone
    SplitFilter people;                      ///< of the pictures
    std::vector<std::filesystem::path> from; ///< data that a set of one of taskBenchmarks(), or of "pace" or "telling", is made of
    std::string background;                  ///< "telling": the label of the clips that others are put among
    std::int64_t dim = 0;                    ///< of the embeddings; 0: 512, iQIYI-VID-FACE: 128
    std::uint64_t seed = 1;
};

/// The counts of a made IJB-C at a scale; at 1 those of the real one.
struct SynthCounts {
    std::int64_t people = 0; ///< one gallery template each
    std::int64_t first = 0;  ///< people of gallery G1; the others are G2
    std::int64_t probes = 0;
    std::int64_t faces = 0;
    std::int64_t genuine = 0; ///< pairs
    std::int64_t impostor = 0;
    std::int64_t templates() const { return people + probes; }
};
SynthCounts syntheticIjbcCounts(double scale);

/// The same of a made YTF or iQIYI-VID-FACE without pictures.
struct SynthVideoCounts {
    std::int64_t people = 0;
    std::int64_t videos = 0;  ///< or clips
    std::int64_t frames = 0;  ///< of YTF; those of iQIYI's clips are drawn, 1 to 5 each
    std::int64_t genuine = 0; ///< pairs: of YTF, those of splits.txt; of iQIYI, all that there are
    std::int64_t impostor = 0;
};
SynthVideoCounts syntheticYtfCounts(double scale);
SynthVideoCounts syntheticIqiyiCounts(double scale);

/// What can be made, by the benchmarks' words.
std::vector<std::string> syntheticWords();
/// Which of SynthOptions a word takes; the seed is everybody's.
struct SynthNeeds {
    bool scale = false;
    bool pictures = false; ///< and `people` and `dim`: it is a set of faces
    bool from = false;     ///< it cannot be made without
    bool several = false;  ///< places in `from`
    bool background = false;
};
SynthNeeds syntheticNeeds(const std::string &word);

/// Writes a set in the layout of IJB-C, YTF or iQIYI-VID-FACE ("ijbc", "ytf", "iqiyi"), so that everything that reads the real one can be tried without
/// its licence. SYNTHETIC.txt in the root says what it is; every reader carries that into every result.
///
/// Without pictures, at scale 1, the published counts exactly, with embeddings.npy (float32 [faces, dim]) and d_scores.txt:
/// - IJB-C: 469,375 faces in 23,124 templates, 19,557 genuine and 15,638,932 impostor pairs of gallery and probe, galleries of 1,772 and 1,759 and 19,593
///   probes; d_scores.txt holds `image tid mid score`;
/// - YTF: 621,126 frames in 3,425 videos of 1,595 people (of 48 to 6,070 frames; 591 people with one video, 471, 307, 167, 51 and 8 with two to six), 5,000
///   pairs in ten folds of 250 + 250, nobody in two folds; filelist.txt names the frames, d_scores.txt holds `name/video/frame.jpg score`;
/// - iQIYI-VID-FACE: 643,816 clips of 10,034 people with 1 to 5 frames each; identities.csv, of which all pairs are made; filelist.txt and d_scores.txt of
///   `clip/frame.jpg`.
///
/// The model of face i in media j of template t of person p, dimension d, everything drawn from (seed, what for, number); "low" means that a vector lives
/// in the first min(64, d) coordinates, as the people that a network tells apart fill only a part of its space:
///
///     x_p  low, a unit vector, uniform: the person
///     v_t  low, standard normal / sqrt(64): how else the person looks in this video; none in IJB-C
///     y_t  x_p in IJB-C, (x_p + a v_t) / |x_p + a v_t| in the others: a = 1 in YTF, 0.3 in iQIYI-VID-FACE
///     c    low, a unit vector, one for the set: where bad pictures of anybody drift to
///     m_j  low, standard normal / sqrt(64): what the pictures of a media share (pose, light, age); in YTF a media is a run of 2 to 21 frames,
///          in iQIYI-VID-FACE a frame, as they lie far apart
///     e_i  standard normal / sqrt(d): what the face has alone
///     q_i  the quality: normal with mean 1.5 and deviation 0.6 in a good media, -0.8 and 0.9 in a bad one; a media is bad with probability 0.35, in
///          YTF with u_t, uniform in 0 to 0.7 for the video
///     f_i = 12 (log(1 + exp(q_i)) y_t + 0.5 log(1 + exp(-q_i)) c + 0.8 m_j + 1.1 e_i)
///     D_i = 1 / (1 + exp(0.6 - (q_i + 0.7 n_i) / 1.2)), n_i standard normal: a DDNet that sees the quality through noise
///
/// So a D-score says how much of the person a feature holds, as Eq. 2-4 mean it, though not perfectly; bad frames come in runs, as in videos. Nothing in
/// it favours a rule of aggregation by name, and the figures on it say nothing about any network.
///
/// With pictures (small scales): faces of the folder's people, those of bad media degraded at random (core/training/augment.h), as 112 x 112 JPEGs in the
/// set's own layout. Landmarks are the reference points: the faces are aligned already.
///
/// Videos with actions, in ActivityNet's layout: "action" (core/analysis/synthaction.h), "pace" and "telling" (core/analysis/synthclips.h).
///
/// Another word is one of taskBenchmarks() (core/tasks/benchmarks.h) that can be made: of data at options.from, as its own function says.
/// @throws UsageError for any other word, for options that the word has no use for, or a scale outside (0, 1], FileError, Error when the folder has too few
/// faces, Cancelled
void writeSyntheticSet(const std::string &word, const std::filesystem::path &root, const SynthOptions &options, Progress &progress);

} // namespace dscope
