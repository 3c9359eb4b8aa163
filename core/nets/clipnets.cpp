// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/clipnets.h"

#include "core/base/error.h"
#include "core/nets/clipfeatures.h"
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
    ArchitectureCost cost; ///< of one clip of the usual size, as countNetwork() counts it: tens of GMAC are too many to be run for a list
    const char *task;      ///< what its groups are; a task that this program does not have is the first one
    ClipFamily family;
    int depth = 0;
    bool split = false;
    std::int64_t divisor = 1;
    SlowFastShape pathways{};
};

constexpr std::array s_clipArchitectures{
    ClipArchitecture{"resnet3d10", {14'604'624, {5'653'798'912, 11'324'464'016}}, "action", ClipFamily::Hara, 10},
    ClipArchitecture{"resnet3d18", {33'409'104, {8'308'006'912, 16'636'625'296}}, "action", ClipFamily::Hara, 18},
    ClipArchitecture{"resnet3d34", {63'718'736, {12'696'297'472, 25'418'181'008}}, "action", ClipFamily::Hara, 34},
    ClipArchitecture{"resnet3d50", {47'018'576, {10'069'311'488, 20'197'717'904}}, "action", ClipFamily::Hara, 50},
    ClipArchitecture{"resnet3d18-quarter", {2'140'992, {1'138'862'080, 2'282'877'328}}, "action", ClipFamily::Hara, 18, false, 4},
    ClipArchitecture{"resnet3d18-eighth", {553'064, {491'252'736, 985'082'256}}, "action", ClipFamily::Hara, 18, false, 8},
    ClipArchitecture{"r2plus1d18", {33'421'164, {8'476'895'232, 17'005'944'896}}, "action", ClipFamily::Hara, 18, true},
    ClipArchitecture{"r2plus1d34", {63'747'500, {12'865'185'792, 25'797'094'464}}, "action", ClipFamily::Hara, 34, true},
    ClipArchitecture{"r2plus1d50", {47'035'382, {10'524'043'264, 21'136'661'520}}, "action", ClipFamily::Hara, 50, true},
    ClipArchitecture{"torchvision-r3d18", {33'371'472, {40'696'553'472, 81'464'608'144}}, "action", ClipFamily::Torchvision, 18},
    ClipArchitecture{"torchvision-r2plus1d18", {31'505'325, {40'519'080'960, 81'234'407'026}}, "action", ClipFamily::Torchvision, 18, true},
    ClipArchitecture{"slowfast50-8x8", {34'566'488, {65'708'888'064, 132'030'013'840}}, "action", ClipFamily::SlowFast, 50, false, 1, {4, 7, 400}},
    ClipArchitecture{"slowfast50-4x16", {34'480'216, {36'099'198'976, 72'604'459'408}}, "action", ClipFamily::SlowFast, 50, false, 1, {8, 5, 400}},
    ClipArchitecture{"ddnet-3d", {360'177, {862'211'888, 1'738'545'186}}, "action", ClipFamily::DdNet, 18},
};

constexpr int s_cropSide = 224 / 2; ///< half of the usual crop of pictures, as these networks and section 4.3 take it

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
    spec.inputHeight = spec.inputWidth = s_cropSide;
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

ModelSpec withClipFeatures(ModelSpec base, bool scores)
{
    const ClipArchitecture *one = clipArchitecture(base.architecture);
    if (one == nullptr || one->family == ClipFamily::DdNet)
        throw Error("Features before the last layer are known of the program's own networks on clips alone, and '" + base.name + "' (" + base.architecture
                    + ") is none of them.");
    base.output = scores ? clipScoresAndFeatures : clipFeatures;
    base.outputSize = 0; // as many as there are
    base.classes.clear();
    return base;
}

std::optional<ArchitectureCost> costOfClipNet(const std::string &architecture)
{
    const ClipArchitecture *one = clipArchitecture(architecture);
    return one == nullptr ? std::nullopt : std::optional(one->cost);
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
