// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <utility>

namespace dscope {

/// A value that most of millions do not have: like std::optional, but the room of a pointer where there is none.
template<typename T>
class Seldom {
public:
    Seldom() = default;
    Seldom(std::nullopt_t) {}                                       // NOLINT(google-explicit-constructor): as std::optional's
    Seldom(const T &value) : m_value(std::make_unique<T>(value)) {} // NOLINT(google-explicit-constructor)
    Seldom(const Seldom &other) : m_value(other.m_value ? std::make_unique<T>(*other.m_value) : nullptr) {}
    Seldom(Seldom &&other) noexcept = default;
    Seldom &operator=(const Seldom &other) { return *this = Seldom(other); }
    Seldom &operator=(Seldom &&other) noexcept = default;
    ~Seldom() = default;

    bool has_value() const { return m_value != nullptr; } // NOLINT(readability-identifier-naming): as std::optional has it
    explicit operator bool() const { return has_value(); }
    const T &operator*() const { return *m_value; }
    const T *operator->() const { return m_value.get(); }
    operator std::optional<T>() const { return m_value ? std::optional<T>(*m_value) : std::nullopt; } // NOLINT(google-explicit-constructor)
    friend bool operator==(const Seldom &a, const Seldom &b) { return a.has_value() == b.has_value() && (!a.has_value() || *a == *b); }

private:
    std::unique_ptr<T> m_value;
};

} // namespace dscope
