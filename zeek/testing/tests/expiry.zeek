# @TEST-DOC: Where a site lets the Intel framework's items expire, those of MISP never do, and those of others go, but for what MISP names, too.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/harness.zeek %INPUT >output
# @TEST-EXEC: btest-diff output

@load policy/frameworks/intel/do_expire

module MISPTest;

redef Intel::item_expiration = 3sec;
redef table_expire_interval = 100msec;
redef table_expire_delay = 0sec;
redef table_incremental_step = 10;

# Times that items of MISP have expired.
global expiries = 0;

hook Intel::item_expired(indicator: string, indicator_type: Intel::Type,
                         metas: set[Intel::MetaData])
	{
	for ( meta in metas )
		if ( starts_with(meta$source, "MISP-") )
			++expiries;
	}

function four(event_id: string): vector of MISP::ItemV2
	{
	return vector(item("192.0.2.1", "Intel::ADDR", event_id),
	              item("192.0.2.0/24", "Intel::SUBNET", event_id),
	              item("2001:db8::/32", "Intel::SUBNET", event_id),
	              item("a.example.net", "Intel::DOMAIN", event_id));
	}

# More than one step of the audit.
function many(): vector of MISP::ItemV2
	{
	local items: vector of MISP::ItemV2;
	while ( |items| < 200 )
		items += item(fmt("n%d.example.net", |items|), "Intel::DOMAIN", "3");

	return items;
	}

function many_keys(): vector of MISP::KeyV2
	{
	local keys: vector of MISP::KeyV2;
	while ( |keys| < 200 )
		keys += key(fmt("n%d.example.net", |keys|), "Intel::DOMAIN", "3");

	return keys;
	}

# Time for two expirations.
event end_wait()
	{
	print "expired of MISP", expiries;
	event MISP::ping_v2(MISP::PingV2($session="s-1", $nonce=1, $auth=""));
	}

redef steps += {
	function()
		{
		for ( _, indicator in vector("file.example.net", "a.example.net") )
			Intel::insert(Intel::Item($indicator=indicator, $indicator_type=Intel::DOMAIN,
			                          $meta=Intel::MetaData($source="a file")));
		hello("s-1");
		},
	function() { apply("s-1", 1, 1, four("1")); apply("s-1", 2, 2, four("2")); },
	function() { show(); apply("s-1", 3, 3, many()); },
	function() { expect(1); schedule 7sec { end_wait() }; },
	function() { apply("s-1", 4, 4, vector(), many_keys()); },
	# With the metadata that it had: Zeek has nothing to do.
	function() { show(); apply("s-1", 5, 5, four("1")); ping("s-1", 2); },
	function()
		{
		apply("s-1", 6, 6, vector(), vector(key("192.0.2.1", "Intel::ADDR", "1"),
		                                    key("192.0.2.1", "Intel::ADDR", "2"),
		                                    key("192.0.2.0/24", "Intel::SUBNET", "2")));
		},
	function() { show(); },
};
