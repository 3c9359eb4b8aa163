// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/picture.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/jpeg.h"
#include "core/base/orient.h"
#include "core/base/picturememory.h"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
// jpeglib.h needs FILE and size_t declared before it.
#include <jpeglib.h>
// The numbers of libjpeg's messages.
#include <jerror.h>

namespace dscope {

namespace {

struct JpegFailure {
    jpeg_error_mgr manager;
    std::jmp_buf jump;
    const char *message;
    int warning; ///< libjpeg's number of the first warning about the picture's data; 0: none
    bool ended;  ///< the bytes ended before the end marker
    bool hollow; ///< coded data ended before the part of the picture that they code
};

/// Progressive files made to take time have thousands of scans, each of which is a pass over the whole picture.
constexpr int s_mostScans = 500;

/// libjpeg's errors in words of our own.
const char *reasonOf(int error)
{
    switch (error) {
    case JERR_BAD_PRECISION: return "it has more than 8 bits a value";
    case JERR_SOF_UNSUPPORTED:
    case JERR_ARITH_NOTIMPL: return "it is of a kind that is not read (lossless, hierarchical or arithmetic coding)";
    case JERR_CONVERSION_NOTIMPL:
    case JERR_COMPONENT_COUNT: return "its colours are of a kind that is not read";
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_CCIR601_NOTIMPL: return "its colours are stored at a resolution that is not read";
    case JERR_OUT_OF_MEMORY: return "there is not enough memory for it";
    case JERR_IMAGE_TOO_BIG:
    case JERR_WIDTH_OVERFLOW: return "it is too large";
    case JERR_EMPTY_IMAGE: return "it has no pixels";
    case JERR_INPUT_EMPTY:
    case JERR_INPUT_EOF:
    case JERR_NO_IMAGE: return "there is no picture in it";
    case JERR_NO_SOI: return "it does not begin like one";
    case JERR_NO_HUFF_TABLE:
    case JERR_NO_QUANT_TABLE:
    case JERR_NO_ARITH_TABLE: return "a table that its data need is missing";
    default: return "its headers contradict themselves";
    }
}

[[noreturn]] void onJpegError(j_common_ptr info)
{
    auto *failure = reinterpret_cast<JpegFailure *>(info->err);
    failure->message = reasonOf(info->err->msg_code);
    std::longjmp(failure->jump, 1);
}

void onJpegMessage(j_common_ptr) {}

void onJpegWarning(j_common_ptr info, int level)
{
    if (level >= 0)
        return; // what libjpeg tells of its work
    auto *failure = reinterpret_cast<JpegFailure *>(info->err);
    switch (info->err->msg_code) {
    case JWRN_JPEG_EOF: failure->ended = true; return;
    case JWRN_ADOBE_XFORM:
    case JWRN_BOGUS_ICC:
    case JWRN_JFIF_MAJOR: return; // nothing about the pixels
    case JWRN_HIT_MARKER: failure->hollow = true; break;
    default: break;
    }
    if (failure->warning == 0)
        failure->warning = info->err->msg_code;
}

void onJpegProgress(j_common_ptr info)
{
    auto *decoder = reinterpret_cast<jpeg_decompress_struct *>(info);
    if (decoder->input_scan_number <= s_mostScans)
        return;
    auto *failure = reinterpret_cast<JpegFailure *>(info->err);
    failure->message = "it has more than 500 scans";
    std::longjmp(failure->jump, 1);
}

const char *wordsOf(int warning)
{
    switch (warning) {
    case JWRN_HIT_MARKER: return "data are missing";
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE: return "wrong codes";
    case JWRN_EXTRANEOUS_DATA: return "bytes that belong to nothing";
    case JWRN_MUST_RESYNC: return "a restart marker is missing";
    case JWRN_BOGUS_PROGRESSION: return "its scans do not belong together";
    default: return "its data contradict themselves";
    }
}

// setjmp and C++ objects do not mix: these two functions hold only plain data between setjmp and longjmp.
bool startDecode(jpeg_decompress_struct &info, JpegFailure &failure, jpeg_progress_mgr &progress, std::span<const std::uint8_t> bytes)
{
    if (setjmp(failure.jump) != 0)
        return false;
    jpeg_create_decompress(&info);
    info.progress = &progress;
    jpeg_mem_src(&info, bytes.data(), static_cast<unsigned long>(bytes.size()));
    jpeg_read_header(&info, TRUE);
    info.out_color_space = info.num_components == 4 ? JCS_CMYK : JCS_RGB;
    jpeg_calc_output_dimensions(&info);
    return true;
}

/// A row of CMYK to RGB. Adobe's programs, which write nearly all of them, store the inverse.
void toRgb(const std::uint8_t *cmyk, std::uint8_t *rgb, JDIMENSION width, bool inverse)
{
    const auto ink = [inverse](std::uint8_t value) { return inverse ? value : 255 - value; };
    for (JDIMENSION x = 0; x < width; ++x, cmyk += 4, rgb += 3)
        for (int c = 0; c < 3; ++c)
            rgb[c] = static_cast<std::uint8_t>((ink(cmyk[c]) * ink(cmyk[3]) + 127) / 255);
}

/// Rows of a picture that is to be turned are gathered before they are put into their places.
constexpr JDIMENSION s_strip = 32;

/// Where the decoder's rows go.
struct JpegRows {
    Picture *picture;
    std::uint8_t *cmyk;  ///< room for a row of four components, where the picture has so many; else null
    std::uint8_t *strip; ///< room for s_strip rows, where the picture is to be turned; else null
    int orientation;
};

bool finishDecode(jpeg_decompress_struct &info, JpegFailure &failure, const JpegRows &rows)
{
    if (setjmp(failure.jump) != 0)
        return false;
    jpeg_start_decompress(&info);
    const std::size_t stride = static_cast<std::size_t>(3) * info.output_width;
    while (info.output_scanline < info.output_height) {
        const JDIMENSION y = info.output_scanline;
        const JDIMENSION inStrip = y % s_strip;
        std::uint8_t *to = rows.strip != nullptr ? rows.strip + stride * inStrip : rows.picture->rgb.data() + stride * y;
        JSAMPROW line = rows.cmyk != nullptr ? rows.cmyk : to;
        jpeg_read_scanlines(&info, &line, 1);
        if (rows.cmyk != nullptr)
            toRgb(rows.cmyk, to, info.output_width, info.saw_Adobe_marker != 0);
        if (rows.strip != nullptr && (inStrip + 1 == s_strip || y + 1 == info.output_height))
            placeRows(rows.strip, static_cast<int>(y - inStrip), static_cast<int>(inStrip) + 1, static_cast<int>(info.output_width),
                      static_cast<int>(info.output_height), rows.orientation, *rows.picture);
    }
    // Of a progressive file whole scans may be missing, without a word of libjpeg.
    if (failure.ended && info.progressive_mode && info.coef_bits != nullptr)
        for (int c = 0; c < info.num_components; ++c)
            for (int k = 0; k < DCTSIZE2; ++k)
                failure.hollow = failure.hollow || info.coef_bits[c][k] != 0;
    jpeg_finish_decompress(&info);
    return true;
}

/// Whether the bytes could hold a picture of the size they claim: a block of 8 x 8 takes a bit at least.
bool canHold(const jpeg_decompress_struct &info, std::size_t bytes)
{
    if (info.arith_code)
        return true;
    const std::uint64_t blocks = std::uint64_t{(info.image_width + 15) / 16} * ((info.image_height + 15) / 16);
    return blocks <= std::uint64_t{8} * bytes;
}

/// What decoding takes: the picture and, where its data come in several scans, every coefficient of it.
PictureMemory memoryOf(jpeg_decompress_struct &info, std::size_t bytes)
{
    PictureMemory memory;
    memory.width = info.output_width;
    memory.height = info.output_height;
    memory.fileBytes = bytes;
    memory.bytes = std::uint64_t{3} * info.output_width * info.output_height;
    if (jpeg_has_multiple_scans(&info) == FALSE)
        return memory;
    for (int c = 0; c < info.num_components; ++c) {
        const jpeg_component_info &component = info.comp_info[c];
        memory.bytes += sizeof(JBLOCK) * std::uint64_t{component.width_in_blocks} * component.height_in_blocks;
    }
    memory.hint = "make it smaller, or save it as a JPEG that is not progressive";
    return memory;
}

bool encode(jpeg_compress_struct &info, JpegFailure &failure, const Picture &picture, int quality, unsigned char **out, unsigned long *size)
{
    if (setjmp(failure.jump) != 0)
        return false;
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, out, size);
    info.image_width = static_cast<JDIMENSION>(picture.width);
    info.image_height = static_cast<JDIMENSION>(picture.height);
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    if (quality >= 90)
        info.comp_info[0].h_samp_factor = info.comp_info[0].v_samp_factor = 1;
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
        JSAMPROW row = const_cast<std::uint8_t *>(picture.row(static_cast<int>(info.next_scanline)));
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    return true;
}

jpeg_error_mgr *install(JpegFailure &failure)
{
    jpeg_std_error(&failure.manager);
    failure.manager.error_exit = onJpegError;
    failure.manager.output_message = onJpegMessage;
    failure.manager.emit_message = onJpegWarning;
    failure.message = "";
    failure.warning = 0;
    failure.ended = failure.hollow = false;
    return &failure.manager;
}

} // namespace

