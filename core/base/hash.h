#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace dscope {

/// SHA-256 (FIPS 180-4), fed piece by piece.
class Sha256 {
public:
    Sha256();
    void add(const void *bytes, std::size_t size);
    void add(std::string_view text) { add(text.data(), text.size()); }
    /// The digest as 64 lower-case hexadecimal digits. The object cannot be fed afterwards.
    std::string hex();

private:
    void block(const std::uint8_t *bytes);

    std::array<std::uint32_t, 8> m_state;
    std::array<std::uint8_t, 64> m_pending{};
    std::size_t m_held = 0;
    std::uint64_t m_total = 0;
};

/// Digest of bytes in memory.
std::string sha256(std::string_view bytes);
/// Digest of a file's content. @throws FileError
std::string sha256File(const std::filesystem::path &path);

} // namespace dscope
