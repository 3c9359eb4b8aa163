// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/clipinput.h"

#include "core/base/error.h"
#include "core/nets/facenet.h"
#include "core/tasks/task.h"
#include "core/training/cliptrainer.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace dscope {

Picture stackedClip(const Clip &clip)
{
    if (clip.empty())
        throw Error("A clip without frames cannot be learnt from.");
    Picture all(clip.width(), clip.frames() * clip.height());
    auto to = all.rgb.begin();
    for (const Picture &frame : clip)
        to = std::copy(frame.rgb.begin(), frame.rgb.end(), to);
    return all;
}

at::Tensor clipBatch(std::span<const Picture> stacked, const ModelSpec &spec)
{
    ModelSpec input = spec;
    input.task = tasks().front().name; // the clips have their size already
    input.inputFrames = 1;
    input.inputHeight = spec.inputFrames * spec.inputHeight;
    const at::Tensor x = prepareBatch(stacked, input);
    // As prepareBatch() has clips: a view, whose channels lie together.
    return x.permute({0, 2, 3, 1}).view({x.size(0), spec.inputFrames, spec.inputHeight, spec.inputWidth, 3}).permute({0, 4, 1, 2, 3});
}

bool drawsRandomNumbers(const std::string &architecture)
{
    return architecture.starts_with("slowfast");
}

void runOnClips(FaceNet &net, const ClipSet &set, std::span<const std::size_t> indices, const ModelSpec &spec, Progress &progress,
                const std::function<void(std::size_t, std::span<const double>)> &take, const std::function<Clip(Clip)> &seen)
{
    constexpr std::size_t atOnce = 8; // so that the layers' outputs stay in the cache, see CONTRIBUTING.md
    const at::NoGradGuard guard;
    const at::Device device = net.parameters().front().device();
    for (std::size_t begin = 0; begin < indices.size(); begin += atOnce) {
        progress.throwIfCancelled();
        std::vector<Picture> some;
        for (std::size_t i = begin; i < std::min(indices.size(), begin + atOnce); ++i)
            some.push_back(stackedClip(seen ? seen(set.clip(indices[i])) : set.clip(indices[i])));
        const at::Tensor y = net.forward(clipBatch(some, spec).to(device)).to(at::kCPU, at::kDouble).contiguous();
        for (std::size_t i = 0; i < some.size(); ++i)
            take(begin + i, {y.data_ptr<double>() + static_cast<std::ptrdiff_t>(i) * y.size(1), static_cast<std::size_t>(y.size(1))});
    }
}

} // namespace dscope
