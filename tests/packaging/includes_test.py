# SPDX-License-Identifier: BSD-3-Clause
"""includes_test.py [ROOT]: what includes what.

No module of service/, and no folder of core/ and app/, includes one that is above it or beside it. A heavy
header of a library is included by the sources named here and no others, never by a header."""

import re
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)

# A folder may include those of earlier entries, and itself.
CORE = [{"base"}, {"model"}, {"mapping"}, {"store"}, {"sync", "session"}, {"sightings"}]
APP = [{"process"}, {"config"}, {"telemetry"}, {"api"}, {"runtime"}, {"cli"}, {"main.cc"}]
PORTS = {"misp", "zeek", "storage", "http", "webhook", "certificates"}

# Library: what its headers begin with, and the sources of service/ that may include them.
LIBRARIES = {
    "Boost": (("boost/",), {
        "http/server.cc", "zeek/websocket_client.cc", "zeek/websocket_errors.cc"}),
    "Broker": (("broker/", "caf/"), {"zeek/broker_adapter.cc"}),
    "CLI11": (("CLI/",), {"app/cli/cli.cc", "app/cli/man_page.cc", "app/cli/usage_error.cc"}),
    "nlohmann-json": (("nlohmann/json.hpp",), {
        "app/api/explain.cc", "app/api/export.cc", "app/api/routes.cc", "app/api/status.cc",
        "app/cli/connection_check.cc", "app/cli/place_check.cc", "app/cli/query_commands.cc", "app/process/log_format.cc",
        "http/health_routes.cc", "misp/attribute_json.cc", "misp/decode.cc",
        "misp/http_error.cc", "misp/json_rows.cc", "misp/json_stream.cc", "misp/json_values.cc", "misp/rest_decode.cc",
        "misp/search_body.cc", "misp/sightings_client.cc", "webhook/webhook_client.cc",
        "zeek/json_v1.cc"}),
    "spdlog": (("spdlog/",), {"app/process/log.cc"}),
    "SQLiteCpp": (("SQLiteCpp/",), {
        "storage/no_storage.cc", "storage/quarantine.cc", "storage/set_aside.cc", "storage/sighting_spool.cc", "storage/state_database.cc"}),
    "toml++": (("toml++/",), {"app/config/toml.cc"}),
}
# Headers that are there for a single source, to be folded into it.
PRIVATE_HEADERS = {"zeek/broker_compat.h", "zeek/websocket_errors.h",
                   "zeek/websocket_stream.h"}


def files(folder, pattern):
    return sorted(path for path in (ROOT / folder).rglob(pattern) if path.is_file())


def included(path):
    text = path.read_text(encoding="utf-8")
    return [(own, library) for own, library in INCLUDE.findall(text)]


def layer(name, layers):
    return next((at for at, folders in enumerate(layers) if name in folders), None)


def forbidden(source, header):
    """Why a file of service/ may not include a header of service/; None if it may."""
    here, there = source.split("/"), header.split("/")
    if here[0] != there[0]:
        if here[0] == "app" or there[0] == "core" and here[0] in PORTS:
            return None
        return f"{here[0]} must not include {there[0]}"
    layers = {"core": CORE, "app": APP}.get(here[0])
    if layers is None or here[1] == there[1]:
        return None
    mine, its = layer(here[1], layers), layer(there[1], layers)
    if mine is None or its is None:
        return f"{here[0]}/{here[1] if mine is None else there[1]} is in no layer"
    return None if its < mine else f"{here[0]}/{here[1]} must not include {there[0]}/{there[1]}"


class IncludeGraph(unittest.TestCase):
    def test_nothing_includes_upward(self):
        edges = 0
        for path in files("service", "*.h") + files("service", "*.cc"):
            source = path.relative_to(ROOT / "service").as_posix()
            for header in filter(None, (own for own, _ in included(path))):
                edges += 1
                with self.subTest(source=source, header=header):
                    self.assertIsNone(forbidden(source, header))
        self.assertGreater(edges, 300)

    def test_the_rules_refuse_what_they_must(self):
        for source, header in [("core/base/text.cc", "core/model/uuid.h"), ("core/sync/x.cc", "core/session/y.h"),
                               ("app/api/status.cc", "app/runtime/service.h"), ("misp/decode.cc", "zeek/codec.h"),
                               ("core/store/x.cc", "misp/decode.h"), ("http/x.cc", "app/config/config.h"),
                               ("app/cli/cli.cc", "app/new/x.h")]:
            self.assertIsNotNone(forbidden(source, header), (source, header))
        for source, header in [("core/sync/x.cc", "core/store/y.h"), ("app/main.cc", "app/cli/cli.h"),
                               ("zeek/codec.cc", "core/session/messages.h"), ("app/runtime/x.cc", "http/server.h")]:
            self.assertIsNone(forbidden(source, header), (source, header))


class Libraries(unittest.TestCase):
    def test_heavy_headers_are_included_by_the_sources_named_here(self):
        for library, (prefixes, sources) in LIBRARIES.items():
            found = {path.relative_to(ROOT / "service").as_posix() for path in files("service", "*.cc")
                     if any(header.startswith(prefixes) for _, header in included(path))}
            with self.subTest(library=library):
                self.assertEqual(sorted(found - sources), [], "not in the list")

    def test_no_header_includes_one(self):
        heavy = tuple(prefix for prefixes, _ in LIBRARIES.values() for prefix in prefixes)
        found = set()
        for folder in ("service", "tests"):
            for path in files(folder, "*.h"):
                if any(header.startswith(heavy) for _, header in included(path)):
                    found.add(path.relative_to(ROOT / folder).as_posix())
        self.assertEqual(sorted(found - PRIVATE_HEADERS), [])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        ROOT = Path(sys.argv.pop(1)).resolve()
    unittest.main()
