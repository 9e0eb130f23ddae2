# @TEST-DOC: Services of two MISPs feed one Zeek side by side: each has its session, its digest and its entries, a snapshot sweeps its own alone, and what others put under its sources is counted and left alone.
# @TEST-EXEC: quiet-zeek $PACKAGE $FILES/harness.zeek %INPUT >output
# @TEST-EXEC: btest-diff output

module MISPTest;

function from_file(indicator: string, source: string)
	{
	Intel::insert(Intel::Item($indicator=indicator, $indicator_type=Intel::DOMAIN,
	                          $meta=Intel::MetaData($source=source)));
	}

redef steps += {
	function() { hello_as("a-1", "MISP", "00c0ffee12345678"); },
	function() { hello_as("b-1", "CERT_2", "00c0ffee12345679"); },
	function() { apply("a-1", 1, 1, vector(item("a.example.net", "Intel::DOMAIN", "1"),
	                                       item("both.example.net", "Intel::DOMAIN", "1"))); },
	function() { apply("b-1", 1, 1, vector(item("b.example.net", "Intel::DOMAIN", "1"),
	                                       item("both.example.net", "Intel::DOMAIN", "1"))); },
	function() { show(); ping("a-1", 1); ping("b-1", 1); },
	# A snapshot of the one that names nothing.
	function() { begin("b-1", 2, 2); },
	function() { end("b-1", 3, 2); },
	function() { show(); ping("a-1", 2); ping("b-1", 2); },
	# zeekjs-misp's and a file's; of somebody whose name begins alike.
	function()
		{
		from_file("a.example.net", "MISP-7");
		from_file("stray.example.net", "MISP-8");
		from_file("other.example.net", "MISP-9-1");
		from_file("other.example.net", "MISP");
		ping("a-1", 3);
		},
	function() { begin("a-1", 2, 3); },
	function() { end("a-1", 3, 3); },
	function() { show(); ping("a-1", 4); },
};
