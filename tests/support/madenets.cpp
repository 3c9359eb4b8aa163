// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/madenets.h"

#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/nets/architectures.h"
#include "core/nets/checkpoint.h"
#include "core/nets/facenet.h"

#include <torch/utils.h>

#include <ATen/ATen.h>

namespace dscope::test {

void writeMadeNets(const std::filesystem::path &folder, std::uint64_t seed)
{
    const at::NoGradGuard guard;
    torch::manual_seed(seed);
    Json models = Json::array();
    for (const Role role : {Role::Base, Role::DdNet}) {
        ModelSpec spec;
        spec.name = role == Role::Base ? "made-base" : "made-ddnet";
        spec.role = role;
        spec.architecture = role == Role::Base ? "compact" : "ddnet";
        spec.file = spec.name + ".safetensors";
        spec.outputSize = role == Role::Base ? 128 : 1;
        spec.base = role == Role::Base ? "" : "made-base";
        spec.mu = 1.5;
        spec.sigma = 0.5;
        spec.licence = "none needed: random numbers";
        const auto net = createFaceNet(spec.architecture);
        for (auto &entry : net->named_parameters())
            // The last layer of a fresh DDNet may be all zeros; every face would then score one half.
            if (entry.value().dim() == 2 && role == Role::DdNet)
                entry.value().copy_(at::randn(entry.value().sizes()) * 0.05);
        writeSafetensors(folder / spec.file, stateDict(*net), {{"dscope.model", toJson(spec).dump()}});
        spec.sha256 = sha256File(folder / spec.file);
        models.push_back(toJson(spec));
    }
    writeJson(folder / "manifest.json", {{"schema", "dscope.models/1"}, {"models", models}});
}

void writeMadeClipNets(const std::filesystem::path &folder, std::uint64_t seed)
{
    const at::NoGradGuard guard;
    torch::manual_seed(seed);
    Json models = Json::array();
    for (const Role role : {Role::Base, Role::DdNet}) {
        ModelSpec spec = usualSpec(role == Role::Base ? "resnet3d18-eighth" : "ddnet-3d");
        spec.name = role == Role::Base ? "made-clips" : "made-ddnet-3d";
        spec.file = spec.name + ".safetensors";
        spec.inputFrames = 8;
        spec.inputHeight = spec.inputWidth = 48;
        if (role == Role::Base)
            spec.classes = {"run", "sit", "walk"};
        spec.outputSize = role == Role::Base ? 3 : 1;
        spec.base = role == Role::Base ? "" : "made-clips";
        spec.licence = "none needed: random numbers";
        const auto net = createFaceNet(spec.architecture, role == Role::Base ? 3 : 0);
        for (auto &entry : net->named_parameters())
            if (entry.value().dim() == 2) // the last layer
                entry.value().copy_(at::randn(entry.value().sizes()) * 0.3);
        writeSafetensors(folder / spec.file, stateDict(*net), {{"dscope.model", toJson(spec).dump()}});
        spec.sha256 = sha256File(folder / spec.file);
        models.push_back(toJson(spec));
    }
    writeJson(folder / "manifest.json", {{"schema", "dscope.models/1"}, {"models", models}});
}

} // namespace dscope::test
