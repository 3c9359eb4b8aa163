// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sets/storehead.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/jsonfields.h"
#include "core/base/jsonlimits.h"

#include <bit>
#include <cstring>

namespace dscope {

namespace {

static_assert(std::endian::native == std::endian::little, "stores are written as they lie in memory");

constexpr std::size_t s_letters = 8;
constexpr std::uint64_t s_longest = std::uint64_t{1} << 20;

} // namespace

std::string storeHead(std::string_view magic, const Json &header)
{
    std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
    while ((s_letters + 8 + text.size()) % 64 != 0)
        text += ' ';
    const auto length = static_cast<std::uint64_t>(text.size());
    std::string bytes(magic);
    bytes.append(reinterpret_cast<const char *>(&length), sizeof length);
    return bytes + text;
}

std::string readStoreHead(const FileOrBytes &file, std::string_view magic)
{
    const std::uint64_t size = file.size();
    std::array<char, s_letters + 8> front{};
    if (size >= front.size())
        file.readSome(0, front.data(), front.size());
    std::uint64_t length = 0;
    std::memcpy(&length, front.data() + s_letters, sizeof length);
    if (std::string_view(front.data(), s_letters) != magic || length > s_longest || length > size - front.size())
        throw FileError(file.path(), "is no store of features (it does not begin with " + std::string(magic) + ").");
    std::string head(front.size() + length, '\0');
    file.readSome(0, head.data(), head.size());
    return head;
}

Json storeHeader(const std::string &head, std::string_view schema, const std::filesystem::path &name)
{
    Json json = parseJson(std::string_view(head).substr(s_letters + 8), name);
    if (JsonFields(json, name).text("schema", {}) != schema)
        throw FileError(name, "its header is not of the schema " + std::string(schema) + "; extract the features again.");
    return json;
}

BlockDigest blockDigest(const std::string &head, std::int64_t block, const char *bytes, std::size_t count)
{
    Sha256 hash;
    hash.add(head);
    hash.add(&block, sizeof block);
    hash.add(bytes, count);
    const std::string hex = hash.hex();
    BlockDigest digest{};
    for (std::size_t i = 0; i < digest.size(); ++i)
        digest[i] = static_cast<std::uint8_t>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
    return digest;
}

} // namespace dscope
