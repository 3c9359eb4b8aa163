// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/reid/people/persondetector.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/nets/rawnetwork.h"
#include "core/tasks/reid/people/persondecoding.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dscope {

namespace {

/// The side of networks that take any size.
constexpr int kUsualSide = 416;
/// Larger inputs are no detector's.
constexpr int kMostInput = 2048;

/// Scores from which on people count, and down to which they may carry a track on: NanoDet's below .4 are mostly nobody's (docs/detection.md).
struct Scores {
    float least;
    float faint;
};
constexpr Scores kYolox{0.35F, 0.1F};
constexpr Scores kNanoDet{0.4F, 0.4F};
/// Blue, green, red.
constexpr std::array<float, 3> kMean{103.53F, 116.28F, 123.675F};
constexpr std::array<float, 3> kDeviation{57.375F, 57.12F, 58.395F};

struct Loaded {
    std::unique_ptr<RawNetwork> network;
    int width = kUsualSide;
    int height = kUsualSide;
    PersonNetwork kind = PersonNetwork::Yolox;
};

/// Reads the file and runs it once on a black picture, which shows whether it is a network that can be decoded.
Loaded loaded(const std::filesystem::path &path, const Device &device)
{
    Loaded result;
    result.network = RawNetwork::load(path, device);
    if (result.network->inputWidth() > 0)
        result.width = result.network->inputWidth();
    if (result.network->inputHeight() > 0)
        result.height = result.network->inputHeight();
    if (result.width > kMostInput || result.height > kMostInput)
        throw FileError(path,
                        "takes pictures of " + std::to_string(result.width) + " x " + std::to_string(result.height)
                            + " pixels, more than a detector of people is made for.");
    const std::vector<float> black(3 * static_cast<std::size_t>(result.width) * static_cast<std::size_t>(result.height), 0.F);
    result.kind = personNetworkOf(result.network->run(black, result.height, result.width), result.width, result.height, path);
    return result;
}

class NetworkPeople final : public PersonDetector {
public:
    NetworkPeople(Loaded from, const std::filesystem::path &path, const PersonDetectorOptions &options)
        : PersonDetector(options, from.kind == PersonNetwork::Yolox ? kYolox.least : kNanoDet.least,
                         from.kind == PersonNetwork::Yolox ? kYolox.faint : kNanoDet.faint),
          m_net(std::move(from)), m_path(path)
    {
    }

    std::string name() const override { return m_net.kind == PersonNetwork::Yolox ? "YOLOX" : "NanoDet"; }

protected:
    std::vector<Person> look(const PixelSource &pixels, float least, Progress *progress) override
    {
        const bool yolox = m_net.kind == PersonNetwork::Yolox;
        DetectorInput input = letterboxed(pixels, m_net.width, m_net.height, yolox ? 114.F : 0.F);
        if (!yolox)
            normalise(input, kMean, kDeviation);
        const std::vector<RawOutput> outputs = m_net.network->run(input.planes, input.height, input.width, progress);
        for (std::string &notice : m_net.network->takeNotices())
            m_notices.push_back(std::move(notice));
        if (personNetworkOf(outputs, input.width, input.height, m_path) != m_net.kind)
            throw FileError(m_path, "has other outputs than before.");
        return yolox ? decodeYolox(outputs.front(), input, least) : decodeNanoDet(outputs, input, least);
    }

    std::string hash() const override { return m_net.network->hash(); }

private:
    Loaded m_net;
    std::filesystem::path m_path;
};

} // namespace

void PersonDetectorOptions::check() const
{
    const auto inside = [](double value, double low, double high) { return std::isfinite(value) && value >= low && value <= high; };
    if (minScore != 0 && !inside(minScore, 0.001, 1))
        throw Error("The person detector's minScore must lie between 0.001 and 1, or be 0 for the kind's own.");
    if (faintScore != 0 && !inside(faintScore, 0.001, 1))
        throw Error("The person detector's faintScore must lie between 0.001 and 1, or be 0 for the kind's own.");
    if (minScore != 0 && faintScore > minScore)
        throw Error("The person detector's faintScore must not be above its minScore.");
    if (!inside(nms, 0, 1))
        throw Error("The person detector's nms must lie between 0 and 1.");
    if (!inside(enlarge, 0.1, 8))
        throw Error("The person detector's enlarge must lie between 0.1 and 8.");
    if (!inside(maxSide, 128, 16384))
        throw Error("The person detector's maxSide must lie between 128 and 16384 pixels.");
}

std::string PersonDetectorOptions::key() const
{
    return "score" + csvNumber(minScore) + ",faint" + (faint ? csvNumber(faintScore) : std::string("none")) + ",nms" + csvNumber(nms) + ",enlarge"
        + csvNumber(enlarge) + ",side" + std::to_string(maxSide);
}

PersonDetector::PersonDetector(const PersonDetectorOptions &options, float minScore, float faintScore)
    : m_options(options), m_minScore(options.minScore > 0 ? options.minScore : minScore),
      m_faintScore(std::min(options.faintScore > 0 ? options.faintScore : faintScore, m_minScore))
{
    options.check();
}

std::string PersonDetector::key() const
{
    return "people/1:" + name() + ":" + hash() + ":" + m_options.key();
}

std::vector<Person> PersonDetector::detect(const PixelSource &pixels, Progress *progress)
{
    if (pixels.empty())
        return {};
    if (progress != nullptr)
        progress->throwIfCancelled();
    std::vector<Person> people = plausiblePeople(look(pixels, m_options.faint ? m_faintScore : m_minScore, progress), pixels.width(), pixels.height());
    people = suppressPeople(std::move(people), m_options.nms);
    for (Person &person : people)
        person.sure = person.score >= m_minScore;
    return people;
}

std::unique_ptr<PersonDetector> PersonDetector::load(const std::filesystem::path &path, const Device &device, const PersonDetectorOptions &options)
{
    options.check();
    return std::make_unique<NetworkPeople>(loaded(path, device), path, options);
}

} // namespace dscope
