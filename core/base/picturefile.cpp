// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/picturefile.h"
#include "core/base/naturalorder.h"

#include "core/base/encoding.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/inputfile.h"
#include "core/base/jpeg.h"
#include "core/base/jpegentropy.h"
#include "core/base/orient.h"
#include "core/base/picturememory.h"
#include "core/base/picturewhole.h"
#include "core/base/text.h"
#include "core/base/unreadpicture.h"

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

FileError cutShort(PictureHeader::Format format, std::size_t bytes, const fs::path &name)
{
    return {name, std::string("is a ") + nameOf(format) + " that was cut short: its " + std::to_string(bytes) + " bytes end before the picture does."};
}

std::string damagedBy(const std::string &what)
{
    return "the picture's data are damaged (" + what + "); parts of it may be wrong.";
}

std::string endMissing(PictureHeader::Format format)
{
    return std::string("the end marker of the ") + nameOf(format) + " is missing; the picture itself is whole.";
}

Picture decodeAsJpeg(std::span<const std::uint8_t> bytes, int orientation, const fs::path &name, std::vector<std::string> &warnings)
{
    JpegDamage damage;
    Picture picture;
    try {
        picture = decodeJpeg(bytes, damage, orientation);
    } catch (const Error &error) {
        throw FileError(name, error.what());
    }
    if (damage.cutShort)
        throw cutShort(PictureHeader::Format::Jpeg, bytes.size(), name);
    if (damage.what.empty())
        damage.what = jpegContradiction(bytes);
    if (!damage.what.empty())
        warnings.push_back(damagedBy(damage.what));
    if (damage.noEnd)
        warnings.push_back(endMissing(PictureHeader::Format::Jpeg));
    return picture;
}

Picture decode(std::span<const std::uint8_t> bytes, const PictureHeader &header, const fs::path &name, std::vector<std::string> &warnings,
               std::vector<std::string> &notes)
{
    if (header.format == PictureHeader::Format::Jpeg)
        return decodeAsJpeg(bytes, header.orientation, name, warnings);
    const PictureDecoder &decoder = otherDecoder();
    if (!decoder)
        throw FileError(name,
                        std::string("is a ") + nameOf(header.format)
                            + " picture; this program reads JPEG alone. `dscope` reads it, and `dscope pack` makes a file that both read.");
    const PictureWholeness whole = wholenessOf(bytes, header);
    if (whole.cutShort)
        throw cutShort(header.format, bytes.size(), name);
    // Its decoder insists on an end.
    std::vector<std::uint8_t> completed;
    if (whole.noEnd) {
        static constexpr std::array<std::uint8_t, 12> end{0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xAE, 0x42, 0x60, 0x82};
        completed.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(whole.end));
        completed.insert(completed.end(), end.begin(), end.end());
        bytes = completed;
    }
    PictureRemarks remarks;
    Picture picture = oriented(decoder(bytes, header, name, remarks), header.orientation);
    notes.insert(notes.end(), remarks.notes.begin(), remarks.notes.end());
    for (const std::string &what : remarks.damage)
        warnings.push_back(damagedBy(what));
    if (whole.damaged)
        warnings.push_back(damagedBy("a checksum does not match"));
    if (whole.noEnd)
        warnings.push_back(endMissing(header.format));
    return picture;
}

} // namespace

void checkPictureSize(std::int64_t width, std::int64_t height, const fs::path &name)
{
    if (width <= 0 || height <= 0)
        throw FileError(name, "is a picture without pixels.");
    // The division keeps the product of two hostile sides from running over.
    if (width > s_maxPixels || height > s_maxPixels / width)
        throw FileError(name,
                        "claims " + std::to_string(width) + " x " + std::to_string(height) + " pixels; pictures of more than " + std::to_string(s_maxPixels)
                            + " pixels are refused.");
}

void checkPictureMemory(std::int64_t width, std::int64_t height, double bytesPerPixel, std::size_t fileBytes, const fs::path &name, std::uint64_t further)
{
    PictureMemory memory{width, height, static_cast<std::uint64_t>(bytesPerPixel * static_cast<double>(width) * static_cast<double>(height)) + further,
                         fileBytes};
    if (const std::string why = tooMuchMemory(memory); !why.empty())
        throw FileError(name, why + ".");
}

