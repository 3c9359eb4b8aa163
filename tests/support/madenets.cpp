// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/madenets.h"

#include "core/base/hash.h"
#include "core/base/json.h"
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

} // namespace dscope::test
