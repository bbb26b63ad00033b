# share/cmake/install.cmake -- libdriftscope, its headers, and everything that goes with the program.
#
# The rooms are compiled once; the shared and the static library are made of the same objects.
# What a room asks of its neighbours through CMake, an outside user asks of driftscope.pc.
set(rooms $<TARGET_OBJECTS:ds_core> $<TARGET_OBJECTS:ds_data> $<TARGET_OBJECTS:ds_analysis>
          $<TARGET_OBJECTS:ds_viz>)
set(packages ${DS_GEMM} PkgConfig::HDF5 PkgConfig::PNG PkgConfig::JPEG PkgConfig::ZLIB
             PkgConfig::JANSSON)
set(DS_PC_REQUIRES "${DS_PC_REQUIRES} ${HDF5_MODULE_NAME} libpng libjpeg zlib jansson")
get_filename_component(DS_PC_HL ${HDF5_HL} NAME_WE)
string(REGEX REPLACE "^lib" "-l" DS_PC_HL ${DS_PC_HL})
if(DRIFTSCOPE_FIGURES)
  list(APPEND packages PkgConfig::PAGE)
  string(APPEND DS_PC_REQUIRES " cairo cairo-pdf cairo-svg pangocairo fontconfig")
endif()

add_library(driftscope_shared SHARED ${rooms})
target_link_libraries(driftscope_shared PRIVATE ds_flags ${packages} Threads::Threads m)
set_target_properties(driftscope_shared PROPERTIES OUTPUT_NAME driftscope LINKER_LANGUAGE C
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
add_library(driftscope_static STATIC ${rooms})
set_target_properties(driftscope_static PROPERTIES OUTPUT_NAME driftscope LINKER_LANGUAGE C)
install(TARGETS driftscope_shared driftscope_static
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})

# Headers keep their rooms: -I include/driftscope, and #include "core/vit/..." reads the same
# inside and outside. Those ending in _int.h, and the terminal's, stay at home.
foreach(room core data analysis viz)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/${room}
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/driftscope FILES_MATCHING PATTERN "*.h"
    PATTERN "*_int.h" EXCLUDE PATTERN "cli" EXCLUDE PATTERN "viewer" EXCLUDE)
endforeach()
install(FILES ${CMAKE_BINARY_DIR}/generated/core/base/version.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/driftscope/core/base)
configure_file(${CMAKE_SOURCE_DIR}/share/driftscope.pc.in ${CMAKE_BINARY_DIR}/driftscope.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/driftscope.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(FILES ${CMAKE_SOURCE_DIR}/share/man/driftscope.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${CMAKE_SOURCE_DIR}/share/completion/driftscope.bash RENAME driftscope
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${CMAKE_SOURCE_DIR}/share/driftscope.desktop
  DESTINATION ${CMAKE_INSTALL_DATADIR}/applications)
install(FILES ${CMAKE_SOURCE_DIR}/share/driftscope.svg
  DESTINATION ${CMAKE_INSTALL_DATADIR}/icons/hicolor/scalable/apps)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/share/presets
  ${CMAKE_SOURCE_DIR}/share/studies
  DESTINATION ${CMAKE_INSTALL_DATADIR}/driftscope OPTIONAL FILES_MATCHING PATTERN "*.ini")
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE ${CMAKE_SOURCE_DIR}/README.md
  ${CMAKE_SOURCE_DIR}/CHANGELOG.md ${CMAKE_SOURCE_DIR}/SECURITY.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/share/doc/ DESTINATION ${CMAKE_INSTALL_DOCDIR}
  FILES_MATCHING PATTERN "*.md" PATTERN "*.png")

# cmake --build ... --target refresh: the committed files that the program writes itself.
add_custom_target(refresh
  COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_SOURCE_DIR}/share/man
          ${CMAKE_SOURCE_DIR}/share/completion
  COMMAND $<TARGET_FILE:driftscope> man > ${CMAKE_SOURCE_DIR}/share/man/driftscope.1
  COMMAND $<TARGET_FILE:driftscope> complete bash
          > ${CMAKE_SOURCE_DIR}/share/completion/driftscope.bash
  DEPENDS driftscope VERBATIM)
