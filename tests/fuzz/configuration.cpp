#include "core/io/project.h"
#include "core/training/ablation.h"
#include "tests/fuzz/target.h"

// Descriptions of work: projects, runs of an evaluation, studies.

namespace dscope::fuzz {

DSCOPE_FUZZ_TARGET(project)
{
    const auto file = fileWith("a.dscope", textOf(bytes));
    refusable([&] {
        const Project project = readProject(file);
        if (bytes.size() > 65536)
            return;
        const auto copy = scratch() / "b.dscope";
        writeProject(copy, project);
        require(jsonText(toJson(readProject(copy), scratch())) == jsonText(toJson(project, scratch())), "a project that is written is read as another one");
    });
}

DSCOPE_FUZZ_TARGET(evaluations)
{
    const auto file = fileWith("runs.json", textOf(bytes));
    refusable([&] {
        const auto runs = evaluationsFromJson(readJson(file));
        require(jsonText(toJson(evaluationsFromJson(toJson(runs)))) == jsonText(toJson(runs)), "runs that are written are read as others");
    });
}

DSCOPE_FUZZ_TARGET(ablation)
{
    const auto file = fileWith("ablation.json", textOf(bytes));
    refusable([&] { (void)readAblation(file); });
}

} // namespace dscope::fuzz
