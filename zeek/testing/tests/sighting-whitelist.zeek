# @TEST-DOC: A match that Zeek's own whitelist keeps out of intel.log is no sighting.
# @TEST-EXEC: quiet-zeek $PACKAGE frameworks/intel/whitelist $FILES/sightings.zeek %INPUT >output
# @TEST-EXEC: btest-diff output

module MISPTest;

redef steps += {
	function() { hello("s-1"); },
	function()
		{
		apply("s-1", 1, 1, vector(item("good.example.net", "Intel::DOMAIN", "8"),
		                          item("c2.example.net", "Intel::DOMAIN", "8")));
		},
	function()
		{
		local listed = Intel::MetaData($source="site");
		listed$whitelist = T;
		Intel::insert(Intel::Item($indicator="good.example.net", $indicator_type=Intel::DOMAIN,
		                          $meta=listed));
		see_name("good.example.net");
		expect(1);
		see_name("c2.example.net");
		},
	function() { acknowledge(); ping("s-1", 1); },
};
