# SPDX-License-Identifier: MIT
# Calcium with what it stands on (Antic, Arb, FLINT, MPFR, GMP): Debian ships neither .pc nor CMake files for them.
# Defines the target Calcium::calcium.
set(_calcium_libraries "")
foreach(_name calcium antic flint-arb flint mpfr gmp)
  find_library(Calcium_${_name}_LIBRARY NAMES ${_name})
  if(_name STREQUAL "flint-arb" AND NOT Calcium_${_name}_LIBRARY)
    find_library(Calcium_${_name}_LIBRARY NAMES arb)
  endif()
  mark_as_advanced(Calcium_${_name}_LIBRARY)
  list(APPEND _calcium_libraries "${Calcium_${_name}_LIBRARY}")
endforeach()
find_path(Calcium_INCLUDE_DIR calcium/ca.h)
mark_as_advanced(Calcium_INCLUDE_DIR)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Calcium
  REQUIRED_VARS Calcium_INCLUDE_DIR Calcium_calcium_LIBRARY Calcium_antic_LIBRARY Calcium_flint-arb_LIBRARY
                Calcium_flint_LIBRARY Calcium_mpfr_LIBRARY Calcium_gmp_LIBRARY
  REASON_FAILURE_MESSAGE "install libcalcium-dev libantic-dev libflint-arb-dev libflint-dev")
if(Calcium_FOUND AND NOT TARGET Calcium::calcium)
  add_library(Calcium::calcium INTERFACE IMPORTED)
  set_target_properties(Calcium::calcium PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${Calcium_INCLUDE_DIR}" INTERFACE_LINK_LIBRARIES "${_calcium_libraries}")
endif()
