// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/labels.h"

#include "core/base/files.h"
#include "core/base/random.h"
#include "tests/support/analysis.h"

#include <cmath>

namespace dscope::test {

namespace {
void finish(Targets &targets)
{
    DScores &scores = targets.scores;
    scores.mu = 1.5;
    scores.sigma = 0.5;
    for (const double raw : scores.raw)
        scores.normalised.push_back(1 / (1 + std::exp(-(raw - scores.mu) / scores.sigma)));
    for (std::size_t label = 0; label < targets.faces.people.size(); ++label)
        scores.classes.push_back(static_cast<std::int32_t>(label));
    targets.base.name = "made-base";
    targets.base.architecture = "compact";
    targets.base.file = "made.safetensors";
}
} // namespace

Targets madeTargets(const MadeLabels &wish)
{
    Targets targets;
    targets.options.copies = wish.copies;
    targets.options.dscore.metric = wish.cosine ? DScoreOptions::Metric::Cosine : DScoreOptions::Metric::Euclidean;
    targets.faces.root = wish.files.empty() ? "/nowhere" : wish.files;
    const int people = wish.people + (wish.single ? 1 : 0);
    for (int p = 0; p < people; ++p) {
        const std::string person = "person " + std::string(1, static_cast<char>('A' + p));
        targets.faces.people.push_back(person);
        const bool alone = p == wish.people;
        for (int j = 0; j < (alone ? 1 : wish.perPerson); ++j) {
            const std::string name = person + "/" + std::to_string(j) + ".jpg";
            targets.faces.files.push_back(name);
            targets.faces.labels.push_back(p);
            if (!wish.files.empty()) {
                const auto jpeg = madeThumbnail(p * 70, 1 - 0.15 * j);
                writeAtomically(wish.files / name, std::string_view(reinterpret_cast<const char *>(jpeg->data()), jpeg->size()));
            }
            for (int c = 0; c < wish.copies; ++c) {
                // A copy is worse than the picture.
                const double near = 0.9 - 0.1 * j - 0.01 * c;
                const double far = 0.3 + 0.1 * p;
                targets.scores.own.push_back(wish.cosine ? near : far);
                targets.scores.hardest.push_back(wish.cosine ? far : near);
                targets.scores.raw.push_back(near / far);
                targets.scores.hardestClass.push_back((p + 1) % people);
                targets.scores.target.push_back(alone ? 0 : 1);
            }
        }
    }
    finish(targets);
    return targets;
}

std::shared_ptr<const LabelSet> madeCloud(int pictures)
{
    Targets targets;
    targets.options.copies = 1;
    targets.faces.root = "/nowhere";
    constexpr int people = 1000;
    for (int p = 0; p < people; ++p)
        targets.faces.people.push_back("person " + std::to_string(1000 + p));
    Random random(7, 0);
    for (int i = 0; i < pictures; ++i) {
        targets.faces.files.push_back(std::to_string(i) + ".jpg");
        targets.faces.labels.push_back(i % people);
        targets.scores.own.push_back(0.72 + 0.12 * random.normal());
        targets.scores.hardest.push_back(0.42 + 0.07 * random.normal());
        targets.scores.raw.push_back(targets.scores.own.back() / std::max(0.001, targets.scores.hardest.back()));
        targets.scores.hardestClass.push_back((i + 1) % people);
        targets.scores.target.push_back(1);
    }
    finish(targets);
    return std::make_shared<const LabelSet>(std::move(targets), "cloud.targets");
}

} // namespace dscope::test
