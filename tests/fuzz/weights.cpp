#include "core/discriminability/features.h"
#include "core/discriminability/labelset.h"
#include "core/discriminability/secondlook.h"
#include "core/evaluation/nan.h"
#include "core/evaluation/poolfile.h"
#include "core/nets/checkpoint.h"
#include "core/nets/library.h"
#include "core/nets/pickle.h"
#include "core/nets/tensorlist.h"
#include "tests/fuzz/target.h"
#include "tests/support/madefiles.h"

#include <algorithm>

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
    refusable([&] { (void)Nan::load(file); });
    refusable([&] { (void)loadPool(file); });
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
    const bool npy = textOf(bytes).starts_with("\x93NUMPY");
    const auto file = fileWith(npy ? "a.npy" : "a.safetensors", textOf(bytes));
    refusable([&] {
        const auto rows = openFeatures(file);
        require(rows->count() >= 0 && rows->dim() > 0, "features without a length");
        if (rows->count() > 0 && rows->dim() < 4096) {
            std::vector<float> row(static_cast<std::size_t>(rows->dim()));
            rows->read(rows->count() - 1, row);
        }
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
