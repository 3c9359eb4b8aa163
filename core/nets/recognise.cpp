// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/recognise.h"

#include "core/base/error.h"
#include "core/nets/architectures.h"
#include "core/nets/library.h"
#include "core/nets/names.h"
#include "core/nets/resnet.h"
#include "core/nets/wanted.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace dscope {

namespace {

using Shape = std::vector<std::int64_t>;

constexpr std::int64_t s_anyCount = -1; ///< a side of a shape that may be any, within reason
constexpr std::int64_t s_mostClasses = 1 << 16;

/// What a network of an architecture is told by.
struct Signature {
    const char *architecture;
    std::vector<std::pair<const char *, Shape>> tensors; ///< an empty shape: any
    const char *absent = nullptr;                        ///< what it must not have
    std::array<int, 4> blocks{};                         ///< of layer1 to layer4 of a ResNet; zeros: is none
    const char *classes = nullptr;                       ///< whose first side says how many classes there are
};

/// Whether a tensor has the sides that are wanted.
bool fitsShape(const Shape &shape, const Shape &wanted)
{
    if (shape.size() != wanted.size())
        return false;
    for (std::size_t i = 0; i < shape.size(); ++i)
        if (wanted[i] == s_anyCount ? shape[i] < 1 || shape[i] > s_mostClasses : shape[i] != wanted[i])
            return false;
    return true;
}

/// The networks on clips.
void addClipSignatures(std::vector<Signature> &made)
{
    using Tensors = std::vector<std::pair<const char *, Shape>>;
    const auto add = [&](const char *name, Tensors tensors, const char *classes, std::int64_t features, const std::array<int, 4> &blocks) {
        tensors.push_back({classes, {s_anyCount, features}});
        made.push_back({name, std::move(tensors), nullptr, blocks, classes});
    };
    constexpr std::array<int, 4> ten{1, 1, 1, 1};
    constexpr std::array<int, 4> eighteen{2, 2, 2, 2};
    constexpr std::array<int, 4> more{3, 4, 6, 3};
    // Hara's; not those of pre-activation, whose batch-norms stand before the convolutions, nor those with shortcuts of kind A, which have no weights.
    const auto hara = [&](const char *name, std::int64_t width, const std::array<int, 4> &blocks) {
        add(name,
            {{"conv1.weight", {width, 3, 7, 7, 7}},
             {"layer1.0.conv1.weight", {width, width, 3, 3, 3}},
             {"layer2.0.bn1.weight", {2 * width}},
             {"layer4.0.downsample.0.weight", {8 * width, 4 * width, 1, 1, 1}}},
            "fc.weight", 8 * width, blocks);
    };
    hara("resnet3d10", 64, ten);
    hara("resnet3d18", 64, eighteen);
    hara("resnet3d34", 64, more);
    hara("resnet3d18-quarter", 16, eighteen);
    hara("resnet3d18-eighth", 8, eighteen);
    const Tensors bottlenecks{{"layer1.0.bn1.weight", {64}}, {"layer1.0.bn3.weight", {256}}, {"layer4.0.downsample.0.weight", {2048, 1024, 1, 1, 1}}};
    const auto with = [](Tensors tensors, const Tensors &others) {
        tensors.insert(tensors.end(), others.begin(), others.end());
        return tensors;
    };
    add("resnet3d50", with({{"conv1.weight", {64, 3, 7, 7, 7}}, {"layer1.0.conv2.weight", {64, 64, 3, 3, 3}}}, bottlenecks), "fc.weight", 2048, more);
    const Tensors split{{"conv1_s.weight", {110, 3, 1, 7, 7}}, {"conv1_t.weight", {64, 110, 7, 1, 1}}};
    const Tensors basic{{"layer1.0.conv1_s.weight", {144, 64, 1, 3, 3}}, {"layer4.0.downsample.0.weight", {512, 256, 1, 1, 1}}};
    add("r2plus1d18", with(split, basic), "fc.weight", 512, eighteen);
    add("r2plus1d34", with(split, basic), "fc.weight", 512, more);
    add("r2plus1d50", with(with(split, {{"layer1.0.conv2_s.weight", {144, 64, 1, 3, 3}}}), bottlenecks), "fc.weight", 2048, more);
    add("torchvision-r3d18", {{"stem.0.weight", {64, 3, 3, 7, 7}}, {"layer1.0.conv1.0.weight", {64, 64, 3, 3, 3}}}, "fc.weight", 512, eighteen);
    add("torchvision-r2plus1d18",
        {{"stem.0.weight", {45, 3, 1, 7, 7}}, {"stem.3.weight", {64, 45, 3, 1, 1}}, {"layer1.0.conv1.0.0.weight", {144, 64, 1, 3, 3}}}, "fc.weight", 512,
        eighteen);
    const auto slowFast = [&](const char *name, std::int64_t kernel) {
        add(name,
            {{"s1.pathway1_stem.conv.weight", {8, 3, 5, 7, 7}},
             {"s1_fuse.conv_f2s.weight", {16, 8, kernel, 1, 1}},
             {"s2.pathway0_res0.branch2.a.weight", {64, 80, 1, 1, 1}},
             {"s4.pathway0_res5.branch2.a.weight", {256, 1024, 3, 1, 1}},
             {"s5.pathway0_res2.branch2.c.weight", {2048, 512, 1, 1, 1}}},
            "head.projection.weight", 2304, {});
        made.back().absent = "s4.pathway0_res6.branch2.a.weight";
    };
    slowFast("slowfast50-8x8", 7);
    slowFast("slowfast50-4x16", 5);
    made.push_back({"ddnet-3d", {{"layer1.0.prelu.weight", {}}, {"conv1.weight", {8, 3, 3, 3, 3}}, {"fc.weight", {1, 48}}}, nullptr, eighteen});
}

const std::vector<Signature> &signatures()
{
    constexpr std::array<int, 4> eighteen{2, 2, 2, 2};
    constexpr std::array<int, 4> thirtyFour{3, 4, 6, 3};
    static const std::vector<Signature> all = [&] {
        std::vector<Signature> made{
            {"mobilefacenet-prelu",
             {{"linear7.conv.weight", {512, 1, 7, 6}}, {"linear1.conv.weight", {128, 512, 1, 1}}, {"blocks.0.conv.0.weight", {128, 64, 1, 1}}}},
            {"mobilefacenet-relu6",
             {{"gdconv.depthwise.weight", {512, 1, 7, 7}}, {"conv3.weight", {128, 512, 1, 1}}, {"features.0.conv.0.0.weight", {128, 64, 1, 1}}}},
            {"compact", {{"head.weight", {160, 1, 7, 7}}, {"out.weight", {128, 160, 1, 1}}, {"conv1.weight", {24, 3, 3, 3}}}},
            {"compact-person", {{"head.weight", {128, 1, 8, 4}}, {"out.weight", {128, 128, 1, 1}}, {"conv1.weight", {24, 3, 3, 3}}}}};
        const std::vector<std::pair<const char *, Shape>> poly{{"stem.conv1.0.conv.weight", {32, 3, 3, 3}},
                                                               {"stage_a.9.blocks.1.conv2d.conv.weight", {384, 128, 1, 1}},
                                                               {"stage_b.18.conv2d_blocks.2.conv.weight", {1152, 384, 1, 1}},
                                                               {"stage_c.9.blocks.1.conv2d.conv.weight", {2048, 448, 1, 1}}};
        const auto with = [](std::vector<std::pair<const char *, Shape>> tensors, std::vector<std::pair<const char *, Shape>> more) {
            tensors.insert(tensors.end(), more.begin(), more.end());
            return tensors;
        };
        made.push_back({"polynet331", with(poly, {{"last_linear.weight", {1000, 2048}}}), "stage_c.10.conv2d_blocks.0.conv.weight"});
        made.push_back({"polynet", with(poly, {{"fc.weight", {512, 51200}}, {"features.running_var", {512}}}), "stage_c.10.conv2d_blocks.0.conv.weight"});
        made.push_back({"dlib-resnet",
                        {{"conv1.weight", {32, 3, 7, 7}}, {"layer5.0.conv2.weight", {256, 256, 3, 3}}, {"fc.weight", {128, 256}}},
                        "layer5.1.conv1.weight"});
        // Not those of twice the width, of grouped convolutions (ResNeXt) or with instance-norm beside the batch-norm (IBN).
        made.push_back({"resnet50",
                        {{"conv1.weight", {64, 3, 7, 7}},
                         {"bn1.running_var", {64}},
                         {"layer1.0.bn1.weight", {64}},
                         {"layer1.0.conv3.weight", {256, 64, 1, 1}},
                         {"layer4.0.downsample.0.weight", {2048, 1024, 1, 1}},
                         {"layer4.2.conv3.weight", {2048, 512, 1, 1}}},
                        nullptr,
                        {3, 4, 6, 3}});
        const std::vector<std::pair<const char *, Shape>> iresnet{{"conv1.weight", {64, 3, 3, 3}},
                                                                  {"fc.weight", {512, 25088}},
                                                                  {"features.running_var", {512}},
                                                                  {"layer1.0.bn1.weight", {64}},
                                                                  {"layer1.0.bn3.weight", {64}}};
        made.push_back({"iresnet18", iresnet, nullptr, eighteen});
        made.push_back({"iresnet34", iresnet, nullptr, thirtyFour});
        made.push_back({"iresnet50", iresnet, nullptr, {3, 4, 14, 3}});
        made.push_back({"iresnet100", iresnet, nullptr, {3, 13, 30, 3}});
        made.push_back({"iresnet18cd", {{"conv1.weight", {8, 3, 3, 3}}, {"fc.weight", {128, 2352}}, {"features.running_var", {128}}}, nullptr, eighteen});
        const auto ddnet = [&](const char *name, std::int64_t first, std::int64_t last, const std::array<int, 4> &blocks) {
            made.push_back(
                {name, {{"layer1.0.prelu.weight", {}}, {"conv1.weight", {first, 3, 3, 3}}, {"fc.weight", {1, last}}}, "layer1.0.bn3.weight", blocks});
        };
        ddnet("ddnet", 8, 48, eighteen);
        ddnet("ddnet-resnet34cd", 8, 48, thirtyFour);
        ddnet("ddnet-resnet18", 64, 512, eighteen);
        addClipSignatures(made);
        return made;
    }();
    return all;
}

std::string textOf(const Shape &shape)
{
    std::string text;
    for (const std::int64_t side : shape)
        text += (text.empty() ? "" : ", ") + (side == s_anyCount ? std::string("classes") : std::to_string(side));
    return "[" + text + "]";
}

/// Shapes of tensors by name.
class Shapes {
public:
    explicit Shapes(const WeightsInfo &weights)
    {
        std::vector<std::string> plain;
        for (const TensorInfo &tensor : weights.tensors)
            plain.push_back(plainName(tensor.name));
        const std::vector<std::string> numbered = numberedResNets({plain.begin(), plain.end()});
        for (std::size_t i = 0; i < plain.size(); ++i)
            m_shapes[torchvisionName(plain[i], numbered)] = &weights.tensors[i].shape;
    }

