# SPDX-License-Identifier: BSD-3-Clause
##! What Zeek's operators are told of: notices and metrics.

@load base/frameworks/notice
@load base/frameworks/telemetry
@load ./main

module MISP;

export {
	redef enum Notice::Type += {
		## A service that feeds this Zeek has not been heard for
		## :zeek:see:`MISP::lost_after`.
		Service_Lost,
		## Another service has taken over, because the one before was silent.
		Session_Taken_Over,
		## A service was refused: another MISP or filter has its name.
		Session_Refused,
		## A service or a worker's package is of another version.
		Version_Mismatch,
		## A worker has not matched against what it must for
		## :zeek:see:`MISP::lost_after`.
		Worker_Out_Of_Sync,
		## Somebody else puts entries under the sources of a MISP.
		Stray_Entries,
	};

	## How long something must be wrong for a notice.
	const lost_after = 1min &redef;
}

# What is wrong since when, by what names it.
global troubles: table[Notice::Type, string] of time;

function tell_operator(note: Notice::Type, about: string, msg: string)
	{
	NOTICE([$note=note, $msg=msg, $identifier=cat(note, about)]);
	}

# Tells of what is wrong for long enough, once until it is well again.
function watch(note: Notice::Type, about: string, is_wrong: bool, msg: string)
	{
	if ( ! is_wrong )
		delete troubles[note, about];
	else if ( [note, about] !in troubles )
		troubles[note, about] = current_time();
	else if ( current_time() - troubles[note, about] >= lost_after )
		tell_operator(note, about, msg);
	}

# Called for what is to be watched.
global watched: hook();

hook session_told(action: Action, owner: Owner, reason: string)
	{
	if ( action == SESSION_REFUSED )
		tell_operator(owner$name == "" ? Version_Mismatch : Session_Refused, owner$name, reason);
	else if ( action == SESSION_TAKEN_OVER )
		tell_operator(Session_Taken_Over, owner$name, reason);
	}

hook watched()
	{
	for ( name, owner in owners )
		{
		watch(Service_Lost, name, owner$has_lease && current_time() - owner$heard_at > lease,
		      fmt("the service of %s has not been heard since %s", name,
		          strftime("%Y-%m-%d %H:%M:%S", owner$heard_at)));
		watch(Stray_Entries, name, |owner$strays| > 0,
		      fmt("%d entries under the sources of %s are not of its service", |owner$strays|,
		          name));
		}
	}

event watch_all()
	{
	if ( zeek_is_terminating() )
		return;

	hook watched();
	schedule 10sec { watch_all() };
	}

event zeek_init()
	{
	if ( is_sensor() )
		schedule 10sec { watch_all() };
	}

# ---- metrics ----

global entries_family = Telemetry::register_gauge_family(Telemetry::MetricOpts($prefix="misp_zeek",
    $name="entries", $unit="1", $help_text="Entries of MISP in the Intel framework",
    $label_names=vector("owner")));
global lost_family = Telemetry::register_gauge_family(Telemetry::MetricOpts($prefix="misp_zeek",
    $name="lost", $unit="1", $help_text="Indicators that others changed and that are to be mended",
    $label_names=vector("owner")));
global session_family = Telemetry::register_gauge_family(Telemetry::MetricOpts($prefix="misp_zeek",
    $name="session_up", $unit="1", $help_text="Whether a service holds the session",
    $label_names=vector("owner")));
global workers_family = Telemetry::register_gauge_family(Telemetry::MetricOpts($prefix="misp_zeek",
    $name="workers", $unit="1", $help_text="Workers of the cluster", $label_names=vector("state")));

hook Telemetry::sync()
	{
	for ( name, owner in owners )
		{
		Telemetry::gauge_family_set(entries_family, vector(name), count_to_double(owner$items));
		Telemetry::gauge_family_set(lost_family, vector(name), count_to_double(|owner$lost|));
		Telemetry::gauge_family_set(session_family, vector(name), owner$is_open ? 1.0 : 0.0);
		}

	local workers = WorkerCounts();
	hook count_workers(workers);
	Telemetry::gauge_family_set(workers_family, vector("configured"),
	                            count_to_double(workers$configured));
	Telemetry::gauge_family_set(workers_family, vector("connected"),
	                            count_to_double(workers$connected));
	Telemetry::gauge_family_set(workers_family, vector("in_sync"),
	                            count_to_double(workers$in_sync));
	}
