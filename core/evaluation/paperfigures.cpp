// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/paperfigures.h"

#include <array>

namespace dscope {

namespace {

bool isActivityNet12(const std::string &benchmark)
{
    return benchmark.starts_with("ActivityNet") && benchmark.find("1.2") != std::string::npos;
}

bool isKinetics(const std::string &benchmark)
{
    return benchmark.starts_with("Kinetics");
}

/// A table of actions: by network DDL, random, uniform and dense.
std::vector<PaperRow> actionRows(const char *table, int k, int dense, const char *measure, const std::array<std::array<double, 4>, 3> &percent)
{
    constexpr std::array networks{"3D-ResNet-50", "R(2+1)D-50", "SlowFast-50"};
    const std::string kept = ", K = " + std::to_string(k);
    const std::array methods{"DDL" + kept, "random" + kept, "uniform" + kept, "dense, " + std::to_string(dense) + " clips"};
    std::vector<PaperRow> rows;
    for (std::size_t n = 0; n < networks.size(); ++n)
        for (std::size_t m = 0; m < methods.size(); ++m)
            rows.push_back({table, methods[m] + " (" + networks[n] + ")", {}, {percent[n][m]}, {}, {}, measure});
    return rows;
}

} // namespace

std::vector<PaperRow> paperRows(const std::string &benchmark)
{
    if (benchmark == ytfName)
        return {{"Table 1", "average (ArcFace, ResNet-101)", {}, {97.97}, {}},
                {"Table 1", "top-1", {}, {97.08}, {}},
                {"Table 1", "DDL", {}, {98.18}, {}},
                {"Table 6", "average (CosFace)", {}, {97.68}, {}},
                {"Table 6", "DDL (CosFace)", {}, {97.91}, {}},
                {"Table 6", "average (SphereFace)", {}, {96.83}, {}},
                {"Table 6", "DDL (SphereFace)", {}, {97.12}, {}}};
    if (benchmark == iqiyiName)
        return {{"Table 2", "average", {1e-4}, {65.84}, {}},
                {"Table 2", "top-1", {1e-4}, {65.22}, {}},
                {"Table 2", "DDL without re-scale", {1e-4}, {67.38}, {}},
                {"Table 2", "DDL", {1e-4}, {69.05}, {}},
                {"Table 2", "DDL (PolyNet)", {1e-4}, {72.98}, {}}};
    if (benchmark == ijbaName) {
        const std::vector<double> fars{1e-3, 1e-2, 1e-1};
        return {{"Table 3", "ArcFace [9]", fars, {97.89, 98.51, 99.05}, {1.5, 0.3, 0.2}},
                {"Table 3", "average", fars, {97.71, 98.43, 99.01}, {0.6, 0.4, 0.2}},
                {"Table 3", "DDL", fars, {98.44, 98.79, 99.13}, {0.3, 0.2, 0.1}}};
    }
    if (benchmark == ijbcName) {
        const std::vector<double> fars{1e-6, 1e-5, 1e-4, 1e-3, 1e-2};
        return {{"Table 4", "ArcFace [9]", fars, {86.25, 93.15, 95.65, 97.20, 98.18}, {}},
                {"Table 4", "average", fars, {86.69, 92.72, 94.89, 96.62, 97.90}, {}},
                {"Table 4", "DDL", fars, {92.39, 94.89, 96.41, 97.47, 98.33}, {}},
                {"Table 5", "DDL, ResNet-18-CD, ResNet-101, MS-Celeb-1M (as Table 4)", fars, {91.14, 95.75, 96.94, 97.72, 98.36}, {}},
                {"Table 5", "DDL, ResNet-34-CD, ResNet-101, MS-Celeb-1M", fars, {91.13, 95.74, 96.90, 97.72, 98.33}, {}},
                {"Table 5", "DDL, ResNet-18, ResNet-101, MS-Celeb-1M", fars, {90.93, 95.74, 96.92, 97.73, 98.35}, {}},
                {"Table 5", "DDL, ResNet-18-CD, MobileFaceNet, MS-Celeb-1M", fars, {87.32, 91.45, 94.30, 96.24, 97.82}, {}},
                {"Table 5", "average, MobileFaceNet, MS-Celeb-1M", fars, {79.88, 88.21, 92.08, 95.22, 97.24}, {}},
                {"Table 5", "DDL, ResNet-18-CD, ResNet-101, IMDB-Face", fars, {88.35, 92.26, 95.09, 96.71, 98.05}, {}},
                {"Table 5", "average, ResNet-101, IMDB-Face", fars, {73.12, 86.44, 92.44, 94.70, 97.40}, {}},
                {"public model", "ArcFace with flip and detector score", fars, {89.85, 94.47, 96.28, 97.53, 98.36}, {}}};
    }
    if (benchmark == marsName) {
        const std::vector<std::int64_t> ranks{1, 5, 20};
        const std::vector<std::int64_t> all{1, 5, 10, 20};
        return {{"Table 7", "average (the image-based row of Gao and Nevatia)", {}, {74.1, 81.3, 92.6, 96.7}, {}, ranks},
                {"Table 7", "3D convolution (Gao and Nevatia)", {}, {70.5, 78.5, 90.9, 95.9}, {}, ranks},
                {"Table 7", "RNN (Gao and Nevatia)", {}, {73.9, 81.6, 92.8, 96.3}, {}, ranks},
                {"Table 7", "attention (Gao and Nevatia)", {}, {76.7, 83.3, 93.8, 97.4}, {}, ranks},
                {"Table 7", "DDL", {}, {77.7, 84.0, 94.8, 97.4}, {}, ranks},
                {"Gao and Nevatia", "image-based", {}, {74.1, 81.3, 92.6, 94.8, 96.7}, {}, all},
                {"Gao and Nevatia", "temporal pooling (not in the paper)", {}, {75.8, 83.1, 92.8, 95.3, 96.8}, {}, all},
                {"Gao and Nevatia", "3D convolution", {}, {70.5, 78.5, 90.9, 93.9, 95.9}, {}, all},
                {"Gao and Nevatia", "RNN", {}, {73.9, 81.6, 92.8, 94.7, 96.3}, {}, all},
                {"Gao and Nevatia", "attention", {}, {76.7, 83.3, 93.8, 96.0, 97.4}, {}, all}};
    }
    if (isActivityNet12(benchmark))
        return actionRows("Table 8", 9, 60, top1Measure, {{{86.38, 82.83, 83.14, 83.92}, {89.08, 84.51, 84.89, 85.46}, {90.21, 85.92, 86.14, 87.72}}});
    if (isKinetics(benchmark))
        return actionRows("Table 9", 5, 30, meanMeasure, {{{71.01, 68.26, 67.43, 68.83}, {72.51, 69.24, 68.79, 70.94}, {74.23, 72.39, 72.05, 73.77}}});
    return {};
}

std::vector<std::string> paperNotes(const std::string &benchmark)
{
    if (benchmark == ytfName)
        return {"Ten-fold accuracy over the 5,000 pairs of splits.txt; the paper does not say whether the pairs with errata were left out.",
                "The paper's \"above 130x\" at top-1 divides MAC by FLOP; the real speed-up is 1 / (cost of DDNet / cost of base + kept share)."};
    if (benchmark == iqiyiName)
        return {"The challenge's pairs are not public: with pairs of your own, only the differences between methods can be compared with the paper's."};
    if (benchmark == ijbaName)
        return {"Mean and deviation over 10 splits.", "The 0.73 % that section 4.1.4 places at FAR 1e-5 stands at FAR 1e-3 in Table 3."};
    if (benchmark == ijbcName)
        return {"Tables 4 and 5 differ for the same configuration (DDL, ResNet-18-CD, ResNet-101, MS-Celeb-1M); both are shown.",
                "Table 4's ArcFace row equals the public model without detector score and flip; the last row is the same model with both.",
                "The paper does not say which FAR rule it used, nor whether media are averaged first."};
    if (benchmark == marsName)
        return {"Table 7's figures are by the video-reid protocol, without re-ranking: clips of 4 frames of 224 x 112, whose features are averaged, squared "
                "L2. They stand "
                "beside no figure of the official protocol.",
                "Table 7's rows but DDL are those of Gao and Nevatia (Revisiting temporal modeling for video-based person ReID); its \"average\" is their "
                "image-based row, not "
                "their temporal pooling."};
    if (isActivityNet12(benchmark))
        return {"Table 8 is top-1 on ActivityNet-1.2's untrimmed videos, K = 9 of 60 clips; the paper does not say how the clips that are kept are fused."};
    if (isKinetics(benchmark))
        return {"Table 9 is the mean of top-1 and top-5 on Kinetics-700, K = 5 of 30 clips; it stands beside no other Kinetics. The paper does not say how the "
                "clips that are kept are fused."};
    return {};
}

} // namespace dscope