Picture::Picture(int w, int h) : width(w), height(h)
{
    if (w <= 0 || h <= 0 || static_cast<std::int64_t>(w) * h > (std::int64_t{1} << 30) / 3)
        throw Error("A picture of " + std::to_string(w) + " x " + std::to_string(h) + " pixels cannot be held.");
    rgb.resize(static_cast<std::size_t>(3) * w * h);
}

Picture decodeJpeg(std::span<const std::uint8_t> bytes, JpegDamage &damage, int orientation)
{
    damage = {};
    jpeg_decompress_struct info{};
    JpegFailure failure;
    jpeg_progress_mgr progress{};
    progress.progress_monitor = onJpegProgress;
    info.err = install(failure);
    if (bytes.empty() || !startDecode(info, failure, progress, bytes)) {
        jpeg_destroy_decompress(&info);
        throw Error(std::string("This is not a readable JPEG: ") + (bytes.empty() ? "it is empty" : failure.message) + ".");
    }
    std::string why;
    if (static_cast<std::int64_t>(info.output_width) * info.output_height > (std::int64_t{1} << 28))
        why = "it is too large";
    else if (!canHold(info, bytes.size()))
        why = "its bytes are too few for the size it claims";
    else if (info.num_components != 1 && info.num_components != 3 && info.num_components != 4)
        why = "it has neither one nor three nor four colours";
    else
        why = tooMuchMemory(memoryOf(info, bytes.size()));
    if (!why.empty()) {
        jpeg_destroy_decompress(&info);
        throw Error("This JPEG cannot be read: " + why + ".");
    }
    const bool swapped = turns(orientation) && orientation >= 5;
    Picture picture(static_cast<int>(swapped ? info.output_height : info.output_width), static_cast<int>(swapped ? info.output_width : info.output_height));
    std::vector<std::uint8_t> cmyk(info.num_components == 4 ? std::size_t{4} * info.output_width : 0);
    std::vector<std::uint8_t> strip(turns(orientation) ? std::size_t{3} * s_strip * info.output_width : 0);
    const bool good = finishDecode(info, failure, {&picture, cmyk.empty() ? nullptr : cmyk.data(), strip.empty() ? nullptr : strip.data(), orientation});
    jpeg_destroy_decompress(&info);
    if (!good)
        throw Error(std::string("This JPEG is damaged: ") + failure.message + ".");
    if (failure.warning != 0)
        damage.what = wordsOf(failure.warning);
    damage.cutShort = failure.ended && failure.hollow;
    damage.noEnd = failure.ended && !failure.hollow;
    return picture;
}

Picture decodeJpeg(const std::vector<std::uint8_t> &bytes)
{
    JpegDamage damage;
    return decodeJpeg(bytes, damage);
}

Picture readJpeg(const std::filesystem::path &path)
{
    const std::vector<std::uint8_t> bytes = readBytes(path, std::uint64_t{1} << 28);
    try {
        return decodeJpeg(bytes);
    } catch (const Error &error) {
        throw FileError(path, error.what());
    }
}

std::vector<std::uint8_t> encodeJpeg(const Picture &picture, int quality)
{
    if (picture.empty())
        throw Error("An empty picture cannot be written as JPEG.");
    jpeg_compress_struct info{};
    JpegFailure failure;
    info.err = install(failure);
    unsigned char *out = nullptr;
    unsigned long size = 0;
    const bool good = encode(info, failure, picture, quality, &out, &size);
    std::vector<std::uint8_t> bytes;
    if (good)
        bytes.assign(out, out + size);
    jpeg_destroy_compress(&info);
    std::free(out);
    if (!good)
        throw Error(std::string("A JPEG could not be written: ") + failure.message + ".");
    return bytes;
}

} // namespace dscope
