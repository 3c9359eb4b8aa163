#include "core/base/picturefile.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/inputfile.h"
#include "core/base/jpeg.h"
#include "core/base/orient.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <new>
#include <optional>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t s_maxFileBytes = std::uint64_t{1} << 29;
constexpr std::int64_t s_maxPixels = std::int64_t{1} << 27;

std::atomic<bool> s_refuseDamaged{false};

PictureDecoder &otherDecoder()
{
    static PictureDecoder decoder;
    return decoder;
}

Picture decodeAsJpeg(std::span<const std::uint8_t> bytes, const fs::path &name, std::vector<std::string> &warnings)
{
    JpegDamage damage;
    Picture picture;
    try {
        picture = decodeJpeg(bytes, damage);
    } catch (const Error &error) {
        throw FileError(name, error.what());
    }
    if (damage.cutShort)
        throw FileError(name, "is a JPEG that was cut short: its " + std::to_string(bytes.size()) + " bytes end before the picture does.");
    if (!damage.what.empty())
        warnings.push_back("the picture's data are damaged (" + damage.what + "); parts of it may be wrong.");
    if (damage.noEnd)
        warnings.emplace_back("the end marker of the JPEG is missing; the picture itself is whole.");
    return picture;
}

Picture decode(std::span<const std::uint8_t> bytes, const PictureHeader &header, const fs::path &name, std::vector<std::string> &warnings,
               std::vector<std::string> &notes)
{
    if (header.format == PictureHeader::Format::Jpeg)
        return decodeAsJpeg(bytes, name, warnings);
    const PictureDecoder &decoder = otherDecoder();
    if (!decoder)
        throw FileError(name, std::string("is a ") + nameOf(header.format) + " picture; this program reads JPEG alone. `dscope` reads it, and `dscope pack` makes a file that both read.");
    return decoder(bytes, header, name, notes);
}

/// A small file that claims a huge picture would take the memory for it before its bytes turn out to be a single colour, or not there at all.
void checkProportion(const PictureHeader &header, std::size_t bytes, const fs::path &name)
{
    constexpr std::uint64_t always = 160'000'000;
    constexpr std::uint64_t timesItsSize = 16;
    const std::uint64_t picture = 3 * static_cast<std::uint64_t>(header.width) * static_cast<std::uint64_t>(header.height);
    if (picture > always + timesItsSize * bytes)
        throw FileError(name,
                        "claims " + std::to_string(header.width) + " x " + std::to_string(header.height) + " pixels in " + std::to_string(bytes)
                            + " bytes, which is out of all proportion; make it smaller, or save it as a JPEG of usual quality.");
}

} // namespace

void checkPictureSize(std::int64_t width, std::int64_t height, const fs::path &name)
{
    if (width <= 0 || height <= 0)
        throw FileError(name, "is a picture without pixels.");
    // The division keeps the product of two hostile sides from running over.
    if (width > s_maxPixels || height > s_maxPixels / width)
        throw FileError(name,
                        "claims " + std::to_string(width) + " x " + std::to_string(height) + " pixels; pictures of more than "
                            + std::to_string(s_maxPixels) + " pixels are refused.");
}

Picture decodePicture(std::span<const std::uint8_t> bytes, const fs::path &name, std::vector<std::string> *warnings)
{
    const std::optional<PictureHeader> header = pictureHeader(bytes);
    if (!header)
        throw FileError(name, bytes.empty() ? "is empty." : "is not a JPEG, PNG, WebP, BMP, TIFF, PNM, HEIC, AVIF or JPEG XL picture, or its header is damaged.");
    if (!header->refused.empty())
        throw FileError(name, header->refused);
    if (header->width > 0) {
        checkPictureSize(header->width, header->height, name);
        checkProportion(*header, bytes.size(), name);
    }
    std::vector<std::string> found;
    std::vector<std::string> notes = header->notes; // no damage
    try {
        Picture picture = oriented(decode(bytes, *header, name, found, notes), header->orientation);
        if (damagedPicturesRefused() && !found.empty())
            throw FileError(name, found.front());
        if (warnings != nullptr) {
            warnings->insert(warnings->end(), found.begin(), found.end());
            warnings->insert(warnings->end(), notes.begin(), notes.end());
        }
        return picture;
    } catch (const std::bad_alloc &) {
        throw FileError(name, "there is not enough memory for this picture.");
    }
}

Picture readPicture(const fs::path &path, std::vector<std::string> *warnings)
{
    return decodePicture(readBytes(path, s_maxFileBytes), path, warnings);
}

void refuseDamagedPictures(bool refused)
{
    s_refuseDamaged.store(refused);
}

bool damagedPicturesRefused()
{
    return s_refuseDamaged.load();
}

void registerPictureDecoder(PictureDecoder decoder)
{
    otherDecoder() = std::move(decoder);
}

bool readsMoreThanJpeg()
{
    return static_cast<bool>(otherDecoder());
}

bool looksLikePicture(const fs::path &path)
{
    static constexpr std::array<std::string_view, 21> known{".jpg", ".jpeg", ".jpe", ".jfif", ".jfi", ".jif", ".mpo", ".png",  ".apng", ".webp", ".bmp",
                                                            ".tif", ".tiff", ".ppm", ".pgm",  ".pbm", ".pnm", ".heic", ".heif", ".avif", ".jxl"};
    return std::find(known.begin(), known.end(), extensionOf(path)) != known.end();
}

std::optional<PictureHeader::Format> pictureFormat(const fs::path &path)
{
    return beginningFormat(firstBytes(path, 32));
}

bool isPicture(const fs::path &path)
{
    std::error_code problem;
    return fs::is_regular_file(path, problem) && (looksLikePicture(path) || pictureFormat(path));
}

fs::path existingPicture(const fs::path &path)
{
    std::error_code problem;
    if (!looksLikePicture(path) || fs::is_regular_file(path, problem))
        return path;
    for (const char *ending : {".jpg", ".JPG", ".jpeg", ".JPEG", ".png", ".PNG", ".webp", ".WEBP", ".bmp", ".BMP", ".Jpg", ".Jpeg", ".Png"}) {
        const fs::path other = fs::path(path).replace_extension(ending);
        if (fs::is_regular_file(other, problem))
            return other;
    }
    return path;
}

std::string listedPicture(const fs::path &folder, const std::string &name)
{
    std::error_code problem;
    const auto nameOf = [&](const std::string &listed) {
        const fs::path whole = folder / listed;
        const fs::path found = existingPicture(whole);
        return found == whole ? listed : (fs::path(listed).parent_path() / found.filename()).string();
    };
    if (name.find('\\') == std::string::npos || fs::exists(folder / name, problem))
        return nameOf(name);
    std::string other = name;
    std::replace(other.begin(), other.end(), '\\', '/');
    return nameOf(other);
}

} // namespace dscope
