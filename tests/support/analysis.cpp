// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/analysis.h"

#include "core/analysis/secondscores.h"
#include "core/base/random.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace dscope::test {

std::shared_ptr<const std::vector<std::uint8_t>> madeThumbnail(int hue, double score)
{
    // A few hundred pictures serve any number of faces.
    static std::map<std::pair<int, int>, std::shared_ptr<const std::vector<std::uint8_t>>> made;
    const int step = static_cast<int>(score * 20);
    auto &picture = made[{hue % 12, step}];
    if (!picture) {
        Picture face(112, 112);
        for (int y = 0; y < face.height; ++y)
            for (int x = 0; x < face.width; ++x) {
                const double dx = (x - 56) / 40.0;
                const double dy = (y - 58) / 50.0;
                const bool inside = dx * dx + dy * dy < 1;
                const double stripes = 0.5 + 0.5 * std::sin(x * 0.5 * step / 20) * std::sin(y * 0.35 * step / 20);
                for (int channel = 0; channel < 3; ++channel) {
                    const double tint = 0.55 + 0.45 * std::cos(hue * 0.9 + channel * 2.1);
                    face.row(y)[3 * x + channel] = static_cast<std::uint8_t>(inside ? 60 + 180 * tint * (0.5 + 0.5 * stripes) : 40 + 50 * tint);
                }
            }
        picture = std::make_shared<const std::vector<std::uint8_t>>(encodeJpeg(face, 85));
    }
    return picture;
}

void lookTwice(Analysis &analysis, const std::string &rule)
{
    SecondLookOrigin origin;
    origin.base = analysis.base.name;
    origin.baseHash = analysis.base.hash;
    origin.ridge = 3000;
    origin.rule = rule;
    std::vector<double> weights(static_cast<std::size_t>(2 * analysis.dim + 2), 0.0);
    weights[0] = 0.05;
    weights[3] = -0.04;
    applySecondLook(analysis, SecondLook(weights, 0.5, origin), "made.second.safetensors", "3");
}

Analysis madeAnalysis(const MadeAnalysis &wish)
{
    Random random(wish.seed);
    Analysis analysis;
    analysis.ddnet = {"ddnet-made", "ddnet", "0", {39'700'000, 79'300'000}, 250'000, {}, 0.8};
    analysis.base = {"base-made", "mobilefacenet-prelu", "1", {220'000'000, 445'000'000}, 1'000'000, {}, 3.1};
    analysis.detector = {"detector-made", "retinaface", "2", {}, 400'000, {}, 12};
    if (!wish.times)
        analysis.ddnet.msPerPicture = analysis.base.msPerPicture = 0;
    analysis.device = "cpu";
    analysis.dim = wish.dim;
    analysis.mu = 1.6;
    analysis.sigma = 0.45;
    Source source;
    source.path = wish.file;
    source.kind = wish.video ? "video" : "folder";
    source.fps = wish.video ? 25 : 0;
    std::vector<float> centre(static_cast<std::size_t>(wish.dim));
    for (int g = 0; g < wish.groups; ++g) {
        Group group;
        group.id = (wish.video ? "person " : "folder ") + std::to_string(g + 1);
        if (wish.labels)
            group.label = "label " + std::to_string(g / 2);
        if (!wish.labels || g % 2 == 0)
            for (float &value : centre)
                value = static_cast<float>(random.normal());
        const double level = random.uniform(-0.3, 1.6);
        for (int e = 0; e < wish.facesPerGroup; ++e) {
            Element element;
            const double wave = std::sin(e * 6.0 / wish.facesPerGroup + g);
            element.dScore = static_cast<float>(1 / (1 + std::exp(-(level + wave + 0.7 * random.normal()))));
            element.detectorScore = static_cast<float>(random.uniform(0.6, 1));
            if (wish.video) {
                element.file = wish.file;
                element.frame = g * 7 + e;
                element.timeS = static_cast<double>(element.frame) / source.fps;
            } else {
                element.file = wish.file / group.id / ("picture" + std::to_string(1000 + e) + ".jpg");
            }
            const auto x = static_cast<float>(20 + 5 * e % 400);
            element.box = Box{x, 30, 60, 80};
            element.landmarks = Landmarks{Point{x + 18, 60}, Point{x + 42, 60}, Point{x + 30, 75}, Point{x + 20, 92}, Point{x + 40, 92}};
            element.thumbnail = madeThumbnail(g, static_cast<double>(element.dScore));
            const double noise = 2.5 * (1 - static_cast<double>(element.dScore));
            for (const float value : centre)
                group.embeddings.push_back(value + static_cast<float>(noise * random.normal()));
            group.elements.push_back(std::move(element));
        }
        source.groups.push_back(std::move(group));
    }
    source.frames = wish.video ? wish.groups * 7 + wish.facesPerGroup : wish.groups * wish.facesPerGroup;
    source.durationS = wish.video ? static_cast<double>(source.frames) / source.fps : 0;
    source.warnings.push_back("made-up warning");
    analysis.sources.push_back(std::move(source));
    return analysis;
}

} // namespace dscope::test
