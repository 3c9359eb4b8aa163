// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/tasks/reid/people/persondetector.h"

#include <opencv2/core/version.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect.hpp>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace dscope {

namespace {

/// The detector's window; a person fills the middle of it.
constexpr int kWindowWidth = 64;
constexpr int kWindowHeight = 128;
/// The share of the window's width and height that is the person (docs/detection.md).
constexpr float kPersonWidth = 0.6F;
constexpr float kPersonHeight = 0.78F;
/// From one size to the next.
constexpr double kStep = 1.05;
/// Scores of a margin m are 1 / (1 + e^-m): .5 is the classifier's boundary.
constexpr float kLeast = 0.7F;
constexpr float kFaint = 0.7F; // what is below is mostly nobody

double marginOf(float score)
{
    const double inside = std::clamp(static_cast<double>(score), 1e-3, 1 - 1e-3);
    return std::log(inside / (1 - inside));
}

class HogPeople final : public PersonDetector {
public:
    explicit HogPeople(const PersonDetectorOptions &options) : PersonDetector(options, kLeast, kFaint)
    {
        m_hog.setSVMDetector(cv::HOGDescriptor::getDefaultPeopleDetector());
    }

    std::string name() const override { return "HOG"; }

protected:
    std::vector<Person> look(const PixelSource &pixels, float least, Progress *progress) override
    {
        const int longer = std::max(pixels.width(), pixels.height());
        const double scale = std::min(static_cast<double>(options().enlarge), static_cast<double>(options().maxSide) / longer);
        const int width = std::max(1, static_cast<int>(std::lround(pixels.width() * scale)));
        const int height = std::max(1, static_cast<int>(std::lround(pixels.height() * scale)));
        if (width < kWindowWidth || height < kWindowHeight)
            return {};
        Picture shown = pixels.scaled(width, height);
        cv::Mat rgb(height, width, CV_8UC3, shown.rgb.data());
        cv::Mat bgr;
        cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
        if (progress != nullptr)
            progress->throwIfCancelled();
        std::vector<cv::Rect> windows;
        std::vector<double> margins;
        // Windows are not grouped here: detect() suppresses those of the same person by their margins.
        m_hog.detectMultiScale(bgr, windows, margins, marginOf(least), cv::Size(8, 8), cv::Size(8, 8), kStep, 0);
        std::vector<Person> people;
        for (std::size_t i = 0; i < std::min(windows.size(), margins.size()); ++i) {
            const auto x = static_cast<float>(windows[i].x) + static_cast<float>(windows[i].width) * (1 - kPersonWidth) / 2;
            const auto y = static_cast<float>(windows[i].y) + static_cast<float>(windows[i].height) * (1 - kPersonHeight) / 2;
            const auto sx = static_cast<float>(pixels.width()) / static_cast<float>(width);
            const auto sy = static_cast<float>(pixels.height()) / static_cast<float>(height);
            Person person;
            person.box = {x * sx, y * sy, static_cast<float>(windows[i].width) * kPersonWidth * sx, static_cast<float>(windows[i].height) * kPersonHeight * sy};
            person.score = static_cast<float>(1 / (1 + std::exp(-margins[i])));
            people.push_back(person);
        }
        // Several threads find them in any order.
        std::sort(people.begin(), people.end(), [](const Person &a, const Person &b) {
            return std::tuple(-a.score, a.box.y, a.box.x, a.box.h, a.box.w) < std::tuple(-b.score, b.box.y, b.box.x, b.box.h, b.box.w);
        });
        return people;
    }

    std::string hash() const override { return CV_VERSION; }

private:
    cv::HOGDescriptor m_hog;
};

} // namespace

std::unique_ptr<PersonDetector> PersonDetector::hog(const PersonDetectorOptions &options)
{
    return std::make_unique<HogPeople>(options);
}

} // namespace dscope
