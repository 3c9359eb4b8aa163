// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace dscope {

/// SHA-256 (FIPS 180-4), fed piece by piece. By OpenSSL, which uses the processor's own instructions for it where there are any.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256 &&) noexcept;
    Sha256 &operator=(Sha256 &&) noexcept;

    void add(const void *bytes, std::size_t size);
    void add(std::string_view text) { add(text.data(), text.size()); }
    /// The digest as 64 lower-case hexadecimal digits. The object cannot be fed afterwards.
    std::string hex();

private:
    struct Context;
    std::unique_ptr<Context> m_context;
};

/// Digest of bytes in memory.
std::string sha256(std::string_view bytes);
/// Digest of a file's content. @throws FileError
std::string sha256File(const std::filesystem::path &path);

} // namespace dscope
