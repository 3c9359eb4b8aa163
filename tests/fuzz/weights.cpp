// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/aggregation/nan.h"
#include "core/nets/checkpoint.h"
#include "core/nets/library.h"
#include "core/nets/pickle.h"
#include "core/nets/tensorlist.h"
#include "core/scores/features.h"
#include "core/scores/labelset.h"
#include "core/scores/secondlook.h"
#include "core/sets/poolfile.h"
#include "core/training/cliptargets.h"
#include "tests/fuzz/target.h"
#include "tests/support/madefiles.h"

#include <algorithm>
#include <utility>

// Files of tensors, and what is kept in them.

namespace dscope::fuzz {

namespace {

/// What `dscope info` and the Models page do with any weights file.
void lookInto(const std::filesystem::path &file)
{
    refusable([&] {
        const WeightsInfo info = readWeightsInfo(file);
        for (const TensorInfo &tensor : info.tensors)
            require(std::all_of(tensor.shape.begin(), tensor.shape.end(), [](std::int64_t side) { return side >= 0; }), "a tensor has a negative side");
    });
    refusable([&] { (void)readCheckpoint(file); });
    refusable([&] { (void)describeFile(file); });
}

} // namespace

DSCOPE_FUZZ_TARGET(weights)
{
    refusable([&] {
        const Checkpoint checkpoint = parseCheckpoint(bytes, "a.pth");
        for (const std::string &note : checkpoint.notes)
            requireOwnWords(note);
    });
    lookInto(fileWith("a.pth", textOf(bytes)));
}

DSCOPE_FUZZ_TARGET(safetensors)
{
    const auto file = fileWith("a.safetensors", textOf(bytes));
    lookInto(file);
    refusable([&] { (void)Nan::parse(bytes, file); });
    refusable([&] { (void)parsePool(bytes, file); });
}

DSCOPE_FUZZ_TARGET(pickle)
{
    refusable([&] { (void)detail::parsePickle(bytes, "a.pth", "data.pkl"); });
    // Around the description the zip that PyTorch writes, with one storage of 256 bytes.
    const std::string storage(256, '\1');
    lookInto(fileWith("a.pth", test::zipOf({{"a/data.pkl", std::string(textOf(bytes))}, {"a/data/0", storage}})));
}

DSCOPE_FUZZ_TARGET(features)
{
    refusable([&] {
        Progress progress;
        std::vector<std::string> notices;
        const auto rows = parseFeatures(bytes, "a.npy", &notices);
        require(rows->count() > 0 && rows->dim() > 1, "features without a length");
        (void)rows->fit(progress);
        // As evaluate does: all rows in one array of float32.
        std::vector<float> all(static_cast<std::size_t>(rows->count() * rows->dim()));
        constexpr std::int64_t block = 1024;
        for (std::int64_t begin = 0; begin < rows->count(); begin += block) {
            const std::int64_t count = std::min(block, rows->count() - begin);
            rows->read(begin, std::span(all).subspan(static_cast<std::size_t>(begin * rows->dim()), static_cast<std::size_t>(count * rows->dim())));
        }
        for (const std::string &notice : notices)
            requireOwnWords(notice);
    });
}

DSCOPE_FUZZ_TARGET(targets)
{
    refusable([&] {
        const LabelSet set(parseTargets(bytes, "targets.safetensors"), "targets.safetensors");
        for (const int picture : set.order())
            (void)set.companion(picture);
    });
}

DSCOPE_FUZZ_TARGET(cliptargets)
{
    refusable([&] {
        const ClipTargets targets = parseClipTargets(bytes, "targets.safetensors");
        require(targets.places.size() == targets.labels.size() && targets.scores.normalised.size() == targets.labels.size(), "a clip lacks a part");
        for (std::size_t i = 0; i < targets.labels.size(); ++i)
            require(std::cmp_less(targets.places[i].video, targets.parts.size()) && std::cmp_less(targets.labels[i], targets.classes.size()),
                    "a clip of a video or a class that there is not");
    });
}

DSCOPE_FUZZ_TARGET(second)
{
    refusable([&] {
        const auto look = SecondLook::parse(bytes, "a.second.safetensors");
        require(look->dim() > 0 && look->dim() <= SecondLook::longest, "a second look of no length");
        std::vector<float> embedding(static_cast<std::size_t>(look->dim()));
        for (std::size_t i = 0; i < embedding.size(); ++i)
            embedding[i] = static_cast<float>(i % 7) - 3;
        const double score = look->score(embedding);
        require(score >= SecondLook::lowest && score <= SecondLook::highest, "a D-score out of bounds");
    });
}

} // namespace dscope::fuzz
