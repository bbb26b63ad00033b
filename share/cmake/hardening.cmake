# share/cmake/hardening.cmake -- a build either looks for faults or resists them.
if(DRIFTSCOPE_SANITIZE)
  # The sanitizers' own code confuses the data-flow warning of gcc 12.
  target_compile_options(ds_flags INTERFACE -fsanitize=${DRIFTSCOPE_SANITIZE}
    -fno-sanitize-recover=undefined -fno-omit-frame-pointer -Wno-maybe-uninitialized)
  target_link_options(ds_flags INTERFACE -fsanitize=${DRIFTSCOPE_SANITIZE})
else()
  target_compile_options(ds_flags INTERFACE -fstack-protector-strong
    $<$<CONFIG:Release>:-U_FORTIFY_SOURCE> $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=3>)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(ds_flags INTERFACE -fstack-clash-protection -fcf-protection)
  endif()
endif()
target_link_options(ds_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)

if(DRIFTSCOPE_COVERAGE)
  target_compile_options(ds_flags INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(ds_flags INTERFACE --coverage)
endif()
