"""A simulated year of publishing, and simulators of the upstreams that serve it."""
