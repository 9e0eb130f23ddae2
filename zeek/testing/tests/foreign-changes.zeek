# @TEST-DOC: What other scripts do with entries of MISP in the Intel framework shows in the digest and is asked for from the service: removals of the last source, purges, overwrites, a removal that races an insert, and by the audit a removal beside another source. A change of another source is left alone, and what a site wants out stays out.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/harness.zeek %INPUT >output
# @TEST-EXEC: btest-diff output

module MISP;

export {
	global insert_now: function(item: ItemV2);
}

# As apply_v2 does, in the same handler as the removal.
function insert_now(item: ItemV2)
	{
	upsert(owner_named("MISP"), item, Intel::DOMAIN, 1, Outcome());
	}

module MISPTest;

function made(indicator: string, source: string): Intel::Item
	{
	return Intel::Item($indicator=indicator, $indicator_type=Intel::DOMAIN,
	                   $meta=Intel::MetaData($source=source));
	}

function four(): vector of MISP::ItemV2
	{
	return vector(item("a.example.net", "Intel::DOMAIN", "1"),
	              item("a.example.net", "Intel::DOMAIN", "2"),
	              item("b.example.net", "Intel::DOMAIN", "1"),
	              item("c.example.net", "Intel::DOMAIN", "1"));
	}

hook MISP::restore_policy(indicator: string, indicator_type: Intel::Type)
	{
	if ( indicator == "out.example.net" )
		break;
	}

redef steps += {
	function() { hello("s-1"); },
	function() { Intel::insert(made("c.example.net", "a file")); apply("s-1", 1, 1, four()); },
	function() { ping("s-1", 1); },
	# Two answers for each loss: what is lost, and the pong.
	function() { print "removed"; Intel::remove(made("b.example.net", "MISP-1")); expect(1); },
	function() { ping("s-1", 2); expect(1); },
	function() { apply("s-1", 2, 2, vector(item("b.example.net", "Intel::DOMAIN", "1"))); },
	function() { ping("s-1", 3); },
	function() { print "purged"; Intel::remove(made("a.example.net", "nobody"), T); expect(1); },
	function() { apply("s-1", 3, 3, four()); },
	function() { show(); ping("s-1", 4); },
	function() { print "overwritten"; Intel::insert(made("b.example.net", "MISP-1")); expect(1); },
	function() { apply("s-1", 4, 4, vector(item("b.example.net", "Intel::DOMAIN", "1"))); },
	function() { ping("s-1", 5); },
	function() { print "removed beside another source"; Intel::remove(made("c.example.net", "MISP-1")); expect(1); },
	function() { show(); apply("s-1", 5, 5, vector(item("c.example.net", "Intel::DOMAIN", "1"))); },
	function() { print "another's"; Intel::remove(made("c.example.net", "a file")); ping("s-1", 6); },
	# The framework's removal from the store for matching comes after the insert.
	function()
		{
		print "race";
		Intel::insert(made("race.example.net", "a file"));
		apply("s-1", 6, 6, vector());
		},
	function()
		{
		Intel::remove(made("race.example.net", "a file"));
		MISP::insert_now(item("race.example.net", "Intel::DOMAIN", "1"));
		ping("s-1", 7);
		},
	function() { show(); ping("s-1", 8); },
	function() { print "kept out"; apply("s-1", 7, 7, vector(item("out.example.net", "Intel::DOMAIN", "1"))); },
	function() { Intel::remove(made("out.example.net", "MISP-1")); expect(1); },
	function() { apply("s-1", 8, 8, vector(item("out.example.net", "Intel::DOMAIN", "1"))); },
	function() { ping("s-1", 9); },
	function() { apply("s-1", 9, 9, vector(), vector(key("out.example.net", "Intel::DOMAIN", "1"))); },
	function() { ping("s-1", 10); show(); },
};
