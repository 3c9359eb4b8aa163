// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/hash.h"

#include "core/base/error.h"
#include "core/base/inputfile.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <vector>

namespace dscope {

struct Sha256::Context {
    Context() : evp(EVP_MD_CTX_new())
    {
        if (evp == nullptr || EVP_DigestInit_ex(evp, EVP_sha256(), nullptr) != 1)
            throw Error("OpenSSL offers no SHA-256 here; is its configuration damaged?");
    }
    ~Context() { EVP_MD_CTX_free(evp); }
    Context(const Context &) = delete;
    Context &operator=(const Context &) = delete;

    EVP_MD_CTX *evp;
};

Sha256::Sha256() : m_context(std::make_unique<Context>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256 &&) noexcept = default;
Sha256 &Sha256::operator=(Sha256 &&) noexcept = default;

void Sha256::add(const void *bytes, std::size_t size)
{
    if (EVP_DigestUpdate(m_context->evp, bytes, size) != 1)
        throw Error("A SHA-256 was fed after its end.");
}

std::string Sha256::hex()
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_DigestFinal_ex(m_context->evp, digest.data(), &size) != 1)
        throw Error("A SHA-256 was asked for twice.");
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i < size; ++i)
        text += {digits[digest[i] >> 4], digits[digest[i] & 15]};
    return text;
}

std::string sha256(std::string_view bytes)
{
    Sha256 hash;
    hash.add(bytes);
    return hash.hex();
}

std::string sha256File(const std::filesystem::path &path)
{
    const InputFile in(path);
    Sha256 hash;
    std::vector<char> buffer(1 << 20);
    std::uint64_t at = 0;
    while (const std::size_t got = in.readSome(at, buffer.data(), buffer.size())) {
        hash.add(buffer.data(), got);
        at += got;
    }
    return hash.hex();
}

} // namespace dscope
