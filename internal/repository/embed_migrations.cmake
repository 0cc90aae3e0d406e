# Writes OUTPUT, a .cpp that holds FOLDER/*.sql and FOLDER/sqlite/*.sql as string literals: see
# embedded_migrations.hpp.
function(list_of_files out name folder)
  file(GLOB files "${folder}/*.sql")
  list(SORT files)
  set(text "const std::vector<MigrationFile>& ${name}() {\n")
  string(APPEND text "  static const std::vector<MigrationFile> files = {\n")
  foreach(file IN LISTS files)
    file(READ "${file}" sql)
    get_filename_component(base "${file}" NAME)
    string(APPEND text "      {\"${base}\", R\"--sql--(${sql})--sql--\"},\n")
  endforeach()
  string(APPEND text "  };\n  return files;\n}\n")
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

list_of_files(postgres PostgresMigrationFiles "${FOLDER}")
list_of_files(sqlite SqliteMigrationFiles "${FOLDER}/sqlite")
file(WRITE "${OUTPUT}" "// Made by embed_migrations.cmake.
#include \"internal/repository/embedded_migrations.hpp\"

namespace balancer::repository {

${postgres}
${sqlite}
}  // namespace balancer::repository
")
