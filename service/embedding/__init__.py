"""Embedding: text of a work to unit vectors, by an encoder that lies on this machine."""
