// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/reader.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/orient.h"
#include "core/base/pictureheader.h"
#include "core/base/quietstderr.h"
#include "core/base/text.h"
#include "core/image/decoders.h"

#include <opencv2/core/utils/logger.hpp>
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

/// A view of the picture for OpenCV, which has no const form; it is only read.
cv::Mat viewOf(const Picture &picture)
{
    return cv::Mat(picture.height, picture.width, CV_8UC3, const_cast<std::uint8_t *>(picture.rgb.data()));
}

Picture decodeByOpenCv(std::span<const std::uint8_t> bytes, const PictureHeader &header, const fs::path &name)
{
    try {
        // Decoded into the picture's own memory, which OpenCV leaves only where the header spoke of another size.
        Picture picture(static_cast<int>(header.width), static_cast<int>(header.height));
        cv::Mat bgr = viewOf(picture);
        const cv::Mat coded(1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<std::uint8_t *>(bytes.data()));
        const auto untouched = [&](std::uint8_t was) {
            return bgr.data == picture.rgb.data() && std::all_of(picture.rgb.begin(), picture.rgb.end(), [was](std::uint8_t value) { return value == was; });
        };
        cv::imdecode(coded, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION, &bgr);
        // Where no decoder takes the bytes, OpenCV leaves the picture as it was and gives it back as good. A black one shows by which of the two it is.
        if (untouched(0)) {
            constexpr std::uint8_t white = 255;
            std::fill(picture.rgb.begin(), picture.rgb.end(), white);
            cv::imdecode(coded, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION, &bgr);
            if (untouched(white))
                bgr.release();
        }
        if (bgr.empty() || bgr.type() != CV_8UC3)
            throw FileError(name, "is a damaged picture, or of a kind that is not read.");
        if (bgr.data != picture.rgb.data())
            picture = Picture(bgr.cols, bgr.rows);
        cv::Mat rgb = viewOf(picture);
        cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
        return picture;
    } catch (const cv::Exception &error) {
        throw FileError(name,
                        error.code == cv::Error::StsNoMem ? "there is not enough memory for this picture."
                                                          : "is a picture that cannot be decoded: its data are damaged, or of a kind that is not read.");
    }
}

[[noreturn, maybe_unused]] void refuse(const PictureHeader &header, const fs::path &name)
{
    throw FileError(name,
                    std::string("is ") + (header.format == PictureHeader::Format::WebP ? "an animated WebP" : "a picture of the format ")
                        + (header.format == PictureHeader::Format::WebP ? "" : nameOf(header.format))
                        + ", which this build does not support. Convert it to JPEG or PNG.");
}

Picture decodeAny(std::span<const std::uint8_t> bytes, const PictureHeader &header, const fs::path &name, [[maybe_unused]] PictureRemarks &remarks)
{
    using Format = PictureHeader::Format;
    const QuietStderr quiet;
    if (header.format == Format::Heic || header.format == Format::Avif) {
#ifdef DSCOPE_HEIF
        return decodeHeif(bytes, name, remarks);
#else
        refuse(header, name);
#endif
    }
    if (header.format == Format::Jxl) {
#ifdef DSCOPE_JXL
        return decodeJxl(bytes, name, remarks);
#else
        refuse(header, name);
#endif
    }
    if (header.format == Format::Bmp && hasBmpFields(bytes))
        return decodeBmpFields(bytes, header, name);
    if (header.format == Format::Pnm)
        return decodePnm(bytes, header, name, remarks);
    if (header.format == Format::Tiff) {
#ifdef DSCOPE_TIFF
        return decodeTiff(bytes, header, name, remarks);
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
#ifdef DSCOPE_WEBP
    if (header.format == Format::WebP)
        return decodeWebP(bytes, header, name, remarks);
#endif
    return decodeByOpenCv(bytes, header, name);
}

int ignoreError(int, const char *, const char *, const char *, int, void *)
{
    return 0;
}

bool prepare()
{
    registerPictureDecoder(decodeAny);
    // OpenCV prints its errors besides throwing them; what is thrown is enough.
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    cv::redirectError(ignoreError);
    return true;
}

/// Runs when the program starts, before any thread.
const bool s_registered = prepare();

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
        } catch (const cv::Exception &) {
            throw FileError(path, "could not be encoded as PNG; is there enough memory?");
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
