"""Registrations: the procedure from filing to attestation.

Its signed requests are in `acts`, its events in `facts`, its questions in `questions`.
"""
