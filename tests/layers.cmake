# SPDX-License-Identifier: MIT
# Proves that the layer and CUDA checks fail on a planted violation: cmake -DROOT=DIR -DWORK=DIR -P tests/layers.cmake
cmake_minimum_required(VERSION 3.25)

# planted(CHECK FILE LINE WANTED): the check must refuse a tree in which FILE holds LINE, saying WANTED.
function(planted check file line wanted)
  file(REMOVE_RECURSE "${WORK}")
  file(WRITE "${WORK}/${file}" "${line}\n")
  execute_process(COMMAND ${CMAKE_COMMAND} -DROOT=${WORK} -P ${ROOT}/cmake/${check}.cmake
                  RESULT_VARIABLE code ERROR_VARIABLE said OUTPUT_QUIET)
  if(code EQUAL 0 OR NOT said MATCHES "${wanted}")
    message(SEND_ERROR "${check} let ${file} with '${line}' pass (exit ${code}): ${said}")
  endif()
endfunction()

planted(check_layers graders/a.h "#include \"tasks/catalog.h\"" "graders may not include tasks")
planted(check_layers harness/a.cpp "#include \"reports/fold.h\"" "harness may not include reports")
planted(check_layers tasks/a.cpp "#include \"backends/recorded/recorded.h\"" "tasks may not include backends")
planted(check_layers reports/a.cpp "#include \"tasks/catalog.h\"" "reports may not include tasks")
planted(check_layers reports/a.cpp "#include \"../harness/json.h\"" "relative include")
planted(check_layers backends/one/a.cpp "  #  include \"backends/two/b.h\"" "plugins never include each other")
planted(check_layers tasks/a.cpp "#include \"harness/cmd_options.h\"" "only harness/main.cpp")
planted(check_cuda_isolation harness/a.h "#include <cuda_runtime.h>" "CUDA outside")
planted(check_cuda_isolation backends/engine/a.cpp "cudaStream_t stream;" "CUDA outside")
planted(check_cuda_isolation backends/engine/a.cu "__global__ void f();" "CUDA outside")

file(REMOVE_RECURSE "${WORK}")
file(WRITE "${WORK}/harness/cmd_run.cpp" "#include \"tasks/catalog.h\"\n")
file(WRITE "${WORK}/backends/engine/cuda/a.cu" "#include <cuda_runtime.h>\n")
foreach(check check_layers check_cuda_isolation)
  execute_process(COMMAND ${CMAKE_COMMAND} -DROOT=${WORK} -P ${ROOT}/cmake/${check}.cmake RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    message(SEND_ERROR "${check} refused what it must allow")
  endif()
endforeach()
