// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/hevcdecoder.h"

#include <libde265/de265.h>
#include <libheif/heif.h>
#include <libheif/heif_plugin.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace dscope {

namespace {

thread_local HevcDamage *t_damage = nullptr;

struct Freer {
    void operator()(de265_decoder_context *context) const { de265_free_decoder(context); }
    void operator()(heif_image *image) const { heif_image_release(image); }
    void operator()(heif_color_profile_nclx *profile) const { heif_nclx_color_profile_free(profile); }
};
using HeifImage = std::unique_ptr<heif_image, Freer>;

constexpr heif_error s_fine{heif_error_Ok, heif_suberror_Unspecified, "Success"};
constexpr heif_error s_failed{heif_error_Decoder_plugin_error, heif_suberror_Unspecified, "the coded data are damaged"};
constexpr heif_error s_cut{heif_error_Decoder_plugin_error, heif_suberror_End_of_data, "the coded data end early"};
constexpr heif_error s_depths{heif_error_Unsupported_feature, heif_suberror_Unsupported_color_conversion, "channels of different depths"};
constexpr heif_error s_noMemory{heif_error_Memory_allocation_error, heif_suberror_Unspecified, "out of memory"};

constexpr std::array<heif_channel, 3> s_channels{heif_channel_Y, heif_channel_Cb, heif_channel_Cr};

int planesOf(const de265_image *image)
{
    return de265_get_chroma_format(image) == de265_chroma_mono ? 1 : 3;
}

/// What stands in a picture's memory before it is decoded. In colour no photograph has such a pixel, in grey hardly one has eight by eight of them.
struct Filling {
    bool second = false;

    int level(int channel, int depth) const
    {
        const int most = (1 << depth) - 1;
        if (channel == 0)
            return second ? most - 1 : 1;
        return (channel == 1) == second ? 0 : most;
    }
};

/// Where libde265's pictures come from.
struct Buffers {
    Filling filling;
    de265_decoder_context *decoder = nullptr;
};

int takeBuffer(de265_decoder_context *, de265_image_spec *spec, de265_image *image, void *user)
{
    const auto &[filling, decoder] = *static_cast<const Buffers *>(user);
    de265_set_parameter_bool(decoder, DE265_DECODER_PARAM_DISABLE_SAO, 0); // see decodeOnce()
    const de265_chroma chroma = de265_get_chroma_format(image);
    for (int channel = 0; channel < planesOf(image); ++channel) {
        const bool colour = channel > 0;
        const int width = spec->width / (colour && chroma != de265_chroma_444 ? 2 : 1);
        const int height = spec->height / (colour && chroma == de265_chroma_420 ? 2 : 1);
        const int alignment = std::max(spec->alignment, 16);
        const int stride = (width + alignment - 1) / alignment * alignment; // in samples
        const int depth = de265_get_bits_per_pixel(image, channel);
        const bool wide = depth > 8;
        constexpr std::size_t behind = 64; // libde265's own, for vectors that read over the end
        const std::size_t bytes = static_cast<std::size_t>(stride) * static_cast<std::size_t>(height) * (wide ? 2 : 1) + behind;
        void *memory = std::aligned_alloc(16, (bytes + 15) / 16 * 16);
        if (memory == nullptr)
            return 0; // libde265 gives back what was taken
        if (wide)
            std::fill_n(static_cast<std::uint16_t *>(memory), bytes / 2, static_cast<std::uint16_t>(filling.level(channel, depth)));
        else
            std::memset(memory, filling.level(channel, depth), bytes);
        de265_set_image_plane(image, channel, memory, stride, memory);
    }
    return 1;
}

void giveBuffer(de265_decoder_context *, de265_image *image, void *)
{
    for (int channel = 0; channel < 3; ++channel) {
        std::free(de265_get_image_plane_user_data(image, channel));
        de265_set_image_plane(image, channel, nullptr, 0, nullptr);
    }
}

/// A plane of an image as it lies in memory.
struct Plane {
    const std::uint8_t *data = nullptr;
    int stride = 0; ///< bytes
    int width = 0;
    int height = 0;
    int depth = 0;

