# SPDX-License-Identifier: BSD-3-Clause
"""The processes of the cluster tests: a simulated MISP, the service, and the nodes of a Zeek cluster
on loopback. Each is started in a folder of its own, waited for with a bound, and ended by its id."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

KEY = "misp-sim-key-0123456789abcdefghijklmnopq"
LIMIT = 60.0  # seconds that anything may take unless said otherwise


class Failure(Exception):
    pass


def wait_for(what, condition, limit=LIMIT, pause=0.02):
    """Returns the first true value of `condition`."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"waited {limit:.0f} s for {what}")
        time.sleep(pause)


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = []
        for _ in range(count):
            sock = stack.enter_context(socket.socket())
            sock.bind(("127.0.0.1", 0))
            sockets.append(sock)
        return [sock.getsockname()[1] for sock in sockets]


class Program:
    """A process with its own folder; its output goes to `output` there."""

    def __init__(self, folder, command, environment=None):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.command = command
        self.environment = {**os.environ, **(environment or {})}
        self.process = None
        self.start()

    def start(self):
        with open(os.path.join(self.folder, "output"), "ab") as output:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output)

    def running(self):
        return self.process.poll() is None

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop_for(self, act):
        """Calls `act` while the process is stopped."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            act()
        finally:
            self.process.send_signal(signal.SIGCONT)

    def end(self):
        if self.running():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


class Misp:
    """misp-sim with synthetic attributes."""

    # How the package holds the types that misp-sim makes.
    TYPES = {
        "ip-src": "ADDR", "ip-dst": "ADDR", "domain": "DOMAIN", "hostname": "DOMAIN", "url": "URL",
        "md5": "FILE_HASH", "sha1": "FILE_HASH", "sha256": "FILE_HASH", "email-src": "EMAIL",
    }

    def __init__(self, folder, program):
        self.program = Program(folder, [program, "--empty", "--ready-file", "ready"])
        ready = os.path.join(folder, "ready")
        wait_for("misp-sim", lambda: os.path.exists(ready))
        with open(ready, encoding="utf-8") as file:
            ports = json.load(file)
        self.http_port, self.feed_port = ports["http_port"], ports["zmq_port"]

    def call(self, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.http_port}{path}", method="POST" if body is not None else "GET",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": KEY, "Accept": "application/json",
                     "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=LIMIT) as answer:
            return json.load(answer)

    def load(self, attributes, seed=1):
        self.call("/sim/load", {"events": max(1, attributes // 1000), "attributes": attributes,
                                "seed": seed})

    def expected(self):
        """"indicator\ttype\tsource" of everything that Zeek has to hold."""
        lines = set()
        for row in self.call("/sim/expected?to_ids=1"):
            kind, value = row["type"], row["value"]
            if kind == "ip-dst|port":
                kind, value = "ip-dst", value.split("|")[0]
            if kind == "url":
                value = value.removeprefix("http://")
            name = "SUBNET" if "/" in value and kind.startswith("ip-") else self.TYPES[kind]
            lines.add(f"{value.lower()}\tIntel::{name}\tMISP-{row['event_id']}")
        return lines


class Service:
    def __init__(self, folder, program, misp, transport, zeek_port, interval):
        self.port, = free_ports(1)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "misp-zeek.toml"), "w", encoding="utf-8") as file:
            file.write(f"""
[misp]
url = "http://127.0.0.1:{misp.http_port}"
[misp.feed]
endpoint = "tcp://127.0.0.1:{misp.feed_port}"
[filter]
max_age = "0"
[reconcile]
interval = "{interval}"
[[zeek]]
name = "cluster"
transport = "{transport}"
port = {zeek_port}
[http]
listen = "127.0.0.1:{self.port}"
""")
        self.program = Program(folder, [program, "run", "-c", "misp-zeek.toml"],
                               {"MISP_ZEEK_MISP_API_KEY": KEY})

    def health(self):
        """The answer of /readyz, empty if there is none."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)
        except (OSError, ValueError):
            return {}

    def is_ready(self):
        return self.health().get("ready", False)

    def explain(self):
        for check in self.health().get("checks", []):
            if check["name"] == "zeek:cluster":
                return check["message"]
        return ""

    def holds_with(self, workers):
        return self.explain() == f"in sync, with {workers} workers"


