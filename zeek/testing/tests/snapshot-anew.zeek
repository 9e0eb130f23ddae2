# @TEST-DOC: A snapshot that starts anew, or after one that broke off, counts nothing that was named before; nothing is lost in between.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/harness.zeek %INPUT >output
# @TEST-EXEC: btest-diff output

module MISPTest;

function some(first: count, last: count): vector of MISP::ItemV2
	{
	local items: vector of MISP::ItemV2;
	local i = first;
	while ( i <= last )
		{
		items += item(fmt("192.0.2.%d", i), "Intel::ADDR", "1");
		++i;
		}

	return items;
	}

redef steps += {
	function() { hello("s-1"); },
	function() { apply("s-1", 1, 1, some(1, 6)); },
	function() { begin("s-1", 2, 2); },
	function() { apply("s-1", 3, 2, some(1, 2)); },
	# More to name than is named, then the other way round.
	function() { begin("s-1", 4, 3); },
	function() { apply("s-1", 5, 3, some(2, 6)); },
	function() { begin("s-1", 6, 4); },
	function() { apply("s-1", 7, 4, some(5, 7)); },
	function() { ping("s-1", 1); },
	# It breaks off; the session that follows knows everything and goes on.
	function() { hello("s-2"); },
	function() { apply("s-2", 1, 5, some(1, 1), vector(key("192.0.2.2", "Intel::ADDR", "1"))); },
	function() { ping("s-2", 2); show(); },
	function() { begin("s-2", 2, 6); },
	function() { apply("s-2", 3, 6, some(7, 8)); },
	function() { end("s-2", 4, 6); },
	function() { ping("s-2", 3); show(); },
};
