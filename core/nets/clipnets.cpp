// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/clipnets.h"

#include "core/nets/ddnet3d.h"
#include "core/nets/resnet3d.h"
#include "core/nets/slowfast.h"
#include "core/nets/videoresnet.h"
#include "core/tasks/task.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace dscope {

namespace {

/// Who published such networks, and so how their clips are prepared.
enum class ClipFamily { Hara, Torchvision, SlowFast, DdNet };

struct ClipArchitecture {
    const char *name;
    const char *task; ///< what its groups are; a task that this program does not have is the first one
    ClipFamily family;
    int depth = 0;
    bool split = false;
    std::int64_t divisor = 1;
    SlowFastShape pathways{};
};

constexpr std::array s_clipArchitectures{
    ClipArchitecture{"resnet3d10", "action", ClipFamily::Hara, 10},
    ClipArchitecture{"resnet3d18", "action", ClipFamily::Hara, 18},
    ClipArchitecture{"resnet3d34", "action", ClipFamily::Hara, 34},
    ClipArchitecture{"resnet3d50", "action", ClipFamily::Hara, 50},
    ClipArchitecture{"resnet3d18-quarter", "action", ClipFamily::Hara, 18, false, 4},
    ClipArchitecture{"resnet3d18-eighth", "action", ClipFamily::Hara, 18, false, 8},
    ClipArchitecture{"r2plus1d18", "action", ClipFamily::Hara, 18, true},
    ClipArchitecture{"r2plus1d34", "action", ClipFamily::Hara, 34, true},
    ClipArchitecture{"r2plus1d50", "action", ClipFamily::Hara, 50, true},
    ClipArchitecture{"torchvision-r3d18", "action", ClipFamily::Torchvision, 18},
    ClipArchitecture{"torchvision-r2plus1d18", "action", ClipFamily::Torchvision, 18, true},
    ClipArchitecture{"slowfast50-8x8", "action", ClipFamily::SlowFast, 50, false, 1, {4, 7, 400}},
    ClipArchitecture{"slowfast50-4x16", "action", ClipFamily::SlowFast, 50, false, 1, {8, 5, 400}},
    ClipArchitecture{"ddnet-3d", "action", ClipFamily::DdNet, 18},
};

const ClipArchitecture *clipArchitecture(std::string_view name)
{
    const auto known = std::find_if(s_clipArchitectures.begin(), s_clipArchitectures.end(), [&](const ClipArchitecture &one) { return one.name == name; });
    return known == s_clipArchitectures.end() ? nullptr : &*known;
}

/// Mean and deviation of values from 0 to 1, RGB.
void normaliseBy(ModelSpec &spec, const std::array<double, 3> &mean, const std::array<double, 3> &deviation)
{
    for (std::size_t c = 0; c < mean.size(); ++c) {
        spec.mean[c] = static_cast<float>(255 * mean[c]);
        spec.scale[c] = static_cast<float>(1 / (255 * deviation[c]));
    }
}

} // namespace

const std::vector<std::string> &clipNetArchitectures()
{
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const ClipArchitecture &one : s_clipArchitectures)
            all.emplace_back(one.name);
        return all;
    }();
    return names;
}

std::shared_ptr<FaceNet> createClipNet(const std::string &architecture, std::int64_t classes)
{
    const ClipArchitecture *one = clipArchitecture(architecture);
    if (one == nullptr)
        return nullptr;
    const std::int64_t given = classes > 0 ? classes : one->pathways.classes;
    switch (one->family) {
    case ClipFamily::Hara: return std::make_shared<ResNet3d>(ResNet3dShape{one->depth, one->split, one->divisor, given});
    case ClipFamily::Torchvision: return std::make_shared<VideoResNet>(one->split, given);
    case ClipFamily::SlowFast: return std::make_shared<SlowFast>(SlowFastShape{one->pathways.alpha, one->pathways.fusion, given});
    case ClipFamily::DdNet: break;
    }
    return std::make_shared<DdNet3d>();
}

bool describeClipNet(ModelSpec &spec)
{
    const ClipArchitecture *one = clipArchitecture(spec.architecture);
    if (one == nullptr)
        return false;
    const std::vector<Task> &known = tasks();
    if (std::any_of(known.begin(), known.end(), [&](const Task &task) { return task.name == one->task; }))
        spec.task = one->task;
    spec.inputFrames = 16;
    spec.inputHeight = spec.inputWidth = 112;
    spec.outputSize = one->pathways.classes;
    switch (one->family) {
    case ClipFamily::Hara: // those of Kinetics, which its training takes by default
        normaliseBy(spec, {0.4345, 0.4051, 0.3775}, {0.2768, 0.2713, 0.2737});
        break;
    case ClipFamily::Torchvision: normaliseBy(spec, {0.43216, 0.394666, 0.37645}, {0.22803, 0.22145, 0.216989}); break;
    case ClipFamily::SlowFast: // the crop of its test
        normaliseBy(spec, {0.45, 0.45, 0.45}, {0.225, 0.225, 0.225});
        spec.inputFrames = 32;
        spec.inputHeight = spec.inputWidth = 256;
        break;
    case ClipFamily::DdNet: spec.outputSize = 1; break;
    }
    return true;
}

std::optional<ClipSampling> usualSampling(const std::string &architecture)
{
    const ClipArchitecture *one = clipArchitecture(architecture);
    if (one == nullptr)
        return std::nullopt;
    switch (one->family) {
    case ClipFamily::Hara: return ClipSampling{0, 1};
    case ClipFamily::Torchvision: return ClipSampling{15, 1};
    case ClipFamily::SlowFast: return ClipSampling{30, 2};
    case ClipFamily::DdNet: break;
    }
    return ClipSampling{30, 1};
}

} // namespace dscope
