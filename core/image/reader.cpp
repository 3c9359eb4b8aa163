#include "core/image/reader.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/orient.h"
#include "core/base/pictureheader.h"
#include "core/base/text.h"
#include "core/image/decoders.h"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

namespace fs = std::filesystem;

namespace {


/// OpenCV's own words without its file names and line numbers.
std::string reasonOf(const cv::Exception &error)
{
    return error.err.empty() ? "the decoder gave up" : error.err;
}

/// A view of the picture for OpenCV, which has no const form; it is only read.
cv::Mat viewOf(const Picture &picture)
{
    return cv::Mat(picture.height, picture.width, CV_8UC3, const_cast<std::uint8_t *>(picture.rgb.data()));
}

Picture decodeByOpenCv(std::span<const std::uint8_t> bytes, const PictureHeader &header, const fs::path &name, std::vector<std::string> &)
{
    try {
        // Decoded into the picture's own memory, which OpenCV leaves only where the header spoke of another size.
        Picture picture(static_cast<int>(header.width), static_cast<int>(header.height));
        cv::Mat bgr = viewOf(picture);
        const cv::Mat coded(1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<std::uint8_t *>(bytes.data()));
        if (cv::imdecode(coded, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION, &bgr).empty() || bgr.empty() || bgr.type() != CV_8UC3)
            throw FileError(name, "is a damaged picture, or one of a kind that OpenCV cannot read.");
        if (bgr.data != picture.rgb.data())
            picture = Picture(bgr.cols, bgr.rows);
        cv::Mat rgb = viewOf(picture);
        cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
        return picture;
    } catch (const cv::Exception &error) {
        throw FileError(name, "is a picture that cannot be decoded: " + reasonOf(error) + ".");
    }
}

[[noreturn, maybe_unused]] void refuse(const PictureHeader &header, const fs::path &name)
{
    throw FileError(name, std::string("is ") + (header.format == PictureHeader::Format::WebP ? "an animated WebP" : "a picture of the format ")
                        + (header.format == PictureHeader::Format::WebP ? "" : nameOf(header.format))
                        + ", which this build does not support. Convert it to JPEG or PNG.");
}

Picture decodeAny(std::span<const std::uint8_t> bytes, const PictureHeader &header, const fs::path &name, std::vector<std::string> &notes)
{
    using Format = PictureHeader::Format;
    if (header.format == Format::Heic || header.format == Format::Avif) {
#ifdef DSCOPE_HEIF
        return decodeHeif(bytes, name, notes);
#else
        refuse(header, name);
#endif
    }
    if (header.format == Format::Jxl) {
#ifdef DSCOPE_JXL
        return decodeJxl(bytes, name, notes);
#else
        refuse(header, name);
#endif
    }
    if (header.animated) {
#ifdef DSCOPE_WEBP
        return decodeAnimatedWebP(bytes, name);
#else
        refuse(header, name);
#endif
    }
    return decodeByOpenCv(bytes, header, name, notes);
}

/// Runs when the program starts, before any thread.
const bool s_registered = (registerPictureDecoder(decodeAny), true);

} // namespace

/// What the linker is told to look for (core/image/CMakeLists.txt), so that this file is in every program.
extern "C" const bool *dscope_picture_decoder()
{
    return &s_registered;
}

void writePicture(const fs::path &path, const Picture &picture, int jpegQuality)
{
    if (picture.empty())
        throw FileError(path, "an empty picture cannot be written.");
    const std::string extension = extensionOf(path);
    std::vector<std::uint8_t> bytes;
    if (extension == ".jpg" || extension == ".jpeg") {
        bytes = encodeJpeg(picture, std::clamp(jpegQuality, 1, 100));
    } else if (extension == ".png") {
        try {
            cv::Mat bgr;
            cv::cvtColor(viewOf(picture), bgr, cv::COLOR_RGB2BGR);
            if (!cv::imencode(".png", bgr, bytes))
                throw FileError(path, "could not be encoded as PNG.");
        } catch (const cv::Exception &error) {
            throw FileError(path, "could not be encoded as PNG: " + reasonOf(error) + ".");
        }
    } else {
        throw FileError(path, "pictures are written as .png or .jpg; the name ends in '" + extension + "'.");
    }
    writeAtomically(path, std::string_view(reinterpret_cast<const char *>(bytes.data()), bytes.size()));
}

Picture resized(const Picture &picture, int width, int height)
{
    if (picture.empty())
        throw Error("An empty picture cannot be resized.");
    if (width == picture.width && height == picture.height)
        return picture;
    Picture out(width, height);
    // The area filter averages all pixels that fall together; it is only defined where neither side grows.
    const bool shrinks = width <= picture.width && height <= picture.height;
    cv::Mat view(height, width, CV_8UC3, out.rgb.data());
    cv::resize(viewOf(picture), view, cv::Size(width, height), 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
    return out;
}

} // namespace dscope
