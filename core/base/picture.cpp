#include "core/base/picture.h"

#include "core/base/error.h"
#include "core/base/files.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
// jpeglib.h needs FILE and size_t declared before it.
#include <jpeglib.h>

namespace dscope {

namespace {

struct JpegFailure {
    jpeg_error_mgr manager;
    std::jmp_buf jump;
    char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void onJpegError(j_common_ptr info)
{
    auto *failure = reinterpret_cast<JpegFailure *>(info->err);
    info->err->format_message(info, failure->message);
    std::longjmp(failure->jump, 1);
}

void onJpegMessage(j_common_ptr) {}

// setjmp and C++ objects do not mix: these two functions hold only plain data between setjmp and longjmp.
bool startDecode(jpeg_decompress_struct &info, JpegFailure &failure, const std::vector<std::uint8_t> &bytes)
{
    if (setjmp(failure.jump) != 0)
        return false;
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, bytes.data(), static_cast<unsigned long>(bytes.size()));
    jpeg_read_header(&info, TRUE);
    info.out_color_space = JCS_RGB;
    jpeg_calc_output_dimensions(&info);
    return true;
}

bool finishDecode(jpeg_decompress_struct &info, JpegFailure &failure, std::uint8_t *out)
{
    if (setjmp(failure.jump) != 0)
        return false;
    jpeg_start_decompress(&info);
    const std::size_t stride = static_cast<std::size_t>(3) * info.output_width;
    while (info.output_scanline < info.output_height) {
        JSAMPROW row = out + stride * info.output_scanline;
        jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_finish_decompress(&info);
    return true;
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
    failure.message[0] = '\0';
    return &failure.manager;
}

} // namespace

Picture::Picture(int w, int h) : width(w), height(h)
{
    if (w <= 0 || h <= 0 || static_cast<std::int64_t>(w) * h > (std::int64_t{1} << 30) / 3)
        throw Error("A picture of " + std::to_string(w) + " x " + std::to_string(h) + " pixels cannot be held.");
    rgb.resize(static_cast<std::size_t>(3) * w * h);
}

Picture decodeJpeg(const std::vector<std::uint8_t> &bytes)
{
    jpeg_decompress_struct info{};
    JpegFailure failure;
    info.err = install(failure);
    if (bytes.empty() || !startDecode(info, failure, bytes)) {
        jpeg_destroy_decompress(&info);
        throw Error(std::string("This is not a readable JPEG: ") + (bytes.empty() ? "it is empty" : failure.message) + ".");
    }
    if (static_cast<std::int64_t>(info.output_width) * info.output_height > (std::int64_t{1} << 28) || info.num_components > 3) {
        const std::string why = info.num_components > 3 ? "its four-colour form is not supported" : "it is too large";
        jpeg_destroy_decompress(&info);
        throw Error("This JPEG cannot be read: " + why + ".");
    }
    Picture picture(static_cast<int>(info.output_width), static_cast<int>(info.output_height));
    const bool good = finishDecode(info, failure, picture.rgb.data());
    jpeg_destroy_decompress(&info);
    if (!good)
        throw Error(std::string("This JPEG is damaged: ") + failure.message + ".");
    return picture;
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
