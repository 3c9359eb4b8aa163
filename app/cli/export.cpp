// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/modelstore.h"
#include "app/cli/options.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/nets/library.h"
#include "core/onnx/exporter.h"

#include <cstdio>
#include <system_error>

namespace dscope::cli {

namespace {

/// A model of any role, by name or by its file.
ModelSpec anyModel(const std::string &nameOrPath, const std::vector<std::filesystem::path> &folders)
{
    std::error_code ignored;
    if (std::filesystem::is_regular_file(nameOrPath, ignored))
        return describeFile(nameOrPath);
    const ModelStore store(folders);
    std::vector<std::string> names;
    for (const ModelSpec &spec : store.models()) {
        if (spec.name == nameOrPath && !spec.available())
            throw Error("The weights of '" + spec.name + "' (" + spec.file + ") are not there. See: dscope models");
        if (spec.name == nameOrPath)
            return spec;
        names.push_back(spec.name);
    }
    const std::string near = nearest(nameOrPath, names);
    throw Error("There is no model file '" + nameOrPath + "', and none of that name whose file is there."
                + (near.empty() ? "" : " Did you mean '" + near + "'?") + " See: dscope models");
}

int run(const Arguments &arguments, Progress &progress)
{
    if (arguments.words().size() != 1)
        throw UsageError("One model is needed, by its name or its file. See: dscope export --help");
    const std::filesystem::path out = arguments.required("out");
    const std::string ending = out.extension() == ".onnx" ? "onnx" : out.extension() == ".safetensors" ? "safetensors" : "";
    const std::string format = arguments.text("format", ending);
    if (format != "onnx" && format != "safetensors")
        throw UsageError(format.empty() ? "Say the format: --format onnx or --format safetensors."
                                        : "'" + format + "' is no format; known are onnx and safetensors.");
    if (ending != format)
        throw UsageError("'" + out.string() + "' does not end in ." + format + ", by which such files are known.");
    if (std::filesystem::exists(out) && !arguments.has("force"))
        throw FileError(out, "is there already; --force overwrites it.");
    const ModelSpec model = anyModel(arguments.words().front(), modelFolders(arguments));
    const auto clear = [&] {
        if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
            console->clear();
    };
    if (format == "onnx") {
        const ExportCheck check = exportOnnx(model, out, progress);
        clear();
        say(printed("checked: %.1e from the network in Dscope's executor, %.1e in OpenCV DNN (at most %g)", check.executor, check.opencv, s_exportTolerance));
    } else {
        exportSafetensors(model, out, progress);
        clear();
    }
    say("written: " + out.string());
    return Succeeded;
}

} // namespace

Command exportCommand()
{
    return {
        "export",
        "MODEL --out FILE [--format onnx|safetensors]",
        "Writes a network as an ONNX or a safetensors file",
        "MODEL is a name that `dscope models` lists or a weights file of one of the program's own architectures. An ONNX file takes the prepared picture, "
        "float32 N x 3 x height x width with the colour order, mean and scale of the model, and gives 'embedding' or 'd_score'; batch-norm is folded in, the "
        "number of pictures is free. It is run in Dscope's executor and in OpenCV DNN and written only if both agree with the network to 1e-4. Its description "
        "goes into the file and beside it as FILE.json, so that Dscope takes it as any other model. A safetensors file carries the description inside.",
        {{"out", "FILE", "where to; its ending says the format"}, {"format", "FORMAT", "onnx or safetensors"}, {"force", "", "overwrite FILE"}, modelsOption()},
        run,
        true};
}

} // namespace dscope::cli
