// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/bytesource.h"

#include "core/base/error.h"
#include "core/base/filebytes.h"
#include "core/base/inputfile.h"

#include <cstring>

namespace dscope::detail {

ByteSource::ByteSource(const std::filesystem::path &path) : m_path(path)
{
    checkReadable(path);
    m_in.open(path, std::ios::binary | std::ios::ate);
    if (!m_in || m_in.tellg() < 0)
        throw FileError(path, "cannot be opened.");
    m_size = static_cast<std::uint64_t>(m_in.tellg());
}

ByteSource::ByteSource(std::span<const std::uint8_t> bytes, const std::filesystem::path &name, std::shared_ptr<const void> owner)
    : m_path(name), m_bytes(bytes), m_owner(std::move(owner)), m_size(bytes.size())
{
}

void ByteSource::demand(std::uint64_t offset, std::uint64_t count) const
{
    if (offset > m_size || m_size - offset < count)
        throw FileError(m_path, "is cut off.");
}

void ByteSource::read(std::uint64_t offset, void *to, std::uint64_t count)
{
    demand(offset, count);
    if (count == 0)
        return;
    if (!m_in.is_open()) {
        std::memcpy(to, m_bytes.data() + offset, count);
        return;
    }
    m_in.seekg(static_cast<std::streamoff>(offset));
    m_in.read(static_cast<char *>(to), static_cast<std::streamsize>(count));
    if (!m_in)
        throw FileError(m_path, "cannot be read.");
}

std::vector<std::uint8_t> ByteSource::read(std::uint64_t offset, std::uint64_t count)
{
    demand(offset, count); // before the memory is taken
    std::vector<std::uint8_t> bytes(count);
    read(offset, bytes.data(), count);
    return bytes;
}

const std::uint8_t *ByteSource::kept(std::uint64_t offset, std::uint64_t count) const
{
    demand(offset, count);
    return m_owner ? m_bytes.data() + offset : nullptr;
}

} // namespace dscope::detail
