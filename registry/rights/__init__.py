"""Rights: what each party holds from an attested registration, and what became of it.

Its signed requests are in `acts`, its events in `facts`, its questions in `questions`.
"""
