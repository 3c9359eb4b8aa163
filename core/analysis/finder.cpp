// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/finder.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/tasks/videoelements.h"

#include <filesystem>

namespace dscope {

void checkTask(const Task &task, const ModelSpec &spec)
{
    if (spec.task != task.name)
        throw UsageError("The network " + spec.name + " is for " + std::string(taskNamed(spec.task).elements) + ", not for " + std::string(task.elements)
                         + " (--task " + std::string(task.name) + ").");
}

ModelSpec finderModel(const ModelStore &store, const Task &task, const std::string &wanted)
{
    const std::string builtIn = builtInFinder(task);
    for (const ModelSpec &model : store.models())
        if (model.role == Role::Detector && model.task == task.name && (wanted.empty() ? model.available() : model.name == wanted))
            return store.find(model.name, Role::Detector);
    for (const ModelSpec &model : store.models())
        if (model.role == Role::Detector && model.name == wanted)
            checkTask(task, model);
    ModelSpec spec;
    spec.role = Role::Detector;
    spec.task = task.name;
    std::error_code problem;
    if (wanted.empty() || wanted == builtIn) {
        spec.name = builtIn;
        spec.architecture = builtIn;
    } else if (std::filesystem::is_regular_file(wanted, problem)) {
        spec.path = wanted;
        spec.name = spec.path.stem().string();
        spec.architecture = "onnx";
    } else {
        throw Error("There is no detector of " + std::string(task.elements) + " called '" + shown(wanted) + "', and no such file; '" + builtIn
                    + "' is always there.");
    }
    return spec;
}

} // namespace dscope
