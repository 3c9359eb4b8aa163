// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/jpegentropy.h"

#include "core/base/picturebytes.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

namespace dscope {

namespace {

/// Bits of a code that are looked up at once; longer codes are rare.
constexpr int s_lookup = 9;
constexpr int s_longest = 16;

/// A Huffman table: codes to symbols.
struct Codes {
    struct Code {
        std::uint8_t length = 0; ///< 0: not among the short ones
        std::uint8_t symbol = 0;
    };
    std::array<Code, std::size_t{1} << s_lookup> quick{}; ///< of a table of DC

    /// Of a table of AC: what a short code and the bits of its value take, and from the eighth bit on by how many values it goes on; 0 where it is no such
    /// code.
    std::array<std::uint16_t, std::size_t{1} << s_lookup> steps{};
    std::array<std::int32_t, s_longest + 2> firstOf{}; ///< of each length: the first code
    std::array<std::int32_t, s_longest + 2> count{};
    std::array<std::int32_t, s_longest + 2> before{}; ///< symbols of shorter codes
    std::array<std::uint8_t, 256> symbols{};
    bool set = false;

    /// @param counts of each length how many codes; behind the sixteen the symbols @return how many bytes it took, 0 where they are no table
    std::size_t read(const PictureBytes &bytes, std::size_t at, std::size_t end, bool ac)
    {
        std::int32_t code = 0;
        std::int32_t total = 0;
        quick.fill({});
        steps.fill(0);
        for (int length = 1; length <= s_longest; ++length, code <<= 1) {
            const auto here = static_cast<std::int32_t>(bytes.big(at + static_cast<std::size_t>(length) - 1, 1));
            const auto index = static_cast<std::size_t>(length);
            firstOf[index] = code;
            count[index] = here;
            before[index] = total;
            code += here;
            total += here;
            if (total > 256 || code > (1 << length) || at + s_longest + static_cast<std::size_t>(total) > end)
                return 0;
            for (std::int32_t i = 0; i < here; ++i) {
                const auto symbol = static_cast<std::uint8_t>(bytes.big(at + s_longest + static_cast<std::size_t>(before[index] + i), 1));
                symbols[static_cast<std::size_t>(before[index] + i)] = symbol;
                if (length > s_lookup)
                    continue;
                const Code found{static_cast<std::uint8_t>(length), symbol};
                const std::ptrdiff_t from = static_cast<std::ptrdiff_t>(firstOf[index] + i) << (s_lookup - length);
                if (ac)
                    std::fill_n(steps.begin() + from, std::size_t{1} << (s_lookup - length), stepOf(found));
                else
                    std::fill_n(quick.begin() + from, std::size_t{1} << (s_lookup - length), found);
            }
        }
        set = true;
        return s_longest + static_cast<std::size_t>(total);
    }
    /// Behind the last value of a block the rest is zeros.
    static constexpr int s_rest = 128;
    static std::uint16_t stepOf(Code code)
    {
        constexpr int mostBits = 10; // of 8-bit pictures
        const int run = code.symbol >> 4;
        const int bits = code.symbol & 15;
        if (code.length == 0 || bits > mostBits || (bits == 0 && run != 0 && run != 15))
            return 0;
        return static_cast<std::uint16_t>(code.length + bits + 256 * (code.symbol == 0 ? s_rest : run + 1));
    }
};

/// The bits of coded data up to the next marker.
class Bits {
public:
    Bits(std::span<const std::uint8_t> bytes, std::size_t at) : m_bytes(bytes), m_at(at) {}

    /// At least 32 bits, of which those behind a marker are zeros.
    void fill()
    {
        constexpr int enough = 32;
        if (m_count >= enough)
            return;
        if (m_at + 4 <= m_bytes.size() && !m_ended) {
            // Four bytes at once where none of them may begin a marker.
            const std::uint32_t four =
                std::uint32_t{m_bytes[m_at]} << 24 | std::uint32_t{m_bytes[m_at + 1]} << 16 | std::uint32_t{m_bytes[m_at + 2]} << 8 | m_bytes[m_at + 3];
            if (((~four - 0x01010101U) & four & 0x80808080U) == 0) {
                m_bits |= std::uint64_t{four} << (enough - m_count);
                m_count += enough;
                m_at += 4;
                return;
            }
        }
        while (m_count < enough)
            addByte();
    }
    std::uint32_t peek(int count) const { return static_cast<std::uint32_t>(m_bits >> (64 - count)); }
    void skip(int count)
    {
        m_bits <<= count;
        m_count -= count;
    }
    /// The next code, of length 0 where none begins so. Beforehand 32 bits must be there.
    Codes::Code code(const Codes &codes) const
    {
        const Codes::Code quick = codes.quick[peek(s_lookup)];
        if (quick.length > 0)
            return quick;
        for (int length = 1; length <= s_longest; ++length) {
            const auto index = static_cast<std::size_t>(length);
            const std::int32_t place = static_cast<std::int32_t>(peek(length)) - codes.firstOf[index];
            if (place >= 0 && place < codes.count[index])
                return {static_cast<std::uint8_t>(length), codes.symbols[static_cast<std::size_t>(codes.before[index] + place)]};
        }
        return {};
    }
    /// How many bits are left of those that were there; below zero where more were taken.
    int left() const { return m_count - m_made; }
    bool taken() const { return m_count < m_made; }
    std::size_t at() const { return m_at; }

private:
    void addByte()
    {
        std::uint64_t byte = 0;
        m_ended = m_ended || m_at >= m_bytes.size();
        if (!m_ended) {
            byte = m_bytes[m_at];
            if (byte != 0xFF)
                ++m_at;
            else if (m_at + 1 < m_bytes.size() && m_bytes[m_at + 1] == 0)
                m_at += 2;
            else
                m_ended = true;
        }
        if (m_ended) {
            byte = 0;
            m_made += 8;
        }
        m_bits |= byte << (56 - m_count);
        m_count += 8;
    }

