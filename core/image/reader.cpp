#include "core/image/reader.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/text.h"
#include "core/image/header.h"
#include "core/image/orient.h"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <string>
#include <string_view>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t maxFileBytes = std::uint64_t{1} << 29;
constexpr std::int64_t maxPixels = std::int64_t{1} << 27;

/// OpenCV's own words without its file names and line numbers.
std::string reasonOf(const cv::Exception &error)
{
    return error.err.empty() ? "the decoder gave up" : error.err;
}

Picture fromBgr(const cv::Mat &bgr)
{
    Picture picture(bgr.cols, bgr.rows);
    cv::Mat rgb(picture.height, picture.width, CV_8UC3, picture.rgb.data());
    cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
    return picture;
}

/// A view of the picture for OpenCV, which has no const form; it is only read.
cv::Mat viewOf(const Picture &picture)
{
    return cv::Mat(picture.height, picture.width, CV_8UC3, const_cast<std::uint8_t *>(picture.rgb.data()));
}

Picture decode(const fs::path &path, const std::vector<std::uint8_t> &bytes, const PictureHeader &header)
{
    // The three-component JPEG goes the same way as the pictures that networks are trained on.
    if (header.format == PictureHeader::Format::Jpeg && header.components <= 3) {
        try {
            return decodeJpeg(bytes);
        } catch (const Error &error) {
            throw FileError(path, error.what());
        }
    }
    try {
        const cv::Mat bgr = cv::imdecode(bytes, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
        if (bgr.empty() || bgr.type() != CV_8UC3)
            throw FileError(path, "is a damaged picture, or one of a kind that OpenCV cannot read.");
        return fromBgr(bgr);
    } catch (const cv::Exception &error) {
        throw FileError(path, "is a picture that cannot be decoded: " + reasonOf(error) + ".");
    }
}

} // namespace

Picture readPicture(const fs::path &path)
{
    const std::vector<std::uint8_t> bytes = readBytes(path, maxFileBytes);
    const std::optional<PictureHeader> header = pictureHeader(bytes);
    if (!header)
        throw FileError(path, bytes.empty() ? "is empty." : "is not a JPEG, PNG, WebP, BMP, TIFF or PNM picture, or its header is damaged.");
    // The division keeps the product of two hostile sides from running over.
    if (header->width > maxPixels || header->height > maxPixels / header->width)
        throw FileError(path,
                        "claims " + std::to_string(header->width) + " x " + std::to_string(header->height) + " pixels; pictures of more than "
                            + std::to_string(maxPixels) + " pixels are refused.");
    if (!header->complete)
        throw FileError(path, "is a JPEG that was cut short: its end marker is missing after " + std::to_string(bytes.size()) + " bytes.");
    try {
        return oriented(decode(path, bytes, *header), header->orientation);
    } catch (const std::bad_alloc &) {
        throw FileError(path, "there is not enough memory for this picture.");
    }
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

bool looksLikePicture(const fs::path &path)
{
    static constexpr std::array<std::string_view, 12> known{".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm"};
    return std::find(known.begin(), known.end(), extensionOf(path)) != known.end();
}

} // namespace dscope
