"""Certificates, the bundles that prove them offline, and whom to trust for that."""

from registry.certificates.bundles import Disclosure, bundle
from registry.certificates.statement import certificate
from registry.certificates.trust import trust_file

__all__ = ["Disclosure", "bundle", "certificate", "trust_file"]
