// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/npyheader.h"

#include "core/base/error.h"

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

namespace dscope {

namespace {

constexpr std::uint64_t s_longestHeader = 1 << 20;
constexpr std::size_t s_mostAxes = 32; ///< numpy's own limit
constexpr std::int64_t s_mostValues = std::int64_t{1} << 40;

/// The little of Python's literals that such a header is written in: a dict of strings to strings, True, False and tuples of whole numbers.
class Literal {
public:
    Literal(std::string_view text, const std::filesystem::path &name) : m_text(text), m_name(name) {}

    void parse(NpyHeader &header)
    {
        expect('{');
        while (!taken('}')) {
            const std::string key = string();
            expect(':');
            if (key == "descr") {
                if (peek() == '[')
                    throw FileError(m_name, "holds records of several fields; save the numbers alone, as float32.");
                header.type = string();
                m_seen |= 1;
            } else if (key == "fortran_order") {
                header.fortran = boolean();
                m_seen |= 2;
            } else if (key == "shape") {
                header.shape = tuple();
                m_seen |= 4;
            } else {
                wrong("names something else than descr, fortran_order and shape");
            }
            if (!taken(',') && peek() != '}')
                wrong("has no comma between its entries");
        }
        for (const auto &[bit, what] : {std::pair{1, "descr"}, std::pair{2, "fortran_order"}, std::pair{4, "shape"}})
            if ((m_seen & bit) == 0)
                throw FileError(m_name, std::string("its header has no '") + what + "'; it is not a usable .npy file.");
    }

private:
    [[noreturn]] void wrong(const std::string &what) const { throw FileError(m_name, "its header " + what + "; it is not a usable .npy file."); }
    char peek()
    {
        while (m_at < m_text.size() && (m_text[m_at] == ' ' || m_text[m_at] == '\t' || m_text[m_at] == '\n' || m_text[m_at] == '\r'))
            ++m_at;
        return m_at < m_text.size() ? m_text[m_at] : '\0';
    }
    bool taken(char c)
    {
        if (peek() != c || m_at >= m_text.size())
            return false;
        ++m_at;
        return true;
    }
    void expect(char c)
    {
        if (!taken(c))
            wrong(std::string("has no '") + c + "' where one is due");
    }
    std::string string()
    {
        const char quote = peek();
        if (quote != '\'' && quote != '"')
            wrong("has something else where a quoted word is due");
        const std::size_t end = m_text.find(quote, ++m_at);
        if (end == std::string_view::npos || end - m_at > 64)
            wrong("has a word without an end");
        std::string word(m_text.substr(m_at, end - m_at));
        m_at = end + 1;
        return word;
    }
    bool boolean()
    {
        peek();
        for (const std::string_view word : {"True", "False"})
            if (m_text.substr(m_at).starts_with(word)) {
                m_at += word.size();
                return word == "True";
            }
        wrong("has neither True nor False for fortran_order");
    }
    std::vector<std::int64_t> tuple()
    {
        std::vector<std::int64_t> sides;
        expect('(');
        while (!taken(')')) {
            std::int64_t side = 0;
            if (peek() < '0' || peek() > '9')
                wrong("has a shape that is no tuple of whole numbers");
            for (; m_at < m_text.size() && m_text[m_at] >= '0' && m_text[m_at] <= '9'; ++m_at) {
                side = side * 10 + (m_text[m_at] - '0');
                if (side > s_mostValues)
                    wrong("names an absurd shape");
            }
            taken('L'); // Python 2 wrote long numbers so
            sides.push_back(side);
            if (sides.size() > s_mostAxes)
                wrong("names more axes than numpy has");
            if (!taken(',') && peek() != ')')
                wrong("has a shape that is no tuple of whole numbers");
        }
        return sides;
    }

