// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/decoders.h"

#include "core/base/error.h"
#include "core/base/picturememory.h"
#include "core/base/tiffdata.h"

#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string_view>

namespace dscope {

namespace {

/// The file for libtiff, which asks for it piece by piece, and what it has complained of.
struct TiffSource {
    std::span<const std::uint8_t> bytes;
    std::uint64_t at = 0;
    std::uint64_t errors = 0;
};

TiffSource &sourceOf(thandle_t handle)
{
    return *static_cast<TiffSource *>(handle);
}

tmsize_t readSome(thandle_t handle, void *to, tmsize_t count)
{
    TiffSource &source = sourceOf(handle);
    const std::uint64_t left = source.at < source.bytes.size() ? source.bytes.size() - source.at : 0;
    const auto some = static_cast<std::size_t>(std::min<std::uint64_t>(left, static_cast<std::uint64_t>(std::max<tmsize_t>(count, 0))));
    if (some > 0)
        std::memcpy(to, source.bytes.data() + source.at, some);
    source.at += some;
    return static_cast<tmsize_t>(some);
}

tmsize_t writeNothing(thandle_t, void *, tmsize_t)
{
    return 0;
}

toff_t seek(thandle_t handle, toff_t offset, int whence)
{
    TiffSource &source = sourceOf(handle);
    source.at = whence == SEEK_SET ? offset : whence == SEEK_CUR ? source.at + offset : source.bytes.size() + offset;
    return source.at;
}

int closeNothing(thandle_t)
{
    return 0;
}

toff_t sizeOf(thandle_t handle)
{
    return sourceOf(handle).bytes.size();
}

int onError(TIFF *, void *user, const char *, const char *, std::va_list)
{
    ++static_cast<TiffSource *>(user)->errors;
    return 1; // not to be printed
}

/// Most warnings are of tags that libtiff does not know. Some decoders only warn of wrong codes.
int onWarning(TIFF *, void *user, const char *module, const char *, std::va_list)
{
    static constexpr std::array<std::string_view, 3> decoders{"JPEGLib", "PackBits", "Fax"};
    const std::string_view from = module != nullptr ? module : "";
    if (std::any_of(decoders.begin(), decoders.end(), [&](std::string_view decoder) { return from.substr(0, decoder.size()) == decoder; }))
        ++static_cast<TiffSource *>(user)->errors;
    return 1;
}

struct Closer {
    void operator()(TIFF *tiff) const { TIFFClose(tiff); }
    void operator()(TIFFOpenOptions *options) const { TIFFOpenOptionsFree(options); }
    void operator()(TIFFRGBAImage *image) const { TIFFRGBAImageEnd(image); }
};

std::unique_ptr<TIFF, Closer> openTiff(TiffSource &source)
{
    const std::unique_ptr<TIFFOpenOptions, Closer> options(TIFFOpenOptionsAlloc());
    if (!options)
        throw std::bad_alloc();
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), onError, &source);
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), onWarning, &source);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), static_cast<tmsize_t>(memoryFor(source.bytes.size())));
    // Without maps (m) and without looking for the first directory, which need not be the one wanted (h).
    return std::unique_ptr<TIFF, Closer>(
        TIFFClientOpenExt("", "rmh", &source, readSome, writeNothing, seek, closeNothing, sizeOf, nullptr, nullptr, options.get()));
}

