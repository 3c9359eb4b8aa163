// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/metrics/verification.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dscope {

/// Scored template pairs arranged by person, so that a bootstrap over people is cheap: pairs are sorted once, and each resample is one walk.
///
/// A person drawn m times weighs a genuine pair m; an impostor pair of persons p and q weighs m_p m_q. Pairs between two copies of one person
/// are not made up.
class PersonPairs {
public:
    /// @param a, b the persons of each pair, 0 to persons - 1; a pair is genuine where they are equal
    /// @throws Error if sizes differ, a person is out of range, or a score is NaN
    PersonPairs(std::span<const float> scores, std::span<const std::int32_t> a, std::span<const std::int32_t> b, std::int32_t persons);
    /// The same from scores that are in order already; a and b by the input's places. @throws Error, Cancelled
    PersonPairs(const Descending &scores, std::span<const std::int32_t> a, std::span<const std::int32_t> b, std::int32_t persons, Progress &progress);

    std::int32_t persons() const { return m_persons; }
    std::int64_t genuineCount() const { return static_cast<std::int64_t>(m_genuine.size()); }
    std::int64_t impostorCount() const { return static_cast<std::int64_t>(m_impostor.size()); }

    /// The full ROC with weighted counts, for any measure; multiplicities of 1 give fullRoc(). @throws Error when one kind has no weight
    Roc roc(std::span<const std::int32_t> multiplicity) const;
    /// TAR at a FAR target by the strict rule, equal to tarAtFar(roc(multiplicity), target, FarRule::Strict).tar but walking only the few
    /// impostor pairs above the threshold; NaN when one kind has no weight. For statistics.h's bootstrap().
    double tarAtFar(double target, std::span<const std::int32_t> multiplicity) const;
    /// The same for several targets, which share the walk. @param tars as many as targets
    void tarAtFar(std::span<const double> targets, std::span<const std::int32_t> multiplicity, std::span<double> tars) const;

private:
    struct Genuine {
        float score;
        std::int32_t person;
    };
    struct Impostor {
        float score;
        std::int32_t a;
        std::int32_t b;
    };
    struct Count {
        std::int32_t a;
        std::int32_t b;
        std::int64_t pairs;
    };
    void take(const Descending &scores, std::span<const std::int32_t> a, std::span<const std::int32_t> b, Progress &progress);
    void check(std::span<const std::int32_t> multiplicity) const;
    std::int64_t genuineWeight(std::span<const std::int32_t> multiplicity) const;
    std::int64_t impostorWeight(std::span<const std::int32_t> multiplicity) const;

    std::int32_t m_persons;
    std::vector<Genuine> m_genuine;        // descending by score
    std::vector<Impostor> m_impostor;      // descending by score
    std::vector<std::int64_t> m_genuineOf; // genuine pairs per person
    std::vector<Count> m_counts;           // impostor pairs of every two persons that have some
};

} // namespace dscope
