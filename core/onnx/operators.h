#pragma once

#include "core/onnx/graph.h"

#include <ATen/core/Tensor.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace dscope::onnx {

/// What holds for a whole run of a network.
struct Run {
    std::int64_t batch = 1;             ///< pictures in this run
    bool fixedBatch = false;            ///< the file was exported for one picture (see reshape in shapeoperators.cpp)
    at::ScalarType floats = at::kFloat; ///< the type that is calculated in
};

using Tensors = std::vector<at::Tensor>;
/// Does a node's work. An optional input that is left out is an undefined tensor.
using Kernel = std::function<Tensors(const Tensors &in, const Run &run)>;

/// What makes a node's kernel, once, from its attributes.
struct Operator {
    int fewestInputs = 1;
    int mostInputs = 1;
    /// Inputs that are parameters rather than data, such as the shape of a Reshape: constants there keep their type and stay on the CPU.
    std::set<std::size_t> parameters;
    Kernel (*make)(const OnnxNode &node, int opset) = nullptr;
};

/// The operator of that name, or null where it is unknown.
const Operator *findOperator(const std::string &type);
/// Names of all operators known.
std::vector<std::string> operatorNames();

/// More elements than this in one tensor are refused: the file asks for something that no network on pictures needs.
constexpr std::int64_t s_mostElements = std::int64_t{1} << 28;
/// @return dims, checked. @throws Error that says how large the tensor would be, or for a negative dimension
const std::vector<std::int64_t> &checkedDims(const std::vector<std::int64_t> &dims);
/// The whole numbers in a small tensor. @throws Error for one of more than 4096, or without
std::vector<std::int64_t> intsOf(const at::Tensor &tensor);
std::vector<double> doublesOf(const at::Tensor &tensor);
/// An axis counted from the front. @throws Error where there is none such
std::int64_t axisOf(std::int64_t axis, std::int64_t dims);

/// The geometry of a convolution or of pooling.
struct Window {
    std::vector<std::int64_t> kernel, stride, dilation, pads; ///< pads: all begins, then all ends
    std::string autoPad;
    bool ceil = false;

    /// From the node's attributes. @param kernelDims where the kernel_shape is not given
    static Window of(const OnnxNode &node, std::vector<std::int64_t> kernelDims);
    /// With what is not given filled in. @throws Error where the lengths do not fit
    Window completed(const std::vector<std::int64_t> &kernelDims) const;
    /// The pads for this input (auto_pad worked out), begins then ends. @throws Error for a window larger than what it lies on
    std::vector<std::int64_t> padsFor(at::IntArrayRef inputSides) const;
    /// Output side i. With `ceil` no window begins in the padding behind the input.
    std::int64_t outputSide(std::size_t i, std::int64_t input, std::int64_t before, std::int64_t after) const;
    bool symmetric(const std::vector<std::int64_t> &padding) const;
};

/// x with zeros (or `value`) around its sides; pads: all begins, then all ends. @throws Error where it would get too large
at::Tensor paddedSides(const at::Tensor &x, const std::vector<std::int64_t> &pads, double value);

/// Sections of the table, one for each source.
void addElementwise(std::map<std::string, Operator> &table);
void addWindows(std::map<std::string, Operator> &table);
void addShapes(std::map<std::string, Operator> &table);
void addReductions(std::map<std::string, Operator> &table);
void addResizing(std::map<std::string, Operator> &table);

} // namespace dscope::onnx
