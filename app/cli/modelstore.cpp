// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/modelstore.h"

namespace dscope::cli {

std::vector<std::filesystem::path> modelFolders(const Arguments &arguments)
{
    std::vector<std::filesystem::path> folders;
    for (const std::string &folder : arguments.all("models"))
        folders.emplace_back(folder);
    return folders;
}

ModelStore modelStore(const Arguments &arguments)
{
    return ModelStore(modelFolders(arguments));
}

} // namespace dscope::cli
