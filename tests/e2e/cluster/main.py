#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A Zeek cluster of real processes, the real service, a simulated MISP: a bulk load, live changes, and
what goes wrong in a cluster. After each, the stores of all nodes are read and compared with what MISP
says. With --measure instead: the rate of a bulk load beside that of Intel::insert, in turns, and how soon
a restarted worker is in sync."""

import argparse
import collections
import os
import shutil
import signal
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
    def __init__(self, arguments, folder, scripts=()):
        self.arguments = arguments
        self.misp = Misp(os.path.join(folder, "misp"), arguments.misp_sim)
        self.misp.load(arguments.items)
        self.event = str(self.misp.call("/events/add", {"info": "live", "distribution": "3"})["Event"]["id"])
        scripts = [PACKAGE, *arguments.script, *scripts]
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

    def wait_in_step(self, workers=2, limit=60.0, pause=0.02):
        """Until the service says that all is in sync; returns the seconds."""
        begin = time.monotonic()
        wait_for("the service to be in sync, it says: " + self.service.explain(),
                 lambda: self.service.is_ready() and self.service.holds_with(workers), limit, pause)
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

    def logged(self, action):
        """When the package did this first; 0 if it has not."""
        return next((float(row["ts"]) for row in self.cluster.log() if row["action"].endswith(action)), 0.0)

    def repairs(self):
        """Workers that were repaired. One that is always there gets what changes by batches; with a repair it
        holds the same in the end, so the stores do not show that batches were wrong."""
        return [f"{row['worker']}: {row['reason']}" for row in self.cluster.log()
                if row["action"].endswith("WORKER_REPAIR")]

    def refuse_repairs(self, what, before):
        if repairs := self.repairs()[before:]:
            raise Failure(f"{what}: workers were repaired, like {repairs[0]}")

    def refuse_errors(self):
        """A cluster repairs what an error of the package leads to. Zeek's own scripts say errors about nodes
        that were killed."""
        places = (PACKAGE, "base/frameworks/intel/")
        for name in self.cluster.nodes:
            with open(self.cluster.path(f"{name}/output"), encoding="utf-8", errors="replace") as output:
                errors = [line for line in output
                          if line.startswith("error") and any(place in line for place in places)]
            if errors:
                raise Failure(f"{name}: {len(errors)} errors of scripts, like {errors[0].strip()}")

    # ---- the parts of the test ----------------------------------------------------------------

    def bulk_load(self):
        """Returns entries a second, from the snapshot's begin until the workers' stores were complete."""
        cpu = self.cluster.cpu_seconds()
        # Seldom asked: what is measured is in the nodes' files, and the asking takes processor time, too.
        self.wait_in_step(limit=self.arguments.limit, pause=0.2)
        known_at = time.time()
        begin = wait_for("misp.log", lambda: self.logged("SNAPSHOT_BEGIN"))
        self.say("processor seconds: " + self.cluster.cpu_since(cpu))
        self.compare("bulk load", limit=0)
        entries, took = len(self.misp.expected()), self.cluster.changed_at() - begin
        self.say(f"every node holds exactly the {entries} entries, the workers {took:.2f} s after the begin of "
                 f"the snapshot, {entries / took:.0f}/s; the service knew it after {known_at - begin:.2f} s; repairs "
                 f"of workers: {len(self.repairs())}")
        return entries / took

    def live_changes(self):
        # A bulk load may lose batches where the bus drops them.
        before = len(self.repairs())
        self.change("live")
        self.compare("live changes")
        self.refuse_repairs("live changes", before)
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
        wait_for("the service to miss the worker", lambda: self.service.explain() ==
                 "1 of 2 workers are not connected to their manager", 60.0)
        self.change("killed")
        self.compare("worker killed", ("manager", "worker-2"))
        begin = time.monotonic()
        worker.start()
        self.wait_in_step()
        took = time.monotonic() - begin
        self.compare("worker restarted", limit=0)
        self.say(f"a killed worker was in sync {took:.1f} s after its new start")
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
        self.say(f"all nodes were in sync {took:.1f} s after the manager's new start")

    def test(self):
        self.bulk_load()
        self.live_changes()
        self.worker_slow()
        self.worker_killed()
        self.batch_missed()
        self.proxy_killed()
        self.manager_restarted()
        self.refuse_errors()


def wait_until_quiet(cluster, begin, end, limit):
    """When the manager is done: the seconds until the workers changed no more, and what each holds."""
    last = lambda: max(end, cluster.changed_at())
    wait_for("the workers", lambda: time.time() - last() > 5, limit)
    took = last() - begin
    held, _ = cluster.dump(Cluster.WORKERS)
    return took, [len(held[name]) for name in Cluster.WORKERS]


def load_in_loop(arguments, folder, scripts=()):
    """Intel::insert in a loop on the manager of a cluster without service and package."""
    cluster = Cluster(folder, arguments.zeek, arguments.backend, [*scripts, os.path.join(HERE, "loop.zeek")],
                      {"MISP_TEST_ITEMS": str(arguments.items)})
    try:
        cluster.wait_until_up()
        cpu = cluster.cpu_seconds()
        cluster.touch("loop-go")
        end = wait_for("the manager", lambda: cluster.when("loop-end"), arguments.limit)
        result = wait_until_quiet(cluster, cluster.when("loop-begin"), end, arguments.limit)
        return *result, cluster.cpu_since(cpu)
    finally:
        cluster.end()


def load_in_loop_by_package(arguments, folder):
    """The same loop with the package's distribution instead."""
    return load_in_loop(arguments, folder, [PACKAGE])


def load_by_stock(arguments, folder):
    """The same service and package, but with Intel::insert."""
    run = Run(arguments, folder, [os.path.join(HERE, "stock_put.zeek")])
    try:
        cpu = run.cluster.cpu_seconds()
        begin, end = (wait_for("misp.log", lambda: run.logged(action), arguments.limit, 0.2)
                      for action in ("SNAPSHOT_BEGIN", "SNAPSHOT_END"))
        return *wait_until_quiet(run.cluster, begin, end, arguments.limit), run.cluster.cpu_since(cpu)
    finally:
        run.end()


LOADS = (("Intel::insert in a loop, without a service", load_in_loop),
         ("the package's distribution in the same loop", load_in_loop_by_package),
         ("Intel::insert by the service and the package", load_by_stock))
WHOLE = "service and package"
RATIOS = ((WHOLE, LOADS[2][0]), (LOADS[1][0], LOADS[0][0]), (WHOLE, LOADS[0][0]))


def measure(arguments, folder):
    """Prints the ratios of each round and of all; the last cluster is used for a worker's restart, too."""
    seconds = collections.Counter()
    for number in range(arguments.rounds):
        rates = {}
        for name, load in LOADS:
            took, held, processors = load(arguments, os.path.join(folder, f"{load.__name__}-{number}"))
            rates[name] = arguments.items / took
            seconds[name] += took
            say(arguments, f"{name}: {rates[name]:.0f}/s until the workers changed no more, after "
                f"{took:.2f} s; of {arguments.items} they lack {', '.join(str(arguments.items - n) for n in held)}")
            say(arguments, "processor seconds: " + processors)
        run = Run(arguments, os.path.join(folder, f"run-{number}"))
        try:
            rates[WHOLE] = run.bulk_load()
            seconds[WHOLE] += arguments.items / rates[WHOLE]
            for one, other in RATIOS:
                say(arguments, f"rate of {one} to that of {other}: {rates[one] / rates[other]:.2f}, "
                    f"{seconds[other] / seconds[one]:.2f} over {number + 1} round(s)")
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
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))  # which ends what was started
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
