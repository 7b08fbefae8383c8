"""What each upstream would answer if it held only the example records.

One module per upstream, each with `answers(...) -> Answer`: a pure function from a request to a
reply, in the real wire format. Dates, ids, source filters and paging are honoured; key words of
a query are NOT: every example is a hit for every query.
"""
