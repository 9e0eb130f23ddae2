#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A Zeek cluster of real processes, the real service, a simulated MISP: a bulk load, live changes, and
what goes wrong in a cluster. After each, the stores of all nodes are read and compared with what MISP
says. With --measure instead: the rate of a bulk load beside that of Intel::insert on the manager, in
turns, and how soon a restarted worker is in step."""

import argparse
import os
import shutil
import sys
import tempfile
import time

from processes import Cluster, Failure, Misp, Service, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.normpath(os.path.join(HERE, "../../../zeek/scripts"))


def matched(metadata):
    return {line.rsplit("\t", 1)[0] for line in metadata}


def difference(what, held, wanted):
    if held == wanted:
        return ""
    missing, strange = sorted(wanted - held), sorted(held - wanted)
    return (f"{what}: {len(missing)} of {len(wanted)} missing, like {missing[:2]}, "
            f"{len(strange)} too many, like {strange[:2]}")


def say(arguments, text):
    print(f"{arguments.backend} cluster, {arguments.transport}: {text}", flush=True)


class Run:
    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.misp = Misp(os.path.join(folder, "misp"), arguments.misp_sim)
        self.misp.load(arguments.items)
        self.event = str(self.misp.call("/events/add", {"info": "live", "distribution": "3"})["Event"]["id"])
        scripts = [PACKAGE] + arguments.script
        # With ZeroMQ, a manager that is the logger as well serves no WebSocket client.
        self.cluster = Cluster(os.path.join(folder, "cluster"), arguments.zeek, arguments.backend, scripts,
                               has_logger=(arguments.backend, arguments.transport) == ("zeromq", "websocket"))
        self.cluster.wait_until_up()
        self.service = Service(os.path.join(folder, "service"), arguments.service, self.misp,
                               arguments.transport, self.cluster.service_ports[arguments.transport],
                               "2m" if arguments.measure else "2s")
        self.live = []

    def end(self):
        self.service.program.end()
        self.cluster.end()
        self.misp.program.end()

    def say(self, text):
        say(self.arguments, text)

    def wait_in_step(self, workers=2, limit=60.0):
        """Until the service says that all is in step; returns the seconds."""
        begin = time.monotonic()
        wait_for("the service to be in step, it says: " + self.service.explain(),
                 lambda: self.service.is_ready() and self.service.holds_with(workers), limit)
        return time.monotonic() - begin

    def compare(self, what, names=("manager",) + Cluster.WORKERS, limit=15.0):
        """Until all stores are what MISP says, which they have to be within `limit`."""
        wanted = self.misp.expected()
        end = time.monotonic() + limit
        while True:
            stores, metadata = self.cluster.dump(names)
            problems = [difference(name, held, matched(wanted)) for name, held in stores.items()]
            problems.append(difference("metadata", metadata, wanted))
            problems = list(filter(None, problems))
            if not problems:
                return
            if time.monotonic() > end:
                raise Failure(f"{what}: " + "; ".join(problems))

    def add(self, kind, value):
        answer = self.misp.call(f"/attributes/add/{self.event}", {"type": kind, "value": value, "to_ids": True})
        self.live.append(answer["Attribute"]["id"])

    def change(self, name):
        """Some attributes come, some go."""
        for number in range(20):
            self.add("domain", f"{name}-{number}.live.example.com")
        for number in range(20):
            self.add("ip-dst", f"198.51.{sum(name.encode()) % 100}.{number}")
        self.add("ip-dst", f"203.0.{sum(name.encode()) % 100}.0/24")
        for attribute in self.live[:10]:
            self.misp.call(f"/attributes/delete/{attribute}", {})
        del self.live[:10]

    # ---- the parts of the test ----------------------------------------------------------------

    def bulk_load(self):
        """Returns entries a second, from the snapshot's begin until all workers are in step."""
        cpu = self.cluster.cpu_seconds()
        self.wait_in_step(limit=self.arguments.limit)
        end = time.time()
        begin = wait_for("misp.log", lambda: [float(row["ts"]) for row in self.cluster.log()
                                              if row["action"].endswith("SNAPSHOT_BEGIN")])[0]
        entries = len(self.misp.expected())
        self.say(f"{entries} entries, from the begin of the snapshot until the service knew all workers in "
                 f"step: {end - begin:.2f} s, {entries / (end - begin):.0f}/s")
        self.say("processor seconds: " + self.cluster.cpu_since(cpu))
        self.compare("bulk load", limit=0)
        self.say("every node holds exactly that")
        return entries / (end - begin)

    def live_changes(self):
        self.change("live")
        self.compare("live changes")
        self.say("live changes are on every node")

    def worker_slow(self):
        def load():
            self.misp.load(self.arguments.items, seed=2)
            self.compare("load with a slow worker", ("manager", "worker-2"), limit=60)

        self.cluster.nodes["worker-1"].stop_for(load)
        self.compare("slow worker")
        self.wait_in_step()
        self.say("a worker that did nothing during a load has caught up")

    def worker_killed(self):
        worker = self.cluster.nodes["worker-1"]
        worker.kill()
        self.wait_in_step(workers=1)
        self.change("killed")
        self.compare("worker killed", ("manager", "worker-2"))
        begin = time.monotonic()
        worker.start()
        self.wait_in_step()
        took = time.monotonic() - begin
        self.compare("worker restarted", limit=0)
        self.say(f"a killed worker was in step {took:.1f} s after its new start")
        if took > 15:
            raise Failure(f"a restarted worker took {took:.1f} s")

    def batch_missed(self):
        self.cluster.touch("lose-worker-2")
        self.change("missed")
        begin = time.monotonic()
        wait_for("the batch to be lost", lambda: not os.path.exists(self.cluster.path("lose-worker-2")))
        self.compare("missed batch")
        self.say(f"a missed batch was repaired within {time.monotonic() - begin:.1f} s")
        # The last one before silence: no later one shows the gap.
        self.cluster.touch("lose-worker-1")
        self.add("domain", "last.live.example.com")
        wait_for("the batch to be lost", lambda: not os.path.exists(self.cluster.path("lose-worker-1")))
        self.compare("missed last batch")
        self.wait_in_step()
        self.say("a missed last batch was found")

    def proxy_killed(self):
        self.cluster.nodes["proxy-1"].kill()
        self.change("proxy")
        self.compare("proxy killed")
        self.wait_in_step()
        self.say("a killed proxy changes nothing")

    def manager_restarted(self):
        manager = self.cluster.nodes["manager"]
        manager.kill()
        self.change("manager")
        begin = time.monotonic()
        manager.start()
        self.wait_in_step(limit=self.arguments.limit)
        took = time.monotonic() - begin
        self.compare("manager restarted", limit=0)
        self.say(f"all nodes were in step {took:.1f} s after the manager's new start")

    def test(self):
        self.bulk_load()
        self.live_changes()
        self.worker_slow()
        self.worker_killed()
        self.batch_missed()
        self.proxy_killed()
        self.manager_restarted()