/// The strips or tiles of a picture, each decoded as RGBA and put into its place.
class Pieces {
public:
    Pieces(TIFF *tiff, TIFFRGBAImage &image, Picture &picture) : m_image(image), m_picture(picture), m_width(image.width), m_height(image.height)
    {
        if (TIFFIsTiled(tiff) != 0) {
            TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &m_width);
            TIFFGetField(tiff, TIFFTAG_TILELENGTH, &m_height);
        } else {
            TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &m_height);
        }
        m_width = std::min(m_width, image.width);
        m_height = std::min(m_height, image.height);
    }

    /// Whether a part has a size, and no larger one than what was allowed for it as RGBA.
    bool sized(std::uint64_t allowed) const { return m_width > 0 && m_height > 0 && std::uint64_t{4} * m_width * m_height <= allowed; }
    /// @return how many parts gave errors @param count how many there are
    std::uint64_t read(const TiffSource &source, std::uint64_t &count)
    {
        std::vector<std::uint32_t> rgba(std::size_t{m_width} * m_height);
        std::uint64_t bad = 0;
        count = 0;
        for (std::uint32_t y = 0; y < m_image.height; y += m_height)
            for (std::uint32_t x = 0; x < m_image.width; x += m_width, ++count) {
                const std::uint64_t before = source.errors;
                const std::uint32_t columns = std::min(m_width, m_image.width - x);
                const std::uint32_t rows = std::min(m_height, m_image.height - y);
                std::fill(rgba.begin(), rgba.end(), 0);
                m_image.row_offset = static_cast<int>(y);
                m_image.col_offset = static_cast<int>(x);
                const bool good = TIFFRGBAImageGet(&m_image, rgba.data(), columns, rows) != 0;
                bad += good && source.errors == before ? 0 : 1;
                place(rgba.data(), x, y, columns, rows);
            }
        return bad;
    }

private:
    void place(const std::uint32_t *rgba, std::uint32_t x, std::uint32_t y, std::uint32_t columns, std::uint32_t rows)
    {
        for (std::uint32_t row = 0; row < rows; ++row) {
            std::uint8_t *to = m_picture.row(static_cast<int>(y + row)) + std::size_t{3} * x;
            for (std::uint32_t column = 0; column < columns; ++column, ++rgba, to += 3) {
                to[0] = static_cast<std::uint8_t>(TIFFGetR(*rgba));
                to[1] = static_cast<std::uint8_t>(TIFFGetG(*rgba));
                to[2] = static_cast<std::uint8_t>(TIFFGetB(*rgba));
            }
        }
    }

    TIFFRGBAImage &m_image;
    Picture &m_picture;
    std::uint32_t m_width; ///< of a part
    std::uint32_t m_height;
};

} // namespace

Picture decodeTiff(std::span<const std::uint8_t> bytes, const PictureHeader &header, const std::filesystem::path &name, PictureRemarks &remarks)
{
    TiffSource source{bytes};
    const std::unique_ptr<TIFF, Closer> tiff = openTiff(source);
    if (!tiff || TIFFSetSubDirectory(tiff.get(), header.directory) == 0)
        throw FileError(name, "is a damaged TIFF: its directory cannot be read.");
    TIFFRGBAImage image;
    std::array<char, 1024> why{};
    if (TIFFRGBAImageOK(tiff.get(), why.data()) == 0 || TIFFRGBAImageBegin(&image, tiff.get(), 0, why.data()) == 0)
        throw FileError(name, "is a TIFF whose compression or colours are of a kind that is not read. Convert it to PNG or JPEG.");
    const std::unique_ptr<TIFFRGBAImage, Closer> ender(&image);
    if (image.width != header.width || image.height != header.height)
        throw FileError(name, "is a damaged TIFF: its directory contradicts itself.");
    // As it is stored: it is turned by the caller.
    image.orientation = image.req_orientation = ORIENTATION_TOPLEFT;
    Picture picture(static_cast<int>(image.width), static_cast<int>(image.height));
    Pieces pieces(tiff.get(), image, picture);
    if (!pieces.sized(header.further))
        throw FileError(name, "is a damaged TIFF: its directory contradicts itself.");
    std::uint64_t count = 0;
    std::uint64_t bad = pieces.read(source, count);
    if (bad == count && std::adjacent_find(picture.rgb.begin(), picture.rgb.end(), std::not_equal_to<>()) == picture.rgb.end())
        throw FileError(name, "is a damaged TIFF: no part of its data can be decoded.");
    if (bad == 0) {
        const TiffNumbers numbers(PictureBytes(bytes.data(), bytes.size()));
        if (const std::optional<TiffDirectory> directory = tiffDirectory(numbers, header.directory))
            bad = damagedTiffParts(numbers, *directory);
    }
    if (bad > 0)
        remarks.damage.push_back("wrong codes in " + std::to_string(bad) + " of its " + std::to_string(count) + " strips or tiles");
    return picture;
}

} // namespace dscope
