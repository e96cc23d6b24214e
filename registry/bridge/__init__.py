"""The bridge to the national service: what happened here told to it, its receipts taken in, both compared.

In law notice, registration, validity and certificate hang on that service (guide arts. 24, 26, 27),
and its interface is not public: these forms are ours, and `docs/bridge.md` says how to map them.
Knows neither HTTP nor RPC.
"""
