// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/base/random.h"

/// One function per kind of damage. Each takes a picture of any size and a severity in [0, 1] and returns a picture of the same size; lengths are in pixels of
/// a 112 x 112 face and grow with the picture (unitOf()). "a ... b" is what severity 0 and 1 mean; where it says "by factors" the way between them is
/// geometric. Everything else about the damage (place, direction, colour) comes from `random`, and does not depend on the severity where it can be helped, so
/// that the same seed shows the same damage growing.
///
/// Targets are made again from (seed, picture, copy): what a kind gives for a given seed must not change. A better one gets a new name.
namespace dscope::damage {

// Resolution. Sides are of the shrunk picture, for one of 112 x 112, by factors.

/// Averaged to 48 ... 8 pixels a side, enlarged by straight lines.
Picture shrunkByArea(const Picture &in, double severity, Random &random);
/// Every n-th pixel, 64 ... 12 a side, enlarged as squares.
Picture shrunkByNearest(const Picture &in, double severity, Random &random);
/// By straight lines in both directions, which skips pixels: 56 ... 10 a side.
Picture shrunkByTwoPoints(const Picture &in, double severity, Random &random);
/// By Keys' cubic in both directions: 48 ... 8 a side.
Picture shrunkByCubic(const Picture &in, double severity, Random &random);
/// Gaussian blur of half a new pixel, every n-th pixel, enlarged by a cubic: 48 ... 8 a side.
Picture shrunkAfterBlur(const Picture &in, double severity, Random &random);

// Focus.

/// Gaussian of sigma 0.8 ... 6, by factors.
Picture gaussianBlurred(const Picture &in, double severity, Random &random);
/// A disc of radius 1 ... 9, by factors, in linear light: points of light become discs.
Picture defocused(const Picture &in, double severity, Random &random);

// Motion.

/// A straight line of 4 ... 34 pixels in a random direction, by factors.
Picture motionBlurred(const Picture &in, double severity, Random &random);
/// A bent path of 5 ... 40 pixels, by factors: a camera held by hand.
Picture shaken(const Picture &in, double severity, Random &random);

// Compression.

/// JPEG of quality 30 ... 3, 4:2:0.
Picture jpegCompressed(const Picture &in, double severity, Random &random);
/// JPEG of quality 40 ... 4 twice, the second time with the blocks moved by 1 to 7 pixels.
Picture jpegTwice(const Picture &in, double severity, Random &random);
/// Halved, JPEG of quality 50 ... 5, enlarged.
Picture jpegHalved(const Picture &in, double severity, Random &random);
/// Blocks of 8 x 8 transformed (DCT), quantised with a dead zone (step 14 ... 130, by factors; colours at half the resolution), and their borders smoothed:
/// what a video codec of the H.264 kind leaves of a picture without prediction. No bit stream is made, and nothing is predicted.
Picture blockQuantised(const Picture &in, double severity, Random &random);

// Noise.

/// Gaussian of deviation 6 ... 60, each value for itself.
Picture gaussianNoise(const Picture &in, double severity, Random &random);
/// A sensor: in linear light, white is 600 ... 8 electrons (by factors) of which Poisson's law (its normal form) takes its share, read noise is 1 to 3 of them,
/// and red and blue, amplified by up to 2, are noisier than green.
Picture sensorNoise(const Picture &in, double severity, Random &random);
/// Coloured specks of 1 to 3 pixels, of a deviation of about 8 ... 50 in the middle tones and less in black and white.
Picture grainy(const Picture &in, double severity, Random &random);
/// 0.5 ... 25 % of the pixels (by factors) black, white or of a random colour.
Picture impulses(const Picture &in, double severity, Random &random);

// Exposure.

/// Light times 1/3 ... 1/48 (by factors), read noise of half a byte's step to two, rounded to bytes.
Picture underExposed(const Picture &in, double severity, Random &random);
/// Light times 1.5 ... 9 (by factors), clipped.
Picture overExposed(const Picture &in, double severity, Random &random);
/// Values to the power of 1.4 ... 3.8 or its inverse, by factors.
Picture gammaChanged(const Picture &in, double severity, Random &random);
/// Contrast 0.6 ... 0.08 (by factors) around a grey of 60 to 200: haze, a dirty lens.
Picture flattened(const Picture &in, double severity, Random &random);
/// Contrast 1.5 ... 7 (by factors) around a grey of 80 to 175, clipped.
Picture steepened(const Picture &in, double severity, Random &random);

// Colour.

/// Light of another colour: the channels times factors up to 1.3 ... 5 apart.
Picture colourCast(const Picture &in, double severity, Random &random);
/// Hues turned by 20 ... 180 degrees, either way, at the same luma (YIQ).
Picture hueTurned(const Picture &in, double severity, Random &random);
/// Colours faded by 50 ... 100 %.
Picture faded(const Picture &in, double severity, Random &random);
/// 12 ... 2 levels per channel.
Picture posterised(const Picture &in, double severity, Random &random);
/// Values above 224 ... 0 inverted: at 1 the whole is a negative.
Picture solarised(const Picture &in, double severity, Random &random);

// Shadow.

/// The shadow of an edge, a corner or bars with borders of 1 to 10 pixels over a third to two thirds of the picture: light times 0.5 ... 0.03, by factors.
Picture castShadow(const Picture &in, double severity, Random &random);
/// Light that falls off across the picture, to 1/2 ... 1/60 at the far end, and is up to a half too strong at the near one.
Picture lightGradient(const Picture &in, double severity, Random &random);
/// A spot of light, of radius 20 to 50, added at 0.4 ... 4 times white.
Picture glare(const Picture &in, double severity, Random &random);

// Occlusion. What is before the face has a texture: a colour, noise, clouds, stripes or squares.

/// An upright or tilted box, 24 ... 92 pixels a side.
Picture boxed(const Picture &in, double severity, Random &random);
/// 2 to 5 round pieces of one texture, together about 5 ... 60 % of the picture: hands, hair, leaves.
Picture pieces(const Picture &in, double severity, Random &random);
/// 2 to 6 bars through the picture, each 2 ... 13 pixels wide: a fence, hair, cables.
Picture bars(const Picture &in, double severity, Random &random);
/// A mask over chin and mouth, its upper edge from below the nose to below the eyes. Where the landmarks of an aligned face lie; elsewhere just a shape.
Picture masked(const Picture &in, double severity, Random &random);
/// Dark glasses at the eyes of an aligned face, lenses of half-width 9 ... 19 that let 60 ... 0 % of the light through, with a glint.
Picture behindGlasses(const Picture &in, double severity, Random &random);

// Geometry. What comes from beyond the border is filled in one of the ways of Fill.

/// As a detector errs: turned by up to 4 ... 35 degrees, scaled by up to 1.06 ... 1.6 either way, shifted by up to 3 ... 26 % of a side; two of three are at
/// their most for this severity.
Picture misaligned(const Picture &in, double severity, Random &random);
/// One side stretched by 1.15 ... 2.4 (by factors), in a random direction.
Picture stretched(const Picture &in, double severity, Random &random);

// Video.

/// Interlacing: every other row from a moment later, shifted by 1.5 ... 14 pixels to one side.
Picture combed(const Picture &in, double severity, Random &random);
/// 4 ... 60 % of the blocks of 16 x 16 (by factors) lost: copied from beside, grey, or the first row repeated.
Picture blocksLost(const Picture &in, double severity, Random &random);

// Sharpening.

/// Unsharp mask of radius 1 to 2.5, times 1.5 ... 10, by factors: halos.
Picture haloed(const Picture &in, double severity, Random &random);

} // namespace dscope::damage
