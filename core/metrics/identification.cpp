// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/identification.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/products.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <unordered_map>

namespace dscope {

namespace {

std::vector<double> unitRows(std::span<const float> features, std::size_t first, std::size_t count, std::size_t dim)
{
    std::vector<double> rows(features.begin() + static_cast<std::ptrdiff_t>(first * dim),
                             features.begin() + static_cast<std::ptrdiff_t>((first + count) * dim));
    for (std::size_t i = 0; i < count; ++i)
        toUnitLength(std::span<double>(rows).subspan(i * dim, dim));
    return rows;
}

/// Below every dot product of unit vectors.
constexpr double s_notEnrolled = -2;

bool isEnrolled(const TemplateSet &set, std::size_t i)
{
    return set.enrolled.empty() || set.enrolled[i] != 0;
}

void check(const TemplateSet &set, std::int64_t dim, const char *what)
{
    if (dim <= 0 || set.ids.empty() || set.features.size() != set.ids.size() * static_cast<std::size_t>(dim))
        throw Error(std::string("The ") + what + " need one template of " + std::to_string(dim) + " values for each of the " + std::to_string(set.ids.size())
                    + " identities; there are " + std::to_string(set.features.size()) + " values.");
    if (!set.enrolled.empty() && set.enrolled.size() != set.ids.size())
        throw Error(std::string("The ") + what + " say of " + std::to_string(set.enrolled.size()) + " templates whether they are enrolled; there are "
                    + std::to_string(set.ids.size()) + ".");
    if (!std::all_of(set.features.begin(), set.features.end(), [](float value) { return std::isfinite(value); }))
        throw Error(std::string("A template of the ") + what + " holds a value that is not a finite number.");
}

/// @param nonMated best scores, descending
double thresholdAt(std::span<const double> nonMated, double fpir)
{
    const auto allowed = static_cast<std::int64_t>(static_cast<double>(nonMated.size()) * fpir);
    return nonMated[static_cast<std::size_t>(std::max<std::int64_t>(allowed - 1, 0))];
}

struct Probe {
    bool mated = false;
    double score = 0;                                       ///< of the mate
    double best = -std::numeric_limits<double>::infinity(); ///< of the negatives
    std::int64_t rank = 0;
};

} // namespace

const std::vector<double> &searchCurveFpirs()
{
    static const std::vector<double> fpirs = [] {
        std::vector<double> values;
        for (int i = -40; i <= 0; ++i)
            values.push_back(std::pow(10.0, i / 10.0));
        return values;
    }();
    return fpirs;
}

GallerySearch searchGallery(const TemplateSet &gallery, const TemplateSet &probes, std::int64_t dim, std::span<const double> fpirs,
                            std::span<const std::int64_t> ranks, Progress &progress)
{
    check(gallery, dim, "galleries");
    check(probes, dim, "probes");
    const auto width = static_cast<std::size_t>(dim);
    const std::size_t n = gallery.ids.size();
    std::unordered_map<std::int64_t, std::size_t> places;
    for (std::size_t i = 0; i < n; ++i)
        if (!places.emplace(gallery.ids[i], i).second)
            throw Error("Identity " + std::to_string(gallery.ids[i]) + " is twice in one gallery; one template an identity is needed.");

    const PackedRows packed(unitRows(gallery.features, 0, n, width), width);
    std::vector<Probe> found(probes.ids.size());
    parallelFor(static_cast<std::int64_t>(found.size()), 64, progress, [&](std::int64_t begin, std::int64_t end) {
        const auto first = static_cast<std::size_t>(begin);
        const auto count = static_cast<std::size_t>(end - begin);
        std::vector<double> scores(count * n);
        packed.dots(unitRows(probes.features, first, count, width), scores);
        for (std::size_t p = 0; p < count; ++p) {
            const std::span<double> row = std::span<double>(scores).subspan(p * n, n);
            const bool enrolled = isEnrolled(probes, first + p);
            for (std::size_t g = 0; g < n; ++g)
                if (!enrolled || !isEnrolled(gallery, g))
                    row[g] = s_notEnrolled;
            Probe &probe = found[first + p];
            const auto mate = places.find(probes.ids[first + p]);
            probe.mated = mate != places.end();
            probe.score = probe.mated ? row[mate->second] : 0;
            probe.rank = 1;
            for (std::size_t g = 0; g < n; ++g) {
                if (probe.mated && g == mate->second)
                    continue;
                probe.best = std::max(probe.best, row[g]);
                probe.rank += row[g] > probe.score ? 1 : 0;
            }
            if (!enrolled || (probe.mated && !isEnrolled(gallery, mate->second)))
                probe.rank = std::numeric_limits<std::int64_t>::max();
        }
    });

    GallerySearch result;
    std::vector<double> nonMated;
    for (const Probe &probe : found) {
        if (probe.mated)
            ++result.mated;
        else
            nonMated.push_back(probe.best);
    }
    result.nonMated = static_cast<std::int64_t>(nonMated.size());
    if (result.mated == 0 || result.nonMated == 0)
        throw Error("A search needs mated and non-mated probes; there are " + std::to_string(result.mated) + " and " + std::to_string(result.nonMated) + ".");
    std::sort(nonMated.begin(), nonMated.end(), std::greater<>());
    for (const double fpir : fpirs) {
        if (!(fpir >= 0 && fpir <= 1))
            throw Error("A FPIR target lies between 0 and 1.");
        FpirPoint point;
        point.fpir = fpir;
        point.threshold = thresholdAt(nonMated, fpir);
        for (const Probe &probe : found)
            point.hits += probe.mated && probe.score > probe.best && probe.score > point.threshold ? 1 : 0;
        point.nonMatedAccepted = std::count_if(nonMated.begin(), nonMated.end(), [&](double best) { return best > point.threshold; });
        point.realisedFpir = static_cast<double>(point.nonMatedAccepted) / static_cast<double>(result.nonMated);
        point.tpir = static_cast<double>(point.hits) / static_cast<double>(result.mated);
        result.tpir.push_back(point);
    }
    // Whole curves, for drawing.
    std::vector<double> best; // of the mated that are above their own best negative
    result.cmc.assign(static_cast<std::size_t>(std::min(cmcRanks, static_cast<std::int64_t>(n))), 0);
    for (const Probe &probe : found) {
        if (!probe.mated)
            continue;
        if (probe.rank <= std::ssize(result.cmc))
            ++result.cmc[static_cast<std::size_t>(probe.rank) - 1];
        if (probe.score > probe.best)
            best.push_back(probe.score);
    }
    std::partial_sum(result.cmc.begin(), result.cmc.end(), result.cmc.begin());
    std::sort(best.begin(), best.end(), std::greater<>());
    for (const double fpir : searchCurveFpirs()) {
        const double threshold = thresholdAt(nonMated, fpir);
        const auto hits = std::partition_point(best.begin(), best.end(), [threshold](double score) { return score > threshold; }) - best.begin();
        result.curve.push_back(static_cast<double>(hits) / static_cast<double>(result.mated));
    }
    for (const std::int64_t k : ranks)
        result.rank.push_back({k, std::count_if(found.begin(), found.end(), [k](const Probe &probe) { return probe.mated && probe.rank <= k; })});
    return result;
}

Identification combine(std::vector<GallerySearch> galleries)
{
    if (galleries.empty())
        throw Error("There is no gallery to combine.");
    Identification result;
    std::int64_t mated = 0;
    for (const GallerySearch &gallery : galleries) {
        if (gallery.tpir.size() != galleries.front().tpir.size() || gallery.rank.size() != galleries.front().rank.size())
            throw Error("The galleries were searched with different targets.");
        mated += gallery.mated;
    }
    for (std::size_t i = 0; i < galleries.front().tpir.size(); ++i) {
        double sum = 0;
        for (const GallerySearch &gallery : galleries)
            sum += gallery.tpir[i].tpir;
        result.tpir.push_back(sum / static_cast<double>(galleries.size()));
    }
    for (std::size_t i = 0; i < galleries.front().rank.size(); ++i) {
        std::int64_t hits = 0;
        for (const GallerySearch &gallery : galleries)
            hits += gallery.rank[i].hits;
        result.rank.push_back(static_cast<double>(hits) / static_cast<double>(mated));
    }
    std::size_t longest = 0;
    for (const GallerySearch &gallery : galleries)
        longest = std::max(longest, gallery.cmc.size());
    const auto whole = [&](const auto &has) { return std::all_of(galleries.begin(), galleries.end(), has); };
    if (whole([](const GallerySearch &gallery) { return !gallery.cmc.empty(); }))
        for (std::size_t k = 0; k < longest; ++k) {
            std::int64_t hits = 0;
            for (const GallerySearch &gallery : galleries)
                hits += gallery.cmc[std::min(k, gallery.cmc.size() - 1)];
            result.cmc.push_back(static_cast<double>(hits) / static_cast<double>(mated));
        }
    if (whole([](const GallerySearch &gallery) { return gallery.curve.size() == searchCurveFpirs().size(); })) {
        result.curve.assign(searchCurveFpirs().size(), 0);
        for (const GallerySearch &gallery : galleries)
            for (std::size_t i = 0; i < result.curve.size(); ++i)
                result.curve[i] += gallery.curve[i] / static_cast<double>(galleries.size());
    }
    result.galleries = std::move(galleries);
    return result;
}

} // namespace dscope
