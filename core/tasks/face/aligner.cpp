// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/tasks/face/face.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>

namespace dscope {

namespace {

using Complex = std::complex<double>;

/// z -> turn * z + shift: rotation by arg(turn), scaling by |turn|, translation.
struct Similarity {
    Complex turn;
    Complex shift;
};

/// The least-squares similarity without reflection (Umeyama 1991 in the plane). With points as complex numbers, centred:
/// turn = sum(conj(p) q) / sum(|p|^2), shift = mean(q) - turn mean(p).
Similarity fit(const Landmarks &landmarks, int side)
{
    // Pixel centres lie on whole numbers: the reference points scale about the corner of the first pixel.
    const auto reference = [side](std::size_t i) {
        const auto scaled = [side](double at) { return side == alignedSide ? at : (at + 0.5) * side / alignedSide - 0.5; };
        return Complex(scaled(alignedLandmarks[i][0]), scaled(alignedLandmarks[i][1]));
    };
    Complex meanFrom, meanTo;
    for (std::size_t i = 0; i < 5; ++i) {
        if (!std::isfinite(landmarks[i].x) || !std::isfinite(landmarks[i].y))
            throw Error("The face cannot be aligned: a landmark is not a finite number.");
        meanFrom += Complex(landmarks[i].x, landmarks[i].y) / 5.0;
        meanTo += reference(i) / 5.0;
    }
    Complex product;
    double spread = 0;
    for (std::size_t i = 0; i < 5; ++i) {
        const Complex from = Complex(landmarks[i].x, landmarks[i].y) - meanFrom;
        product += std::conj(from) * (reference(i) - meanTo);
        spread += std::norm(from);
    }
    // Below a hundredth of a pixel each there is no face to enlarge; and landmarks that cancel out say nothing of its direction.
    if (spread < 5e-4 || std::abs(product) < 1e-9 * spread)
        throw Error("The face cannot be aligned: its landmarks coincide.");
    const Complex turn = product / spread;
    return {turn, meanTo - turn * meanFrom};
}

cv::Mat view(const Picture &picture)
{
    // OpenCV has no const view; nothing below writes through it.
    return {picture.height, picture.width, CV_8UC3, const_cast<std::uint8_t *>(picture.rgb.data())};
}

} // namespace

Picture alignFace(const Picture &picture, const Landmarks &landmarks, int side)
{
    return alignFace(PicturePixels(picture), landmarks, side);
}

Picture alignFace(const PixelSource &pixels, const Landmarks &landmarks, int side)
{
    Picture result(side, side);
    const Similarity map = fit(landmarks, side);
    if (pixels.empty())
        return result;
    const double scale = std::abs(map.turn);

    // The part of the picture that the crop sees, with a margin for the filters. Only this part is touched, whatever the picture's size.
    double left = 1e300, top = 1e300, right = -1e300, bottom = -1e300;
    for (const Complex corner : {Complex(-0.5, -0.5), Complex(side - 0.5, -0.5), Complex(-0.5, side - 0.5), Complex(side - 0.5, side - 0.5)}) {
        const Complex source = (corner - map.shift) / map.turn;
        left = std::min(left, source.real());
        right = std::max(right, source.real());
        top = std::min(top, source.imag());
        bottom = std::max(bottom, source.imag());
    }
    const double margin = 2 + 2 / scale;
    const auto clamped = [](double value, int limit) { return static_cast<int>(std::clamp(value, 0.0, static_cast<double>(limit))); };
    const int x0 = clamped(std::floor(left - margin), pixels.width());
    const int y0 = clamped(std::floor(top - margin), pixels.height());
    const int x1 = clamped(std::ceil(right + margin) + 1, pixels.width());
    const int y1 = clamped(std::ceil(bottom + margin) + 1, pixels.height());
    if (x1 <= x0 || y1 <= y0)
        return result;
    const Picture seen = pixels.region({x0, y0, x1 - x0, y1 - y0});
    cv::Mat part = view(seen);

    // Area filter. A very big face is first shrunk by a whole number, so that the warp below never works on more than 448 x 448 samples;
    // what is left of the shrinking is done by averaging n x n bilinear samples for every pixel of the crop, which follows its rotation.
    const int coarse = std::max(1, static_cast<int>(std::min(0.5 / scale, 1e6)));
    double rx = 1;
    double ry = 1;
    if (coarse > 1) {
        cv::Mat small;
        const cv::Size size(std::max(1, (part.cols + coarse / 2) / coarse), std::max(1, (part.rows + coarse / 2) / coarse));
        rx = static_cast<double>(part.cols) / size.width;
        ry = static_cast<double>(part.rows) / size.height;
        cv::resize(part, small, size, 0, 0, cv::INTER_AREA);
        part = small;
    }
    const int samples = std::clamp(static_cast<int>(std::ceil(1 / (scale * std::min(rx, ry)) - 1e-6)), 1, 4);

    // From a sample (u, v) of the fine crop to the part: crop = (u + 0.5) / samples - 0.5, picture = (crop - shift) / turn,
    // part = (picture - x0 + 0.5) / rx - 0.5. The matrix holds just that, pixel centres on whole numbers.
    const Complex inverse = 1.0 / map.turn;
    const Complex origin = (Complex(0.5 / samples - 0.5, 0.5 / samples - 0.5) - map.shift) * inverse;
    const double a = inverse.real() / samples;
    const double b = inverse.imag() / samples;
    const cv::Matx23d matrix(a / rx, -b / rx, (origin.real() - x0 + 0.5) / rx - 0.5, //
                             b / ry, a / ry, (origin.imag() - y0 + 0.5) / ry - 0.5);
    cv::Mat crop(side, side, CV_8UC3, result.rgb.data());
    if (samples == 1) {
        cv::warpAffine(part, crop, matrix, crop.size(), cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_CONSTANT, cv::Scalar());
    } else {
        cv::Mat fine;
        cv::warpAffine(part, fine, matrix, cv::Size(side * samples, side * samples), cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_CONSTANT,
                       cv::Scalar());
        cv::resize(fine, crop, crop.size(), 0, 0, cv::INTER_AREA);
    }
    return result;
}

Picture cropFace(const Picture &picture, const Box &box)
{
    return cropFace(PicturePixels(picture), box);
}

Picture cropFace(const PixelSource &pixels, const Box &box, int side)
{
    constexpr double room = 1.25;
    const double seen = room * std::max(static_cast<double>(box.w), static_cast<double>(box.h));
    if (!std::isfinite(box.x) || !std::isfinite(box.y) || !std::isfinite(seen) || !(box.w > 0) || !(box.h > 0))
        throw Error("The face cannot be cut out: its box is empty or not finite.");
    const double left = box.x + box.w / 2.0 - seen / 2;
    const double top = box.y + box.h / 2.0 - seen / 2;
    // Landmarks that the alignment moves nowhere but by this scale and shift.
    Landmarks upright;
    for (std::size_t i = 0; i < upright.size(); ++i)
        upright[i] = {static_cast<float>(left + (alignedLandmarks[i][0] + 0.5) * seen / alignedSide - 0.5),
                      static_cast<float>(top + (alignedLandmarks[i][1] + 0.5) * seen / alignedSide - 0.5)};
    return alignFace(pixels, upright, side);
}

} // namespace dscope
