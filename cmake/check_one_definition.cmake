# SPDX-License-Identifier: MIT
# One definition of every type as a test: cmake -DROOT=DIR -P cmake/check_one_definition.cmake
cmake_minimum_required(VERSION 3.25)
# Two headers that define a type of one name in namespace proctor never meet in a file, so no compiler sees them; the
# linker then keeps the destructor of one for both.
foreach(folder harness graders backends reports tasks)
  file(GLOB_RECURSE files RELATIVE "${ROOT}" "${ROOT}/${folder}/*.h")
  foreach(file IN LISTS files)
    file(STRINGS "${ROOT}/${file}" lines REGEX "^(namespace proctor|(enum class|struct|class|enum) [A-Za-z0-9_]+[^;]*$)")
    set(space "")
    foreach(line IN LISTS lines)
      if(line MATCHES "^namespace ([a-z_:]+)")
        set(space "${CMAKE_MATCH_1}")
      elseif(line MATCHES "^(enum class|struct|class|enum) ([A-Za-z0-9_]+)")
        set(type "${space}::${CMAKE_MATCH_2}")
        if(DEFINED "definition_${type}")
          message(SEND_ERROR "${file}: ${type} is also defined in ${definition_${type}}")
        endif()
        set("definition_${type}" "${file}")
      endif()
    endforeach()
  endforeach()
endforeach()
