# SPDX-License-Identifier: MIT
# Whether the CUDA module is built, and how .cu files are compiled.
#   PROCTOR_CUDA=AUTO  where nvcc 13 or newer is found
#   PROCTOR_CUDA=ON    an error where it is not     PROCTOR_CUDA=OFF  never
set(PROCTOR_CUDA AUTO CACHE STRING "Build the CUDA module: AUTO (where nvcc 13 is found), ON or OFF")
set_property(CACHE PROCTOR_CUDA PROPERTY STRINGS AUTO ON OFF)

set(PROCTOR_CUDA_FOUND FALSE)
if(NOT PROCTOR_CUDA STREQUAL "OFF" AND NOT PROCTOR_FUZZ)
  # Architectures by name: "native" needs a device, and without any CMake takes 75. SASS for H100 and H200; any other
  # GPU from Ampere on compiles the PTX when it first loads it.
  set(CMAKE_CUDA_ARCHITECTURES 90a-real 80-virtual)
  include(CheckLanguage)
  if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX} AND EXISTS /usr/local/cuda/bin/nvcc)
    set(CMAKE_CUDA_COMPILER /usr/local/cuda/bin/nvcc CACHE FILEPATH "nvcc")
  endif()
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    execute_process(COMMAND ${CMAKE_CUDA_COMPILER} --version OUTPUT_VARIABLE nvcc_says ERROR_QUIET)
    string(REGEX MATCH "release ([0-9]+)" nvcc_release "${nvcc_says}")
    if(CMAKE_MATCH_1 AND CMAKE_MATCH_1 GREATER_EQUAL 13)
      enable_language(CUDA)
      find_package(CUDAToolkit REQUIRED)
      set(PROCTOR_CUDA_FOUND TRUE)
    endif()
  endif()
  if(NOT PROCTOR_CUDA_FOUND AND PROCTOR_CUDA STREQUAL "ON")
    message(FATAL_ERROR "PROCTOR_CUDA=ON: nvcc 13 or newer was not found (set CUDACXX or CMAKE_CUDA_COMPILER)")
  endif()
endif()
if(PROCTOR_CUDA_FOUND)
  message(STATUS "CUDA module: built with nvcc ${CMAKE_CUDA_COMPILER_VERSION}")
else()
  message(STATUS "CUDA module: not built (PROCTOR_CUDA=${PROCTOR_CUDA}; nvcc 13 builds it)")
endif()
