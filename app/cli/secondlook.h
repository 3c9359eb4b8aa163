// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"
#include "core/discriminability/secondlook.h"
#include "core/evaluation/method.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dscope::cli {

/// --second.
Option secondOption();

/// The network whose embeddings are at hand.
struct EmbeddedBy {
    std::string name;
    std::string hash;     ///< empty: not known, so that only the length is compared
    std::int64_t dim = 0;
};

/// Whether the weights of one of the methods, or its choice, come from a second look.
bool asksForSecondLook(const std::vector<Method> &methods);

/// The second look of these embeddings: --second FILE, else (also of --second auto) the one that lies where the base's does (secondLookFile()). Null where there is none.
/// @param needed somebody asks for it: then it is an error that there is none, or that it is another network's. Otherwise the latter is a notice
/// @param where gets its file, where not null
/// @throws Error, FileError
std::shared_ptr<const SecondLook> secondLookOf(const Arguments &arguments, const ModelStore &store, const EmbeddedBy &base, bool needed, Task &task,
                                               std::filesystem::path *where = nullptr);

/// Puts the second look's scores into a set by its name, where a method asks for it, --second names one, or nobody chose methods and one is there.
/// @param features raw, as the network gave them @param extracted by the network of that name (else the embeddings are from elsewhere, and a second look
/// has to be named) @param notes hears of it @throws UsageError beside --flip, whose embeddings are others; as secondLookOf()
void addSecondLook(const Arguments &arguments, TemplateFeatures &set, const std::string &base, bool extracted, std::vector<std::string> &notes,
                   const std::vector<Method> &methods, Task &task);

} // namespace dscope::cli
