# @TEST-DOC: The package's version is the project's.
# @TEST-EXEC: bash %INPUT
grep -q "package_version = \"$(cat "$REPOSITORY/VERSION")\";" "$PACKAGE/api.zeek"
