// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/maderetrieval.h"

#include "core/base/random.h"

#include <cmath>
#include <numeric>
#include <string>

namespace dscope::test {

namespace {

/// Begins a tracklet; its elements follow.
void addTracklet(TemplateFeatures &set, std::int32_t person, std::int32_t camera)
{
    set.ids.push_back(std::ssize(set.ids) + 1);
    set.subjects.push_back(person);
    set.cameras.push_back(camera);
    set.begin.push_back(set.begin.back());
}

void addElement(TemplateFeatures &set, const std::vector<float> &feature, float dScore)
{
    set.features.insert(set.features.end(), feature.begin(), feature.end());
    set.dScores.push_back(dScore);
    ++set.begin.back();
}

} // namespace

MadeRetrieval madeRetrieval(const MadeRetrievalOptions &options)
{
    MadeRetrieval made;
    TemplateFeatures &set = made.set;
    set.benchmark = "made tracklets";
    set.synthetic = true;
    set.dim = options.dim;
    Random random(options.seed, 7001);
    const auto drawn = [&](double scale) {
        std::vector<float> values(static_cast<std::size_t>(options.dim));
        for (float &value : values)
            value = static_cast<float>(scale * random.normal());
        return values;
    };
    const auto fill = [&](const std::vector<float> &centre) {
        const auto count = 1 + static_cast<std::int64_t>(random.uniform() * static_cast<double>(options.most));
        for (std::int64_t i = 0; i < count; ++i) {
            const double good = random.uniform();
            std::vector<float> feature = drawn(0.4 + 3 * (1 - good));
            for (std::size_t d = 0; d < feature.size(); ++d)
                feature[d] += centre[d];
            addElement(set, feature, static_cast<float>(good));
        }
    };
    for (std::int64_t person = 0; person <= options.people; ++person)
        set.subjectNames.push_back(std::to_string(person));
    for (std::int64_t person = 1; person <= options.people; ++person) {
        const std::vector<float> centre = drawn(1);
        for (std::int32_t camera = 1; camera <= options.cameras; ++camera) {
            if (camera == 1)
                made.queries.push_back(static_cast<std::uint32_t>(set.ids.size()));
            addTracklet(set, static_cast<std::int32_t>(person), camera);
            fill(centre);
        }
    }
    for (const std::int32_t nobody : {-1, -1, 0, 0}) {
        addTracklet(set, nobody, options.cameras);
        fill(drawn(1));
    }
    made.gallery.resize(set.ids.size());
    std::iota(made.gallery.begin(), made.gallery.end(), 0U);
    return made;
}

MadeRetrieval handRetrieval()
{
    MadeRetrieval made;
    TemplateFeatures &set = made.set;
    set.benchmark = "made by hand";
    set.dim = 1;
    set.subjectNames = {"0", "1", "2"};
    struct One {
        std::int32_t person;
        std::int32_t camera;
        std::vector<float> values;
    };
    for (const One &one :
         std::vector<One>{{1, 1, {-1, 1}}, {1, 2, {2}}, {2, 1, {1}}, {1, 1, {0.5F}}, {-1, 3, {0.125F}}, {0, 2, {-1}}, {2, 2, {}}, {1, 3, {3}}}) {
        addTracklet(set, one.person, one.camera);
        for (const float value : one.values)
            addElement(set, {value}, 0.5F);
    }
    made.queries = {0, 7};
    made.gallery = {0, 1, 2, 3, 4, 5, 6, 7};
    return made;
}

} // namespace dscope::test
