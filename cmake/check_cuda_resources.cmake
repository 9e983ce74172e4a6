# SPDX-License-Identifier: MIT
# The budgets of the kernels as a test: cmake -DOBJECTS=a.o;b.o -P cmake/check_cuda_resources.cmake
# Reads what nvcc_resources.sh kept beside the objects. No kernel may spill or use a stack; registers decide how many blocks run at once.
cmake_minimum_required(VERSION 3.25)
# kernel and the most registers of a thread: of 65,536 in a multiprocessor
set(budgets
  "attend<128" 168 # 128 threads: three blocks' worth, shared memory allows two
  "attend<64" 128  # 128 threads: four blocks
  attend_plain 128
  combine 64
  add_rms_norm 64
  embed 64
  rope_append 64
  sample 64 # 512 threads: two blocks
  swiglu 64)

set(seen "")
foreach(object IN LISTS OBJECTS)
  set(file "${object}.resources")
  file(STRINGS "${file}" lines)
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "^([a-z_]+(<[0-9]+)?).* registers ([0-9]+) stack ([0-9]+) spilled ([0-9]+) shared ([0-9]+)$")
      message(SEND_ERROR "${file}: not understood: ${line}")
      continue()
    endif()
    set(kernel ${CMAKE_MATCH_1})
    set(registers ${CMAKE_MATCH_3})
    math(EXPR wasted "${CMAKE_MATCH_4} + ${CMAKE_MATCH_5}")
    list(FIND budgets "${kernel}" at)
    if(at EQUAL -1)
      message(SEND_ERROR "${kernel} has no budget in check_cuda_resources.cmake")
      continue()
    endif()
    math(EXPR at "${at} + 1")
    list(GET budgets ${at} most)
    if(registers GREATER most)
      message(SEND_ERROR "${kernel}: ${registers} registers, the budget is ${most}")
    endif()
    if(wasted GREATER 0)
      message(SEND_ERROR "${kernel} spills registers or uses a stack: ${line}")
    endif()
    list(APPEND seen "${kernel}")
    message(STATUS "${kernel}: ${registers} of ${most} registers")
  endforeach()
endforeach()
list(LENGTH seen n)
if(n LESS 9)
  message(SEND_ERROR "only ${n} kernels were found in ${OBJECTS}")
endif()
