// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/jsonlimits.h"
#include "core/report/project.h"
#include "core/training/ablation.h"
#include "tests/fuzz/target.h"

// Descriptions of work: projects, runs of an evaluation, studies.

namespace dscope::fuzz {

DSCOPE_FUZZ_TARGET(project)
{
    const auto file = scratch() / "a.dscope";
    refusable([&] {
        const Project project = parseProject(textOf(bytes), file);
        if (bytes.size() > 65536)
            return;
        const std::string written = jsonText(toJson(project, scratch()));
        require(jsonText(toJson(parseProject(written, file), scratch())) == written, "a project that is written is read as another one");
    });
}

DSCOPE_FUZZ_TARGET(evaluations)
{
    refusable([&] {
        const auto runs = evaluationsFromJson(parseJson(textOf(bytes), "runs.json"));
        require(jsonText(toJson(evaluationsFromJson(toJson(runs)))) == jsonText(toJson(runs)), "runs that are written are read as others");
    });
}

DSCOPE_FUZZ_TARGET(ablation)
{
    refusable([&] { (void)parseAblation(textOf(bytes), "ablation.json"); });
}

} // namespace dscope::fuzz
