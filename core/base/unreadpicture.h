// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace dscope {

/// What to say, as the end of a sentence, of bytes that hold a picture of a format which is not read ("is a JPEG 2000 picture, ..."), by their first bytes, or
/// their last (TGA). Nothing for all others.
std::optional<std::string> unreadPicture(std::span<const std::uint8_t> bytes);
/// The same of a file, of which no more than its ends are read.
std::optional<std::string> unreadPicture(const std::filesystem::path &path);

} // namespace dscope