    std::span<const std::uint8_t> m_bytes;
    std::size_t m_at;
    std::uint64_t m_bits = 0;
    int m_count = 0;
    int m_made = 0; ///< zeros that stand for what is not there
    bool m_ended = false;
};

struct Component {
    int id = 0;
    int across = 1; ///< blocks in a unit that holds all components
    int down = 1;
    std::size_t quantisation = 0;
    const Codes *dc = nullptr;
    const Codes *ac = nullptr; ///< null: DC alone
    int last = 0;              ///< the DC value of the block before
};

class Walk {
public:
    explicit Walk(std::span<const std::uint8_t> data) : m_data(data), m_bytes(data.data(), data.size()) {}

    std::string run()
    {
        std::size_t at = 2;
        while (m_bytes.has(at, 4)) {
            const std::uint32_t marker = m_bytes.big(at + 1, 1);
            if (m_bytes.big(at, 1) != 0xFF || marker == 0xFF) {
                ++at;
                continue;
            }
            const std::size_t begin = at + 4;
            const std::size_t end = at + 2 + m_bytes.big(at + 2, 2);
            if (marker < 0xC0 || (marker >= 0xD0 && marker <= 0xD9) || end < begin || !m_bytes.has(at, end - at))
                return {}; // libjpeg's to judge
            if (marker == 0xDA)
                return readScan(begin, end) ? walk(end) : std::string();
            if (!readSegment(marker, begin, end))
                return {};
            at = end;
        }
        return {};
    }

private:
    /// False for what is not walked: arithmetic coding, more than 8 bits and the like, and headers that contradict themselves.
    bool readSegment(std::uint32_t marker, std::size_t begin, std::size_t end)
    {
        switch (marker) {
        case 0xC4: return readCodes(begin, end);
        case 0xDB: return readQuantisation(begin, end);
        case 0xDD: m_restart = m_bytes.big(begin, 2); return true;
        case 0xC0:
        case 0xC1:
        case 0xC2: m_progressive = marker == 0xC2; return readFrame(begin, end);
        default: return marker > 0xCF; // comments and data of programs; no other kind of frame
        }
    }
    bool readCodes(std::size_t at, std::size_t end)
    {
        while (at < end) {
            const std::uint32_t which = m_bytes.big(at, 1);
            if ((which & 0xECU) != 0)
                return false;
            const std::size_t taken = m_codes[(which >> 4) * 4 + (which & 3U)].read(m_bytes, at + 1, end, which >> 4 != 0);
            if (taken == 0)
                return false;
            at += 1 + taken;
        }
        return true;
    }
    bool readQuantisation(std::size_t at, std::size_t end)
    {
        while (at < end) {
            const std::uint32_t which = m_bytes.big(at, 1);
            const std::size_t size = (which >> 4) == 0 ? 1 : 2;
            m_quantisation[which & 3U] = static_cast<int>(m_bytes.big(at + 1, size)); // of DC
            at += 1 + 64 * size;
        }
        return true;
    }
    bool readFrame(std::size_t at, std::size_t end)
    {
        const std::size_t count = m_bytes.big(at + 5, 1);
        m_height = static_cast<int>(m_bytes.big(at + 1, 2));
        m_width = static_cast<int>(m_bytes.big(at + 3, 2));
        if (m_bytes.big(at, 1) != 8 || m_width == 0 || m_height == 0 || count == 0 || count > 4 || at + 6 + 3 * count > end || !m_frame.empty())
            return false;
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t from = at + 6 + 3 * i;
            const std::uint32_t factors = m_bytes.big(from + 1, 1);
            Component component;
            component.id = static_cast<int>(m_bytes.big(from, 1));
            component.across = static_cast<int>(factors >> 4);
            component.down = static_cast<int>(factors & 15U);
            component.quantisation = m_bytes.big(from + 2, 1) & 3U;
            if (component.across < 1 || component.across > 4 || component.down < 1 || component.down > 4)
                return false;
            m_frame.push_back(component);
        }
        return true;
    }
    /// Only a first scan that holds all components is walked.
    bool readScan(std::size_t at, std::size_t end)
    {
        const std::size_t count = m_bytes.big(at, 1);
        if (m_frame.empty() || count != m_frame.size() || at + 4 + 2 * count > end)
            return false;
        const std::uint32_t shifts = m_bytes.big(at + 3 + 2 * count, 1);
        if (m_progressive && (m_bytes.big(at + 1 + 2 * count, 2) != 0 || shifts > 13)) // DC, and its first bits
            return false;
        m_shift = m_progressive ? static_cast<int>(shifts) : 0;
        for (std::size_t i = 0; i < count; ++i) {
            Component &component = m_frame[i];
            const std::uint32_t tables = m_bytes.big(at + 2 + 2 * i, 1);
            component.dc = &m_codes[tables >> 4 & 3U];
            component.ac = m_progressive ? nullptr : &m_codes[4 + (tables & 3U)];
            if (static_cast<int>(m_bytes.big(at + 1 + 2 * i, 1)) != component.id || !component.dc->set || (component.ac != nullptr && !component.ac->set))
                return false;
        }
        return true;
    }

