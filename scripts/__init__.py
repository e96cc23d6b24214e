"""One verb each: what is done to this repository, never imported by the package."""