    const Shape *find(std::string_view prefix, const char *name) const
    {
        const auto found = m_shapes.find(std::string(prefix) + name);
        return found == m_shapes.end() ? nullptr : found->second;
    }
    std::vector<std::string_view> names() const
    {
        std::vector<std::string_view> all;
        for (const auto &entry : m_shapes)
            all.push_back(entry.first);
        return all;
    }
    /// How many blocks layer1 to layer4 of a ResNet have.
    std::array<int, 4> blocks(std::string_view prefix) const
    {
        std::array<int, 4> blocks{};
        for (std::size_t stage = 0; stage < blocks.size(); ++stage)
            while (hasBlock(prefix, "layer" + std::to_string(stage + 1) + '.' + std::to_string(blocks[stage])))
                ++blocks[stage];
        return blocks;
    }
    const std::unordered_map<std::string, const Shape *> &all() const { return m_shapes; }

private:
    /// Whether a block's first convolution is there: whole, split into space and time, or one of torchvision's on clips.
    bool hasBlock(std::string_view prefix, const std::string &block) const
    {
        constexpr std::array<const char *, 4> firsts{".conv1.weight", ".conv1_s.weight", ".conv1.0.weight", ".conv1.0.0.weight"};
        return std::any_of(firsts.begin(), firsts.end(), [&](const char *first) { return find(prefix, (block + first).c_str()) != nullptr; });
    }

