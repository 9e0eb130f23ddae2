# @TEST-DOC: Books of two nodes are equal exactly if they were told of the same batches.
# @TEST-EXEC: zeek $PACKAGE/types.zeek $PACKAGE/cluster.zeek $PACKAGE/books.zeek %INPUT >output
# @TEST-EXEC: btest-diff output

module MISP;

type Changes: table[Intel::Type] of vector of string;

function batch(seq: count, puts: Changes, removals: Changes, releases: Changes): WorkerBatch
	{
	return WorkerBatch($instance="i", $seq=seq, $puts=puts, $removals=removals, $releases=releases);
	}

function differ(what: string, a: WorkerBatch, b: WorkerBatch)
	{
	local before = WorkerBooks($instance="i");
	print what, same_books(books_after(before, a), books_after(before, b)) ? "same" : "other";
	}

event zeek_init()
	{
	local none = Changes();
	local domains = Changes([Intel::DOMAIN] = vector("a.example.net", "b.example.net"));
	local both = Changes([Intel::DOMAIN] = vector("a.example.net"), [Intel::ADDR] = vector("192.0.2.1"));
	local turned = Changes([Intel::ADDR] = vector("192.0.2.1"), [Intel::DOMAIN] = vector("a.example.net"));
	local one = batch(1, domains, none, none);
	differ("the same", one, batch(1, copy(domains), none, none));
	differ("types in another order", batch(1, both, none, none), batch(1, turned, none, none));
	differ("another indicator", one,
	       batch(1, Changes([Intel::DOMAIN] = vector("a.example.net", "c.example.net")), none, none));
	differ("cut at another place", one,
	       batch(1, Changes([Intel::DOMAIN] = vector("a.example.netb", ".example.net")), none, none));
	differ("another type", one,
	       batch(1, Changes([Intel::URL] = vector("a.example.net", "b.example.net")), none, none));
	differ("another kind", batch(1, none, domains, none), batch(1, none, none, domains));
	differ("another number", one, batch(2, domains, none, none));

	local told = books_after(WorkerBooks($instance="i"), one);
	print told$seq, told$keys;
	told = books_after(told, batch(2, both, domains, none));
	print told$seq, told$keys;
	told = books_after(told, batch(3, none, none, both));
	print told$seq, told$keys;
	}
