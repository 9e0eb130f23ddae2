# SPDX-License-Identifier: BSD-3-Clause
##! The records that travel between the service and Zeek, and what the package
##! adds to the Intel framework's metadata.

@load base/frameworks/intel

module MISP;

export {
	## One piece of intelligence of one MISP event. An entry is identified by
	## *indicator*, *indicator_type* and *event_id*.
	type ItemV2: record {
		## The value, normalised as Zeek does it: the canonical text of an
		## address or subnet, lower case for everything else.
		indicator: string;
		## Name of an :zeek:type:`Intel::Type`, e.g. ``Intel::ADDR``.
		indicator_type: string;
		## Decimal id of the MISP event.
		event_id: string;
		## The uuids of all attributes behind the entry, sorted, separated
		## by ``,``.
		attribute_uuids: string;
		## The event's info, one line.
		desc: string;
		## Link to the event.
		url: string;
		## Decimal ports that belong to the indicator, separated by ``,``.
		## Often empty.
		ports: string;
		## Tags of the attributes and their event that the service is to show,
		## sorted, separated by ``,``. Often empty.
		tags: string;
		## Whether a match is to be reported to MISP as a sighting.
		report_sightings: bool;
		## ``misp``, or ``canary`` for what a site has set out itself.
		kind: string;
		## Further columns of intel.log by name; absent when there are none.
		columns: table[string] of string &optional;
	};

	## Names an entry.
	type KeyV2: record {
		## As in :zeek:see:`MISP::ItemV2`.
		indicator: string;
		## As in :zeek:see:`MISP::ItemV2`.
		indicator_type: string;
		## As in :zeek:see:`MISP::ItemV2`.
		event_id: string;
	};

	## An entry that was not put in.
	type RejectV2: record {
		## As in :zeek:see:`MISP::ItemV2`.
		indicator: string;
		## As in :zeek:see:`MISP::ItemV2`.
		indicator_type: string;
		## As in :zeek:see:`MISP::ItemV2`.
		event_id: string;
		## One of ``unknown_type``, ``empty``, ``too_long``, ``bad_address``,
		## ``bad_subnet``, ``vetoed``, ``changed``, ``suppressed``, ``wildcard``.
		reason: string;
	};

	## An indicator with entries that somebody else removed or overwrote.
	type LostV2: record {
		## As in :zeek:see:`MISP::ItemV2`.
		indicator: string;
		## As in :zeek:see:`MISP::ItemV2`.
		indicator_type: string;
		## Whether the site wants it out.
		suppressed: bool;
	};

	## A match of an entry.
	type SightingV2: record {
		## The uuids of the attributes behind the entry.
		attribute_uuids: string;
		## The entry's value; a subnet for an address inside.
		indicator: string;
		## As in :zeek:see:`MISP::ItemV2`.
		indicator_type: string;
		## Decimal id of the MISP event.
		event_id: string;
		## As in :zeek:see:`MISP::ItemV2`.
		kind: string;
		## What was seen.
		seen: string;
		## Name of an :zeek:type:`Intel::Where`.
		where: string;
		## Network time in seconds since the epoch.
		seen_at: count;
		## Earlier matches of the entry that a cap kept from being reported.
		withheld: count;
		## Of the connection; these five are empty or 0 without one.
		uid: string;
		## Originator's address.
		orig_h: string;
		## Originator's port.
		orig_p: count;
		## Responder's address.
		resp_h: string;
		## Responder's port.
		resp_p: count;
		## Name of the node that saw it.
		node: string;
		## Of the file; empty without one.
		fuid: string;
	};

	## The indicator types that are accepted, by name. A site whose packages
	## add to :zeek:type:`Intel::Type` can add them here.
	const indicator_types: table[string] of Intel::Type = {
		["Intel::ADDR"] = Intel::ADDR,
		["Intel::SUBNET"] = Intel::SUBNET,
		["Intel::URL"] = Intel::URL,
		["Intel::SOFTWARE"] = Intel::SOFTWARE,
		["Intel::EMAIL"] = Intel::EMAIL,
		["Intel::DOMAIN"] = Intel::DOMAIN,
		["Intel::USER_NAME"] = Intel::USER_NAME,
		["Intel::CERT_HASH"] = Intel::CERT_HASH,
		["Intel::PUBKEY_HASH"] = Intel::PUBKEY_HASH,
		["Intel::FILE_HASH"] = Intel::FILE_HASH,
		["Intel::FILE_NAME"] = Intel::FILE_NAME,
	} &redef;
}

redef record Intel::MetaData += {
	## Id of the MISP event.
	misp_event_id: count &optional;
	## The uuids of all attributes behind the item, sorted, separated by ``,``.
	misp_attribute_uuid: string &optional;
	## Decimal ports that belong to the indicator, separated by ``,``. Absent
	## when MISP names none.
	misp_ports: string &optional;
	## Tags of the attributes and their event, sorted, separated by ``,``. Only
	## those that the service's ``[mapping] show_tags`` names; absent without
	## any.
	misp_tags: string &optional;
	## Whether a match is to be reported to MISP as a sighting.
	report_sightings: bool &default=F;
	## As in :zeek:see:`MISP::ItemV2`; absent for ``misp``.
	misp_kind: string &optional;
	## As in :zeek:see:`MISP::ItemV2`.
	misp_columns: table[string] of string &optional;
	## What the entry adds to the digest. Only entries that the package put in
	## have one.
	misp_hash: count &optional;
	## The snapshot that named the entry last.
	misp_round: count &optional;
};