LAYOUT = """redef Cluster::nodes = {{
	["manager"] = Cluster::Node($node_type=Cluster::MANAGER, $ip=127.0.0.1, $p={0}/tcp),
	["proxy-1"] = Cluster::Node($node_type=Cluster::PROXY, $ip=127.0.0.1, $p={1}/tcp, $manager="manager"),
	["worker-1"] = Cluster::Node($node_type=Cluster::WORKER, $ip=127.0.0.1, $p={2}/tcp, $manager="manager"),
	["worker-2"] = Cluster::Node($node_type=Cluster::WORKER, $ip=127.0.0.1, $p={3}/tcp, $manager="manager"),
}};
{6}
redef exit_only_after_terminate = T;
"""
LOGGER = """redef Cluster::nodes += {{
	["logger"] = Cluster::Node($node_type=Cluster::LOGGER, $ip=127.0.0.1, $p={0}/tcp, $manager="manager"),
}};
redef Cluster::manager_is_logger = F;
"""
# Not in the layout: what Zeek loads for a node's type comes after that, and rotates at full hours.
NO_ROTATION = """redef Log::default_rotation_interval = 0sec;
redef Log::default_rotation_postprocessor_cmd = "";
"""
BACKENDS = {
    "broker": "@load frameworks/cluster/backend/broker\n",
    "zeromq": """@load frameworks/cluster/backend/zeromq
redef Cluster::Backend::ZeroMQ::listen_xpub_endpoint = "tcp://127.0.0.1:{4}";
redef Cluster::Backend::ZeroMQ::listen_xsub_endpoint = "tcp://127.0.0.1:{5}";
redef Cluster::Backend::ZeroMQ::connect_xpub_endpoint = "tcp://127.0.0.1:{5}";
redef Cluster::Backend::ZeroMQ::connect_xsub_endpoint = "tcp://127.0.0.1:{4}";
""",
}


class Cluster:
    """Manager, proxy and two workers, with scripts of the test on each, and a logger if wanted."""

    WORKERS = ("worker-1", "worker-2")

    def __init__(self, folder, zeek, backend, scripts, environment=None, has_logger=False):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        ports = free_ports(9)
        self.names = (("logger",) if has_logger else ()) + ("manager", "proxy-1") + self.WORKERS
        # Where the manager listens for the service, by transport.
        self.service_ports = {"broker": ports[6], "websocket": ports[7]}
        with open(os.path.join(folder, "cluster-layout.zeek"), "w", encoding="utf-8") as file:
            file.write(LAYOUT.format(*ports[:6], LOGGER.format(ports[8]) if has_logger else ""))
        with open(os.path.join(folder, "backend.zeek"), "w", encoding="utf-8") as file:
            file.write(BACKENDS[backend].format(*ports) + NO_ROTATION)
        zeek_path = subprocess.run([os.path.join(os.path.dirname(zeek), "zeek-config"), "--zeekpath"],
                                   check=True, capture_output=True, text=True).stdout.strip()
        here = os.path.dirname(os.path.abspath(__file__))
        self.dumps = 0
        self.nodes = {}
        for name in self.names:
            self.nodes[name] = Program(
                os.path.join(folder, name),
                [zeek, os.path.join(folder, "backend.zeek"), *scripts, os.path.join(here, "node.zeek")],
                {"CLUSTER_NODE": name, "ZEEKPATH": f"{folder}:{zeek_path}",
                 "MISP_ALLOW_UNAUTHENTICATED": "T",
                 "MISP_BROKER_PORT": str(ports[6]), "MISP_WEBSOCKET_PORT": str(ports[7]),
                 "MISP_TEST_FOLDER": folder, **(environment or {})})

    def wait_until_up(self):
        wait_for("the nodes to know each other",
                 lambda: all(map(self.check, self.names)) and os.path.exists(self.path("all-up")))

    def cpu_seconds(self):
        return {name: node.cpu_seconds() for name, node in self.nodes.items()}

    def cpu_since(self, before):
        return ", ".join(f"{name} {now - before[name]:.1f}" for name, now in self.cpu_seconds().items())

    def path(self, name):
        return os.path.join(self.folder, name)

    def when(self, name):
        """The time in a file that a node has written; 0 if there is none."""
        if not os.path.exists(self.path(name)):
            return 0.0
        with open(self.path(name), encoding="utf-8") as file:
            return float(file.read())

    def changed_at(self):
        """When a worker's store changed last."""
        return max(self.when(f"changed-{name}") for name in self.WORKERS)

    def touch(self, name):
        with open(self.path(name), "w", encoding="utf-8"):
            pass

    def _lines(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return set(filter(None, file.read().split("\n")))

    def dump(self, names=("manager",) + WORKERS):
        """What the nodes hold: {node: what it matches against}, and the manager's metadata."""
        self.dumps += 1
        self.touch(f"ask-{self.dumps}")
        for name in names:
            target = self.path(f"matched-{name}-{self.dumps}")
            wait_for(f"the store of {name}",
                     lambda target=target: os.path.exists(target) or not self.check(name))
        matched = {name: self._lines(f"matched-{name}-{self.dumps}") for name in names}
        return matched, self._lines(f"metadata-manager-{self.dumps}") if "manager" in names else set()

    def check(self, name):
        if not self.nodes[name].running():
            raise Failure(f"{name} has ended, see {self.nodes[name].folder}/output")
        return True

    def log(self):
        """misp.log as dictionaries."""
        rows, fields = [], []
        path = self.path("logger/misp.log" if "logger" in self.names else "manager/misp.log")
        if not os.path.exists(path):
            return rows
        with open(path, encoding="utf-8") as file:
            for line in file:
                parts = line.rstrip("\n").split("\t")
                if parts[0] == "#fields":
                    fields = parts[1:]
                elif not line.startswith("#"):
                    rows.append(dict(zip(fields, parts)))
        return rows

    def end(self):
        for name in reversed(self.names):
            self.nodes[name].end()
