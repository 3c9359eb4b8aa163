// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/base/random.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace dscope {

/// What is put where a picture has nothing to show.
enum class Fill {
    Reflected,  ///< mirrored at the edge of what is there
    Replicated, ///< its outermost pixels go on
    Noise,      ///< pixels of random colours
    Flat,       ///< one random colour
    Black,
};
/// One of them, each as likely as the others.
Fill drawFill(Random &random);

/// Fills the pixels whose entry in `nothing` (row by row) is not 0. Where all are, there is nothing to go on with, and they become black. Without an edge there
/// is nothing to mirror at: who knows it mirrors first, and Reflected is Replicated here.
void fill(Picture &picture, const std::vector<std::uint8_t> &nothing, Fill how, Random &random);

/// The part of a picture that alignment took from beyond the border of its photograph, and the photograph's rectangle: u = x cosine + y sine,
/// v = y cosine - x sine within it. A side that cuts nothing off lies at infinity.
struct Wedge {
    std::vector<std::uint8_t> mask; ///< an entry per pixel, 1 for the wedge and the pixels that were mixed with it
    double cosine = 1;
    double sine = 0;
    double left = 0;
    double right = 0;
    double top = 0;
    double bottom = 0;
};

/// Finds a wedge: black, connected to the border, with straight edges.
///
/// A photograph is a rectangle, and a similarity leaves it one. So of what is left when black pixels that are connected to the border are taken away, the
/// bounding rectangle is sought, at the angle at which most lies outside of it. It counts where it explains nearly all of what is black outside of the
/// convex hull of the rest (of a round head before a black wall it does not), and is a hundredth of the picture at least.
/// Blocks of a JPEG blur the edge: values to 16 count as black, and specks within the black do not count as something.
/// @return nothing where there is none
std::optional<Wedge> blackWedge(const Picture &picture);

/// Fills a black wedge, where there is one, in one of the ways of Fill; any other picture comes back as it is. Draws the same numbers from `random` in both
/// cases.
Picture wedgeFilled(const Picture &picture, Random &random);

} // namespace dscope
