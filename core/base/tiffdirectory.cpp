// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/tiffdirectory.h"

#include <algorithm>
#include <set>

namespace dscope {

namespace {

/// Tags of the TIFF 6.0 specification and its supplements.
enum Tag : std::uint32_t {
    NewSubfileType = 254,
    SubfileType = 255,
    ImageWidth = 256,
    ImageLength = 257,
    BitsPerSample = 258,
    Compression = 259,
    Photometric = 262,
    FillOrder = 266,
    StripOffsets = 273,
    Orientation = 274,
    SamplesPerPixel = 277,
    RowsPerStrip = 278,
    StripByteCounts = 279,
    PlanarConfig = 284,
    TileWidth = 322,
    TileLength = 323,
    TileOffsets = 324,
    TileByteCounts = 325,
    SubIfds = 330,
    SampleFormat = 339,
    JpegTables = 347,
    DngVersion = 50706,
};

constexpr std::size_t s_entryBytes = 12;

std::size_t bytesOf(std::uint32_t type)
{
    switch (type) {
    case 1: // BYTE
    case 6: // SBYTE
        return 1;
    case 3: // SHORT
    case 8: // SSHORT
        return 2;
    case 4:  // LONG
    case 9:  // SLONG
    case 13: // IFD
        return 4;
    default: return 0;
    }
}

void readEntry(const TiffNumbers &tiff, std::size_t entry, TiffDirectory &to)
{
    TiffField field = tiffField(tiff, entry);
    if (tiff.number(entry, 2) == JpegTables) {
        field.size = 1; // bytes of no type
        field.at = tiff.number(entry + 8, 4);
        to.jpegTables = field;
    }
    if (field.size == 0 || field.count == 0)
        return;
    const std::uint32_t value = tiff.number(field.at, field.size);
    switch (tiff.number(entry, 2)) {
    case NewSubfileType:
        to.reduced = (value & 1U) != 0;
        to.mask = (value & 4U) != 0;
        break;
    case SubfileType: to.reduced = to.reduced || value == 2; break;
    case ImageWidth: to.width = value; break;
    case ImageLength: to.height = value; break;
    case BitsPerSample: to.bits = value; break;
    case Compression: to.compression = value; break;
    case Photometric: to.photometric = value; break;
    case FillOrder: to.fillOrder = value; break;
    case StripOffsets:
    case TileOffsets: to.offsets = field; break;
    case Orientation:
        if (value >= 1 && value <= 8)
            to.orientation = static_cast<int>(value);
        break;
    case SamplesPerPixel: to.samples = value; break;
    case RowsPerStrip: to.rowsInStrip = value; break;
    case StripByteCounts:
    case TileByteCounts: to.counts = field; break;
    case PlanarConfig: to.planar = value; break;
    case TileWidth: to.tile[0] = value; break;
    case TileLength: to.tile[1] = value; break;
    case SubIfds: to.children = field; break;
    case SampleFormat: to.sampleFormat = value; break;
    case DngVersion: to.rawVersion = true; break;
    default: break;
    }
}

std::uint64_t areaOf(const TiffDirectory &directory)
{
    return static_cast<std::uint64_t>(directory.width) * static_cast<std::uint64_t>(directory.height);
}

/// Goes through a file's directories; of a hostile one, in which they lie over one another, through no more entries than its bytes could hold.
class Walk {
public:
    explicit Walk(const TiffNumbers &tiff) : m_tiff(tiff), m_left(tiff.bytes().size() / s_entryBytes + 1024) {}

