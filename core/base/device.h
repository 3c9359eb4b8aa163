// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dscope {

/// Where networks run.
struct Device {
    enum class Kind { Cpu, Cuda };
    Kind kind = Kind::Cpu;
    int index = 0; ///< of the GPU

    bool isCuda() const noexcept { return kind == Kind::Cuda; }
    /// "cpu" or "cuda:N"
    std::string name() const;
    bool operator==(const Device &) const = default;
};

/// A device that is there, for the chooser and for `dscope models`.
struct DeviceInfo {
    Device device;
    std::string label;            ///< "CPU (2 threads)" or the GPU's own name
    std::int64_t memoryBytes = 0; ///< of the GPU; 0 for the CPU
};

/// Loads libtorch's CUDA part if an NVIDIA driver and the libraries are there. Done once; safe to call often, from any thread. Convolutions are in float32
/// proper from then on (no TF32), so that a GPU's results are the CPU's within rounding.
/// @return what was found, in one sentence ("no NVIDIA driver: working on the CPU"), for the log and the window.
const std::string &loadCuda();

/// The CPU first, then every GPU.
std::vector<DeviceInfo> availableDevices();

/// "auto" (the first GPU, else the CPU), "cpu", "cuda" or "cuda:N". @throws UsageError for another word, Error if that GPU is not there.
Device parseDevice(const std::string &text);

/// The cores this process may run on (its affinity), which is what a container or `taskset` leaves it: more threads than that wait for
/// each other.
int usableCores();
/// Sets libtorch's thread counts. Called once in main: left alone libtorch may use one thread on a two-core machine. 0: usableCores().
void setThreads(int threads);
/// The threads libtorch uses inside one operation.
int threads();
/// Makes libtorch's operations on the calling thread run on this thread alone, from now on.
void useThisThreadOnly();
/// While it lives, libtorch's operations on the calling thread run on this thread alone. Where several threads each work on something of
/// their own, this keeps all cores busy without the waiting inside each operation.
class OneThread {
public:
    OneThread();
    ~OneThread();
    OneThread(const OneThread &) = delete;
    OneThread &operator=(const OneThread &) = delete;

private:
    int m_before = 0;
};

} // namespace dscope
