// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/scores/drawndamage.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/training/facelist.h"

#include <algorithm>

namespace dscope {

std::uint64_t drawnFamilies(const DamageSet &families, const std::vector<const DamageFamily *> &drawn)
{
    const std::vector<const DamageFamily *> &all = families.families();
    std::uint64_t bits = 0;
    for (const DamageFamily *family : drawn)
        bits |= std::uint64_t{1} << (std::find(all.begin(), all.end(), family) - all.begin());
    return bits;
}

void findDrawnFamilies(const FaceList &faces, const std::vector<std::int64_t> &places, const LabelOptions &options, const std::vector<bool> &known,
                       std::vector<std::uint64_t> &damage, bool strict, Progress &progress)
{
    std::vector<std::size_t> unknown;
    for (std::size_t i = 0; i < faces.size(); ++i)
        if (!known[i])
            unknown.push_back(i);
    if (unknown.empty())
        return;
    const auto copies = static_cast<std::size_t>(options.copies);
    const FaceReader reader(faces, progress);
    progress.stage("Looking which damage was drawn");
    parallelFor(static_cast<std::int64_t>(unknown.size()), 8, progress, [&](std::int64_t from, std::int64_t to) {
        for (auto k = static_cast<std::size_t>(from); k < static_cast<std::size_t>(to); ++k) {
            const std::size_t i = unknown[k];
            const std::size_t place = places.empty() ? i : static_cast<std::size_t>(places[i]);
            try {
                const Picture face = reader.read(i);
                for (std::size_t c = 1; c < copies; ++c) {
                    std::vector<const DamageFamily *> drawn;
                    faceCopy(face, place, static_cast<int>(c), options, &drawn);
                    damage[i * copies + c] = drawnFamilies(options.families, drawn);
                }
            } catch (const Error &) { // where it is embedded now it is told of
                if (strict)
                    throw;
                for (std::size_t c = 1; c < copies; ++c)
                    damage[i * copies + c] = drawnFamilies(options.families, options.families.families());
            }
        }
    });
}

std::vector<std::uint8_t> targetsWithout(const Targets &targets, const DamageSet &without, const std::filesystem::path &facesRoot, Progress &progress)
{
    const DamageSet &families = targets.options.families;
    if (families.isPaper() || without.isPaper())
        throw UsageError("Only families of damage can be left out: make the targets with --families, such as `dscope label --families all`.");
    std::vector<const DamageFamily *> some;
    for (const DamageFamily *family : families.families())
        if (without.contains(*family))
            some.push_back(family);
    if (some.empty())
        throw UsageError("These targets were made without any of " + without.text() + ": there is nothing to leave out.");
    std::vector<std::uint64_t> damage = targets.damage;
    if (damage.empty()) {
        FaceList faces = targets.faces;
        if (!facesRoot.empty())
            faces.root = facesRoot;
        damage.resize(targets.scores.target.size());
        findDrawnFamilies(faces, targets.places, targets.options, std::vector<bool>(faces.size()), damage, true, progress);
    }
    const std::uint64_t left = drawnFamilies(families, some);
    std::vector<std::uint8_t> taken = targets.scores.target;
    for (std::size_t i = 0; i < taken.size(); ++i)
        if ((damage[i] & left) != 0)
            taken[i] = 0;
    return taken;
}

} // namespace dscope
