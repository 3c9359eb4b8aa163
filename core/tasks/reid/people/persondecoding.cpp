// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/reid/people/persondecoding.h"

#include "core/base/error.h"
#include "core/base/overlap.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

namespace dscope {

namespace {

constexpr std::array<int, 3> kStrides{8, 16, 32};
/// An exponent above it is no box of a picture, and its power soon no number.
constexpr float kLargestLog = 12;

/// How many places a stride has along a side.
std::int64_t placesOf(int side, int stride)
{
    return (side + stride - 1) / stride;
}

std::string shapeText(const std::vector<std::int64_t> &shape)
{
    std::string text;
    for (const std::int64_t side : shape)
        text += (text.empty() ? "" : " x ") + std::to_string(side);
    return text.empty() ? "a single number" : text;
}

Person personFrom(float left, float top, float right, float bottom, float score, const DetectorInput &input)
{
    Person person;
    person.box = {left / input.scaleX, top / input.scaleY, (right - left) / input.scaleX, (bottom - top) / input.scaleY};
    person.score = std::min(score, 1.F);
    return person;
}

bool isFinite(const Person &person)
{
    return std::isfinite(person.score) && std::isfinite(person.box.x) && std::isfinite(person.box.y) && std::isfinite(person.box.w)
        && std::isfinite(person.box.h);
}

/// The mean of 0 .. bins - 1 under the softmax of `logits`.
float expectation(const float *logits, std::int64_t bins)
{
    float most = logits[0];
    for (std::int64_t i = 1; i < bins; ++i)
        most = std::max(most, logits[i]);
    float sum = 0;
    float weighted = 0;
    for (std::int64_t i = 0; i < bins; ++i) {
        const float weight = std::exp(logits[i] - most);
        sum += weight;
        weighted += weight * static_cast<float>(i);
    }
    return weighted / sum;
}

/// Where scores and distances of a stride stand: those of each stride together, or the scores of all strides before all distances.
std::pair<std::size_t, std::size_t> pairOf(const std::vector<RawOutput> &outputs, std::size_t stride)
{
    const bool together = outputs[0].shape.size() == 3 && outputs[1].shape.size() == 3 && outputs[0].shape[1] == outputs[1].shape[1];
    return together ? std::pair(2 * stride, 2 * stride + 1) : std::pair(stride, stride + kStrides.size());
}

} // namespace

std::vector<Person> suppressPeople(std::vector<Person> people, float threshold, std::size_t limit)
{
    // Equal scores keep their order, so that the result does not depend on the library's sort.
    std::stable_sort(people.begin(), people.end(), [](const Person &a, const Person &b) { return a.score > b.score; });
    if (people.size() > limit)
        people.resize(limit);
    std::vector<Person> kept;
    for (const Person &person : people) {
        const bool hidden = std::any_of(kept.begin(), kept.end(), [&](const Person &other) { return overlap(person.box, other.box) > threshold; });
        if (!hidden)
            kept.push_back(person);
    }
    return kept;
}

std::vector<Person> plausiblePeople(std::vector<Person> people, int width, int height)
{
    std::erase_if(people, [&](const Person &person) {
        if (!isFinite(person))
            return true;
        const auto w = static_cast<float>(width);
        const auto h = static_cast<float>(height);
        const float x = person.box.x + person.box.w / 2;
        const float y = person.box.y + person.box.h / 2;
        return x < 0 || y < 0 || x > w || y > h || person.box.w < 2 || person.box.h < 2 || person.box.w > 2 * w || person.box.h > 2 * h;
    });
    return people;
}

DetectorInput letterboxed(const PixelSource &pixels, int width, int height, float fill)
{
    if (pixels.empty())
        throw Error("People cannot be looked for in an empty picture.");
    if (width < 1 || height < 1)
        throw Error("A detector of people needs an input with a width and a height.");
    const double ratio = std::min(static_cast<double>(width) / pixels.width(), static_cast<double>(height) / pixels.height());
    const int shownWidth = std::clamp(static_cast<int>(pixels.width() * ratio), 1, width);
    const int shownHeight = std::clamp(static_cast<int>(pixels.height() * ratio), 1, height);
    DetectorInput input;
    input.width = width;
    input.height = height;
    input.scaleX = static_cast<float>(shownWidth) / static_cast<float>(pixels.width());
    input.scaleY = static_cast<float>(shownHeight) / static_cast<float>(pixels.height());
    const std::size_t plane = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    input.planes.assign(3 * plane, fill);
    const Picture shown = pixels.scaled(shownWidth, shownHeight);
    for (int y = 0; y < shownHeight; ++y) {
        const std::uint8_t *from = shown.row(y);
        float *to = input.planes.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
        for (int x = 0; x < shownWidth; ++x)
            for (int channel = 0; channel < 3; ++channel)
                to[static_cast<std::size_t>(channel) * plane + static_cast<std::size_t>(x)] = static_cast<float>(from[3 * x + 2 - channel]);
    }
    return input;
}

void normalise(DetectorInput &input, std::span<const float, 3> mean, std::span<const float, 3> deviation)
{
    const std::size_t plane = input.planes.size() / 3;
    for (std::size_t channel = 0; channel < 3; ++channel)
        for (std::size_t i = 0; i < plane; ++i) {
            float &value = input.planes[channel * plane + i];
            value = (value - mean[channel]) / deviation[channel];
        }
}

PersonNetwork personNetworkOf(const std::vector<RawOutput> &outputs, int width, int height, const std::filesystem::path &path)
{
    std::array<std::int64_t, 3> places{};
    for (std::size_t i = 0; i < kStrides.size(); ++i)
        places[i] = placesOf(width, kStrides[i]) * placesOf(height, kStrides[i]);
    const auto is = [&](std::size_t which, std::int64_t count) {
        const RawOutput &output = outputs[which];
        return output.shape.size() == 3 && output.shape[0] == 1 && output.shape[1] == count && output.shape[2] >= 1
            && output.values.size() == static_cast<std::size_t>(count * output.shape[2]);
    };
    if (outputs.size() == 1 && is(0, places[0] + places[1] + places[2]) && outputs[0].shape[2] >= 6)
        return PersonNetwork::Yolox;
    if (outputs.size() == 2 * kStrides.size()) {
        bool nano = true;
        for (std::size_t i = 0; nano && i < kStrides.size(); ++i) {
            const auto [scores, distances] = pairOf(outputs, i);
            nano = is(scores, places[i]) && is(distances, places[i]) && outputs[scores].shape[2] == outputs[0].shape[2]
                && outputs[distances].shape[2] == outputs.back().shape[2] && outputs[distances].shape[2] % 4 == 0 && outputs[distances].shape[2] >= 8;
        }
        if (nano)
            return PersonNetwork::NanoDet;
    }
    std::string list;
    for (std::size_t i = 0; i < std::min<std::size_t>(outputs.size(), 8); ++i)
        list += (i > 0 ? ", " : "") + shapeText(outputs[i].shape);
    throw FileError(path,
                    "is no detector of people that can be used: for a picture of " + std::to_string(width) + " x " + std::to_string(height)
                        + " pixels its outputs are " + (list.empty() ? "none" : list) + (outputs.size() > 8 ? ", ..." : "")
                        + ". YOLOX has one of 1 x places x (5 + classes), NanoDet three pairs of 1 x places x classes and 1 x places x bins.");
}

std::vector<Person> decodeYolox(const RawOutput &output, const DetectorInput &input, float least)
{
    std::vector<Person> people;
    const auto columns = static_cast<std::size_t>(output.shape.at(2));
    const float *at = output.values.data();
    for (const int stride : kStrides) {
        const std::int64_t across = placesOf(input.width, stride);
        const std::int64_t down = placesOf(input.height, stride);
        const auto step = static_cast<float>(stride);
        for (std::int64_t row = 0; row < down; ++row)
            for (std::int64_t column = 0; column < across; ++column, at += columns) {
                const float score = at[4] * at[5];
                if (!(score >= least) || !(at[2] <= kLargestLog) || !(at[3] <= kLargestLog))
                    continue;
                const float x = (at[0] + static_cast<float>(column)) * step;
                const float y = (at[1] + static_cast<float>(row)) * step;
                const float w = std::exp(at[2]) * step;
                const float h = std::exp(at[3]) * step;
                people.push_back(personFrom(x - w / 2, y - h / 2, x + w / 2, y + h / 2, score, input));
            }
    }
    return people;
}

std::vector<Person> decodeNanoDet(const std::vector<RawOutput> &outputs, const DetectorInput &input, float least)
{
    std::vector<Person> people;
    for (std::size_t i = 0; i < kStrides.size(); ++i) {
        const auto [first, second] = pairOf(outputs, i);
        const RawOutput &scores = outputs.at(first);
        const RawOutput &distances = outputs.at(second);
        const std::int64_t across = placesOf(input.width, kStrides[i]);
        const std::int64_t down = placesOf(input.height, kStrides[i]);
        const std::int64_t bins = distances.shape.at(2) / 4;
        const auto step = static_cast<float>(kStrides[i]);
        for (std::int64_t place = 0; place < across * down; ++place) {
            const float score = scores.values[static_cast<std::size_t>(place * scores.shape.at(2))];
            if (!(score >= least))
                continue;
            const float *logits = distances.values.data() + static_cast<std::ptrdiff_t>(place * 4 * bins);
            const float x = (static_cast<float>(place % across) + 0.5F) * step;
            const float y = (static_cast<float>(place / across) + 0.5F) * step;
            std::array<float, 4> reach{};
            for (std::int64_t side = 0; side < 4; ++side)
                reach[static_cast<std::size_t>(side)] = expectation(logits + side * bins, bins) * step;
            people.push_back(personFrom(x - reach[0], y - reach[1], x + reach[2], y + reach[3], score, input));
        }
    }
    return people;
}

} // namespace dscope
