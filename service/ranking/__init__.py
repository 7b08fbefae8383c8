"""Ranking: a topic and works to scores with reasons. Pure."""
