// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/onnx/tensorparser.h"

#include "core/base/error.h"
#include "core/onnx/datatype.h"
#include "core/onnx/wire.h"

#include <cstring>
#include <map>
#include <optional>

namespace dscope::onnx {

/// What a tensor's message says, its data still in the file.
struct TensorReader::Parts {
    std::string name;
    std::vector<std::int64_t> dims;
    std::uint64_t type = 0;
    std::string_view raw;
    bool hasRaw = false;
    bool segment = false;
    bool outside = false;
    std::map<std::string, std::string> where; ///< external_data
};

namespace {

constexpr std::size_t s_mostDims = 8;

[[noreturn]] void fileIsDamaged(const std::filesystem::path &path)
{
    throw FileError(path, "is no ONNX file, or damaged.");
}

std::string checkedRaw(std::string_view raw, std::uint64_t wanted, const std::string &what, const std::filesystem::path &path)
{
    if (raw.size() != wanted)
        throw FileError(path, what + " holds " + std::to_string(raw.size()) + " bytes, its dimensions ask for " + std::to_string(wanted) + ".");
    return std::string(raw);
}

void takeRaw(OnnxTensor &tensor, std::uint64_t type, const Layout &layout, std::uint64_t elements, std::string raw)
{
    if (layout.raw == bytesOf(layout.type) && type != DataType::Bool) {
        tensor.bytes = std::move(raw);
        return;
    }
    tensor.bytes.reserve(elements * bytesOf(layout.type));
    for (std::uint64_t i = 0; i < elements; ++i) {
        std::uint64_t bits = 0;
        if (layout.raw == 0)
            bits = static_cast<std::uint8_t>(raw[i / 2]) >> (i % 2 == 0 ? 0U : 4U);
        else
            std::memcpy(&bits, raw.data() + i * layout.raw, layout.raw);
        appendElement(tensor.bytes, type, bits);
    }
}

void takeList(OnnxTensor &tensor, std::uint64_t type, const Layout &layout, std::string_view bytes, std::uint64_t elements, const std::string &what,
              const std::filesystem::path &path)
{
    const std::size_t width = type == DataType::Float ? 4 : type == DataType::Double ? 8 : 0;
    std::uint64_t found = 0;
    WireReader in(bytes);
    while (in.next())
        if (in.field() == layout.list)
            in.numbers(width, [&](std::uint64_t bits) {
                if (found < elements)
                    appendElement(tensor.bytes, type, bits);
                ++found;
                // Two 4-bit numbers stand in one.
                if (layout.raw == 0 && found < elements) {
                    appendElement(tensor.bytes, type, bits >> 4U);
                    ++found;
                }
            });
    if (!in.sound())
        fileIsDamaged(path);
    if (found != elements)
        throw FileError(path, what + " holds " + std::to_string(found) + " elements, its dimensions ask for " + std::to_string(elements) + ".");
}

} // namespace

void TensorReader::damaged() const
{
    fileIsDamaged(m_path);
}

std::pair<std::string, std::string> TensorReader::entry(std::string_view bytes) const
{
    std::pair<std::string, std::string> read;
    WireReader in(bytes);
    while (in.next()) {
        if (in.field() == 1)
            read.first = in.bytes();
        else if (in.field() == 2)
            read.second = in.bytes();
    }
    if (!in.sound())
        damaged();
    return read;
}

TensorReader::Parts TensorReader::parts(std::string_view bytes) const
{
    Parts parts;
    WireReader in(bytes);
    while (in.next())
        switch (in.field()) {
        case 1:
            in.numbers(0, [&](std::uint64_t dim) {
                if (parts.dims.size() <= s_mostDims)
                    parts.dims.push_back(static_cast<std::int64_t>(dim));
            });
            break;
        case 2: parts.type = in.number(); break;
        case 3: parts.segment = true; break;
        case 8: parts.name = in.bytes(); break;
        case 9:
            parts.raw = in.bytes();
            parts.hasRaw = true;
            break;
        case 13:
            parts.outside = true;
            if (parts.where.size() < 16)
                parts.where.insert(entry(in.bytes()));
            break;
        case 14: parts.outside = parts.outside || in.number() == 1; break;
        default: break;
        }
    if (!in.sound())
        damaged();
    return parts;
}

OnnxTensor TensorReader::read(std::string_view bytes, const std::string &owner)
{
    const Parts parts = this->parts(bytes);
    const std::string what = owner.empty() ? "the tensor '" + parts.name + "'" : owner;
    if (parts.segment)
        throw FileError(m_path, what + " is split into segments, which is not understood.");
    const std::optional<Layout> layout = layoutOf(parts.type);
    if (!layout)
        throw FileError(m_path, what + " is of the type " + nameOfType(parts.type) + ", which is not understood.");
    if (parts.dims.size() > s_mostDims)
        throw FileError(m_path, what + " has more than 8 dimensions.");
    OnnxTensor tensor{parts.name, layout->type, parts.dims, {}};
    constexpr std::uint64_t most = std::uint64_t{1} << 33;
    std::uint64_t elements = 1;
    std::uint64_t extent = 1; // of a tensor without elements, whose strides are counted all the same
    for (const std::int64_t dim : parts.dims) {
        if (dim < 0)
            throw FileError(m_path, what + " has the negative dimension " + std::to_string(dim) + ".");
        if (dim > 0 && extent > most / static_cast<std::uint64_t>(dim))
            throw FileError(m_path, what + " claims more elements than a file may hold.");
        extent *= dim > 0 ? static_cast<std::uint64_t>(dim) : 1;
        elements *= static_cast<std::uint64_t>(dim);
    }
    const std::uint64_t wanted = layout->raw > 0 ? elements * layout->raw : (elements + 1) / 2;
    if (parts.outside)
        takeRaw(tensor, parts.type, *layout, elements, external(parts, wanted, what));
    else if (parts.hasRaw)
        takeRaw(tensor, parts.type, *layout, elements, checkedRaw(parts.raw, wanted, what, m_path));
    else
        takeList(tensor, parts.type, *layout, bytes, elements, what, m_path);
    return tensor;
}

/// The bytes of a weight in a file beside this one.
std::string TensorReader::external(const Parts &parts, std::uint64_t wanted, const std::string &what)
{
    const auto text = [&](const char *key) {
        const auto found = parts.where.find(key);
        return found != parts.where.end() ? found->second : std::string();
    };
    const auto number = [&](const char *key) -> std::optional<std::uint64_t> {
        const std::string digits = text(key);
        if (digits.empty())
            return std::nullopt;
        if (digits.size() > 18 || digits.find_first_not_of("0123456789") != std::string::npos)
            throw FileError(m_path, what + " lies in an external file at the " + key + " '" + digits + "', which is no number.");
        return std::stoull(digits);
    };
    const std::string location = text("location");
    const std::uint64_t offset = number("offset").value_or(0);
    const std::uint64_t length = number("length").value_or(wanted);
    if (length != wanted)
        throw FileError(m_path,
                        what + " has " + std::to_string(length) + " bytes in '" + location + "', its dimensions ask for " + std::to_string(wanted) + ".");
    // A name of the same folder, nothing else: what a file from elsewhere may say must not reach other files.
    if (location.empty() || location == "." || location == ".." || location.find_first_of("/\\") != std::string::npos
        || location.find('\0') != std::string::npos)
        throw FileError(m_path, what + " lies in the external file '" + location + "'; only a file of the same folder, named without a path, is read.");
    if (!m_external)
        throw FileError(m_path, what + " lies in the external file '" + location + "', which is not read here. Save the network as a single file.");
    try {
        std::string bytes = m_external(location, offset, length);
        m_externalBytes += bytes.size();
        m_externalFiles.insert(location);
        return bytes;
    } catch (const FileError &) {
        throw;
    } catch (const Error &error) {
        throw FileError(m_path, what + " lies in the external file '" + location + "', which " + error.what());
    }
}

} // namespace dscope::onnx
