"""The files of cases: officers' notes and third parties' reports beside the acts of the procedure."""
