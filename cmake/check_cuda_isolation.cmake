# SPDX-License-Identifier: MIT
# CUDA isolation as a test: cmake -DROOT=DIR -P cmake/check_cuda_isolation.cmake
cmake_minimum_required(VERSION 3.25)
# CUDA headers, types and keywords appear only below backends/engine/cuda/.
foreach(folder harness graders backends reports tasks)
  file(GLOB_RECURSE files RELATIVE "${ROOT}" "${ROOT}/${folder}/*")
  list(FILTER files INCLUDE REGEX "\\.(h|hpp|hxx|inl|c|cc|cpp|cxx|cu|cuh)$")
  foreach(file IN LISTS files)
    if(file MATCHES "^backends/engine/cuda/")
      continue()
    endif()
    file(STRINGS "${ROOT}/${file}" hits REGEX "include *[<\"]cuda|cublas|(^|[^a-zA-Z_])cuda[A-Z][A-Za-z]+|__global__|__device__|__shared__|\\.cuh\"")
    foreach(hit IN LISTS hits)
      message(SEND_ERROR "${file}: CUDA outside backends/engine/cuda/: ${hit}")
    endforeach()
  endforeach()
endforeach()