class BareInsert:
    """Intel::insert of as many indicators on the manager of a cluster without service and package."""

    def __init__(self, arguments, folder):
        self.items, self.limit = arguments.items, arguments.limit
        self.processors = ""
        self.cluster = Cluster(folder, arguments.zeek, arguments.backend,
                               [os.path.join(HERE, "bare_insert.zeek")], {"MISP_TEST_ITEMS": str(self.items)})

    def when(self, name):
        """The time in a file that a node has written; 0 if there is none."""
        path = self.cluster.path(f"bare-{name}")
        if not os.path.exists(path):
            return 0.0
        with open(path, encoding="utf-8") as file:
            return float(file.read())

    def rate(self):
        """Indicators a second until the workers change no more, and how many each worker lacks then."""
        self.cluster.wait_until_up()
        cpu = self.cluster.cpu_seconds()
        self.cluster.touch("bare-go")
        wait_for("the manager", lambda: self.when("end"), self.limit)
        names = ("end",) + Cluster.WORKERS
        wait_for("the workers", lambda: time.time() - max(map(self.when, names)) > 5, self.limit)
        took = max(map(self.when, names)) - self.when("begin")
        self.processors = self.cluster.cpu_since(cpu)
        held, _ = self.cluster.dump(Cluster.WORKERS)
        return self.items / took, [self.items - len(held[name]) for name in Cluster.WORKERS]


def measure(arguments, folder):
    """Prints the ratio of each round; the last cluster is used for a worker's restart, too."""
    for number in range(arguments.rounds):
        bare = BareInsert(arguments, os.path.join(folder, f"bare-{number}"))
        try:
            bare_rate, lacking = bare.rate()
        finally:
            bare.cluster.end()
        say(arguments, f"{arguments.items} by Intel::insert on the manager, until the workers changed no more: "
            f"{bare_rate:.0f}/s; the workers lack {lacking[0]} and {lacking[1]}")
        say(arguments, "processor seconds: " + bare.processors)
        run = Run(arguments, os.path.join(folder, f"run-{number}"))
        try:
            rate = run.bulk_load()
            say(arguments, f"ratio {rate / bare_rate:.2f}")
            if number == arguments.rounds - 1:
                run.worker_killed()
        finally:
            run.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--zeek", required=True)
    parser.add_argument("--service", required=True)
    parser.add_argument("--misp-sim", required=True)
    parser.add_argument("--backend", choices=("zeromq", "broker"), required=True)
    parser.add_argument("--transport", choices=("broker", "websocket"), default="broker")
    parser.add_argument("--items", type=int, default=20000)
    parser.add_argument("--limit", type=float, default=100, help="seconds for the bulk load")
    parser.add_argument("--script", action="append", default=[], help="more for all nodes to load")
    parser.add_argument("--measure", action="store_true", help="only load, and compare the rate")
    parser.add_argument("--rounds", type=int, default=1, help="of the measurement")
    parser.add_argument("--keep", action="store_true", help="keep the folder")
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="misp-zeek-cluster-")
    try:
        if arguments.measure:
            measure(arguments, folder)
        else:
            run = Run(arguments, folder)
            try:
                run.test()
            finally:
                run.end()
    except Failure as failure:
        print(f"failed: {failure}; the logs are in {folder}", file=sys.stderr)
        arguments.keep = True
        return 1
    finally:
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
