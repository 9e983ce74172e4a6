# SPDX-License-Identifier: MIT
# CUDA isolation as a test: cmake -DROOT=DIR -P cmake/check_cuda_isolation.cmake
cmake_minimum_required(VERSION 3.25)
# CUDA headers, types and keywords appear only below backends/engine/cuda/.
foreach(folder harness graders backends reports tasks)
  file(GLOB_RECURSE files RELATIVE "${ROOT}" "${ROOT}/${folder}/*.h" "${ROOT}/${folder}/*.cpp" "${ROOT}/${folder}/*.c"
       "${ROOT}/${folder}/*.cu" "${ROOT}/${folder}/*.cuh")
  foreach(file IN LISTS files)
    if(file MATCHES "^backends/engine/cuda/")
      continue()
    endif()
    file(STRINGS "${ROOT}/${file}" hits REGEX "cuda_runtime|cublas|cuda_fp16|cuda_bf16|cudaStream_t|__global__|\\.cuh\"")
    foreach(hit IN LISTS hits)
      message(SEND_ERROR "${file}: CUDA outside backends/engine/cuda/: ${hit}")
    endforeach()
  endforeach()
endforeach()