    std::unordered_map<std::string, const Shape *> m_shapes;
};

/// What of a signature is otherwise in the file, in words; and how many of its tensors are there as they should be.
struct Compared {
    std::vector<std::string> differences;
    std::size_t same = 0;
};

Compared compare(const Signature &signature, const Shapes &shapes, std::string_view prefix)
{
    Compared compared;
    for (const auto &[name, wanted] : signature.tensors) {
        const Shape *found = shapes.find(prefix, name);
        if (found == nullptr)
            compared.differences.push_back(std::string(name) + " is missing");
        else if (!wanted.empty() && !fitsShape(*found, wanted))
            compared.differences.push_back(std::string(name) + " is " + textOf(*found) + ", not " + textOf(wanted));
        else
            ++compared.same;
    }
    if (signature.absent != nullptr && shapes.find(prefix, signature.absent) != nullptr)
        compared.differences.push_back(std::string(signature.absent) + " should not be there");
    if (signature.blocks[0] > 0 && compared.same > 0) {
        const std::array<int, 4> blocks = shapes.blocks(prefix);
        const auto words = [](const std::array<int, 4> &counts) { return textOf(Shape(counts.begin(), counts.end())); };
        if (blocks != signature.blocks)
            compared.differences.push_back("its layers have " + words(blocks) + " blocks, not " + words(signature.blocks));
        else
            ++compared.same;
    }
    return compared;
}

} // namespace

