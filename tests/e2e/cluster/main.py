#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A Zeek cluster of real processes, the real service, a simulated MISP: a bulk load, live changes, and
what goes wrong in a cluster. After each, the stores of all nodes are read and compared with what MISP
says. Also measures, and compares with Zeek's own distribution."""

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


class Run:
    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.misp = Misp(os.path.join(folder, "misp"), arguments.misp_sim)
        self.misp.load(arguments.items)
        self.event = str(self.misp.call("/events/add", {"info": "live", "distribution": "3"})["Event"]["id"])
        scripts = [PACKAGE] + arguments.script
        self.cluster = Cluster(os.path.join(folder, "cluster"), arguments.zeek, arguments.backend, scripts)
        self.cluster.wait_until_up()
        self.service = Service(os.path.join(folder, "service"), arguments.service, self.misp,
                               self.cluster.service_port)
        self.live = []

    def end(self):
        self.service.program.end()
        self.cluster.end()
        self.misp.program.end()

    def say(self, text):
        print(f"{self.arguments.backend}: {text}", flush=True)

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
        cpu = {name: node.cpu_seconds() for name, node in self.cluster.nodes.items()}
        self.wait_in_step(limit=self.arguments.limit)
        end = time.time()
        begin = wait_for("misp.log", lambda: [float(row["ts"]) for row in self.cluster.log()
                                              if row["action"].endswith("SNAPSHOT_BEGIN")])[0]
        entries = len(self.misp.expected())
        self.say(f"{entries} entries, from the begin of the snapshot until the service knew all workers in "
                 f"step: {end - begin:.2f} s, {entries / (end - begin):.0f}/s")
        self.say("processor seconds: " + ", ".join(
            f"{name} {node.cpu_seconds() - cpu[name]:.1f}" for name, node in self.cluster.nodes.items()))
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


def bare_rate(arguments, folder):
    """Indicators a second of Intel::insert on the manager, and what share of them each worker got."""
    cluster = Cluster(os.path.join(folder, "bare"), arguments.zeek, arguments.backend,
                      [os.path.join(HERE, "bare_insert.zeek")], {"MISP_TEST_ITEMS": str(arguments.items)})
    try:
        cluster.wait_until_up()
        cluster.touch("bare-go")
        wait_for("the manager", lambda: os.path.exists(cluster.path("bare-end")), arguments.limit)
        with open(cluster.path("bare-end"), encoding="utf-8") as end:
            changed_at = float(end.read())
        held, same = {}, 0
        while same < 3:
            before, asked_at = held, time.time()
            held = {name: len(lines) for name, lines in cluster.dump(Cluster.WORKERS)[0].items()}
            same = same + 1 if held == before else 0
            if not same and before:
                changed_at = asked_at
        with open(cluster.path("bare-begin"), encoding="utf-8") as begin:
            took = changed_at - float(begin.read())
    finally:
        cluster.end()
    return arguments.items / took, {name: count / arguments.items for name, count in held.items()}


def measure(run, arguments, folder):
    rate = run.bulk_load()
    run.worker_killed()
    run.end()
    bare, shares = bare_rate(arguments, folder)
    run.say(f"Intel::insert on the manager: {bare:.0f}/s until the workers changed no more; they hold "
            + ", ".join(f"{share:.2%}" for share in shares.values()))
    run.say(f"ratio {rate / bare:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--zeek", required=True)
    parser.add_argument("--service", required=True)
    parser.add_argument("--misp-sim", required=True)
    parser.add_argument("--backend", choices=("zeromq", "broker"), required=True)
    parser.add_argument("--items", type=int, default=20000)
    parser.add_argument("--limit", type=float, default=100, help="seconds for the bulk load")
    parser.add_argument("--script", action="append", default=[], help="more for all nodes to load")
    parser.add_argument("--measure", action="store_true", help="only load, and compare the rate")
    parser.add_argument("--keep", action="store_true", help="keep the folder")
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="misp-zeek-cluster-")
    run = None
    try:
        run = Run(arguments, folder)
        if arguments.measure:
            measure(run, arguments, folder)
        else:
            run.test()
    except Failure as failure:
        print(f"failed: {failure}; the logs are in {folder}", file=sys.stderr)
        arguments.keep = True
        return 1
    finally:
        if run:
            run.end()
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