    int bytes() const { return depth > 8 ? 2 : 1; }
    /// Whether all samples of a rectangle, as far as it is inside, are of one level.
    bool holds(int level, int x, int y, int columns, int rows) const
    {
        for (int row = y; row < std::min(y + rows, height); ++row)
            for (int column = x; column < std::min(x + columns, width); ++column) {
                const std::uint8_t *const at = data + static_cast<std::ptrdiff_t>(stride) * row + std::ptrdiff_t{bytes()} * column;
                const int value = bytes() == 1 ? *at : at[0] | at[1] << 8;
                if (value != level)
                    return false;
            }
        return true;
    }
    bool operator==(const Plane &other) const
    {
        if (width != other.width || height != other.height || depth != other.depth)
            return false;
        for (int y = 0; y < height; ++y)
            if (std::memcmp(data + static_cast<std::ptrdiff_t>(stride) * y, other.data + static_cast<std::ptrdiff_t>(other.stride) * y,
                            static_cast<std::size_t>(width) * static_cast<std::size_t>(bytes()))
                != 0)
                return false;
        return true;
    }
};

std::array<Plane, 3> planesOf(const heif_image *image)
{
    std::array<Plane, 3> planes;
    for (std::size_t i = 0; i < planes.size(); ++i) {
        Plane &plane = planes[i];
        plane.data = heif_image_get_plane_readonly(image, s_channels[i], &plane.stride);
        if (plane.data == nullptr)
            continue;
        plane.width = heif_image_get_width(image, s_channels[i]);
        plane.height = heif_image_get_height(image, s_channels[i]);
        plane.depth = heif_image_get_bits_per_pixel_range(image, s_channels[i]);
    }
    return planes;
}

/// Whether part of the picture may be as it was before decoding: a block of the smallest size, or what is to be seen of the last one.
bool mayBeUntouched(const heif_image *image, const Filling &filling)
{
    const std::array<Plane, 3> planes = planesOf(image);
    const Plane &luma = planes[0];
    constexpr int side = 8;
    const auto untouched = [&](int x, int y) {
        return std::all_of(planes.begin(), planes.end(), [&](const Plane &plane) {
            if (plane.data == nullptr)
                return true;
            const int channel = static_cast<int>(&plane - planes.data());
            const int across = plane.width < luma.width ? 2 : 1;
            const int down = plane.height < luma.height ? 2 : 1;
            return plane.holds(filling.level(channel, plane.depth), x / across, y / down, side / across, side / down);
        });
    };
    for (int y = 0; y + side <= luma.height; y += side)
        for (int x = 0; x + side <= luma.width; x += side)
            if (untouched(x, y))
                return true;
    return untouched(std::max(0, luma.width - 2), std::max(0, luma.height - 2));
}

/// What libde265 says that is no damage.
bool isHarmless(de265_error said)
{
    return said == DE265_WARNING_NO_WPP_CANNOT_USE_MULTITHREADING || said == DE265_WARNING_NUMBER_OF_THREADS_LIMITED_TO_MAXIMUM
        || said == DE265_WARNING_SPS_MISSING_CANNOT_DECODE_SEI;
}

heif_error converted(const de265_image *from, HeifImage &to)
{
    const bool grey = planesOf(from) == 1;
    heif_image *made = nullptr;
    const heif_error created =
        heif_image_create(de265_get_image_width(from, 0), de265_get_image_height(from, 0), grey ? heif_colorspace_monochrome : heif_colorspace_YCbCr,
                          static_cast<heif_chroma>(de265_get_chroma_format(from)), &made);
    if (created.code != heif_error_Ok)
        return created;
    HeifImage image(made);
    const int depth = de265_get_bits_per_pixel(from, 0);
    for (int channel = 0; channel < planesOf(from); ++channel) {
        if (de265_get_bits_per_pixel(from, channel) != depth)
            return s_depths;
        const int width = de265_get_image_width(from, channel);
        const int height = de265_get_image_height(from, channel);
        if (width <= 0 || height <= 0)
            return s_failed;
        const heif_channel name = s_channels[static_cast<std::size_t>(channel)];
        if (const heif_error added = heif_image_add_plane(made, name, width, height, depth); added.code != heif_error_Ok)
            return added;
        int stride = 0;
        const std::uint8_t *const data = de265_get_image_plane(from, channel, &stride);
        int ownStride = 0;
        std::uint8_t *const rows = heif_image_get_plane(made, name, &ownStride);
        if (data == nullptr || rows == nullptr)
            return s_failed;
        for (int y = 0; y < height; ++y)
            std::memcpy(rows + static_cast<std::ptrdiff_t>(ownStride) * y, data + static_cast<std::ptrdiff_t>(stride) * y,
                        static_cast<std::size_t>(width) * (depth > 8 ? 2 : 1));
    }
    const std::unique_ptr<heif_color_profile_nclx, Freer> colours(heif_nclx_color_profile_alloc());
    if (!colours)
        return s_noMemory;
    colours->full_range_flag = static_cast<std::uint8_t>(de265_get_image_full_range_flag(from));
    // What is not known to libheif stays unspecified.
    heif_nclx_color_profile_set_color_primaries(colours.get(), static_cast<std::uint16_t>(de265_get_image_colour_primaries(from)));
    heif_nclx_color_profile_set_transfer_characteristics(colours.get(), static_cast<std::uint16_t>(de265_get_image_transfer_characteristics(from)));
    heif_nclx_color_profile_set_matrix_coefficients(colours.get(), static_cast<std::uint16_t>(de265_get_image_matrix_coefficients(from)));
    heif_image_set_nclx_color_profile(made, colours.get());
    to = std::move(image);
    return s_fine;
}

/// A coded picture as libheif hands it over: NAL units, each behind its length in four bytes.
class CodedPicture {
public:
    void add(const std::uint8_t *data, std::size_t size) { m_bytes.insert(m_bytes.end(), data, data + size); }