std::optional<RecognisedWeights> recogniseWeights(const WeightsInfo &weights)
{
    const Shapes shapes(weights);
    const std::vector<std::string> wanted = wantedWeights().names();
    std::vector<std::string> ways;
    if (!wanted.empty())
        for (const std::string_view prefix : prefixesOf(shapes.names()))
            ways.emplace_back(prefix);
    const AskedWay called = askedAmong(wanted, ways);
    const auto place = [&](std::string_view prefix) {
        const bool asked = std::any_of(wanted.begin(), wanted.end(), [&](const std::string &name) { return isUnder(prefix, name); })
            || (!called.name.empty() && isUnder(prefix, called.way));
        return std::tuple(!asked, rankOfWay(prefix), prefix.size());
    };
    std::vector<std::string> prefixes;
    std::optional<RecognisedWeights> best;
    for (const std::string_view prefix : prefixesOf(shapes.names()))
        for (const Signature &signature : signatures()) {
            if (shapes.find(prefix, signature.tensors.front().first) == nullptr || !compare(signature, shapes, prefix).differences.empty())
                continue;
            prefixes.emplace_back(prefix);
            // The same rule as fitWeights(): what is asked for, no average, then the shorter.
            if (!best || place(prefix) < place(best->prefix))
                best = RecognisedWeights{
                    signature.architecture, std::string(prefix), {}, signature.classes == nullptr ? 0 : shapes.find(prefix, signature.classes)->front()};
        }
    if (best && prefixes.size() > 1)
        best->prefixes = std::move(prefixes);
    return best;
}

