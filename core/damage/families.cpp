// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/damage/families.h"

#include "core/base/error.h"
#include "core/damage/kinds.h"

#include <algorithm>
#include <array>

namespace dscope {

std::span<const DamageFamily> damageFamilies()
{
    using namespace damage;
    static constexpr std::array all{
        DamageFamily{"shrink-area", "resolution", "averaged to 48 ... 8 pixels a side, enlarged by straight lines", shrunkByArea},
        DamageFamily{"shrink-nearest", "resolution", "every n-th pixel, 64 ... 12 a side, enlarged as squares", shrunkByNearest},
        DamageFamily{"shrink-bilinear", "resolution", "by straight lines without averaging, 56 ... 10 pixels a side", shrunkByTwoPoints},
        DamageFamily{"shrink-bicubic", "resolution", "by Keys' cubic both ways, 48 ... 8 pixels a side", shrunkByCubic},
        DamageFamily{"shrink-blurred", "resolution", "blurred, every n-th pixel, 48 ... 8 a side, enlarged by a cubic", shrunkAfterBlur},
        DamageFamily{"gaussian-blur", "focus", "sigma 0.8 ... 6 pixels", gaussianBlurred},
        DamageFamily{"defocus", "focus", "a disc of radius 1 ... 9 pixels, in linear light", defocused},
        DamageFamily{"motion-blur", "motion", "a line of 4 ... 34 pixels", motionBlurred},
        DamageFamily{"shake", "motion", "a bent path of 5 ... 40 pixels", shaken},
        DamageFamily{"jpeg", "compression", "JPEG of quality 30 ... 3", jpegCompressed},
        DamageFamily{"jpeg-twice", "compression", "JPEG of quality 40 ... 4 twice, the blocks moved between", jpegTwice},
        DamageFamily{"jpeg-halved", "compression", "halved, JPEG of quality 50 ... 5, enlarged", jpegHalved},
        DamageFamily{"block-dct", "compression", "8 x 8 DCT, quantised by steps of 14 ... 130, block borders smoothed", blockQuantised},
        DamageFamily{"gaussian-noise", "noise", "deviation 6 ... 60", gaussianNoise},
        DamageFamily{"sensor-noise", "noise", "Poisson and read noise, white is 600 ... 8 electrons", sensorNoise},
        DamageFamily{"grain", "noise", "coloured specks of 1 to 3 pixels, deviation about 8 ... 50", grainy},
        DamageFamily{"impulses", "noise", "0.5 ... 25 % of the pixels black, white or any colour", impulses},
        DamageFamily{"under-exposure", "exposure", "light times 1/3 ... 1/48, with read noise", underExposed},
        DamageFamily{"over-exposure", "exposure", "light times 1.5 ... 9, clipped", overExposed},
        DamageFamily{"gamma", "exposure", "to the power of 1.4 ... 3.8 or its inverse", gammaChanged},
        DamageFamily{"low-contrast", "exposure", "contrast 0.6 ... 0.08", flattened},
        DamageFamily{"high-contrast", "exposure", "contrast 1.5 ... 7, clipped", steepened},
        DamageFamily{"colour-cast", "colour", "channels times factors up to 1.3 ... 5 apart", colourCast},
        DamageFamily{"hue", "colour", "hues turned by 20 ... 180 degrees", hueTurned},
        DamageFamily{"faded", "colour", "colours faded by 50 ... 100 %", faded},
        DamageFamily{"posterise", "tones", "12 ... 2 levels per channel", posterised},
        DamageFamily{"solarise", "tones", "values above 224 ... 0 inverted: a negative at 1", solarised},
        DamageFamily{"cast-shadow", "shadow", "light times 0.5 ... 0.03 behind an edge, a corner or bars", castShadow},
        DamageFamily{"light-gradient", "shadow", "light falls off to 1/2 ... 1/60 across the picture", lightGradient},
        DamageFamily{"glare", "shadow", "a spot of 0.4 ... 4 times white", glare},
        DamageFamily{"box", "occlusion", "a textured box of 24 ... 92 pixels a side", boxed},
        DamageFamily{"pieces", "occlusion", "2 to 5 round textured pieces, about 5 ... 60 % of the picture", pieces},
        DamageFamily{"bars", "occlusion", "2 to 6 bars of 2 ... 13 pixels", bars},
        DamageFamily{"mask", "occlusion", "a mask up to below the nose ... below the eyes", masked},
        DamageFamily{"glasses", "occlusion", "dark glasses, half-width 9 ... 19 pixels, letting 60 ... 0 % through", behindGlasses},
        DamageFamily{"misalignment", "geometry", "turned by 4 ... 35 degrees, scaled by 1.06 ... 1.6, shifted by 3 ... 26 %", misaligned},
        DamageFamily{"stretch", "geometry", "sides stretched by 1.15 ... 2.4", stretched},
        DamageFamily{"combing", "video", "every other row shifted by 1.5 ... 14 pixels", combed},
        DamageFamily{"lost-blocks", "video", "4 ... 60 % of the blocks of 16 x 16 lost", blocksLost},
        DamageFamily{"halos", "sharpening", "unsharp mask times 1.5 ... 10", haloed},
    };
    return all;
}

const DamageFamily *damageFamily(std::string_view name)
{
    const auto all = damageFamilies();
    const auto found = std::find_if(all.begin(), all.end(), [name](const DamageFamily &family) { return family.name == name; });
    return found == all.end() ? nullptr : &*found;
}

Picture damaged(const Picture &picture, const DamageFamily &family, double severity, Random &random)
{
    if (!(severity >= 0 && severity <= 1))
        throw Error("The severity of damage must lie between 0 and 1.");
    if (picture.empty())
        throw Error("An empty picture cannot be damaged.");
    return family.apply(picture, severity, random);
}

} // namespace dscope
