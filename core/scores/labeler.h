// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/damage/damageset.h"
#include "core/nets/network.h"
#include "core/scores/dscore.h"
#include "core/training/facelist.h"

#include <filesystem>
#include <span>

namespace dscope {

/// How the targets of a DDNet are made.
struct LabelOptions {
    int copies = 3;              ///< of every face: the first is the face itself, the others are worse with probability `degradedShare`
    double degradedShare = 0.65; ///< of the further copies; the rest of them are mirrored faces
    std::uint64_t seed = 1;
    int batch = 64;
    DScoreOptions dscore;    ///< `copies` is taken from above
    DamageSet families;      ///< what degraded copies are made by
    bool fillWedges = false; ///< every copy of a face has its black wedge filled at random (wedgeFilled()), the first one too
};

/// D-score targets of a labelled set: what `dscope label` writes and `dscope train ddnet` reads. Copies are not stored: copy c of face i is
/// made again from (seed, i, c), see faceCopy().
struct Targets {
    FaceList faces;
    LabelOptions options;
    ModelSpec base; ///< the network whose D-scores these are
    std::string baseHash;
    std::vector<std::int64_t> places; ///< of each face in the list that was labelled, when some of it could not be read; else empty

    /// What a face's copies are made from, see faceCopy().
    std::size_t place(std::size_t face) const { return places.empty() ? face : static_cast<std::size_t>(places[face]); }
    DScores scores; ///< faces * copies, copy c of face i at i * copies + c
    /// Of each copy the families of damage in it (drawnFamilies()); empty where that is not known: of the five old kinds, and of an older file.
    std::vector<std::uint64_t> damage;
};

/// Copy `c` of face number `index`: for c = 0 the face itself, with its wedge filled where that is asked for.
/// @param drawn where not null: the families of damage that were drawn for it are appended; none for a mirrored copy, nor by the five old kinds
Picture faceCopy(const Picture &face, std::size_t index, int copy, const LabelOptions &options, std::vector<const DamageFamily *> *drawn = nullptr);

/// Embeds every copy of every face with `base` and computes its D-score against the centroids (Eq. 2-4). Neither the pictures
/// nor the embeddings need to fit into memory: pictures are read block by block, while the network is at work on the block before, and the
/// embeddings go to a feature file. Faces that cannot be read are left out, with a notice each (at most ten are named).
/// @param device where D-scores are searched; the network has its own
/// @param work a folder for what is done so far: a later call with the same list, network and options goes on from there. Removed at the end
/// @param keepFeatures where the embeddings shall stay, [faces * copies, dim] of what is in Targets; empty: nowhere
/// @throws Cancelled, FileError, Error
Targets labelFaces(const FaceList &faces, Network &base, const LabelOptions &options, const Device &device, const std::filesystem::path &work,
                   Progress &progress, const std::filesystem::path &keepFeatures = {});

/// Writes targets as safetensors: raw, normalised, own, hardest (float64), hardest_class, label (int32), target (uint8), damage (int64), and everything else in
/// the metadata `dscope.targets`. Atomic.
void writeTargets(const std::filesystem::path &path, const Targets &targets);
/// @throws FileError if the file is no target file or does not fit itself
Targets readTargets(const std::filesystem::path &path);
/// The same out of bytes in hand. @param path what they are called
Targets parseTargets(std::span<const std::uint8_t> bytes, const std::filesystem::path &path);

} // namespace dscope
