#pragma once

namespace dscope::cli {

/// Lets `dscope compare --detect` score pictures by the program's face detectors: how sure one is of the face in the middle of a grey frame twice
/// its size, 0 where it finds none.
void useFaceDetectors();

} // namespace dscope::cli