    heif_error decode(heif_image **out) const
    {
        HeifImage image;
        bool damaged = false;
        const Filling first;
        heif_error result = decodeOnce(first, image, damaged);
        if (result.code == heif_error_Ok && !damaged && mayBeUntouched(image.get(), first)) {
            HeifImage again;
            const Filling second{true};
            bool ignored = false;
            result = decodeOnce(second, again, ignored);
            damaged = result.code == heif_error_Ok && planesOf(image.get()) != planesOf(again.get());
        }
        if (t_damage != nullptr && result.code == heif_error_Ok) {
            ++t_damage->parts;
            t_damage->damaged += damaged ? 1 : 0;
        }
        *out = result.code == heif_error_Ok ? image.release() : nullptr;
        return result;
    }

private:
    heif_error push(de265_decoder_context *decoder) const
    {
        constexpr std::size_t prefix = 4;
        for (std::size_t at = 0; at < m_bytes.size();) {
            if (m_bytes.size() - at < prefix)
                return s_cut;
            std::size_t length = 0;
            for (std::size_t i = 0; i < prefix; ++i)
                length = length << 8 | m_bytes[at + i];
            at += prefix;
            if (length > m_bytes.size() - at)
                return s_cut;
            de265_push_NAL(decoder, m_bytes.data() + at, static_cast<int>(length), 0, nullptr);
            at += length;
        }
        de265_flush_data(decoder);
        return s_fine;
    }

    heif_error decodeOnce(const Filling &filling, HeifImage &image, bool &damaged) const
    {
        Buffers buffers{filling, nullptr}; // gives back its memory after the decoder has gone
        const std::unique_ptr<de265_decoder_context, Freer> decoder(de265_new_decoder());
        if (!decoder)
            return s_noMemory;
        buffers.decoder = decoder.get();
        de265_set_parameter_bool(decoder.get(), DE265_DECODER_PARAM_BOOL_SEI_CHECK_HASH, 1);
        // Where its filter of sample offsets (SAO) is on, libde265 asks for memory of its own. So it is on only from the moment at which the memory is taken.
        de265_set_parameter_bool(decoder.get(), DE265_DECODER_PARAM_DISABLE_SAO, 1);
        de265_image_allocation allocation{takeBuffer, giveBuffer};
        de265_set_image_allocation_functions(decoder.get(), &allocation, &buffers);
        if (const heif_error pushed = push(decoder.get()); pushed.code != heif_error_Ok)
            return pushed;
        heif_error result = s_failed;
        int more = 1;
        for (int failures = 0; more != 0;) {
            more = 0;
            const de265_error said = de265_decode(decoder.get(), &more);
            for (de265_error warning = de265_get_warning(decoder.get()); warning != DE265_OK; warning = de265_get_warning(decoder.get()))
                damaged = damaged || !isHarmless(warning);
            // Of several pictures in one item the last is shown, as libheif does.
            if (const de265_image *const picture = de265_get_next_picture(decoder.get())) {
                result = converted(picture, image);
                de265_release_next_picture(decoder.get());
            }
            if (said == DE265_OK || isHarmless(said))
                continue;
            damaged = true;
            constexpr int enough = 8; // of faults that do not stop the decoder, such as a digest that does not match
            if (said == DE265_ERROR_WAITING_FOR_INPUT_DATA || ++failures == enough)
                break;
        }
        return result;
    }

    std::vector<std::uint8_t> m_bytes;
};

const char *pluginName()
{
    return "dscope: libde265 with its warnings";
}

int priorityFor(heif_compression_format format)
{
    constexpr int beforeOthers = 1000;
    return format == heif_compression_HEVC ? beforeOthers : 0;
}

heif_error newDecoder(void **decoder)
{
    *decoder = new (std::nothrow) CodedPicture;
    return *decoder != nullptr ? s_fine : s_noMemory;
}

void freeDecoder(void *decoder)
{
    delete static_cast<CodedPicture *>(decoder);
}

heif_error pushData(void *decoder, const void *data, std::size_t size)
{
    try {
        static_cast<CodedPicture *>(decoder)->add(static_cast<const std::uint8_t *>(data), size);
        return s_fine;
    } catch (const std::bad_alloc &) {
        return s_noMemory;
    }
}

heif_error decodeImage(void *decoder, heif_image **image)
{
    return static_cast<CodedPicture *>(decoder)->decode(image);
}

void setStrict(void *, int) {}

void registerPlugin()
{
    static heif_decoder_plugin plugin{};
    plugin.get_plugin_name = pluginName;
    plugin.does_support_format = priorityFor;
    plugin.new_decoder = newDecoder;
    plugin.free_decoder = freeDecoder;
    plugin.push_data = pushData;
    plugin.decode_image = decodeImage;
    plugin.plugin_api_version = 2;
    plugin.set_strict_decoding = setStrict;
#if LIBHEIF_HAVE_VERSION(1, 15, 0)
    plugin.plugin_api_version = 3;
    plugin.id_name = "dscope";
#endif
    heif_register_decoder_plugin(&plugin);
}

} // namespace

HevcDamage::HevcDamage() : m_before(t_damage)
{
    static std::once_flag registered;
    std::call_once(registered, registerPlugin);
    t_damage = this;
}

HevcDamage::~HevcDamage()
{
    t_damage = m_before;
}

} // namespace dscope
