"""Litwatch: a literature monitor for biomedical groups.

The map, in the order that data flows:

    sources/        poll         what entered each upstream, window by window
    normalisation/  normalise    Record -> Paper; pure
    deduplication/  deduplicate  which records are one work; pure
    store/          save, find   the database; SQL lives here and nowhere else
    embedding/      embed        text -> vectors
    topics/                      seed reviews -> topics and facets; pure
    ranking/        rank         topic + works -> scores with reasons; pure
    selection.py    select       cut-off, cap, floor, what was sent before; pure
    changes.py                   what has become of works since they were sent; pure
    digest/         compose      chosen works -> Slack blocks, mail, HTML, text, charts; pure
    delivery/       deliver      one module per channel, and what an answer means
    archive/        search       questions to what was ever polled
    pipeline.py                  the stages in order, on one page
    seeding.py voting.py standings.py lines.py earlier.py saved_searches.py answers.py choosing.py
    fallbacks.py trial.py replay.py refreshing.py
                                 beside it: seeds' references, votes, ranking, where the line is,
                                 digests before, saved searches, what they find, what is shown,
                                 the way round a dead channel, tests, replays, works made anew
    finding.py retrieval.py hindsight.py
                                 questions to the archive: pages, their order, works as they were
    tokens.py                    what lets programs in; pure
    ballots.py charts.py         votes as files; charts from specifications; pure
    capabilities.py              signed links; pure
    bootstrap/                   the only place that knows concrete classes
    worker/  cli/                when things happen; what people type
    web/  slackapp/              pages, feeds and the API; buttons and commands in Slack
    assistant/  client/          the archive for assistants (MCP); the API for Python programs
    zotero/                      libraries there: works pushed, seeds pulled
    demo/                        a local server that replays example payloads
"""

__version__ = "0.1.0"
