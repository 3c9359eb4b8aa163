// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/decoders.h"

#include "core/base/error.h"
#include "core/base/picturefile.h"
#include "core/base/picturememory.h"
#if defined(DSCOPE_HEVC)
#include "core/image/hevcdecoder.h"
#endif

#include <libheif/heif.h>

#include <algorithm>
#include <memory>
#include <new>
#include <string_view>

namespace dscope {

namespace {

struct Freer {
    void operator()(heif_context *context) const { heif_context_free(context); }
    void operator()(heif_image_handle *handle) const { heif_image_handle_release(handle); }
    void operator()(heif_image *image) const { heif_image_release(image); }
    void operator()(heif_decoding_options *options) const { heif_decoding_options_free(options); }
    void operator()(heif_color_profile_nclx *profile) const { heif_nclx_color_profile_free(profile); }
};
template<typename T>
using Heif = std::unique_ptr<T, Freer>;

/// libheif's kinds of failure in words of our own.
std::string reasonOf(const heif_error &error)
{
    switch (error.code) {
    case heif_error_Invalid_input: return "is a damaged HEIC or AVIF picture, or was cut short.";
    case heif_error_Unsupported_filetype:
    case heif_error_Unsupported_feature: return "is a HEIC or AVIF picture of a kind that libheif does not read. Convert it to JPEG or PNG.";
    case heif_error_Memory_allocation_error: return "there is not enough memory for this picture, or it is larger than libheif allows.";
    default: return "is a HEIC or AVIF picture that cannot be decoded.";
    }
}

bool hasSrgbProfile(heif_image_handle *handle)
{
    const std::size_t size = heif_image_handle_get_raw_color_profile_size(handle);
    if (size == 0)
        return true;
    std::vector<std::uint8_t> icc(size);
    return heif_image_handle_get_raw_color_profile(handle, icc.data()).code != heif_error_Ok || isSrgbProfile(icc);
}

/// By the numbers of ITU-T H.273.
bool hasSrgbNumbers(heif_image_handle *handle)
{
    heif_color_profile_nclx *found = nullptr;
    if (heif_image_handle_get_nclx_color_profile(handle, &found).code != heif_error_Ok || found == nullptr)
        return true;
    const Heif<heif_color_profile_nclx> profile(found);
    const int primaries = profile->color_primaries;
    const int transfer = profile->transfer_characteristics;
    constexpr int unspecified = 2;
    constexpr int pq = 16;
    constexpr int hlg = 18;
    return (primaries == 1 || primaries == unspecified || primaries == 5 || primaries == 6) && transfer != pq && transfer != hlg;
}

bool isSrgb(heif_image_handle *handle)
{
    switch (heif_image_handle_get_color_profile_type(handle)) {
    case heif_color_profile_type_rICC:
    case heif_color_profile_type_prof: return hasSrgbProfile(handle);
    case heif_color_profile_type_nclx: return hasSrgbNumbers(handle);
    default: return true;
    }
}

/// What libheif and a decoder behind it take for a pixel, the picture included.
struct DecoderNeeds {
    double usual = 0;
    double thorough = 0; ///< of the one that looks whether the coded data end as they should; 0: there is none
};

/// By the depth and the resolution of the colours, which the file's descriptions of its coded pictures say (the boxes av1C and hvcC).
DecoderNeeds bytesPerPixel(heif_image_handle *handle, std::span<const std::uint8_t> bytes)
{
    constexpr std::size_t beginning = std::size_t{1} << 20;
    const std::string_view text(reinterpret_cast<const char *>(bytes.data()), std::min(bytes.size(), beginning));
    const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
    bool fullColour = false;
    for (std::size_t at = text.find("av1C"); at != std::string_view::npos; at = text.find("av1C", at + 1))
        fullColour = fullColour || (byte(at + 6) >> 2 & 3U) != 3; // both sides halved
    for (std::size_t at = text.find("hvcC"); at != std::string_view::npos; at = text.find("hvcC", at + 1))
        fullColour = fullColour || (byte(at + 4 + 16) & 3U) > 1; // 4:2:0 at most
    constexpr int eight = 8;
    const bool deep = heif_image_handle_get_luma_bits_per_pixel(handle) > eight;
    const bool alpha = heif_image_handle_has_alpha_channel(handle) != 0;
    DecoderNeeds needs;
    needs.usual = (deep ? 2 : 1) * ((fullColour ? 13.4 : 7.2) + (alpha ? 1.2 : 0));
    if (text.find("hvcC") == std::string_view::npos)
        needs.thorough = (deep ? (fullColour ? 26.8 : 18.5) : (fullColour ? 19 : 15.8)) + (alpha ? 16 : 0);
    return needs;
}

} // namespace

Picture decodeHeif(std::span<const std::uint8_t> bytes, const std::filesystem::path &name, PictureRemarks &remarks)
{
    const Heif<heif_context> context(heif_context_alloc());
    if (!context)
        throw std::bad_alloc();
    const auto check = [&](const heif_error &error) {
        if (error.code != heif_error_Ok)
            throw FileError(name, reasonOf(error));
    };
    heif_context_set_max_decoding_threads(context.get(), 0); // in this thread: pictures are shared out between threads as they are
#if defined(DSCOPE_HEVC)
    const HevcDamage seen;
#endif
    check(heif_context_read_from_memory_without_copy(context.get(), bytes.data(), bytes.size(), nullptr));
    heif_image_handle *primary = nullptr;
    check(heif_context_get_primary_image_handle(context.get(), &primary));
    const Heif<heif_image_handle> handle(primary);
    checkPictureSize(heif_image_handle_get_width(primary), heif_image_handle_get_height(primary), name);
    const std::int64_t wide = heif_image_handle_get_width(primary);
    const std::int64_t high = heif_image_handle_get_height(primary);
    const DecoderNeeds needs = bytesPerPixel(primary, bytes);
    const auto fits = [&](double perPixel) {
        return tooMuchMemory({wide, high, static_cast<std::uint64_t>(perPixel * static_cast<double>(wide) * static_cast<double>(high)), bytes.size()}).empty();
    };
    const bool thorough = needs.thorough > 0 && fits(needs.thorough);
    if (!thorough)
        checkPictureMemory(wide, high, needs.usual, bytes.size(), name);
    if (const int count = heif_context_get_number_of_top_level_images(context.get()); count > 1)
        remarks.notes.push_back("the file holds " + std::to_string(count) + " pictures; the main one alone is read.");
    if (!isSrgb(primary))
        remarks.notes.emplace_back(otherColours);

    const Heif<heif_decoding_options> options(heif_decoding_options_alloc());
    if (!options)
        throw std::bad_alloc();
    options->convert_hdr_to_8bit = 1;
#if LIBHEIF_HAVE_VERSION(1, 15, 0)
    // Of AVIF, unlike dav1d. Where it is missing libheif takes another.
    options->decoder_id = thorough ? "aom" : nullptr;
#endif
    heif_image *decoded = nullptr;
    check(heif_decode_image(primary, &decoded, heif_colorspace_RGB, heif_chroma_interleaved_RGB, options.get()));
    const Heif<heif_image> image(decoded);
    int stride = 0;
    const std::uint8_t *rows = heif_image_get_plane_readonly(decoded, heif_channel_interleaved, &stride);
    const int width = heif_image_get_width(decoded, heif_channel_interleaved);
    const int height = heif_image_get_height(decoded, heif_channel_interleaved);
    checkPictureSize(width, height, name);
    if (rows == nullptr || stride < 3 * width)
        throw FileError(name, "is a HEIC or AVIF picture that cannot be decoded.");
    Picture picture(width, height);
    for (int y = 0; y < height; ++y)
        std::copy_n(rows + static_cast<std::ptrdiff_t>(stride) * y, std::ptrdiff_t{3} * width, picture.row(y));
#if defined(DSCOPE_HEVC)
    if (seen.damaged > 0)
        remarks.damage.push_back(seen.parts == 1 ? std::string("wrong codes")
                                                 : "wrong codes in " + std::to_string(seen.damaged) + " of its " + std::to_string(seen.parts) + " coded parts");
#endif
    return picture;
}

} // namespace dscope
