"""Objections to what stands registered (guide art. 29): what is signed, what was said, what it amounts to.

Those made during the public notice (art. 25) belong to `registry.registrations`.
"""
