// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace dscope {

/// Everything core throws on purpose. The message is one English sentence or two: what was wrong, in which file (and line), what to do.
class Error : public std::runtime_error {
public:
    explicit Error(const std::string &message) : std::runtime_error(message) {}
};

/// An Error about a file: the message becomes "<path>: <what>" or "<path>:<line>: <what>".
class FileError : public Error {
public:
    FileError(const std::filesystem::path &path, const std::string &what);
    FileError(const std::filesystem::path &path, std::int64_t line, const std::string &what);
};

/// Wrong command-line usage (exit code 2).
class UsageError : public Error {
public:
    using Error::Error;
};

/// Thrown by Progress::checkpoint after Progress::cancel. Not an Error: nothing went wrong (exit code 130).
class Cancelled : public std::exception {
public:
    const char *what() const noexcept override { return "cancelled"; }
};

/// The sentence to show for any exception: libtorch's without its backtrace, OpenCV's without its file names.
std::string describe(const std::exception &error);

} // namespace dscope