    std::string_view m_text;
    const std::filesystem::path &m_name;
    std::size_t m_at = 0;
    int m_seen = 0;
};

template<typename T, typename Out>
void convert(const NpyHeader &header, const std::uint8_t *bytes, std::span<Out> out)
{
    for (std::size_t i = 0; i < out.size(); ++i) {
        std::uint8_t one[sizeof(T)];
        std::memcpy(one, bytes + i * sizeof(T), sizeof(T));
        if (header.bigEndian)
            std::reverse(one, one + sizeof(T));
        T value;
        std::memcpy(&value, one, sizeof(T));
        out[i] = static_cast<Out>(value);
    }
}

template<typename Out>
void convertAny(const NpyHeader &header, const std::uint8_t *bytes, std::span<Out> out)
{
    switch (header.kind) {
    case 'f':
        switch (header.width) {
        case 2: header.brain ? convert<c10::BFloat16>(header, bytes, out) : convert<c10::Half>(header, bytes, out); return;
        case 4: convert<float>(header, bytes, out); return;
        default: convert<double>(header, bytes, out); return;
        }
    case 'i':
        switch (header.width) {
        case 1: convert<std::int8_t>(header, bytes, out); return;
        case 2: convert<std::int16_t>(header, bytes, out); return;
        case 4: convert<std::int32_t>(header, bytes, out); return;
        default: convert<std::int64_t>(header, bytes, out); return;
        }
    default:
        switch (header.width) {
        case 1: convert<std::uint8_t>(header, bytes, out); return;
        case 2: convert<std::uint16_t>(header, bytes, out); return;
        case 4: convert<std::uint32_t>(header, bytes, out); return;
        default: convert<std::uint64_t>(header, bytes, out); return;
        }
    }
}

void readType(NpyHeader &header, const std::filesystem::path &name)
{
    const std::string &type = header.type;
    const std::size_t skip = !type.empty() && std::string_view("<>|=").find(type[0]) != std::string_view::npos ? 1 : 0;
    header.bigEndian = skip == 1 && type[0] == '>';
    const std::string kind = type.substr(skip);
    if (kind.starts_with("O"))
        throw FileError(name, "holds Python objects, which are never read; save the numbers alone, as float32.");
    if (kind == "V2") {
        header.kind = 'f';
        header.width = 2;
        header.brain = true;
        return;
    }
    static constexpr std::string_view known[] = {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"};
    if (std::find(std::begin(known), std::end(known), kind) == std::end(known))
        throw FileError(name, "holds type '" + type + "', which cannot be read; save it as float32.");
    header.kind = kind[0];
    header.width = static_cast<std::uint64_t>(kind[1] - '0');
}

} // namespace

std::int64_t NpyHeader::count() const
{
    std::int64_t n = 1;
    for (const std::int64_t side : shape)
        n *= side;
    return n;
}

bool beginsLikeNpy(std::span<const std::uint8_t> bytes)
{
    return bytes.size() >= 6 && std::memcmp(bytes.data(), "\x93NUMPY", 6) == 0;
}

std::uint64_t npyHeaderSize(std::span<const std::uint8_t> bytes, const std::filesystem::path &name)
{
    if (!beginsLikeNpy(bytes))
        throw FileError(name, "is not a .npy file (it does not begin with \\x93NUMPY).");
    if (bytes.size() < 12)
        throw FileError(name, "its header is cut off.");
    const int major = bytes[6];
    if (major < 1 || major > 3)
        throw FileError(name, "is a .npy file of version " + std::to_string(major) + "; versions 1 to 3 can be read.");
    const std::size_t lengthBytes = major == 1 ? 2 : 4;
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < lengthBytes; ++i)
        length |= std::uint64_t{bytes[8 + i]} << (8 * i);
    if (length > s_longestHeader)
        throw FileError(name, "its header of " + std::to_string(length) + " bytes is absurd.");
    return 8 + lengthBytes + length;
}

NpyHeader parseNpyHeader(std::span<const std::uint8_t> bytes, std::uint64_t fileSize, const std::filesystem::path &name)
{
    const std::uint64_t size = npyHeaderSize(bytes, name);
    if (size > bytes.size() || size > fileSize)
        throw FileError(name, "its header is cut off.");
    const std::size_t begin = bytes[6] == 1 ? 10 : 12;
    NpyHeader header;
    Literal({reinterpret_cast<const char *>(bytes.data()) + begin, static_cast<std::size_t>(size) - begin}, name).parse(header);
    readType(header, name);
    header.data = size;
    std::int64_t count = 1;
    for (const std::int64_t side : header.shape) {
        if (side > 0 && count > s_mostValues / side)
            throw FileError(name, "its header names an absurd shape.");
        count *= side;
    }
    const std::uint64_t have = fileSize - size;
    if (static_cast<std::uint64_t>(count) > have / header.width)
        throw FileError(name,
                        "holds " + std::to_string(have) + " bytes of data, " + std::to_string(count) + " values of '" + header.type + "' were announced.");
    return header;
}

void widenNpy(const NpyHeader &header, const std::uint8_t *bytes, std::span<double> out)
{
    convertAny(header, bytes, out);
}

void narrowNpy(const NpyHeader &header, const std::uint8_t *bytes, std::span<float> out)
{
    convertAny(header, bytes, out);
}

} // namespace dscope
