// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dscope {

struct Checkpoint;

/// The neural aggregation network (Yang et al., CVPR 2017): two cascaded attention blocks over a template's features f_k, each of unit length.
///
///     e_k = q0 . f_k,  a = softmax(e),  r0 = sum a_k f_k
///     q1 = tanh(W r0 + b),  c = softmax(q1 . f_k),  r = sum c_k f_k
///
/// r is the template's vector. With all parameters 0, as training begins, it is the plain mean of the unit features.
class Nan {
public:
    /// All parameters 0. @throws Error for a length of features that is not 1 to 8192
    explicit Nan(std::int64_t dim);

    /// Reads what save() wrote. @throws FileError for a file that is something else, a tensor that is missing, misshapen, left over or not float32,
    /// or a value that is not finite
    static std::shared_ptr<const Nan> load(const std::filesystem::path &path);
    /// The same of bytes in hand. @param name what they are called in errors
    static std::shared_ptr<const Nan> parse(std::span<const std::uint8_t> bytes, const std::filesystem::path &name);
    /// Writes safetensors, atomically: q0 [dim], W [dim, dim], b [dim], and `about` beside them. @throws FileError
    void save(const std::filesystem::path &path, const std::map<std::string, std::string> &about = {}) const;

    std::int64_t dim() const { return m_dim; }
    /// The base network whose features it was trained on, as the file says; empty where unknown.
    const std::string &base() const { return m_base; }

    /// Weights c of a template's pictures, sum 1; they apply to the features at unit length. A feature of length 0 stays 0.
    /// @param features row-major [n, dim], raw; n > 0 @throws Error if sizes do not fit
    std::vector<double> weights(std::span<const float> features) const;
    /// r [dim]. @param weights where not null, c
    std::vector<double> aggregate(std::span<const float> features, std::vector<double> *weights = nullptr) const;

    /// Parameters in one piece: q0, W (row-major), b.
    std::span<const float> parameters() const { return m_parameters; }
    std::span<float> parameters() { return m_parameters; }

private:
    static std::shared_ptr<const Nan> from(const Checkpoint &whole, const std::filesystem::path &path);
    std::int64_t m_dim = 0;
    std::vector<float> m_parameters;
    std::string m_base;
};

} // namespace dscope