Picture decodePicture(std::span<const std::uint8_t> bytes, const fs::path &name, std::vector<std::string> *warnings)
{
    const std::optional<PictureHeader> header = pictureHeader(bytes);
    const std::optional<std::string> unread = header ? std::nullopt : unreadPicture(bytes);
    if (!header)
        throw FileError(name,
                        bytes.empty() ? "is empty."
                            : unread  ? *unread
                                      : "is not a JPEG, PNG, WebP, BMP, TIFF, PNM, HEIC, AVIF or JPEG XL picture, or its header is damaged.");
    if (header->width > 0)
        checkPictureSize(header->width, header->height, name);
    if (!header->refused.empty())
        throw FileError(name, header->refused);
    if (header->width > 0) {
        checkPictureMemory(header->width, header->height, header->bytesPerPixel + (header->bytesPerPixel > 0 && turns(header->orientation) ? 3 : 0),
                           bytes.size(), name, header->further);
    }
    std::vector<std::string> found;
    std::vector<std::string> notes = header->notes; // no damage
    try {
        Picture picture = decode(bytes, *header, name, found, notes);
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
    static constexpr std::array<std::string_view, 21> known{".jpg", ".jpeg", ".jpe", ".jfif", ".jfi", ".jif", ".mpo",  ".png",  ".apng", ".webp", ".bmp",
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
    if (fs::is_regular_file(path, problem))
        return path;
    for (const std::string &other : namesWithOtherEndings(path.native()))
        if (fs::is_regular_file(other, problem))
            return other;
    return path;
}

std::vector<std::string> namesWithOtherEndings(const std::string &name)
{
    const std::string_view stem = std::string_view(name).substr(0, looksLikePicture(fs::path(name)) ? name.rfind('.') : name.size());
    std::vector<std::string> names;
    for (const char *ending : {".jpg", ".JPG", ".jpeg", ".JPEG", ".png", ".PNG", ".webp", ".WEBP", ".bmp", ".BMP", ".Jpg", ".Jpeg", ".Png"})
        names.push_back(std::string(stem) + ending);
    return names;
}

std::vector<std::string> listedSpellings(const std::string &name)
{
    std::vector<std::string> spellings{name};
    if (name.starts_with("file:///"))
        spellings.push_back(name.substr(7));
    if (name.size() > 1 && name.front() == '\'' && std::string_view("=+-@\t\r").find(name[1]) != std::string_view::npos)
        spellings.push_back(name.substr(1));
    if (name.find('\\') == std::string::npos)
        return spellings;
    for (std::size_t i = 0, count = spellings.size(); i < count; ++i)
        if (std::string bytes = nameFromUtf8(spellings[i]); bytes != spellings[i])
            spellings.push_back(std::move(bytes));
    std::string slashes = name;
    std::replace(slashes.begin(), slashes.end(), '\\', '/');
    spellings.push_back(std::move(slashes));
    return spellings;
}

std::optional<std::string> findListedPicture(const fs::path &folder, const std::string &name)
{
    std::error_code problem;
    const std::vector<std::string> spellings = listedSpellings(name);
    for (const std::string &spelling : spellings)
        if (fs::is_regular_file(folder / spelling, problem))
            return spelling;
    for (const std::string &spelling : spellings) {
        const fs::path whole = folder / spelling;
        if (const fs::path found = existingPicture(whole); found != whole)
            return (fs::path(spelling).parent_path() / found.filename()).string();
    }
    return std::nullopt;
}

std::string listedPicture(const fs::path &folder, const std::string &name)
{
    std::optional<std::string> found = findListedPicture(folder, name);
    return found ? std::move(*found) : listedSpellings(name).back();
}

std::vector<std::string> framesOf(const fs::path &folder)
{
    std::vector<std::string> names;
    std::error_code problem;
    for (fs::directory_iterator entry(folder, problem); !problem && entry != fs::directory_iterator(); entry.increment(problem))
        if (looksLikePicture(entry->path()))
            names.push_back(entry->path().filename().string());
    std::sort(names.begin(), names.end(), naturalLess);
    return names;
}

} // namespace dscope
