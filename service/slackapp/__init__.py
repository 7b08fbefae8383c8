"""The Slack app: buttons, the question why, the slash command, the home tab. A face.

Two ways lead in, over one core:

- Socket Mode (`listening`): the worker calls Slack, so no public address is needed.
- Signed HTTP (`requests`): Slack calls. The web pages mount one function at /slack/events,
  /slack/interactions and /slack/commands, for POST only:

      SlackRequests.handle(headers, body, now) -> (status, body)

  `headers` are (name, value) pairs as they came, every one of them (a header that comes twice is
  refused); `body` is the raw body, before anything has parsed it; `now` is in UTC. The answer's
  body is JSON (`application/json`) or empty. It never raises and returns at once: 200 taken, 401
  not Slack's, 413 too long, 503 not taken. It is `app.slack_requests`, None where
  `slack.signing_secret` is not set. Close the app (`app.close()`) to end its thread.

What carries a vote is on disk before Slack is told that it has arrived, and leaves the disk when
the archive has it: see docs/decisions/0010-slack-inbox.md.
"""
