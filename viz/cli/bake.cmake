# viz/cli/bake.cmake -- files as bytes in a table of a C file; viz/cli/baked.h says why.
# usage: cmake -DOUT=presets.c -DTABLE=ds_presets "-DFILES=a.ini;b.ini" -P bake.cmake
# As bytes, because a compiler need not take string literals beyond 4095 characters.
set(arrays "")
set(rows "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME_WE)
  string(MAKE_C_IDENTIFIER ${name} id)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const unsigned char text_${id}[] = {\n${bytes}0};\n\n")
  string(APPEND rows "    {\"${name}\", (const char *)text_${id}, sizeof text_${id} - 1},\n")
endforeach()
file(WRITE ${OUT} "/* Written by viz/cli/bake.cmake. */
#include \"viz/cli/baked.h\"

${arrays}const struct ds_baked ${TABLE}[] = {
${rows}    {0}
};
")
