"""`python -m registry.verification`; see `command`."""

import sys

from registry.verification.command import main

sys.exit(main())
