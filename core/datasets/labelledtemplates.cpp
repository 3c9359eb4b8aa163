// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/setlayout.h"
#include "core/datasets/benchmark.h"

#include <algorithm>

namespace dscope {

Benchmark readLabelledTemplates(const std::filesystem::path &root, const BenchmarkOptions &options, Progress &progress)
{
    ImageSet set = readImageSet(root, progress);
    if (set.kind == "folder of folders") {
        std::vector<std::string> people;
        for (const ImageGroup &group : set.groups)
            if (!group.label.empty() && (people.empty() || people.back() != group.label))
                people.push_back(group.label);
        if (const std::string wrong = partsNotPeople(people); !wrong.empty())
            throw FileError(root, wrong);
    }
    Benchmark benchmark;
    benchmark.name = "templates";
    benchmark.synthetic = isSynthetic(root);
    benchmark.fars = {1e-4, 1e-3, 1e-2, 1e-1};
    benchmark.warnings = std::move(set.warnings);
    benchmark.pictureFolder = root;
    benchmark.pictureOrder = set.kind == "csv" ? "that of the lines of " + root.string() : "by name, folder by folder";
    BenchmarkBuilder builder(benchmark);
    std::size_t nobody = 0;
    for (const ImageGroup &group : set.groups) {
        nobody += group.label.empty() ? 1 : 0;
        builder.addTemplate(static_cast<std::int64_t>(benchmark.ids.size()), builder.subject(group.label));
        const bool byMedia = std::all_of(group.items.begin(), group.items.end(), [](const ImageItem &item) { return item.media >= 0; }) && set.kind == "ijb";
        for (const ImageItem &item : group.items)
            builder.addFace(builder.picture(item), byMedia ? item.media : -1);
    }
    if (benchmark.media.size() != benchmark.faces.size())
        benchmark.media.clear();
    if (nobody > 0)
        benchmark.warnings.push_back(std::to_string(nobody) + " templates have no label and are compared with none.");
    BenchmarkSplit split;
    try {
        split.pairs = pairsOfSubjects(benchmark, options.impostorPairs, options.seed, progress);
    } catch (const Error &error) {
        throw FileError(root,
                        std::string(error.what()) + " Lay the pictures out as person/template/picture.jpg, or give a csv with columns path, group, label.");
    }
    benchmark.splits.push_back(std::move(split));
    takeEveryNth(benchmark, options.everyNth, progress);
    return benchmark;
}

} // namespace dscope
