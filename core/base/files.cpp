// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"

#include "core/base/error.h"
#include "core/base/inputfile.h"

namespace dscope {

namespace fs = std::filesystem;

std::vector<std::uint8_t> readBytes(const fs::path &path, std::uint64_t limit)
{
    const InputFile file(path);
    if (file.size() > limit)
        throw FileError(path, "has " + std::to_string(file.size()) + " bytes, more than the " + std::to_string(limit) + " allowed here.");
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(file.size()));
    file.read(0, bytes.data(), bytes.size());
    return bytes;
}

std::string readText(const fs::path &path, std::uint64_t limit)
{
    const InputFile file(path);
    if (file.size() > limit)
        throw FileError(path, "has " + std::to_string(file.size()) + " bytes, more than the " + std::to_string(limit) + " allowed here.");
    std::string text(static_cast<std::size_t>(file.size()), '\0');
    file.read(0, text.data(), text.size());
    return text;
}

} // namespace dscope