std::optional<std::string> recogniseArchitecture(const WeightsInfo &weights)
{
    const std::optional<RecognisedWeights> found = recogniseWeights(weights);
    return found ? std::optional(found->architecture) : std::nullopt;
}

std::int64_t classesIn(const WeightsInfo &weights, const std::string &architecture)
{
    const std::vector<std::string> &known = clipNetArchitectures();
    if (std::find(known.begin(), known.end(), architecture) == known.end())
        return 0;
    const std::optional<RecognisedWeights> found = recogniseWeights(weights);
    return found && found->architecture == architecture ? found->classes : 0;
}

std::vector<std::string> qualityHeads(const WeightsInfo &weights)
{
    const std::optional<RecognisedWeights> found = recogniseWeights(weights);
    if (!found || usualSpec(found->architecture).role != Role::Base)
        return {};
    const std::int64_t width = usualSpec(found->architecture).outputSize;
    const Shapes shapes(weights);
    std::vector<std::string> heads;
    for (const auto &[name, shape] : shapes.all()) {
        constexpr std::string_view ending = ".weight";
        if (!name.ends_with(ending) || *shape != Shape{1, width})
            continue;
        const std::string head = name.substr(0, name.size() - ending.size());
        const Shape *bias = shapes.find(head, ".bias");
        if (bias != nullptr && *bias != Shape{1})
            continue;
        heads.push_back(head.starts_with(found->prefix) ? head.substr(found->prefix.size()) : head);
    }
    std::sort(heads.begin(), heads.end());
    return heads;
}

std::string whyNotRecognised(const WeightsInfo &weights)
{
    constexpr std::size_t most = 4;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < weights.tensors.size() && i < most; ++i)
        names.push_back(weights.tensors[i].name + " " + textOf(weights.tensors[i].shape));
    std::string text = "It holds " + std::to_string(weights.tensors.size()) + (weights.tensors.size() == 1 ? " tensor" : " tensors");
    if (!names.empty())
        text += ", the first: " + listedNames(names);
    text += ".";
    const Shapes shapes(weights);
    const Signature *nearest = nullptr;
    Compared difference;
    double share = 0;
    std::vector<std::string_view> prefixes = prefixesOf(shapes.names());
    prefixes.resize(std::min<std::size_t>(prefixes.size(), 1000));
    for (const std::string_view prefix : prefixes)
        for (const Signature &signature : signatures()) {
            Compared compared = compare(signature, shapes, prefix);
            const double same = static_cast<double>(compared.same) / static_cast<double>(signature.tensors.size() + (signature.blocks[0] > 0 ? 1 : 0));
            if (same > share) {
                share = same;
                nearest = &signature;
                difference = std::move(compared);
            }
        }
    if (nearest == nullptr)
        return text + " No known network has tensors of these names and shapes.";
    return text + " The nearest known network is " + nearest->architecture + ", but " + listedNames(difference.differences, 3) + ".";
}

bool useQualityHead(ModelSpec &spec)
{
    if (!spec.output.empty() || spec.architecture == "onnx" || spec.architecture == "torchscript" || spec.role != Role::Base)
        return false;
    const std::vector<std::string> heads = qualityHeads(readWeightsReport(spec.path));
    if (heads.empty())
        return false;
    if (heads.size() > 1) {
        for (const std::string &name : wantedOutputs().names())
            if (std::find(heads.begin(), heads.end(), name) != heads.end()) {
                wantedOutputs().asked(name);
                spec.output = name;
                spec.outputSize = 1;
                return true;
            }
        throw FileError(spec.path,
                        "has several layers to one value behind its embedding: " + listedNames(heads)
                            + ". Name the one that is the quality with --output NAME, "
                              "or as output_name in the description beside it ("
                            + sidecarOf(spec.path).filename().string() + ").");
    }
    spec.output = heads.front();
    spec.outputSize = 1;
    return true;
}

} // namespace dscope