    /// Nothing where it cannot be read or has been met.
    std::optional<TiffDirectory> read(std::size_t at)
    {
        const std::size_t entries = m_tiff.number(at, 2);
        if (at == 0 || entries > m_left || !m_met.insert(at).second)
            return std::nullopt;
        m_left -= entries;
        return tiffDirectory(m_tiff, at);
    }
    std::vector<TiffDirectory> childrenOf(const TiffDirectory &parent)
    {
        constexpr std::uint32_t most = 64;
        std::vector<TiffDirectory> found;
        for (std::uint32_t i = 0; parent.children.size == 4 && i < std::min(parent.children.count, most); ++i)
            if (const std::optional<TiffDirectory> child = read(m_tiff.number(parent.children.at + std::size_t{4} * i, 4)))
                found.push_back(*child);
        return found;
    }

private:
    const TiffNumbers &m_tiff;
    std::size_t m_left;
    std::set<std::size_t> m_met;
};

} // namespace

std::uint64_t TiffDirectory::rowBytes() const
{
    const std::uint64_t across = tiled() ? tile[0] : static_cast<std::uint64_t>(width);
    return (across * (planar == 2 ? 1 : samples) * bits + 7) / 8;
}

std::uint64_t TiffDirectory::pieces() const
{
    const auto parts = [](std::int64_t side, std::uint64_t part) { return part == 0 ? 0 : (static_cast<std::uint64_t>(side) + part - 1) / part; };
    const std::uint64_t planes = planar == 2 ? std::max(samples, 1U) : 1;
    return planes * (tiled() ? parts(width, tile[0]) * parts(height, tile[1]) : parts(height, rowsInStrip));
}

bool TiffDirectory::cameraRaw() const
{
    constexpr std::uint32_t cfa = 32803;
    constexpr std::uint32_t linearRaw = 34892;
    return photometric == cfa || photometric == linearRaw;
}

TiffField tiffField(const TiffNumbers &tiff, std::size_t at)
{
    TiffField field;
    field.size = bytesOf(tiff.number(at + 2, 2));
    field.count = tiff.number(at + 4, 4);
    // Few values lie in the entry itself.
    field.at = std::uint64_t{field.count} * field.size <= 4 ? at + 8 : tiff.number(at + 8, 4);
    return field;
}

std::optional<TiffDirectory> tiffDirectory(const TiffNumbers &tiff, std::size_t at)
{
    const std::size_t entries = tiff.number(at, 2);
    if (!tiff.bytes().has(at, 2 + entries * s_entryBytes))
        return std::nullopt;
    TiffDirectory directory;
    directory.at = at;
    directory.next = tiff.number(at + 2 + entries * s_entryBytes, 4);
    for (std::size_t i = 0; i < entries; ++i)
        readEntry(tiff, at + 2 + i * s_entryBytes, directory);
    return directory;
}

std::optional<TiffChoice> chooseTiffDirectory(const TiffNumbers &tiff)
{
    Walk walk(tiff);
    const std::optional<TiffDirectory> first = walk.read(tiff.number(4, 4));
    if (!first)
        return std::nullopt;
    TiffChoice choice;
    choice.directory = *first;
    const auto rank = [](const TiffDirectory &directory) { return directory.mask || directory.offsets.count == 0 ? 0 : directory.reduced ? 1 : 2; };
    const auto offer = [&](const TiffDirectory &offered, bool ofFirst) {
        choice.cameraRaw = choice.cameraRaw || offered.cameraRaw() || offered.rawVersion;
        const int now = rank(choice.directory);
        if (rank(offered) < now || (rank(offered) == now && areaOf(offered) <= areaOf(choice.directory)))
            return;
        // Further pages are pictures of their own: they only stand for a first one that is a reduced copy.
        if (!ofFirst && rank(*first) == 2)
            return;
        choice.directory = offered;
        choice.first = ofFirst;
    };
    constexpr std::uint32_t mostPages = 10000;
    std::optional<TiffDirectory> page = first;
    for (std::uint32_t i = 0; page && i < mostPages; ++i) {
        choice.pages += page->reduced || page->mask ? 0 : 1;
        offer(*page, i == 0);
        for (const TiffDirectory &child : walk.childrenOf(*page))
            offer(child, i == 0);
        page = walk.read(page->next);
    }
    // What a file's first directory says of its camera holds for all of its pictures.
    if (!choice.directory.orientation)
        choice.directory.orientation = first->orientation;
    return choice;
}

} // namespace dscope
