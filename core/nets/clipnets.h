// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/facenet.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace dscope {

/// The network of one of clipNetArchitectures(), with fresh weights; null for another name. @param classes 0: as many as usual
std::shared_ptr<FaceNet> createClipNet(const std::string &architecture, std::int64_t classes);

/// What usualSpec() says of one of clipNetArchitectures() beside its name and role: task, input, classes. @return false for another name
bool describeClipNet(ModelSpec &spec);

/// What costOfArchitecture() says of one of clipNetArchitectures(); nothing for another name.
std::optional<ArchitectureCost> costOfClipNet(const std::string &architecture);

} // namespace dscope
