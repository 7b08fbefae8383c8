"""`python -m service.config > docs/configuration.md`: writes the table of all settings."""

import sys

from service.config.reference import reference

sys.stdout.write(reference())
