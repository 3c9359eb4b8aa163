// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/base/pictureheader.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// Reads a picture file as upright RGB: the content decides what it is, whatever the file is called. EXIF rotation applied, grey, alpha and CMYK turned to
/// RGB. JPEG is read by libjpeg-turbo, everything else by the decoder registered (core/image/reader.h: PNG, WebP, BMP, TIFF, PNM, HEIC, AVIF, JPEG XL). Every
/// command and page reads pictures through this, so one rule holds for all: a picture whose data end before it does is refused; one whose data are damaged
/// within, or that lacks nothing but its end marker, is read, with a sentence in `warnings`. So is what else the file holds (further pages, an animation) or
/// says (colours other than sRGB), which is no damage.
/// @param warnings one sentence for each such thing, without the file's name; may be null
/// @throws FileError if it is no picture, damaged, larger than 2^27 pixels, or too large a file
Picture readPicture(const std::filesystem::path &path, std::vector<std::string> *warnings = nullptr);
/// The same of bytes in hand. @param name of what they are, for errors
Picture decodePicture(std::span<const std::uint8_t> bytes, const std::filesystem::path &name, std::vector<std::string> *warnings = nullptr);

/// Says for the whole process that a picture of which there is such a warning is refused by it instead (`--strict`). Off at first.
void refuseDamagedPictures(bool refused);
bool damagedPicturesRefused();

/// @throws FileError for a picture of more than 2^27 pixels, or of none; decoders ask before they take memory for what a header claims
void checkPictureSize(std::int64_t width, std::int64_t height, const std::filesystem::path &name);
/// @throws FileError for a picture whose decoding takes more memory than a file of that size may (core/base/picturememory.h)
/// @param bytesPerPixel what the decoder takes, the picture included @param further what it takes beside
void checkPictureMemory(std::int64_t width, std::int64_t height, double bytesPerPixel, std::size_t fileBytes, const std::filesystem::path &name,
                        std::uint64_t further = 0);

/// What a decoder has to say of a picture that it could read.
struct PictureRemarks {
    std::vector<std::string> damage; ///< what is wrong with its data, a few words each
    std::vector<std::string> notes;  ///< what is not read or not converted, a sentence each
};
/// What decodes everything but JPEG; the size was checked where the header tells it and the picture is turned upright by the caller. @throws FileError
using PictureDecoder =
    std::function<Picture(std::span<const std::uint8_t> bytes, const PictureHeader &header, const std::filesystem::path &name, PictureRemarks &remarks)>;
/// Teaches readPicture further formats. A later decoder takes the place of an earlier one. To be called before threads begin.
void registerPictureDecoder(PictureDecoder decoder);
/// Whether anything but JPEG can be read in this program.
bool readsMoreThanJpeg();

/// True for file endings of pictures, whatever the file holds.
bool looksLikePicture(const std::filesystem::path &path);
/// The pictures of a folder by name as people count; none when it cannot be listed.
std::vector<std::string> framesOf(const std::filesystem::path &folder);
/// What a regular file begins as; nothing for one that begins as no picture, is no regular file or cannot be opened.
std::optional<PictureHeader::Format> pictureFormat(const std::filesystem::path &path);
/// Whether a file is to be taken as a picture: by its ending or, with any other ending or none, by its first bytes. False for what is no regular file.
bool isPicture(const std::filesystem::path &path);

/// The picture of this name, or, where there is none, the one beside it whose name differs in the ending alone (.jpg, .JPG, .jpeg, .png, ...) or has one
/// where this has none; the path as it came where there is none of these either.
std::filesystem::path existingPicture(const std::filesystem::path &path);
/// The same name with the other endings of pictures, or with each of them where it has none, the likeliest first.
std::vector<std::string> namesWithOtherEndings(const std::string &name);
/// What a listed name may stand for, the likeliest first: itself, with the bytes that utf8Name() escaped, without the apostrophe that csvText() puts before
/// it, with slashes for backslashes, without file://.
std::vector<std::string> listedSpellings(const std::string &name);
/// A name as lists have it, made one of this disk, by listedSpellings(): backslashes separate folders where no file has such a name, and the ending may differ
/// as above.
/// @param folder what names are relative to; an absolute name replaces it
std::string listedPicture(const std::filesystem::path &folder, const std::string &name);
/// The same; nothing where there is no such file.
std::optional<std::string> findListedPicture(const std::filesystem::path &folder, const std::string &name);

} // namespace dscope
