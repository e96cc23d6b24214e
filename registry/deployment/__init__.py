"""Where a registry's contracts are, and what proves that a node holds them.

What makes a registry stands beside it, for those who do: `building`, by the plan of `steps`, from the
`blueprint`, through the operator's own `sender`.
"""

from registry.deployment.checks import Finding, check, check_rules, verify
from registry.deployment.record import Deployment

__all__ = ["Deployment", "Finding", "check", "check_rules", "verify"]
