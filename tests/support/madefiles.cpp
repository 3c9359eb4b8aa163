// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/madefiles.h"

namespace dscope::test {

std::string little(std::uint64_t value, int bytes)
{
    std::string out;
    for (int i = 0; i < bytes; ++i)
        out += static_cast<char>(i < 8 ? value >> (8 * i) & 255U : 0U);
    return out;
}

std::string big(std::uint64_t value, int bytes)
{
    std::string out;
    for (int i = bytes - 1; i >= 0; --i)
        out += static_cast<char>(value >> (8 * i) & 255U);
    return out;
}

std::string repeated(std::string_view text, std::size_t times)
{
    std::string out;
    out.reserve(text.size() * times);
    for (std::size_t i = 0; i < times; ++i)
        out += text;
    return out;
}

std::string zipOf(const std::vector<std::pair<std::string, std::string>> &entries)
{
    std::string out;
    std::string directory;
    for (const auto &[name, content] : entries) {
        const std::string sizes =
            little(0, 4) + little(content.size(), 4) + little(content.size(), 4) + little(name.size(), 2); // the checksum is not looked at
        directory += little(0x02014b50, 4) + little(20, 2) + little(20, 2) + little(0, 8) + sizes + little(0, 12) + little(out.size(), 4) + name;
        out += little(0x04034b50, 4) + little(20, 2) + little(0, 8) + sizes + little(0, 2) + name;
        out += content;
    }
    const std::uint64_t begin = out.size();
    out += directory;
    return out + little(0x06054b50, 4) + little(0, 4) + little(entries.size(), 2) + little(entries.size(), 2) + little(directory.size(), 4) + little(begin, 4)
        + little(0, 2);
}

std::string deflatedZeros(std::uint64_t count)
{
    std::string out;
    unsigned held = 0;
    int bits = 0;
    const auto put = [&](unsigned value, int size) {
        held |= value << bits;
        for (bits += size; bits >= 8; bits -= 8, held >>= 8)
            out += static_cast<char>(held & 255U);
    };
    put(0b011, 3);      // the last block, with the fixed codes; a code's first bit comes first
    put(0b00001100, 8); // the literal 0
    --count;
    for (; count >= 258; count -= 258) {
        put(0b10100011, 8); // length 258
        put(0, 5);          // distance 1
    }
    for (; count > 0; --count)
        put(0b00001100, 8);
    put(0, 7); // the end
    put(0, 7); // fills the last byte
    return out;
}

static std::string protoVarint(std::uint64_t value)
{
    std::string out;
    for (; value > 127; value >>= 7)
        out += static_cast<char>((value & 127U) | 128U);
    return out + static_cast<char>(value);
}

std::string protoNumber(int field, std::uint64_t value)
{
    return protoVarint(static_cast<std::uint64_t>(field) << 3) + protoVarint(value);
}

std::string protoBytes(int field, std::string_view content)
{
    return protoVarint(static_cast<std::uint64_t>(field) << 3 | 2) + protoVarint(content.size()) + std::string(content);
}

std::string onnxNode(std::string_view type, const std::vector<std::string> &inputs, const std::vector<std::string> &outputs, std::string_view attributes)
{
    std::string node;
    for (const std::string &name : inputs)
        node += protoBytes(1, name);
    for (const std::string &name : outputs)
        node += protoBytes(2, name);
    return protoBytes(1, node + protoBytes(4, type) + std::string(attributes));
}

std::string onnxWholes(std::string_view name, const std::vector<std::int64_t> &values)
{
    constexpr int int64 = 7;
    std::string bytes;
    for (const std::int64_t value : values)
        bytes += little(static_cast<std::uint64_t>(value), 8);
    return protoBytes(5, protoNumber(1, values.size()) + protoNumber(2, int64) + protoBytes(8, name) + protoBytes(9, bytes));
}

std::string onnxValue(std::string_view name, const std::vector<std::int64_t> &dims)
{
    std::string shape;
    for (const std::int64_t side : dims)
        shape += protoBytes(1, protoNumber(1, static_cast<std::uint64_t>(side)));
    return protoBytes(1, name) + protoBytes(2, protoBytes(1, protoNumber(1, 1) + protoBytes(2, shape)));
}

std::string onnxFile(std::string_view graph, const std::vector<std::int64_t> &dims, std::string_view more)
{
    const std::string whole = std::string(graph) + protoBytes(2, "g") + protoBytes(11, onnxValue("x", {1, 3, 8, 8})) + protoBytes(12, onnxValue("y", dims));
    return protoNumber(1, 7) + protoBytes(7, whole) + protoBytes(8, protoBytes(1, "") + protoNumber(2, 13)) + std::string(more);
}

} // namespace dscope::test
