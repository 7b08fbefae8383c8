"""Configuration: one TOML file and the environment, checked whole before anything starts.

The only code that reads the environment. `load` gives the settings in force, `problems` what is
valid but cannot work, `notes` what works with less than it could, `reference` the table of all
settings.
"""

from service.config.completeness import notes, problems, secrets
from service.config.loading import load
from service.config.reference import reference
from service.config.settings import Settings

__all__ = ["Settings", "load", "notes", "problems", "reference", "secrets"]