    std::string walk(std::size_t at)
    {
        int across = 1;
        int down = 1;
        for (Component &component : m_frame) {
            if (m_frame.size() == 1)
                component.across = component.down = 1;
            across = std::max(across, component.across);
            down = std::max(down, component.down);
        }
        const int columns = (m_width + 8 * across - 1) / (8 * across);
        const int units = columns * ((m_height + 8 * down - 1) / (8 * down));
        Bits bits(m_data, at);
        for (int unit = 0; unit < units; ++unit) {
            if (m_restart > 0 && unit > 0 && unit % static_cast<int>(m_restart) == 0) {
                if (const char *what = endOf(bits); what != nullptr)
                    return what;
                std::size_t next = bits.at();
                while (m_bytes.has(next, 2) && m_bytes.big(next, 2) == 0xFFFF)
                    ++next;
                if (m_bytes.big(next, 1) != 0xFF || m_bytes.big(next + 1, 1) < 0xD0 || m_bytes.big(next + 1, 1) > 0xD7)
                    return "a restart marker is missing";
                bits = Bits(m_data, next + 2);
                for (Component &component : m_frame)
                    component.last = 0;
            }
            for (Component &component : m_frame)
                for (int block = component.across * component.down; block > 0; --block)
                    if (const char *what = walkBlock(component, bits); what != nullptr)
                        return what;
        }
        const char *what = endOf(bits);
        return what != nullptr ? what : "";
    }
    const char *walkBlock(Component &component, Bits &bits) const
    {
        constexpr int mostDc = 11;
        bits.fill();
        const Codes::Code dc = bits.code(*component.dc);
        const int size = dc.symbol;
        if (dc.length == 0 || size > mostDc)
            return "wrong codes";
        bits.skip(dc.length);
        if (size > 0) {
            const int value = static_cast<int>(bits.peek(size));
            bits.skip(size);
            component.last += value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
            // Pixels give 1024 at most; mozjpeg lets white surfaces overshoot by 31 levels, and some programs round as they like.
            constexpr int most = 1280;
            const int step = std::max(1, m_quantisation[component.quantisation]);
            if (std::int64_t{std::abs(component.last)} * (std::int64_t{step} << m_shift) > most + (std::int64_t{2 * step} << m_shift))
                return "it has values that no picture has";
        }
        constexpr int block = 64;
        int k = component.ac != nullptr ? 1 : block;
        while (k < block) {
            bits.fill();
            std::uint32_t step = component.ac->steps[bits.peek(s_lookup)];
            if (step == 0)
                step = Codes::stepOf(bits.code(*component.ac));
            if (step == 0)
                return "wrong codes";
            bits.skip(static_cast<int>(step & 255U));
            k += static_cast<int>(step >> 8);
        }
        if (k > block && k < Codes::s_rest)
            return "a block has more values than room";
        return bits.taken() ? "data are missing" : nullptr;
    }
    /// Behind the last block less than a byte may be left before the marker.
    static const char *endOf(Bits &bits)
    {
        bits.fill();
        constexpr int aByte = 8;
        if (bits.taken())
            return "data are missing";
        return bits.left() >= 2 * aByte ? "bytes that belong to nothing" : nullptr;
    }

    std::span<const std::uint8_t> m_data;
    PictureBytes m_bytes;
    std::array<Codes, 8> m_codes; ///< four of DC, four of AC
    std::array<int, 4> m_quantisation{};
    std::vector<Component> m_frame;
    int m_width = 0;
    int m_height = 0;
    int m_shift = 0; ///< bits of the DC values that later scans bring
    std::uint32_t m_restart = 0;
    bool m_progressive = false;
};

} // namespace

std::string jpegContradiction(std::span<const std::uint8_t> bytes)
{
    return Walk(bytes).run();
}

} // namespace dscope
