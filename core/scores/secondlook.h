// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/words.h"
#include "core/nets/network.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// What a second look was taught: the normalised D-score itself, or its logit (the standardised raw D-score of Eq. 4), whose sigmoid is then the answer.
enum class SecondTarget { DScore, Logit };
inline constexpr Words<SecondTarget, 2> secondTargetWords{"nothing that a second look is taught",
                                                          {{SecondTarget::DScore, "d"}, {SecondTarget::Logit, "logit"}}};

/// Where a second look comes from: what stands in its file beside the weights.
struct SecondLookOrigin {
    std::string base;     ///< name of the network whose embeddings it takes
    std::string baseHash; ///< SHA-256 of that network's weights (Network::hash())
    double ridge = 0;
    SecondTarget target = SecondTarget::DScore;
    std::string without;       ///< families of damage whose pictures it was not shown, as DamageSet::text() names them; empty: it was shown all
    std::string set;           ///< the faces it was taught on, by the name of their folder or file
    std::string targetsHash;   ///< SHA-256 of the target file
    std::int64_t people = 0;   ///< who took part
    std::int64_t pictures = 0; ///< that took part, every copy one
    std::int64_t leftOut = 0;  ///< pictures without a target or without an embedding that has a direction
    std::int64_t folds = 0;    ///< of people, by which ridge and target were chosen and `heldOut` was found; 0: nobody could be held out
    std::uint64_t seed = 1;    ///< of the folds
    std::string rule;          ///< what is best made of its scores (`dscope tune-rule`), such as "ddl+:second,middle=0.3,power=5"; empty: not known
    double inSample = 0;       ///< Spearman's correlation with the D-scores it was taught
    double heldOut = 0;        ///< the same on people whom the rule that predicted them had not seen; NaN without folds
};

/// A second look at a picture that has been through the base: its D-score, read off the base's own embedding by one linear rule (docs/second-look.md).
///
///     D = clip(s(b + sum_j (w_j f_j + v_j |f_j|) + u ln|f| + l |f|), .001, .999),   s the identity or the sigmoid (SecondTarget)
///
/// f is the raw embedding, as the network gives it, |f| its Euclidean length. The base has run by then, so that this costs 3 d + 2 multiply-accumulates. An
/// embedding that has no direction (length 0, or a value that is no finite number) gets .001: it recognises nobody. Immutable; from any thread.
class SecondLook {
public:
    static constexpr double lowest = 0.001;
    static constexpr double highest = 0.999;
    static constexpr std::int64_t longest = 4096; ///< values of an embedding

    /// @param weights w (dim values), v (dim), u, l @throws Error where the sizes do not fit or a value is not finite
    SecondLook(std::vector<double> weights, double bias, SecondLookOrigin origin);

    std::int64_t dim() const { return m_dim; }
    std::span<const double> weights() const { return m_weights; }
    double bias() const { return m_bias; }
    const SecondLookOrigin &origin() const { return m_origin; }
    /// Of one picture, beside the base's.
    Cost cost() const;

    /// @param embedding [dim], raw @throws Error for another length
    double score(std::span<const float> embedding) const;
    /// @param embeddings row-major [n, dim] @return [n]; each equals score() to float32
    std::vector<float> scores(std::span<const float> embeddings) const;

    /// As safetensors: `weight` [2 dim + 2] and `bias` [1] in float64, the rest as JSON in the metadata `dscope.second`. Atomic.
    void save(const std::filesystem::path &path) const;
    /// @throws FileError if it is no second look or does not fit itself
    static std::shared_ptr<const SecondLook> load(const std::filesystem::path &path);
    /// The same out of bytes in hand. @param path what they are called
    static std::shared_ptr<const SecondLook> parse(std::span<const std::uint8_t> bytes, const std::filesystem::path &path);

private:
    std::int64_t m_dim = 0;
    std::vector<double> m_weights;
    double m_bias = 0;
    SecondLookOrigin m_origin;
};

/// The quality (TemplateFeatures::quality, FacePool::quality) under which a second look's scores stand.
inline constexpr const char *secondLookName = "second";

/// The file of a base's second look: the one that its description names (ModelSpec::second), else `<weights without extension>.second.safetensors` beside
/// the weights, else `<the base's name>.second.safetensors` in one of the folders of models. Empty: there is none.
std::filesystem::path secondLookFile(const ModelSpec &base, const ModelStore &store);

/// Reads it for embeddings of a network. @param hash that network's; empty: not known, so that only the length is compared @param dim of its embeddings; 0: not
/// known yet
/// @throws FileError that names both networks where it was taught on another one's embeddings
std::shared_ptr<const SecondLook> loadSecondLook(const std::filesystem::path &file, const std::string &base, const std::string &hash, std::int64_t dim);

} // namespace dscope
